"""Weather as a file gives it: means and readings per interval, in the units of the weather ports.

Every reader makes a :class:`Source`; checks and resampling know nothing of file formats.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.errors import ComponentError

IRRADIANCES = ("ghi_w_m2", "dni_w_m2", "dhi_w_m2")
"""Means over each interval."""
READINGS = ("air_temperature_degc", "relative_humidity_percent", "pressure_pa", "wind_speed_m_s")
"""Points in time, or means that stand for the middle of their interval."""
QUANTITIES = IRRADIANCES + READINGS


class WeatherError(ComponentError):
    """A weather file cannot be used; the message names file, time, value and remedy."""


@dataclass(frozen=True, slots=True)
class Source:
    """A regular table of weather; missing values are NaN."""

    file: str
    columns: dict[str, np.ndarray]
    """Quantity → (n,) values."""
    interval_s: int
    first: np.datetime64
    """Start of the first interval by the file's own clock."""
    clock: str
    """Name of that clock, for messages."""
    reading_offset_s: float
    """Where in their interval the readings stand: the interval's length for its end, half of it for means."""

    @property
    def n(self) -> int:
        """Number of intervals."""
        return len(self.columns["ghi_w_m2"])

    def stamp(self, index: int) -> str:
        """Start of an interval as text, e.g. ``2025-03-01 04:00 (UTC)``."""
        moment = self.first.astype("datetime64[s]") + np.timedelta64(index * self.interval_s, "s")
        return f"{str(moment).replace('T', ' ').removesuffix(':00')} ({self.clock})"

    def with_columns(self, columns: dict[str, np.ndarray]) -> Source:
        """The same table with other values."""
        return replace(self, columns=columns)

    def part(self, first: int, last: int) -> Source:
        """Intervals ``first`` … ``last - 1``."""
        start = self.first + np.timedelta64(first * self.interval_s, "s")
        return replace(self, first=start, columns={k: v[first:last] for k, v in self.columns.items()})
