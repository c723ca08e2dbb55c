"""Features from a target's own past: same hour of recent days, means by day type, level now. All as known at issue.

Loads follow people, and people the clock on the wall: their days are local ones, of 23 or 25 hours when the clocks
change. Sun and wind know no such clock; their days have 24 hours.
"""

from __future__ import annotations

import numpy as np

from controllers.forecasting.day_types import DAY_S, WEEK_DAYS, DayTypes
from controllers.forecasting.targets import Target
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


def lag_features(known: KnownAt, target: Target, valid_utc_s: np.ndarray, days: DayTypes) -> Columns:
    """All features of the past.

    ``lag_1 … lag_7``: same time of the latest known days; ``last_week``; ``mean_7``, ``mean_28``: their means;
    ``same_type``: mean over the latest days of the same day type (working or not); ``same_weekday``: over four weeks.
    """
    clock = days if target.kind.is_load else None
    back_utc_s = days_before(valid_utc_s[..., None], BACK_DAYS, clock)
    lagged = known.values(target.series, back_utc_s)
    recent = latest_known(lagged, RECENT_DAYS)
    columns = {f"lag_{k + 1}": recent[..., k] for k in range(RECENT_DAYS)}
    weekly = lagged[..., WEEK_DAYS - 1:LAG_DAYS:WEEK_DAYS]
    columns["last_week"] = weekly[..., 0]
    columns["same_weekday"] = mean_known(weekly)
    columns["mean_7"] = mean_known(recent)
    columns["mean_28"] = mean_known(lagged)
    columns["same_type"] = _same_type(lagged, back_utc_s, valid_utc_s, days)
    return columns | level_features(known, target.series, valid_utc_s, clock)


def level_features(known: KnownAt, series: str, valid_utc_s: np.ndarray, days: DayTypes | None) -> Columns:
    """The level at issue: last value, last 3 h, last day, and last day against the same day a week ago.

    Parameters
    ----------
    days : as in :func:`days_before`.
    """
    step_s = known.step_s(series)
    issue = known.issue_utc_s[:, None]
    day = known.values(series, issue - step_s * np.arange(1, DAY_S // step_s + 1))
    week_ago = known.values(series, days_before(issue, WEEK_DAYS, days) - step_s * np.arange(1, DAY_S // step_s + 1))
    last_3_h = 3 * 3600 // step_s
    found = {
        "last": latest_known(day[:, None], 1)[:, 0, 0],
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
