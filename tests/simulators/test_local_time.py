"""Means over steps equal the mean of every second, wherever the steps lie."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.local_time import StepTable
from twin.context import KEPT_TABLES, Calendar, CalendarTable, Context, Location, calendar_of

BEFORE_SUMMER_TIME = datetime(2025, 3, 29, 22, 7, 30, tzinfo=timezone(timedelta(hours=1)))
"""Four hours before the clock in Berlin jumps from 02:00 to 03:00, off the quarter hour."""


def hour_and_day(t_s: np.ndarray, table: CalendarTable, length_h: np.ndarray) -> np.ndarray:
    """Local hour, constant within an hour, and day of the month."""
    return np.column_stack((np.floor(table.hour), [d.day for d in table.day])).astype(float)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 20), st.sampled_from([45, 60, 700, 900, 3600, 5000]))
def test_mean_of_a_step_is_the_mean_of_its_seconds(index: int, dt_s: int) -> None:
    calendar = Calendar(BEFORE_SUMMER_TIME, "Europe/Berlin", None)
    seconds = index * dt_s + np.arange(dt_s)
    every_second = hour_and_day(seconds, calendar.table(seconds), np.full(dt_s, 1 / 3600))

    row = StepTable(calendar, hour_and_day).row(index * dt_s, dt_s)

    assert row == pytest.approx(every_second.mean(axis=0), rel=1e-12)


def test_row_does_not_depend_on_what_was_asked_before() -> None:
    calendar = Calendar(BEFORE_SUMMER_TIME, "Europe/Berlin", None)
    table = StepTable(calendar, hour_and_day)
    fresh = [StepTable(calendar, hour_and_day).row(t, 3600) for t in (0, 7200, 864_000)]

    asked = [table.row(864_000, 3600), table.row(7200, 3600), table.row(450, 900), table.row(0, 3600)]

    assert [asked[3], asked[1], asked[0]] == fresh


def test_the_two_half_past_two_of_an_autumn_night_are_an_hour_apart() -> None:
    place = Location(52.5, 13.4, 34.0, "Europe/Berlin", "DE")
    first, second = (Context(datetime(2024, 10, 27, 2, 30, fold=fold, tzinfo=ZoneInfo("Europe/Berlin")), 3600, 60, 1,
                             place).calendar.start_utc for fold in (0, 1))
    assert second - first == timedelta(hours=1)


def test_what_a_calendar_has_looked_up_serves_all_who_ask_and_cannot_be_changed() -> None:
    """Two sites of one place and start have one calendar; asked again, or after many other days, it tells the same."""
    start = datetime(2025, 1, 1, tzinfo=UTC)
    calendar = calendar_of(start, "Asia/Shanghai", "CN")
    assert calendar_of(start, "Asia/Shanghai", "CN") is calendar
    assert calendar_of(start, "Asia/Shanghai", None) is not calendar
    day = np.arange(0, 86_400, 3600)
    first = calendar.table(day)
    assert calendar.table(day.copy()) is first
    with pytest.raises(ValueError, match="read-only"):
        first.hour[0] = 0.0
    for number in range(1, KEPT_TABLES + 1):
        calendar.table(day + 86_400 * number)
    again = calendar.table(day)
    assert again is not first
    assert again.day == first.day and (again.hour == first.hour).all()
    assert again.hour[:3].tolist() == [8.0, 9.0, 10.0]  # UTC and eight hours
