"""Courses within the hour: means are kept, the present ties them, nights stay dark."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.forecasting.courses import corrected, means_over, present_ratio, quarter_hours, scaled

HOURS = st.lists(st.floats(-10, 10), min_size=1, max_size=30)
UNKNOWN = np.array([np.nan])


@given(HOURS, st.floats(-10, 10))
def test_hours_keep_their_means(hours, before) -> None:
    quarters = quarter_hours(np.array([hours]), np.array([before]))
    assert quarters.reshape(-1, 4).mean(axis=1) == pytest.approx(np.array(hours), abs=1e-9)


def test_a_straight_course_stays_straight() -> None:
    """1 MW more each hour is 0.25 MW more each quarter; the quarters of the hour around 5 MW start at 4.625 MW."""
    quarters = quarter_hours(np.arange(5.0, 10.0)[None], np.array([4.0]))[0, :16]
    assert quarters == pytest.approx(4.625 + 0.25 * np.arange(16))


def test_means_over_any_intervals_hold_the_energy() -> None:
    quarters = np.array([[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]])
    assert means_over(quarters, 0, 900, 8)[0] == pytest.approx(quarters[0])
    assert means_over(quarters, 0, 1800, 4)[0] == pytest.approx([0.5, 2.5, 4.5, 6.5])
    assert means_over(quarters, 450, 900, 2)[0] == pytest.approx([0.5, 1.5])
    assert means_over(quarters, 0, 300, 4)[0] == pytest.approx([0.0, 0.0, 0.0, 1.0])


def test_behind_the_end_the_last_day_repeats_itself() -> None:
    two_days = np.arange(192.0)[None]
    found = means_over(two_days, 0, 900, 192 + 97)[0, 192:]
    assert found == pytest.approx([*range(96, 192), 96])


def test_a_deviation_fades_and_a_ratio_leaves_nights_dark() -> None:
    lead_h = np.array([0.0, 1.5, 3.0])
    fading = np.exp(-lead_h / 1.5)
    assert corrected(np.full((1, 3), 2.0), lead_h, np.array([-0.5]))[0] == pytest.approx(2.0 - 0.5 * fading)
    assert scaled(np.array([[4.0, 2.0, 0.0]]), lead_h, np.array([0.5]))[0] == pytest.approx(
        [2.0, 2.0 * (1 - 0.5 * fading[1]), 0.0])


def test_a_ratio_is_taken_where_there_is_light_and_never_more_than_double() -> None:
    measured, forecast = np.array([3.0, 0.2, 9.0]), np.array([4.0, 0.1, 3.0])
    assert present_ratio(measured, forecast, np.full(3, 10.0)).tolist() == [0.75, 1.0, 2.0]
