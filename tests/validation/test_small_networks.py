"""Small networks beside pandapipes and beside laws; each comparison is also shown to find what is wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulators.networks.heat.network import ThermalNetwork
from simulators.networks.heat.results import StepResult
from simulators.networks.heat.spec import NetworkSpec
from simulators.validation import network_laws, steady_network
from simulators.validation.small_networks import ring, without_feeds
from twin.validation import Comparison


def outside(rows: list[Comparison]) -> list[str]:
    return [row.quantity for row in rows if not row.passed]


def test_tree_and_ring_agree_with_pandapipes(tmp_path) -> None:
    rows = steady_network.compare(tmp_path)
    assert len(rows) == 7
    assert outside(rows) == []


def test_pandapipes_finds_spoiled_flows_pressures_and_temperatures(monkeypatch: pytest.MonkeyPatch) -> None:
    advance = ThermalNetwork.advance

    def spoiled(self: ThermalNetwork, *args, **kwargs) -> StepResult:
        result = advance(self, *args, **kwargs)
        result.pipes["flow_kg_s"][1] *= 1.05
        result.nodes["supply_bar"][-1] -= 0.02
        result.nodes["supply_end_degc"] += 0.002
        return result

    monkeypatch.setattr(ThermalNetwork, "advance", spoiled)
    assert outside(steady_network.compare_network("ring", without_feeds(ring()))) == [
        "flow in a pipe, of largest", "pressure drop to a node, of largest", "supply temperature of a node"]


def test_all_laws_hold(tmp_path) -> None:
    rows = network_laws.compare(tmp_path)
    assert len(rows) == 10
    assert outside(rows) == []


def test_the_tank_of_the_day_turns_the_water_of_the_ring() -> None:
    """Otherwise the day would prove nothing about reversals."""
    network = ThermalNetwork(ring())
    state, inputs = network.initial_state(80.0, 50.0), network.inputs(80.0, 10.0)
    inputs.consumers["heat_mw"] = 0.1
    signs = set()
    for flow in (5.0, -5.0):
        inputs.feeds["flow_kg_s"] = flow
        signs.add(bool(network.advance(state, 60.0, 60.0, inputs).pipes["flow_kg_s"][1] > 0.0))
    assert signs == {True, False}


def test_lost_heat_and_lost_water_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    advance = ThermalNetwork.advance

    def spoiled(self: ThermalNetwork, *args, **kwargs) -> StepResult:
        result = advance(self, *args, **kwargs)
        result.consumers["delivered_mw"] *= 1.0 - 1e-7
        result.consumers["flow_kg_s"] *= 1.0 - 1e-7
        return result

    monkeypatch.setattr(ThermalNetwork, "advance", spoiled)
    assert len(outside(network_laws.conservation())) == 4


def test_a_wider_pipe_arrives_late_and_a_thinner_insulation_cools_more(monkeypatch: pytest.MonkeyPatch) -> None:
    street = network_laws._street

    def changed(u_w_mk: float) -> NetworkSpec:
        spec = street(u_w_mk)
        return replace(spec, pipes=tuple(replace(p, inner_diameter_m=0.11, u_w_mk=1.01 * u_w_mk) for p in spec.pipes))

    monkeypatch.setattr(network_laws, "_street", changed)
    assert len(outside(network_laws.travel_time())) == 3
    assert outside(network_laws.steady_cooling()) == ["supply at the end", "return at the plant", "loss of the supply"]
