"""The battery at its ports: delivered and requested, money, events, nameplate."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from simulators.storage.battery import Battery
from simulators.storage.battery.battery import Params
from simulators.storage.storage_unit import Inputs, Outputs
from twin.component import Limit
from twin.context import Context, Location

PARK: dict[str, Any] = {"power_mw": 10, "energy_mwh": 40, "self_discharge_per_h": 0.0}


def battery(**changes: Any) -> Battery:
    start = datetime(2025, 7, 15, tzinfo=timezone(timedelta(hours=8)))
    location = Location(31.2, 121.5, 4.0, "Asia/Shanghai", "CN")
    return Battery("bess", Params.model_validate(PARK | changes), Context(start, 86_400, 900, 1, location))


def command(component: Battery, p_set_mw: float, t_s: int = 0) -> Outputs:
    return component.step(t_s, 900, Inputs(p_set_mw))


def test_delivered_and_requested_are_two_things() -> None:
    y = command(battery(), 12.0)

    assert (y.p_mw, y.p_requested_mw, y.limited_by_code) == (10.0, 12.0, Limit.POWER)


def test_ten_megawatts_move_forty_megawatt_hours_in_the_time_they_should() -> None:
    # 0.25 h at 10 MW is 2.5 MWh at the terminals: state of charge 0.5 + 2.5 * 0.92 / 40 and 0.5 - 2.5 / 0.92 / 40
    assert command(battery(), -10.0).soc == pytest.approx(0.5575)
    assert command(battery(), 10.0).soc == pytest.approx(0.5 - 2.5 / 0.92 / 40)


def test_charging_may_have_a_rating_of_its_own() -> None:
    component = battery(charge_power_mw=4)

    assert (command(component, -10.0).p_mw, command(component, 10.0).p_mw) == (-4.0, 10.0)


def test_wear_is_booked_on_discharge_only() -> None:
    component = battery(wear_cost_per_mwh=200)

    assert command(component, 10.0).wear_cost == pytest.approx(2.5 * 200)
    assert command(component, -10.0).wear_cost == 0.0


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_setpoint_that_is_no_number_is_refused_and_told_once_per_streak(bad: float) -> None:
    component = battery()

    outputs = [command(component, p, k * 900) for k, p in enumerate([bad, bad, 1.0, bad])]

    assert [y.p_mw for y in outputs] == [0.0, 0.0, 1.0, 0.0]
    assert [(e.t_s, e.kind) for e in component.pending_events] == [(0, "invalid_setpoint"), (2700, "invalid_setpoint")]


def test_start_below_the_band_is_told_once_and_only_charging_is_possible() -> None:
    component = battery(initial_soc=0.02, min_soc=0.1)

    assert command(component, 5.0).p_mw == 0.0
    assert command(component, -10.0).p_mw == -10.0
    assert command(component, -10.0).p_mw == -10.0
    assert command(component, 1.0).p_mw == 1.0
    events = [e.kind for e in component.pending_events]
    assert events == ["soc_outside_band"]
    assert "only charging" in component.pending_events[0].message


def test_start_above_the_band_can_only_discharge() -> None:
    component = battery(initial_soc=1.0)

    assert command(component, -5.0).p_mw == 0.0
    assert command(component, 5.0).p_mw == 5.0
    assert "only discharging" in component.pending_events[0].message


def test_converter_delivers_reactive_power_in_both_directions() -> None:
    component = battery(power_factor=0.8)

    assert [command(component, p).q_mvar for p in (8.0, -8.0)] == pytest.approx([6.0, 6.0])


def test_nameplate_states_the_facts() -> None:
    plate = battery(min_soc=0.1, max_soc=0.9, wear_cost_per_mwh=200).nameplate()

    assert (plate.charge_power_mw, plate.discharge_power_mw, plate.energy_mwh) == (10, 10, 40)
    assert (plate.charge_efficiency, plate.discharge_efficiency) == (0.92, 0.92)
    assert (plate.min_soc, plate.max_soc) == pytest.approx((0.1, 0.9))
    assert plate.wear_cost_per_mwh == 200


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"min_soc": 0.9, "max_soc": 0.1}, "0.9 is not below max_soc 0.1"),
        ({"initial_soc": 50}, "less than or equal to 1"),
        ({"charge_efficiency": 92}, "less than or equal to 1"),
        ({"power_mw": math.inf}, "finite"),
    ],
)
def test_figures_that_make_no_sense_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Params.model_validate(PARK | change)

    assert words in str(caught.value)
