"""Time stamps of a measured table: from text to UTC seconds on a regular grid, or an error that names the line.

Zones, daylight saving, duplicates, order and regularity are settled here. pandas reads the stamps.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import numpy as np

from simulators.environment.source import WeatherError

HAS_OFFSET = r":\d{2}.*(?:Z|[+-]\d{2}:?\d{2})$"
"""Hours and minutes followed by ``Z`` or an offset from UTC."""
FIXED_OFFSET = re.compile(r"UTC(?:([+-])(\d{1,2})(?::(\d{2}))?)?$")

LineOf = Callable[[int], int]
"""Row of the table → line of the file."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the rows of a file stand on its regular grid of intervals."""

    first: np.datetime64
    """First stamp, UTC."""
    interval_s: int
    position: np.ndarray
    """Row → index of its interval."""


def parse_zone(text: str) -> tzinfo:
    """An IANA name such as ``Europe/Vienna``, ``UTC``, or a fixed offset such as ``UTC+08:00``.

    Raises
    ------
    ValueError
        If it is neither.
    """
    fixed = FIXED_OFFSET.match(text)
    if fixed:
        sign, hours, minutes = fixed.groups(default="0")
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        if offset < timedelta(hours=24):
            return timezone(-offset if sign == "-" else offset)
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError) as error:  # unknown, malformed, a folder of the zone data base
        raise ValueError(f"{text!r} is no time zone; give an IANA name (Europe/Vienna) or UTC+08:00") from error


def to_utc(texts: list[str], zone: str | None, time_format: str | None, file: str, line_of: LineOf) -> np.ndarray:
    """Stamps (n,) as UTC, dtype datetime64[s].

    Stamps with an offset need no zone. Without one they follow the declared zone; the hour that an autumn night has
    twice is told apart by its order.

    Raises
    ------
    WeatherError
        For stamps that cannot be read, mix both kinds, lack a zone, or do not exist or are ambiguous in it.
    """
    import pandas as pd

    stamps = pd.Series(texts, dtype="string").str.strip()
    with_offset = stamps.str.contains(HAS_OFFSET, regex=True).fillna(False).to_numpy(dtype=bool)
    if with_offset.any() and not with_offset.all():
        odd = int(np.flatnonzero(with_offset != with_offset[0])[0])
        cut = "; or was the file cut off in its last line? Then drop it" if odd == len(texts) - 1 else ""
        raise WeatherError(f"{file}:{line_of(odd)}: stamp {texts[odd][:40]!r} and the lines before differ in having an "
                           f"offset from UTC; write all stamps alike{cut}")
    parsed = pd.to_datetime(stamps, utc=bool(with_offset.all()), format=time_format or "ISO8601", errors="coerce")
    if parsed.isna().any():
        bad = int(np.flatnonzero(parsed.isna())[0])
        expected = f"time_format {time_format!r}" if time_format else "ISO 8601 (2025-03-01T04:00:00+01:00)"
        raise WeatherError(f"{file}:{line_of(bad)}: stamp {texts[bad][:40]!r} does not follow {expected}")
    if parsed.dt.tz is None:
        if zone is None:
            raise WeatherError(f"{file}:{line_of(0)}: stamp {texts[0]!r} has no offset from UTC, no zone is declared; "
                               "set timezone (UTC, UTC+08:00 or an IANA name)")
        try:
            parsed = parsed.dt.tz_localize(parse_zone(zone), ambiguous="infer", nonexistent="raise")
        except Exception as error:  # the class pandas raises differs between its versions
            raise WeatherError(f"{file}: time stamps do not fit the zone {zone}: {str(error).partition(', try')[0]}; "
                               "at the change to and from summer time the file must have 23 and 25 hours, else declare "
                               "with timezone what clock the stamps follow (UTC, or a fixed offset such as UTC+01:00) "
                               "or write offsets into them") from error
        parsed = parsed.dt.tz_convert("UTC")
    return parsed.dt.tz_localize(None).to_numpy().astype("datetime64[s]")


def regular_grid(stamps: np.ndarray, texts: list[str], file: str, line_of: LineOf) -> Grid:
    """Find the interval of the file and the place of every row; missing rows leave holes.

    Raises
    ------
    WeatherError
        For fewer than two rows, stamps that repeat, go back, or lie off the file's own grid.
    """
    if len(stamps) < 2:
        raise WeatherError(f"{file}: {len(stamps)} rows of data; at least two are needed to know the interval")
    steps = np.diff(stamps).astype(int)
    late = np.flatnonzero(steps <= 0)
    if len(late):
        row = int(late[0]) + 1
        what = "repeats the stamp of line" if steps[row - 1] == 0 else "goes back behind line"
        raise WeatherError(f"{file}:{line_of(row)}: {texts[row]!r} {what} {line_of(row - 1)}; sort the file by time "
                           "and keep one row per stamp")
    lengths, counts = np.unique(steps, return_counts=True)
    interval = int(lengths[np.argmax(counts)])
    position = (stamps - stamps[0]).astype(int)
    off = np.flatnonzero(position % interval)
    if len(off):
        row = int(off[0])
        raise WeatherError(f"{file}:{line_of(row)}: stamp {texts[row]!r} is not on the file's own grid of {interval} s "
                           "from its first stamp; resample the file to equal intervals")
    return Grid(stamps[0], interval, position // interval)
