"""Who feeds whom: edges between ports, found by carriers and names, or written out under ``connections:``.

Rules, in this order:

1. *Network carriers.* An asset's output of a network carrier (``electricity``, ``heat``, ``cooling``) goes to the
   port of the same name on the terminal that its parameters name (``bus: EC``); a network's output per terminal of
   that carrier comes back to the asset's input of the same name (a voltage), one step late.
2. *Terminals named after a component.* A controller with terminals per asset is joined with each of these assets
   wherever both have a port of the same name. A controller's measured input takes the asset's ``measured_…`` reading
   of that name where there is one, for an instrument is not the truth; what the asset does not give itself is
   measured at the network terminal that the asset stands on, if that has an output of this name (a voltage). Of
   several controllers that command one port of an asset, a higher layer (``twin.component.Layer``) stands between: it
   gets what the lower ones say and has the last word, if it takes an input of that name; otherwise they contradict
   each other, which is refused. What the asset does not take itself ends at the highest layer that passes it on (a
   person's reset of the watchdog); to a higher layer that only listens it goes beside (a band).
   Terminals of a port of signals are whole names, ``component.output``, and each reads that output.
3. *Broadcast carriers.* An input with any other carrier (``weather``, ``price``, ``metering``) takes the port of the
   same name and carrier of the one component that has it; of several controllers, of the nearest lower layer that
   passes on what the others say. A component that chose by an explicit connection from whom
   it takes a carrier gives its own outputs of this carrier to nobody else (a request goes to the one who answers).
4. *Explicit connections* add to these, and replace them where they name the same input. Where a gate stands between
   operators and assets, none may go around it: from below its layer to what it commands, or to a layer above it.

An input declared ``measured`` is always one step late: that is the only way back in a step.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from twin.component import Component, Port, Role, Section, ports_of
from twin.cosim.build import Site
from twin.cosim.edges import ATTACH_KEY, Edge, End, port_at
from twin.cosim.probe import Probe
from twin.cosim.wiring_checks import around_the_gate, check
from twin.errors import Problem, ScenarioError
from twin.suggest import did_you_mean

MEASURED_PREFIX = "measured_"
"""Of an output that is what an instrument says of the output named behind it."""
NEEDED = {
    "heat": "add one under 'networks:' (heat: {type: heat_network, ...}) or leave the asset out",
    "cooling": "add one under 'networks:' (cooling: {type: cooling_network, ...}) or leave the asset out",
}
"""Network carriers without which a consumer makes no sense → what to do. (A site without a grid meters nothing.)"""


class _Wiring:
    """Collects edges and problems over the rules."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.components = site.components
        self.edges: dict[tuple[End, End], Edge] = {}
        self.problems: list[Problem] = []
        self.explicit_targets: set[End] = set()
        self.chosen: dict[tuple[str, str], set[str]] = {}
        """(component, carrier) → whom it takes the carrier from by explicit connections."""
        self.networks = self._networks_by_carrier()
        self.stands_on: dict[str, list[tuple[str, str, str]]] = {}
        """Asset → (network, group, terminal) by carrier."""

    def _networks_by_carrier(self) -> dict[str, list[tuple[str, str]]]:
        """Carrier → [(network name, terminal group)]."""
        found: dict[str, list[tuple[str, str]]] = {}
        for name, component in self.components.items():
            ports = ports_of(component.Inputs).values()
            for carrier, group in sorted({(str(p.carrier), p.per) for p in ports if p.per and p.carrier in ATTACH_KEY}):
                found.setdefault(carrier, []).append((name, group))
        return found

    def add(self, source: End, target: End, delayed: bool, initial: float | None = None) -> None:
        if target in self.explicit_targets and (source, target) not in self.edges:
            port = port_at(self.components, target, "Inputs")
            if port is None or not port.total:
                return
        self.edges.setdefault((source, target), Edge(source, target, delayed, initial))

    def problem(self, name: str, message: str, *keys: str) -> None:
        self.problems.append(self.site.scenario.problem((*self.site.scenario.components[name].path, *keys), message))

    def join_networks(self) -> None:
        """Rule 1."""
        for name, component in self.components.items():
            outputs, inputs = ports_of(component.Outputs), ports_of(component.Inputs)
            own = [p for p in (*outputs.values(), *inputs.values()) if p.carrier in ATTACH_KEY and not p.per]
            for carrier in sorted({str(p.carrier) for p in own}):
                if carrier not in self.networks:
                    self._without_network(name, component, carrier)
                    continue
                place = self._terminal_of(name, component, carrier)
                if place is None:
                    continue
                self.stands_on.setdefault(name, []).append(place)
                network, group, terminal = place
                taken = _per_ports(self.components[network].Inputs, group)
                given = _per_ports(self.components[network].Outputs, group)
                for port_name, port in outputs.items():
                    if port.carrier == carrier and not port.per and port_name in taken:
                        self.add(End(name, port_name), End(network, port_name, terminal), delayed=False)
                for port_name, port in inputs.items():
                    if port.carrier == carrier and not port.per and port_name in given:
                        self.add(End(network, port_name, terminal), End(name, port_name), delayed=True)

    def _without_network(self, name: str, component: Component, carrier: str) -> None:
        """Demand for heat or cold that no network hears would be neither served nor missed; waste heat may be left."""
        if component.role is Role.LOAD and carrier in NEEDED:
            self.problem(name, f"asks for {carrier}, but the site has no network for it; {NEEDED[carrier]}")

    def _terminal_of(self, name: str, component: Component, carrier: str) -> tuple[str, str, str] | None:
        """(network, group, terminal) an asset is attached to; None after reporting a problem."""
        key = ATTACH_KEY[carrier]
        wanted = getattr(component.params, key, None)
        places = [(network, group, terminal) for network, group in self.networks[carrier]
                  for terminal in self.components[network].terminals()[group]]
        if wanted is None:
            if len(places) == 1:
                return places[0]
            self.problem(name, f"needs {key!r}: which {key} of {self._names(carrier)} it stands on")
            return None
        network_part, _, terminal_part = str(wanted).rpartition("/")
        hits = [p for p in places if p[2] == terminal_part and network_part in ("", p[0])] or [
            p for p in places if p[2] == wanted]
        if len(hits) == 1:
            return hits[0]
        unusable = {terminal: reason for network, _ in self.networks[carrier]
                    for terminal, reason in self.components[network].unusable_terminals().items()}
        if not hits and terminal_part in unusable:
            self.problem(name, f"{key} {wanted!r} cannot be used: {unusable[terminal_part]}", key)
        elif not hits:
            self.problem(name, f"{key} {wanted!r} does not exist in {self._names(carrier)}; "
                         + did_you_mean(str(wanted), [p[2] for p in places]), key)
        else:
            self.problem(name, f"{key} {wanted!r} exists in several networks; write 'network/{wanted}'", key)
        return None

    def _names(self, carrier: str) -> str:
        return " or ".join(f"network {n!r}" for n, _ in self.networks[carrier])

    def join_terminals_named_after_components(self) -> None:
        """Rule 2."""
        commanders: dict[End, list[tuple[str, str]]] = {}
        for name, component in self.components.items():
            for group, members in component.terminals().items():
                commands = _per_ports(component.Outputs, group)
                for member in members:
                    other = self.components.get(member)
                    if other is None or other is component:
                        continue
                    reads = ports_of(other.Outputs)
                    for port_name in commands:
                        commanders.setdefault(End(member, port_name), []).append((name, group))
                    for port_name, port in _per_ports(component.Inputs, group).items():
                        source = _reading(component, port_name, port, reads)
                        read = None if source is None else End(member, source)
                        if read is None and port.measured and component.section is Section.CONTROLLERS:
                            read = self._at_the_terminal_of(member, port_name)
                        if port.carrier is None and port_name not in commands and read is not None:
                            self.add(read, End(name, port_name, member), delayed=port.measured)
        for command, givers in commanders.items():
            self._chain(command, givers)
        for lower in self._controllers():
            for higher in self._controllers():
                if self.components[lower].layer < self.components[higher].layer:
                    self._tell(lower, higher)

    def _at_the_terminal_of(self, asset: str, port_name: str) -> End | None:
        """What the network says of the terminal on which an asset stands."""
        return next((End(network, port_name, terminal) for network, group, terminal in self.stands_on.get(asset, ())
                     if port_name in _per_ports(self.components[network].Outputs, group)), None)

    def _controllers(self) -> list[str]:
        return [name for name, c in self.components.items() if c.section is Section.CONTROLLERS]

    def _tell(self, lower: str, higher: str) -> None:
        """What one controller says of an asset to one nearer to it, where the asset itself does not take it."""
        giver, taker = self.components[lower], self.components[higher]
        for group, members in giver.terminals().items():
            said = _per_ports(giver.Outputs, group)
            for heard_in, others in taker.terminals().items():
                passed_on = _per_ports(taker.Outputs, heard_in).keys()
                for port_name in said.keys() & _per_ports(taker.Inputs, heard_in).keys() - passed_on:
                    for member in [m for m in members if m in others and m in self.components]:
                        if port_name not in ports_of(self.components[member].Inputs):
                            self.add(End(lower, port_name, member), End(higher, port_name, member), delayed=False)

    def join_signals(self) -> None:
        """Rule 2, where terminals are outputs."""
        for name, component in self.components.items():
            for port_name, port in ports_of(component.Inputs).items():
                for signal in component.terminals()[str(port.per)] if port.signals else ():
                    owner, _, output = signal.partition(".")
                    self.add(End(owner, output), End(name, port_name, signal), delayed=port.measured)

    def _chain(self, command: End, givers: list[tuple[str, str]]) -> None:
        """Lead a command through the layers to the asset, or to the highest layer where the asset does not take it."""
        taken = port_at(self.components, command, "Inputs")
        layers = sorted(givers, key=lambda giver: self.components[giver[0]].layer)
        for (name, _), after in zip_longest(layers, layers[1:]):
            source = End(name, command.port, command.owner)
            if after is not None and self._stands_between(name, after, command.port):
                self.add(source, End(after[0], command.port, command.owner), delayed=False)
            elif taken is not None and not taken.per:
                self.add(source, command, taken.measured)

    def _stands_between(self, lower: str, higher: tuple[str, str], port_name: str) -> bool:
        above = self.components[higher[0]]
        return above.layer > self.components[lower].layer and port_name in _per_ports(above.Inputs, higher[1])

    def join_broadcasts(self) -> None:
        """Rule 3."""
        offers: dict[tuple[str, str], list[str]] = {}
        for name, component in self.components.items():
            for port_name, port in ports_of(component.Outputs).items():
                if port.carrier and port.carrier not in ATTACH_KEY and not port.per:
                    offers.setdefault((port.carrier, port_name), []).append(name)
        for name, component in self.components.items():
            for port_name, port in ports_of(component.Inputs).items():
                if not port.carrier or port.carrier in ATTACH_KEY or port.per:
                    continue
                target = End(name, port_name)
                sources = [s for s in offers.get((port.carrier, port_name), [])
                           if s != name and name in self.chosen.get((s, port.carrier), {name})]
                sources = [s for s in sources if not any(self._passes_on(port_name, s, m, name) for m in sources)]
                if len(sources) > 1 and not port.total and target not in self.explicit_targets:
                    self.problem(name, f"{port_name} could come from {', '.join(sources)}; "
                                 "choose one under 'connections:'")
                    continue
                for source in sources:
                    self.add(End(source, port_name), target, delayed=port.measured)

    def _passes_on(self, port_name: str, lower: str, middle: str, taker: str) -> bool:
        """Whether one of several who say something stands between another and who takes it (a plan and its gate)."""
        giver, between, last = (self.components[name] for name in (lower, middle, taker))
        return all(c.section is Section.CONTROLLERS for c in (giver, between, last)) \
            and giver.layer < between.layer < last.layer and port_name in ports_of(between.Inputs)

    def join_probes(self) -> None:
        """Every signal that an external simulator is asked to ``record`` goes to its probe."""
        for name, component in self.components.items():
            if isinstance(component, Probe):
                for signal in component.params.signals:
                    number, _, attribute = signal.rpartition(".")
                    self.add(End(component.params.source, attribute, number or None), End(name, "value", signal),
                             delayed=False)

    def join_explicit(self) -> None:
        """Rule 4; comes first so that the other rules see which inputs are taken."""
        for index, connection in enumerate(self.site.scenario.connections):
            source = self._end(connection.source, "Outputs", index, "from")
            target = self._end(connection.target, "Inputs", index, "to")
            if source is None or target is None:
                continue
            around = around_the_gate(self.components, source, target)
            if around:
                self.problems.append(self.site.scenario.problem(("connections", index), around))
            port = port_at(self.components, target, "Inputs")
            delayed = connection.delayed or bool(port and port.measured)
            self.explicit_targets.add(target)
            if port and port.carrier:
                self.chosen.setdefault((target.owner, port.carrier), set()).add(source.owner)
            self.edges[(source, target)] = Edge(source, target, delayed, connection.initial if delayed else None)

    def _end(self, text: str, side: str, index: int, key: str) -> End | None:
        """Parse ``owner.port`` or ``owner.terminal.port``."""
        owner, _, rest = text.partition(".")
        terminal, _, port_name = rest.rpartition(".")
        end = End(owner, port_name, terminal or None)
        if owner in self.site.scenario.external:
            return end
        where: tuple[str | int, ...] = ("connections", index, key)
        scenario = self.site.scenario
        ports = ports_of(getattr(self.components[owner], side))
        known = [p for p, spec in ports.items() if bool(spec.per) == bool(terminal)]
        if port_name not in known:
            kind = "output" if side == "Outputs" else "input"
            self.problems.append(scenario.problem(
                where, f"{owner!r} has no {kind} {port_name!r}{' on a terminal' if terminal else ''}; "
                + did_you_mean(port_name, known)))
            return None
        if terminal:
            names = self.components[owner].terminals()[str(ports[port_name].per)]
            if terminal not in names:
                self.problems.append(scenario.problem(
                    where, f"{owner!r} has no terminal {terminal!r}; {did_you_mean(terminal, names)}"))
                return None
        return end


def _reading(reader: Component, port_name: str, port: Port, offered: dict[str, Port]) -> str | None:
    """Which output of an asset an input reads: for a controller the instrument's, where the asset has instruments."""
    if reader.section is Section.CONTROLLERS and port.measured:
        instrument = MEASURED_PREFIX + port_name
        if instrument in offered and not offered[instrument].per:
            return instrument
    return port_name if port_name in offered and not offered[port_name].per else None


def _per_ports(cls: type, group: str) -> dict[str, Port]:
    return {name: port for name, port in ports_of(cls).items() if port.per == group}


def wire(site: Site) -> list[Edge]:
    """All edges of a site, in a reproducible order (that of the scenario).

    Raises
    ------
    ScenarioError
        All wiring mistakes, each at its place in the file.
    """
    wiring = _Wiring(site)
    wiring.join_explicit()
    wiring.join_networks()
    wiring.join_terminals_named_after_components()
    wiring.join_signals()
    wiring.join_broadcasts()
    wiring.join_probes()
    if not wiring.problems:
        check(wiring.components, wiring.edges.values(), wiring.problem)
    if wiring.problems:
        raise ScenarioError(wiring.problems)
    order: dict[str, Any] = {name: i for i, name in enumerate([*site.components, *site.scenario.external])}
    return sorted(wiring.edges.values(), key=lambda e: (order[e.source.owner], order[e.target.owner]))
