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


def test_a_wrong_flow_is_found() -> None:
    network = ThermalNetwork(ring())
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = [0.5, 0.9, 0.3]
    result = settled(network, state, inputs, 1.0)
    around = np.array([0.0, 1.0, 1.0, 1.0, 1.0])
    result.pipes["flow_kg_s"] += 0.5 * around
    assert cross_check(network, inputs, result).flow_frac > 0.01
