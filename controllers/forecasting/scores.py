"""Scores of quantile forecasts, per target: errors of the median, pinball loss, coverage, skill against naive ones.

All take arrays whose last axes are (n, leads) or (n, leads, levels); unknown outcomes (NaN) are left out. Errors are
in percent of the capacity unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controllers.forecasting.quantiles import INTERVAL_80, MEDIAN, PERCENTILES, at_levels, pinball

MAPE_ABOVE = 0.10
"""Share of the maximum above which a relative error means something."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of one target."""

    nmae_percent: float
    nrmse_percent: float
    mape_percent: float
    """Only where the outcome is above 10 % of its maximum."""
    pinball_percent: float
    """Mean over the 99 percentiles, as GEFCom2014 scores."""
    coverage_percent: float
    """Share of outcomes within the 80 % interval; of PV by daylight."""


def score(outcome: np.ndarray, quantiles: np.ndarray, capacity: float, counted: np.ndarray | None = None) -> Scores:
    """Scores of one target.

    Parameters
    ----------
    outcome : (n, leads); quantiles : (n, leads, levels).
    counted : (n, leads) where coverage counts (daylight of PV); default everywhere.
    """
    error = outcome - quantiles[..., MEDIAN]
    return Scores(
        nmae_percent=100.0 * float(np.nanmean(np.abs(error))) / capacity,
        nrmse_percent=100.0 * float(np.sqrt(np.nanmean(error**2))) / capacity,
        mape_percent=mape_percent(outcome, quantiles[..., MEDIAN]),
        pinball_percent=100.0 * float(np.nanmean(percentile_pinball(outcome, quantiles))) / capacity,
        coverage_percent=100.0 * coverage(outcome, quantiles, counted),
    )


def mape_percent(outcome: np.ndarray, expected: np.ndarray) -> float:
    """Mean relative error where the outcome is above 10 % of its maximum [%]; NaN if it never is above zero."""
    top = np.nanmax(outcome, initial=0.0)
    large = outcome > MAPE_ABOVE * top if top > 0.0 else np.zeros(outcome.shape, dtype=bool)
    return 100.0 * float(np.mean(np.abs(outcome - expected)[large] / outcome[large])) if large.any() else np.nan


def percentile_pinball(outcome: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Pinball loss of the 99 percentiles that are interpolated from the levels, (n, leads)."""
    return pinball(outcome, at_levels(quantiles, PERCENTILES), PERCENTILES)


def is_inside(outcome: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Whether outcomes lie within the 80 % interval; NaN where unknown."""
    low, high = (quantiles[..., k] for k in INTERVAL_80)
    inside = ((outcome >= low) & (outcome <= high)).astype(float)
    return np.where(np.isnan(outcome), np.nan, inside)


def coverage(outcome: np.ndarray, quantiles: np.ndarray, counted: np.ndarray | None = None) -> float:
    """Share of known outcomes within the 80 % interval, where they count."""
    inside = is_inside(outcome, quantiles)
    return float(np.nanmean(inside if counted is None else inside[counted]))


def skill(loss: float, reference_loss: float) -> float:
    """1 - loss / reference: 0 is as good as the reference, 1 is perfect, below 0 is worse."""
    return 1.0 - loss / reference_loss if reference_loss > 0.0 else np.nan
