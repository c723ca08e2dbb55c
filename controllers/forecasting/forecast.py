"""What controllers get: quantiles per target and lead, as issued, with everything that was unusual about them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from controllers.forecasting.quantiles import LEVELS, MEDIAN
from controllers.forecasting.targets import TargetGroup


@dataclass(frozen=True)
class Forecast:
    """Forecast of a target group from one issue time."""

    group: TargetGroup
    issue_utc_s: int
    quantiles: np.ndarray
    """(targets, leads, levels), calibrated, non-crossing, within limits; units of the targets' series."""
    daylight: np.ndarray
    """(targets, leads)"""
    weights: dict[str, float] = field(default_factory=dict)
    """Member → mean weight in the combination."""
    flags: tuple[str, ...] = ()
    """What was unusual, e.g. ``weather_missing``; empty: nothing."""
    levels: tuple[float, ...] = LEVELS

    def median(self, series: str) -> np.ndarray:
        """The nominal expectation of a target, (leads,)."""
        return self.of(series)[:, MEDIAN]

    def of(self, series: str) -> np.ndarray:
        """Quantiles of a target by its series' name, (leads, levels)."""
        return self.quantiles[[t.series for t in self.group.targets].index(series)]
