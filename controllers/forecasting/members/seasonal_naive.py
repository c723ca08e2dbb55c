"""Seasonal naive: the same hour of yesterday or last week, with the spread its own errors had at that hour."""

from __future__ import annotations

import numpy as np

from controllers.forecasting.member import Member, MemberState
from controllers.forecasting.quantiles import LEVELS, MEDIAN, within_limits
from controllers.forecasting.windows import FeatureTable, Windows

REPEATS = ("lag_1", "last_week")
"""Yesterday, or the same day of last week: whichever was nearer in training."""
SUBSTITUTES = ("last_week", "lag_1", "mean_7", "mean_28")
"""Taken in this order where a value of the past is missing."""
HOURS = 24


class SeasonalNaive(Member):
    """Repeats the past; quantiles are those of its errors by hour of day, the median is the repeated value."""

    name = "seasonal_naive"
    uses_covariates = False

    def __init__(self) -> None:
        self.repeats: list[str] = []
        self.error_quantiles: np.ndarray = np.empty(0)
        """(targets, hours, levels); zero at the median."""
        self.mean: np.ndarray = np.empty(0)
        """(targets,) last resort: the mean of training."""

    def fit(self, train: Windows, validation: Windows, seed: int) -> None:
        """See :meth:`Member.fit`; nothing is drawn at random."""
        self.repeats, spreads, means = [], [], []
        for table, outcome in zip(train.features, train.outcome, strict=True):
            errors = [outcome - repeated(table, column, 0.0) for column in REPEATS]
            best = int(np.argmin([np.nanmean(np.abs(e)) for e in errors]))
            self.repeats.append(REPEATS[best])
            spreads.append(_quantiles_by_hour(errors[best], hour_of(table)))
            means.append(np.nanmean(outcome))
        self.error_quantiles, self.mean = np.stack(spreads), np.array(means)

    def refit(self, windows: Windows, seed: int) -> None:
        """See :meth:`Member.refit`."""
        self.fit(windows, windows, seed)

    def predict(self, windows: Windows) -> np.ndarray:
        """See :meth:`Member.predict`."""
        found = [repeated(table, column, mean)[..., None] + spread[hour_of(table)]
                 for table, column, mean, spread
                 in zip(windows.features, self.repeats, self.mean, self.error_quantiles, strict=True)]
        return within_limits(np.stack(found), windows)

    def state(self) -> MemberState:
        """See :meth:`Member.state`."""
        return MemberState({"repeats": self.repeats}, {"error_quantiles": self.error_quantiles, "mean": self.mean})

    @classmethod
    def restore(cls, state: MemberState) -> SeasonalNaive:
        """See :meth:`Member.restore`."""
        member = cls()
        member.repeats = list(state.settings["repeats"])
        member.error_quantiles, member.mean = state.arrays["error_quantiles"], state.arrays["mean"]
        return member


def repeated(table: FeatureTable, column: str, otherwise: float) -> np.ndarray:
    """A column of the past with its holes filled from other days, (n, leads)."""
    found = table.column(column)
    for name in SUBSTITUTES:
        found = np.where(np.isnan(found), table.column(name), found)
    return np.where(np.isnan(found), otherwise, found)


def hour_of(table: FeatureTable) -> np.ndarray:
    """Local hour of day as an index, (n, leads)."""
    return table.column("hour").astype(int)


def _quantiles_by_hour(errors: np.ndarray, hour: np.ndarray) -> np.ndarray:
    """(hours, levels); an hour that was never seen gets the quantiles of all."""
    overall = np.nanquantile(errors, LEVELS)
    by_hour = np.tile(overall, (HOURS, 1))
    for h in range(HOURS):
        seen = errors[hour == h]
        if np.isfinite(seen).any():
            by_hour[h] = np.nanquantile(seen, LEVELS)
    by_hour[:, :MEDIAN] = np.minimum(by_hour[:, :MEDIAN], 0.0)
    by_hour[:, MEDIAN] = 0.0
    by_hour[:, MEDIAN + 1:] = np.maximum(by_hour[:, MEDIAN + 1:], 0.0)
    return by_hour
