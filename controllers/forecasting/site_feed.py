"""What a forecaster of a simulated site gets beside its measurements: the weeks before the run, and weather forecasts.

Both follow from the scenario and the seed alone, so nothing of it need be remembered. The weeks before the run are
simulated by the site's own exogenous components, with other random numbers than the run has. The weather forecasts know
the weather that comes; what they tell of it has the error of :mod:`.weather_error`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from controllers.forecasting.clear_sky import ClearSky
from controllers.forecasting.conformal import WINDOW_DAYS
from controllers.forecasting.errors import ForecastError
from controllers.forecasting.site_simulation import HOUR_S, simulate, weather_rows
from controllers.forecasting.site_targets import sign_of
from controllers.forecasting.site_weather import ISSUE_EVERY_S, WEATHER_HORIZON_H, issued_weather, whole_weather
from controllers.forecasting.training_data import PAST_DAYS
from controllers.forecasting.versioned import Archive, VersionedSeries
from twin.scenario.resolved import ResolvedScenario

DAY_S = 86_400
KNOWN_DAYS = PAST_DAYS + WINDOW_DAYS
"""Before the run: so many days fill the calibration, each forecast with all that it looks back at."""
PAST_SEED = 7919
"""Added to the seed: the random numbers of the past are not those of the run."""
WEATHER = "weather."


class SiteFeed:
    """Feed of one scenario.

    Parameters
    ----------
    series : signals of which the past is wanted.
    sky : for the error of irradiance; None: there are no weather forecasts.
    past_days : how far the simulated past reaches; 0: the run begins without one. A source of weather that does not
        reach back so far may still do for the lags.
    """

    def __init__(self, scenario: ResolvedScenario, series: Sequence[str], sky: ClearSky | None, seed: int,
                 past_days: int = PAST_DAYS) -> None:
        self.start_utc_s = round(scenario.model.time.start.timestamp()) // HOUR_S * HOUR_S
        """The first whole hour that is not past."""
        self.seed, self.sky = seed, sky
        self.series = tuple(series)
        self.past = _past(scenario, self.start_utc_s, series, past_days, seed)
        """(hours, series) magnitudes before the start, the newest last; none where a component has none, as a profile
        that begins with the run."""
        self.weather_start_utc_s = self.start_utc_s - past_days * DAY_S
        self.weather: dict[str, np.ndarray] = {}
        """``weather.quantity`` → (hours,) what comes, from ``weather_start_utc_s`` on."""
        if sky is not None:
            self.weather_start_utc_s, self.weather = _coming(scenario, self.start_utc_s, past_days)
        self._issued: tuple[int, list[VersionedSeries]] | None = None

    def weather_forecasts(self, now_utc_s: int) -> list[VersionedSeries]:
        """All issues up to now, as far back as a model looks."""
        if not self.weather or self.sky is None:
            return []
        newest = now_utc_s // ISSUE_EVERY_S * ISSUE_EVERY_S
        if self._issued is None or self._issued[0] != newest:
            self._issued = newest, self.weather_forecasts_since(newest - PAST_DAYS * DAY_S, newest)
        return self._issued[1]

    def weather_forecasts_since(self, first_utc_s: int, now_utc_s: int) -> list[VersionedSeries]:
        """All issues between two instants, as far back as there is weather."""
        if not self.weather or self.sky is None:
            return []
        first = max(first_utc_s, -(-self.weather_start_utc_s // ISSUE_EVERY_S) * ISSUE_EVERY_S)
        issues = np.arange(first, now_utc_s + 1, ISSUE_EVERY_S, dtype=np.int64)
        return issued_weather(self.weather, self.weather_start_utc_s, self.sky, self.seed, issues)

    def weeks_before(self) -> Archive:
        """All of the past with the weather forecasts of its time, as a site that has kept them."""
        start_utc_s = self.start_utc_s - HOUR_S * len(self.past)
        measured = [VersionedSeries.measured(name, start_utc_s, HOUR_S, self.past[:, k])
                    for k, name in enumerate(self.series)]
        return Archive([*measured, *self.weather_forecasts_since(0, self.start_utc_s)])

    def expected_weather(self, now_utc_s: int, leads: int) -> dict[str, np.ndarray]:
        """All outputs of the weather component as they are forecast, output → (leads,) hourly; NaN where unknown.

        Only the sun's position and the pressure at present are taken from the weather itself.
        """
        series = {s.name.removeprefix(WEATHER): s for s in self.weather_forecasts(now_utc_s)}
        if not series:
            return {}
        valid = now_utc_s + HOUR_S * np.arange(leads, dtype=np.int64)
        row = (valid - self.weather_start_utc_s) // HOUR_S
        inside = (row >= 0) & (row < len(next(iter(self.weather.values()))))
        own = {name.removeprefix(WEATHER): np.where(inside, values[np.where(inside, row, 0)], np.nan)
               for name, values in self.weather.items()}
        if "pressure_pa" in own:
            own["pressure_pa"] = np.full(leads, own["pressure_pa"][0])
        given = {name: s.as_of(np.asarray(now_utc_s), valid) for name, s in series.items()}
        return whole_weather(own, given, valid)


def _past(scenario: ResolvedScenario, end_utc_s: int, series: Sequence[str], days: int, seed: int) -> np.ndarray:
    for past in _spans(days):
        try:
            run = simulate(scenario, end_utc_s - past * DAY_S, past * DAY_S, seed + PAST_SEED).hourly()
        except ForecastError:
            continue
        return np.column_stack([sign_of(name) * run.values[name] for name in series])
    return np.empty((0, len(series)))


def _spans(days: int) -> list[int]:
    """How many days of a past are tried, the most first."""
    return [span for span in dict.fromkeys((days, min(days, PAST_DAYS))) if span]


def _coming(scenario: ResolvedScenario, start_utc_s: int, past_days: int) -> tuple[int, dict[str, np.ndarray]]:
    """The weather around the run, as far as its source reaches: a typical year always does, measurements end."""
    end_utc_s = start_utc_s - (-(scenario.duration_s + HOUR_S) // HOUR_S) * HOUR_S
    firsts = [*(start_utc_s - days * DAY_S for days in _spans(past_days)), start_utc_s]
    for first, end in product(firsts, (end_utc_s + WEATHER_HORIZON_H * HOUR_S, end_utc_s)):
        try:
            rows = weather_rows(scenario, first, end - first, HOUR_S)
        except ForecastError:
            continue
        return first, {WEATHER + name: values for name, values in rows.items()}
    return start_utc_s, {}
