"""Demand charge: the highest mean import over the metering interval in each calendar month, pro rata. MW, money.

A two-part tariff bills the maximum demand of a calendar month; of a month that the run covers in part, the same part
is charged, so that a day and its month can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

CLOCK_CHANGE_S = 900
"""Clocks change at multiples of this on the UTC clock, everywhere in the IANA data since 1972."""


@dataclass(frozen=True, slots=True)
class MonthDemand:
    """Billed demand of one calendar month."""

    month: str
    """Local month, ``2025-07``."""
    peak_mw: float
    """Highest mean import over one metering interval."""
    covered_frac: float
    """Part of the month that was simulated."""


def monthly_demand(
    import_mw: np.ndarray, start: datetime, timezone: str, step_s: int, interval_s: int
) -> tuple[MonthDemand, ...]:
    """Highest interval mean of the import in each local month.

    Parameters
    ----------
    import_mw : shape (n,), each value held for ``step_s``
    start : time-zone aware start of the first value
    interval_s : metering interval; intervals begin on multiples of it on the local clock, also where that is half an
        hour off UTC. An interval that the run covers in part, or that a change of the clock cuts, is judged by the
        part.
    """
    if len(import_mw) == 0:
        return ()
    t = start.timestamp() + np.arange(len(import_mw)) * step_s
    offset = _utc_offset_s(t, ZoneInfo(timezone))
    interval = np.floor_divide(t + offset, interval_s).astype(np.int64)
    # the hour repeated in autumn has the same number twice: the change of the clock ends an interval
    begins = (np.diff(interval, prepend=interval[0] - 1) != 0) | (np.diff(offset, prepend=offset[0]) != 0)
    first_of_interval = np.flatnonzero(begins)
    counts = np.diff(np.append(first_of_interval, len(t)))
    means = np.add.reduceat(import_mw, first_of_interval) / counts
    end_s = float(t[-1]) + step_s
    found = []
    for begin, label in _months(start.timestamp(), end_s, ZoneInfo(timezone)):
        next_begin = _next_month(begin).timestamp()
        inside = (t[first_of_interval] >= begin.timestamp()) & (t[first_of_interval] < next_begin)
        covered = min(end_s, next_begin) - max(start.timestamp(), begin.timestamp())
        peak = float(means[inside].max(initial=0.0))
        found.append(MonthDemand(label, peak, covered / (next_begin - begin.timestamp())))
    return tuple(found)


def demand_cost(months: tuple[MonthDemand, ...], charge_per_mw_month: float) -> float:
    """Money for the billed demand."""
    return sum(m.peak_mw * m.covered_frac for m in months) * charge_per_mw_month


def _utc_offset_s(t: np.ndarray, zone: ZoneInfo) -> np.ndarray:
    """Offset of the local clock from UTC at each time [s]; clocks change on quarter hours."""
    quarters, index = np.unique(np.floor_divide(t, CLOCK_CHANGE_S), return_inverse=True)
    offsets = [datetime.fromtimestamp(q * CLOCK_CHANGE_S, zone).utcoffset() for q in quarters.tolist()]
    return np.array([o.total_seconds() if o is not None else 0.0 for o in offsets])[index]


def _months(start_s: float, end_s: float, zone: ZoneInfo) -> list[tuple[datetime, str]]:
    """Local month beginnings (with labels) that overlap [start, end)."""
    begin = datetime.fromtimestamp(start_s, zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found = []
    while begin.timestamp() < end_s:
        found.append((begin, begin.strftime("%Y-%m")))
        begin = _next_month(begin)
    return found


def _next_month(begin: datetime) -> datetime:
    # 32 days on is always in the next month; replacing the day keeps the local midnight across daylight saving
    return (begin + timedelta(days=32)).replace(day=1)
