"""Courses within the hour: means are kept, the present ties them, nights stay dark."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.forecasting.courses import (
    corrected,
    means_over,
    present_ratio,
    quarter_hours,
    scaled,
    scatter_frac,
    unknown_share,
)

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


def test_what_is_unknown_grows_as_the_deviation_that_is_known_fades() -> None:
    """What is left of a known deviation and what is new make up the whole variance, at any lead."""
    lead_h = np.array([0.0, 0.125, 1.5, 48.0])
    assert unknown_share(lead_h) ** 2 + np.exp(-lead_h / 1.5) ** 2 == pytest.approx(np.ones(4))
    assert unknown_share(lead_h)[[0, 3]] == pytest.approx([0.0, 1.0])


def test_scatter_is_that_of_quarter_hours_around_their_hours_and_not_of_the_course() -> None:
    """3 % noise on a load that doubles and halves within a day. Four quarters share one mean, which takes a part of the
    noise with it: √3/2 of it is left."""
    quarter = np.arange(96 * 200)
    course = 3.0 + np.sin(2 * np.pi * quarter / 96)
    noise = np.random.default_rng(1).normal(0.0, 0.03, len(quarter))
    assert scatter_frac(course) < 0.002
    assert scatter_frac(course * (1.0 + noise)) == pytest.approx(0.03 * 3 ** 0.5 / 2, rel=0.1)
    assert scatter_frac(np.zeros(96)) == 0.0
