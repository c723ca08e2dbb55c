"""What must hold of the edges of a site: required inputs have a source, single inputs have one, steps keep energy."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from typing import TypeAlias

from twin.component import Component, Section, ports_of
from twin.cosim.edges import ATTACH_KEY, Edge, End, port_at

REMEDY = {
    "weather": "add a 'weather:' section, for example weather: {type: tmy3}",
    "price": "add a tariff under 'markets:', see `twin list time_of_use_tariff`",
    "metering": "add a network under 'networks:', for example grid: {type: single_bus}",
}
"""Broadcast carrier → what usually gives it."""
GATE = "gate"
"""Name of the release gate, which stands between operators and assets."""
Report: TypeAlias = Callable[..., None]
"""(component, message, *keys of its section in the file) tells a problem."""


def check(components: Mapping[str, Component], edges: Collection[Edge], problem: Report) -> None:
    """Every required input has a source, single inputs have one, steps keep the energy."""
    sources = Counter(edge.target for edge in edges)
    fed = {(t.owner, t.port) for t in sources}
    for name, component in components.items():
        unfed: dict[str | None, list[str]] = {}
        for field_name, required in _required(component.Inputs).items():
            if required and (name, field_name) not in fed:
                unfed.setdefault(ports_of(component.Inputs)[field_name].carrier, []).append(field_name)
        for carrier, names in unfed.items():
            remedy = REMEDY.get(carrier or "", f"add something that gives {carrier}" if carrier else
                                "connect it under 'connections:'")
            problem(name, f"needs {', '.join(names)} and nothing gives it; {remedy}")
    for target, count in sources.items():
        port = port_at(components, target, "Inputs")
        if port is not None and count > 1 and not port.total:
            problem(target.owner, f"input {target} has {count} sources but takes one")
    sides = Counter((e.source.owner, e.source.terminal, e.target) for e in edges)
    for (owner, terminal, target), count in sides.items():
        if count > 1 and owner in components:
            source = ".".join(part for part in (owner, terminal) if part)
            problem(owner, f"{count} outputs of {source} go to {target}; only one of an entity can")
    for edge in edges:
        _check_steps(components, edge, problem)


def around_the_gate(components: Mapping[str, Component], source: End, target: End) -> str:
    """Why a connection would let a command reach an asset that no gate has proved; empty: it does not."""
    gate = components.get(GATE)
    if gate is None or not gate.sees_plant_before_its_step:
        return ""
    commanded = ports_of(gate.Inputs).keys() & ports_of(gate.Outputs).keys()
    giver, taker = components.get(source.owner), components.get(target.owner)
    asset = target.terminal or target.owner
    above = taker is not None and taker.section is Section.CONTROLLERS and taker.layer > gate.layer
    of_an_asset = asset in gate.terminals()["asset"]
    is_plan = above and target.terminal is None  # what the layers above follow within seconds
    if target.port not in commanded or not (is_plan or (of_an_asset and (above or target.terminal is None))):
        return ""
    if giver is not None and giver.section is Section.CONTROLLERS and giver.layer >= gate.layer:
        return ""
    return (f"{source} -> {target} goes around the {GATE}, so that nothing would be proved of it; connect it to "
            f"{GATE}.{f'{asset}.' if of_an_asset else ''}{target.port}, or leave the gate out "
            "(gate: {enabled: false})")


def _check_steps(components: Mapping[str, Component], edge: Edge, problem: Report) -> None:
    """A network that steps more slowly than its asset would see samples and lose energy."""
    source, target = components.get(edge.source.owner), components.get(edge.target.owner)
    port = port_at(components, edge.target, "Inputs")
    if source is not None and target is not None and port and port.carrier == "drive_heat":
        if source.step_s != target.step_s:
            problem(edge.target.owner, f"steps every {target.step_s} s but {edge.source.owner!r} every "
                    f"{source.step_s} s: drive heat would be lost between them; give both the same step_s", "step_s")
        return
    if source is None or target is None or edge.delayed:
        return
    if source.section is target.section is Section.CONTROLLERS and source.layer < target.layer \
            and source.step_s < target.step_s:
        problem(edge.target.owner, f"steps every {target.step_s} s but {edge.source.owner!r}, whose commands "
                f"go through it, every {source.step_s} s: those in between would be lost; give it "
                f"step_s: {source.step_s}", "step_s")
    if port and port.carrier == "weather" and source.step_s < target.step_s:
        problem(edge.target.owner, f"steps every {target.step_s} s but the weather every {source.step_s} s: "
                f"it would see samples, not means; give {edge.source.owner!r} step_s: {target.step_s}",
                "step_s")
    if port and port.carrier in ATTACH_KEY and source.step_s < target.step_s:
        problem(edge.source.owner, f"steps every {source.step_s} s but {edge.target.owner!r} only every "
                f"{target.step_s} s: energy in between would be lost; give {edge.target.owner!r} "
                f"step_s: {source.step_s} or less", "step_s")


def _required(cls: type) -> dict[str, bool]:
    return {f.name: f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
            for f in dataclasses.fields(cls)}
