"""When PV is dark: by the sun where the location is known, else by what the plant did at that hour in recent weeks."""

from __future__ import annotations

import numpy as np

from controllers.forecasting.lags import same_hour
from controllers.forecasting.targets import Target, TargetGroup, TargetKind
from controllers.forecasting.versioned import KnownAt
from simulators.environment.sun import Observer, sun_at

DARK_SHARE = 0.005
"""Share of the capacity below which a plant's best recent output at an hour counts as dark: meters read up to 0.3 % of
the capacity at night."""
HORIZON_DEG = 90.0
DIFFUSE_DEG = 2.0
"""Modules deliver a little before the centre of the sun rises."""


def daylight_and_ceiling(known: KnownAt, target: Target, group: TargetGroup) -> tuple[np.ndarray, np.ndarray]:
    """Whether a value can be above night level, and the highest possible value, each (n, leads)."""
    valid = group.horizon.valid_utc_s(known.issue_utc_s)
    ceiling = np.full(valid.shape, target.limits[1])
    if target.kind is not TargetKind.PV:
        return np.ones(valid.shape, dtype=bool), ceiling
    recent = best_recent(known, target.series, valid)
    light = recent > DARK_SHARE * target.capacity if group.location is None else sun_is_up(group, valid)
    light |= np.isnan(recent) & (group.location is None)
    return light, np.where(light, ceiling, np.fmin(np.fmax(recent, 0.0), DARK_SHARE * target.capacity))


def best_recent(known: KnownAt, series: str, valid_utc_s: np.ndarray) -> np.ndarray:
    """Highest value of the last four weeks at the same time and half an hour to an hour beside it; NaN: never known."""
    step_s = known.step_s(series)
    values = [same_hour(known, series, valid_utc_s + shift * step_s) for shift in (-1, 0, 1)]
    return np.fmax.reduce(np.concatenate(values, axis=-1), axis=-1)


def sun_is_up(group: TargetGroup, valid_utc_s: np.ndarray) -> np.ndarray:
    """Whether the sun stands above the horizon somewhere in each interval."""
    site = group.location
    assert site is not None
    first = int(valid_utc_s.min())
    origin = np.datetime64(first, "s")
    observer = Observer(site.latitude_deg, site.longitude_deg, site.altitude_m, origin)
    distinct, where = np.unique(valid_utc_s, return_inverse=True)
    edges = np.stack([distinct, distinct + group.horizon.step_s]) - first
    zenith = sun_at(observer, edges.ravel()).zenith_deg.reshape(edges.shape).min(axis=0)
    return (zenith < HORIZON_DEG + DIFFUSE_DEG)[where].reshape(valid_utc_s.shape)
