"""Periods of a tariff as an exact partition of every day of the year.

Published tables overlap and leave gaps (the park's source lists flat hours 11-18 across a deep valley 12-15, 27 h in
all), so a tariff is taken only if each quarter hour of each kind of day in each month belongs to exactly one period.
Precedence, hour by hour: ``holiday`` before ``non_working`` before ``all``, and ``working`` before ``all``. Two periods
of the same kind of day may not meet, whatever their months or order in the file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from simulators.market.daily_windows import QUARTERS, SELECTIONS, DayKind, clock

SHOWN_PROBLEMS = 6
"""A wrong month shows up in many places; a few are enough to mend it."""

_KIND_TEXT = {DayKind.WORKING: "working days", DayKind.WEEKEND: "weekends", DayKind.HOLIDAY: "holidays"}


class NamedWindow(Protocol):
    """What a partition needs of a period."""

    @property
    def name(self) -> str: ...
    @property
    def days(self) -> str: ...
    def quarters(self) -> list[int]: ...
    def in_month(self, month: int) -> bool: ...


def partition(periods: Sequence[NamedWindow]) -> np.ndarray:
    """Index of the period that holds, shape (12 months, 3 kinds of day, 96 quarter hours).

    Raises
    ------
    ValueError
        Naming the periods, hours, months and kinds of day where two periods meet or none holds.
    """
    owner = np.full((12, len(DayKind), QUARTERS), -1)
    where: dict[tuple[str, tuple[str, ...]], set[tuple[int, DayKind, int]]] = defaultdict(set)
    for month in range(12):
        for kind in DayKind:
            covering = covering_windows(periods, month + 1, kind)
            for quarter, found in enumerate(covering):
                if len(found) == 1:
                    owner[month, kind, quarter] = found[0]
                else:
                    names = tuple(periods[i].name for i in found)
                    where["overlap" if found else "gap", names].add((month + 1, kind, quarter))
    if where:
        raise ValueError(_describe(where))
    return owner


def covering_windows(periods: Sequence[NamedWindow], month: int, kind: DayKind) -> list[list[int]]:
    """Per quarter hour the windows, by index, of the most specific selection that has any there."""
    covering: list[list[int]] = [[] for _ in range(QUARTERS)]
    for selection in SELECTIONS[kind]:
        taken = [bool(found) for found in covering]
        for index, period in enumerate(periods):
            if period.days == selection and period.in_month(month):
                for quarter in period.quarters():
                    if not taken[quarter]:
                        covering[quarter].append(index)
    return covering


def _describe(where: dict[tuple[str, tuple[str, ...]], set[tuple[int, DayKind, int]]]) -> str:
    lines = []
    for (what, names), places in where.items():
        days: dict[tuple[str, str], set[str]] = defaultdict(set)
        for kind in DayKind:
            months_of: dict[tuple[int, ...], list[int]] = defaultdict(list)
            for month in sorted({m for m, k, _ in places if k == kind}):
                months_of[tuple(sorted(q for m, k, q in places if (m, k) == (month, kind)))].append(month)
            for quarters, months in months_of.items():
                days[_hours_text(quarters), _months_text(months)].add(_KIND_TEXT[kind])
        for (hours, months_text), kinds in days.items():
            subject = " and ".join(f"{n!r}" for n in names) + " both cover" if what == "overlap" else "no period covers"
            days_text = "" if len(kinds) == len(DayKind) else f" on {' and '.join(sorted(kinds, reverse=True))}"
            lines.append(f"{subject} {hours}{months_text}{days_text}")
    more = f"; and {len(lines) - SHOWN_PROBLEMS} more" if len(lines) > SHOWN_PROBLEMS else ""
    return (
        "the periods must cover each day exactly once: " + "; ".join(lines[:SHOWN_PROBLEMS]) + more
        + ". Split or add hours until every hour belongs to one period"
    )


def _hours_text(quarters: Sequence[int]) -> str:
    """Consecutive quarter hours as ranges of the clock."""
    breaks = [i for i in range(1, len(quarters)) if quarters[i] != quarters[i - 1] + 1]
    starts, ends = [0, *breaks], [*breaks, len(quarters)]
    return ", ".join(f"{clock(quarters[a])}-{clock(quarters[b - 1] + 1)}" for a, b in zip(starts, ends, strict=True))


def _months_text(months: Sequence[int]) -> str:
    if len(months) == 12:
        return ""
    return f" in month{'s' if len(months) > 1 else ''} {', '.join(map(str, months))}"
