"""The time axis of the report: local clock, and long series drawn in whole bins so that a year stays readable.

The axis keeps the UTC offset of the run's start throughout: a clock that jumps would fold the curves at the end of
daylight saving. The offset is printed beside the axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from twin.store.run_data import RunData

MOST_POINTS = 2_100
"""Points of one curve: a week in quarter hours fits and a screen shows no more."""
BINS_S = (60, 300, 900, 3600, 86_400)
COARSE_S = 3600
BIN_NAMES = {60: "1-minute", 300: "5-minute", 900: "15-minute", 3600: "hourly", 86_400: "daily"}


@dataclass(frozen=True, slots=True)
class Timeline:
    """Bins of a run; see :func:`timeline_of`."""

    start_local: datetime
    """Naive local time of the first bin."""
    offset: str
    """``UTC+08:00``."""
    grid_step_s: int
    bin_s: int
    starts: np.ndarray
    """Index of the first grid step of each bin."""
    counts: np.ndarray
    """Grid steps in each bin."""

    @property
    def is_binned(self) -> bool:
        """Whether curves show bins and not every step."""
        return self.bin_s > self.grid_step_s

    @property
    def is_coarse(self) -> bool:
        """Whether a bin is so long that its mean alone would hide what happened in it."""
        return self.is_binned and self.bin_s >= COARSE_S

    @property
    def x(self) -> dict[str, object]:
        """Keyword arguments that place a curve of :meth:`held` values on a plotly date axis."""
        return {"x0": self.start_local.isoformat(sep=" "), "dx": self.bin_s * 1000}

    @property
    def edges(self) -> list[str]:
        """First and last instant of the axis."""
        length = timedelta(seconds=int(self.counts.sum()) * self.grid_step_s)
        return [self.start_local.isoformat(sep=" "), (self.start_local + length).isoformat(sep=" ")]

    @property
    def note(self) -> str:
        """What a reader has to know about the axis."""
        bins = f"; {BIN_NAMES.get(self.bin_s, f'{self.bin_s} s')} means" if self.is_binned else ""
        return f"local time ({self.offset}){bins}"

    def mean(self, series: np.ndarray) -> np.ndarray:
        """Mean of each bin, along the first axis."""
        counts = self.counts.reshape(-1, *[1] * (series.ndim - 1))
        return np.add.reduceat(series, self.starts, axis=0) / counts if len(self.starts) else series

    def low(self, series: np.ndarray) -> np.ndarray:
        """Smallest number of each bin (what is not a number is passed over)."""
        return np.fmin.reduceat(series, self.starts, axis=0) if len(self.starts) else series

    def high(self, series: np.ndarray) -> np.ndarray:
        """Largest number of each bin (what is not a number is passed over)."""
        return np.fmax.reduceat(series, self.starts, axis=0) if len(self.starts) else series

    def held(self, values: np.ndarray) -> np.ndarray:
        """Bin values with the last one repeated, so that a step line also shows the last interval; single precision."""
        return np.append(values, values[-1:]).astype(np.float32)


def timeline_of(run: RunData) -> Timeline:
    """Bins of the run: every step if they are few, else the finest of :data:`BINS_S` that gives few enough."""
    n, step = run.duration_s // run.grid_step_s, run.grid_step_s
    fitting = [step, *(b for b in BINS_S if b > step and b % step == 0)]
    bin_s = next((b for b in fitting if run.duration_s / b <= MOST_POINTS), fitting[-1])
    starts = np.arange(0, n, bin_s // step)
    local = run.start.astimezone(ZoneInfo(run.timezone))
    offset = local.strftime("%z")
    return Timeline(local.replace(tzinfo=None), f"UTC{offset[:3]}:{offset[3:5]}", step, bin_s, starts,
                    np.diff(np.append(starts, n)))


def period_text(run: RunData) -> str:
    """From when to when, on the site's clock."""
    zone = ZoneInfo(run.timezone)
    end = datetime.fromtimestamp(run.start.timestamp() + run.duration_s, zone)
    return f"{run.start.astimezone(zone):%Y-%m-%d %H:%M} – {end:%Y-%m-%d %H:%M} ({run.timezone})"


def span_text(seconds: float) -> str:
    """A duration as a person says it: ``24 h``, ``7 d``, ``15 min``, ``60 s``."""
    for unit_s, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * unit_s or (unit == "h" and seconds == unit_s) or (unit == "min" and seconds == unit_s):
            return f"{seconds / unit_s:g} {unit}"
    return f"{seconds:g} s"
