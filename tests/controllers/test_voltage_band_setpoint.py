"""The published voltage law, computed by hand: gain 0.15 MW/p.u., steps of 5 kW, 40 to 100 kW, 30 minutes."""

from __future__ import annotations

import itertools
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from controllers.voltage_band_setpoint import Decision, Inputs, Params, VoltageBandSetpoint, decide, steps_for
from twin.context import Context, Location

BELOW = math.nextafter(0.4, 0.0)
"""Times 0.1 exactly 0.04; 0.4 · 0.1 is one digit more."""

P = Params(rated_mw=0.1, min_load=BELOW)
MINUTE_S = 60


def controller(**changes: Any) -> VoltageBandSetpoint:
    context = Context(datetime(2019, 2, 1, tzinfo=UTC), 86_400, MINUTE_S, 1, Location(48.2, 16.4, 0.0, "UTC"))
    return VoltageBandSetpoint("voltage", Params(**({"rated_mw": 0.1, "min_load": BELOW} | changes)), context)


def set_points(unit: VoltageBandSetpoint, voltages_pu: list[float]) -> list[float]:
    """Consumption asked for in kW, minute by minute."""
    return [round(-1e3 * unit.step(k * MINUTE_S, MINUTE_S, Inputs(v)).p_set_mw, 9) for k, v in enumerate(voltages_pu)]


@pytest.mark.parametrize(
    ("deviation_pu", "steps"),
    [
        (0.10, 3),  # 0.15 · 0.07 / 0.005 = 2.1, cut to 2, and one
        (0.15, 4),  # 3.6
        (-0.10, -2),  # 0.15 · -0.13 / 0.005 = -3.9, cut to -3, and one
        (-0.105, -3),  # -4.05
        (-0.12, -3),  # -4.5
    ],
)
def test_steps_are_cut_towards_zero_and_one_is_added(deviation_pu: float, steps: int) -> None:
    assert steps_for(deviation_pu, P) == steps


def test_a_whole_number_of_steps_moves_nothing() -> None:
    # 0.15 · (0.13 - 0.03) / 0.005 = 3; 0.15 · (-0.07 - 0.03) / 0.005 = -3
    assert steps_for(0.13, P) == steps_for(-0.07, P) == 0


def test_inside_the_band_nothing_moves() -> None:
    assert set_points(controller(), [1.0, 1.0999, 0.9001, 1.05]) == [40.0] * 4


def test_a_high_voltage_is_answered_by_15_kw_each_minute_up_to_the_rating() -> None:
    assert set_points(controller(), [1.1, 1.1, 1.1, 1.1, 1.1, 1.0]) == [55.0, 70.0, 85.0, 100.0, 100.0, 100.0]


def test_a_low_voltage_is_answered_by_10_kw_down_to_the_minimum_until_the_load_may_be_shut_down() -> None:
    rising = [1.1] * 4
    assert set_points(controller(), rising + [0.899] * 7)[4:] == [90.0, 80.0, 70.0, 60.0, 50.0, 40.0, 40.0]


def test_a_running_load_is_shut_down_after_its_minimum_time() -> None:
    shown = set_points(controller(), [0.899] * 31)

    assert shown[:29] == [40.0] * 29
    assert shown[29:] == [0.0, 0.0]


def test_a_standing_load_starts_30_minutes_later_if_the_voltage_allows() -> None:
    shown = set_points(controller(), [0.899] * 30 + [0.921] * 31)

    assert shown[29:59] == [0.0] * 30
    assert shown[59:] == [40.0, 40.0]


def test_a_standing_load_needs_a_higher_voltage_than_a_running_one() -> None:
    # 0.91 is within the band of a running load (0.9) but not of a standing one (0.92)
    assert decide(-0.09, 0.05, True, P) == Decision(0.05, False)
    assert decide(-0.09, 0.0, True, P) == Decision(0.0, True)


def test_a_voltage_outside_the_band_starts_the_waiting_time_anew() -> None:
    shown = set_points(controller(), [0.899] * 30 + [1.0] * 29 + [0.899] + [1.0] * 30)

    assert shown[29:89] == [0.0] * 60
    assert shown[89] == 40.0


def test_the_last_digit_of_the_minimum_decides_as_in_the_published_results() -> None:
    # 85, 70, 60, 50 kW: two more steps leave 0.04 MW; the published minimum, 0.4 · 0.1, is one digit above
    down_mw = 0.085 - 0.015 - 0.01 - 0.01
    published = P.model_copy(update={"min_load": 0.4})

    assert decide(-0.1, down_mw, True, P) == Decision(pytest.approx(0.04), False)
    assert decide(-0.1, down_mw, True, published) == Decision(0.0, True)


def test_without_a_measurement_the_set_point_is_held_and_time_goes_on() -> None:
    shown = set_points(controller(), [1.1, math.nan, math.nan] + [math.nan] * 26 + [0.8])

    assert shown[:29] == [55.0] * 29
    assert shown[29] == 0.0  # -6.9 steps, cut to -6, and one: 30 kW, below the minimum


def test_shutting_down_and_starting_are_told() -> None:
    unit = controller(min_time_s=0.0)
    set_points(unit, [0.899, 1.0])

    assert [e.message for e in unit.pending_events] == [
        "voltage: the load is shut down from 0.04 MW, the voltage is 0.8990 p.u.",
        "voltage: the load is started at 0.04 MW, the voltage is 1.0000 p.u.",
    ]


def test_another_reference_and_another_step_shift_the_law() -> None:
    unit = controller(reference_pu=0.95, upper_pu=0.05, step_mw=0.002)
    # deviation 0.06: 0.15 · 0.03 / 0.002 = 2.25, two steps and one
    assert set_points(unit, [0.999, 1.01]) == [40.0, 46.0]


@given(st.lists(st.floats(0.0, 2.0), min_size=1, max_size=120))
def test_the_load_is_off_or_between_minimum_and_rating_and_rests_after_switching(voltages_pu: list[float]) -> None:
    shown = set_points(controller(), voltages_pu)
    switched = [k for k in range(1, len(shown)) if (shown[k] > 0.0) != (shown[k - 1] > 0.0)]

    assert all(kw == 0.0 or 40.0 <= kw <= 100.0 for kw in shown)
    assert all(later - earlier >= 30 for earlier, later in itertools.pairwise(switched))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"min_load": 1.2}, "less than or equal to 1"),
        ({"lower_off_pu": -0.2}, "would be shut down again"),
    ],
)
def test_limits_that_contradict_each_other_are_refused(wrong: dict[str, float], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Params(**({"rated_mw": 0.1, "min_load": 0.4} | wrong))
