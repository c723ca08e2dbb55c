"""Climatology: what this hour of this season was like in the training years; loads also by working day."""

from __future__ import annotations

import numpy as np

from controllers.forecasting.member import Member, MemberState
from controllers.forecasting.quantiles import LEVELS, within_limits
from controllers.forecasting.windows import FeatureTable, Windows

HOURS, SEASONS, DAY_TYPES = 24, 4, 2
LEAST_VALUES = 10
"""Fewer values in a cell: the cell takes the quantiles of its hour."""


class Climatology(Member):
    """Empirical quantiles by hour, season (winter: December to February) and, for loads, day type."""

    name = "climatology"
    uses_covariates = False

    def __init__(self) -> None:
        self.table: np.ndarray = np.empty(0)
        """(targets, day types, seasons, hours, levels)"""

    def fit(self, train: Windows, validation: Windows, seed: int) -> None:
        """See :meth:`Member.fit`; nothing is drawn at random."""
        found = []
        for target, features, outcome in zip(train.group.targets, train.features, train.outcome, strict=True):
            found.append(_cells(outcome, cell_of(features, target.kind.is_load)))
        self.table = np.stack(found)

    def refit(self, windows: Windows, seed: int) -> None:
        """See :meth:`Member.refit`."""
        self.fit(windows, windows, seed)

    def predict(self, windows: Windows) -> np.ndarray:
        """See :meth:`Member.predict`."""
        found = [table[cell_of(features, target.kind.is_load)]
                 for target, features, table in zip(windows.group.targets, windows.features, self.table, strict=True)]
        return within_limits(np.stack(found), windows)

    def state(self) -> MemberState:
        """See :meth:`Member.state`."""
        return MemberState({}, {"table": self.table})

    @classmethod
    def restore(cls, state: MemberState) -> Climatology:
        """See :meth:`Member.restore`."""
        member = cls()
        member.table = state.arrays["table"]
        return member


def cell_of(table: FeatureTable, by_day_type: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Indices (day type, season, hour), each (n, leads)."""
    hour = table.column("hour").astype(int)
    year_fraction = np.arctan2(table.column("year_sin"), table.column("year_cos")) / (2 * np.pi) % 1.0
    season = (np.floor(12 * year_fraction).astype(int) + 1) // 3 % SEASONS
    day_type = table.column("working_day").astype(int) if by_day_type else np.zeros_like(hour)
    return day_type, season, hour


def _cells(outcome: np.ndarray, cell: tuple[np.ndarray, np.ndarray, np.ndarray]) -> np.ndarray:
    day_type, season, hour = cell
    known = ~np.isnan(outcome)
    quantiles = np.empty((DAY_TYPES, SEASONS, HOURS, len(LEVELS)))
    overall = np.quantile(outcome[known], LEVELS)
    for h in range(HOURS):
        at_hour = known & (hour == h)
        of_hour = np.quantile(outcome[at_hour], LEVELS) if at_hour.any() else overall
        for d in range(DAY_TYPES):
            for s in range(SEASONS):
                inside = outcome[at_hour & (season == s) & (day_type == d)]
                quantiles[d, s, h] = np.quantile(inside, LEVELS) if len(inside) >= LEAST_VALUES else of_hour
    return quantiles
