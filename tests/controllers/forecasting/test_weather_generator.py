"""Synthetic years meet their normals, persist from day to day, differ from year to year, and repeat with their seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.forecasting.clear_sky import ClearSky
from controllers.forecasting.cloud_law import clear_share_for, clear_sky_index, mean_index
from controllers.forecasting.errors import ForecastError
from controllers.forecasting.monthly_normals import MonthlyNormals
from controllers.forecasting.weather_generator import WeatherYear, generate
from tests.controllers.forecasting.toy_site import HOUR_S, SHANGHAI, START_UTC_S

SKY = ClearSky(SHANGHAI)
NORMALS = MonthlyNormals(
    ghi_kwh_m2=np.array([75, 80, 100, 125, 145, 120, 155, 145, 115, 100, 80, 75]),
    temperature_degc=np.array([5.0, 6.7, 10.7, 16.1, 21.2, 24.7, 29.0, 28.7, 25.0, 19.9, 14.1, 7.7]),
    daily_range_k=np.array([6.6, 7.1, 8.0, 8.6, 8.2, 6.5, 7.0, 6.4, 6.4, 7.4, 7.6, 7.3]),
    humidity_percent=np.array([72, 72, 71, 70, 71, 78, 76, 76, 74, 71, 72, 69]),
    wind_speed_m_s=np.array([3.3, 3.5, 3.7, 3.7, 3.6, 3.5, 3.7, 3.7, 3.3, 3.1, 3.1, 3.1]),
)
"""Of a site like Shanghai: notes §4, rounded; 1,315 kWh/m² a year."""
YEARS = 40


@pytest.fixture(scope="module")
def years() -> list[WeatherYear]:
    return [generate(NORMALS, SKY, START_UTC_S, 365, HOUR_S, seed) for seed in range(YEARS)]


def monthly(years: list[WeatherYear], name: str) -> np.ndarray:
    month = years[0].utc_s.astype("datetime64[s]").astype("datetime64[M]").astype(int) % 12
    values = np.stack([getattr(year, name) for year in years])
    return np.array([values[:, month == m].mean() for m in range(12)])


def test_irradiation_meets_the_normals(years: list[WeatherYear]) -> None:
    """A single month departs by some 15 %, the mean of 40 by 2 to 3 %."""
    hours = 24 * np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    sums = monthly(years, "ghi_w_m2") * hours / 1000.0
    assert sums == pytest.approx(NORMALS.ghi_kwh_m2, rel=0.10)
    assert sums.sum() == pytest.approx(NORMALS.ghi_kwh_m2.sum(), rel=0.025)


def test_temperature_humidity_and_wind_meet_the_normals(years: list[WeatherYear]) -> None:
    assert monthly(years, "air_temperature_degc") == pytest.approx(NORMALS.temperature_degc, abs=0.9)
    assert monthly(years, "relative_humidity_percent") == pytest.approx(NORMALS.humidity_percent, abs=1.5)
    assert monthly(years, "wind_speed_m_s") == pytest.approx(NORMALS.wind_speed_m_s, rel=0.07)


def test_years_differ_as_years_do(years: list[WeatherYear]) -> None:
    sums = np.array([year.ghi_w_m2.sum() for year in years])
    assert 0.025 < sums.std() / sums.mean() < 0.07


def test_weather_persists(years: list[WeatherYear]) -> None:
    """Notes §4: wind of neighbouring hours correlates by 0.90, of neighbouring days by 0.26; here by 0.93 and 0.36."""
    wind = years[0].wind_speed_m_s
    day = years[0].ghi_w_m2.reshape(-1, 24).sum(axis=1)
    assert 0.85 < np.corrcoef(wind[1:], wind[:-1])[0, 1] < 0.96
    assert 0.15 < np.corrcoef(wind[24:], wind[:-24])[0, 1] < 0.5
    assert np.corrcoef(day[1:], day[:-1])[0, 1] > 0.4


def test_values_are_possible(years: list[WeatherYear]) -> None:
    year = years[3]
    assert year.ghi_w_m2.min() >= 0.0
    assert year.ghi_w_m2.max() < 1200.0
    assert year.wind_speed_m_s.min() >= 0.0
    assert year.relative_humidity_percent.min() > 0.0
    assert year.relative_humidity_percent.max() < 100.0


def test_the_same_seed_gives_the_same_year() -> None:
    first, again, other = (generate(NORMALS, SKY, START_UTC_S, 20, 900, seed) for seed in (1, 1, 2))
    assert first.wind_speed_m_s.tobytes() == again.wind_speed_m_s.tobytes()
    assert first.ghi_w_m2.tobytes() == again.ghi_w_m2.tobytes()
    assert first.wind_speed_m_s.tobytes() != other.wind_speed_m_s.tobytes()


@given(st.floats(0.35, 0.92))
def test_a_month_gets_the_mean_it_asks_for(mean: float) -> None:
    assert mean_index(clear_share_for(mean)) == pytest.approx(mean, abs=1e-3)


def test_gloomier_ranks_are_darker() -> None:
    index = clear_sky_index(np.linspace(0.0, 1.0, 200), np.zeros(200), 0.4)
    assert (np.diff(index) <= 1e-12).all()
    assert index[0] == pytest.approx(0.98)
    assert index[-1] == pytest.approx(0.10)


def test_normals_of_a_year_by_hand() -> None:
    """A year of 36 days, three per month: half the hours 0, half 2; the range of each day is 2."""
    month = np.repeat(np.arange(1, 13), 72)
    values = np.tile(np.repeat([0.0, 2.0], 12), 36)
    found = MonthlyNormals.of_year(month, 1.0, 1000.0 * values, values, values, month.astype(float))
    assert found.ghi_kwh_m2.tolist() == [72.0] * 12
    assert found.temperature_degc.tolist() == [1.0] * 12
    assert found.daily_range_k.tolist() == [2.0] * 12
    assert found.wind_speed_m_s.tolist() == list(range(1, 13))


def test_eleven_months_are_refused() -> None:
    with pytest.raises(ForecastError, match="humidity_percent has the shape"):
        MonthlyNormals(*(np.ones(12) for _ in range(3)), np.ones(11), np.ones(12))
