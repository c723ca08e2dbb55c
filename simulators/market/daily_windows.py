"""When a price holds: hours of the local day, months and kinds of day, on a grid of quarter hours.

Hours are half-open ranges, written ``"8-11"``, ``"22-6"`` (past midnight), ``"8:30-11:45"`` or ``[8, 11]``.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator

from twin.context import Calendar, CalendarTable

QUARTERS = 96
"""Quarter hours of a day."""

DaySelection = Literal["all", "working", "non_working", "holiday"]


class DayKind(IntEnum):
    """What a day is to a tariff."""

    WORKING = 0
    WEEKEND = 1
    HOLIDAY = 2


SELECTIONS: dict[DayKind, tuple[DaySelection, ...]] = {
    DayKind.WORKING: ("working", "all"),
    DayKind.WEEKEND: ("non_working", "all"),
    DayKind.HOLIDAY: ("holiday", "non_working", "all"),
}
"""Which selections a day falls under, the most specific first."""

_RANGE = re.compile(r"\s*(\d{1,2})(?::(\d{2}))?\s*-\s*(\d{1,2})(?::(\d{2}))?\s*")


def quarters_of(hours: str | tuple[float, float]) -> list[int]:
    """Quarter hours of a range of hours, in the order of the clock.

    Raises
    ------
    ValueError
        If it is no range within 0 to 24 h, is empty, or does not start and end on a quarter hour.
    """
    if isinstance(hours, str):
        match = _RANGE.fullmatch(hours)
        if match is None:
            raise ValueError(f"{hours!r} is no range of hours; write it like 8-11, 22-6 or 8:30-11")
        h0, m0, h1, m1 = (int(g or 0) for g in match.groups())
        if max(m0, m1) > 59:
            raise ValueError(f"{hours!r} has more than 59 minutes")
        first, last = h0 + m0 / 60, h1 + m1 / 60
    else:
        first, last = hours
    shown = hours if isinstance(hours, str) else f"[{first:g}, {last:g}]"
    if not (0 <= first <= 24 and 0 <= last <= 24):
        raise ValueError(f"{shown} lies outside 0 to 24 h")
    if (first * 4) % 1 or (last * 4) % 1:
        raise ValueError(f"{shown} does not start and end on a quarter hour")
    if first == last:
        raise ValueError(f"{shown} is empty; a whole day is 0-24")
    start, end = round(first * 4), round(last * 4)
    return [q % QUARTERS for q in range(start, end if end > start else end + QUARTERS)]


def clock(quarter: int) -> str:
    """Quarter of the day as a time.

    >>> clock(34)
    '08:30'
    """
    return f"{quarter // 4:02d}:{quarter % 4 * 15:02d}"


class DailyWindow(BaseModel):
    """Hours of some days of some months."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    hours: list[str | tuple[float, float]] = Field(
        min_length=1, description='local hours, e.g. ["8-11", "18-21"]; from inclusive, to exclusive, 22-6 wraps'
    )
    months: list[int] | None = Field(default=None, min_length=1, description="months 1 to 12; default: all")
    days: DaySelection = Field(
        default="all", description="all, working, non_working (weekends and holidays) or holiday (public holidays)"
    )

    @field_validator("hours")
    @classmethod
    def _hours_are_ranges(cls, value: list[str | tuple[float, float]]) -> list[str | tuple[float, float]]:
        for hours in value:
            quarters_of(hours)
        return value

    @field_validator("months")
    @classmethod
    def _months_exist(cls, value: list[int] | None) -> list[int] | None:
        for month in value or ():
            if not 1 <= month <= 12:
                raise ValueError(f"there is no month {month}; give numbers from 1 to 12")
        return value

    def quarters(self) -> list[int]:
        """Covered quarter hours; one that is named twice appears twice."""
        return [q for hours in self.hours for q in quarters_of(hours)]

    def in_month(self, month: int) -> bool:
        """Whether the window exists in a month (1 to 12)."""
        return self.months is None or month in self.months


def day_kinds(calendar: Calendar, table: CalendarTable) -> np.ndarray:
    """:class:`DayKind` of each row, shape (n,)."""
    holiday = {day: calendar.is_holiday(day) for day in set(table.day)}
    off = np.array([DayKind.HOLIDAY if holiday[day] else DayKind.WEEKEND for day in table.day], dtype=int)
    return np.where(table.working_day, int(DayKind.WORKING), off)


def quarters_in_day(table: CalendarTable) -> np.ndarray:
    """Quarter of the local day of each row, shape (n,)."""
    return (table.hour * 4.0).astype(int)
