"""Bands over the steps of a schedule: in which set-points may be corrected, in which a measured state must stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from twin.schedule import ScheduleError, floats_of_plain, frozen_floats, plain_floats


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """Lowest and highest value allowed per step of the schedule, shape (steps,) each; infinite where there is none."""

    low: np.ndarray
    high: np.ndarray

    def __post_init__(self) -> None:
        """Freeze; refuse what is no band."""
        object.__setattr__(self, "low", frozen_floats(self.low))
        object.__setattr__(self, "high", frozen_floats(self.high))
        if self.low.shape != self.high.shape or not (self.low <= self.high).all():
            raise ScheduleError(f"no band: low {self.low}, high {self.high}; low must not exceed high, nor be NaN")

    def at(self, index: int) -> tuple[float, float]:
        """Low and high in one step."""
        return float(self.low[index]), float(self.high[index])


Bands: TypeAlias = Mapping[str, Band]
"""``asset.port`` or ``asset.output`` → its band."""


def plain_bands(bands: Bands) -> dict[str, dict[str, list[float | str]]]:
    """JSON-ready data; floats survive exactly."""
    return {key: {"low": plain_floats(band.low), "high": plain_floats(band.high)} for key, band in bands.items()}


def bands_of_plain(data: Mapping[str, Any]) -> dict[str, Band]:
    """What :func:`plain_bands` gave."""
    return {str(key): Band(floats_of_plain(band["low"]), floats_of_plain(band["high"])) for key, band in data.items()}
