"""What must hold between the elements of a thermal network file: every mistake, each with its place and remedy."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

from simulators.networks.heat.spec import Service
from simulators.networks.network_checks import Mistake
from simulators.networks.pipe_types import PIPES
from simulators.networks.plant.cooling_plant import CoolingPlantParams
from simulators.networks.plant.heat_plant import HeatPlantParams
from simulators.networks.thermal_file import PipePair, Substation, SupplyCurve, ThermalFile, ThermalSource
from simulators.networks.thermal_flows import unlimited_substations
from simulators.networks.thermal_joints import joined_nodes, parts_of
from twin.suggest import did_you_mean

WARMER = {Service.HEATING: "warmer", Service.COOLING: "colder"}
"""What the supply is against the return."""


def mistakes_in(network: ThermalFile) -> list[Mistake]:
    """All mistakes of a network, in reading order."""
    references = list(_unknown_nodes(network))
    found = [*references, *_pipes(network), *_substations(network), *_sources(network), *_names(network),
             *_extractions(network)]
    if references or not network.sources:  # what is joined with what is not known
        return found
    return [*found, *_lonely_nodes(network), *_shares(network), *_spreads(network), *_headers_without_flow(network)]


def _unknown_nodes(network: ThermalFile) -> Iterator[Mistake]:
    named: list[tuple[tuple[str | int, ...], str]] = []
    for name, pipe in network.pipes.items():
        named += [(("pipes", name, "from"), pipe.from_), (("pipes", name, "to"), pipe.to)]
    for kind in ("substations", "sources", "feeds", "extractions"):
        named += [((kind, name, "node"), element.node) for name, element in getattr(network, kind).items()]
    for path, node in named:
        if node not in network.nodes:
            yield path, f"{path[0]} {path[1]}: node {node!r} does not exist; {did_you_mean(node, network.nodes)}"


def _pipes(network: ThermalFile) -> Iterator[Mistake]:
    for name, pipe in network.pipes.items():
        path, what = ("pipes", name), f"pipe {name!r}"
        if pipe.from_ == pipe.to:
            yield (*path, "to"), f"{what} begins and ends at node {pipe.to!r}"
        yield from _drawing(path, what, pipe)
        if pipe.wall_m is not None and pipe.wall_j_mk is not None:
            yield (*path, "wall_j_mk"), f"{what} has wall_m (of steel) and wall_j_mk; remove one of them"


def _drawing(path: tuple[str, str], what: str, pipe: PipePair) -> Iterator[Mistake]:
    """A pipe has either a nominal diameter or its own figures."""
    own = [key for key in ("inner_diameter_m", "u_w_mk") if getattr(pipe, key) is not None]
    if pipe.dn is None:
        if len(own) < 2:
            missing = [key for key in ("inner_diameter_m", "u_w_mk") if key not in own]
            yield path, f"{what} needs a dn, or {' and '.join(missing)}"
    elif pipe.dn not in PIPES:
        yield (*path, "dn"), (f"{what}: there is no pre-insulated pipe DN {pipe.dn}; known: "
                              f"{', '.join(map(str, PIPES))}; or give inner_diameter_m and u_w_mk")
    elif pipe.inner_diameter_m is not None:
        yield (*path, "inner_diameter_m"), f"{what} has a dn; remove inner_diameter_m or the dn"


def _sources(network: ThermalFile) -> Iterator[Mistake]:
    if not network.sources:
        yield ("sources",), ("a thermal network needs at least one source: it holds the pressure; add one, like "
                             "PLANT: {node: ..., supply: ...}")
    for name, source in network.sources.items():
        path, what = ("sources", name), f"source {name!r}"
        if source.plant is not None:
            for key, own in (("max_gradient_k_per_h", "gradient_k_per_h under plant"),
                             ("max_mw", "the plant's ratings")):
                if getattr(source, key) is not None:
                    yield (*path, key), f"{what} has a plant, whose limit holds; remove {key} and use {own}"
        if isinstance(source.supply, SupplyCurve):
            yield from _curve((*path, "supply"), what, source.supply)
        yield from _supply(network, name, source)


def _curve(path: tuple[str, ...], what: str, curve: SupplyCurve) -> Iterator[Mistake]:
    outdoor, supply = curve.outdoor_degc, curve.supply_degc
    if len(outdoor) != len(supply):
        yield (*path, "supply_degc"), (f"{what}: {len(outdoor)} outdoor temperatures and {len(supply)} supply "
                                       f"temperatures; give one for each")
    for colder, warmer in itertools.pairwise(outdoor):
        if warmer <= colder:
            yield (*path, "outdoor_degc"), (f"{what}: outdoor temperatures must increase, but {warmer:g} follows "
                                            f"{colder:g}; sort the points, coldest first")
            return


def _names(network: ThermalFile) -> Iterator[Mistake]:
    for name in network.sources:
        if name in network.substations:
            yield ("sources", name), (f"a substation is named {name!r} too; loads and plants are connected by these "
                                      f"names: rename one of them")


def _extractions(network: ThermalFile) -> Iterator[Mistake]:
    taken: dict[str, str] = {}
    for name, extraction in network.extractions.items():
        path = ("extractions", name)
        if extraction.node in taken:
            yield (*path, "node"), (f"extraction {taken[extraction.node]!r} stands at node {extraction.node!r} "
                                    f"already; add the heat of both up, or put a short pipe between them")
        taken.setdefault(extraction.node, name)
        if extraction.min_degc >= extraction.max_degc:
            yield (*path, "min_degc"), (f"extraction {name!r}: min_degc = {extraction.min_degc:g} must be below "
                                        f"max_degc = {extraction.max_degc:g}")


def _lonely_nodes(network: ThermalFile) -> Iterator[Mistake]:
    """Told once for nodes that are joined with each other."""
    told: set[str] = set().union(*parts_of(network))
    where = " or ".join(repr(node) for node in dict.fromkeys(source.node for source in network.sources.values()))
    for node in network.nodes:
        if node not in told:
            island = joined_nodes(network, node)
            told |= island
            others = [other for other in network.nodes if other in island and other != node]
            too = f" (nor is {_some(others)}, joined with it)" if others else ""
            yield ("nodes", node), (f"node {node!r} is not connected to any source (at {where}){too}; "
                                    f"{_join(network, node, island)}")


def _join(network: ThermalFile, node: str, island: set[str]) -> str:
    """What could connect a node."""
    for name, pipe in network.pipes.items():
        if not pipe.in_service and (pipe.from_ in island) != (pipe.to in island):
            return f"pipe {name!r} would join it: set its in_service to true, or remove the node"
    outside = [other for other in network.nodes if other not in island]
    ranked = sorted((distance, other) for other in outside
                    if (distance := _distance_m(network, node, other)) is not None)
    if ranked:
        distance, nearest = ranked[0]
        return f"add a pipe (the nearest other node is {nearest!r}, {distance:.0f} m away), or remove it"
    return "add a pipe that joins it, or remove it"


def _distance_m(network: ThermalFile, one: str, other: str) -> float | None:
    a, b = network.nodes[one], network.nodes[other]
    if a.x_m is None or a.y_m is None or b.x_m is None or b.y_m is None:
        return None
    return math.hypot(a.x_m - b.x_m, a.y_m - b.y_m)


def _shares(network: ThermalFile) -> Iterator[Mistake]:
    """The first source of each connected part takes the rest; the others need a share."""
    for part in parts_of(network):
        first, *others = [(name, source) for name, source in network.sources.items() if source.node in part]
        if "share_frac" in first[1].model_fields_set:
            yield ("sources", first[0], "share_frac"), (f"source {first[0]!r} is the first of its network and takes "
                                                        f"the flow the others leave; remove share_frac")
        for name, source in others:
            if "share_frac" not in source.model_fields_set:
                yield ("sources", name), (f"source {name!r} needs share_frac: its part of the consumers' flow; 0 for "
                                          f"one that only helps when {first[0]!r} is at its largest flow")
        total = sum(source.share_frac for _, source in others)
        if total > 1.0:
            yield ("sources", others[-1][0], "share_frac"), (f"the shares of {_some([n for n, _ in others])} are "
                                                             f"{total:g} in sum; at most 1 is possible")


def _supply(network: ThermalFile, name: str, source: ThermalSource) -> Iterator[Mistake]:
    path, what = ("sources", name, "supply"), f"source {name!r}"
    lowest, highest = min(source.supply_points), max(source.supply_points)
    if lowest <= network.freezing_degc:
        yield path, (f"{what}: a supply of {lowest:g} °C, but the water freezes at {network.freezing_degc:g} °C; raise "
                     f"it, or describe an antifreeze under fluid")
    elif isinstance(source.plant, CoolingPlantParams) and lowest < source.plant.min_supply_degc:
        yield path, (f"{what}: a supply of {lowest:g} °C, but its plant has min_supply_degc = "
                     f"{source.plant.min_supply_degc:g}; raise the supply or lower that limit")
    if isinstance(source.plant, HeatPlantParams) and highest > source.plant.max_supply_degc:
        yield path, (f"{what}: a supply of {highest:g} °C, but its plant has max_supply_degc = "
                     f"{source.plant.max_supply_degc:g}; lower the supply or raise that limit")


def _substations(network: ThermalFile) -> Iterator[Mistake]:
    for name, substation in network.substations.items():
        path, what = ("substations", name), f"substation {name!r}"
        if (substation.return_degc is None) == (substation.delta_k is None):
            stated = "neither is given" if substation.delta_k is None else "both are given"
            yield path, f"{what} needs either return_degc or delta_k; {stated}"
        if substation.max_kg_s is not None and substation.max_mw is not None:
            yield (*path, "max_mw"), f"{what} has max_kg_s and max_mw, which both limit the flow; remove one of them"
        if substation.max_kg_s is not None and substation.min_kg_s > substation.max_kg_s:
            yield (*path, "min_kg_s"), (f"{what}: min_kg_s = {substation.min_kg_s:g} is larger than max_kg_s = "
                                        f"{substation.max_kg_s:g}")
        if substation.reserve_factor > 1.0 and None in (substation.max_mw, substation.return_degc):
            yield (*path, "reserve_factor"), (f"{what}: reserve_factor = {substation.reserve_factor:g} needs max_mw "
                                              f"and return_degc, which say what the design flow is")


def _spreads(network: ThermalFile) -> Iterator[Mistake]:
    """The supply must be beyond every substation's return, in any weather."""
    for part in parts_of(network):
        worst = [(name, min(source.supply_points, key=lambda degc: network.service * degc))
                 for name, source in network.sources.items() if source.node in part]
        for name, substation in network.substations.items():
            if substation.node in part:
                yield from itertools.islice(_spread(network, name, substation, worst), 1)


def _spread(network: ThermalFile, name: str, substation: Substation,
            worst: list[tuple[str, float]]) -> Iterator[Mistake]:
    path, service = ("substations", name), network.service
    for source, supply_degc in worst:
        told = f"source {source!r} supplies {supply_degc:g} °C at times"
        for key, limit_degc in _return_limits(substation, service):
            if service * (supply_degc - limit_degc) <= 0.0:
                yield (*path, key), (f"substation {name!r}: {key} = {getattr(substation, key):g} asks for a return of "
                                     f"{limit_degc:g} °C, but {told}; the supply must be {WARMER[service]} than the "
                                     f"return")
        if service is Service.HEATING and substation.delta_k and supply_degc - substation.delta_k <= (
                freezing_degc := network.freezing_degc):
            yield (*path, "delta_k"), (f"substation {name!r}: {told}; less delta_k = {substation.delta_k:g} that is "
                                       f"{supply_degc - substation.delta_k:g} °C, not above freezing "
                                       f"({freezing_degc:g} °C)")


def _return_limits(substation: Substation, service: Service) -> Iterator[tuple[str, float]]:
    """Return temperatures that the supply must exceed (heating), and the keys they come from."""
    if substation.return_degc is not None:
        yield "return_degc", substation.return_degc
    if substation.secondary_return_degc is not None:
        yield "secondary_return_degc", substation.secondary_return_degc + service * substation.approach_k


def _headers_without_flow(network: ThermalFile) -> Iterator[Mistake]:
    """The water between a plant, or what is bought up to a limit, and the network follows from the largest flow."""
    for name, source in network.sources.items():
        if source.max_kg_s is not None or (source.plant is None and source.max_mw is None):
            continue
        what = "the plant's headers" if source.plant is not None else "the header behind max_mw"
        if without := unlimited_substations(network, name):
            yield ("sources", name), (f"source {name!r} needs max_kg_s, or every substation max_kg_s or max_mw: the "
                                      f"water in {what} follows from the largest flow; without a limit: "
                                      f"{_some(without)}")
        elif not {s.node for s in network.substations.values()} & joined_nodes(network, source.node):
            yield ("sources", name), (f"source {name!r} needs max_kg_s: the water in {what} follows from the largest "
                                      f"flow, and there is no substation in its part of the network")


def _some(names: list[str], shown: int = 5) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(map(repr, names[:shown])) + more

