"""From the cells of a schedule file to a schedule, or to all that is wrong with them at once.

Stamps become whole seconds from the scenario's start. Daylight saving needs no rule of its own, because every stamp
carries its offset; where a mistake stands at a change of the clock, the message says so.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from twin.context import Calendar
from twin.nameplate import within
from twin.schedule import Horizon, Origin, OriginKind, Schedule, ScheduleError, may_be_infinite, metadata_of_plain
from twin.schedule_cells import number_in, shown
from twin.suggest import did_you_mean
from twin.units import unit_of

TIME = "time"
"""Header of the interval starts."""
MOST_PROBLEMS = 20
EXAMPLE_STAMP = "2025-07-15T00:00:00+08:00"
CLOCK_CHANGE_S = 3600
"""Daylight saving moves the clock by an hour (Lord Howe Island: half of it)."""
FARTHEST = timedelta(days=100 * 365)
"""A stamp farther from the scenario's start is a slip of the pen (and calendars end in the year 9999)."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a schedule file must fit."""

    calendar: Calendar
    """The site's clock and the scenario's start."""
    step_s: int
    """Step of the scenario: intervals are multiples of it and begin on it."""
    ports: Mapping[str, Collection[str]]
    """Asset → its ports that a schedule may set."""
    scenario_sha256: str
    now_s: int = 0
    """What ends by then is past."""
    duration_s: int = 0
    """How long the schedule must last, counted from now or from its start where that is later."""
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Key of a set-point → lowest and highest value by the nameplate of its asset."""


@dataclass(frozen=True, slots=True)
class RawTable:
    """A file as it stands."""

    file: str
    columns: list[str]
    rows: list[tuple[int, list[Any]]]
    """Line or row in the file, cells: text from a CSV file, values from a Parquet file."""
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class FileProblem:
    """One mistake and what to do about it."""

    file: str
    row: int | None
    column: str | None
    message: str

    def __str__(self) -> str:
        where = self.file if self.row is None else f"{self.file}:{self.row}"
        return f"{where}: {self.column + ': ' if self.column else ''}{self.message}"


class ScheduleFileError(ScheduleError):
    """All mistakes of a schedule file."""

    def __init__(self, problems: list[FileProblem]) -> None:
        self.problems = problems[:MOST_PROBLEMS]
        left = len(problems) - len(self.problems)
        super().__init__("\n".join([*map(str, self.problems), *([f"and {left} more"] if left else [])]))


def checked_schedule(table: RawTable, expected: Expected) -> Schedule:
    """The schedule that a table says.

    Raises
    ------
    ScheduleFileError
        With everything that is wrong with it.
    """
    checks = _Checks(table, expected)
    checks.header()
    checks.widths()
    horizon = checks.horizon()
    setpoints = {key: checks.numbers(key) for key in table.columns if key != TIME}
    about = checks.about()
    if checks.problems or horizon is None:
        raise ScheduleFileError(checks.problems)
    return Schedule(**{**about, "horizon": horizon, "setpoints": setpoints})


@dataclass(slots=True)
class _Checks:
    table: RawTable
    expected: Expected
    problems: list[FileProblem] = field(default_factory=list)

    def report(self, message: str, row: int | None = None, column: str | None = None) -> None:
        self.problems.append(FileProblem(self.table.file, row, column, message))

    # ---- header ---------------------------------------------------------------------------------------------------

    def header(self) -> None:
        columns = self.table.columns
        if TIME not in columns:
            hint = did_you_mean(TIME, columns)
            if len(columns) == 1 and (found := re.search(r"[;\t|]", columns[0])):
                hint = f"cells are separated by commas, here it is {found[0]!r}"
            self.report(f"no column {TIME!r} with the interval starts; {hint}")
        if not [name for name in columns if name != TIME]:
            self.report("no set-points; name further columns asset.port, e.g. bess.p_set_mw")
        for name, times in Counter(columns).items():
            if times > 1:
                self.report(f"{times} columns of this name; keep one", column=name)
        for name in dict.fromkeys(columns):
            if name != TIME and TIME in columns:
                self.key(name)
        if self.problems:  # without a sound header, every further message would be noise
            raise ScheduleFileError(self.problems)

    def key(self, name: str) -> None:
        asset, dot, port = name.partition(".")
        ports = self.expected.ports
        if not dot:
            self.report("names no set-point; write asset.port, e.g. bess.p_set_mw", column=name)
        elif asset not in ports:
            self.report(f"no asset {asset!r} that a schedule could set; {did_you_mean(asset, ports)}", column=name)
        elif port not in ports[asset]:
            self.report(f"{asset} has no port {port!r} to set; {did_you_mean(port, ports[asset])}", column=name)

    def widths(self) -> None:
        """Every row has a cell per column; others are padded, so that the rest of the file is still looked at."""
        n = len(self.table.columns)
        for row, cells in self.table.rows:
            if len(cells) != n:
                self.report(f"{len(cells)} cells, the header names {n} columns; write one cell per column", row)
                cells[:] = (cells + [""] * n)[:n]

    # ---- time -----------------------------------------------------------------------------------------------------

    def horizon(self) -> Horizon | None:
        column = self.table.columns.index(TIME)
        stamps = [(row, cells[column], self.stamp(row, cells[column])) for row, cells in self.table.rows]
        known = [(row, text, t_s) for row, text, t_s in stamps if t_s is not None]
        step_s = self.stored_step_s()
        if len(self.table.rows) < (1 if step_s else 2):
            self.report(f"{len(self.table.rows)} rows; two at least are needed, for their distance is the interval")
            return None
        if not known or (step_s is None and len(known) < 2):
            return None
        if step_s is None:
            lengths = Counter(b[2] - a[2] for a, b in pairwise(known) if b[2] > a[2])
            step_s = max(lengths, key=lambda length: (lengths[length], -length), default=0)
        before_count = len(self.problems)
        for before, after in pairwise(known):
            self.neighbours(before, after, step_s)
        if len(self.problems) > before_count or len(known) < len(stamps):
            return None
        return self.span(Horizon(known[0][2], step_s, len(known)), known[0][0])

    def stamp(self, row: int, cell: Any) -> int | None:
        try:
            stamp = cell if isinstance(cell, datetime) else datetime.fromisoformat(str(cell).strip())
        except ValueError:
            self.report(f"{shown(cell)} is no time stamp; write ISO 8601 with offset, {EXAMPLE_STAMP}", row, TIME)
            return None
        if stamp.utcoffset() is None:
            offset = self.expected.calendar.local(0).isoformat()[19:]
            self.report(f"{shown(cell)} has no offset from UTC, and an hour of an autumn night would be there twice; "
                        f"write it with its offset, e.g. {stamp.isoformat()}{offset}", row, TIME)
            return None
        since_start = stamp - self.expected.calendar.start_utc
        if abs(since_start) > FARTHEST:
            self.report(f"{shown(cell)} is more than {FARTHEST.days // 365} years away from the scenario's start "
                        f"{self.local(0)}; check the year", row, TIME)
            return None
        if since_start % timedelta(seconds=1):
            self.report(f"{shown(cell)} is no whole second; begin intervals on the scenario's step", row, TIME)
            return None
        return since_start // timedelta(seconds=1)

    def neighbours(self, before: tuple[int, Any, int], after: tuple[int, Any, int], step_s: int) -> None:
        (row_before, _, earlier_s), (row, text, later_s) = before, after
        apart_s = later_s - earlier_s
        if apart_s == step_s:
            return
        if apart_s == 0:
            what = f"repeats the stamp of row {row_before}; keep one row per interval"
        elif apart_s < 0:
            what = f"goes back behind row {row_before}; sort the file by time"
        elif step_s and apart_s % step_s == 0:
            what = f"leaves a gap of {apart_s // step_s - 1} intervals of {step_s} s after row {row_before}; fill it"
        else:
            what = f"comes {apart_s} s after row {row_before}, other rows {step_s} s; write equal intervals"
        self.report(f"{shown(text)} {what}{self.clock_hint(earlier_s, later_s)}", row, TIME)

    def clock_hint(self, a_s: int, b_s: int) -> str:
        local = self.expected.calendar.local
        before, after = local(min(a_s, b_s)), local(max(a_s, b_s) + CLOCK_CHANGE_S)
        if before.utcoffset() == after.utcoffset():
            return ""
        return (f" (the clock of {self.expected.calendar.zone} changes here, from {before.isoformat()[19:]} to "
                f"{after.isoformat()[19:]}: each stamp needs the offset of its moment)")

    def span(self, horizon: Horizon, first_row: int) -> Horizon:
        expected = self.expected
        step_s = expected.step_s
        if horizon.step_s % step_s:
            self.report(f"intervals of {horizon.step_s} s; the scenario steps by {step_s} s, use a multiple of it",
                        column=TIME)
        elif horizon.start_s % step_s:
            self.report(f"begins {horizon.start_s % step_s} s after a step of the scenario ({step_s} s from "
                        f"{self.local(0)}); begin on a step", first_row, TIME)
        if horizon.end_s <= expected.now_s:
            self.report(f"ends at {self.local(horizon.end_s)}, now it is {self.local(expected.now_s)}; it is wholly in "
                        "the past", column=TIME)
            return horizon
        lasts_s = horizon.end_s - max(horizon.start_s, expected.now_s)
        if lasts_s < expected.duration_s:
            self.report(f"lasts for {lasts_s / 3600:g} h from {self.local(max(horizon.start_s, expected.now_s))} on; "
                        f"{expected.duration_s / 3600:g} h are needed", column=TIME)
        return horizon

    def local(self, t_s: int) -> str:
        return self.expected.calendar.local(t_s).isoformat()

    # ---- numbers --------------------------------------------------------------------------------------------------

    def numbers(self, key: str) -> np.ndarray:
        column = self.table.columns.index(key)
        values = np.full(len(self.table.rows), np.nan)
        for index, (row, cells) in enumerate(self.table.rows):
            found = number_in(cells[column], infinity_allowed=may_be_infinite(key))
            if isinstance(found, str):
                self.report(found, row, key)
            else:
                values[index] = found
        self.nameplate(key, values)
        return values

    def nameplate(self, key: str, values: np.ndarray) -> None:
        """What the asset cannot do would be cut off silently; most likely another unit was meant."""
        allowed = self.expected.ranges.get(key)
        if allowed is None:
            return
        column, (low, high) = self.table.columns.index(TIME), allowed
        beyond = [index for index, value in enumerate(values.tolist()) if math.isfinite(value)
                  and not within(value, allowed)]
        if beyond:
            row, cells = self.table.rows[beyond[0]]
            others = f" (so are {len(beyond) - 1} further intervals)" if len(beyond) > 1 else ""
            unit = unit_of(key) or ""
            self.report(f"{values[beyond[0]]:g} at {str(cells[column]).strip()} is outside {low:g} to {high:g}"
                        f"{'' if unit in ('', '–') else ' ' + unit}, what the nameplate of {key.partition('.')[0]} "
                        f"allows{others}; give values within, in the unit that the name of the column says", row, key)

    # ---- what it was made from ------------------------------------------------------------------------------------

    def about(self) -> dict[str, Any]:
        if self.table.metadata is None:
            return {"origin": Origin(OriginKind.FILE, Path(self.table.file).name), "forecast_sha256": "",
                    "scenario_sha256": self.expected.scenario_sha256, "state_sha256": ""}
        try:
            about = metadata_of_plain(self.table.metadata)
        except (KeyError, TypeError, ValueError, AttributeError, ScheduleError) as error:
            self.report(f"its metadata are damaged or of another version ({type(error).__name__}: {error}); write the "
                        "file anew, or drop the metadata: the file is its origin then")
            return {}
        made_for = about["scenario_sha256"]
        if made_for != self.expected.scenario_sha256:
            self.report(f"was made for the scenario {made_for[:12]}…, this is {self.expected.scenario_sha256[:12]}…; "
                        "give the scenario that it was made for (a run directory has its own), or save it as CSV, "
                        "which names none")
        return about

    def stored_step_s(self) -> int | None:
        """The interval that the metadata of a Parquet file name; needed where there is one row alone."""
        horizon = (self.table.metadata or {}).get("horizon")
        step_s = horizon.get("step_s") if isinstance(horizon, dict) else None
        return step_s if isinstance(step_s, int) and step_s > 0 else None
