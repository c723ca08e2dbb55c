"""Quantities of signals: what a limit compares with its bounds. Pure functions of arrays.

A block of series is (n, m): n intervals of ``dt_s``, m signals. A result is NaN where there is nothing to judge. There
are two results because the two sides of a limit look at different moments: a budget is overdrawn as soon as the running
total passes ``high``, but whether it reached ``low`` is known at its end only; a run of a unit is too long while it
lasts, and too short when it stops.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.gate.limits.rows import RATES, LimitRow, Quantity

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Judged:
    """What is compared with the upper and the lower bound, (n, m) each."""

    high: np.ndarray
    low: np.ndarray


@dataclass(frozen=True, slots=True)
class BeforeStart:
    """What is known of m signals before the first interval; NaN where nothing is."""

    value: np.ndarray
    """(m,) in the interval before."""
    in_state_s: np.ndarray
    """(m,) how long a unit has been on or off at the start."""

    @classmethod
    def unknown(cls, count: int) -> BeforeStart:
        """Nothing is known."""
        return cls(np.full(count, np.nan), np.full(count, np.nan))


def judged(row: LimitRow, series: np.ndarray, dt_s: int, before: BeforeStart) -> Judged:
    """The quantity of a limit for a block of series."""
    if row.of is Quantity.VALUE:
        return _both(series)
    if row.of is Quantity.ABS:
        return _both(np.abs(series))
    if row.of in RATES:
        return _both(_rate(row.of, series, before.value, _intervals(row.window_h, dt_s) or 1, dt_s))
    if row.of in (Quantity.UP_TIME_H, Quantity.DOWN_TIME_H):
        return _run_time_h(series, row.on_above, row.of is Quantity.UP_TIME_H, before, dt_s)
    window = _intervals(row.window_h, dt_s)
    if row.of is Quantity.ENERGY:
        return _total(series * (dt_s / HOUR_S), window)
    if row.of is Quantity.SUM:
        return _total(series, window)
    above = (np.abs(series) > row.on_above).astype(float)
    return _total(above / (window or len(series)), window)


def linear_terms(row: LimitRow, series: np.ndarray, dt_s: int, interval: int) -> list[tuple[int, float]]:
    """A quantity in one interval as a sum over the series around it: (interval, factor) each.

    Empty where it is no smooth function of the series (times on and off, shares of time).

    Parameters
    ----------
    series : (n,) of one signal.
    """
    if row.of is Quantity.VALUE:
        return [(interval, 1.0)]
    if row.of is Quantity.ABS:
        return [(interval, -1.0 if series[interval] < 0.0 else 1.0)]
    if row.of in RATES:
        lag = _intervals(row.window_h, dt_s) or 1
        earlier = interval - lag
        falls = row.of is Quantity.FALL_PER_H or (
            row.of is Quantity.CHANGE_PER_H and series[interval] < series[max(earlier, 0)])
        factor = (-1.0 if falls else 1.0) / (lag * dt_s / HOUR_S)
        return [(interval, factor)] + ([(earlier, -factor)] if earlier >= 0 else [])
    if row.of in (Quantity.ENERGY, Quantity.SUM):
        window = _intervals(row.window_h, dt_s) or len(series)
        factor = dt_s / HOUR_S if row.of is Quantity.ENERGY else 1.0
        return [(j, factor) for j in range(max(interval - window + 1, 0), interval + 1)]
    return []


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


def _rate(of: Quantity, series: np.ndarray, before: np.ndarray, lag: int, dt_s: int) -> np.ndarray:
    """Change over ``lag`` intervals per hour; what was before the start counts as constant there."""
    earlier = np.vstack([np.tile(before, (min(lag, len(series)), 1)), series[:-lag]])
    with np.errstate(invalid="ignore"):  # no limit (inf) followed by no limit is no change
        rate = (series - earlier) / (lag * dt_s / HOUR_S)
    if of is Quantity.CHANGE_PER_H:
        return np.abs(rate)
    return rate if of is Quantity.RISE_PER_H else -rate


def _total(amounts: np.ndarray, window: int | None) -> Judged:
    """Running totals; the lower bound looks at whole windows, without one at the whole horizon."""
    running = np.cumsum(amounts, axis=0)
    whole = len(amounts) if window is None else window
    if window is not None:
        running[window:] = running[window:] - running[:-window]
    complete = running.copy()
    complete[:whole - 1] = np.nan
    return Judged(running, complete)


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
