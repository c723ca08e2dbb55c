"""Ours against pandapipes: flows and pressures within a thousandth, steady temperatures within a millikelvin."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from simulators.networks.heat.crosscheck import cross_check
from simulators.networks.heat.network import ThermalNetwork
from simulators.networks.heat.spec import Feed, NetworkSpec
from tests.simulators.networks.heat.builders import pipe, ring, settled, started, tree

TOLERANCE = 1e-3


def meshed() -> NetworkSpec:
    """The ring with a second way across and a minor loss."""
    across = pipe("b-d", "b", "d", 250.0, inner_diameter_m=0.06, zeta=4.0, u_w_mk=0.3)
    return replace(ring(), pipes=(*ring().pipes, across))


@pytest.mark.parametrize("network_spec", [tree(), ring(), meshed()], ids=["tree", "ring", "meshed"])
def test_static_solution_agrees_with_pandapipes(network_spec: NetworkSpec) -> None:
    network = ThermalNetwork(network_spec)
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = [0.5, 0.9, 0.3]
    check = cross_check(network, inputs, settled(network, state, inputs))
    assert check.converged
    assert check.flow_frac < TOLERANCE
    assert check.pressure_frac < TOLERANCE
    assert check.supply_k < 1e-3
    assert check.pressure_nodes >= 4


def test_minor_losses_as_a_factor_and_feeds_are_understood() -> None:
    pipes = tuple(replace(p, minor_factor=1.3) for p in ring().pipes)
    network = ThermalNetwork(replace(ring(), pipes=pipes, feeds=(Feed("tank", "c"),)))
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = [0.5, 0.9, 0.3]
    inputs.feeds["flow_kg_s"] = 6.0
    check = cross_check(network, inputs, settled(network, state, inputs))
    assert check.flow_frac < TOLERANCE
    assert check.pressure_frac < TOLERANCE
    assert math.isnan(check.supply_k)


def with_bypass(network_spec: NetworkSpec) -> NetworkSpec:
    """The same network, each consumer with 0.2 kg/s past its exchanger."""
    return replace(network_spec, consumers=tuple(replace(c, bypass_kg_s=0.2) for c in network_spec.consumers))


@pytest.mark.parametrize("network_spec", [tree(), with_bypass(tree()), with_bypass(ring())],
                         ids=["tree", "bypasses", "ring with bypasses"])
@pytest.mark.parametrize("lost_kg_s", [-0.1, 0.1])
def test_water_that_a_pipe_loses_is_found(network_spec: NetworkSpec, lost_kg_s: float) -> None:
    """Mass in each node: consumers, feeds and sources give the reference, not the flows that are checked.

    On a tree every pipe's flow is a sum of what the consumers take, so 0.1 kg/s deviate by 0.1 over the largest flow.
    """
    network = ThermalNetwork(network_spec)
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = [0.5, 0.9, 0.3]
    result = settled(network, state, inputs, 1.0)
    assert cross_check(network, inputs, result).flow_frac < 1e-6
    largest_kg_s = np.abs(result.pipes["flow_kg_s"]).max()
    result.pipes["flow_kg_s"][1] += lost_kg_s
    assert cross_check(network, inputs, result).flow_frac == pytest.approx(0.1 / largest_kg_s, rel=1e-3)


def test_water_that_all_pipes_lose_is_found() -> None:
    network = ThermalNetwork(tree())
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = [0.5, 0.9, 0.3]
    result = settled(network, state, inputs, 1.0)
    result.pipes["flow_kg_s"] = 0.0
    assert cross_check(network, inputs, result).flow_frac == pytest.approx(1.0)


def test_more_water_from_the_source_than_is_taken_is_found() -> None:
    network = ThermalNetwork(tree())
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = [0.5, 0.9, 0.3]
    result = settled(network, state, inputs, 1.0)
    result.sources["flow_kg_s"] *= 1.05
    assert cross_check(network, inputs, result).flow_frac == pytest.approx(0.05, rel=1e-3)


def test_flows_agree_where_the_pump_is_too_small_for_flows_and_bypasses() -> None:
    """5 kg/s for 4.2, 6.4 and 2.0 kg/s and three bypasses: the last get nothing, and nothing is amiss."""
    pump = replace(tree().sources[0], max_kg_s=5.0)
    network = ThermalNetwork(replace(with_bypass(tree()), sources=(pump,)))
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = [0.5, 0.9, 0.3]
    result = settled(network, state, inputs)
    assert result.sources["flow_kg_s"][0] == pytest.approx(5.0)
    assert cross_check(network, inputs, result).flow_frac < 1e-6


@pytest.mark.parametrize("feed_kg_s", [6.0, -3.0])
def test_a_feed_that_discharges_or_charges_agrees(feed_kg_s: float) -> None:
    network = ThermalNetwork(replace(tree(), feeds=(Feed("tank", "b"), Feed("plant", "plant"))))
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = [0.5, 0.9, 0.3]
    inputs.feeds["flow_kg_s"] = feed_kg_s, 1.0
    result = settled(network, state, inputs, 1.0)
    assert result.feeds["flow_kg_s"][0] == pytest.approx(feed_kg_s)
    assert cross_check(network, inputs, result).flow_frac < 1e-6


def test_a_wrong_flow_is_found() -> None:
    network = ThermalNetwork(ring())
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = [0.5, 0.9, 0.3]
    result = settled(network, state, inputs, 1.0)
    around = np.array([0.0, 1.0, 1.0, 1.0, 1.0])
    result.pipes["flow_kg_s"] += 0.5 * around
    assert cross_check(network, inputs, result).flow_frac > 0.01
