"""Single values that cannot be: far from both neighbours, as no other value of the series is."""

from __future__ import annotations

import numpy as np

from controllers.forecasting.targets import DAY_S, Target
from controllers.forecasting.versioned import VersionedSeries

STEP_FACTOR = 5.0
"""Times the change that 99 % of all steps stay below."""
LEAST_SHARE = 0.2
"""Of the capacity."""
DAYS_AROUND = 14
"""Two weeks to both sides, so that each day of the week is seen four times."""
LEAST_DAYS = 7
USUAL_FACTOR = 3.0
"""Times the largest excursion at the same time of the days around. Of published loads (CityLearn 2021 and OpenSTEF, 22
series with 700,000 values) it marks one value, twice marks 40. Of spikes of half the capacity that were put into those
of buildings it finds 65 %, of 80 % of the capacity 85 %; the steps alone find none."""


def spikes(series: VersionedSeries, target: Target) -> np.ndarray:
    """(m,) values that are spikes, each for itself."""
    found = _beyond_usual_steps(series.values, target.capacity)
    return found | _unlike_other_days(series, target.capacity) if target.kind.is_load else found


def _beyond_usual_steps(values: np.ndarray, capacity: float) -> np.ndarray:
    """Far from both neighbours on the same side, by what the series changes from step to step."""
    step = np.diff(values)
    usual = np.quantile(np.abs(step), 0.99) if len(step) else 0.0
    return _excursion(values) > max(STEP_FACTOR * usual, LEAST_SHARE * capacity)


def _unlike_other_days(series: VersionedSeries, capacity: float) -> np.ndarray:
    """The same for loads, whose steps are steep when work begins and ends: against the same time of the days around
    (and a step before and after, for clocks that change), and higher or lower than all of those values."""
    slot = (series.valid_utc_s - series.valid_utc_s[:1]) // series.step_s
    days = np.concatenate([np.arange(-DAYS_AROUND, 0), np.arange(1, DAYS_AROUND + 1)])
    offsets = (days[:, None] * (DAY_S // series.step_s) + np.array([-1, 0, 1])).ravel()
    edge = int(offsets.max(initial=0))
    level = np.full(edge + int(slot.max(initial=0)) + 1 + edge, np.nan)
    level[edge + slot] = series.values
    excursion = _excursion(level)
    found = np.zeros(len(level), dtype=bool)
    judged = np.flatnonzero(excursion > LEAST_SHARE * capacity)
    around = judged[:, None] + offsets
    usual = excursion[around].max(axis=1, initial=0.0)
    highest, lowest = (reduce(level[around], axis=1) for reduce in (np.fmax.reduce, np.fmin.reduce))
    seen = np.isfinite(level[around[:, 1::3]]).sum(axis=1) >= LEAST_DAYS
    outside = (level[judged] > highest) | (level[judged] < lowest)
    found[judged] = seen & outside & (excursion[judged] > USUAL_FACTOR * usual)
    return found[edge + slot]


def _excursion(values: np.ndarray) -> np.ndarray:
    """(n,) distance to the nearer of both neighbours, where both are on the same side and known; else 0."""
    found = np.zeros(len(values))
    before, after = values[1:-1] - values[:-2], values[1:-1] - values[2:]
    alone = before * after > 0.0  # not so where a neighbour is NaN
    found[1:-1][alone] = np.minimum(np.abs(before), np.abs(after))[alone]
    return found
