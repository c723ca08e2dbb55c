"""Kirchhoff's laws on trees and rings: what flows in flows out, pressure drops around a loop cancel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.networks.heat.build import constants, open_topology
from simulators.networks.heat.friction import pressure_drop_pa
from simulators.networks.heat.hydraulics import path_drops, solve_flows
from simulators.networks.heat.order import order_nodes
from simulators.networks.heat.records import Floats
from simulators.networks.heat.spec import Consumer, NetworkSpec, Pipe
from simulators.networks.heat.topology import Topology
from tests.simulators.networks.heat.builders import pipe, spec


def network_of(pipes: list[Pipe]) -> NetworkSpec:
    return spec(pipes, [Consumer("house", pipes[-1].to_node, return_degc=50.0)])


def flows_of(network: NetworkSpec, withdrawal: dict[str, float], guess: float = 0.0) -> tuple[Floats, Topology]:
    topology = open_topology(network, np.ones(len(network.pipes), np.bool_))
    numbers = {node.name: i for i, node in enumerate(network.nodes)}
    taken = np.zeros(len(network.nodes))
    for node, kg_s in withdrawal.items():
        taken[numbers[node]] = kg_s
    flow = np.full(len(network.pipes), guess)
    solved = solve_flows(topology.nodes, constants(network).pipes, topology.tree_order, topology.loops,
                         topology.loop_pipes, taken, flow)
    assert solved
    return flow, topology


def node_balance(network: NetworkSpec, flow: Floats) -> dict[str, float]:
    balance = dict.fromkeys((node.name for node in network.nodes), 0.0)
    for one, kg_s in zip(network.pipes, flow, strict=True):
        balance[one.from_node] -= kg_s
        balance[one.to_node] += kg_s
    return balance


def test_on_a_tree_a_pipe_carries_what_lies_behind_it() -> None:
    network = network_of([pipe("1", "plant", "a"), pipe("2", "b", "a"), pipe("3", "a", "c")])
    flow, _ = flows_of(network, {"a": 1.0, "b": 2.0, "c": 4.0})
    assert flow.tolist() == [7.0, -2.0, 4.0]


def test_two_parallel_pipes_share_the_flow_so_that_their_pressure_drops_are_equal() -> None:
    network = network_of([pipe("wide", "plant", "a", inner_diameter_m=0.15), pipe("thin", "plant", "a")])
    flow, _ = flows_of(network, {"a": 20.0})
    records = constants(network).pipes
    assert flow.sum() == pytest.approx(20.0, rel=1e-14)
    assert pressure_drop_pa(records[0], flow[0]) == pytest.approx(pressure_drop_pa(records[1], flow[1]), rel=1e-9)


def test_a_symmetric_ring_is_fed_from_both_sides_alike() -> None:
    sides = [("plant", "l"), ("l", "far"), ("plant", "r"), ("r", "far")]
    network = network_of([pipe(f"{a}-{b}", a, b) for a, b in sides])
    flow, _ = flows_of(network, {"l": 1.0, "far": 2.0, "r": 1.0})
    assert flow == pytest.approx([2.0, 1.0, 2.0, 1.0], rel=1e-9)


def test_without_demand_nothing_circulates_whatever_the_first_guess() -> None:
    network = network_of([pipe("1", "plant", "a"), pipe("2", "a", "b"), pipe("3", "b", "plant")])
    flow, topology = flows_of(network, {}, guess=5.0)
    order_nodes(topology.nodes, constants(network).pipes, topology.node_pipes, flow, np.empty(3, np.int64))
    assert np.abs(flow).max() < 1e-9


def test_a_circle_of_round_off_is_stopped_and_balances_are_kept() -> None:
    network = network_of([pipe("0", "plant", "a"), pipe("1", "a", "b"), pipe("2", "b", "c"), pipe("3", "c", "a")])
    topology = open_topology(network, np.ones(4, np.bool_))
    flow = np.array([1.0, 3e-9, 1e-9, 2e-9])
    before = node_balance(network, flow)
    order = np.empty(4, np.int64)
    order_nodes(topology.nodes, constants(network).pipes, topology.node_pipes, flow, order)
    assert node_balance(network, flow) == pytest.approx(before, abs=1e-15)
    assert 0.0 in flow.tolist()
    place = {int(node): i for i, node in enumerate(order)}
    names = [node.name for node in network.nodes]
    for one, kg_s in zip(network.pipes, flow, strict=True):
        start, end = place[names.index(one.from_node)], place[names.index(one.to_node)]
        assert kg_s == 0.0 or (start < end) == (kg_s > 0.0)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_kirchhoff_holds_on_any_mesh(data: st.DataObject) -> None:
    """Random connected networks of 3 to 8 nodes with up to 4 loops, withdrawals of both signs."""
    n = data.draw(st.integers(3, 8))
    names = ["plant", *(f"n{i}" for i in range(1, n))]
    ends = [(data.draw(st.sampled_from(names[:i])), names[i]) for i in range(1, n)]
    for _ in range(data.draw(st.integers(0, 4))):
        a, b = data.draw(st.sampled_from(names)), data.draw(st.sampled_from(names))
        if a != b:
            ends.append((a, b))
    lengths = st.floats(1.0, 2000.0)
    widths = st.sampled_from([0.02, 0.05, 0.1, 0.3])
    network = network_of([pipe(str(i), a, b, data.draw(lengths), inner_diameter_m=data.draw(widths))
                          for i, (a, b) in enumerate(ends)])
    wishes = st.one_of(st.just(0.0), st.floats(-5.0, 5.0), st.floats(-1e-6, 1e-6))
    withdrawal = {name: data.draw(wishes) for name in names[1:]}
    flow, topology = flows_of(network, withdrawal)
    balance = node_balance(network, flow)
    scale = max(1e-9, np.abs(flow).max())
    for name in names[1:]:
        assert abs(balance[name] - withdrawal[name]) <= 1e-12 * scale

    records = constants(network).pipes
    drops = np.array([pressure_drop_pa(records[i], flow[i]) for i in range(flow.size)])
    node_drop = np.zeros(n)
    path_drops(topology.nodes, records, topology.tree_order, flow, node_drop)
    ends_drop = node_drop[records["to_node"]] - node_drop[records["from_node"]]
    assert np.abs(ends_drop - drops).max() <= 1e-5 * np.abs(drops).max() + 1e-8

    order = np.empty(n, np.int64)
    order_nodes(topology.nodes, records, topology.node_pipes, flow, order)
    place = np.argsort(order)
    along = np.sign(place[records["to_node"]] - place[records["from_node"]])
    assert np.all((flow == 0.0) | (np.sign(flow) == along))
