"""Synthetic weather forecasts: errors of the published size that grow with lead, the same for the same issue."""

from __future__ import annotations

import numpy as np
import pytest

from controllers.forecasting import weather_error
from controllers.forecasting.clear_sky import ClearSky
from controllers.forecasting.errors import ForecastError
from controllers.forecasting.versioned import SeriesRole, VersionedSeries
from controllers.forecasting.weather_error import ErrorLaw, forecast_of, irradiance_forecast_of
from tests.controllers.forecasting.toy_site import DAY_S, HOUR_S, SHANGHAI, START_UTC_S

DAYS = 250
ISSUES = START_UTC_S + DAY_S * np.arange(DAYS - 2)
SKY = ClearSky(SHANGHAI)


def truth(name: str, values: np.ndarray) -> VersionedSeries:
    return VersionedSeries.measured(name, START_UTC_S, HOUR_S, values, role=SeriesRole.WEATHER)


def errors(forecast: VersionedSeries, true: VersionedSeries) -> np.ndarray:
    """(issues, leads)"""
    valid = ISSUES[:, None] + HOUR_S * np.arange(48)
    came = true.as_of(np.array(10**12), valid)
    return forecast.as_of(ISSUES[:, None], valid) - came


def test_temperature_errs_as_measured_forecasts_do() -> None:
    """Notes §4: RMSE 0.72, 1.02, 1.28, 1.48, 1.65 K for leads of 0-6, 6-12, 12-24, 24-36, 36-48 h."""
    true = truth("air_temperature_degc", np.full(24 * DAYS, 15.0))
    found = errors(forecast_of(true, weather_error.TEMPERATURE_DEGC, ISSUES, 48, seed=1), true)
    rmse = [np.sqrt(np.mean(found[:, a:b] ** 2)) for a, b in ((0, 6), (6, 12), (12, 24), (24, 36), (36, 48))]
    assert rmse == pytest.approx([0.72, 1.02, 1.28, 1.48, 1.65], rel=0.18)
    assert np.mean(found) == pytest.approx(0.0, abs=0.15)


def test_the_size_by_hand() -> None:
    assert ErrorLaw(0.5, 0.9, 0.7, 0.7).size(np.array([0.0, 6.0, 24.0])) == pytest.approx([0.5, 0.95, 1.4])


def test_limits_hold() -> None:
    calm = truth("wind_speed_m_s", np.full(24 * DAYS, 0.2))
    assert forecast_of(calm, weather_error.WIND_SPEED_M_S, ISSUES, 48, 1).values.min() == 0.0
    fog = truth("relative_humidity_percent", np.full(24 * DAYS, 99.0))
    assert forecast_of(fog, weather_error.HUMIDITY_PERCENT, ISSUES, 48, 1).values.max() == 100.0


def test_nights_stay_dark_and_the_clear_sky_index_errs_by_day() -> None:
    """Index 0.6 is broken cloud: share 0.35 + 0.65·exp(-(0.05/0.3)²) = 0.982. At noon of the first day, lead 13 h, the
    size is 0.08 + 0.13·√(13/24) = 0.176; both parts together have the deviation √(0.75² + 0.66²) = 0.999."""
    clear = SKY.ghi_w_m2(START_UTC_S + HOUR_S * np.arange(24 * DAYS), HOUR_S)
    true = truth("ghi_w_m2", 0.6 * clear)
    found = errors(irradiance_forecast_of(true, SKY, ISSUES, 48, 1), true)
    ahead = SKY.ghi_w_m2(ISSUES[:, None] + HOUR_S * np.arange(48), HOUR_S)
    assert (found[ahead == 0.0] == 0.0).all()
    assert np.std(found[:, 12] / ahead[:, 12]) == pytest.approx(0.982 * 0.176 * 0.999, rel=0.1)


def test_an_issue_does_not_depend_on_the_others() -> None:
    true = truth("air_temperature_degc", np.linspace(0.0, 20.0, 24 * DAYS))
    every = forecast_of(true, weather_error.TEMPERATURE_DEGC, ISSUES, 48, 1)
    alone = forecast_of(true, weather_error.TEMPERATURE_DEGC, ISSUES[7:8], 48, 1)
    valid = ISSUES[7] + HOUR_S * np.arange(24)
    assert alone.as_of(ISSUES[7], valid).tolist() == every.as_of(ISSUES[7], valid).tolist()


def test_seeds_and_series_differ() -> None:
    values = np.zeros(24 * DAYS)
    first, other_seed, other_series = (
        forecast_of(truth(name, values), weather_error.TEMPERATURE_DEGC, ISSUES[:2], 24, seed).values
        for name, seed in (("a_degc", 1), ("a_degc", 2), ("b_degc", 1)))
    assert not np.allclose(first, other_seed)
    assert not np.allclose(first, other_series)


def test_the_forecast_is_known_at_issue_and_not_before() -> None:
    true = truth("air_temperature_degc", np.zeros(24 * DAYS))
    forecast = forecast_of(true, weather_error.TEMPERATURE_DEGC, ISSUES[3:4], 24, 1)
    assert np.isnan(forecast.as_of(ISSUES[3] - 1, ISSUES[3] + HOUR_S))
    assert np.isfinite(forecast.as_of(ISSUES[3], ISSUES[3] + HOUR_S))


def test_issue_times_off_the_grid_are_refused() -> None:
    with pytest.raises(ForecastError, match="not on its grid of 3600 s"):
        forecast_of(truth("a_degc", np.zeros(100)), weather_error.TEMPERATURE_DEGC, ISSUES[:1] + 60, 24, 1)
