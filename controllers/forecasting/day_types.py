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
        """Columns for instants of any shape."""
        ...


class CalendarDays:
    """Day types by time zone and country, as :class:`twin.context.Calendar` knows them."""

    def __init__(self, timezone: str, country: str | None) -> None:
        self.calendar = Calendar(datetime(1970, 1, 1, tzinfo=UTC), timezone, country)

    def of(self, utc_s: np.ndarray) -> DayColumns:
        """See :class:`DayTypes`; each distinct instant is looked up once."""
        distinct, where = np.unique(utc_s, return_inverse=True)
        table = self.calendar.table(distinct)
        year_fraction = np.array([day.timetuple().tm_yday - 1 for day in table.day]) / 365.25
        where = where.reshape(np.shape(utc_s))
        return DayColumns(table.hour[where], table.weekday[where], table.working_day[where], year_fraction[where])


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
        """See :class:`DayTypes`. A day before the first or after the last row takes the day type of a week nearby.

        Raises
        ------
        ForecastError
            If an instant lies more than a week outside of the table.
        """
        day, second = np.divmod(np.asarray(utc_s) - self.first_day_utc_s, DAY_S)
        if np.any(day < -7) or np.any(day >= len(self.weekday) + 7):
            raise ForecastError(f"day types are given for {len(self.weekday)} days, asked for day {int(np.max(day))}; "
                                "extend the table")
        row = np.where(day < 0, day + 7, np.where(day >= len(self.weekday), day - 7, day))
        return DayColumns(second / 3600.0, self.weekday[row], self.working_day[row], (day % 365) / 365.25)
