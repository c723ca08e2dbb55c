"""The network engine against pandapipes in steady state, on a tree and on a meshed ring. Needs no data.

Flows, pressure drops and supply temperatures; pandapipes with Colebrook friction, because its default law is 28 % low
on plastic pipes.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from simulators.networks.heat.crosscheck import cross_check
from simulators.networks.heat.network import ThermalNetwork
from simulators.networks.heat.spec import NetworkSpec
from simulators.validation.small_networks import (
    GROUND_DEGC,
    HEAT_MW,
    RETURN_DEGC,
    SUPPLY_DEGC,
    ring,
    tree,
    without_feeds,
)
from twin.validation import Comparison, Validation

SETTLING_S = 24.0 * 3600.0
SUBSTEP_S = 60.0
MAX_PERCENT = 0.1
"""Colebrook is solved by iteration there and explicitly here; both to much less than this."""
MAX_KELVIN = 0.001
NETWORKS: dict[str, Callable[[], NetworkSpec]] = {
    "tree of 3 pipes": tree, "ring of 6 pipes, 2 loops": lambda: without_feeds(ring())}


def compare(_data_dir: Path) -> list[Comparison]:
    """Largest deviation of any pipe or node; of flows only in the ring, since those of a tree follow from the
    withdrawals, which both are given."""
    return [row for case, spec in NETWORKS.items() for row in compare_network(case, spec())]


def compare_network(case: str, spec: NetworkSpec) -> list[Comparison]:
    """One network after a day of constant demand."""
    network = ThermalNetwork(spec)
    state = network.initial_state(SUPPLY_DEGC, RETURN_DEGC)
    inputs = network.inputs(SUPPLY_DEGC, GROUND_DEGC)
    inputs.consumers["heat_mw"] = HEAT_MW
    network.advance(state, SETTLING_S, SUBSTEP_S, inputs)
    check = cross_check(network, inputs, network.advance(state, SUBSTEP_S, SUBSTEP_S, inputs))
    source = f"pandapipes {version('pandapipes')}, static, Colebrook"
    nodes = len(spec.nodes)
    loops = len(spec.pipes) - nodes + 1
    flow = Comparison.at_most(case, "flow in a pipe, of largest", 100.0 * check.flow_frac, MAX_PERCENT, "%", source)
    return [
        *([flow] if loops > 0 else []),
        Comparison.at_most(case, "pressure drop to a node, of largest", 100.0 * check.pressure_frac, MAX_PERCENT,
                           "%", source),
        Comparison.within(case, "nodes with compared pressure", check.pressure_nodes, nodes, 0.0, "", source),
        Comparison.at_most(case, "supply temperature of a node", check.supply_k, MAX_KELVIN, "K", source),
    ]


VALIDATION = Validation("steady networks against pandapipes", "pandapipes", compare)
