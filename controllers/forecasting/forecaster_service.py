"""What stands behind the forecaster component: archives from its measurements, issues, learning, courses.

Holds the models and the feed of a simulated site, which follow from the parameters alone; all memory is handed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from controllers.forecasting.backtest import backtest
from controllers.forecasting.courses import (
    QUARTER_S,
    QUARTERS,
    corrected,
    is_told_by_ratio,
    means_over,
    present_ratio,
    quarter_hours,
    scaled,
    unknown_share,
)
from controllers.forecasting.errors import ForecastError
from controllers.forecasting.fallback import Level, serve
from controllers.forecasting.features import build_windows
from controllers.forecasting.forecaster_memory import HOUR_S, KEPT_HOURS, LEARN_EVERY_H, NONE, GroupMemory, Hours
from controllers.forecasting.quantiles import INTERVAL_80, LEVELS, MEDIAN
from controllers.forecasting.screen import screened
from controllers.forecasting.site_feed import WEATHER, SiteFeed
from controllers.forecasting.site_targets import HOURLY_TWO_DAYS, sign_of
from controllers.forecasting.store import ModelSet
from controllers.forecasting.targets import TargetKind
from controllers.forecasting.versioned import Archive, VersionedSeries
from twin.scenario.resolved import ResolvedScenario

LEADS = HOURLY_TWO_DAYS.leads
NORMAL_90 = 1.2816
"""90 % quantile of the standard normal distribution."""


@dataclass(frozen=True)
class Made:
    """All groups at one issue time."""

    quantiles: np.ndarray
    """(k, leads, levels) with the sign of the twin."""
    weather: np.ndarray
    """(w, leads)"""
    levels: np.ndarray
    """(k,)"""
    flags: tuple[str, ...]
    memories: tuple[GroupMemory, ...]


class ForecastService:
    """The models of a site at work.

    Raises
    ------
    ForecastError
        If the models do not forecast 48 hours in hours, as an operator needs.
    """

    def __init__(self, models: ModelSet, signals: Sequence[str], start_utc_s: int) -> None:
        for trained in models.groups:
            if trained.group.horizon != HOURLY_TWO_DAYS:
                raise ForecastError(f"{trained.group.name}: the models forecast {trained.group.horizon}; a forecaster "
                                    f"needs {HOURLY_TWO_DAYS}; train them on the scenario, or with this horizon")
        self.groups, self.start_utc_s = models.groups, start_utc_s
        targets = [target for trained in models.groups for target in trained.group.targets]
        self.targets = tuple(target.series for target in targets)
        self.target_rows = np.array([list(signals).index(name) for name in self.targets], dtype=int)
        self.weather = tuple(name for name in signals if name.startswith(WEATHER))
        self._signs = np.array([sign_of(name) for name in self.targets])
        self._capacity = np.array([target.capacity for target in targets])
        self._scatter = np.concatenate([np.empty(0), *(trained.scatter_frac for trained in models.groups)])
        self._is_pv = np.array([target.kind is TargetKind.PV for target in targets])
        self._low = np.where(self._signs > 0, 0.0, -self._capacity)
        self._high = np.where(self._signs > 0, self._capacity, 0.0)
        self._feed: SiteFeed | None = None

    def feed(self, scenario: ResolvedScenario, past_days: int, *, with_weather: bool) -> None:
        """Connect a simulated site: its past, and its weather forecasts."""
        sky = next((t.group.sky for t in self.groups if t.group.sky is not None), None) if with_weather else None
        self._feed = SiteFeed(scenario, self.targets, sky, scenario.model.seed, past_days)

    def archive(self, hours: Hours, now_utc_s: int) -> Archive:
        """Everything that is known now: measured hours, those before the run, and weather forecasts.

        Once the hours that are kept no longer reach back to the start, the past is too old for any model.
        """
        measured = hours.mean_value[:, self.target_rows] * self._signs
        begins_with_run = hours.end_utc_s - HOUR_S * len(measured) == self.start_utc_s // HOUR_S * HOUR_S
        if self._feed is not None and begins_with_run:
            measured = np.concatenate([self._feed.past[-KEPT_HOURS:], measured])
        start = hours.end_utc_s - HOUR_S * len(measured)
        series = [VersionedSeries.measured(name, start, HOUR_S, measured[:, k]) for k, name in enumerate(self.targets)]
        return Archive([*series, *(self._feed.weather_forecasts(now_utc_s) if self._feed is not None else ())])

    def caught_up(self, memories: Sequence[GroupMemory]) -> tuple[GroupMemory, ...]:
        """As if the models had served in the weeks before the run: training ends at the turn of a year, and in July
        nothing is right that was learnt in December. Forecasts begin where all that they look back at is known."""
        if self._feed is None:
            return tuple(memories)
        first_utc_s = self._feed.start_utc_s + HOUR_S * (KEPT_HOURS - len(self._feed.past))
        issues = np.arange(first_utc_s, self._feed.start_utc_s, HOUR_S * LEARN_EVERY_H, dtype=np.int64)
        if not len(issues):
            return tuple(memories)
        archive, found = self._feed.weeks_before(), []
        for trained, memory in zip(self.groups, memories, strict=True):
            covariates = {name for target in trained.group.targets for name in target.covariates.values()}
            service = memory.service
            if all(name in archive for name in covariates):
                windows = build_windows(archive, trained.group, issues)
                service = backtest(trained.whole, windows, service).service
            found.append(replace(memory, service=service))
        return tuple(found)

    def issue(self, archive: Archive, memories: Sequence[GroupMemory], now_utc_s: int) -> Made:
        """A forecast of all groups; where the whole model served one, it may be kept to learn from."""
        quantiles: list[np.ndarray] = []
        levels: list[Level] = []
        kept: list[GroupMemory] = []
        flags: dict[str, None] = {}
        for trained, memory in zip(self.groups, memories, strict=True):
            served = serve(trained, archive, now_utc_s, memory.service)
            quantiles.append(served.forecast.quantiles)
            levels += served.levels
            flags |= dict.fromkeys(served.forecast.flags)
            learns = served.issued is not None and now_utc_s // HOUR_S % LEARN_EVERY_H == 0
            kept.append(memory.with_waiting(served.issued) if learns and served.issued is not None else memory)
        magnitudes = np.concatenate(quantiles) if quantiles else np.empty((0, LEADS, len(LEVELS)))
        return Made(self._signed(magnitudes), self._expected_weather(now_utc_s), np.array(levels, dtype=int),
                    tuple(flags), tuple(kept))

    def learn(self, archive: Archive, memories: Sequence[GroupMemory], now_utc_s: int,
              ) -> tuple[tuple[GroupMemory, ...], list[str]]:
        """Learn from forecasts whose hours are all over, from outcomes that can be true; and which targets began to
        drift."""
        found, drifting = [], []
        for trained, memory in zip(self.groups, memories, strict=True):
            group = trained.group
            over = [issued for issued in memory.waiting
                    if issued.issue_utc_s != NONE and issued.issue_utc_s + LEADS * HOUR_S <= now_utc_s]
            came = Archive(screened(archive, group, now_utc_s)[0] if over else ())
            for issued in over:
                valid = issued.issue_utc_s + group.horizon.lead_s
                outcome = np.stack([came.outcome(target.series, valid, now_utc_s) for target in group.targets])
                memory, begins = memory.learnt(trained, issued, outcome)
                drifting += [t.series for t, is_new in zip(group.targets, begins, strict=True) if is_new]
            found.append(memory)
        return tuple(found), drifting

    def interval(self, quantiles: np.ndarray, present: np.ndarray, hours: Hours, first_s: int, step_s: int, steps: int,
                 ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """10, 50 and 90 % quantiles over intervals from now on, (k, steps) each, from hourly ones (k, leads, levels).

        What varies within an hour is added to the spread; it may not make quantiles cross either.
        """
        (low, high), middle = self.courses(
            np.moveaxis(quantiles[..., INTERVAL_80], -1, 0), quantiles, present, hours, first_s, step_s, steps)
        scatter = NORMAL_90 * self._scatter[:, None] * np.abs(middle) * min((QUARTER_S / step_s) ** 0.5, 1.0)
        below, above = (np.hypot(np.maximum(apart, 0.0), scatter) for apart in (middle - low, high - middle))
        return self._possible(middle - below), middle, self._possible(middle + above)

    def courses(self, hourly: np.ndarray, quantiles: np.ndarray, present: np.ndarray, hours: Hours, first_s: int,
                step_s: int, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """Means over intervals from now on: of courses (n, k, leads) as (n, k, steps), and of the median as (k, steps).

        All move with the present, as far as it deviates from the median; and what deviates from the median begins
        small where the present is known.

        Parameters
        ----------
        quantiles : (k, leads, levels) that the courses belong to.
        present : (k,) mean of the last quarter hour; NaN: unknown.
        first_s : of the first interval, from the issue on.
        """
        median = quantiles[..., MEDIAN]
        before = hours.mean_value[-1, self.target_rows] if len(hours.mean_value) else np.full(len(median), np.nan)
        lead_h = (np.arange(steps) + 0.5) * step_s / HOUR_S
        expected = quarter_hours(np.column_stack([np.where(np.isnan(before), median[:, 0], before), median]), before)
        now = expected[:, min(first_s // QUARTER_S - 1 + QUARTERS, expected.shape[1] - 1)]
        known = np.isfinite(present)
        measured = np.where(known, present, now)
        deviation = np.where(self._is_pv, 0.0, measured - now)
        ratio = np.where(self._is_pv, present_ratio(measured, now, self._capacity), 1.0)
        known &= ~self._is_pv | is_told_by_ratio(now, self._capacity)

        def tied(values: np.ndarray) -> np.ndarray:
            course = means_over(quarter_hours(values, before), first_s, step_s, steps)
            return scaled(corrected(course, lead_h, deviation), lead_h, ratio)

        middle = tied(median)
        left = np.where(known[:, None], unknown_share(lead_h), 1.0)
        found = np.array([self._possible(middle + left * (tied(values) - middle)) for values in hourly])
        return found.reshape(len(hourly), *middle.shape), self._possible(middle)

    def _possible(self, course: np.ndarray) -> np.ndarray:
        return np.clip(course, self._low[:, None], self._high[:, None])

    def weather_course(self, hourly: np.ndarray, first_s: int, step_s: int, steps: int) -> np.ndarray:
        """The same for weather outputs (w, leads), not tied to anything."""
        return means_over(quarter_hours(hourly, np.full(len(hourly), np.nan)), first_s, step_s, steps)

    def samples(self, quantiles: np.ndarray, count: int, seed: int) -> np.ndarray:
        """Joint courses (count, k, leads) of signed quantiles (k, leads, levels); groups are drawn independently."""
        magnitudes = self._signed(quantiles)
        found, first = [], 0
        for number, trained in enumerate(self.groups):
            own = magnitudes[first:first + len(trained.group.targets)]
            found.append(trained.copula.sample(own, count, seed + number))
            first += len(own)
        return np.concatenate(found, axis=1) * self._signs[:, None]

    def _signed(self, quantiles: np.ndarray) -> np.ndarray:
        """Magnitudes as signals of the twin, or back: demand is negative, so its quantiles stand in reverse order."""
        return np.where(self._signs[:, None, None] > 0, quantiles, -quantiles[..., ::-1])

    def _expected_weather(self, now_utc_s: int) -> np.ndarray:
        expected = {} if self._feed is None else self._feed.expected_weather(now_utc_s, LEADS)
        unknown = np.full(LEADS, np.nan)
        rows = [expected.get(name.removeprefix(WEATHER), unknown) for name in self.weather]
        return np.array(rows).reshape(len(self.weather), LEADS)
