"""A winter day of the park's heating network: our engine, and pandapipes on the same tree, flows and demands.

The tree of ``park_heat.yaml`` (10 pairs of pipes, 7 substations) without bypasses and bends, so that both compute the
same network; demands change every hour. Ours takes 1440 sub-steps of 60 s with transport delay. The peer's static mode
gets our flows and heats and is solved once an hour; its transient mode runs one hour in steps of 60 s with one cell per
pipe, its cheapest. Both are scaled to 1440 solves. CPU seconds; compiled and warmed up before.
"""

from __future__ import annotations

import dataclasses
import math
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import scenarios
from simulators.networks.heat.fluid import ZERO_CELSIUS_K
from simulators.networks.heat.network import ThermalNetwork
from simulators.networks.heat.results import StepResult
from simulators.networks.heat.spec import NetworkSpec
from simulators.networks.thermal_file import HeatNetworkFile
from simulators.networks.thermal_network import HeatNetwork, HeatParams
from simulators.networks.thermal_ports import HeatInputs
from simulators.networks.thermal_source import network_spec, thermal_model
from twin.context import Context, Location

PARK = str(Path(scenarios.__file__).parent / "networks" / "park_heat.yaml")
ROUNDS = 3
HOURS = 24
STEPS = 1440
"""Of 60 s in a day."""
STEP_S = 60
HOUR_S = 3600
TRANSIENT_STEPS = 60
SUPPLY_DEGC, RETURN_DEGC = 90.0, 55.0
AIR_DEGC, GROUND_DEGC = -5.0, 10.0
GREATEST_LOAD_FRAC = 0.9
"""Of the substations' largest heat: the flow of none is at its limit, so that every demand is met."""
ROOT_BAR, LIFT_BAR = 6.0, 3.0
AGREEMENT_K = 0.02
"""Steady supply and return temperatures at the substations."""
AGREEMENT_FRAC = 0.002
"""Pressure drop to the substations; Colebrook is solved by iteration there."""


def measure() -> dict[str, float]:
    """CPU seconds for a day, and microseconds for a step of 60 s.

    ``ours_s`` is the engine, ``static_s`` and ``transient_s`` are the peer; ``step_us`` is a step of the component
    ``heat_network`` with its energy centre, ``substep_us`` what the engine's compiled sub-step takes of it.
    """
    network = ThermalNetwork(spec())
    demand_mw = demands(network.spec)
    ours_s = _best(lambda: run_day(network, demand_mw))
    hours = run_day(network, demand_mw)
    net = peer(network.spec)
    static_s = _best(lambda: _static(net, hours), rounds=2) / HOURS * STEPS
    transient_s = _best(lambda: _transient(net, hours[0]), rounds=2) / TRANSIENT_STEPS * STEPS
    assert_same_steady_state(network, demand_mw[0], net)
    return {"ours_s": ours_s, "static_s": static_s, "transient_s": transient_s,
            "substep_us": ours_s / STEPS * 1e6, "step_us": _component_step_s() * 1e6}


def spec() -> NetworkSpec:
    """The park's tree as the engine takes it."""
    park = network_spec(thermal_model(HeatNetworkFile, PARK, {}, None))
    return dataclasses.replace(
        park, pipes=tuple(dataclasses.replace(pipe, minor_factor=1.0) for pipe in park.pipes),
        consumers=tuple(dataclasses.replace(consumer, bypass_kg_s=0.0) for consumer in park.consumers))


def demands(park: NetworkSpec) -> np.ndarray:
    """Heat of each substation, one row per hour: half of the greatest load at night."""
    heat_capacity = park.fluid.heat_capacity_j_kg_k
    largest_mw = np.array([c.max_kg_s * heat_capacity * (SUPPLY_DEGC - RETURN_DEGC) / 1e6 for c in park.consumers])
    course = 0.75 - 0.25 * np.cos(2.0 * math.pi * (np.arange(HOURS) + 0.5) / HOURS)
    return GREATEST_LOAD_FRAC * np.outer(course, largest_mw)


def run_day(network: ThermalNetwork, demand_mw: np.ndarray) -> list[StepResult]:
    """The results of each hour."""
    state = network.initial_state(SUPPLY_DEGC, RETURN_DEGC)
    inputs = network.inputs(SUPPLY_DEGC, GROUND_DEGC)
    results = []
    for heat_mw in demand_mw:
        inputs.consumers["heat_mw"] = heat_mw
        results.append(network.advance(state, HOUR_S, STEP_S, inputs))
    return results


def peer(park: NetworkSpec) -> Any:
    """The same tree in pandapipes, supply and return; flows and heats of the consumers are still to be given."""
    import pandapipes
    from pandapipes.properties.fluids import create_constant_fluid

    net = pandapipes.create_empty_network(fluid="water")
    net["fluid"] = create_constant_fluid(
        "carrier", "liquid", density=park.fluid.density_kg_m3, viscosity=park.fluid.viscosity_pa_s,
        heat_capacity=park.fluid.heat_capacity_j_kg_k, molar_mass=18.0, compressibility=1.0)
    node = {n.name: i for i, n in enumerate(park.nodes)}
    supply = pandapipes.create_junctions(net, len(node), pn_bar=ROOT_BAR, tfluid_k=SUPPLY_DEGC + ZERO_CELSIUS_K)
    back = pandapipes.create_junctions(net, len(node), pn_bar=ROOT_BAR, tfluid_k=RETURN_DEGC + ZERO_CELSIUS_K)
    diameter_m = np.array([pipe.inner_diameter_m for pipe in park.pipes])
    for side, start, end in ((supply, "from_node", "to_node"), (back, "to_node", "from_node")):
        pandapipes.create_pipes_from_parameters(
            net, [side[node[getattr(pipe, start)]] for pipe in park.pipes],
            [side[node[getattr(pipe, end)]] for pipe in park.pipes],
            length_km=np.array([pipe.length_m for pipe in park.pipes]) / 1e3, inner_diameter_mm=diameter_m * 1e3,
            outer_diameter_mm=diameter_m * 1e3, k_mm=np.array([pipe.roughness_m for pipe in park.pipes]) * 1e3,
            u_w_per_m2k=np.array([pipe.u_w_mk for pipe in park.pipes]) / (math.pi * diameter_m),
            text_k=GROUND_DEGC + ZERO_CELSIUS_K)
    root = node[park.sources[0].node]
    pandapipes.create_circ_pump_const_pressure(net, back[root], supply[root], p_flow_bar=ROOT_BAR, plift_bar=LIFT_BAR,
                                               t_flow_k=SUPPLY_DEGC + ZERO_CELSIUS_K)
    places = [node[consumer.node] for consumer in park.consumers]
    pandapipes.create_heat_consumers(net, [supply[p] for p in places], [back[p] for p in places],
                                     qext_w=1.0, controlled_mdot_kg_per_s=1.0)
    return net


def _give(net: Any, hour: StepResult) -> None:
    net.heat_consumer["controlled_mdot_kg_per_s"] = hour.consumers["flow_kg_s"]
    net.heat_consumer["qext_w"] = hour.consumers["delivered_mw"] * 1e6


def _solve(net: Any, **options: Any) -> None:
    import pandapipes

    pandapipes.pipeflow(net, mode="sequential", friction_model="colebrook", **options)


def _static(net: Any, hours: list[StepResult]) -> None:
    for hour in hours:
        _give(net, hour)
        _solve(net)


def _transient(net: Any, hour: StepResult) -> None:
    _give(net, hour)
    for step in range(TRANSIENT_STEPS):
        _solve(net, transient=True, dt=float(STEP_S), simulation_time_step=step)


def assert_same_steady_state(network: ThermalNetwork, heat_mw: np.ndarray, net: Any) -> None:
    """Speed counts only for the right answer."""
    days = run_day(network, np.tile(heat_mw, (2 * HOURS, 1)))
    _give(net, days[-1])
    _solve(net)
    count, number = len(network.spec.nodes), {n.name: i for i, n in enumerate(network.spec.nodes)}
    places = [number[consumer.node] for consumer in network.spec.consumers]
    theirs_degc = net.res_junction["t_k"].to_numpy() - ZERO_CELSIUS_K
    theirs_bar = net.res_junction["p_bar"].to_numpy()
    nodes = days[-1].nodes
    for ours, side in ((nodes["supply_end_degc"], slice(0, count)), (nodes["return_end_degc"], slice(count, None))):
        assert np.abs(ours - theirs_degc[side])[places].max() < AGREEMENT_K
    root = number[network.spec.sources[0].node]
    ours_bar = nodes["differential_bar"][root] - nodes["differential_bar"][places]
    drop_bar = LIFT_BAR - (theirs_bar[:count] - theirs_bar[count:])[places]
    assert np.abs(ours_bar - drop_bar).max() < AGREEMENT_FRAC * ours_bar.max()


def _component_step_s() -> float:
    """One step of the component with its energy centre, without cross-checks."""
    site = Location(31.23, 121.47, 5.0, "Asia/Shanghai", "CN")
    context = Context(datetime(2025, 1, 14, 16, tzinfo=UTC), 86_400, STEP_S, 1, site)
    heat = HeatNetwork("heat", HeatParams(file=PARK, bus="EC", crosscheck_every_h=0), context)
    largest_mw = [substation.max_mw or 0.0 for substation in heat.file.substations.values()]
    inputs = HeatInputs(heat_mw=np.array([*(-0.6 * mw for mw in largest_mw), 3.0]), air_temperature_degc=AIR_DEGC)

    def run() -> None:
        for k in range(STEPS):
            heat.step(k * STEP_S, STEP_S, inputs)

    return _best(run) / STEPS


def _best(work: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """CPU seconds of the quickest round, after one round to warm up."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        work()
        times = []
        for _ in range(rounds):
            started = time.process_time()
            work()
            times.append(time.process_time() - started)
    return min(times)


if __name__ == "__main__":
    for key, value in measure().items():
        print(f"{key:24s} {value:.6f}")
