"""Local time and day types as models see them: from the site's calendar with its holiday table, or from a given table.

Networks trust the calendar: on a made-up one their error doubled (a published file that skips a weekday). So the day
type is always declared, by country or by table, and never guessed from dates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import numpy as np

from controllers.forecasting.errors import ForecastError
from twin.context import Calendar

DAY_S = 86_400
WEEK_DAYS = 7
YEAR_DAYS = 365.25
QUARTER_S = 900
"""All UTC offsets in use are multiples of it."""
MOST_DAYS = 60
"""Days that are looked up one after the other, wanted or not."""


@dataclass(frozen=True, slots=True)
class DayColumns:
    """Columns of the shape asked for."""

    hour: np.ndarray
    """Local hour of day, 0 ≤ hour < 24."""
    weekday: np.ndarray
    """0 = Monday."""
    working_day: np.ndarray
    """Official working day, make-up days included."""
    year_fraction: np.ndarray
    """0 on 1 January."""


class DayTypes(Protocol):
    """Local hour and day type of any instant."""

    def of(self, utc_s: np.ndarray) -> DayColumns:
        """Columns for instants of any shape, on quarter hours."""
        ...


class CalendarDays:
    """Day types by time zone and country, as :class:`twin.context.Calendar` knows them."""

    def __init__(self, timezone: str, country: str | None) -> None:
        self.calendar = Calendar(datetime(1970, 1, 1, tzinfo=UTC), timezone, country)
        self._days: dict[int, np.ndarray] = {}
        """UTC day → (4, quarters of the day); a served forecast looks the same days up again and again."""

    def of(self, utc_s: np.ndarray) -> DayColumns:
        """See :class:`DayTypes`."""
        day, second = np.divmod(np.asarray(utc_s), DAY_S)
        first, last = int(day.min()), int(day.max())
        if last - first > MOST_DAYS:
            distinct, where = np.unique(day, return_inverse=True)
            where = where.reshape(day.shape)
        else:  # of a single forecast, and quicker
            distinct, where = np.arange(first, last + 1), day - first
        table = np.stack([self._day(int(d)) for d in distinct])
        hour, weekday, working, year = np.moveaxis(table[where, :, second // QUARTER_S], -1, 0)
        return DayColumns(hour, weekday.astype(int), working > 0.0, year)

    def _day(self, day: int) -> np.ndarray:
        if day not in self._days:
            table = self.calendar.table(day * DAY_S + np.arange(0, DAY_S, QUARTER_S))
            year = np.array([date.timetuple().tm_yday - 1 for date in table.day]) / YEAR_DAYS
            self._days[day] = np.stack([table.hour, table.weekday, table.working_day, year])
        return self._days[day]


class TableDays:
    """Day types from a table with one row per local day, for records without real dates.

    Parameters
    ----------
    first_day_utc_s : start of the first local day; days have 24 h.
    weekday, working_day : (days,) 0 = Monday; the sequence may skip.
    """

    def __init__(self, first_day_utc_s: int, weekday: np.ndarray, working_day: np.ndarray) -> None:
        self.first_day_utc_s = first_day_utc_s
        self.weekday = np.asarray(weekday, dtype=int)
        self.working_day = np.asarray(working_day, dtype=bool)

    def of(self, utc_s: np.ndarray) -> DayColumns:
        """See :class:`DayTypes`. Days beyond an end of the table take the day types of its outermost week.

        Their features are not used for anything but lags before the record and the day after it.
        """
        day, second = np.divmod(np.asarray(utc_s) - self.first_day_utc_s, DAY_S)
        n = len(self.weekday)
        if n < WEEK_DAYS:
            raise ForecastError(f"day types are given for {n} days; a week is the least")
        row = np.where(day < 0, day % WEEK_DAYS, np.where(day >= n, n - WEEK_DAYS + (day - n) % WEEK_DAYS, day))
        return DayColumns(second / 3600.0, self.weekday[row], self.working_day[row], day % YEAR_DAYS / YEAR_DAYS)
