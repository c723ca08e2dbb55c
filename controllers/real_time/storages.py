"""The storages as the real-time rules see them: nameplates as arrays, and the power each can move to now.

Powers in MW, discharge positive; energies in MWh; arrays have one element per storage, shape (n,).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from twin.nameplate import StorageNameplate

PLAUSIBLE_SOC = (-0.1, 1.1)
"""A reading outside is none: an estimate errs by a few percent at the ends, a broken one gives anything."""

LEAST_SOC = 0.05
"""Below, the quotient of energy and state of charge says nothing."""
CAPACITY_MARGIN_FRAC = 0.02
"""Of the measured capacity: errors of two readings, so that what a reserve counts on is there."""


class Range(NamedTuple):
    """Lowest and highest power of each storage."""

    low_mw: np.ndarray
    high_mw: np.ndarray


@dataclass(frozen=True, slots=True)
class Storages:
    """Nameplates, one element per storage."""

    charge_mw: np.ndarray
    discharge_mw: np.ndarray
    energy_mwh: np.ndarray
    charge_efficiency: np.ndarray
    discharge_efficiency: np.ndarray
    min_soc: np.ndarray
    max_soc: np.ndarray

    @classmethod
    def of(cls, plates: Sequence[StorageNameplate]) -> Storages:
        """The columns of a list of nameplates."""
        names = ("charge_power_mw", "discharge_power_mw", "energy_mwh", "charge_efficiency", "discharge_efficiency",
                 "min_soc", "max_soc")
        return cls(*(np.array([getattr(plate, name) for plate in plates], dtype=float) for name in names))

    def holding(self, capacity_mwh: np.ndarray) -> Storages:
        """The same storages with what they hold today between empty and full."""
        return replace(self, energy_mwh=capacity_mwh)

    @property
    def rated_mw(self) -> np.ndarray:
        """The larger of both powers."""
        return np.maximum(self.charge_mw, self.discharge_mw)

    @property
    def duration_h(self) -> np.ndarray:
        """Energy over power: what is short is fast and soon empty."""
        return self.energy_mwh / np.maximum(self.rated_mw, np.finfo(float).tiny)


def plausible(soc: np.ndarray) -> np.ndarray:
    """Readings of the state of charge, NaN where one cannot be true."""
    return np.where((soc >= PLAUSIBLE_SOC[0]) & (soc <= PLAUSIBLE_SOC[1]), soc, np.nan)


def measured_capacity(
    storages: Storages, known_mwh: np.ndarray, energy_mwh: np.ndarray, soc: np.ndarray
) -> np.ndarray:
    """Energy between empty and full as measured: an aged battery holds less than its nameplate says.

    Parameters
    ----------
    known_mwh : kept where energy or state of charge is not measured, or the storage is next to empty.
    """
    says_something = (soc >= LEAST_SOC) & (energy_mwh > 0.0)
    measured_mwh = energy_mwh / np.where(says_something, soc, 1.0) * (1.0 - CAPACITY_MARGIN_FRAC)
    return np.where(says_something, np.minimum(measured_mwh, storages.energy_mwh), known_mwh)


def reachable(storages: Storages, set_mw: np.ndarray, soc: np.ndarray, band: Range, dt_h: float) -> Range:
    """Powers that nameplate, band and content allow over the next step.

    Applied in this order: rated power; the released band (one that lies beyond the rating leaves the nearest power);
    content between the limits of state of charge, as far as the band lets it. Where the content is not known, or the
    band is no interval, the storage stays at its set-point.
    """
    low_mw = np.clip(band.low_mw, -storages.charge_mw, storages.discharge_mw)
    high_mw = np.clip(band.high_mw, -storages.charge_mw, storages.discharge_mw)
    no_band = ~(band.low_mw <= band.high_mw)
    low_mw = np.where(no_band, -storages.charge_mw, low_mw)
    high_mw = np.where(no_band, storages.discharge_mw, high_mw)
    held_mw = np.clip(set_mw, low_mw, high_mw)
    by_content = content_range(storages, soc, np.zeros_like(soc), dt_h)
    unknown = no_band | ~np.isfinite(soc)
    return Range(
        np.where(unknown, held_mw, np.clip(by_content.low_mw, low_mw, high_mw)),
        np.where(unknown, held_mw, np.clip(by_content.high_mw, low_mw, high_mw)),
    )


def content_range(storages: Storages, soc: np.ndarray, reserve_mwh: np.ndarray, dt_h: float) -> Range:
    """Powers over a step that leave ``reserve_mwh`` at the terminals, to give and to take."""
    s = storages
    above_mwh = (soc - s.min_soc) * s.energy_mwh * s.discharge_efficiency - reserve_mwh
    below_mwh = (s.max_soc - soc) * s.energy_mwh / s.charge_efficiency - reserve_mwh
    return Range(-np.maximum(below_mwh, 0.0) / dt_h, np.maximum(above_mwh, 0.0) / dt_h)


def without_reserve(possible: Range, content: Range, reserve_mw: np.ndarray) -> Range:
    """The part of a range that leaves power and content for a reserve.

    A reserve that is not there (a storage at the end of its band) never makes a storage move the other way.
    """
    low_mw = np.minimum(np.maximum(content.low_mw, possible.low_mw + reserve_mw), np.maximum(possible.low_mw, 0.0))
    high_mw = np.maximum(np.minimum(content.high_mw, possible.high_mw - reserve_mw), np.minimum(possible.high_mw, 0.0))
    return Range(np.clip(low_mw, *possible), np.clip(high_mw, *possible))
