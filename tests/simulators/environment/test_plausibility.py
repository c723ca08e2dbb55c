"""Wrong units and impossible values are named, right ones pass."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.environment.plausibility import (
    check_irradiance_unit,
    check_limits,
    check_units,
    clip_offsets,
    irradiation_beyond_sun,
)
from simulators.environment.source import Source, WeatherError

GOOD = {"ghi_w_m2": [0.0, 400.0, 800.0], "dni_w_m2": [0.0, 500.0, 900.0], "dhi_w_m2": [0.0, 100.0, 150.0],
        "air_temperature_degc": [-5.0, 0.0, 5.0], "relative_humidity_percent": [90.0, 60.0, 40.0],
        "pressure_pa": [98_000.0, 98_100.0, 98_200.0], "wind_speed_m_s": [0.0, 3.0, 12.0]}


def table(**columns: list[float]) -> Source:
    """Three hours of plausible weather with some columns replaced."""
    values = {q: np.array(v, dtype=float) for q, v in (GOOD | columns).items()}
    return Source("w.csv", values, 3600, np.datetime64("2025-03-01T00:00:00"), "UTC", 1800.0)


def test_plausible_weather_passes() -> None:
    check_units(table())
    check_limits(table())
    check_irradiance_unit(table(), np.array([0.0, 600.0, 1100.0]))


@pytest.mark.parametrize(("quantity", "values", "message"), [
    ("air_temperature_degc", [273.0, 290.0, 300.0], "kelvin; subtract 273.15"),
    ("air_temperature_degc", [50.0, 60.0, 70.0], "Fahrenheit"),
    ("pressure_pa", [980.0, 990.0, 1010.0], "hPa.*multiply by 100"),
    ("pressure_pa", [98.0, 99.0, 101.0], "kPa.*multiply by 1000"),
    ("relative_humidity_percent", [0.4, 0.9, 1.0], "fraction; multiply by 100"),
])
def test_columns_in_another_unit(quantity: str, values: list[float], message: str) -> None:
    with pytest.raises(WeatherError, match=rf"w\.csv: {quantity} .*{message}"):
        check_units(table(**{quantity: values}))


@pytest.mark.parametrize(("quantity", "values", "message"), [
    ("ghi_w_m2", [0.0, -50.0, 100.0], r"is -50 at 2025-03-01 01:00.*cannot be negative"),
    ("dhi_w_m2", [0.0, 10.0, -999.0], r"is -999 at 2025-03-01 02:00"),
    ("air_temperature_degc", [1.0, 99.9, 2.0], r"is 99.9 .* -90 … 60"),
    ("wind_speed_m_s", [-1.0, 999.0, 2.0], r"is -1 .* and 1 more"),
    ("pressure_pa", [98_000.0, 9_800.0, 98_000.0], "pressure_pa is 9800"),
    ("ghi_w_m2", [0.0, 4000.0, 100.0], "is 4000"),
])
def test_single_values_out_of_range(quantity: str, values: list[float], message: str) -> None:
    with pytest.raises(WeatherError, match=message):
        check_limits(table(**{quantity: values}))


def test_missing_values_are_no_complaint() -> None:
    empty = table(air_temperature_degc=[np.nan] * 3, pressure_pa=[np.nan] * 3, relative_humidity_percent=[np.nan] * 3)
    check_units(empty)
    check_limits(empty)


def test_irradiance_in_kilowatts_is_told_from_a_dark_day() -> None:
    sun = np.array([0.0, 600.0, 1100.0])
    with pytest.raises(WeatherError, match="kW/m²; multiply by 1000"):
        check_irradiance_unit(table(ghi_w_m2=[0.0, 0.4, 0.8]), sun)
    check_irradiance_unit(table(ghi_w_m2=[0.0, 10.0, 20.0]), sun)
    check_irradiance_unit(table(ghi_w_m2=[0.0, 0.0, 0.0]), np.zeros(3))  # polar night


def test_offset_of_the_instrument_counts_as_zero() -> None:
    night = table(ghi_w_m2=[-3.0, 400.0, 800.0], relative_humidity_percent=[90.0, 60.0, 104.0])
    check_limits(night)
    clipped = clip_offsets(night)
    np.testing.assert_array_equal(clipped.columns["ghi_w_m2"], [0, 400, 800])
    np.testing.assert_array_equal(clipped.columns["relative_humidity_percent"], [90, 60, 100])
    np.testing.assert_array_equal(clipped.columns["air_temperature_degc"], [-5, 0, 5])


def test_irradiation_beyond_sun_by_hand() -> None:
    # 200 of 1200 W/m² come in an hour while the sun is down
    share, excess_wh_m2 = irradiation_beyond_sun(table(ghi_w_m2=[200.0, 400.0, 600.0]), np.array([0.0, 600.0, 1100.0]))
    assert (share, excess_wh_m2) == (pytest.approx(200 / 1200), pytest.approx(200.0))
    assert irradiation_beyond_sun(table(ghi_w_m2=[0.0, 0.0, 0.0]), np.zeros(3)) == (0.0, 0.0)
