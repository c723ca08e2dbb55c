"""Years to learn from, for a site that has no past: its exogenous components under synthetic weather.

The weather generator is calibrated to the monthly normals of the scenario's own weather and to the sun that this
weather shows (a typical year from elsewhere brings its own). So the year that the scenario runs in is unseen: the model
is scored on it. Weather forecasts are the synthetic ones of :mod:`.weather_error`, issued every six hours.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from controllers.forecasting.clear_sky import ClearSky
from controllers.forecasting.courses import scatter_frac
from controllers.forecasting.day_types import DAY_S, CalendarDays
from controllers.forecasting.monthly_normals import MonthlyNormals
from controllers.forecasting.site_simulation import (
    HOUR_S,
    STEP_S,
    WEATHER,
    ExogenousRun,
    nameplates,
    simulate,
    weather_rows,
)
from controllers.forecasting.site_targets import FORECAST_WEATHER, capacity_of, groups_of, sign_of, targets_of
from controllers.forecasting.site_weather import issued_weather, place_of_sun, whole_weather
from controllers.forecasting.trained import HeldOut
from controllers.forecasting.training import Split
from controllers.forecasting.training_data import PAST_DAYS, TrainingData
from controllers.forecasting.versioned import Archive, VersionedSeries
from controllers.forecasting.weather_generator import generate
from twin.context import Location
from twin.scenario.resolved import ResolvedScenario, context_of

TRAINING_YEARS, VALIDATION_YEARS = 2, 1
ISSUE_EVERY_S = 25 * HOUR_S
"""Every hour of the day gets its turn."""

Progress = Callable[[str], None]


def of_scenario(scenario: ResolvedScenario, seed: int, progress: Progress = lambda message: None) -> TrainingData:
    """Simulate the years of a scenario.

    Raises
    ------
    ForecastError
        If a component of the site cannot be simulated over whole years, as a profile of a few days.
    """
    location = context_of(scenario).location
    year = scenario.model.time.start.astimezone(ZoneInfo(location.timezone)).year
    first, begin, end = (_new_year(location, y) for y in (year - TRAINING_YEARS - VALIDATION_YEARS, year, year + 1))
    validation = _new_year(location, year - VALIDATION_YEARS)

    progress(f"{scenario.model.name}: the year {year} under its own weather")
    past = begin - PAST_DAYS * DAY_S
    own = simulate(scenario, past, end - past, seed)
    utc_s = past + STEP_S * np.arange((end - past) // STEP_S, dtype=np.int64)
    sky = ClearSky(place_of_sun(own.values, utc_s, location))
    progress(f"{scenario.model.name}: {TRAINING_YEARS + VALIDATION_YEARS} years under synthetic weather")
    made = simulate(scenario, first, begin - first, seed + 1,
                    weather=_synthetic(scenario, _normals(own, location), sky, first, (begin - first) // DAY_S, seed))

    hours = made.hourly()
    magnitudes = {key: sign_of(key) * values for key, values in hours.values.items()}
    hour_utc_s = first + HOUR_S * np.arange((begin - first) // HOUR_S, dtype=np.int64)
    plates = nameplates(scenario)
    targets = targets_of(magnitudes, hour_utc_s, plates, sky, HOUR_S,
                         [key for key in hours.values if key in FORECAST_WEATHER])
    groups = groups_of(targets, CalendarDays(location.timezone, location.country), sky)
    split = Split(first + PAST_DAYS * DAY_S, validation, begin, ISSUE_EVERY_S)
    horizon_s = groups[0].horizon.leads * groups[0].horizon.step_s
    return TrainingData(
        archive_of(hours, sky, seed), groups, split,
        HeldOut(archive_of(own.hourly(), sky, seed), np.arange(begin, end - horizon_s + 1, ISSUE_EVERY_S)),
        scenario.model.name, location,
        {target.series: scatter_frac(sign_of(target.series) * made.values[target.series]) for target in targets},
        {target.series: target.capacity for target in targets
         if capacity_of(plates.get(target.series.partition(".")[0])) is not None})


def archive_of(hours: ExogenousRun, sky: ClearSky, seed: int) -> Archive:
    """Measured targets and issued weather forecasts of a simulated span."""
    measured = [VersionedSeries.measured(key, hours.start_utc_s, HOUR_S, sign_of(key) * values)
                for key, values in hours.values.items() if not key.startswith(f"{WEATHER}.")]
    truth = {key: values for key, values in hours.values.items() if key.startswith(f"{WEATHER}.")}
    return Archive([*measured, *issued_weather(truth, hours.start_utc_s, sky, seed)])


def _synthetic(
    scenario: ResolvedScenario, normals: MonthlyNormals, sky: ClearSky, first_utc_s: int, days: int, seed: int
) -> dict[str, np.ndarray]:
    made = generate(normals, sky, first_utc_s, days, STEP_S, seed)
    astronomy = weather_rows(scenario, first_utc_s, days * DAY_S, STEP_S)
    return whole_weather(astronomy, {
        "ghi_w_m2": made.ghi_w_m2, "air_temperature_degc": made.air_temperature_degc,
        "relative_humidity_percent": made.relative_humidity_percent, "wind_speed_m_s": made.wind_speed_m_s}, made.utc_s)


def _normals(own: ExogenousRun, location: Location) -> MonthlyNormals:
    """Of the scenario's own weather, without the days before its year."""
    skipped = PAST_DAYS * DAY_S // own.step_s
    zone, start = ZoneInfo(location.timezone), own.start_utc_s + PAST_DAYS * DAY_S
    columns = {name: own.values[f"{WEATHER}.{name}"][skipped:]
               for name in ("ghi_w_m2", "air_temperature_degc", "relative_humidity_percent", "wind_speed_m_s")}
    day_of = [(datetime.fromtimestamp(start, zone) + timedelta(days=d)).month
              for d in range(len(columns["ghi_w_m2"]) * own.step_s // DAY_S)]
    month = np.repeat(day_of, DAY_S // own.step_s)
    ghi, temperature, humidity, wind = (values[:len(month)] for values in columns.values())
    return MonthlyNormals.of_year(month, own.step_s / HOUR_S, ghi, temperature, humidity, wind)


def _new_year(location: Location, year: int) -> int:
    return round(datetime(year, 1, 1, tzinfo=ZoneInfo(location.timezone)).timestamp())
