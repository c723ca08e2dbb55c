"""Loads that are next to nothing for a day and more: a meter that only hums, or one that was set to another unit.

Electric loads alone, for sites never stop all of it; heat and cooling rest by season, wind and sun by weather.
"""

from __future__ import annotations

import numpy as np

from controllers.forecasting.targets import DAY_S, Target, TargetKind
from controllers.forecasting.versioned import VersionedSeries

REFERENCE_DAYS = 28
"""Before a day: four weekends, so that the quietest kind of day is among them."""
LEAST_DAYS = 7
LEAST_KNOWN_SHARE = 0.5
"""Of the values of a day that is compared with."""
LOW_SHARE = 0.02
"""Of the lowest daily peak of the days before. No day of the published loads of seven meters over four years (CityLearn
2021) has less than 85 %."""


def too_low(series: VersionedSeries, target: Target) -> np.ndarray:
    """(m,) values of runs of a day at least that stay below a fiftieth of every daily peak of the weeks before.

    Whether a run of nothing but zeros is a rest by nature tells :mod:`.quality`.
    """
    found = np.zeros(len(series.values), dtype=bool)
    if target.kind is not TargetKind.ELECTRIC_LOAD or target.limits[0] < 0.0 or not len(found):
        return found
    day = (series.valid_utc_s - series.valid_utc_s[0]) // DAY_S
    count = np.bincount(day)
    peak = np.full(len(count), np.nan)
    known = count >= LEAST_KNOWN_SHARE * DAY_S / series.step_s
    np.fmax.at(peak, day, series.values)
    peak[~known] = np.nan
    is_low = series.values < LOW_SHARE * _lowest_before(peak)[day]
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_low, [False]]).astype(int)))
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        lasts = series.valid_utc_s[end - 1] + series.step_s - series.valid_utc_s[first] >= DAY_S
        found[first:end] = lasts and series.values[first:end].max() > target.limits[0]
    return found


def _lowest_before(peak: np.ndarray) -> np.ndarray:
    """(days,) lowest peak of the weeks before each day, of days that are not too low themselves; NaN: too few."""
    lowest, sound = np.full(len(peak), np.nan), peak.copy()
    for day in range(1, len(peak)):
        before = sound[max(day - REFERENCE_DAYS, 0):day]
        before = before[np.isfinite(before)]
        lowest[day] = before.min() if len(before) >= LEAST_DAYS else lowest[day - 1]  # still that of sound days
        if peak[day] < LOW_SHARE * lowest[day]:
            sound[day] = np.nan
    return lowest
