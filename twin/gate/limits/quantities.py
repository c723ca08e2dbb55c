"""Quantities of signals: what a limit compares with its bounds. Pure functions of arrays.

A block of series is (n, m): n intervals of ``dt_s``, m signals. A result is NaN where there is nothing to judge. There
are two results because the two sides of a limit look at different moments: a budget is overdrawn as soon as the running
total passes ``high``, but whether it reached ``low`` is known at its end only; a run of a unit is too long while it
lasts, and too short when it stops.

What looks back over a window begins before the start: what the plant has used of a budget counts, as far as it is known
(:mod:`.history`). What it has overdrawn already no schedule can mend: then the bound is what was used, so that nothing
may be added to it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twin.gate.limits.rows import RATES, TOTALS, LimitRow, Quantity

HOUR_S = 3600.0
ROUNDING = 1e-9
"""Part of what was used of a budget by which sums of the same figures may differ."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What is compared with the upper and the lower bound, (n, m) each."""

    high: np.ndarray
    low: np.ndarray
    used: Used | None = None
    """Of a budget that was begun before the start."""

    def bound(self, of: float, sign: float, tolerance: float) -> np.ndarray | float:
        """What an upper bound (sign 1) or a lower one (-1) comes to in each interval, (n, m) or one for all."""
        return of if self.used is None else self.used.bound(of, sign, tolerance)


@dataclass(frozen=True, slots=True)
class Used:
    """What the time before the start makes of a budget."""

    past: np.ndarray
    """(n, m) its part of the total in each interval; NaN where the window begins after the start."""
    at_start: np.ndarray
    """(m,) total of the last window before the start."""
    whole: np.ndarray
    """(m,) whether all of that window is known."""

    def bound(self, of: float, sign: float, tolerance: float) -> np.ndarray:
        """(n, m) an upper bound (sign 1) or a lower one (-1).

        A budget that is overdrawn at the start ends at what the past makes of it, less the tolerance: that is given
        once, not anew at each start.
        """
        if not math.isfinite(of):
            return np.full(self.past.shape, of)
        least = np.minimum(sign * self.past, sign * self.at_start)
        overdrawn = least + ROUNDING * np.abs(least) - tolerance
        known = ~np.isnan(self.past) & (self.whole | (sign > 0.0))
        return sign * np.maximum(sign * of, np.where(known, overdrawn, -np.inf))


@dataclass(frozen=True, slots=True)
class BeforeStart:
    """What is known of m signals before the first interval; NaN where nothing is."""

    value: np.ndarray
    """(m,) in the interval before."""
    in_state_s: np.ndarray
    """(m,) how long a unit has been on or off at the start."""
    lived: np.ndarray | None = None
    """(h, m) in the intervals before the start, the newest last, NaN where unknown; of shares of time: shares."""

    @classmethod
    def unknown(cls, count: int) -> BeforeStart:
        """Nothing is known."""
        return cls(np.full(count, np.nan), np.full(count, np.nan))

    def earlier(self, steps: int) -> np.ndarray:
        """(steps, m) the last intervals before the start; what is older than all that is known was constant."""
        rows = np.full((steps, len(self.value)), np.nan)
        if self.lived is not None and len(self.lived):
            rows[-len(self.lived):] = self.lived[-steps:]
        newer = self.value
        for row in rows[::-1]:
            row[:] = newer = np.where(np.isnan(row), newer, row)
        return rows


def judged(row: LimitRow, series: np.ndarray, dt_s: int, before: BeforeStart) -> Judged:
    """The quantity of a limit for a block of series."""
    if row.of is Quantity.VALUE:
        return _both(series)
    if row.of is Quantity.ABS:
        return _both(np.abs(series))
    if row.of in RATES:
        return _both(_rate(row, series, before, dt_s))
    if row.of in (Quantity.UP_TIME_H, Quantity.DOWN_TIME_H):
        return _run_time_h(series, row.on_above, row.of is Quantity.UP_TIME_H, before, dt_s)
    amounts = (np.abs(series) > row.on_above).astype(float) if row.of is Quantity.ABOVE_SHARE else series
    factor, used = _factor(row, dt_s, len(series)), used_before(row, before, len(series), dt_s)
    return _total(amounts * factor, _intervals(row.window_h, dt_s) or len(series), used)


def used_before(row: LimitRow, before: BeforeStart, intervals: int, dt_s: int) -> Used | None:
    """What the time before the start makes of a budget in each of so many intervals; None where nothing is known."""
    window = _intervals(row.window_h, dt_s) or intervals
    if row.of not in TOTALS or before.lived is None or not len(before.lived):
        return None
    lived = before.lived[-window:] * _factor(row, dt_s, intervals)
    known = np.vstack([np.full((window - len(lived), lived.shape[1]), np.nan), lived])
    amounts = np.nan_to_num(known)
    past = np.full((intervals, lived.shape[1]), np.nan)
    left = np.cumsum(amounts[:0:-1], axis=0)[::-1][:intervals]  # of the window of interval k all but its first k + 1
    past[:len(left)] = left
    return Used(past, amounts.sum(axis=0), ~np.isnan(known).any(axis=0))


def linear_terms(row: LimitRow, series: np.ndarray, dt_s: int, interval: int, earlier: np.ndarray | None = None,
                 ) -> list[tuple[int, float]]:
    """A quantity in one interval as a sum over the series around it: (interval, factor) each.

    Empty where it is no smooth function of the series (times on and off, shares of time).

    Parameters
    ----------
    series : (n,) of one signal.
    earlier : (h,) in the intervals before the start, the newest last.
    """
    if row.of is Quantity.VALUE:
        return [(interval, 1.0)]
    if row.of is Quantity.ABS:
        return [(interval, -1.0 if series[interval] < 0.0 else 1.0)]
    if row.of in RATES:
        lag = steps_back(row, dt_s)
        first = interval - lag
        before = np.empty(0) if earlier is None else earlier[-lag:]
        other = np.append(before, series)[max(len(before) + first, 0)]
        falls = row.of is Quantity.FALL_PER_H or (row.of is Quantity.CHANGE_PER_H and series[interval] < other)
        factor = (-1.0 if falls else 1.0) / (lag * dt_s / HOUR_S)
        return [(interval, factor)] + ([(first, -factor)] if first >= 0 else [])
    if row.of in (Quantity.ENERGY, Quantity.SUM):
        window = _intervals(row.window_h, dt_s) or len(series)
        factor = _factor(row, dt_s, len(series))
        return [(j, factor) for j in range(max(interval - window + 1, 0), interval + 1)]
    return []


def steps_back(row: LimitRow, dt_s: int) -> int:
    """Over so many intervals a rate is taken."""
    return _intervals(row.window_h, dt_s) or 1


def unit_of_quantity(of: Quantity, unit: str) -> str:
    """Unit of a quantity of a signal.

    >>> unit_of_quantity(Quantity.ENERGY, "MW"), unit_of_quantity(Quantity.RISE_PER_H, "°C")
    ('MWh', 'K/h')
    """
    if of in (Quantity.UP_TIME_H, Quantity.DOWN_TIME_H):
        return "h"
    if of is Quantity.ABOVE_SHARE:
        return "–"
    difference = "K" if unit == "°C" else unit
    if of in RATES:
        return "1/h" if unit == "–" else f"{difference}/h"
    if of is Quantity.ENERGY:
        return {"MW": "MWh", "Mvar": "Mvarh", "–": "h"}.get(unit, f"{difference} h")
    return unit


def _both(values: np.ndarray) -> Judged:
    return Judged(values, values)


def _intervals(window_h: float | None, dt_s: int) -> int | None:
    return None if window_h is None else max(1, round(window_h * HOUR_S / dt_s))


def _factor(row: LimitRow, dt_s: int, intervals: int) -> float:
    """What a value in one interval adds to a total."""
    if row.of is Quantity.ENERGY:
        return dt_s / HOUR_S
    return 1.0 if row.of is Quantity.SUM else 1.0 / (_intervals(row.window_h, dt_s) or intervals)


def _rate(row: LimitRow, series: np.ndarray, before: BeforeStart, dt_s: int) -> np.ndarray:
    """Change over the window per hour; of a window within an interval nobody knows how fast it was: all at once."""
    lag = steps_back(row, dt_s)
    earlier = np.vstack([before.earlier(lag)[:len(series)], series[:-lag]])
    hours = min(lag * dt_s / HOUR_S, row.window_h or math.inf) if lag == 1 else lag * dt_s / HOUR_S
    with np.errstate(invalid="ignore"):  # no limit (inf) followed by no limit is no change
        rate = (series - earlier) / hours
    if row.of is Quantity.CHANGE_PER_H:
        return np.abs(rate)
    return rate if row.of is Quantity.RISE_PER_H else -rate


def _total(amounts: np.ndarray, window: int, used: Used | None) -> Judged:
    """Running totals; the lower bound looks at windows of which all is known."""
    running = np.cumsum(amounts, axis=0)
    running[window:] = running[window:] - running[:-window]
    complete = running.copy()
    complete[:window - 1] = np.nan
    if used is None:
        return Judged(running, complete)
    total = running + np.nan_to_num(used.past)
    return Judged(total, np.where(used.whole, total, complete), used)


def _run_time_h(series: np.ndarray, on_above: float, up: bool, before: BeforeStart, dt_s: int) -> Judged:
    """How long a unit has been in a state: so far (for ``high``), and when it leaves it (for ``low``)."""
    wanted = (np.abs(series) > on_above) == up
    known = np.isfinite(before.value)
    was_wanted = known & ((np.abs(np.nan_to_num(before.value)) > on_above) == up)
    intervals = np.arange(len(series))[:, None]
    last_other = np.maximum.accumulate(np.where(wanted, -1, intervals), axis=0)
    from_before = wanted & (last_other < 0)
    # A run that began before the start has been going on for an unknown time where nobody knows better.
    head_s = np.where(was_wanted, before.in_state_s, np.where(known, 0.0, np.nan))
    length_s = (intervals - last_other) * float(dt_s) + np.where(from_before, head_s, 0.0)
    so_far = np.where(wanted, np.where(np.isnan(length_s), (intervals + 1.0) * dt_s, length_s), np.nan)
    lasted_s = np.vstack([head_s[None, :], length_s[:-1]])
    lasting = np.vstack([(was_wanted | (~known & wanted[0]))[None, :], wanted[:-1]])
    at_end = np.where(lasting & ~wanted, lasted_s, np.nan)
    return Judged(so_far / HOUR_S, at_end / HOUR_S)
