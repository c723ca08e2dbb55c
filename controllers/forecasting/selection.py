"""Which features a model learns from: by the kind of its target and by the length of its history."""

from __future__ import annotations

import numpy as np

from controllers.forecasting.day_types import DAY_S
from controllers.forecasting.targets import TargetKind
from controllers.forecasting.windows import FeatureTable

DAILY = ("lag_", "last_week", "same_", "mean_7", "mean_28", "mean_day", "day_less_week", "week", "working")
"""Beginnings of the features that tell what repeats from day to day and from week to week."""
SUBSTITUTES = {"last_week": ("same_weekday", "mean_7"), "same_weekday": ("mean_7",)}
"""Feature → those that tell nearly the same, where it is not known: a network takes NaN for the mean of all hours."""
SEASON = ("year_",)
SEASON_DAYS = 700
"""About two years: each season was seen twice. The two of a simulated site are a day short of it, since nothing is
forecast in their first 29 days; with the season its heat and cooling loads were forecast no better (the loss rose by
1 % on six other years)."""


def learnable(names: tuple[str, ...], kind: TargetKind, issue_utc_s: np.ndarray) -> tuple[str, ...]:
    """Features worth learning from.

    Wind does not repeat daily: yesterday's hours and the day type only feed noise to a network (its pinball loss on
    the validation months of the published farms was 4 % higher with them). A season that was seen once is a name for
    these very weeks: with it, a network's loss on months of a PV plant left out of training was 9 % higher.

    Parameters
    ----------
    issue_utc_s : (n,) issue times of the training windows.
    """
    unwanted = () if kind is not TargetKind.WIND else DAILY
    if np.ptp(issue_utc_s) < SEASON_DAYS * DAY_S:
        unwanted = (*unwanted, *SEASON)
    return tuple(name for name in names if not name.startswith(unwanted))


def selected(table: FeatureTable, names: tuple[str, ...]) -> np.ndarray:
    """Columns by name, (n, k, len(names)), with holes of the past filled by what is like them.

    Raises
    ------
    ForecastError
        If there is no such feature.
    """
    values = table.select(names)
    for name, substitutes in SUBSTITUTES.items():
        if name not in names:
            continue
        place = names.index(name)
        for substitute in substitutes:
            hole = np.isnan(values[..., place])
            if not hole.any():
                break
            values[..., place] = np.where(hole, table.column(substitute), values[..., place])
    return values
