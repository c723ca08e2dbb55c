"""Features from a target's own past: same hour of recent days, means by day type, level now. All as known at issue.

Loads follow people, and people the clock on the wall: their days are local ones, of 23 or 25 hours when the clocks
change. Sun and wind know no such clock; their days have 24 hours.
"""

from __future__ import annotations

import numpy as np

from controllers.forecasting.day_types import DAY_S, WEEK_DAYS, DayTypes
from controllers.forecasting.targets import Target, TargetKind
from controllers.forecasting.versioned import KnownAt

HOUR_S = 3600
LAG_DAYS = 28
"""How far the same hour is looked back at: four of each weekday."""
RECENT_DAYS = 7
MAX_HORIZON_DAYS = 2
SAME_TYPE_DAYS = 4

Columns = dict[str, np.ndarray]
"""Feature name → (n, leads)."""


BACK_DAYS = np.arange(1, LAG_DAYS + MAX_HORIZON_DAYS)


def days_before(valid_utc_s: np.ndarray, back_days: np.ndarray | int, days: DayTypes | None) -> np.ndarray:
    """Instants at the same local time so many days before (negative: after); both arguments broadcast.

    Parameters
    ----------
    days : the site's local time; None counts days of 24 hours. A time that its day skipped is taken an hour later.
    """
    back_utc_s = np.asarray(valid_utc_s - DAY_S * np.asarray(back_days))
    if days is None:
        return back_utc_s
    turned_h = (days.of(back_utc_s).hour - days.of(valid_utc_s).hour + 12.0) % 24.0 - 12.0
    return back_utc_s - np.rint(HOUR_S * turned_h).astype(back_utc_s.dtype)


def same_hour(known: KnownAt, series: str, valid_utc_s: np.ndarray) -> np.ndarray:
    """Values 24 h, 48 h … before, (n, leads, LAG_DAYS + MAX_HORIZON_DAYS - 1); the nearest day first.

    NaN where a day was not known at issue, as the day before the second day of a forecast.
    """
    return known.values(series, valid_utc_s[..., None] - DAY_S * BACK_DAYS)


def latest_known(lagged: np.ndarray, count: int) -> np.ndarray:
    """The first ``count`` known values along the last axis, (n, leads, count); NaN where there are fewer."""
    order = np.argsort(np.isnan(lagged), axis=-1, kind="stable")[..., :count]
    return np.take_along_axis(lagged, order, axis=-1)


def latest_days(lagged: np.ndarray, back_utc_s: np.ndarray) -> np.ndarray:
    """The latest days that measurements reach to, in their order, (n, leads, RECENT_DAYS).

    A hole takes the value of the same weekday of a week before, or else the mean of the latest known days; were the
    older ones moved up, a Sunday would stand where models have learnt to find a Saturday.

    Parameters
    ----------
    lagged, back_utc_s : (n, leads, days) values of days before and their instants, the nearest first; NaN: unknown.
    """
    if not np.isnan(lagged[..., :RECENT_DAYS]).any():
        return lagged[..., :RECENT_DAYS]
    known = ~np.isnan(lagged)
    newest_utc_s = np.where(known, back_utc_s, np.iinfo(np.int64).min).max(axis=(1, 2), keepdims=True)
    first = np.argmax(back_utc_s <= newest_utc_s, axis=-1)
    last = lagged.shape[-1] - 1
    found = np.full((*lagged.shape[:2], RECENT_DAYS), np.nan)
    for weeks in range(LAG_DAYS // WEEK_DAYS):
        holes = np.isnan(found)
        if not holes.any():
            return found
        day = np.minimum(first[..., None] + np.arange(RECENT_DAYS) + WEEK_DAYS * weeks, last)
        found = np.where(holes, np.take_along_axis(lagged, day, axis=-1), found)
    return np.where(np.isnan(found), mean_known(latest_known(lagged, RECENT_DAYS))[..., None], found)


def lag_features(known: KnownAt, target: Target, valid_utc_s: np.ndarray, days: DayTypes) -> Columns:
    """All features of the past.

    ``lag_1 … lag_7``: same time of the latest days, holes filled; ``last_week``; ``mean_7``, ``mean_28``: their means;
    ``same_type``: mean over the latest days of the same day type (working or not); ``same_weekday``: over four weeks.
    """
    clock = days if target.kind.is_load else None
    back_utc_s = days_before(valid_utc_s[..., None], BACK_DAYS, clock)
    lagged = known.values(target.series, back_utc_s)
    recent = latest_known(lagged, RECENT_DAYS)
    daily = latest_days(lagged, back_utc_s)
    columns = {f"lag_{k + 1}": daily[..., k] for k in range(RECENT_DAYS)}
    weekly = lagged[..., WEEK_DAYS - 1:LAG_DAYS:WEEK_DAYS]
    columns["last_week"] = weekly[..., 0]
    columns["same_weekday"] = mean_known(weekly)
    columns["mean_7"] = mean_known(recent)
    columns["mean_28"] = mean_known(lagged)
    columns["same_type"] = _same_type(lagged, back_utc_s, valid_utc_s, days)
    return columns | level_features(known, target, valid_utc_s, clock)


def level_features(known: KnownAt, target: Target, valid_utc_s: np.ndarray, days: DayTypes | None) -> Columns:
    """The level at issue: last value, last 3 h, last day, and last day against the same day a week ago.

    Parameters
    ----------
    days : as in :func:`days_before`.
    """
    series, step_s = target.series, known.step_s(target.series)
    issue = known.issue_utc_s[:, None]
    back_s = step_s * np.arange(1, DAY_S // step_s + 1)
    day = known.values(series, issue - back_s)
    week_ago = known.values(series, days_before(issue, WEEK_DAYS, days) - back_s)
    last = latest_known(day[:, None], 1)[:, 0, 0]
    if target.kind is not TargetKind.WIND and np.isnan(day).any():  # the mean of some hours is not that of a day
        before = known.values(series, (issue - back_s)[..., None] - DAY_S * np.arange(1, WEEK_DAYS + 1))
        usual = np.where(np.isnan(week_ago), mean_known(before), week_ago)
        filled = np.where(np.isnan(day), usual, day)
        some = ~np.isnan(day).all(axis=1, keepdims=True)
        day, week_ago = np.where(some, filled, day), np.where(some, usual, week_ago)
    last_3_h = 3 * 3600 // step_s
    found = {
        "last": last,
        "mean_3_h": mean_known(day[:, :last_3_h]),
        "mean_day": mean_known(day),
        "day_less_week": mean_known(day) - mean_known(week_ago),
    }
    return {name: np.broadcast_to(value[:, None], valid_utc_s.shape) for name, value in found.items()}


def mean_known(values: np.ndarray) -> np.ndarray:
    """Mean over the last axis of what is known; NaN where nothing is."""
    known = ~np.isnan(values)
    count = known.sum(axis=-1)
    total = np.where(known, values, 0.0).sum(axis=-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _same_type(lagged: np.ndarray, back_utc_s: np.ndarray, valid_utc_s: np.ndarray, days: DayTypes) -> np.ndarray:
    working = days.of(valid_utc_s).working_day
    alike = np.where(days.of(back_utc_s).working_day == working[..., None], lagged, np.nan)
    return mean_known(latest_known(alike, SAME_TYPE_DAYS))
