"""Laws every network must keep: first law, travel time, mixing, direction of heat; expectations by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.networks.heat.network import ThermalNetwork
from simulators.networks.heat.results import StepResult
from simulators.networks.heat.spec import Consumer, Extraction, Feed, Service, Source
from tests.simulators.networks.heat.builders import (
    WATER,
    assert_balanced,
    pipe,
    ring,
    settled,
    spec,
    started,
    street,
    tree,
    water_kg,
)

CP_MW = WATER.heat_capacity_j_kg_k * 1e-6
"""MW per kg/s and K."""


def test_a_consumer_gets_its_heat_at_the_flow_that_reaches_the_return_set_point() -> None:
    network = ThermalNetwork(street())
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = 0.6
    result = network.advance(state, 600.0, 60.0, inputs)
    assert result.consumers["flow_kg_s"][0] == pytest.approx(0.6 / (CP_MW * 30.0))
    assert result.consumers["return_degc"][0] == pytest.approx(50.0)
    assert result.consumers["delivered_mw"][0] == 0.6
    assert result.consumers["unserved_mw"][0] == 0.0
    assert result.solved


@pytest.mark.parametrize("substep_s", [10.0, 60.0])
def test_a_step_of_the_supply_travels_with_the_water_through_several_pipes(substep_s: float) -> None:
    lengths = [300.0, 200.0, 100.0]
    network = ThermalNetwork(spec(
        [pipe("1", "plant", "a", lengths[0]), pipe("2", "a", "b", lengths[1]), pipe("3", "b", "house", lengths[2])],
        [Consumer("house", "house", delta_k=20.0)]))
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = 4.0 * CP_MW * 20.0
    network.advance(state, 600.0, substep_s, inputs)
    inputs.sources["supply_degc"] = 90.0
    seen_s = 0.0
    while network.advance(state, substep_s, substep_s, inputs).consumers["supply_degc"][0] < 85.0:
        seen_s += substep_s
    travel_s = water_kg(sum(lengths)) / 4.0
    assert abs(seen_s - travel_s) <= substep_s


def test_water_of_two_pipes_mixes_in_proportion_to_the_flows() -> None:
    """Consumers with different returns meet at a."""
    network = ThermalNetwork(spec(
        [pipe("0", "plant", "a"), pipe("1", "a", "b"), pipe("2", "a", "c")],
        [Consumer("b", "b", delta_k=20.0), Consumer("c", "c", delta_k=40.0)]))
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = [3.0 * CP_MW * 20.0, 1.0 * CP_MW * 40.0]
    result = settled(network, state, inputs, 2.0)
    number = {n.name: i for i, n in enumerate(network.spec.nodes)}
    assert result.nodes["return_degc"][number["a"]] == pytest.approx((3 * 60.0 + 1 * 40.0) / 4)


def test_bypass_and_exchanger_mix_in_the_return() -> None:
    network = ThermalNetwork(spec([pipe("0", "plant", "a")], [Consumer("a", "a", delta_k=30.0, bypass_kg_s=0.5)]))
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = 1.5 * CP_MW * 30.0
    result = settled(network, state, inputs, 2.0)
    assert result.sources["flow_kg_s"][0] == pytest.approx(2.0)
    assert result.sources["return_degc"][0] == pytest.approx((1.5 * 50.0 + 0.5 * 80.0) / 2.0)


def test_steady_loss_by_hand() -> None:
    network = ThermalNetwork(street(1000.0, u_w_mk=0.4))
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = 0.3
    result = settled(network, state, inputs, 24.0)
    flow = result.sources["flow_kg_s"][0]
    decay = np.exp(-0.4 * 1000.0 / (flow * CP_MW * 1e6))
    house = 10.0 + 70.0 * decay
    back = 10.0 + (50.0 - 10.0) * decay
    assert result.nodes["supply_degc"][1] == pytest.approx(house, abs=2e-3)
    assert result.sources["return_degc"][0] == pytest.approx(back, abs=2e-3)
    assert result.loss_supply_mw == pytest.approx(flow * CP_MW * (80.0 - house), rel=2e-3)
    assert result.loss_return_mw == pytest.approx(flow * CP_MW * (50.0 - back), rel=2e-3)


def test_a_feed_can_reverse_the_flow_in_a_pipe() -> None:
    """plant - a - b: a tank at b feeds more than b needs, so water runs from b to a; it is the tank's water."""
    network = ThermalNetwork(spec(
        [pipe("plant-a", "plant", "a"), pipe("a-b", "a", "b")],
        [Consumer("a", "a", delta_k=30.0), Consumer("b", "b", delta_k=30.0)], feeds=(Feed("tank", "b"),)))
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = [2.0 * CP_MW * 30.0, 1.0 * CP_MW * 30.0]
    before = settled(network, state, inputs, 1.0)
    assert before.pipes["flow_kg_s"].tolist() == pytest.approx([3.0, 1.0])
    inputs.feeds["flow_kg_s"], inputs.feeds["degc"] = 2.5, 70.0
    first = network.advance(state, 60.0, 60.0, inputs)
    assert_balanced(first, 60.0)
    after = settled(network, state, inputs, 2.0)
    assert after.pipes["flow_kg_s"].tolist() == pytest.approx([0.5, -1.5])
    assert after.nodes["supply_degc"].tolist() == pytest.approx([80.0, (0.5 * 80.0 + 1.5 * 70.0) / 2.0, 70.0])
    assert after.feeds["drawn_degc"][0] == pytest.approx((1.0 * 40.0 + 1.5 * 42.5) / 2.5)
    assert_balanced(after, 60.0)


def test_charging_takes_supply_water_and_returns_it_at_the_given_temperature() -> None:
    network = ThermalNetwork(spec([pipe("0", "plant", "a")], [Consumer("a", "a", delta_k=30.0)],
                                  feeds=(Feed("tank", "a"),)))
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = 1.0 * CP_MW * 30.0
    inputs.feeds["flow_kg_s"], inputs.feeds["degc"] = -2.0, 45.0
    result = settled(network, state, inputs, 2.0)
    assert result.sources["flow_kg_s"][0] == pytest.approx(3.0)
    assert result.feeds["drawn_degc"][0] == pytest.approx(80.0)
    assert result.feeds["heat_mw"][0] == pytest.approx(-2.0 * CP_MW * 35.0)
    assert result.sources["return_degc"][0] == pytest.approx((50.0 + 2 * 45.0) / 3)


def test_a_feed_gives_no_more_than_is_taken() -> None:
    network = ThermalNetwork(spec([pipe("0", "plant", "a")], [Consumer("a", "a", delta_k=30.0)],
                                  feeds=(Feed("tank", "a"),)))
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = 1.0 * CP_MW * 30.0
    inputs.feeds["flow_kg_s"] = 5.0
    result = network.advance(state, 600.0, 60.0, inputs)
    assert result.feeds["flow_kg_s"][0] == pytest.approx(1.0)
    assert result.sources["flow_kg_s"][0] == pytest.approx(0.0, abs=1e-12)
    assert_balanced(result, 600.0)


def test_an_evaporator_cools_the_return_but_not_the_water_a_tank_draws_before_it() -> None:
    network = ThermalNetwork(spec(
        [pipe("0", "plant", "tank"), pipe("1", "tank", "house")], [Consumer("house", "house", delta_k=30.0)],
        feeds=(Feed("tank", "tank"),), extractions=(Extraction("heat_pump", "tank", min_degc=20.0),)))
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = 3.0 * CP_MW * 30.0
    inputs.feeds["flow_kg_s"] = 1.0
    inputs.extractions["heat_mw"] = 2.0 * CP_MW * 10.0
    result = settled(network, state, inputs, 2.0)
    assert result.feeds["drawn_degc"][0] == pytest.approx(50.0)
    assert result.extractions["inlet_degc"][0] == pytest.approx(50.0)
    assert result.extractions["flow_kg_s"][0] == pytest.approx(2.0)
    assert result.sources["return_degc"][0] == pytest.approx(40.0)
    inputs.extractions["heat_mw"] = 2.0 * CP_MW * 500.0
    limited = settled(network, state, inputs, 2.0)
    assert limited.sources["return_degc"][0] == pytest.approx(20.0)
    assert limited.extractions["heat_mw"][0] == pytest.approx(2.0 * CP_MW * 30.0)
    assert_balanced(limited, 60.0)


def test_two_producers_share_the_flow_and_warm_their_sides_of_a_ring() -> None:
    network = ThermalNetwork(spec(
        [pipe("1", "plant", "a"), pipe("2", "a", "b"), pipe("3", "b", "boiler"), pipe("4", "boiler", "plant")],
        [Consumer("a", "a", delta_k=30.0), Consumer("b", "b", delta_k=30.0)],
        [Source("plant", "plant"), Source("boiler", "boiler")]))
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = 2.0 * CP_MW * 30.0
    inputs.sources["share_frac"] = [0.0, 0.5]
    inputs.sources["supply_degc"] = [85.0, 75.0]
    result = settled(network, state, inputs, 3.0)
    assert result.sources["flow_kg_s"].tolist() == pytest.approx([2.0, 2.0])
    assert result.pipes["flow_kg_s"].tolist() == pytest.approx([2.0, 0.0, -2.0, 0.0], abs=1e-9)
    assert result.consumers["supply_degc"].tolist() == pytest.approx([85.0, 75.0])
    assert_balanced(result, 60.0)


def test_what_one_pump_cannot_do_the_other_takes_over() -> None:
    network = ThermalNetwork(spec(
        [pipe("1", "plant", "a"), pipe("2", "a", "boiler")], [Consumer("a", "a", delta_k=30.0)],
        [Source("plant", "plant", max_kg_s=1.2), Source("boiler", "boiler")]))
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = 2.0 * CP_MW * 30.0
    result = network.advance(state, 60.0, 60.0, inputs)
    assert result.sources["flow_kg_s"].tolist() == pytest.approx([1.2, 0.8])


def test_chilled_water_warms_at_the_consumers_and_gains_heat_from_the_ground() -> None:
    """7/12 °C: the same engine with hot and cold exchanged; demands are negative."""
    chilled = replace(street(500.0, u_w_mk=0.3), service=Service.COOLING,
                      consumers=(Consumer("house", "house", return_degc=12.0),))
    network = ThermalNetwork(chilled)
    state, inputs = started(network, 7.0, 12.0, 18.0)
    inputs.consumers["heat_mw"] = -0.2
    result = settled(network, state, inputs, 24.0)
    assert result.solved
    assert result.consumers["delivered_mw"][0] == -0.2
    assert result.consumers["return_degc"][0] == pytest.approx(12.0)
    assert result.loss_supply_mw < 0.0
    assert result.sources["heat_mw"][0] < -0.2
    assert 7.0 < result.nodes["supply_degc"][1] < 7.5
    assert_balanced(result, 60.0)


def test_heating_and_cooling_are_mirror_images() -> None:
    """Temperatures mirrored at the ground temperature give the same flows and opposite heat."""
    heating = ThermalNetwork(tree())
    consumers = tuple(replace(c, return_degc=100.0 - c.return_degc) for c in tree().consumers)
    cooling = ThermalNetwork(replace(tree(), service=Service.COOLING, consumers=consumers))
    hot_state, hot_inputs = started(heating, 80.0, 60.0, 50.0)
    cold_state, cold_inputs = started(cooling, 20.0, 40.0, 50.0)
    hot_inputs.consumers["heat_mw"] = [0.05, 0.1, 0.02]
    cold_inputs.consumers["heat_mw"] = [-0.05, -0.1, -0.02]
    for _ in range(20):
        hot = heating.advance(hot_state, 900.0, 60.0, hot_inputs)
        cold = cooling.advance(cold_state, 900.0, 60.0, cold_inputs)
    assert cold.pipes["flow_kg_s"] == pytest.approx(hot.pipes["flow_kg_s"], rel=1e-9)
    assert 100.0 - cold.nodes["supply_degc"] == pytest.approx(hot.nodes["supply_degc"], rel=1e-9)
    assert cold.sources["heat_mw"][0] == pytest.approx(-hot.sources["heat_mw"][0], rel=1e-9)


def test_pump_power_is_flow_times_lift_over_density_and_efficiency() -> None:
    network = ThermalNetwork(replace(street(800.0), sources=(Source("plant", "plant", pump_efficiency=0.6),)))
    state, inputs = started(network)
    inputs.consumers["heat_mw"] = 0.6
    result = network.advance(state, 60.0, 60.0, inputs)
    flow, lift_pa = result.sources["flow_kg_s"][0], result.sources["lift_bar"][0] * 1e5
    drop_pa = result.pipes["gradient_pa_m"][0] * 800.0
    assert lift_pa == pytest.approx(2 * drop_pa + 0.7e5)
    assert result.worst_differential_bar == pytest.approx(0.7)
    assert result.sources["pump_mw"][0] * 1e6 == pytest.approx(flow * lift_pa / (1000.0 * 0.6))
    assert result.pipes["velocity_m_s"][0] == pytest.approx(flow / 1000.0 / (np.pi / 4 * 0.01))


def test_height_changes_the_pressure_but_not_the_differential() -> None:
    flat = street(800.0)
    hill = replace(flat, nodes=(flat.nodes[0], replace(flat.nodes[1], elevation_m=20.0)))
    results = []
    for one in (flat, hill):
        network = ThermalNetwork(one)
        state, inputs = started(network)
        inputs.consumers["heat_mw"] = 0.6
        results.append(network.advance(state, 60.0, 60.0, inputs))
    assert results[1].nodes["differential_bar"] == pytest.approx(results[0].nodes["differential_bar"])
    assert results[0].nodes["return_bar"][1] - results[1].nodes["return_bar"][1] == pytest.approx(20.0 * 9806.65 / 1e5)


def test_the_first_law_holds_over_a_week_of_changing_demand() -> None:
    network = ThermalNetwork(ring())
    state, inputs = started(network)
    rng = np.random.default_rng(7)
    stored_mwh = None
    for k in range(7 * 24):
        inputs.consumers["heat_mw"] = 0.3 * rng.random(3)
        inputs.sources["supply_degc"] = 80.0 + 10.0 * np.sin(k / 5)
        inputs.ground_degc = 8.0 + 4.0 * np.cos(k / 24)
        result = network.advance(state, 3600.0, 60.0, inputs)
        assert_balanced(result, 3600.0)
        if stored_mwh is not None:
            assert result.stored_mwh == pytest.approx(stored_mwh + result.stored_change_mwh, rel=1e-12)
        stored_mwh = result.stored_mwh


demands = st.one_of(st.just(0.0), st.floats(0.0, 1e-6), st.floats(0.0, 0.5))
flows = st.one_of(st.just(0.0), st.floats(-4.0, 4.0))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.tuples(demands, demands, demands), st.floats(40.0, 95.0), flows, st.floats(20.0, 95.0),
                       st.floats(-0.1, 0.2), st.lists(st.booleans(), min_size=5, max_size=5)),
             min_size=1, max_size=12),
    st.sampled_from([(60.0, 60.0), (900.0, 60.0), (3600.0, 900.0)]))
def test_whatever_happens_heat_is_conserved_and_temperatures_stay_between_those_present(
    history: list[tuple], steps: tuple[float, float]
) -> None:
    """A ring with a tank and a heat pump: any demands, supplies, feeds, extractions and shut valves."""
    network = ThermalNetwork(replace(ring(), feeds=(Feed("tank", "c"),),
                                     extractions=(Extraction("hp", "a", min_degc=5.0, max_degc=95.0),)))
    state, inputs = started(network)
    dt_s, substep_s = steps
    for demand, supply, feed, feed_degc, extraction, pipes_open in history:
        inputs.consumers["heat_mw"] = demand
        inputs.sources["supply_degc"] = supply
        inputs.feeds["flow_kg_s"], inputs.feeds["degc"] = feed, feed_degc
        inputs.extractions["heat_mw"] = extraction
        inputs.pipe_open[:] = pipes_open
        result = network.advance(state, dt_s, substep_s, inputs)
        assert_balanced(result, dt_s)
        _assert_physical(result)
        wanted = np.array(demand)
        assert np.all(result.consumers["delivered_mw"] <= wanted * (1 + 1e-9))
        assert result.consumers["delivered_mw"] + result.consumers["unserved_mw"] == pytest.approx(wanted, abs=1e-15)


def _assert_physical(result: StepResult) -> None:
    for name in ("supply_degc", "return_degc", "supply_end_degc", "return_end_degc"):
        assert np.all((result.nodes[name] >= 5.0 - 1e-9) & (result.nodes[name] <= 95.0 + 1e-9))
