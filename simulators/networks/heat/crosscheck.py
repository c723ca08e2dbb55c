"""The network against pandapipes (static, Colebrook): flows, pressure drops and steady supply temperatures.

Slow (10–30 ms for ten consumers) and independent of ours; meant to be called now and then, and in tests. pandapipes
is given what consumers, bypasses, feeds and the other sources take or give, never a pipe's flow: water that our pipes
lose is seen, in trees too. Traps of pandapipes that are dealt with here: its default friction law is 28 % low on
plastic pipes (``friction_model="colebrook"`` is always set); its Colebrook is used for laminar flow too, so nodes
behind a pipe with a Reynolds number below 4000 are left out.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulators.networks.heat.fluid import ZERO_CELSIUS_K
from simulators.networks.heat.friction import TURBULENT_REYNOLDS
from simulators.networks.heat.network import ThermalNetwork
from simulators.networks.heat.producers import source_limit
from simulators.networks.heat.records import NONE, Floats, Records
from simulators.networks.heat.results import NetworkInputs, StepResult
from simulators.networks.heat.substations import ration
from simulators.networks.heat.topology import Topology

PA_PER_BAR = 1e5
ROOT_BAR = 10.0
"""Pressure at the first source in the reference network; only differences are compared."""
MAX_ITERATIONS = 100


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """Largest deviations of one step from pandapipes; nan where nothing could be compared."""

    converged: bool
    flow_frac: float
    """Of a pipe's or the first source's flow, relative to the largest flow in the network."""
    pressure_frac: float
    """Of a node's pressure drop from the source, relative to the largest one."""
    supply_k: float
    """Of a node's supply temperature; meaningful only if the network is in a steady state."""
    pressure_nodes: int
    """Nodes whose pressure was compared."""


def cross_check(network: ThermalNetwork, inputs: NetworkInputs, result: StepResult) -> CrossCheck:
    """Compare the mean flows of a step and what follows from them.

    The step should have constant flows (one sub-step, or nothing changed in it): pressures and temperatures are those
    at its end, flows are means. Only the part of the first source is compared; feeds are taken as flows, their
    temperature is not, so supply temperatures are compared without feeds and with one source only.
    """
    import pandapipes

    topology, flows = network.topology(inputs), result.pipes["flow_kg_s"]
    members = _pipes_of_part(network, topology, inputs)
    withdrawn = _withdrawals(network, topology, inputs, result)
    sinks = _sinks(network, topology, withdrawn)
    if not sinks and not flows[members].any():
        return CrossCheck(True, math.nan, math.nan, math.nan, 0)
    net = _reference(network, topology, inputs, result, sinks)
    # the water of a feed has no temperature there, and supply temperatures are not compared with feeds
    mode = "hydraulics" if network.spec.feeds else "sequential"
    try:
        with warnings.catch_warnings():  # of pressures below 0: only differences count here
            warnings.simplefilter("ignore", UserWarning)
            pandapipes.pipeflow(net, mode=mode, friction_model="colebrook", iter=MAX_ITERATIONS,
                                max_iter_colebrook=MAX_ITERATIONS, use_numba=False)
    except pandapipes.PipeflowNotConverged:
        return CrossCheck(False, math.nan, math.nan, math.nan, 0)
    here = np.flatnonzero(topology.nodes["part"] == 0)
    theirs_kg_s = np.append(net.res_pipe["mdot_from_kg_per_s"], -net.res_ext_grid["mdot_kg_per_s"])
    ours_kg_s = np.append(flows[members], -withdrawn[_root(network)])
    largest = max(float(np.abs(flows).max()), float(np.abs(theirs_kg_s).max()))
    flow_frac = float(np.abs(theirs_kg_s - ours_kg_s).max()) / largest if largest > 0.0 else math.nan

    ours_bar = _friction_drops_bar(network, topology, result)[here]
    theirs_bar = ROOT_BAR - net.res_junction["p_bar"].to_numpy()
    turbulent = _turbulent_nodes(network, topology, flows)[here]
    pressure_frac = math.nan
    if turbulent.any() and np.abs(ours_bar).max() > 0.0:
        pressure_frac = float(np.abs(theirs_bar - ours_bar)[turbulent].max() / np.abs(ours_bar).max())

    supply_k = math.nan
    if not network.spec.feeds and len(network.spec.sources) == 1:
        theirs_degc = net.res_junction["t_k"].to_numpy() - ZERO_CELSIUS_K
        reached = _nodes_with_flow(network, topology, flows)[here]
        if reached.any():
            supply_k = float(np.abs(theirs_degc - result.nodes["supply_end_degc"][here])[reached].max())
    return CrossCheck(True, flow_frac, pressure_frac, supply_k, int(turbulent.sum()))


def _pipes_of_part(network: ThermalNetwork, topology: Topology, inputs: NetworkInputs) -> np.ndarray:
    part = topology.nodes["part"][network.constants.pipes["from_node"]]
    return np.flatnonzero((part == 0) & inputs.pipe_open)


def _root(network: ThermalNetwork) -> int:
    """Node of the first source."""
    return int(network.constants.sources["node"][0])


def _reference(network: ThermalNetwork, topology: Topology, inputs: NetworkInputs, result: StepResult,
               sinks: dict[int, float]) -> Any:
    """The supply of the first source's part as a pandapipes net; ``sinks`` by node, kg/s."""
    import pandapipes
    from pandapipes.properties.fluids import create_constant_fluid

    spec, pipes = network.spec, network.constants.pipes
    net = pandapipes.create_empty_network(fluid="water")
    net["fluid"] = create_constant_fluid(
        "carrier", "liquid", density=spec.fluid.density_kg_m3, viscosity=spec.fluid.viscosity_pa_s,
        heat_capacity=spec.fluid.heat_capacity_j_kg_k, molar_mass=18.0, compressibility=1.0)
    supply_k = float(result.sources["supply_degc"][0]) + ZERO_CELSIUS_K
    here = np.flatnonzero(topology.nodes["part"] == 0)
    numbers = pandapipes.create_junctions(net, here.size, pn_bar=ROOT_BAR, tfluid_k=supply_k)
    junction = dict(zip(here.tolist(), np.asarray(numbers).tolist(), strict=True))
    members = _pipes_of_part(network, topology, inputs)
    given = [spec.pipes[p] for p in members]
    factor = np.array([pipe.minor_factor for pipe in given])
    diameter_m = np.array([pipe.inner_diameter_m for pipe in given])
    if given:  # minor losses as a factor: a longer pipe with the same total heat loss
        pandapipes.create_pipes_from_parameters(
            net, [junction[int(n)] for n in pipes["from_node"][members]],
            [junction[int(n)] for n in pipes["to_node"][members]],
            length_km=np.array([pipe.length_m for pipe in given]) * factor / 1e3, inner_diameter_mm=diameter_m * 1e3,
            outer_diameter_mm=diameter_m * 1e3, k_mm=np.array([pipe.roughness_m for pipe in given]) * 1e3,
            loss_coefficient=np.array([pipe.zeta for pipe in given]),
            u_w_per_m2k=np.array([pipe.u_w_mk for pipe in given]) / (math.pi * diameter_m) / factor,
            text_k=inputs.ground_degc + ZERO_CELSIUS_K)
    pandapipes.create_ext_grid(net, junction[_root(network)], p_bar=ROOT_BAR, t_k=supply_k)
    if sinks:
        pandapipes.create_sinks(net, [junction[node] for node in sinks], mdot_kg_per_s=list(sinks.values()))
    return net


def _withdrawals(network: ThermalNetwork, topology: Topology, inputs: NetworkInputs, result: StepResult) -> Floats:
    """What each node takes out of the supply, kg/s: consumers and bypasses, less what sources and feeds give."""
    const, taken = network.constants, np.zeros(len(network.spec.nodes))
    np.add.at(taken, const.consumers["node"], result.consumers["flow_kg_s"])
    np.add.at(taken, const.consumers["node"], _bypasses(network, topology, inputs, result))
    np.add.at(taken, const.sources["node"], -result.sources["flow_kg_s"])
    np.add.at(taken, const.feeds["node"], -result.feeds["flow_kg_s"])
    return taken


def _bypasses(network: ThermalNetwork, topology: Topology, inputs: NetworkInputs, result: StepResult) -> Floats:
    """Flows past the exchangers: in full, unless the pumps of a part reach their limit."""
    const, part = network.constants, topology.nodes["part"]
    pumped = np.zeros(topology.parts)
    for source, given in zip(const.sources, inputs.sources, strict=True):
        pumped[part[source["node"]]] += source_limit(source, given)
    fed = part[const.feeds["node"]] != NONE
    np.add.at(pumped, part[const.feeds["node"]][fed], np.maximum(inputs.feeds["flow_kg_s"][fed], 0.0))
    bypasses = np.zeros(const.consumers.size)
    ration(const.consumers, const.by_priority, topology.nodes, inputs.consumers, pumped,
           result.consumers["flow_kg_s"].copy(), bypasses)
    return bypasses


def _sinks(network: ThermalNetwork, topology: Topology, withdrawn: Floats) -> dict[int, float]:
    """What the nodes of the first source's part take, but for the source's own node, which gives what they need."""
    return {int(node): float(withdrawn[node]) for node in np.flatnonzero(topology.nodes["part"] == 0)
            if node != _root(network) and withdrawn[node] != 0.0}


def _friction_drops_bar(network: ThermalNetwork, topology: Topology, result: StepResult) -> Floats:
    """One-way pressure drop from the first source: half of what the differential pressure has lost."""
    root = _root(network)
    differential = result.nodes["supply_bar"] - result.nodes["return_bar"]
    return (differential[root] - differential) / 2.0


def _turbulent_nodes(network: ThermalNetwork, topology: Topology, flows: Floats) -> np.ndarray:
    """Nodes all of whose pipes towards the source are turbulent."""
    reynolds = np.abs(flows) * network.constants.pipes["reynolds_s_kg"]
    return _along_tree(topology, reynolds >= TURBULENT_REYNOLDS)


def _nodes_with_flow(network: ThermalNetwork, topology: Topology, flows: Floats) -> np.ndarray:
    through = np.zeros(len(network.spec.nodes))
    np.add.at(through, network.constants.pipes["to_node"], np.abs(flows))
    np.add.at(through, network.constants.pipes["from_node"], np.abs(flows))
    return through > 0.0


def _along_tree(topology: Topology, good_pipe: np.ndarray) -> np.ndarray:
    nodes: Records = topology.nodes
    good = np.ones(nodes.size, np.bool_)
    for node in topology.tree_order:
        p = nodes["parent_pipe"][node]
        if p != NONE:
            good[node] = good_pipe[p] and good[nodes["parent_node"][node]]
    return good
