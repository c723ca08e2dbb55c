"""A measured or given series as powers per step: what components that play back a file have in common.

The series becomes one number per step when the component is built. ``hold`` and ``linear`` are exact means over the
step; ``pchip`` is the monotone cubic through the samples (Fritsch and Carlson 1980, as in
``scipy.interpolate.PchipInterpolator`` and pandas' ``interpolate(method="pchip")``), taken at the start of the step.
Powers in MW, as counted in the file: not negative.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

import numpy as np
from pydantic import Field, field_validator

from simulators.environment.resampling import mean_of_linear
from simulators.environment.time_stamps import parse_zone
from simulators.profiles_table import ProfileError, Table, TableFormat, read_table
from twin.component import ComponentParams
from twin.context import Context
from twin.scenario.datafile import DataFile

Interpolation: TypeAlias = Literal["hold", "linear", "pchip"]
PER_MW = {"mw": 1.0, "kw": 1e3, "w": 1e6}


class ProfileParams(ComponentParams):
    """Where the series stands and how it is read."""

    file: DataFile = Field(description="CSV or Parquet file with time stamps; the first line of a CSV is the header")
    column: str = Field(min_length=1, description="header of the series")
    unit: Literal["mw", "kw", "w"] = Field(description="unit of the series in the file")
    scale_factor: float = Field(default=1.0, description="multiplies the series; -1 turns its sign [-]")
    interpolation: Interpolation = Field(
        default="hold",
        description="between samples: hold (a value counts from its stamp until the next one) and linear give exact "
                    "means over each step; pchip is a smooth curve, taken at the start of each step",
    )
    time_column: str = Field(
        default="time", description="header of the time stamps: ISO 8601, with offset from UTC or local")
    timezone: str | None = Field(
        default=None,
        description="clock of stamps without offset: UTC, UTC+01:00 or an IANA name; default: that of the scenario",
    )
    max_gap_h: float | None = Field(
        default=None, gt=0,
        description="longest time without a value, empty cells included, which the interpolation bridges [h]; "
                    "default: the usual interval of the file, so that nothing may be missing",
    )
    separator: str = Field(default=",", min_length=1, max_length=1, description="between the cells of a CSV line")
    decimal: str = Field(default=".", min_length=1, max_length=1, description="decimal mark of a CSV file")

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, value: str | None) -> str | None:
        if value is not None:
            parse_zone(value)
        return value


@dataclass(frozen=True, slots=True)
class Profile:
    """The powers of a run."""

    step_mw: np.ndarray
    """(n_steps,) ≥ 0."""
    step_s: int
    peak_mw: float
    """Largest value of the whole file."""

    def at(self, t_s: int) -> float:
        """Power of the step that starts at ``t_s``; beyond the run, where only a shadow looks, the last one."""
        return self.step_mw.item(min(t_s // self.step_s, len(self.step_mw) - 1))


def load_profile(params: ProfileParams, context: Context, step_s: int) -> Profile:
    """Read a series and bring it to the steps of the scenario.

    Raises
    ------
    ProfileError
        If the file cannot be used, or the series has gaps, negative values or no values in the span of the scenario.
    """
    how = TableFormat(params.time_column, params.timezone or context.location.timezone, params.separator,
                      params.decimal)
    series = _Series(read_table(params.file, how), params, context)
    n_steps = len(context.times(step_s))
    part = series.part(n_steps * step_s, step_s)
    values_mw = series.values_mw[part]
    series.refuse_gaps(part)
    series.refuse_negative(part)
    values = resample(series.point_s[part], values_mw, step_s, n_steps, params.interpolation)
    known_mw = series.values_mw[~np.isnan(series.values_mw)]
    # rounding must not lift a mean above the values it is taken over
    return Profile(np.clip(values, values_mw.min(), values_mw.max()), step_s, max(float(known_mw.max()), 0.0))


def resample(point_s: np.ndarray, values: np.ndarray, step_s: int, n_steps: int, how: Interpolation) -> np.ndarray:
    """Values (n_points,) at ``point_s`` as one value per step, shape (n_steps,); the points span all steps."""
    if how == "linear":
        return mean_of_linear(point_s, values, step_s, n_steps)
    if how == "hold":
        return mean_of_held(point_s, values, step_s, n_steps)
    from scipy.interpolate import PchipInterpolator

    return np.asarray(PchipInterpolator(point_s, values)(step_s * np.arange(n_steps)))


def mean_of_held(point_s: np.ndarray, values: np.ndarray, step_s: int, n_steps: int) -> np.ndarray:
    """Mean over each step of values (n_points,) that each count until the next one; shape (n_steps,)."""
    step_edges = step_s * np.arange(n_steps + 1)
    within = point_s[(point_s > 0) & (point_s < step_edges[-1])]
    edges = np.union1d(step_edges, within)
    held = values[np.searchsorted(point_s, edges[:-1], side="right") - 1]
    if len(held) == n_steps:  # no step is cut: nothing to average, nothing to round
        return held
    first = np.searchsorted(edges, step_edges[:-1])
    return np.add.reduceat(held * np.diff(edges), first) / step_s


class _Series:
    """A column with its times counted from the start of the scenario, and what may be wrong with it."""

    def __init__(self, table: Table, params: ProfileParams, context: Context) -> None:
        self.params, self.context, self.file = params, context, table.file
        raw = table.column(params.column)
        known = ~np.isnan(raw)
        if known.sum() < 2:
            raise ProfileError("column", f"{table.file}: {params.column} has {known.sum()} values; a series needs two "
                                         "at least")
        stamps = table.stamps.astype("int64")
        lengths_s, counts = np.unique(np.diff(stamps), return_counts=True)
        self.interval_s = int(lengths_s[np.argmax(counts)])
        """The usual one."""
        kept = known if params.max_gap_h is not None else np.ones(len(raw), dtype=bool)
        self.raw, self.lines = raw[kept], table.lines[kept]
        self.point_s = stamps[kept] - round(context.calendar.start_utc.timestamp())
        self.values_mw = self.raw * params.scale_factor / PER_MW[params.unit]

    def part(self, end_s: int, step_s: int) -> slice:
        """The rows that [0, end) needs.

        Raises
        ------
        ProfileError
            If there are none at one end; names both spans.
        """
        how, points = self.params.interpolation, self.point_s
        last_s = int(points[-1])
        covered_s = last_s + self.interval_s if how == "hold" else last_s
        needed_s = end_s - step_s if how == "pchip" else end_s
        if points[0] > 0 or covered_s < needed_s:
            held_s = last_s + self.interval_s
            hint = "interpolation: hold covers it, or " if points[0] <= 0 and held_s >= end_s else ""
            raise ProfileError("file", (
                f"{self.file}: {self.params.column} covers {self.stamp(int(points[0]))} to {self.stamp(covered_s)} "
                f"with interpolation: {how}, the scenario needs {self.stamp(0)} to {self.stamp(needed_s)} "
                f"({self.context.location.timezone}); {hint}choose another start or duration, or another file"))
        first = int(np.searchsorted(points, 0, side="right")) - 1
        beyond = int(np.searchsorted(points, needed_s, side="left"))
        if how == "hold":
            return slice(first, max(beyond, first + 1))
        margin = 1 if how == "pchip" else 0  # its slopes look one sample further
        return slice(max(first - margin, 0), beyond + 1 + margin)

    def refuse_gaps(self, part: slice) -> None:
        """Nothing may be missing for longer than allowed."""
        column = self.params.column
        # a held value counts until the next one, which may stand behind the end
        rows = slice(part.start, part.stop + (self.params.interpolation == "hold"))
        points, lines = self.point_s[rows], self.lines[rows]
        empty = np.flatnonzero(np.isnan(self.raw[part]))
        if len(empty):
            row = int(empty[0])
            raise ProfileError("file", f"{self.file}:{lines[row]}: {column} is empty at {self.stamp(points[row])}; "
                                       "fill it in, or let the interpolation bridge gaps up to max_gap_h")
        allowed_s = self.interval_s if self.params.max_gap_h is None else self.params.max_gap_h * 3600
        gaps_s = np.diff(points)
        too_long = np.flatnonzero(gaps_s > allowed_s)
        if len(too_long):
            row = int(too_long[0])
            limit = (f"the file's usual interval is {self.interval_s} s" if self.params.max_gap_h is None
                     else f"max_gap_h is {self.params.max_gap_h:g}")
            raise ProfileError("file", (
                f"{self.file}:{lines[row + 1]}: {column} has no value between {self.stamp(points[row])} and "
                f"{self.stamp(points[row + 1])}, {gaps_s[row] / 3600:g} h; {limit}; fill the gap, or let the "
                f"interpolation bridge it with max_gap_h: {gaps_s[row] / 3600:g}"))

    def refuse_negative(self, part: slice) -> None:
        """The file counts what is consumed or generated, both from 0 up."""
        negative = np.flatnonzero(self.values_mw[part] < 0.0)
        if len(negative):
            row = int(negative[0])
            p = self.params
            factor = f" times scale_factor {p.scale_factor:g}" if p.scale_factor != 1.0 else ""
            raise ProfileError("file", (
                f"{self.file}:{self.lines[part][row]}: {p.column} is {self.raw[part][row]:g} {p.unit}{factor} at "
                f"{self.stamp(self.point_s[part][row])}, below 0, and so are {len(negative)} of {len(self.raw[part])} "
                "values; mend the file, or turn the sign of all with scale_factor"))

    def stamp(self, t_s: int) -> str:
        """An instant on the site's clock, as ``2025-03-01 04:00``."""
        local: datetime = self.context.calendar.local(int(t_s))
        return local.strftime("%Y-%m-%d %H:%M" + (":%S" if local.second else ""))
