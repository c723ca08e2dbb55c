"""Instants as a scenario writes them: ``"10:15"`` on the first day on which the scenario reaches it, ``"2 10:15"`` on
its second day, both on the site's clock, or a full stamp with offset.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from twin.context import Context

_CLOCK = re.compile(r"(?:(?P<day>[1-9]\d*) )?(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?")


def _instant(text: str) -> str:
    if _CLOCK.fullmatch(text):
        return text
    try:
        stamp = datetime.fromisoformat(text)
    except ValueError:
        stamp = None
    if stamp is None or stamp.tzinfo is None:
        raise ValueError(f"{text[:40]!r} is no time; write \"10:15\", \"2 10:15\" for the second day, or a stamp with "
                         f"offset like 2025-07-15T10:15:00+08:00")
    return text


Instant: TypeAlias = Annotated[str, AfterValidator(_instant)]
"""A field of a scenario that is an instant."""


def seconds_at(instant: str, context: Context) -> int:
    """Seconds from the scenario's start to an instant; the next day where the start is later in the day.

    An hour that the clocks skip in spring counts as if they had not been changed yet, one that they repeat in autumn
    counts the first time.
    """
    start = context.calendar.local(0)
    found = _CLOCK.fullmatch(instant)
    if found is None:
        there = datetime.fromisoformat(instant)
    else:
        there = start.replace(hour=int(found["hour"]), minute=int(found["minute"]), second=int(found["second"] or 0),
                              microsecond=0, fold=0)
        days = int(found["day"]) - 1 if found["day"] else int(there < start)
        there += timedelta(days=days)
    # times of one zone would be subtracted as the clock shows them, whatever was done to it in between
    return round((there.astimezone(UTC) - context.calendar.start_utc).total_seconds())


def outside(instant: str, at_s: int, context: Context) -> str | None:
    """What is wrong with an instant at which the scenario does not run; None: nothing is."""
    if 0 <= at_s < context.duration_s:
        return None
    first, last, there = (f"{context.calendar.local(t_s):%Y-%m-%d %H:%M:%S}" for t_s in (0, context.duration_s, at_s))
    return f"{instant!r} is {there}, but the scenario runs from {first} to {last}; give a time within"
