"""Rolling conformal calibration: intervals that hold what they promise, also when the weather or the site changes.

Each central interval (5-95, 10-90, 25-75 %) is widened or narrowed by an offset in units of its own width. The offset
is the sum of two parts: the conformal quantile of the scores of the last weeks, per block of leads, and an integrator
of the misses, which holds the long-run coverage whatever the scores do (a quantile tracker). It saturates: slow while
the surplus of misses is small, ever steeper as it nears what 90 days may have. Only leads that count take part: of PV
those by daylight, where nights would be counted as perfect hits.

Sources: Y. Romano, E. Patterson, E. Candès, Conformalized quantile regression, NeurIPS 2019; A. Angelopoulos, E.
Candès, R. Tibshirani, Conformal PID control for time series prediction, NeurIPS 2023.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from controllers.forecasting.quantiles import LEVELS, MEDIAN
from controllers.forecasting.rolling import with_day

PAIRS = tuple((k, len(LEVELS) - 1 - k) for k in range(MEDIAN))
"""Levels that bound a central interval."""
NOMINAL = np.array([LEVELS[high] - LEVELS[low] for low, high in PAIRS])
WINDOW_DAYS = 45
LEAST_DAYS = 7
"""Fewer days with a score: no offset from them yet."""
BLOCK_H = 4
GAIN = 0.3
"""Of the integrator: offset per missed share of an issue."""
STEEP_DAYS = 1.0
"""Surplus of misses, in whole issues, at which the offset is twice what the gain alone gives; 2 % of 90 days are 1.8.
Heat and cooling loads err in clusters of cold or hot days: over six synthetic years that were not trained on, 2 to 6 %
of all spans of 90 days left 78 to 82 % with a straight gain of 0.25, 0.2 to 1 % with these, for 1 to 3 % of pinball
loss; on later parts of the published training spans no span left it, for 0.1 %."""
MOST_SURPLUS_DAYS = 2.0
LEAST_OFFSET = -0.4
"""An interval may lose at most 0.8 of its width."""
MOST_OFFSET = 3.0
LEAST_WIDTH = 0.01
"""Of the capacity: the unit of the offset where an interval has hardly any width."""


@dataclass(frozen=True)
class Calibration:
    """Scores of the last weeks and the integrator; a value: :meth:`updated` gives the next one."""

    capacity: np.ndarray
    """(targets,)"""
    block_of_lead: np.ndarray
    """(leads,)"""
    scores: np.ndarray
    """(days, targets, leads, pairs), the newest last; NaN where nothing counted."""
    drift: np.ndarray
    """(targets, pairs) the gain times the surplus of misses."""

    @classmethod
    def start(cls, capacity: np.ndarray, leads: int, step_s: int) -> Calibration:
        """Nothing known yet: offsets are zero."""
        block = np.arange(leads) * step_s // (BLOCK_H * 3600)
        empty = np.empty((0, len(capacity), leads, len(PAIRS)))
        return cls(capacity, block, empty, np.zeros((len(capacity), len(PAIRS))))

    @cached_property
    def offsets(self) -> np.ndarray:
        """(targets, leads, pairs) in widths of the interval."""
        found = np.zeros((*self.scores.shape[1:3], len(PAIRS)))
        for block in range(int(self.block_of_lead[-1]) + 1):
            inside = self.block_of_lead == block
            known_days = np.isfinite(self.scores[:, :, inside, 0]).any(axis=2).sum(axis=0)
            if known_days.max(initial=0) >= LEAST_DAYS:
                by_target = _conformal_quantile(self.scores[:, :, inside])
                found[:, inside] = np.where(known_days[:, None] >= LEAST_DAYS, by_target, 0.0)[:, None]
        return np.clip(found + self.steered[:, None], LEAST_OFFSET, MOST_OFFSET)

    @property
    def steered(self) -> np.ndarray:
        """(targets, pairs) the integrator's part of the offsets."""
        return self.drift * (1.0 + (self.drift / (GAIN * STEEP_DAYS)) ** 2)

    def apply(self, quantiles: np.ndarray) -> np.ndarray:
        """Calibrated quantiles (targets, leads, levels) of one issue; the median stays, nothing crosses."""
        calibrated = quantiles.copy()
        shift = self.offsets * self._width(quantiles)
        for k, (low, high) in enumerate(PAIRS):
            calibrated[..., low] = quantiles[..., low] - shift[..., k]
            calibrated[..., high] = quantiles[..., high] + shift[..., k]
        return ordered(calibrated)

    def updated(self, raw: np.ndarray, calibrated: np.ndarray, outcome: np.ndarray, counted: np.ndarray) -> Calibration:
        """After the outcomes (targets, leads) of one issue became known.

        Parameters
        ----------
        raw, calibrated : (targets, leads, levels) quantiles before and after :meth:`apply` and the physical limits.
        counted : (targets, leads) where an outcome counts.
        """
        valid = (counted & ~np.isnan(outcome))[..., None]
        low, high = (raw[..., [pair[side] for pair in PAIRS]] for side in (0, 1))
        score = np.maximum(low - outcome[..., None], outcome[..., None] - high) / self._width(raw)
        scores = with_day(self.scores, np.where(valid, score, np.nan), WINDOW_DAYS)
        low, high = (calibrated[..., [pair[side] for pair in PAIRS]] for side in (0, 1))
        missed = (outcome[..., None] < low) | (outcome[..., None] > high)
        count, whole = valid.sum(axis=1), counted.sum(axis=1)[:, None]
        share = np.where(valid, missed, False).sum(axis=1) / np.maximum(count, 1)
        weight = count / np.maximum(whole, 1)  # a single hour is no whole issue
        drift = self.drift + GAIN * weight * (share - (1.0 - NOMINAL))
        most = GAIN * MOST_SURPLUS_DAYS
        return replace(self, scores=scores, drift=np.clip(drift, -most, most))

    def _width(self, quantiles: np.ndarray) -> np.ndarray:
        """(targets, leads, pairs)"""
        width = np.stack([quantiles[..., high] - quantiles[..., low] for low, high in PAIRS], axis=-1)
        return np.maximum(width, LEAST_WIDTH * self.capacity[:, None, None])


def ordered(quantiles: np.ndarray) -> np.ndarray:
    """Outer quantiles never inside inner ones: running maxima away from the median, which stays."""
    down = np.minimum.accumulate(quantiles[..., MEDIAN::-1], axis=-1)[..., ::-1]
    up = np.maximum.accumulate(quantiles[..., MEDIAN:], axis=-1)
    return np.concatenate([down[..., :-1], up], axis=-1)


def _conformal_quantile(scores: np.ndarray) -> np.ndarray:
    """Quantile of scores (days, targets, leads, pairs) at the nominal coverage of each pair, (targets, pairs)."""
    pooled = np.moveaxis(scores, 0, 1).reshape(scores.shape[1], -1, len(PAIRS))
    ranked = np.sort(pooled, axis=1)  # NaN last
    count = (~np.isnan(pooled)).sum(axis=1)
    rank = np.clip(np.ceil(NOMINAL * (count + 1)).astype(int) - 1, 0, np.maximum(count - 1, 0))
    found = np.take_along_axis(ranked, rank[:, None], axis=1)[:, 0]
    return np.where(count > 0, found, 0.0)
