"""Windows: what was known at n issue times as features, and what came. The input of every member."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from controllers.forecasting.errors import ForecastError
from controllers.forecasting.targets import TargetGroup

COVARIATE_MARK = "@"
"""Feature names with it come from covariates, ``quantity@what``."""


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """Named features of n issue times at k leads (or past steps); NaN where a value was not known."""

    names: tuple[str, ...]
    values: np.ndarray
    """(n, k, features), float32."""

    def select(self, names: tuple[str, ...]) -> np.ndarray:
        """Columns by name, (n, k, len(names)).

        Raises
        ------
        ForecastError
            If there is no such feature, as for a model that another version has trained.
        """
        place = {name: column for column, name in enumerate(self.names)}
        missing = [name for name in names if name not in place]
        if missing:
            raise ForecastError(f"a model asks for the feature {missing[0]!r}, which this version does not make; train "
                                "anew")
        return self.values[..., [place[name] for name in names]]

    def column(self, name: str) -> np.ndarray:
        """One feature, (n, k)."""
        return self.values[..., self.names.index(name)]

    @property
    def without_covariates(self) -> tuple[str, ...]:
        """Names of the features that need no forecast of others."""
        return tuple(name for name in self.names if COVARIATE_MARK not in name)

    def rows(self, chosen: np.ndarray) -> FeatureTable:
        """Part of the issue times."""
        return FeatureTable(self.names, self.values[chosen])

    def joined(self, later: FeatureTable) -> FeatureTable:
        """More issue times with the same features."""
        return FeatureTable(self.names, np.concatenate([self.values, later.values]))


@dataclass(frozen=True, slots=True)
class Windows:
    """Features and outcomes of one target group at n issue times."""

    group: TargetGroup
    issue_utc_s: np.ndarray
    """(n,)"""
    features: tuple[FeatureTable, ...]
    """Per target, (n, leads, features)."""
    history: FeatureTable
    """Past of targets and covariates, (n, past steps of one hour, channels); the last row ends at the issue time."""
    daylight: np.ndarray
    """(targets, n, leads) False where PV is dark; True for all other kinds. Scores and calibration of PV use it."""
    ceiling: np.ndarray
    """(targets, n, leads) highest possible value: the upper limit, for PV in the dark the recent night level."""
    reference: np.ndarray
    """(targets, n, leads) what outcomes are learnt as shares of: the clear-sky power of PV, else the capacity."""
    outcome: np.ndarray
    """(targets, n, leads) in the targets' units; NaN where unknown. Members must not look at it in ``predict``."""
    known_utc_s: np.ndarray
    """(n,) when all of the outcome was over and published: nobody learns from it before."""

    @property
    def shares(self) -> np.ndarray:
        """(targets, n, leads) outcomes as shares of the reference; NaN where unknown."""
        return self.outcome / self.reference

    def __len__(self) -> int:
        return len(self.issue_utc_s)

    def rows(self, chosen: np.ndarray) -> Windows:
        """Part of the issue times, by mask or index."""
        features = tuple(table.rows(chosen) for table in self.features)
        return replace(self, issue_utc_s=self.issue_utc_s[chosen], features=features,
                       history=self.history.rows(chosen), daylight=self.daylight[:, chosen],
                       ceiling=self.ceiling[:, chosen], reference=self.reference[:, chosen],
                       outcome=self.outcome[:, chosen], known_utc_s=self.known_utc_s[chosen])

    def joined(self, later: Windows) -> Windows:
        """These issue times and later ones of the same group."""
        tables = tuple(table.joined(other) for table, other in zip(self.features, later.features, strict=True))
        return replace(
            self, issue_utc_s=np.concatenate([self.issue_utc_s, later.issue_utc_s]), features=tables,
            history=self.history.joined(later.history),
            daylight=np.concatenate([self.daylight, later.daylight], axis=1),
            ceiling=np.concatenate([self.ceiling, later.ceiling], axis=1),
            reference=np.concatenate([self.reference, later.reference], axis=1),
            outcome=np.concatenate([self.outcome, later.outcome], axis=1),
            known_utc_s=np.concatenate([self.known_utc_s, later.known_utc_s]))

    @property
    def valid_utc_s(self) -> np.ndarray:
        """(n, leads)"""
        return self.group.horizon.valid_utc_s(self.issue_utc_s)
