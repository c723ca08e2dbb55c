"""Each quantity of a limit, computed by hand on a few quarter hours."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twin.gate.replays import QUARTER_S, row
from twin.gate.limits.quantities import BeforeStart, judged, unit_of_quantity
from twin.gate.limits.rows import Quantity

NAN = math.nan


def column(values):
    return np.array(values, dtype=float)[:, None]


def high_and_low(values, before=NAN, in_state_h=NAN, **fields):
    found = judged(row(high=1.0, **fields), column(values), QUARTER_S,
                   BeforeStart(np.array([before]), np.array([in_state_h * 3600.0])))
    return found.high[:, 0].tolist(), found.low[:, 0].tolist()


def same(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("of", "values", "before", "expected"), [
    ("value", [1.0, -2.0], NAN, [1.0, -2.0]),
    ("abs", [1.0, -2.0], NAN, [1.0, 2.0]),
    ("change_per_h", [1.0, -1.0, -0.5], 0.0, [4.0, 8.0, 2.0]),   # 1 MW in a quarter of an hour is 4 MW/h
    ("rise_per_h", [1.0, -1.0, -0.5], 0.0, [4.0, -8.0, 2.0]),
    ("fall_per_h", [1.0, -1.0, -0.5], 0.0, [-4.0, 8.0, -2.0]),
    ("rise_per_h", [1.0, 2.0], NAN, [NAN, 4.0]),                  # nothing is known of the time before
])
def test_what_has_a_value_in_each_interval(of, values, before, expected):
    high, low = high_and_low(values, before, of=of)
    same(high, expected)
    same(low, expected)


def test_a_rate_over_a_window_does_not_see_what_is_faster():
    high, _ = high_and_low([2.0, 0.0, 2.0, 4.0], before=0.0, of="rise_per_h", window_h=0.5)
    same(high, [4.0, 0.0, 0.0, 8.0])                              # change over half an hour, twice that per hour


def test_no_limit_after_no_limit_is_no_change():
    high, _ = high_and_low([math.inf, math.inf, 3.0], of="fall_per_h")
    assert np.isnan(high[1])
    assert high[2] == math.inf


def test_energy_is_power_times_time_and_known_at_the_end_only_for_a_lower_bound():
    high, low = high_and_low([4.0, 4.0, -2.0], of="energy")
    same(high, [1.0, 2.0, 1.5])
    same(low, [NAN, NAN, 1.5])


def test_energy_in_a_window_forgets_what_is_older():
    high, low = high_and_low([4.0, 0.0, 8.0, 0.0], of="energy", window_h=0.5)
    same(high, [1.0, 1.0, 2.0, 2.0])
    same(low, [NAN, 1.0, 2.0, 2.0])


def test_a_sum_adds_amounts_as_they_are_booked():
    high, _ = high_and_low([10.0, 5.0, 0.0], of="sum")
    same(high, [10.0, 15.0, 15.0])


def test_a_share_of_time_above_a_level():
    high, low = high_and_low([0.0, 0.3, -0.3, 0.0], of="above_share", on_above=0.1)
    same(high, [0.0, 0.25, 0.5, 0.5])
    same(low, [NAN, NAN, NAN, 0.5])


def test_time_on_is_judged_where_the_unit_stops():
    high, low = high_and_low([0.0, 2.0, 2.0, 0.0, 0.0], before=0.0, in_state_h=5.0, of="up_time_h")
    same(low, [NAN, NAN, NAN, 0.5, NAN])
    same(high, [NAN, 0.25, 0.5, NAN, NAN])


def test_time_on_counts_what_went_before_the_start():
    _, low = high_and_low([2.0, 0.0], before=2.0, in_state_h=1.5, of="up_time_h")
    same(low, [NAN, 1.75])


def test_a_stop_at_the_start_ends_the_time_on_before_it():
    _, low = high_and_low([0.0, 0.0], before=2.0, in_state_h=1.5, of="up_time_h")
    same(low, [1.5, NAN])


def test_time_off_is_judged_where_the_unit_starts():
    _, low = high_and_low([2.0, 0.0, 0.0, 0.0, 2.0], before=2.0, in_state_h=4.0, of="down_time_h")
    same(low, [NAN, NAN, NAN, NAN, 0.75])


def test_a_state_of_unknown_age_is_not_held_against_anybody():
    _, low = high_and_low([2.0, 0.0, 2.0], of="up_time_h")
    same(low, [NAN, NAN, NAN])
    _, off = high_and_low([2.0, 0.0, 2.0], of="down_time_h")
    same(off, [NAN, NAN, 0.25])                                   # began within the horizon


def test_a_time_on_of_unknown_age_is_at_least_that_since_the_start():
    high, _ = high_and_low([2.0, 2.0, 0.0], of="up_time_h")
    same(high, [0.25, 0.5, NAN])


# ---- what was lived before the start --------------------------------------------------------------------------------


def with_history(values, lived, **fields):
    before = BeforeStart(np.array([NAN]), np.array([NAN]), column(lived))
    return judged(row(**{"high": 1.0, **fields}), column(values), QUARTER_S, before)


def test_a_budget_counts_what_was_used_of_it_before_the_start():
    found = with_history([0.0, 4.0, 0.0, 0.0], [4.0, 0.0, 2.0], of="energy", window_h=0.75)
    same(found.high[:, 0], [0.5, 1.5, 1.0, 1.0])                  # the 1 MWh of three quarters ago is out of the window
    same(found.low[:, 0], [0.5, 1.5, 1.0, 1.0])                   # all of each window is known


def test_of_a_window_that_is_not_all_known_only_the_known_counts_and_no_lower_bound():
    found = with_history([0.0, 0.0, 0.0], [NAN, 2.0], of="energy", window_h=0.75)
    same(found.high[:, 0], [0.5, 0.5, 0.0])
    same(found.low[:, 0], [NAN, NAN, 0.0])
    same(found.bound(1.0, -1.0, 0.0)[:, 0], [1.0, 1.0, 1.0])


def test_a_share_of_time_is_one_of_the_whole_window():
    found = with_history([0.3, 0.0], [0.5, 1.0], of="above_share", on_above=0.1, window_h=1.0)
    same(found.high[:, 0], [0.625, 0.625])                        # a quarter, and one and a half before


def test_without_a_window_as_much_is_looked_at_as_the_horizon_has():
    same(with_history([1.0, 1.0], [7.0, 3.0], of="sum").high[:, 0], [4.0, 2.0])


def test_what_is_overdrawn_already_may_not_be_added_to():
    """3 of 2 MWh are used: until they leave the window nothing may come, and nothing is asked that nobody can do."""
    found = with_history([0.0, 0.0, 0.0, 0.0], [4.0, 8.0], of="energy", window_h=0.75)
    assert found.bound(2.0, 1.0, 0.0)[:, 0] == pytest.approx([3.0, 2.0, 2.0, 2.0], rel=1e-8)
    assert found.bound(2.0, 1.0, 0.25)[:, 0] == pytest.approx([2.75, 2.0, 2.0, 2.0], rel=1e-8)  # it is given once


def test_what_was_not_delivered_may_not_become_less():
    """Half a MWh instead of 1 in three quarters, of which a half leaves at once: it must come anew."""
    found = with_history([2.0, 0.0, 0.0, 0.0], [2.0, 0.0, 0.0], of="energy", window_h=0.75)
    assert found.bound(1.0, -1.0, 0.0)[:, 0] == pytest.approx([0.5, 0.5, 1.0, 1.0], rel=1e-8)


@given(st.lists(st.floats(0.0, 4.0), min_size=1, max_size=12), st.floats(0.1, 3.0))
def test_proofs_from_start_to_start_keep_a_budget_together(asked, high):
    """Each plan asks in its first step what the proof lets it, and that is lived. No window exceeds the budget."""
    lived: list[float] = []
    for value in asked:
        for p_mw in (value, 0.0):                                 # what does not pass is not done
            found = with_history([p_mw, 0.0, 0.0, 0.0], lived or [NAN], of="energy", window_h=1.0)
            if (found.high <= found.bound(high, 1.0, 0.0)).all():
                break
        else:
            pytest.fail("not even rest is allowed")
        lived.append(p_mw)
    assert max(high_and_low(lived, of="energy", window_h=1.0)[0]) <= high * (1.0 + 1e-9)


def test_a_rate_over_a_window_is_the_same_across_the_start_as_within():
    whole = [0.0, 0.0, 14.0, 28.0, 28.0, 28.0]
    within, _ = high_and_low(whole, of="rise_per_h", window_h=0.75)
    same(with_history(whole[3:], whole[:3], of="rise_per_h", window_h=0.75).high[:, 0], within[3:])


def test_of_a_window_shorter_than_a_step_the_worst_is_assumed():
    high, _ = high_and_low([45.0], before=0.0, of="rise_per_h", window_h=0.125)
    same(high, [360.0])                                           # 45 MW in seven and a half minutes


@pytest.mark.parametrize(("of", "unit", "expected"), [
    ("value", "p.u.", "p.u."), ("change_per_h", "MW", "MW/h"), ("fall_per_h", "°C", "K/h"), ("energy", "MW", "MWh"),
    ("energy", "°C", "K h"), ("sum", "money", "money"), ("up_time_h", "MW", "h"), ("above_share", "–", "–"),
    ("change_per_h", "–", "1/h"),
])
def test_units_of_quantities(of, unit, expected):
    assert unit_of_quantity(Quantity(of), unit) == expected


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.booleans(), st.integers(1, 40))
def test_times_on_and_off_fill_the_horizon(on, was_on, before_quarters):
    """Completed runs and the last one together are the horizon and what went before it."""
    values = [1.0 if x else 0.0 for x in on]
    hours, total = before_quarters / 4, 0.0
    for of in ("up_time_h", "down_time_h"):
        so_far, at_end = high_and_low(values, before=float(was_on), in_state_h=hours, of=of)
        total += np.nansum(at_end) + (0.0 if math.isnan(so_far[-1]) else so_far[-1])
    assert total == pytest.approx(len(on) / 4 + hours)
