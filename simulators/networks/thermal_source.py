"""Where a thermal network comes from (a YAML file, a pandapipes JSON file, the scenario itself), and its translation
into the engine's specification. Signs turn nowhere here; the order of priorities turns in :func:`network_spec`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, TypeVar

from simulators.networks import pipe_types
from simulators.networks.heat.geometry import wall_capacity_j_mk
from simulators.networks.heat.spec import Consumer, Extraction, Feed, NetworkSpec, Node, Pipe, Service, Source
from simulators.networks.model_file import model_in, raise_for_inline
from simulators.networks.pandapipes_import import read_pandapipes_json
from simulators.networks.thermal_checks import mistakes_in
from simulators.networks.thermal_file import PipePair, Substation, ThermalFile, ThermalSource
from simulators.networks.thermal_flows import design_supply_degc, largest_flow_kg_s, substation_limits_kg_s
from simulators.networks.thermal_joints import parts_of
from twin.errors import ComponentError
from twin.scenario.yaml_source import read_yaml

JSON_SUFFIX = ".json"
YAML_SUFFIXES = (".yaml", ".yml")
ROOM_DEGC = {Service.HEATING: 20.0, Service.COOLING: 30.0}
"""Return of a building whose file names none (EN 12831: heated to 20 °C; return air of cooled rooms): water no warmer
heats no rooms, water no colder cools none."""

T = TypeVar("T", bound=ThermalFile)

__all__ = ["largest_flow_kg_s", "network_spec", "thermal_model"]


def thermal_model(kind: type[T], file: str | None, changes: dict[str, Any], inline: T | None) -> T:
    """The network a scenario names: written in the scenario itself (``inline``), or in a file.

    Parameters
    ----------
    kind : ``HeatNetworkFile`` or ``CoolingNetworkFile``.
    file : network file in YAML, or a pandapipes network as ``.json``.
    changes : laid over a YAML file, by the same keys.

    Raises
    ------
    ScenarioError
        With file, line and column for every mistake in a network file, with its keys for those of an inline network.
    ComponentError
        If a pandapipes file cannot be read or translated, the name ends otherwise, or no network is given.
    """
    if inline is not None:
        raise_for_inline(mistakes_in(inline))
        return inline
    if file is None:
        raise ComponentError("no network is given: name its file, or write it under inline")
    suffix = Path(file).suffix.lower()
    if suffix in YAML_SUFFIXES:
        return model_in(kind, read_yaml(Path(file)), changes, mistakes_in)
    if suffix != JSON_SUFFIX:  # mistakes in YAML are shown with the line they stand on: never that of any other file
        raise ComponentError(f"{file}: a network file ends in {', '.join(YAML_SUFFIXES)} or {JSON_SUFFIX}")
    if changes:
        raise ComponentError(f"'changes' apply to network files in YAML, not to {Path(file).name!r}; change the "
                             f"network in pandapipes and write it anew")
    network = read_pandapipes_json(file, kind)
    if mistakes := mistakes_in(network):
        raise ComponentError(f"{file}: {'; '.join(message for _, message in mistakes)}")
    return network


def network_spec(network: ThermalFile) -> NetworkSpec:
    """The engine's view of a network without mistakes; elements keep their names and order.

    Pipes out of service are in it (:attr:`NetworkInputs.pipe_open` shuts them).
    """
    limits_kg_s = substation_limits_kg_s(network)
    design_degc = {name: design_supply_degc(network, part) for part in parts_of(network)
                   for name, substation in network.substations.items() if substation.node in part}
    return NetworkSpec(
        nodes=tuple(Node(name, node.elevation_m) for name, node in network.nodes.items()),
        pipes=tuple(_pipe(name, pipe) for name, pipe in network.pipes.items()),
        consumers=tuple(_consumer(name, given, limits_kg_s[name], design_degc[name],
                                  _secondary_return_degc(network, given))
                        for name, given in network.substations.items()),
        sources=tuple(_source(name, source) for name, source in network.sources.items()),
        feeds=tuple(Feed(name, feed.node, feed.pump_efficiency) for name, feed in network.feeds.items()),
        extractions=tuple(Extraction(name, e.node, e.min_degc, e.max_degc) for name, e in network.extractions.items()),
        service=network.service,
        fluid=network.carrier,
        parcels=network.parcels,
    )


def _pipe(name: str, pipe: PipePair) -> Pipe:
    diameter_m, u_w_mk = inner_diameter_m(pipe), pipe.u_w_mk
    wall_j_mk = pipe.wall_j_mk
    if pipe.dn is not None:
        u_w_mk = pipe_types.loss_w_mk(pipe.dn, pipe.depth_m) if u_w_mk is None else u_w_mk
        wall_j_mk = pipe_types.wall_j_mk(pipe.dn) if wall_j_mk is None and pipe.wall_m is None else wall_j_mk
    if wall_j_mk is None:
        wall_j_mk = wall_capacity_j_mk(diameter_m, diameter_m + 2.0 * (pipe.wall_m or 0.0))
    assert u_w_mk is not None  # by dn or by the file (thermal_checks)
    return Pipe(name, pipe.from_, pipe.to, pipe.length_m, diameter_m, u_w_mk, wall_j_mk, pipe.roughness_m,
                pipe.minor_factor, pipe.zeta, pipe.u_return_w_mk)


def inner_diameter_m(pipe: PipePair) -> float:
    """Inner diameter of a pipe of a network without mistakes [m]."""
    if pipe.dn is not None:
        return pipe_types.inner_diameter_m(pipe.dn)
    assert pipe.inner_diameter_m is not None  # thermal_checks
    return pipe.inner_diameter_m


def _consumer(name: str, given: Substation, max_kg_s: float, design_degc: float,
              secondary_return_degc: float | None) -> Consumer:
    return Consumer(
        name, given.node, given.return_degc, given.delta_k, given.approach_k, secondary_return_degc,
        given.min_kg_s, max_kg_s, design_degc, given.reserve_factor, given.bypass_kg_s, given.valve_time_s,
        priority=-given.priority)  # the engine serves higher numbers first


def _secondary_return_degc(network: ThermalFile, given: Substation) -> float | None:
    """With ``delta_k``, which alone would cool the water to freezing when the supply fails: that of rooms, or what the
    least helpful supply asks for in networks that run colder (cooling: warmer) than rooms."""
    if given.secondary_return_degc is not None or given.delta_k is None:
        return given.secondary_return_degc
    sign = float(network.service)
    least_degc = min((degc for source in network.sources.values() for degc in source.supply_points),
                     key=lambda degc: sign * degc)
    usual_degc = least_degc - sign * (given.delta_k + 2.0 * given.approach_k)
    return min(usual_degc, ROOM_DEGC[network.service], key=lambda degc: sign * degc)


def _source(name: str, source: ThermalSource) -> Source:
    return Source(
        name, source.node, source.return_bar, source.lift_bar, source.min_differential_bar,
        _or_inf(source.max_lift_bar), _or_inf(source.max_kg_s), source.pump_efficiency,
        max_gradient_k_h=_or_inf(source.max_gradient_k_per_h))


def _or_inf(limit: float | None) -> float:
    return math.inf if limit is None else limit
