"""Bad input and faults: converged physics, or the state "not solvable" with place and time; never a silent nonsense."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simulators.networks.heat.network import ThermalNetwork
from simulators.networks.heat.results import NetworkInputs, NetworkState
from simulators.networks.heat.spec import Consumer, Extraction, NetworkSpec, Node, Service, Source
from simulators.networks.heat.status import NetworkStatus
from simulators.networks.heat.substations import ConsumerState
from tests.simulators.networks.heat.builders import (
    WATER,
    assert_balanced,
    pipe,
    settled,
    spec,
    started,
    street,
    tree,
    with_priority,
)
from twin.errors import ComponentError

CP_MW = WATER.heat_capacity_j_kg_k * 1e-6


def warm_tree(spec_: NetworkSpec | None = None) -> tuple[ThermalNetwork, NetworkState, NetworkInputs]:
    """The tree after a day of ordinary operation."""
    network = ThermalNetwork(spec_ or tree())
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = [0.1, 0.2, 0.05]
    settled(network, state, inputs)
    return network, state, inputs


def test_one_watt_is_delivered() -> None:
    network, state, inputs = warm_tree()
    inputs.consumers["heat_mw"] = 1e-6
    result = network.advance(state, 900.0, 60.0, inputs)
    assert result.solved
    assert result.consumers["delivered_mw"].tolist() == [1e-6] * 3
    assert_balanced(result, 900.0)


def test_without_demand_only_bypass_and_least_flow_circulate() -> None:
    network, state, inputs = warm_tree()
    inputs.consumers["heat_mw"] = 0.0
    result = network.advance(state, 900.0, 60.0, inputs)
    assert result.solved
    assert result.sources["flow_kg_s"][0] == pytest.approx(0.01 + 0.05)
    assert result.consumers["delivered_mw"].tolist() == [0.0] * 3


def test_standing_water_cools_slowly_and_never_below_the_ground() -> None:
    network = ThermalNetwork(street(500.0, u_w_mk=0.4))
    state, inputs = started(network)
    first = network.advance(state, 3600.0, 60.0, inputs)
    assert first.solved
    assert 78.0 < first.nodes["supply_degc"][1] < 80.0
    later = network.advance(state, 3600.0 * 24 * 60, 3600.0, inputs)
    assert later.nodes["supply_end_degc"].tolist() == pytest.approx([10.0] * 2, abs=0.01)
    assert_balanced(later, 3600.0 * 24 * 60)


def test_a_supply_below_the_return_set_point_is_not_solvable_at_the_consumer_it_hits_first() -> None:
    network, state, inputs = warm_tree()
    inputs.sources["supply_degc"] = 48.0
    seen = [network.advance(state, 3600.0, 60.0, inputs) for _ in range(6)]
    troubled = [r for r in seen if not r.solved]
    assert seen[0].place in ("", "a")
    assert troubled[0].status is NetworkStatus.SUPPLY_BEYOND_RETURN
    assert troubled[0].place == "a"
    assert 0.0 <= troubled[0].trouble_s < 3600.0
    assert "supply beyond return at a" in troubled[0].message
    last = seen[-1]
    assert last.consumers["unserved_mw"][0] > 0.0
    assert last.consumers["state_code"][0] == ConsumerState.TEMPERATURE
    assert_balanced(last, 3600.0)


def test_a_shut_valve_leaves_its_consumer_without_heat_and_the_others_alone() -> None:
    network, state, inputs = warm_tree()
    inputs.consumers["open_frac"][1] = 0.0
    result = network.advance(state, 900.0, 60.0, inputs)
    assert result.status is NetworkStatus.NO_FLOW
    assert result.place == "b"
    assert result.consumers["unserved_mw"].tolist() == [0.0, 0.2, 0.0]
    assert result.consumers["state_code"].tolist() == [0, ConsumerState.NO_FLOW, 0]


def test_a_failed_pump_stops_all_and_is_said() -> None:
    network, state, inputs = warm_tree()
    inputs.sources["max_kg_s"] = 0.0
    result = network.advance(state, 900.0, 60.0, inputs)
    assert result.status is NetworkStatus.NO_FLOW
    assert result.sources["flow_kg_s"][0] == 0.0
    assert result.consumers["unserved_mw"].tolist() == [0.1, 0.2, 0.05]
    assert_balanced(result, 900.0)


def test_a_weak_pump_serves_the_highest_priority_first() -> None:
    """The hospital is c: it gets all it wants, a what is left, b nothing."""
    network, state, inputs = warm_tree(with_priority(tree(), a=1, c=2))
    full = network.advance(state, 60.0, 60.0, inputs).consumers["flow_kg_s"].copy()
    inputs.sources["max_kg_s"] = full[2] + 0.5 * full[0]
    result = network.advance(state, 60.0, 60.0, inputs)
    assert result.consumers["unserved_mw"][2] == 0.0
    assert result.consumers["flow_kg_s"] == pytest.approx([0.5 * full[0], 0.0, full[2]], rel=1e-3)
    assert result.consumers["state_code"][0] == ConsumerState.FLOW_LIMIT


def test_a_producer_without_heat_lets_the_network_run_down() -> None:
    network, state, inputs = warm_tree()
    inputs.sources["limit_mw"] = 0.0
    heat = 0.0
    for _ in range(12):
        result = network.advance(state, 3600.0, 60.0, inputs)
        heat += abs(result.sources["heat_mw"][0])
        assert_balanced(result, 3600.0)
    assert heat < 0.03 * 12 * 0.35
    assert not result.solved
    assert result.nodes["supply_degc"].max() < 60.0


def test_the_supply_temperature_follows_from_the_heat_the_plant_has() -> None:
    network, state, inputs = warm_tree()
    inputs.sources["limit_mw"] = 0.2
    result = settled(network, state, inputs, 6.0)
    assert result.sources["heat_mw"][0] == pytest.approx(0.2, rel=2e-3)
    assert result.sources["supply_degc"][0] < 80.0


def test_a_source_does_not_cool() -> None:
    network = ThermalNetwork(spec([pipe("0", "plant", "a")], [Consumer("a", "a", delta_k=1.0, bypass_kg_s=1.0)]))
    state, inputs = started(network, 80.0, 80.0)
    inputs.sources["supply_degc"] = 60.0
    result = network.advance(state, 60.0, 60.0, inputs)
    assert result.sources["supply_degc"][0] == pytest.approx(80.0)
    assert abs(result.sources["heat_mw"][0]) < 1e-12


def test_the_supply_set_point_moves_no_faster_than_its_gradient() -> None:
    network = ThermalNetwork(replace(street(), sources=(Source("plant", "plant", max_gradient_k_h=12.0),)))
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = 0.3
    inputs.sources["supply_degc"] = 60.0
    network.advance(state, 1800.0, 60.0, inputs)
    assert state.source_degc[0] == pytest.approx(80.0 - 6.0)
    network.advance(state, 7200.0, 60.0, inputs)
    assert state.source_degc[0] == 60.0


def test_a_supply_step_of_20_k_stays_between_old_and_new() -> None:
    network, state, inputs = warm_tree()
    inputs.sources["supply_degc"] = 100.0
    lowest = np.inf
    for _ in range(60):
        result = network.advance(state, 60.0, 60.0, inputs)
        assert result.nodes["supply_degc"].max() <= 100.0 + 1e-9
        lowest = min(lowest, result.nodes["supply_degc"].min())
        assert np.all(result.consumers["unserved_mw"] == 0.0)
    assert lowest > 70.0


def test_a_node_without_connection_is_named_when_it_wants_heat() -> None:
    lonely = replace(street(), nodes=(*street().nodes, Node("island")),
                     consumers=(*street().consumers, Consumer("hut", "island", return_degc=50.0)))
    network = ThermalNetwork(lonely)
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = [0.1, 0.0]
    assert network.advance(state, 60.0, 60.0, inputs).solved
    inputs.consumers["heat_mw"] = [0.1, 0.05]
    result = network.advance(state, 60.0, 60.0, inputs)
    assert (result.status, result.place) == (NetworkStatus.NO_FLOW, "hut")
    assert np.isnan(result.nodes["supply_bar"][2])


def test_a_shut_pipe_cuts_off_what_lies_behind_it_until_it_is_opened() -> None:
    network, state, inputs = warm_tree()
    inputs.pipe_open[1] = False
    cut = network.advance(state, 900.0, 60.0, inputs)
    assert (cut.status, cut.place) == (NetworkStatus.NO_FLOW, "b")
    assert cut.pipes["flow_kg_s"][1] == 0.0
    assert_balanced(cut, 900.0)
    inputs.pipe_open[1] = True
    assert network.advance(state, 900.0, 60.0, inputs).solved


def test_a_freezing_ground_is_reported_when_standing_water_freezes() -> None:
    network = ThermalNetwork(street(100.0, u_w_mk=2.0))
    state, inputs = started(network, ground_degc=-10.0)
    result = network.advance(state, 3600.0 * 72, 600.0, inputs)
    assert result.status is NetworkStatus.FREEZING_PIPE
    assert result.place == "main"


def test_chilled_water_below_zero_is_reported() -> None:
    chilled = replace(street(), service=Service.COOLING, consumers=(Consumer("house", "house", return_degc=12.0),))
    network = ThermalNetwork(chilled)
    state, inputs = started(network, 7.0, 12.0)
    inputs.consumers["heat_mw"] = -0.1
    inputs.sources["supply_degc"] = -3.0
    result = network.advance(state, 3600.0, 60.0, inputs)
    assert result.status is NetworkStatus.FREEZING_PIPE
    glycol = ThermalNetwork(replace(chilled, fluid=replace(WATER, freezing_degc=-15.0)))
    state, inputs = started(glycol, 7.0, 12.0)
    inputs.consumers["heat_mw"] = -0.1
    inputs.sources["supply_degc"] = -3.0
    assert glycol.advance(state, 3600.0, 60.0, inputs).solved


def test_water_hotter_than_its_boiling_point_is_reported() -> None:
    network = ThermalNetwork(replace(street(), sources=(Source("plant", "plant", return_bar=1.0),)))
    state, inputs = started(network, 125.0)
    inputs.consumers["heat_mw"] = 0.5
    result = network.advance(state, 60.0, 60.0, inputs)
    assert result.status is NetworkStatus.BOILING
    assert result.place == "plant"


def test_a_pressure_below_zero_is_reported_at_the_highest_node() -> None:
    hill = replace(street(), nodes=(street().nodes[0], Node("house", elevation_m=60.0)))
    network = ThermalNetwork(hill)
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = 0.1
    result = network.advance(state, 60.0, 60.0, inputs)
    assert (result.status, result.place) == (NetworkStatus.NEGATIVE_PRESSURE, "house")


def test_a_lift_that_does_not_reach_the_consumer_is_reported() -> None:
    weak = Source("plant", "plant", return_bar=20.0, lift_bar=0.5)
    network = ThermalNetwork(replace(street(3000.0), sources=(weak,)))
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = 1.5
    result = network.advance(state, 60.0, 60.0, inputs)
    assert (result.status, result.place) == (NetworkStatus.NO_DIFFERENTIAL_PRESSURE, "house")
    assert result.worst_differential_bar < 0.0


def test_a_demand_of_the_wrong_sign_is_not_served() -> None:
    network, state, inputs = warm_tree()
    inputs.consumers["heat_mw"] = [-0.1, 0.2, 0.05]
    result = network.advance(state, 60.0, 60.0, inputs)
    assert result.consumers["delivered_mw"][0] == 0.0
    assert result.consumers["unserved_mw"][0] == -0.1


@pytest.mark.parametrize(("supply_degc", "factor"), [(90.0, 1.0), (80.0, 1.0), (70.0, 1.5), (65.0, 2.0), (60.0, 2.0)])
def test_a_valve_with_a_reserve_carries_the_design_heat_with_colder_water(supply_degc: float, factor: float) -> None:
    """Largest flow 2 kg/s at 80/50 °C: 0.24 MW. At 70 °C the same heat takes 30/20 of it; twice the flow is all there
    is, and hotter water leaves the limit where it is."""
    house = Consumer("house", "house", return_degc=50.0, max_kg_s=2.0, design_supply_degc=80.0, reserve_factor=2.0)
    network = ThermalNetwork(replace(street(), consumers=(house,)))
    state, inputs = started(network, supply_degc, 50.0)
    inputs.sources["supply_degc"], inputs.consumers["heat_mw"] = supply_degc, 1.0
    result = network.advance(state, 60.0, 60.0, inputs)
    assert result.consumers["flow_kg_s"][0] == pytest.approx(2.0 * factor)


def test_a_valve_that_sticks_half_open_lets_half_of_its_largest_flow_through() -> None:
    network, state, inputs = warm_tree()
    inputs.consumers["heat_mw"][2] = 1.0
    inputs.consumers["open_frac"][2] = 0.5
    result = network.advance(state, 60.0, 60.0, inputs)
    assert result.consumers["flow_kg_s"][2] == pytest.approx(0.5 * 2.0)
    assert result.consumers["state_code"][2] == ConsumerState.FLOW_LIMIT


@pytest.mark.parametrize(
    ("group", "field", "value"),
    [("consumers", "heat_mw", np.nan), ("sources", "supply_degc", np.inf), ("sources", "limit_mw", -1.0),
     ("sources", "max_kg_s", np.nan)])
def test_what_is_not_a_number_is_refused_and_changes_nothing(group: str, field: str, value: float) -> None:
    network, state, inputs = warm_tree()
    before = state.parcels.copy(), state.lines.copy()
    getattr(inputs, group)[field][0] = value
    with pytest.raises(ComponentError, match=f"{group} {field} of number 0"):
        network.advance(state, 60.0, 60.0, inputs)
    assert np.array_equal(before[0], state.parcels)
    assert np.array_equal(before[1], state.lines)


def test_a_ground_temperature_that_is_not_a_number_is_refused() -> None:
    network, state, inputs = warm_tree()
    inputs.ground_degc = float("nan")
    with pytest.raises(ComponentError, match="ground temperature"):
        network.advance(state, 60.0, 60.0, inputs)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda s: replace(s, pipes=(replace(s.pipes[0], from_node="plnt"), *s.pipes[1:])), "did you mean 'plant'"),
        (lambda s: replace(s, pipes=(replace(s.pipes[0], length_m=0.0), *s.pipes[1:])), "length_m is 0.0"),
        (lambda s: replace(s, pipes=(replace(s.pipes[0], u_w_mk=-1.0), *s.pipes[1:])), "u_w_mk is -1.0"),
        (lambda s: replace(s, pipes=(*s.pipes, s.pipes[0])), "two pipes are named 'plant-a'"),
        (lambda s: replace(s, pipes=(replace(s.pipes[0], to_node="plant"), *s.pipes[1:])), "begins and ends"),
        (lambda s: replace(s, consumers=(replace(s.consumers[0], delta_k=5.0),)), "either return_degc or delta_k"),
        (lambda s: replace(s, consumers=(replace(s.consumers[0], min_kg_s=3.0, max_kg_s=1.0),)), "flow limits"),
        (lambda s: replace(s, consumers=(replace(s.consumers[0], bypass_kg_s=-1.0),)), "must not be negative"),
        (lambda s: replace(s, consumers=(replace(s.consumers[0], return_degc=None, delta_k=0.0),)), "delta_k is 0.0"),
        (lambda s: replace(s, sources=()), "at least one source"),
        (lambda s: replace(s, sources=(Source("p", "plant", pump_efficiency=0.0),)), "pump_efficiency is 0.0"),
        (lambda s: replace(s, sources=(Source("p", "plant", max_kg_s=-1.0),)), "must not be negative"),
        (lambda s: replace(s, parcels=2), "at least 8"),
        (lambda s: replace(s, extractions=(Extraction("x", "a"), Extraction("y", "a"))), "two extractions"),
    ])
def test_mistakes_in_a_specification_are_named(wrong: object, words: str) -> None:
    with pytest.raises(ComponentError, match=words):
        ThermalNetwork(wrong(tree()))  # type: ignore[operator]
