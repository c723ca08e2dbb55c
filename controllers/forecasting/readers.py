"""Histories from files and from runs of the twin: into series that know when they became available.

CSV and Parquet tables are read as profiles are (:mod:`simulators.profiles_table`): stamps with offsets, or of a
declared zone with days of 23 and 25 hours; what is unsorted, doubled or no number is refused with its line.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from controllers.forecasting.errors import HistoryError
from controllers.forecasting.versioned import SeriesRole, VersionedSeries
from simulators.environment.source import WeatherError
from simulators.environment.time_stamps import regular_grid, to_utc
from simulators.profiles_table import PARQUET_SUFFIXES, ProfileError, TableFormat, read_table
from twin.suggest import did_you_mean

ISSUE_SIGNS = ("issue", "reference", "init", "run")
"""Parts of the names that columns of issue times have."""


@dataclass(frozen=True, slots=True)
class HistoryFormat:
    """How a table is written."""

    time_column: str = "time"
    timezone: str = "UTC"
    """Clock of stamps without offset: UTC, UTC+08:00 or an IANA name."""
    stamp_marks: Literal["start", "end"] = "start"
    """Which edge of its interval a stamp marks."""
    delay_s: int = 0
    """From the end of an interval until its value is known."""
    separator: str = ","
    decimal: str = "."


def read_history(
    file: str, column: str, name: str, how: HistoryFormat | None = None, *, factor: float = 1.0, offset: float = 0.0,
    role: SeriesRole = SeriesRole.MEASUREMENT,
) -> VersionedSeries:
    """One column of measurements.

    Parameters
    ----------
    name : of the series; its ending names the unit after ``factor`` and ``offset``.
    factor, offset : multiplies the values, and is added then: unit and sign.

    Raises
    ------
    HistoryError
        If the file cannot be read, has no such column, or its stamps are unsorted, doubled, irregular or do not fit
        the zone.
    """
    how = how or HistoryFormat()
    try:
        table = read_table(file, TableFormat(how.time_column, how.timezone, how.separator, how.decimal))
        values = table.column(column) * factor + offset
        texts = [str(stamp) for stamp in table.stamps]
        grid = regular_grid(table.stamps, texts, file, lambda row: int(table.lines[row]))
    except ProfileError as error:
        raise HistoryError(error.problems[0].message + _issue_hint(file, how)) from error
    except WeatherError as error:
        raise HistoryError(str(error)) from error
    step_s = grid.interval_s
    valid = table.stamps.astype("datetime64[s]").astype(np.int64) - (step_s if how.stamp_marks == "end" else 0)
    return VersionedSeries(name, role, step_s, valid, valid + step_s + how.delay_s, values)


def has_column(file: str, column: str, how: HistoryFormat) -> bool:
    """Whether a table has such a column.

    Raises
    ------
    HistoryError
        If the file cannot be read.
    """
    try:
        return column in read_table(file, TableFormat(how.time_column, how.timezone, how.separator, how.decimal)).cells
    except ProfileError as error:
        raise HistoryError(error.problems[0].message) from error


def read_issued(
    file: str, column: str, name: str, issue_column: str, step_s: int, how: HistoryFormat | None = None, *,
    factor: float = 1.0, offset: float = 0.0, role: SeriesRole = SeriesRole.WEATHER,
) -> VersionedSeries:
    """One column of forecasts made by others, with a column of issue times: several versions of each valid time.

    Stamps need offsets, or a zone without summer time, because rows of several issues are not in the order of time.

    Raises
    ------
    HistoryError
        If the file cannot be read, a column is missing, or stamps cannot be read.
    """
    how = how or HistoryFormat()
    frame = _frame(file, how)
    for wanted in (how.time_column, issue_column, column):
        if wanted not in frame:
            raise HistoryError(f"{file}: no column {wanted!r}; {did_you_mean(wanted, [str(c) for c in frame])}")
    try:
        valid, issue = (to_utc(frame[c].astype(str).tolist(), how.timezone, None, file, lambda row: row + 2)
                        .astype("datetime64[s]").astype(np.int64) for c in (how.time_column, issue_column))
        values = frame[column].to_numpy(dtype=float) * factor + offset
    except WeatherError as error:
        raise HistoryError(str(error)) from error
    except ValueError as error:
        raise HistoryError(f"{file}: {column} has cells that are no numbers ({error}); mend them") from error
    _refuse_doubled(file, name, valid, issue, values)
    start = valid - (step_s if how.stamp_marks == "end" else 0)
    return VersionedSeries(name, role, step_s, start, issue + how.delay_s, values)


def _refuse_doubled(file: str, name: str, valid: np.ndarray, issue: np.ndarray, values: np.ndarray) -> None:
    """Two values of one issue for one time, of which nobody knows the right one."""
    order = np.lexsort((issue, valid))
    same = (np.diff(valid[order]) == 0) & (np.diff(issue[order]) == 0) & (np.diff(values[order]) != 0.0)
    if same.any():
        first, second = sorted((order[same.argmax()], order[same.argmax() + 1]))
        raise HistoryError(f"{file}, line {second + 2}: {name} is {values[second]:g} for a time and an issue for which "
                           f"line {first + 2} tells {values[first]:g}; delete one of them")


def read_run_history(
    directory: Path | str, key: str, name: str, *, factor: float = 1.0, delay_s: int = 0,
    role: SeriesRole = SeriesRole.MEASUREMENT,
) -> VersionedSeries:
    """A series ``component.output`` of a run of the twin; ``factor`` -1 turns a load into a magnitude.

    Raises
    ------
    RunStoreError
        If it is no run, is damaged, or has no such series.
    """
    from twin.store.reader import read_run

    run = read_run(directory)
    values = run.native(key) * factor
    step_s = run.components[key.split(".", 1)[0]].step_s
    return VersionedSeries.measured(name, round(run.start.timestamp()), step_s, values, delay_s=delay_s, role=role)


def coarsened(series: VersionedSeries, step_s: int, least_share: float = 0.5) -> VersionedSeries:
    """Means over longer intervals, available when their last value is.

    An interval of which less than ``least_share`` is known stays unknown. Versions of forecasts keep apart by issue.

    Raises
    ------
    HistoryError
        If the new step is no multiple of the old one.
    """
    if step_s == series.step_s:
        return series
    if step_s % series.step_s:
        raise HistoryError(f"{series.name}: {series.step_s} s cannot be averaged to {step_s} s; choose a multiple")
    start = series.valid_utc_s // step_s * step_s
    measured = len(np.unique(series.valid_utc_s)) == len(series.valid_utc_s)
    version = np.zeros_like(start) if measured else series.available_utc_s
    groups, where = np.unique(np.stack([start, version]), axis=1, return_inverse=True)
    where = where.ravel()
    count = np.bincount(where)
    mean = np.bincount(where, series.values) / count
    available = np.full(groups.shape[1], np.iinfo(np.int64).min)
    np.maximum.at(available, where, series.available_utc_s)
    enough = count >= least_share * step_s / series.step_s
    return VersionedSeries(series.name, series.role, step_s, groups[0][enough], available[enough], mean[enough])


def _issue_hint(file: str, how: HistoryFormat) -> str:
    """For a table that repeats its stamps because each issue of a forecast has them."""
    try:
        frame = _frame(file, how)
    except HistoryError:
        return ""
    issues = [str(column) for column in frame if any(sign in str(column).lower() for sign in ISSUE_SIGNS)]
    if not issues or how.time_column not in frame or not frame[how.time_column].duplicated().any():
        return ""
    return f"; or are these forecasts of several issues? Then write issue_column: {issues[0]}, and step_s"


def _frame(file: str, how: HistoryFormat):  # type: ignore[no-untyped-def]
    """The table of a file with forecasts of several issues."""
    import pandas as pd

    try:
        if Path(file).suffix.lower() in PARQUET_SUFFIXES:
            return pd.read_parquet(file)
        return pd.read_csv(file, sep=how.separator, decimal=how.decimal)
    except OSError as error:
        raise HistoryError(f"{file}: cannot be read ({error.strerror or error}); check the path") from error
    except Exception as error:  # pandas and pyarrow share no class of errors
        raise HistoryError(f"{file}: is no readable table ({str(error).strip()}); save it anew as CSV or Parquet") \
            from error
