"""Series whose values know when they are valid and when they became available; views of what was known at issue time.

Measurements have one version of each value, forecasts of others (weather, prices) one per issue. A gap is the absence
of a row; NaN appears in what is handed out, and where a value was withdrawn. Times are integer seconds UTC since 1970.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

import numpy as np

from controllers.forecasting.errors import ForecastError, HistoryError
from twin.suggest import did_you_mean

ALWAYS_KNOWN_UTC_S = 0
"""Availability of what needs no measurement: tables of day types, published tariffs."""
LATEST_UTC_S = np.iinfo(np.int64).max


class SeriesRole(StrEnum):
    """What a series tells; decides what may be made of it."""

    MEASUREMENT = "measurement"
    WEATHER = "weather"
    """Weather forecasts, or measured weather where it is only looked back at."""
    MARKET = "market"
    DEVICE_STATE = "device_state"
    """State of charge, commitment and the like: follows from control actions, never a feature."""


@dataclass(frozen=True)
class VersionedSeries:
    """Values with the interval they are valid for and the time they became known.

    Parameters
    ----------
    name : with the unit as its ending, as everywhere in the twin.
    step_s : length of the intervals.
    valid_utc_s : (m,) starts of the intervals, all on one grid of ``step_s``; a value holds for [t, t + step).
    available_utc_s : (m,) when each value became known; the last version before an issue time counts.
    values : (m,) NaN rows are dropped, unless they withdraw.
    nan_withdraws : NaN rows are later versions that withdraw a value, as a screen does that finds a meter frozen.
    settled : the same series as it is judged in the end, if that is not its last version: outcomes go by it.
    """

    name: str
    role: SeriesRole
    step_s: int
    valid_utc_s: np.ndarray
    available_utc_s: np.ndarray
    values: np.ndarray
    nan_withdraws: bool = False
    settled: VersionedSeries | None = None

    def __post_init__(self) -> None:
        valid, available = (np.asarray(a, dtype=np.int64) for a in (self.valid_utc_s, self.available_utc_s))
        values = np.asarray(self.values, dtype=float)
        if not valid.shape == available.shape == values.shape or valid.ndim != 1:
            raise HistoryError(f"{self.name}: {valid.shape} valid times, {available.shape} availability times and "
                               f"{values.shape} values; all three need the same length")
        if len(valid) and np.any((valid - valid[0]) % self.step_s):
            raise HistoryError(f"{self.name}: valid times are not on one grid of {self.step_s} s; resample the series")
        known = ~np.isnan(values) | self.nan_withdraws
        order = np.lexsort((available[known], valid[known]))
        for field, array in (("valid_utc_s", valid), ("available_utc_s", available), ("values", values)):
            object.__setattr__(self, field, array[known][order])

    @classmethod
    def measured(
        cls, name: str, start_utc_s: int, step_s: int, values: np.ndarray, *, delay_s: int = 0,
        role: SeriesRole = SeriesRole.MEASUREMENT,
    ) -> VersionedSeries:
        """A regular measurement: each mean value is known ``delay_s`` after the end of its interval."""
        valid = start_utc_s + step_s * np.arange(len(values), dtype=np.int64)
        return cls(name, role, step_s, valid, valid + step_s + delay_s, values)

    @classmethod
    def known_ahead(
        cls, name: str, start_utc_s: int, step_s: int, values: np.ndarray, *, role: SeriesRole = SeriesRole.MARKET,
    ) -> VersionedSeries:
        """A table that is known at any time, such as a tariff."""
        valid = start_utc_s + step_s * np.arange(len(values), dtype=np.int64)
        return cls(name, role, step_s, valid, np.full(len(valid), ALWAYS_KNOWN_UTC_S), values)

    def joined(self, other: VersionedSeries) -> VersionedSeries:
        """With the rows of another span of the same series."""
        return replace(
            self, valid_utc_s=np.concatenate([self.valid_utc_s, other.valid_utc_s]),
            available_utc_s=np.concatenate([self.available_utc_s, other.available_utc_s]),
            values=np.concatenate([self.values, other.values]))

    def rows(self, chosen: np.ndarray) -> VersionedSeries:
        """Some of its rows, by mask or index."""
        return replace(self, valid_utc_s=self.valid_utc_s[chosen], available_utc_s=self.available_utc_s[chosen],
                       values=self.values[chosen])

    @cached_property
    def _keys(self) -> tuple[np.ndarray, int, int, int]:
        """Sorted keys that order rows by (valid, available), and what is needed to make such a key."""
        first_valid, first_available = int(self.valid_utc_s[0]), int(self.available_utc_s.min())
        span = int(self.available_utc_s.max()) - first_available + 2
        slot = (self.valid_utc_s - first_valid) // self.step_s
        return slot * span + (self.available_utc_s - first_available), first_valid, first_available, span

    def as_of(self, issue_utc_s: np.ndarray, valid_utc_s: np.ndarray) -> np.ndarray:
        """The last version known at each issue time; NaN where none was. Both arguments broadcast."""
        row, found = self._rows(issue_utc_s, valid_utc_s)
        return np.where(found, self.values[row], np.nan) if len(self.values) else np.full(found.shape, np.nan)

    def known_since(self, issue_utc_s: np.ndarray, valid_utc_s: np.ndarray) -> np.ndarray:
        """When the versions of :meth:`as_of` became available; ``ALWAYS_KNOWN_UTC_S`` where there was none."""
        row, found = self._rows(issue_utc_s, valid_utc_s)
        always = np.full(found.shape, ALWAYS_KNOWN_UTC_S)
        return np.where(found, self.available_utc_s[row], always) if len(self.values) else always

    def _rows(self, issue_utc_s: np.ndarray, valid_utc_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the last versions known, and whether there was one."""
        issue, valid = np.asarray(issue_utc_s), np.asarray(valid_utc_s)
        if not len(self.values):
            shape = np.broadcast_shapes(issue.shape, valid.shape)
            return np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=bool)
        keys, first_valid, first_available, span = self._keys
        slot = (valid - first_valid) // self.step_s
        version = np.minimum(np.maximum(issue - first_available, -1), span - 2)
        row = np.searchsorted(keys, slot * span + version, side="right") - 1
        found = (row >= 0) & (self.valid_utc_s[row] == first_valid + slot * self.step_s)
        return row, found


class Archive:
    """All series of a site. Models see it through :meth:`known_at` only."""

    def __init__(self, series: Iterable[VersionedSeries]) -> None:
        self._series = {s.name: s for s in series}

    def __iter__(self) -> Iterator[VersionedSeries]:
        return iter(self._series.values())

    def __contains__(self, name: str) -> bool:
        return name in self._series

    def series(self, name: str) -> VersionedSeries:
        """A series by name.

        Raises
        ------
        ForecastError
            If there is none.
        """
        if name not in self._series:
            raise ForecastError(f"no series {name!r} in the history; {did_you_mean(name, list(self._series))}")
        return self._series[name]

    def known_at(self, issue_utc_s: np.ndarray | int) -> KnownAt:
        """What was known at each of n issue times."""
        return KnownAt(self, np.atleast_1d(np.asarray(issue_utc_s, dtype=np.int64)))

    def outcome(self, name: str, valid_utc_s: np.ndarray, by_utc_s: int | None = None) -> np.ndarray:
        """What really came, as known at ``by_utc_s`` (default: today); for training targets and scores alone."""
        latest = LATEST_UTC_S if by_utc_s is None else by_utc_s
        return self._settled(name).as_of(np.asarray(latest), valid_utc_s)

    def outcome_known_utc_s(self, name: str, valid_utc_s: np.ndarray) -> np.ndarray:
        """When :meth:`outcome` as known today was published; ``ALWAYS_KNOWN_UTC_S`` where it never was."""
        return self._settled(name).known_since(np.asarray(LATEST_UTC_S), valid_utc_s)

    def _settled(self, name: str) -> VersionedSeries:
        series = self.series(name)
        return series if series.settled is None else series.settled


class KnownAt:
    """An archive as it stood at n issue times: the only source of features."""

    def __init__(self, archive: Archive, issue_utc_s: np.ndarray) -> None:
        self._archive = archive
        self.issue_utc_s = issue_utc_s
        """(n,)"""

    def values(self, name: str, valid_utc_s: np.ndarray) -> np.ndarray:
        """Values of a series at (n, …) valid times, row i as known at issue time i; NaN where unknown then.

        Raises
        ------
        ForecastError
            If there is no such series, or it is a device state.
        """
        series = self._archive.series(name)
        if series.role is SeriesRole.DEVICE_STATE:
            raise ForecastError(f"{name} is a device state: it follows from control actions and tells nothing about "
                                "weather, loads or prices; take it out of the covariates")
        issue = self.issue_utc_s.reshape((-1,) + (1,) * (np.ndim(valid_utc_s) - 1))
        return series.as_of(issue, valid_utc_s)

    def step_s(self, name: str) -> int:
        """Interval length of a series."""
        return self._archive.series(name).step_s
