"""Limits of the kinds, horizons that are possible, and day types from holiday tables."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from controllers.forecasting.day_types import DAY_S, CalendarDays, TableDays
from controllers.forecasting.errors import ForecastError
from controllers.forecasting.targets import Horizon, Target, TargetKind


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(("kind", "limits"), [
    (TargetKind.PV, (0.0, 8.0)), (TargetKind.ELECTRIC_LOAD, (0.0, 8.0)), (TargetKind.CARBON, (0.0, 8.0)),
    (TargetKind.PRICE, (-np.inf, np.inf)),
])
def test_limits_follow_from_the_kind(kind: TargetKind, limits: tuple[float, float]) -> None:
    assert Target("x", kind, 8.0).limits == limits


def test_declared_limits_come_first() -> None:
    assert Target("net_load_mw", TargetKind.ELECTRIC_LOAD, 8.0, lower=-5.0, upper=9.0).limits == (-5.0, 9.0)


@pytest.mark.parametrize(("step_s", "leads", "complaint"), [(600, 24, "step is 600 s"), (900, 193, "up to 48 h"),
                                                             (3600, 0, "0 leads")])
def test_impossible_horizons(step_s: int, leads: int, complaint: str) -> None:
    with pytest.raises(ForecastError, match=complaint):
        Horizon(step_s, leads)


def test_two_days_in_quarter_hours_are_possible() -> None:
    assert Horizon(900, 192).valid_utc_s(np.array([10_000]))[0, -1] == 10_000 + 191 * 900


def test_chinese_make_up_days_are_working_days() -> None:
    """2025-01-26 (a Sunday) was worked for the Spring Festival, 2025-01-28 (a Tuesday) was free: State Council."""
    days = CalendarDays("Asia/Shanghai", "CN").of(np.array([utc("2025-01-26T04:00"), utc("2025-01-28T04:00")]))
    assert days.weekday.tolist() == [6, 1]
    assert days.working_day.tolist() == [True, False]


def test_local_hours_follow_summer_time() -> None:
    """Vienna, 2025-03-30: 23 hours, 02:00 does not exist; 2025-10-26: 25 hours, 02:00 comes twice."""
    days = CalendarDays("Europe/Vienna", "AT")
    spring = days.of(utc("2025-03-29T23:00") + 3600 * np.arange(23)).hour
    autumn = days.of(utc("2025-10-25T22:00") + 3600 * np.arange(25)).hour
    assert spring.tolist() == [0, 1, *range(3, 24)]
    assert autumn.tolist() == [0, 1, 2, 2, *range(3, 24)]


def test_days_of_any_shape_match_the_calendar_one_by_one() -> None:
    days = CalendarDays("Europe/Vienna", "AT")
    instants = utc("2025-10-24T00:00") + 900 * np.arange(400).reshape(4, 100)
    expected = [datetime.fromtimestamp(int(t), ZoneInfo("Europe/Vienna")) for t in instants.ravel()]
    found = days.of(instants)
    assert found.hour.ravel().tolist() == [e.hour + e.minute / 60 for e in expected]
    assert found.weekday.ravel().tolist() == [e.weekday() for e in expected]


def test_a_table_may_skip_a_weekday() -> None:
    weekday = np.array([0, 1, 2, 3, 4, 5, 6, 1, 2, 3])  # after Sunday comes Tuesday
    days = TableDays(0, weekday, weekday < 5)
    found = days.of(np.array([6, 7]) * DAY_S + 3600)
    assert found.weekday.tolist() == [6, 1]
    assert found.working_day.tolist() == [False, True]
    assert found.hour.tolist() == [1.0, 1.0]


def test_a_table_of_less_than_a_week_is_refused() -> None:
    with pytest.raises(ForecastError, match="given for 3 days"):
        TableDays(0, np.arange(3), np.ones(3)).of(np.array([0]))


def test_a_capacity_of_nothing_is_refused() -> None:
    with pytest.raises(ForecastError, match="pv_mw: capacity is 0"):
        Target("pv_mw", TargetKind.PV, 0.0)
