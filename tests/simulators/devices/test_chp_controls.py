"""The CHP unit's controls as tables: warm-up, minimum times of the nameplate, hot standby, ramp."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from simulators.devices.chp_controls import ChpControls, Params
from tests.simulators.devices.script import CHP, Script, plan
from twin.device import NO_FAULTS, FaultPlan

MIN, H = 60, 3600


def controls(faults: FaultPlan = NO_FAULTS, **params: Any) -> ChpControls:
    return ChpControls("chp_1", Params.model_validate(params), CHP, faults)


def modes(script: Script, *minutes: int) -> list[str]:
    return script.modes(*(m * MIN for m in minutes))


def test_warm_up_takes_ten_minutes_and_the_load_comes_along_the_ramp() -> None:
    script = Script(controls(), {0: 4.0}, 20 * MIN, 30)
    assert modes(script, 9, 10) == ["STARTING", "STARTING"]
    assert script.mode(10 * MIN + 30) == "RUN"
    # from 1.2 MW at 0.8 MW/min: 4 MW after 3.5 min
    assert script.value(10 * MIN) == pytest.approx(1.4)
    assert [script.value(t) for t in (13 * MIN, 13 * MIN + 30)] == pytest.approx([3.8, 4.0])


def test_minimum_time_in_operation_counts_from_the_first_power_at_the_lowest_load() -> None:
    script = Script(controls(), {0: 4.0, 20 * MIN: 0.0}, 3 * H, MIN)
    assert modes(script, 130, 131) == ["RUN", "HOT_STANDBY"]
    assert script.value(129 * MIN) == 1.2


def test_it_unloads_along_its_ramp_before_it_stops() -> None:
    script = Script(controls(), {0: 4.0, 3 * H: 0.0}, 3 * H + 10 * MIN, 30)
    # 2.8 MW at 0.8 MW/min are 3.5 min
    assert script.value(3 * H) == pytest.approx(3.8)
    assert script.modes(3 * H + 210, 3 * H + 240) == ["RUN", "HOT_STANDBY"]
    assert (3 * H + 210, "device_stops") in script.told


def test_a_start_asked_within_the_minimum_time_at_standstill_waits_and_is_a_warm_one() -> None:
    script = Script(controls(), {0: 4.0, 3 * H: 0.0, 4 * H: 4.0}, 6 * H, 30)
    stopped = 3 * H + 210
    assert script.modes(stopped + 2 * H, stopped + 2 * H + 30) == ["HOT_STANDBY", "STARTING"]
    # two minutes, for it was kept warm
    assert script.modes(stopped + 2 * H + 120, stopped + 2 * H + 150) == ["STARTING", "RUN"]
    assert next(e.message for e in script.events if e.t_s == stopped + 2 * H) == (
        "chp_1: starts warm, delivers in 120 s")


def test_after_hot_standby_a_start_is_cold_again() -> None:
    script = Script(controls(hot_standby_s=3 * H), {0: 4.0, 3 * H: 0.0, 7 * H: 4.0}, 8 * H, MIN)
    assert modes(script, 363, 364) == ["HOT_STANDBY", "OFF"]  # stopped at 183.5 min
    assert modes(script, 430, 431) == ["STARTING", "RUN"]


def test_without_commands_it_completes_its_minimum_time_and_stops() -> None:
    lost = plan(("comm_loss", 30 * MIN, 5 * H))
    script = Script(controls(lost, heartbeat_timeout_s=60), {0: 4.0}, 3 * H, MIN)
    assert script.value(30 * MIN) == pytest.approx(4.0)
    assert script.value(60 * MIN) == 1.2  # on the way to its stop at the lowest load
    assert modes(script, 130, 131) == ["RUN", "HOT_STANDBY"]
    starting = Script(controls(plan(("comm_loss", 60, H)), heartbeat_timeout_s=60), {0: 4.0}, 10 * MIN, MIN)
    assert modes(starting, 2, 3) == ["STARTING", "OFF"]


def test_a_trip_does_not_wait_and_standstill_counts_from_it() -> None:
    script = Script(controls(plan(("trip", 20 * MIN, 21 * MIN), resets_s=(30 * MIN,))), {0: 4.0}, 3 * H, MIN)
    assert script.value(20 * MIN) == 0.0
    assert modes(script, 30, 31) == ["FAULT", "HOT_STANDBY"]
    assert modes(script, 140, 141) == ["HOT_STANDBY", "STARTING"]


def test_stuck_it_keeps_its_load() -> None:
    script = Script(controls(plan(("stuck", 11 * MIN, 2 * H))), {0: 4.0, H: 2.0}, 3 * H, MIN)
    assert script.value(90 * MIN) == pytest.approx(2.0)  # a minute of ramp from 1.2 MW, and there it stuck
    assert script.value(150 * MIN) == pytest.approx(2.0)


def test_a_unit_in_operation_before_the_scenario_goes_on() -> None:
    plate = replace(CHP, initial_mw=2.0, initial_in_state_h=1.5)
    script = Script(ChpControls("chp_1", Params(), plate), {0: 3.0, 10 * MIN: 0.0}, H, MIN)
    assert script.value(0) == pytest.approx(2.4)
    # half an hour is left of its minimum time in operation
    assert modes(script, 30, 31) == ["RUN", "HOT_STANDBY"]


def test_steps_of_a_minute_and_of_a_quarter_of_an_hour_give_the_same_energy() -> None:
    def energy_mws(step_s: int) -> float:
        script = Script(controls(plan(("derate", 5000, 7000, 0.5))), {0: 4.0, 3 * H: 2.0, 4 * H: 0.0}, 6 * H, step_s)
        return sum(a.values[0] * a.values[1] for a in script.actions) * step_s

    assert energy_mws(1) == pytest.approx(energy_mws(60), rel=1e-9)
    assert energy_mws(1) == pytest.approx(energy_mws(900), rel=1e-9)
