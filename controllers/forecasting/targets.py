"""What is forecast: kinds of targets with their limits, groups that are forecast together, and the horizon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from controllers.forecasting.clear_sky import ClearSky
from controllers.forecasting.day_types import DAY_S, DayTypes
from controllers.forecasting.errors import ForecastError

__all__ = ["DAY_S", "Horizon", "Target", "TargetGroup", "TargetKind"]

MAX_HORIZON_H = 48
STEPS_S = (900, 3600)
"""Forecasts come in quarter hours or hours."""


class TargetKind(StrEnum):
    """Decides limits, daylight and which features are made."""

    PV = "pv"
    WIND = "wind"
    ELECTRIC_LOAD = "electric_load"
    HEAT_LOAD = "heat_load"
    COOLING_LOAD = "cooling_load"
    PRICE = "price"
    CARBON = "carbon"

    @property
    def is_load(self) -> bool:
        """Follows people: working days matter."""
        return self in (TargetKind.ELECTRIC_LOAD, TargetKind.HEAT_LOAD, TargetKind.COOLING_LOAD)

    @property
    def may_be_negative(self) -> bool:
        """Only prices by themselves; a net load says so with ``lower``."""
        return self is TargetKind.PRICE


@dataclass(frozen=True, slots=True)
class Target:
    """One series to forecast.

    Attributes
    ----------
    series : name of the measured series in the archive; magnitudes (a load is positive).
    capacity : what scores are normalised with, and the upper limit unless ``upper`` is given; unit of the series.
    covariates : quantity → name of the weather or market series; targets of one kind name quantities alike, so that a
        model can learn from all of them together.
    lower, upper : physical limits; default 0 (prices: none) and the capacity.
    irradiance : which quantity is the global irradiance, for the clear-sky index of PV.
    """

    series: str
    kind: TargetKind
    capacity: float
    covariates: Mapping[str, str] = field(default_factory=dict)
    lower: float | None = None
    upper: float | None = None
    irradiance: str | None = None

    def __post_init__(self) -> None:
        if not self.capacity > 0.0:
            raise ForecastError(f"{self.series}: capacity is {self.capacity:g}; it must be above 0")

    @property
    def limits(self) -> tuple[float, float]:
        """Lowest and highest possible value."""
        lower = self.lower if self.lower is not None else (-np.inf if self.kind.may_be_negative else 0.0)
        upper = self.upper if self.upper is not None else (np.inf if self.kind.may_be_negative else self.capacity)
        return lower, upper


@dataclass(frozen=True, slots=True)
class Horizon:
    """Leads of a forecast: intervals of ``step_s`` from the issue time on."""

    step_s: int
    leads: int

    def __post_init__(self) -> None:
        if self.step_s not in STEPS_S:
            raise ForecastError(f"horizon: step is {self.step_s} s; choose one of {STEPS_S}")
        if not 0 < self.leads * self.step_s <= MAX_HORIZON_H * 3600:
            raise ForecastError(f"horizon: {self.leads} leads of {self.step_s} s; up to {MAX_HORIZON_H} h are possible")

    @property
    def lead_s(self) -> np.ndarray:
        """(leads,) start of each interval, from the issue time [s]."""
        return self.step_s * np.arange(self.leads, dtype=np.int64)

    def valid_utc_s(self, issue_utc_s: np.ndarray) -> np.ndarray:
        """(n, leads) interval starts."""
        return np.asarray(issue_utc_s)[:, None] + self.lead_s


@dataclass(frozen=True)
class TargetGroup:
    """Targets forecast together from the same issue time: one training, one copula of their scenarios."""

    name: str
    targets: tuple[Target, ...]
    horizon: Horizon
    days: DayTypes
    """Local time and day types of the site."""
    sky: ClearSky | None = None
    """For the daylight of PV; without it daylight is learnt from the data."""
