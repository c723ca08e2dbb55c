"""A pandapipes network as a thermal network file: two separate sides there become one network of pairs of pipes here.

Translated: circulation pumps (the one that holds the pressure becomes the first source, those that hold a flow further
ones), pipes, valves, heat consumers, heat exchangers behind a flow control, junctions with heights and coordinates.
What has no counterpart is refused by name. Heat demands stay behind: in a scenario they are the loads' affair.
Pressures there are above atmosphere, here absolute. Heat transfer coefficients there refer to the outer surface.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pydantic import ValidationError

from simulators.networks.heat.fluid import ZERO_CELSIUS_K, water
from simulators.networks.heat.spec import Service
from simulators.networks.labels import unique_labels
from simulators.networks.pandapipes_mirror import Branch, mirrored
from simulators.networks.pandapipes_tables import WATER, WRITE_ANEW, Row, Tables, tables_of_file, tables_of_net
from simulators.networks.thermal_file import REFERENCE_DEGC, FluidFigures, Node, PipePair, Substation, ThermalFile
from twin.errors import ComponentError

if TYPE_CHECKING:
    from pandapipes.pandapipes_net import pandapipesNet

T = TypeVar("T", bound=ThermalFile)

ATMOSPHERE_BAR = 1.01325
SHORTEST_M = 0.1
"""Length of what has none: a valve between junctions (a short pipe with its loss coefficient), a pipe of length 0."""
UNTRANSLATED = ("ext_grid", "sink", "source", "pump", "compressor", "press_control", "mass_storage")
GROUND_TOLERANCE_K = 0.01
MAX_NAME = 50
"""Names in network files have at most 60 characters; an index may be added."""
M_PER_MM = 1e-3


class Consumer(NamedTuple):
    """A heat consumer, or a heat exchanger with the flow control before or behind it."""

    row: Row
    from_junction: int
    to_junction: int
    heat_w: float | None
    flow_kg_s: float | None
    delta_k: float | None
    return_degc: float | None


def read_pandapipes_json(file: str, kind: type[T]) -> T:
    """The network in a file of ``pandapipes.to_json``, read as plain data.

    Raises
    ------
    ComponentError
        Naming the file, the element and what to do, if it cannot be read or translated.
    """
    tables = tables_of_file(file)
    try:
        return _valid(tables, kind)
    except ComponentError as error:
        raise ComponentError(f"{file}: {error}") from None


def from_pandapipes(net: pandapipesNet, kind: type[T]) -> T:
    """A pandapipes net in memory.

    Parameters
    ----------
    kind : ``HeatNetworkFile`` or ``CoolingNetworkFile``.

    Raises
    ------
    ComponentError
        Naming the element and what to do, if it cannot be translated.
    """
    return _valid(tables_of_net(net), kind)


def _valid(tables: Tables, kind: type[T]) -> T:
    try:
        return _translated(tables, kind)
    except ValidationError as error:
        first = error.errors()[0]
        raise ComponentError(f"{error.title} {'.'.join(map(str, first['loc']))}: {first['msg']}, not "
                             f"{str(first['input'])[:40]}") from None


def _translated(tables: Tables, kind: type[T]) -> T:
    _refuse_others(tables)
    pumps = [row for table in ("circ_pump_pressure", "circ_pump_mass") for row in tables.of(table) if row.on()]
    if len([row for row in pumps if row.kind == "circ_pump_pressure"]) != 1:
        raise ComponentError("one circ_pump_pressure in service is needed: it holds the pressure; further producers "
                             "are circ_pump_mass")
    consumers = [*_heat_consumers(tables), *_heat_exchangers(tables)]
    branches = _branches(tables)
    pump_ends = [(row, row.junction("flow_junction"), row.junction("return_junction")) for row in pumps]
    consumer_ends = [(c.row, c.from_junction, c.to_junction) for c in consumers]
    _check_junctions(tables, [*((b.row, b.a, b.b) for b in branches), *pump_ends, *consumer_ends])
    mirror = mirrored(branches, [(flow, back) for _, flow, back in pump_ends], consumer_ends)
    junctions = {row.index: row for row in tables.of("junction")}
    labels = _labels("junction", [(index, junctions[index]) for index in sorted(mirror.junctions)], set())
    node = dict(zip(sorted(mirror.junctions), labels, strict=True))
    taken: set[str] = set()
    source_names = _labels("source", [(row.index, row) for row in pumps], taken)
    names = _labels("substation", [(c.row.index, c.row) for c in consumers], taken)
    fluid = _fluid(tables)
    water_degc = _mean_degc(pumps[0], consumers, kind.service)
    heat_capacity_j_kg_k = fluid.heat_capacity_j_kg_k if fluid else water(water_degc).heat_capacity_j_kg_k
    flows = [_design_kg_s(c, pumps[0], heat_capacity_j_kg_k) for c in consumers]
    return kind.model_validate({
        "water_degc": None if fluid else water_degc,
        "fluid": fluid,
        "name": "pandapipes",
        "ground_degc": _ground_degc(tables),
        "nodes": _nodes(tables, node),
        "pipes": _pipes(mirror.branches, node, _closed_pipes(tables)),
        "substations": {name: _substation(c, node, kind.service, heat_capacity_j_kg_k)
                        for name, c in zip(names, consumers, strict=True)},
        "sources": {name: _source(row, node, sum(flows)) for name, row in zip(source_names, pumps, strict=True)},
    })


def _refuse_others(tables: Tables) -> None:
    for kind in UNTRANSLATED:
        for row in tables.of(kind):
            if row.on():
                raise ComponentError(f"{row.told} has no counterpart in a network of supply and return; use "
                                     f"circulation pumps and heat consumers")


def _labels(kind: str, rows: list[tuple[int, Row]], taken: set[str]) -> tuple[str, ...]:
    named = ((index, str(row.values.get("name") or "")[:MAX_NAME]) for index, row in rows)
    return unique_labels(kind, named, taken)


def _branches(tables: Tables) -> list[Branch]:
    branches = [Branch(row, row.junction("from_junction"), row.junction("to_junction"),
                       max(row.needed("length_km") * 1e3, SHORTEST_M), row.needed("inner_diameter_mm") / 1e3)
                for row in tables.of("pipe")]
    branches += [Branch(row, row.junction("junction"), row.junction("element"), SHORTEST_M,
                        row.needed("inner_diameter_mm") / 1e3)
                 for row in tables.of("valve") if row.values.get("et") == "ju"]
    return branches


def _check_junctions(tables: Tables, ends: Iterable[tuple[Row, int, int]]) -> None:
    known = {row.index for row in tables.of("junction")}
    for row, *both in ends:
        for end in both:
            if end not in known:
                raise ComponentError(f"{row.told}: there is no junction {end}; {WRITE_ANEW}")


def _closed_pipes(tables: Tables) -> set[int]:
    """Pipes with a closed valve at one of their ends."""
    return {row.junction("element") for row in tables.of("valve")
            if row.values.get("et") == "pi" and not row.on("opened")}


def _heat_consumers(tables: Tables) -> list[Consumer]:
    found = []
    for row in tables.of("heat_consumer"):
        if row.on():
            return_k, delta_k = row.number("treturn_k"), row.number("deltat_k")
            found.append(Consumer(
                row, row.junction("from_junction"), row.junction("to_junction"), row.number("qext_w"),
                row.number("controlled_mdot_kg_per_s"), None if delta_k is None else abs(delta_k),
                None if return_k is None else return_k - ZERO_CELSIUS_K))
    return found


def _heat_exchangers(tables: Tables) -> list[Consumer]:
    """Each with the flow control in series with it: alone, its flow is not known."""
    controls = [row for row in tables.of("flow_control") if row.on()]
    used: set[int] = set()
    found = []
    for row in tables.of("heat_exchanger"):
        if not row.on():
            continue
        start, end = row.junction("from_junction"), row.junction("to_junction")
        before = [c for c in controls if c.junction("to_junction") == start]
        behind = [c for c in controls if c.junction("from_junction") == end]
        if len(before) + len(behind) != 1:
            raise ComponentError(f"{row.told} needs one flow_control directly before or behind it, or its flow is not "
                                 f"known; or use a heat_consumer")
        control = (before or behind)[0]
        used.add(control.index)
        found.append(Consumer(row, before[0].junction("from_junction") if before else start,
                              behind[0].junction("to_junction") if behind else end, row.needed("qext_w"),
                              control.needed("controlled_mdot_kg_per_s"), None, None))
    for control in controls:
        if control.index not in used:
            raise ComponentError(f"{control.told} has no heat_exchanger directly before or behind it; a bypass is a "
                                 f"heat_consumer with a given flow")
    return found


def _fluid(tables: Tables) -> FluidFigures | None:
    """None: water."""
    if tables.fluid == WATER:
        return None
    if missing := [name for name in ("density", "heat_capacity", "viscosity") if name not in tables.constants]:
        raise ComponentError(f"the fluid {tables.fluid!r} has no constant {' and '.join(missing)}; use water, or "
                             f"pandapipes.properties.create_constant_fluid")
    constants = tables.constants
    return FluidFigures(density_kg_m3=constants["density"], heat_capacity_j_kg_k=constants["heat_capacity"],
                        viscosity_pa_s=constants["viscosity"])


def _mean_degc(pump: Row, consumers: list[Consumer], service: Service) -> float:
    """Middle between supply and mean return, where water has the mean heat capacity."""
    supply_degc = pump.needed("t_flow_k") - ZERO_CELSIUS_K
    returns = [degc for c in consumers if (degc := _return_degc(c, supply_degc, service)) is not None]
    if not returns:
        return REFERENCE_DEGC[service]
    return round((supply_degc + sum(returns) / len(returns)) / 2.0, 1)


def _return_degc(consumer: Consumer, supply_degc: float, service: Service) -> float | None:
    if consumer.return_degc is not None:
        return consumer.return_degc
    return None if consumer.delta_k is None else supply_degc - service * consumer.delta_k


def _design_kg_s(consumer: Consumer, pump: Row, heat_capacity_j_kg_k: float) -> float:
    """Flow of a consumer at its demand; 0 where the net does not say."""
    if consumer.flow_kg_s is not None:
        return consumer.flow_kg_s
    supply_degc = pump.needed("t_flow_k") - ZERO_CELSIUS_K
    spread_k = consumer.delta_k if consumer.return_degc is None else abs(supply_degc - consumer.return_degc)
    return abs(consumer.heat_w or 0.0) / (heat_capacity_j_kg_k * spread_k) if spread_k else 0.0


def _ground_degc(tables: Tables) -> float:
    """pandapipes gives each pipe its own ground; 0 K is what ``create_pipe`` writes where nobody said anything."""
    given = {row.index: row.number("text_k") or tables.ambient_k for row in tables.of("pipe")}
    if not given:
        return tables.ambient_k - ZERO_CELSIUS_K
    coldest, warmest = min(given, key=given.__getitem__), max(given, key=given.__getitem__)
    if given[warmest] - given[coldest] > GROUND_TOLERANCE_K:
        raise ComponentError(f"pipe {coldest} lies in ground of {given[coldest]:g} K and pipe {warmest} in "
                             f"{given[warmest]:g} K; one temperature (text_k) is needed for the network")
    return given[coldest] - ZERO_CELSIUS_K


def _nodes(tables: Tables, node: dict[int, str]) -> dict[str, Node]:
    places = {row.index: row for row in tables.of("junction_geodata")}
    nodes = {}
    for row in tables.of("junction"):
        if row.index in node:
            place = places.get(row.index)
            nodes[node[row.index]] = Node(elevation_m=row.number("height_m") or 0.0,
                                          x_m=place.number("x") if place else None,
                                          y_m=place.number("y") if place else None)
    return nodes


def _pipes(pairs: list[tuple[Branch, Branch]], node: dict[int, str], closed: set[int]) -> dict[str, PipePair]:
    labels = _labels("pipe", [(supply.row.index, supply.row) for supply, _ in pairs], set())
    return {label: _pipe(supply, back, node, closed) for label, (supply, back) in zip(labels, pairs, strict=True)}


def _pipe(supply: Branch, back: Branch, node: dict[int, str], closed: set[int]) -> PipePair:
    is_valve = supply.row.kind == "valve"
    is_open = all(side.row.on("opened") if is_valve else side.row.on() and side.row.index not in closed
                  for side in (supply, back))
    zeta = ((supply.row.number("loss_coefficient") or 0.0) + (back.row.number("loss_coefficient") or 0.0)) / 2.0
    figures: dict[str, Any] = {"u_w_mk": 0.0, "roughness_m": 0.0}
    if not is_valve:
        figures = {"u_w_mk": _loss_w_mk(supply), "u_return_w_mk": _loss_w_mk(back),
                   "roughness_m": supply.row.needed("k_mm") / 1e3}
    return PipePair(from_=node[supply.a], to=node[supply.b], length_m=supply.length_m,
                    inner_diameter_m=supply.diameter_m, zeta=zeta, in_service=is_open, **figures)


def _loss_w_mk(branch: Branch) -> float:
    outer_mm = branch.row.number("outer_diameter_mm") or branch.row.needed("inner_diameter_mm")
    return (branch.row.number("u_w_per_m2k") or 0.0) * math.pi * outer_mm * M_PER_MM


def _substation(consumer: Consumer, node: dict[int, str], service: Service, heat_capacity_j_kg_k: float) -> Substation:
    heat_w = consumer.heat_w
    if heat_w is not None and service * heat_w < 0.0:
        other = "heat_network" if service is Service.COOLING else "cooling_network"
        raise ComponentError(f"{consumer.row.told}: qext_w = {heat_w:g} is the demand of a {other}")
    delta_k, flow_kg_s = consumer.delta_k, consumer.flow_kg_s
    if delta_k is None and consumer.return_degc is None:
        if not flow_kg_s or not heat_w:
            raise ComponentError(f"{consumer.row.told} has neither a return temperature nor a heat and a flow; give "
                                 f"treturn_k, deltat_k, or both qext_w and controlled_mdot_kg_per_s")
        delta_k = abs(heat_w) / (heat_capacity_j_kg_k * flow_kg_s)
        flow_kg_s = None
    return Substation(node=node[consumer.from_junction], delta_k=delta_k, return_degc=consumer.return_degc,
                      max_kg_s=flow_kg_s)


def _source(pump: Row, node: dict[int, str], total_kg_s: float) -> dict[str, Any]:
    source: dict[str, Any] = {"node": node[pump.junction("flow_junction")],
                              "supply": pump.needed("t_flow_k") - ZERO_CELSIUS_K}
    if pump.kind == "circ_pump_pressure":
        lift_bar = pump.needed("plift_bar")
        return {**source, "lift_bar": lift_bar,
                "return_bar": pump.needed("p_flow_bar") - lift_bar + ATMOSPHERE_BAR}
    share = pump.needed("mdot_flow_kg_per_s") / total_kg_s if total_kg_s > 0.0 else 0.0
    return {**source, "share_frac": min(share, 1.0)}
