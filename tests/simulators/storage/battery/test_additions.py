"""Additions and replacements of an LFP battery: charge, wear of what stays, price of what goes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from simulators.storage.battery.ageing import Ageing, augmented, rebased
from tests.component_specs import SUMMER_DAY
from tests.simulators.storage.battery.test_lfp_ageing import (
    BAND,
    FIRST_QUARTER_HOUR,
    PRICE_PER_MWH,
    battery,
    days,
    play,
)
from twin.errors import ComponentError


def due(days_later: float) -> str:
    return (SUMMER_DAY + timedelta(days=days_later)).isoformat()


def test_added_cells_come_empty_and_the_charge_stays() -> None:
    component = battery(initial_soc=0.6, ageing={"additions": [{"at": due(1), "energy_mwh": 10}]})
    play(component, [0.0] * 96)
    before = component.snapshot()
    y = play(component, [0.0], 96)[0]

    # 25 % more capacity: 0.6 of 1 is 0.48 of 1.25
    capacity = before.soh_capacity_frac
    assert y.soc == pytest.approx(0.6 * capacity / (capacity + 0.25), rel=1e-9)
    assert y.soh_capacity_frac == pytest.approx(capacity + 0.25, abs=FIRST_QUARTER_HOUR)
    # the same charge at a lower mean voltage: 24 MWh less by a few per mille
    assert 0.0 < y.fade_loss_mw * 0.25 < 0.01 * 24.0
    assert [e.kind for e in component.pending_events if e.kind == "battery_extended"] == ["battery_extended"]
    assert "10 MWh of new cells" in next(e.message for e in component.pending_events if e.kind == "battery_extended")


def test_wear_of_what_stays_is_untouched_bit_for_bit() -> None:
    component = battery(ageing={"additions": [{"at": due(2), "energy_mwh": 10}]})
    play(component, days(2).tolist())
    worn = component.state.health.ageing.losses[0].copy()
    component._extend(2 * 86_400)
    health = component.state.health

    assert health.ageing.losses[0].tobytes() == worn.tobytes()
    assert not health.ageing.losses[1].any()
    assert health.ageing.shares.tolist() == [1.0, 0.25]


@pytest.mark.parametrize("step_s", [1, 60, 900])
def test_an_addition_is_no_discharge_whatever_the_step(step_s: int) -> None:
    """The state of charge falls from 0.8 to 0.64 as its reference grows; no cell has moved any charge by that.

    An hour later new cells have lost what those of a battery lose that was at 0.64 from the beginning.
    """
    hour = [0.0] * (3600 // step_s)
    priced = {"laws": BAND, "replacement_cost_per_mwh": PRICE_PER_MWH}
    component = battery(step_s, initial_soc=0.8, ageing=priced | {"additions": [{"at": due(0), "energy_mwh": 10}]})
    after = play(component, hour)
    usual = play(battery(step_s, initial_soc=0.64, ageing=priced), hour)

    assert after[-1].soc == pytest.approx(0.64)
    assert after[-1].full_cycles_count == 0.0
    assert not component.state.health.ageing.usage["span_moved"].any()
    assert 1.25 - after[-1].law_soh_capacity_frac == pytest.approx(1.25 * (1.0 - usual[-1].law_soh_capacity_frac))
    assert sum(y.law_ageing_cost for y in after) == pytest.approx(1.25 * sum(y.law_ageing_cost for y in usual))
    assert not [e for e in component.pending_events if e.kind == "ageing_extrapolated"]


def test_a_cycle_across_an_addition_keeps_its_depth() -> None:
    """From 0.9 down to 0.5, rebased to 0.4, and back up by 0.4: one cycle of depth 0.4, none deeper."""
    ageing = Ageing(["naumann_lfp"])
    state = ageing.fresh(0.9)
    ageing.advance(state, 0.5, 25.0, 3600.0)
    lost = ageing.losses(state)
    state = rebased(augmented(state, 0.25), 0.4)

    assert ageing.losses(state)[0] == pytest.approx(lost[0], rel=1e-12)
    ageing.advance(state, 0.8, 25.0, 3600.0)
    ageing.advance(state, 0.1, 25.0, 3600.0)
    assert state.usage["fec"][0] == pytest.approx(0.5 * (0.4 + 0.4 + 0.7))
    assert state.turning[0, :1, 0] == pytest.approx([0.8])


def test_replacement_of_the_oldest_leaves_the_younger_and_the_count_goes_on() -> None:
    component = battery(ageing={"additions": [
        {"at": due(3), "energy_mwh": 20}, {"at": due(5), "energy_mwh": 40, "replaces": "oldest"}]})
    before = play(component, days(5).tolist())[-1]
    young = component.state.health.ageing.losses[1].copy()
    component._extend(5 * 86_400)

    assert component.state.health.ageing.shares.tolist() == [0.5, 1.0]
    assert component.state.health.ageing.losses[0].tobytes() == young.tobytes()
    after = play(component, [0.0], 5 * 96)[0]
    assert after.full_cycles_count == pytest.approx(before.full_cycles_count, abs=1e-12)
    assert after.cycle_depth_count == pytest.approx(before.cycle_depth_count)


@pytest.mark.parametrize("energy_mwh", [10, 40, 60])
def test_replaced_cells_hand_their_charge_over_as_far_as_there_is_room(energy_mwh: float) -> None:
    """Half charged, then replaced by 1/4, 1 and 3/2 of it: 0.5 (the rest is lost), 0.5 and 1/3."""
    component = battery(initial_soc=0.5, ageing={
        "additions": [{"at": due(1), "energy_mwh": energy_mwh, "replaces": "all"}]})
    before = play(component, [0.0] * 96)[-1]
    after = play(component, [0.0], 96)[0]

    assert after.soc == pytest.approx(min(0.5, 0.5 * before.soh_capacity_frac * 40.0 / energy_mwh))
    fallen_mwh = before.energy_mwh - after.energy_mwh
    assert fallen_mwh == pytest.approx((after.p_mw + after.loss_mw) * 0.25, abs=1e-9 * 40.0)


@pytest.mark.parametrize(("replaces", "gone"), [("all", 1.0), ("oldest", 1.0), ("nothing", 0.0)])
def test_cells_that_go_early_are_written_off(replaces: str, gone: float) -> None:
    """At 90 % of the capacity, half of the final loss: a quarter of the price is used up, three quarters fall due."""
    price = PRICE_PER_MWH * 40.0
    component = battery(initial_soc=0.5, initial_capacity_frac=0.9, ageing={
        "laws": BAND, "replacement_cost_per_mwh": PRICE_PER_MWH,
        "additions": [{"at": due(0), "energy_mwh": 40, "replaces": replaces}]})
    first, second = play(component, [0.0] * 2)

    assert first.wear_cost == pytest.approx(0.75 * gone * price, abs=1e-3 * price)
    assert first.law_ageing_cost == pytest.approx([0.75 * gone * price] * 3, abs=1e-3 * price)
    assert second.wear_cost < 1e-3 * price


def test_replacement_of_all_by_less_takes_its_charge_away() -> None:
    component = battery(initial_soc=0.5, ageing={"additions": [{"at": due(1), "energy_mwh": 10, "replaces": "all"}]})
    before = play(component, [0.0] * 96)[-1]
    after = play(component, [0.0], 96)[0]

    assert (after.soc, after.soh_capacity_frac) == (pytest.approx(0.5), pytest.approx(0.25, abs=FIRST_QUARTER_HOUR))
    assert after.fade_loss_mw * 0.25 == pytest.approx(before.energy_mwh - after.energy_mwh)


def test_an_addition_before_the_start_is_refused_with_the_remedy() -> None:
    with pytest.raises(ComponentError, match=r"before the start.*initial_capacity_frac"):
        battery(ageing={"additions": [{"at": due(-1), "energy_mwh": 10}]})


def test_an_addition_after_the_end_is_told_once() -> None:
    component = battery(ageing={"additions": [
        {"at": due(1e9 / 86_400.0), "energy_mwh": 10}, {"at": due(1), "energy_mwh": 5}]})
    play(component, [0.0] * 2)

    [event] = component.pending_events
    assert event.kind == "addition_after_the_end" and "10 MWh" in event.message


def test_a_date_within_a_step_counts_from_the_next_step_on() -> None:
    component = battery(ageing={"additions": [{"at": due(1 / 96 + 1e-3), "energy_mwh": 10}]})
    capacities = [y.soh_capacity_frac for y in play(component, [0.0] * 3)]

    assert capacities[:2] == pytest.approx([1.0] * 2, abs=2 * FIRST_QUARTER_HOUR)
    assert capacities[2] == pytest.approx(1.25, abs=2 * FIRST_QUARTER_HOUR)


def test_additions_count_in_the_order_of_their_dates() -> None:
    component = battery(ageing={"additions": [{"at": due(2), "energy_mwh": 8}, {"at": due(1), "energy_mwh": 4}]})
    play(component, [0.0] * 97)

    assert component.state.health.ageing.shares.tolist() == [1.0, 0.1]
