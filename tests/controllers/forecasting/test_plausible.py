"""Weather in another unit is refused with what mends it; codes for missing values and impossible ones are taken out."""

from __future__ import annotations

import numpy as np
import pytest

from controllers.forecasting.errors import HistoryError
from controllers.forecasting.plausible import checked_covariate, limits_of, without_missing_codes
from controllers.forecasting.versioned import SeriesRole, VersionedSeries
from tests.controllers.forecasting.toy_site import HOUR_S, START_UTC_S

HOURS = 24 * 90
HOUR = np.arange(HOURS)
AIR_DEGC = 10.0 + 8.0 * np.sin(2 * np.pi * HOUR / 24)
SUN_W_M2 = 900.0 * np.maximum(-np.cos(2 * np.pi * HOUR / 24), 0.0)
WIND_M_S = 7.0 + 5.0 * np.sin(2 * np.pi * HOUR / 60)
PLACE = "weather.csv, column 'x'"


def series(values: np.ndarray) -> VersionedSeries:
    return VersionedSeries.measured("x", START_UTC_S, HOUR_S, values, role=SeriesRole.WEATHER)


def changed(values: np.ndarray, **single: float) -> np.ndarray:
    """With single values replaced: ``at_100=9`` sets hour 100."""
    made = values.copy()
    for key, value in single.items():
        made[int(key.removeprefix("at_"))] = value
    return made


@pytest.mark.parametrize(("quantity", "values"), [
    ("temperature", AIR_DEGC), ("temperature_dew_point", AIR_DEGC - 40.0), ("irradiance", SUN_W_M2),
    ("wind_speed_100m", WIND_M_S), ("wind_speed_east", WIND_M_S - 7.0), ("humidity", SUN_W_M2), ("price", -SUN_W_M2),
])
def test_sound_weather_is_left_alone(quantity, values) -> None:
    found, findings = checked_covariate(series(values), quantity, PLACE)
    assert findings == [] and found.values.tolist() == values.tolist()
    assert without_missing_codes(series(values), 1.0, 0.0, *limits_of([quantity]))[1] == []


@pytest.mark.parametrize(("quantity", "values", "message"), [
    ("temperature", AIR_DEGC + 273.15, "used as temperature, in °C, but 100% .* first is 283.15 .*'offset: -273.15'"),
    ("temperature_2m", 1.8 * (AIR_DEGC + 20.0) + 32.0, "60 °C, the first is 86 .* in °F: 'factor: 0.5556' and 'off"),
    ("irradiance", 3600.0 * SUN_W_M2, "not between -20 and 1600 W/m².*'factor: 0.0002778'"),
    ("irradiance", -SUN_W_M2, "not between -20 and 1600 W/m².*the sign is positive"),
    ("irradiance", SUN_W_M2 / 1000.0, "highest values are 0.9, .*in kW/m²: multiply with 'factor: 1000'"),
    ("wind_speed", 3.6 * WIND_M_S, "the mean is 25.2, no site is so windy in m/s; in km/h: .* 'factor: 0.2778'"),
])
def test_another_unit_is_refused_with_the_file_a_value_and_what_mends_it(quantity, values, message) -> None:
    with pytest.raises(HistoryError, match=f"^weather.csv, column 'x': .*{message}"):
        checked_covariate(series(values), quantity, PLACE)


def test_a_dark_week_is_no_other_unit() -> None:
    """Only two months tell: the sun of a polar night hardly exceeds twilight."""
    assert checked_covariate(series(SUN_W_M2[:24 * 7] / 1000.0), "irradiance", PLACE)[1] == []


@pytest.mark.parametrize("code", [-999.0, -9999.0, 9999.0])
def test_codes_for_missing_values_are_taken_out_and_counted(code) -> None:
    found, findings = without_missing_codes(series(changed(AIR_DEGC, at_3=code, at_500=code)), 1.0, 0.0,
                                            *limits_of(["temperature"]))
    [finding] = findings
    first = np.datetime64(START_UTC_S + 3 * HOUR_S, "s")
    assert str(finding) == f"x: 2 values with missing value code, the first at {first} UTC"
    assert found.values.tolist() == np.delete(AIR_DEGC, [3, 500]).tolist()


def test_codes_are_known_after_factor_and_offset() -> None:
    """-999 in a table of kW, and in one of K."""
    assert without_missing_codes(series(changed(AIR_DEGC, at_3=-0.999)), 0.001, 0.0, 0.0, 50.0)[1][0].count == 1
    in_degc = changed(AIR_DEGC, at_3=-999.0 - 273.15)
    assert without_missing_codes(series(in_degc), 1.0, -273.15, *limits_of(["temperature"]))[1][0].count == 1


def test_a_number_that_can_be_a_value_is_no_code() -> None:
    """A pressure of 999 hPa; a price has no limits, so a code is what is far from all other prices."""
    pressure = 1010.0 + 10.0 * np.sin(HOUR)
    assert without_missing_codes(series(changed(pressure, at_7=999.0)), 1.0, 0.0, *limits_of(["pressure"]))[1] == []
    price = 50.0 + 100.0 * np.sin(HOUR)
    for code in (-999.0, 9999.0):
        found, findings = without_missing_codes(series(changed(price, at_7=code)), 1.0, 0.0, *limits_of(["price"]))
        assert findings[0].count == 1 and found.values.tolist() == np.delete(price, 7).tolist()
    assert without_missing_codes(series(changed(40.0 * price, at_7=9999.0)), 1.0, 0.0, *limits_of(["price"]))[1] == []


def test_single_impossible_values_are_taken_out() -> None:
    found, findings = checked_covariate(series(changed(AIR_DEGC, at_3=85.0)), "temperature", PLACE)
    assert [(f.kind, f.count, f.first_utc_s) for f in findings] == [("outside_limits", 1, START_UTC_S + 3 * HOUR_S)]
    assert found.values.tolist() == np.delete(AIR_DEGC, 3).tolist()


def test_the_zero_of_a_pyranometer_is_no_other_sign() -> None:
    found, findings = checked_covariate(series(np.where(SUN_W_M2 == 0.0, -3.0, SUN_W_M2)), "irradiance", PLACE)
    assert findings == [] and found.values.tolist() == SUN_W_M2.tolist()


@pytest.mark.parametrize(("values", "low", "high"), [
    (changed(np.full(HOURS, 60.0), at_100=-99.0), -np.inf, np.inf),          # a flat tariff, and an hour of excess
    (changed(np.full(HOURS, 1000.0), at_100=999.0, at_101=999.0), 0.0, 5000.0),  # a load well within its limits
])
def test_what_may_be_a_value_is_no_code(values, low, high) -> None:
    assert without_missing_codes(series(values), 1.0, 0.0, low, high)[1] == []
