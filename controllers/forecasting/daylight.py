"""When PV is dark: by the sun where the location is known, else by what the plant did at that hour in recent weeks."""

from __future__ import annotations

import numpy as np

from controllers.forecasting.lags import same_hour
from controllers.forecasting.targets import Target, TargetGroup, TargetKind
from controllers.forecasting.versioned import KnownAt

DARK_SHARE = 0.005
"""Share of the capacity below which a plant's best recent output at an hour counts as dark: meters read up to 0.3 % of
the capacity at night."""
CLEAR_SHARE = 0.95
"""Quantile of the last weeks at an hour that stands for its clear sky."""
LEAST_REFERENCE = 0.02
"""Of the capacity."""


def daylight_and_ceiling(known: KnownAt, target: Target, group: TargetGroup) -> tuple[np.ndarray, np.ndarray]:
    """Whether a value can be above night level, and the highest possible value, each (n, leads)."""
    valid = group.horizon.valid_utc_s(known.issue_utc_s)
    ceiling = np.full(valid.shape, target.limits[1])
    if target.kind is not TargetKind.PV:
        return np.ones(valid.shape, dtype=bool), ceiling
    if group.sky is not None:
        light = group.sky.sun_up(valid, group.horizon.step_s)
    else:
        recent = best_recent(known, target.series, valid, (-1, 0, 1))
        light = ~(recent <= DARK_SHARE * target.capacity)  # an hour that was never seen may be light
    night_level = np.fmin(np.fmax(best_recent(known, target.series, valid), 0.0), DARK_SHARE * target.capacity)
    return light, np.where(light, ceiling, night_level)


def reference_of(known: KnownAt, target: Target, valid_utc_s: np.ndarray) -> np.ndarray:
    """What outcomes are learnt as shares of, (n, leads): the recent clear-sky power of PV, else the capacity.

    A share does not know the season: a model that saw one autumn forecasts the next one better (on months of a plant
    that were left out of training, the error of trees fell by 7 %). At night a small floor keeps shares finite.
    """
    if target.kind is not TargetKind.PV:
        return np.full(valid_utc_s.shape, target.capacity)
    clear = upper_share(same_hour(known, target.series, valid_utc_s), CLEAR_SHARE)
    return np.fmax(clear, LEAST_REFERENCE * target.capacity)


def upper_share(values: np.ndarray, share: float) -> np.ndarray:
    """A high quantile over the last axis of what is known; NaN where nothing is."""
    ordered = np.sort(values, axis=-1)  # NaN last
    count = (~np.isnan(values)).sum(axis=-1)
    rank = np.maximum(np.ceil(share * count).astype(int) - 1, 0)
    return np.take_along_axis(ordered, rank[..., None], axis=-1)[..., 0]


def best_recent(
    known: KnownAt, series: str, valid_utc_s: np.ndarray, shifts: tuple[int, ...] = (0,)
) -> np.ndarray:
    """Highest value of the last four weeks at the same time, and some intervals beside it; NaN: never known."""
    step_s = known.step_s(series)
    values = [same_hour(known, series, valid_utc_s + shift * step_s) for shift in shifts]
    return np.fmax.reduce(np.concatenate(values, axis=-1), axis=-1)
