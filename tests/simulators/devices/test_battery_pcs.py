"""The battery's converter as tables: command or fault at a time, mode and power expected at a time."""

from __future__ import annotations

import math
from typing import Any

import pytest

from simulators.devices.battery_pcs import BatteryPcs, Params
from tests.simulators.devices.script import BATTERY, DIESEL, Script, plan
from twin.device import NO_FAULTS, FaultPlan
from twin.errors import ComponentError


def pcs(faults: FaultPlan = NO_FAULTS, **params: Any) -> BatteryPcs:
    """2 MW/s unless said otherwise."""
    return BatteryPcs("bess", Params.model_validate({"ramp_mw_per_min": 120} | params), BATTERY, faults)


def test_off_precharge_standby_run_and_back() -> None:
    script = Script(pcs(initially_on=False), {2: 4.0, 12: 0.0}, 20)
    # ordered at 2 s, charged at 7 s, at 4 MW two seconds later, at 0 MW again two seconds after 12 s
    assert script.modes(2, 3, 7, 8, 12, 14, 15) == ["OFF", "PRECHARGE", "PRECHARGE", "RUN", "RUN", "RUN", "STANDBY"]
    assert [script.value(t) for t in (6, 7, 8, 9, 11, 12, 13, 14)] == pytest.approx([0, 1, 3, 4, 4, 3, 1, 0])
    assert script.told == [(2, "device_starts")]


def test_an_order_taken_back_during_precharge_leaves_it_standing_by() -> None:
    script = Script(pcs(initially_on=False), {0: 4.0, 3: 0.0}, 10)
    assert script.modes(3, 5, 6, 10) == ["PRECHARGE", "PRECHARGE", "STANDBY", "STANDBY"]
    assert script.energy_mws() == 0.0


def test_the_ramp_is_exact_within_a_step_of_any_length() -> None:
    # 0 to 10 MW in 5 s and from there to -8 MW in 9 s: 25 MWs and 9 MWs less than at once
    for step_s in (1, 10, 60):
        script = Script(pcs(), {0: 10.0, 60: -8.0}, 120, step_s)
        assert script.energy_mws() == pytest.approx(10 * 60 - 25 - 8 * 60 + 81)


def test_without_a_ramp_in_the_scenario_rated_power_takes_a_second() -> None:
    script = Script(pcs(ramp_mw_per_min=None), {0: 10.0}, 2)
    assert [script.value(t) for t in (0, 1)] == pytest.approx([5.0, 10.0])


def test_commands_beyond_the_rating_are_cut_on_both_sides() -> None:
    script = Script(pcs(), {0: 99.0, 10: -99.0}, 30)
    assert (script.value(9), script.value(29)) == (10.0, -8.0)


def test_a_command_of_less_than_a_watt_means_rest() -> None:
    assert Script(pcs(), {0: 5e-7}, 3).modes(1, 3) == ["STANDBY", "STANDBY"]


def test_a_trip_is_at_once_and_latched_until_a_person_resets_it_after_its_cause_is_gone() -> None:
    device = pcs(plan(("trip", 10, 20), resets_s=(15, 25)), initially_on=True)
    script = Script(device, {0: 4.0}, 40)
    assert (script.value(9), script.value(10)) == (4.0, 0.0)
    # the reset at 15 s is refused, the one at 25 s is done; it starts by itself, for it is commanded
    assert script.modes(10, 11, 16, 24, 25, 26, 30, 31) == [
        "RUN", "FAULT", "FAULT", "FAULT", "FAULT", "PRECHARGE", "PRECHARGE", "RUN"]
    assert script.told == [(10, "tripped"), (15, "reset_refused"), (20, "fault_ends"), (25, "reset_done"),
                           (25, "device_starts")]
    assert [e.severity for e in script.events] == ["alarm", "warning", "info", "info", "info"]


def test_a_reset_at_the_second_the_cause_ends_is_done() -> None:
    script = Script(pcs(plan(("trip", 5, 10), resets_s=(10,))), {}, 12)
    assert script.modes(10, 11) == ["FAULT", "OFF"]


def test_a_reset_by_the_input_is_as_good_as_one_of_the_plan() -> None:
    script = Script(pcs(plan(("trip", 5, 10))), {}, 15, resets_s=(7, 12))
    assert [kind for _, kind in script.told] == ["tripped", "reset_refused", "fault_ends", "reset_done"]


def test_a_reset_of_what_has_not_tripped_changes_nothing() -> None:
    script = Script(pcs(plan(resets_s=(5,))), {0: 4.0}, 10)
    assert script.told == [(5, "reset_needless")]
    assert script.modes(5, 6) == ["RUN", "RUN"]


def test_a_trip_in_a_long_step_counts_from_its_second() -> None:
    [action] = Script(pcs(plan(("trip", 600, 700))), {0: 4.0}, 900, 900).actions
    # 2 s of ramp cost 4 MWs; nothing after 600 s
    assert action.values[0] == pytest.approx((4.0 * 600 - 4.0) / 900)


def test_a_double_fault_keeps_it_tripped_until_both_causes_are_gone() -> None:
    script = Script(pcs(plan(("trip", 5, 10), ("trip", 8, 20), resets_s=(12, 21))), {}, 25)
    assert [kind for _, kind in script.told] == [
        "tripped", "fault_begins", "fault_ends", "reset_refused", "fault_ends", "reset_done"]
    assert script.modes(13, 21, 22) == ["FAULT", "FAULT", "OFF"]


def test_a_fault_during_precharge_trips_it_and_the_precharge_begins_anew() -> None:
    script = Script(pcs(plan(("trip", 3, 4), resets_s=(6,)), initially_on=False), {0: 4.0}, 15)
    assert script.modes(3, 4, 6, 7, 11, 12) == ["PRECHARGE", "FAULT", "FAULT", "PRECHARGE", "PRECHARGE", "RUN"]


def test_what_is_stuck_stays_where_it_is_even_on_its_way() -> None:
    script = Script(pcs(plan(("stuck", 1, 10))), {0: 10.0, 5: 0.0}, 20)
    # 2 MW after a second of ramp
    assert [script.value(t) for t in (1, 9)] == pytest.approx([2.0, 2.0])
    assert script.modes(10, 12) == ["RUN", "STANDBY"]


def test_protection_opens_what_is_stuck() -> None:
    script = Script(pcs(plan(("stuck", 1, 10), ("trip", 4, 6))), {0: 10.0}, 12)
    assert [script.value(t) for t in (3, 4, 11)] == pytest.approx([2.0, 0.0, 0.0])
    assert script.modes(5, 12) == ["FAULT", "FAULT"]


def test_derating_cuts_at_once_and_the_way_back_is_a_ramp() -> None:
    script = Script(pcs(plan(("derate", 10, 20, 0.3))), {0: 10.0}, 30)
    assert [script.value(t) for t in (9, 10, 19)] == [10.0, 3.0, 3.0]
    assert [script.value(t) for t in (20, 21, 24)] == pytest.approx([4.0, 6.0, 10.0])


def test_of_two_deratings_the_stronger_holds() -> None:
    script = Script(pcs(plan(("derate", 10, 20, 0.3), ("derate", 15, 25, 0.5))), {0: -8.0}, 30)
    assert [script.value(t) for t in (10, 15, 19)] == pytest.approx([-2.4, -2.4, -2.4])
    assert script.value(24) == pytest.approx(-4.0)


def test_without_commands_it_holds_on_then_goes_to_zero_and_stands_by_until_they_come_back() -> None:
    script = Script(pcs(plan(("comm_loss", 10, 40)), heartbeat_timeout_s=15), {0: 4.0, 12: 8.0}, 60)
    # what was commanded at 12 s never arrived; 15 s after the last command it falls back, two seconds of ramp
    assert [script.value(t) for t in (24, 25, 26, 27)] == pytest.approx([4.0, 3.0, 1.0, 0.0])
    assert script.modes(25, 27, 28, 40, 41) == ["RUN", "RUN", "STANDBY", "STANDBY", "RUN"]
    assert script.value(59) == 8.0
    assert script.told == [(10, "fault_begins"), (25, "heartbeat_lost"), (40, "fault_ends")]


def test_a_short_loss_of_communication_is_not_felt() -> None:
    script = Script(pcs(plan(("comm_loss", 10, 20)), heartbeat_timeout_s=15), {0: 4.0, 12: 8.0}, 30)
    assert [script.value(t) for t in (9, 19)] == [4.0, 4.0]
    assert "heartbeat_lost" not in [kind for _, kind in script.told]


def test_a_loss_within_a_long_step_counts_from_its_second() -> None:
    # 10 s after it began, that is at 110 s, 4 MW go to 0 in 2 s; at 200 s they come back in 2 s: 4 MWs on either way
    [action] = Script(pcs(plan(("comm_loss", 100, 200)), heartbeat_timeout_s=10), {0: 4.0}, 900, 900).actions
    assert action.values[0] == pytest.approx((4.0 * (900 - 90) - 4.0 + 4.0 - 4.0) / 900)


def test_slowness_stretches_ramps_and_what_is_left_of_a_start() -> None:
    ramping = Script(pcs(plan(("slow", 0, 60, 4.0))), {0: 4.0}, 20)
    assert ramping.value(3) == pytest.approx(1.75)  # 0.5 MW/s
    # two of five seconds are over; the other three take twelve
    starting = Script(pcs(plan(("slow", 2, 60, 4.0)), initially_on=False), {0: 4.0}, 20)
    assert starting.modes(14, 15) == ["PRECHARGE", "RUN"]
    # slowness that ends gives back what is left
    freed = Script(pcs(plan(("slow", 0, 8, 4.0)), initially_on=False), {0: 4.0}, 20)
    assert freed.modes(11, 12) == ["PRECHARGE", "RUN"]  # 8 of 20 s are over; the other 12 take 3


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_command_that_is_no_number_is_no_heartbeat_and_the_last_good_one_holds_for_the_time_out(bad: float) -> None:
    script = Script(pcs(heartbeat_timeout_s=10), {0: 4.0, 5: bad, 12: 2.0, 15: bad, 40: 2.0}, 50)
    # seven seconds of it are not felt; those from 15 s on are: from 25 s to 26 s 2 MW go to 0, with a mean of 1 MW
    assert [script.value(t) for t in (4, 11, 14, 24)] == [4.0, 4.0, 2.0, 2.0]
    assert [script.value(t) for t in (25, 26, 39, 49)] == pytest.approx([1.0, 0.0, 0.0, 2.0])
    assert script.modes(25, 30, 41) == ["RUN", "STANDBY", "RUN"]
    assert script.told == [(5, "invalid_setpoint"), (15, "invalid_setpoint"), (25, "heartbeat_lost")]
    assert script.events[0].message.endswith(
        "was refused; the last good one, 4 MW, holds for 10 s, then it goes to 0 MW and stands by")


def test_a_quarter_of_an_hour_of_nonsense_empties_no_battery() -> None:
    script = Script(pcs(heartbeat_timeout_s=10), {0: 4.0, 900: math.nan}, 1800, 900)
    # 4 MW for the 10 s of the time-out and 2 s of ramp to 0
    assert script.value(900) == pytest.approx((4.0 * 10 + 4.0) / 900)


def test_silence_and_nonsense_add_up_to_one_time_without_a_valid_command() -> None:
    script = Script(pcs(plan(("comm_loss", 5, 12)), heartbeat_timeout_s=10), {0: 4.0, 12: math.nan}, 20)
    assert script.told == [(5, "fault_begins"), (12, "fault_ends"), (12, "invalid_setpoint"), (15, "heartbeat_lost")]


def test_events_name_asset_value_and_remedy() -> None:
    script = Script(pcs(plan(("trip", 5, 605), ("derate", 5, 9, 0.4))), {}, 10)
    tripped, derated, over = (event.message for event in script.events)
    assert tripped == ("bess: protection has opened, the output is 0 MW; the cause lasts 600 s, then a person has to "
                       "reset it")
    assert derated == "bess: derated for 4 s: 40% of the rated power can be used"
    assert over == "bess: no longer derated"


def test_it_drives_stores_only() -> None:
    with pytest.raises(ComponentError, match="diesel_1 is no electricity store"):
        BatteryPcs("diesel_1", Params(), DIESEL)
