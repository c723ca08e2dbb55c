"""The CHP unit at its ports: energy, starts and their cost, odd set-points."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from simulators.conversion.chp import Chp, Inputs, Outputs, Params
from twin.component import Limit
from twin.context import Context, Location

PARK: dict[str, Any] = {"rated_mw": 4, "rated_heat_mw": 3.5}


def chp(**changes: Any) -> Chp:
    start = datetime(2025, 7, 15, tzinfo=timezone(timedelta(hours=8)))
    location = Location(31.2, 121.5, 4.0, "Asia/Shanghai", "CN")
    return Chp("chp_1", Params.model_validate(PARK | changes), Context(start, 86_400, 900, 1, location))


def run(component: Chp, setpoints_mw: list[float], dt_s: int = 900) -> list[Outputs]:
    return [component.step(k * dt_s, dt_s, Inputs(p)) for k, p in enumerate(setpoints_mw)]


def test_rated_power_takes_gas_by_efficiency_and_gives_nameplate_heat() -> None:
    (y,) = run(chp(), [4.0])

    assert y.gas_mw == pytest.approx(-4 / 0.45)
    assert y.heat_mw == pytest.approx(3.5)  # 40 % would be 3.556
    assert y.loss_mw == pytest.approx(4 / 0.45 - 7.5)


@given(st.floats(1.2, 4.0))
def test_power_heat_gas_and_loss_add_up_to_nothing(p_mw: float) -> None:
    (y,) = run(chp(), [p_mw])

    assert y.gas_mw + y.p_mw + y.heat_mw + y.loss_mw == pytest.approx(0.0, abs=1e-12)
    assert min(y.p_mw, y.heat_mw, y.loss_mw, -y.gas_mw) > 0.0


def test_unit_at_standstill_takes_nothing() -> None:
    (y,) = run(chp(), [0.0])

    assert (y.p_mw, y.heat_mw, y.gas_mw, y.loss_mw) == (0.0, 0.0, 0.0, 0.0)


def test_unit_stays_up_and_down_for_its_minimum_times() -> None:
    # 2 h are eight steps: on at step 0, off asked at once; on asked again as soon as it is off
    outputs = run(chp(), [4.0] + [0.0] * 8 + [4.0] * 9)

    assert [y.p_mw for y in outputs] == [4.0] + [1.2] * 7 + [0.0] * 8 + [4.0, 4.0]
    assert [y.limited_by_code for y in outputs[1:9]] == [Limit.MINIMUM_UP_TIME] * 7 + [Limit.NONE]
    assert [y.limited_by_code for y in outputs[9:17]] == [Limit.MINIMUM_DOWN_TIME] * 7 + [Limit.NONE]


def test_start_books_its_cost_and_wear_once() -> None:
    # 500 for fuel, and ten operating hours at 80 per MWh and 4 MW
    outputs = run(chp(start_cost=500, start_wear_h=10, running_cost_per_mwh=80), [0.0, 4.0, 4.0])

    assert [y.start_cost for y in outputs] == [0.0, 500 + 10 * 80 * 4, 0.0]
    assert [y.start_count for y in outputs] == [0, 1, 1]


def test_unit_that_runs_at_the_start_of_the_scenario_is_not_started_again() -> None:
    component = chp(initial_p_mw=2.0, initial_in_state_h=1.5, start_cost=500)

    outputs = run(component, [2.0, 0.0, 0.0])

    assert [y.start_count for y in outputs] == [0, 0, 0]
    assert [y.p_mw for y in outputs] == [2.0, 1.2, 0.0]  # two hours up are full after the second quarter


def test_ramp_of_minutes_is_seen_in_steps_of_a_minute() -> None:
    outputs = run(chp(ramp_mw_per_min=0.5, initial_p_mw=1.2), [4.0] * 7, dt_s=60)

    assert [y.p_mw for y in outputs] == pytest.approx([1.7, 2.2, 2.7, 3.2, 3.7, 4.0, 4.0])


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_setpoint_that_is_no_number_stops_the_unit_within_its_limits(bad: float) -> None:
    component = chp()

    outputs = run(component, [4.0, bad, bad])

    assert [y.p_mw for y in outputs] == [4.0, 1.2, 1.2]  # the minimum up time still holds
    assert [e.kind for e in component.pending_events] == ["invalid_setpoint"]


def test_nameplate_states_what_can_be_had() -> None:
    plate = chp(start_cost=500, start_wear_h=10, running_cost_per_mwh=80).nameplate()

    assert (plate.rated_mw, plate.min_mw, plate.fuel) == (4, 1.2, "gas")
    assert (plate.electrical_efficiency, plate.thermal_efficiency) == (0.45, pytest.approx(3.5 / (4 / 0.45)))
    assert (plate.min_up_h, plate.min_down_h, plate.emergency_only) == (2, 2, False)
    assert (plate.start_cost, plate.running_cost_per_mwh) == (3700, 80)
    # 0.202 kg/kWh on the lower heating value, 2.0 kg per m³ of 9.97 kWh
    assert plate.fuel_emission_t_per_mwh * 9.97 == pytest.approx(2.01, abs=0.01)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"electrical_efficiency": 0.5, "thermal_efficiency": 0.55, "rated_heat_mw": 5}, "add up to 1.05"),
        ({"initial_p_mw": 0.5}, "0 or lie between 1.2 and 4 MW"),
        ({"min_load": 0.0}, "greater than 0"),
        ({"min_load": 30}, "less than or equal to 1"),
    ],
)
def test_figures_that_make_no_sense_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Params.model_validate(PARK | change)

    assert words in str(caught.value)


def test_behind_a_device_the_unit_does_what_it_is_told_and_counts_the_part_of_the_step_it_runs() -> None:
    component = chp(start_cost=500)
    told = [(0.0, 0.0), (1.2, 0.5), (4.0, 1.0), (4.0, 0.25), (0.0, 0.0)]
    outputs = [component.step(900 * k, 900, Inputs(p_mw, running)) for k, (p_mw, running) in enumerate(told)]

    # no ramp and no minimum up time of its own on top: a trip in the middle of a step is obeyed
    assert [y.p_mw for y in outputs] == [0.0, 0.6, 4.0, 1.0, 0.0]
    # 4 MW at 45 % for a quarter of the step
    assert outputs[3].gas_mw == pytest.approx(-4.0 / 0.45 / 4)
    assert outputs[3].heat_mw == pytest.approx(3.5 / 4)
    assert [y.limited_by_code for y in outputs[1:4]] == [Limit.DEVICE, Limit.NONE, Limit.DEVICE]
    assert [y.start_count for y in outputs] == [0, 1, 1, 1, 1]
