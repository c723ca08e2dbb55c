"""Small networks for tests, and the energy balance every one of them must keep."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simulators.networks.heat.fluid import Fluid
from simulators.networks.heat.geometry import circle_area_m2
from simulators.networks.heat.network import ThermalNetwork
from simulators.networks.heat.results import NetworkInputs, NetworkState, StepResult
from simulators.networks.heat.spec import Consumer, NetworkSpec, Node, Pipe, Source

WATER = Fluid(density_kg_m3=1000.0, heat_capacity_j_kg_k=4000.0, viscosity_pa_s=5e-4)
"""Round numbers, so that expectations can be computed by hand."""
J_PER_MWH = 3.6e9
BALANCE_TOLERANCE = 1e-9
"""Largest residual of the heat balance, relative to the heat that passed through."""


def pipe(name: str, start: str, end: str, length_m: float = 100.0, **changes: float) -> Pipe:
    """A pipe of 100 mm without losses and without a wall."""
    data = {"inner_diameter_m": 0.1, "u_w_mk": 0.0, "wall_j_mk": 0.0, **changes}
    return Pipe(name, start, end, length_m, **data)


def spec(pipes: list[Pipe], consumers: list[Consumer], sources: list[Source] | None = None,
         **more: object) -> NetworkSpec:
    """A network whose nodes are those the pipes name; the source is at ``plant``."""
    names = dict.fromkeys(n for p in pipes for n in (p.from_node, p.to_node))
    data = {"fluid": WATER, **more}
    return NetworkSpec(tuple(Node(n) for n in names), tuple(pipes), tuple(consumers),
                       tuple(sources or [Source("plant", "plant")]), **data)  # type: ignore[arg-type]


def street(length_m: float = 100.0, **changes: float) -> NetworkSpec:
    """Plant and one consumer at the end of one pipe."""
    return spec([pipe("main", "plant", "house", length_m, **changes)], [Consumer("house", "house", return_degc=50.0)])


def tree() -> NetworkSpec:
    """Plant - a - b with consumers at a, b and c; lossy pipes with steel walls."""
    lossy = {"u_w_mk": 0.3, "wall_j_mk": 4000.0}
    return spec(
        [pipe("plant-a", "plant", "a", 800.0, **lossy), pipe("a-b", "a", "b", 300.0, **lossy),
         pipe("a-c", "a", "c", 150.0, inner_diameter_m=0.06, u_w_mk=0.2, wall_j_mk=2500.0)],
        [Consumer("a", "a", return_degc=50.0, min_kg_s=0.01), Consumer("b", "b", return_degc=45.0, bypass_kg_s=0.05),
         Consumer("c", "c", return_degc=50.0, max_kg_s=2.0)])


def ring() -> NetworkSpec:
    """Plant feeding a ring a - b - c - d - a with consumers at b, c and d."""
    lossy = {"u_w_mk": 0.3, "wall_j_mk": 3000.0}
    pipes = [pipe(f"{m}-{n}", m, n, 200.0, **lossy) for m, n in ("ab", "bc", "cd", "da")]
    return spec([pipe("plant-a", "plant", "a", 400.0, **lossy), *pipes],
                [Consumer(n, n, return_degc=50.0) for n in "bcd"])


def started(network: ThermalNetwork, supply_degc: float = 80.0, return_degc: float = 50.0,
            ground_degc: float = 10.0) -> tuple[NetworkState, NetworkInputs]:
    """State and inputs of a network filled with water of the usual temperatures."""
    return network.initial_state(supply_degc, return_degc), network.inputs(supply_degc, ground_degc)


def settled(network: ThermalNetwork, state: NetworkState, inputs: NetworkInputs, hours: float = 24.0) -> StepResult:
    """Result of a last minute after ``hours`` of constant inputs."""
    network.advance(state, hours * 3600.0, 60.0, inputs)
    return network.advance(state, 60.0, 60.0, inputs)


def throughput_mwh(result: StepResult, dt_s: float) -> float:
    """Heat that passed through the network in a step, all amounts positive."""
    heat_mw = (np.abs(result.sources["heat_mw"]).sum() + np.abs(result.feeds["heat_mw"]).sum()
               + np.abs(result.consumers["delivered_mw"]).sum() + np.abs(result.extractions["heat_mw"]).sum()
               + abs(result.loss_supply_mw) + abs(result.loss_return_mw))
    return float(heat_mw * dt_s / 3600.0 + abs(result.stored_change_mwh))


def assert_balanced(result: StepResult, dt_s: float) -> None:
    """First law: what comes in and does not go out is stored."""
    assert abs(result.residual_mwh) <= BALANCE_TOLERANCE * max(throughput_mwh(result, dt_s), 1e-6)


def water_kg(length_m: float, diameter_m: float = 0.1) -> float:
    """Water in one pipe."""
    return WATER.density_kg_m3 * circle_area_m2(diameter_m) * length_m


def with_priority(network_spec: NetworkSpec, **priority: int) -> NetworkSpec:
    """The same network with priorities of consumers by name."""
    consumers = tuple(replace(c, priority=priority.get(c.name, 0)) for c in network_spec.consumers)
    return replace(network_spec, consumers=consumers)
