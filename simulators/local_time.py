"""Means of a function of the local clock over simulation steps.

Daily profiles and tariffs follow the wall clock and the working-day calendar, simulation steps follow seconds from the
scenario's start. A step is cut where the wall clock may jump or the day may change, which in every time zone in use
happens on a quarter hour of UTC; within a piece the clock runs evenly. So energy and money are exact for any step,
any start and across daylight-saving changes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from twin.context import Calendar, CalendarTable

QUARTER_S = 900
"""UTC offsets, midnights and metering intervals are multiples of a quarter hour."""

PieceMeans = Callable[[np.ndarray, CalendarTable, np.ndarray], np.ndarray]
"""(start [s from scenario start], calendar at the start, length [h]) of n pieces → means over each, shape (n, k)."""


def step_means(calendar: Calendar, t_s: np.ndarray, dt_s: int, means: PieceMeans) -> np.ndarray:
    """Mean over [t, t + dt) for each ``t``.

    Parameters
    ----------
    t_s : (n,) int array, consecutive step starts (``t_s[i + 1] = t_s[i] + dt_s``).

    Returns
    -------
    (n, k) array.
    """
    start_epoch_s = round(calendar.start_utc.timestamp())
    end_s = int(t_s[-1]) + dt_s
    first_quarter_s = int(t_s[0]) + (-(start_epoch_s + int(t_s[0]))) % QUARTER_S
    starts = np.union1d(t_s, np.arange(first_quarter_s, end_s, QUARTER_S))
    length_s = np.diff(starts, append=end_s)
    values = means(starts, calendar.table(starts), length_s / 3600.0)
    first = np.searchsorted(starts, t_s)
    weighted = np.add.reduceat(values * length_s[:, None], first) / dt_s
    # a weighted mean of equal numbers differs from them in the last bit: a price of 920 has to stay 920
    constant = np.minimum.reduceat(values, first) == np.maximum.reduceat(values, first)
    return np.where(constant, values[first], weighted)


class StepTable:
    """Rows of :func:`step_means` looked up one step at a time; a day of steps is computed at its first use.

    Holds nothing but what follows from the function and the calendar, so it is no part of a component's state.
    """

    def __init__(self, calendar: Calendar, means: PieceMeans) -> None:
        self._calendar = calendar
        self._means = means
        self._key: tuple[int, int, int] | None = None
        self._rows: list[tuple[float, ...]] = []

    def row(self, t_s: int, dt_s: int) -> tuple[float, ...]:
        """Means over [t_s, t_s + dt_s)."""
        per_block = max(1, 86_400 // dt_s)
        index, offset_s = divmod(t_s, dt_s)
        block, position = divmod(index, per_block)
        key = (block, dt_s, offset_s)
        if key != self._key:
            starts = offset_s + (block * per_block + np.arange(per_block)) * dt_s
            self._rows = [tuple(r) for r in step_means(self._calendar, starts, dt_s, self._means).tolist()]
            self._key = key
        return self._rows[position]
