"""Residual load: what the site would draw without storage, generators, curtailment and interruption [MW].

Measured through the meter where possible (it sees losses and assets nobody operates), else summed up. Expected ahead
as yesterday at the same time, shifted by the present deviation, which fades: wind and load persist for hours, the sun
and working hours repeat daily. Hours that were never seen (the first day) are expected to have the present load and no
renewables, which fade from what they deliver now: no nameplate says whether a plant has the sun at that hour, and
energy stored in vain is sold or used a little later, while a peak met empty-handed costs the dearest supply. A real
forecast may replace :func:`expected_residual_mw`.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from controllers.rules.site_view import LoadView, RenewableView, SiteView


def _known_or(value_mw: float, substitute_mw: float) -> float:
    return value_mw if math.isfinite(value_mw) else substitute_mw


def load_mw(load: LoadView) -> float:
    """Consumption (≥ 0) without interruption; NaN if not measured."""
    return -_known_or(load.baseline_mw, load.p_mw)


def renewable_mw(plant: RenewableView) -> float:
    """Available power; of a plant that does not report it, what it delivers; NaN if not measured."""
    return _known_or(plant.available_mw, plant.p_mw)


def measured_residual_mw(view: SiteView) -> float:
    """Residual load at the last measurement [MW]; NaN if neither meter nor sum is complete.

    Meter: import plus all that storages and generators fed in, plus what was interrupted, less what was curtailed.
    """
    dispatched = sum(a.p_mw for a in view.storages) + sum(a.p_mw for a in view.generators)
    interrupted = sum(_known_or(load_mw(a) + a.p_mw, 0.0) for a in view.loads)
    curtailed = sum(_known_or(renewable_mw(a) - a.p_mw, 0.0) for a in view.renewables)
    metered = view.exchange_mw + dispatched + interrupted - curtailed
    if math.isfinite(metered):
        return metered
    return sum(load_mw(a) for a in view.loads) - sum(renewable_mw(a) for a in view.renewables)


def without_renewables_mw(view: SiteView, residual_mw: float) -> float:
    """What the residual load would be if the renewables delivered nothing; themselves unknown, the residual load."""
    return _known_or(residual_mw + sum(renewable_mw(a) for a in view.renewables), residual_mw)


def expected_residual_mw(
    now_mw: float,
    of_day_mw: np.ndarray,
    slot: int,
    *,
    unseen_mw: float,
    intervals: int,
    dt_h: float,
    persistence_h: float,
) -> np.ndarray:
    """Residual load over the look-ahead, shape (intervals,); element 0 is ``now_mw``.

    Parameters
    ----------
    of_day_mw : last known residual load of each dispatch interval of the day, shape (slots,); NaN: not seen yet.
    slot : interval of the day of element 0.
    unseen_mw : what is expected of intervals not seen yet, apart from the present deviation.
    """
    repeated = of_day_mw.take(np.arange(slot, slot + intervals), mode="wrap")
    repeated[np.isnan(repeated)] = unseen_mw
    return repeated + (now_mw - repeated[0]) * _fading(intervals, dt_h, persistence_h)


def late_mw(residual_mw: np.ndarray) -> float:
    """Residual load to allow for in the first interval: its measurement is as old as the interval is long."""
    return max(float(residual_mw[0]), float(residual_mw[1]))


@lru_cache(maxsize=8)
def _fading(intervals: int, dt_h: float, persistence_h: float) -> np.ndarray:
    return np.maximum(1.0 - np.arange(intervals) * (dt_h / persistence_h), 0.0)
