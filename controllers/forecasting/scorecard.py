"""Scorecard: scores of one or more targets beside those of persistence, last week and climatology."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controllers.forecasting.members.climatology import Climatology
from controllers.forecasting.quantiles import MEDIAN
from controllers.forecasting.scores import Scores, is_inside, percentile_pinball, score, skill
from controllers.forecasting.targets import DAY_S
from controllers.forecasting.windows import Windows

ROLLING_DAYS = 90
"""Span over which coverage is promised."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Losses of the naive forecasts of one target, in percent of its capacity."""

    yesterday_nmae: float
    last_week_nmae: float
    climatology_nmae: float
    climatology_pinball: float


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Scores of a model for one target, or means over several of a kind."""

    scores: Scores
    skill_yesterday: float
    """Of the mean absolute error, against the same hour of yesterday."""
    skill_last_week: float
    skill_climatology: float
    pinball_skill: float
    """Against climatology."""
    coverage_90_days_percent: tuple[float, float]
    """Least and most that the 80 % interval held over any span of 90 days, of PV by daylight."""


def references(climatology: Climatology, windows: Windows) -> list[Reference]:
    """Losses of the naive forecasts on some windows, one per target."""
    found = []
    quantiles = climatology.predict(windows)
    for k, target in enumerate(windows.group.targets):
        table, outcome = windows.features[k], windows.outcome[k]
        percent = 100.0 / target.capacity
        found.append(Reference(
            yesterday_nmae=percent * float(np.nanmean(np.abs(outcome - table.column("lag_1")))),
            last_week_nmae=percent * float(np.nanmean(np.abs(outcome - table.column("last_week")))),
            climatology_nmae=percent * float(np.nanmean(np.abs(outcome - quantiles[k][..., MEDIAN]))),
            climatology_pinball=percent * float(np.nanmean(percentile_pinball(outcome, quantiles[k]))),
        ))
    return found


def scorecards(quantiles: np.ndarray, windows: Windows, naive: list[Reference]) -> list[Scorecard]:
    """One per target, from quantiles (targets, n, leads, levels)."""
    found = []
    spans = rolling_coverage(quantiles, windows)
    for k, target in enumerate(windows.group.targets):
        scores = score(windows.outcome[k], quantiles[k], target.capacity, windows.daylight[k])
        found.append(card(scores, naive[k], (float(spans[k].min()), float(spans[k].max()))))
    return found


def card(scores: Scores, naive: Reference, coverage_90_days_percent: tuple[float, float]) -> Scorecard:
    """Scores with their skills."""
    return Scorecard(
        scores, skill(scores.nmae_percent, naive.yesterday_nmae), skill(scores.nmae_percent, naive.last_week_nmae),
        skill(scores.nmae_percent, naive.climatology_nmae), skill(scores.pinball_percent, naive.climatology_pinball),
        coverage_90_days_percent)


def rolling_coverage(quantiles: np.ndarray, windows: Windows) -> np.ndarray:
    """Coverage of the 80 % interval over each span of 90 days of issues [%], (targets, spans); one span if shorter."""
    every_s = float(np.median(np.diff(windows.issue_utc_s))) if len(windows) > 1 else DAY_S
    count = min(round(ROLLING_DAYS * DAY_S / every_s), len(windows))
    inside = np.where(windows.daylight, is_inside(windows.outcome, quantiles), np.nan)
    spans = [np.nanmean(inside[:, first:first + count], axis=(1, 2)) for first in range(len(windows) - count + 1)]
    return 100.0 * np.stack(spans, axis=1)
