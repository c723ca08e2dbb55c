"""What a component may know of the scenario around it: time base, place, seed and its neighbours' nameplates."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from twin.errors import ComponentError
from twin.nameplate import Nameplate
from twin.patterns import shape_of
from twin.suggest import did_you_mean


@dataclass(frozen=True, slots=True)
class Location:
    """Where the site stands."""

    latitude_deg: float
    longitude_deg: float
    altitude_m: float
    timezone: str
    """IANA name; tariffs, working days and daily profiles follow this clock."""
    country: str | None = None
    """ISO 3166 code for the holiday calendar; None: only Saturday and Sunday are free."""


KEPT_TABLES = 400
"""A year of days."""


class Calendar:
    """Local time and working days, as pure functions of the seconds since the scenario's start."""

    def __init__(self, start: datetime, timezone: str, country: str | None) -> None:
        if start.tzinfo is None:
            raise ValueError("the start needs a UTC offset")
        self.zone = ZoneInfo(timezone)
        self.start_utc = start.astimezone(ZoneInfo("UTC"))
        self.country = country
        self._tables: dict[bytes, CalendarTable] = {}

    @cached_property
    def _holidays(self):  # type: ignore[no-untyped-def]
        import holidays  # slow to import; only sites with a country need it

        try:
            return holidays.country_holidays(self.country) if self.country else None
        except NotImplementedError:
            hint = did_you_mean(str(self.country), holidays.list_supported_countries())
            raise ComponentError(f"location.country: no holiday calendar for {self.country!r}; {hint}, or leave it "
                                 "out: then only Saturday and Sunday are free") from None

    def local(self, t_s: int) -> datetime:
        """Local wall-clock time."""
        return (self.start_utc + timedelta(seconds=t_s)).astimezone(self.zone)

    def is_working_day(self, day: date) -> bool:
        """Official working day; knows make-up weekends where the country has them (China)."""
        return self._holidays.is_working_day(day) if self._holidays is not None else day.weekday() < 5

    def is_holiday(self, day: date) -> bool:
        """Public holiday (not a mere weekend)."""
        return self._holidays is not None and day in self._holidays

    def table(self, t_s: np.ndarray) -> CalendarTable:
        """Local hour, day and month of many instants at once. All loads of a site ask for the same days: the last
        tables are kept.

        Parameters
        ----------
        t_s : (n,) int array, seconds from scenario start.
        """
        t_s = np.asarray(t_s, dtype=np.int64)
        key = t_s.tobytes()
        if key not in self._tables:
            if len(self._tables) == KEPT_TABLES:
                self._tables.pop(next(iter(self._tables)))
            self._tables[key] = self._table(t_s)
        return self._tables[key]

    def _table(self, t_s: np.ndarray) -> CalendarTable:
        stamps = [self.local(int(t)) for t in t_s]
        days = [s.date() for s in stamps]
        working = {d: self.is_working_day(d) for d in set(days)}
        table = CalendarTable(
            hour=np.array([s.hour + s.minute / 60 + s.second / 3600 for s in stamps]),
            month=np.array([d.month for d in days]),
            weekday=np.array([d.weekday() for d in days]),
            working_day=np.array([working[d] for d in days]),
            day=days,
        )
        for column in (table.hour, table.month, table.weekday, table.working_day):
            column.flags.writeable = False  # it is handed out again
        return table


@lru_cache(maxsize=16)
def calendar_of(start: datetime, timezone: str, country: str | None) -> Calendar:
    """The same calendar for all who ask: what it has looked up serves them all.

    Parameters
    ----------
    start : in UTC: with a zone of its own, the two 02:30 of an autumn night would be equal.
    """
    return Calendar(start, timezone, country)


@dataclass(frozen=True, slots=True)
class CalendarTable:
    """Columns of :meth:`Calendar.table`, each of shape (n,)."""

    hour: np.ndarray
    """Local hour of the day, 0 ≤ hour < 24."""
    month: np.ndarray
    weekday: np.ndarray
    """0 = Monday."""
    working_day: np.ndarray
    day: list[date]


@dataclass(frozen=True)
class Context:
    """Handed to every component at construction; read only."""

    start: datetime
    duration_s: int
    step_s: int
    seed: int
    location: Location
    currency: str = "CNY"
    nameplates: dict[str, Nameplate] = field(default_factory=dict)
    """Name → nameplate of the components built so far (controllers are built last and see all)."""
    exogenous: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Name → exogenous outputs of the components built so far that have any."""
    types: dict[str, str] = field(default_factory=dict)
    """Name → type of every component of the scenario."""
    limited: tuple[str, ...] = ()
    """Signals that limits of the scenario name, as patterns: outputs that cost time are computed only if asked for."""

    def is_limited(self, signal: str) -> bool:
        """Whether a limit of the scenario looks at ``component.output``."""
        return any(shape_of(pattern).fullmatch(signal) for pattern in self.limited)

    @cached_property
    def calendar(self) -> Calendar:
        """The site's calendar."""
        return calendar_of(self.start.astimezone(UTC), self.location.timezone, self.location.country)

    def rng(self, name: str) -> np.random.Generator:
        """A generator of its own for each component: adding one asset does not change the noise of another."""
        return np.random.default_rng(np.random.SeedSequence([self.seed, zlib.crc32(name.encode())]))

    def times(self, step_s: int) -> np.ndarray:
        """Interval starts [s] of the whole scenario at a step, shape (ceil(duration/step),)."""
        return np.arange(0, self.duration_s, step_s)
