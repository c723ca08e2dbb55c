"""Quantile forecasts as arrays (..., levels): levels, limits, interpolation, pinball loss."""

from __future__ import annotations

import numpy as np

from controllers.forecasting.windows import Windows

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
"""Probabilities of all quantile forecasts."""
MEDIAN = LEVELS.index(0.5)
INTERVAL_80 = (LEVELS.index(0.1), LEVELS.index(0.9))
PERCENTILES = np.arange(1, 100) / 100.0
"""Levels of GEFCom2014's score."""


def mean_of(quantiles: np.ndarray) -> np.ndarray:
    """Mean of the distribution that the quantiles (..., levels) are of, (...): each stands for what is nearest."""
    edges = np.concatenate([[0.0], (np.array(LEVELS[1:]) + np.array(LEVELS[:-1])) / 2.0, [1.0]])
    return quantiles @ np.diff(edges)


def within_limits(quantiles: np.ndarray, windows: Windows) -> np.ndarray:
    """Physical limits: nothing beyond a target's limits, no PV at night; quantiles (targets, n, leads, levels)."""
    low = np.array([target.limits[0] for target in windows.group.targets])
    return np.clip(quantiles, low[:, None, None, None], windows.ceiling[..., None])


def at_levels(quantiles: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Quantiles at other levels, (..., levels) → (..., len(levels)): straight lines, also beyond the outermost."""
    own = np.asarray(LEVELS)
    left = np.clip(np.searchsorted(own, levels, side="right") - 1, 0, len(own) - 2)
    weight = (levels - own[left]) / (own[left + 1] - own[left])
    return quantiles[..., left] * (1.0 - weight) + quantiles[..., left + 1] * weight


def pinball(outcome: np.ndarray, quantiles: np.ndarray, levels: np.ndarray | tuple[float, ...] = LEVELS) -> np.ndarray:
    """Pinball loss of each value, mean over levels: outcome (...), quantiles (..., levels) → (...); NaN stays NaN."""
    error = outcome[..., None] - quantiles
    levels = np.asarray(levels)
    return np.maximum(levels * error, (levels - 1.0) * error).mean(axis=-1)
