"""The diesel generator: up after 30 s whatever the step, fuel by its data sheet."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from simulators.generation.diesel_generator import DieselGenerator, Inputs, Outputs, Params, fuel_mw
from twin.component import Limit
from twin.context import Context, Location

DATA_SHEET = [(701.0, 161.0), (526.0, 121.0), (351.0, 85.0), (175.0, 46.0)]
"""Cummins QSK23-G3, prime power at 1500 rpm: shaft power [kW], fuel [l/h]."""


def diesel(**changes: Any) -> DieselGenerator:
    start = datetime(2025, 7, 15, tzinfo=timezone(timedelta(hours=8)))
    location = Location(31.2, 121.5, 4.0, "Asia/Shanghai", "CN")
    params = Params.model_validate({"rated_mw": 2} | changes)
    return DieselGenerator("diesel_1", params, Context(start, 86_400, 60, 1, location))


def run(component: DieselGenerator, setpoints_mw: list[float], dt_s: int) -> list[Outputs]:
    return [component.step(k * dt_s, dt_s, Inputs(p)) for k, p in enumerate(setpoints_mw)]


@pytest.mark.parametrize(("dt_s", "steps"), [(10, 90), (15, 60), (30, 30), (60, 15), (900, 1)])
def test_start_costs_thirty_seconds_of_energy_whatever_the_step(dt_s: int, steps: int) -> None:
    outputs = run(diesel(), [2.0] * steps, dt_s)

    # 15 min less 30 s at 2 MW and 2 / 0.42 MW of fuel
    assert sum(y.p_mw for y in outputs) * dt_s / 3600 == pytest.approx(2.0 * 870 / 3600)
    assert sum(y.diesel_mw for y in outputs) * dt_s / 3600 == pytest.approx(-2.0 / 0.42 * 870 / 3600)
    assert outputs[0].limited_by_code == Limit.STARTING


def test_short_steps_see_no_power_before_the_start_is_over() -> None:
    outputs = run(diesel(), [2.0] * 5, 10)

    assert [y.p_mw for y in outputs] == [0.0, 0.0, 0.0, 2.0, 2.0]
    assert [y.limited_by_code for y in outputs] == [Limit.STARTING] * 3 + [Limit.NONE] * 2


def test_order_taken_back_during_the_start_stops_it() -> None:
    component = diesel(start_cost=100)

    outputs = run(component, [2.0, 2.0, 0.0, 2.0, 2.0, 2.0, 2.0], 10)

    assert [y.p_mw for y in outputs] == [0.0] * 6 + [2.0]  # the second start takes its 30 s again
    assert [y.start_cost for y in outputs] == [100, 0, 0, 100, 0, 0, 0]
    assert outputs[-1].start_count == 2


def test_minimum_load_holds_a_running_unit_and_starts_no_other() -> None:
    outputs = run(diesel(start_s=0), [0.3, 2.0, 0.3, 0.0], 60)

    assert [y.p_mw for y in outputs] == [0.0, 2.0, 0.6, 0.0]
    assert [y.limited_by_code for y in outputs] == [Limit.MINIMUM_LOAD, Limit.NONE, Limit.MINIMUM_LOAD, Limit.NONE]


def test_request_beyond_rating_is_cut() -> None:
    outputs = run(diesel(start_s=0), [5.0, -5.0], 60)

    assert [(y.p_mw, y.p_requested_mw, y.limited_by_code) for y in outputs] == [
        (2.0, 5.0, Limit.POWER),
        (0.0, -5.0, Limit.POWER),
    ]


@pytest.mark.parametrize(("power_kw", "fuel_l_h"), DATA_SHEET)
def test_fuel_follows_the_data_sheet(power_kw: float, fuel_l_h: float) -> None:
    rated_kw, rated_l_h = DATA_SHEET[0]

    relative = fuel_mw(power_kw, rated_kw, 0.42) / fuel_mw(rated_kw, rated_kw, 0.42)

    assert relative * rated_l_h == pytest.approx(fuel_l_h, rel=0.015)


def test_power_fuel_and_loss_add_up_to_nothing() -> None:
    for y in run(diesel(), [0.7, 1.3, 2.0], 60):
        assert y.diesel_mw + y.p_mw + y.loss_mw == pytest.approx(0.0, abs=1e-12)
        assert y.loss_mw > 0.0


def test_setpoint_that_is_no_number_stops_the_unit() -> None:
    component = diesel(start_s=0)

    outputs = run(component, [2.0, math.nan, math.nan, 2.0], 60)

    assert [y.p_mw for y in outputs] == [2.0, 0.0, 0.0, 2.0]
    assert [e.kind for e in component.pending_events] == ["invalid_setpoint"]


def test_nameplate_says_it_is_for_emergencies() -> None:
    plate = diesel().nameplate()

    assert (plate.rated_mw, plate.min_mw, plate.fuel, plate.emergency_only) == (2, 0.6, "diesel", True)
    assert (plate.electrical_efficiency, plate.thermal_efficiency) == (0.42, 0.0)


def test_behind_a_device_power_and_fuel_count_for_the_part_of_the_step_it_lets_the_unit_run() -> None:
    component = diesel(start_cost=100)
    outputs = [component.step(60 * k, 60, Inputs(2.0, running)) for k, running in enumerate([0.0, 0.5, 1.0, 0.25, 0.0])]

    # no start of its own on top of the device's: half a minute of the first step in which it runs
    assert [y.p_mw for y in outputs] == [0.0, 1.0, 2.0, 0.5, 0.0]
    assert [y.diesel_mw for y in outputs] == pytest.approx([0.0, -1.0 / 0.42, -2.0 / 0.42, -0.5 / 0.42, 0.0])
    assert [y.limited_by_code for y in outputs[1:4]] == [Limit.DEVICE, Limit.NONE, Limit.DEVICE]
    assert [y.start_cost for y in outputs] == [0, 100, 0, 0, 0]


def test_a_unit_that_stopped_within_a_step_starts_anew() -> None:
    component = diesel()
    outputs = [component.step(60 * k, 60, Inputs(2.0, running)) for k, running in enumerate([1.0, 0.25, 0.75, 1.0])]

    assert [y.start_count for y in outputs] == [1, 1, 2, 2]
