"""Weather components: what they say at a step is what the file says, at any step and start."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from simulators.environment.source import WeatherError
from tests.simulators.environment.files import (
    TMY3_FILE,
    VIENNA,
    build,
    column,
    hours,
    tmy3_year,
    write_csv,
    write_epw,
)
from twin.context import Location

GREENSBORO = Location(36.1, -79.95, 273.0, "America/New_York", "US")


def cos_zenith(weather: Any) -> np.ndarray:
    return np.maximum(np.cos(np.radians(column(weather, "solar_zenith_deg"))), 0.0)


# ---- typical years


def test_hourly_steps_return_the_means_of_the_file() -> None:
    weather = build("tmy3", "2025-06-01T00:00+08:00", 48)
    first = 151 * 24  # 1 June
    for name in ("ghi_w_m2", "dni_w_m2", "dhi_w_m2"):
        np.testing.assert_allclose(column(weather, name), tmy3_year().hours.columns[name][first:first + 48], rtol=1e-12)


def test_readings_stand_at_the_end_of_their_hour() -> None:
    # TMY3: the row of 01:00 holds the temperature at 01:00; the mean over 01-02 h is that of rows 01:00 and 02:00
    temperature = tmy3_year().hours.columns["air_temperature_degc"]
    weather = build("tmy3", "2025-01-01T01:00+08:00", 3)
    np.testing.assert_allclose(column(weather, "air_temperature_degc"), 0.5 * (temperature[0:3] + temperature[1:4]))


@pytest.mark.parametrize("step_s", [60, 450, 900, 1800, 3600, 7200])
def test_energy_of_the_day_does_not_depend_on_the_step(step_s: int) -> None:
    weather = build("tmy3", "2025-06-01T00:00+08:00", 24, step_s)
    for name in ("ghi_w_m2", "dni_w_m2", "dhi_w_m2"):
        expected_wh = tmy3_year().hours.columns[name][151 * 24:152 * 24].sum()
        assert column(weather, name).sum() * step_s / 3600 == pytest.approx(expected_wh, rel=1e-9)


def test_closure_holds_at_every_quarter_hour_as_in_the_file() -> None:
    # the file's own closure is rounded to 1 W/m² and modelled to a few
    weather = build("tmy3", "2025-01-01T00:00+08:00", 8760, 900)
    rest = column(weather, "ghi_w_m2") - column(weather, "dni_w_m2") * cos_zenith(weather) - column(weather, "dhi_w_m2")
    assert np.sqrt(np.mean(rest**2)) < 2.0


def test_transplanted_year_keeps_the_sun_of_its_station() -> None:
    # Greensboro lies 4.95° west of its meridian, 4 min per degree: the sun culminates at 12:20 by the clock, in
    # Shanghai as well as at home; the equation of time is -0.1 min on 15 April
    shanghai = build("tmy3", "2025-04-15T00:00+08:00", 24, 60)
    home = build("tmy3", "2025-04-15T00:00-05:00", 24, 60, location=GREENSBORO)
    for weather in (shanghai, home):
        noon_min = int(np.argmin(column(weather, "solar_zenith_deg")))
        assert noon_min == pytest.approx(12 * 60 + 4.95 * 4 + 0.1, abs=1.5)
    np.testing.assert_array_equal(shanghai.table, home.table)


def test_clock_is_standard_time_all_year() -> None:
    # in July Vienna shows 13:00 when it is 12:00 standard time
    weather = build("tmy3", "2025-07-01T13:00+02:00", 1, location=VIENNA)
    assert column(weather, "ghi_w_m2")[0] == pytest.approx(tmy3_year().hours.columns["ghi_w_m2"][181 * 24 + 12])


def test_clock_of_a_zone_whose_winter_is_called_summer_time() -> None:
    # Ireland's standard time is by law that of summer; the sun's is the other
    weather = build("tmy3", "2025-01-01T12:00+00:00", 1, location=Location(53.3, -6.3, 10.0, "Europe/Dublin"))
    assert column(weather, "ghi_w_m2")[0] == pytest.approx(tmy3_year().hours.columns["ghi_w_m2"][12])


def test_run_over_new_year_and_leap_day() -> None:
    ghi = tmy3_year().hours.columns["ghi_w_m2"]
    new_year = build("tmy3", "2024-12-31T00:00+08:00", 48)
    np.testing.assert_allclose(column(new_year, "ghi_w_m2"), np.concatenate((ghi[-24:], ghi[:24])), rtol=1e-12)
    leap = build("tmy3", "2024-02-29T00:00+08:00", 24)
    np.testing.assert_allclose(column(leap, "ghi_w_m2"), ghi[58 * 24:59 * 24], rtol=1e-12)


def test_start_within_an_hour_and_a_step_that_fits_nothing() -> None:
    aligned = build("tmy3", "2025-06-01T00:00+08:00", 24, 60)
    odd = build("tmy3", "2025-06-01T10:07+08:00", 4, 420)
    minutes = column(aligned, "ghi_w_m2")[607:607 + len(odd.table) * 7].reshape(-1, 7).mean(axis=1)
    np.testing.assert_allclose(column(odd, "ghi_w_m2"), minutes, rtol=5e-5)  # sun in the middle of 7 min
    warm = column(aligned, "air_temperature_degc")[607:607 + len(odd.table) * 7].reshape(-1, 7).mean(axis=1)
    np.testing.assert_allclose(column(odd, "air_temperature_degc"), warm, rtol=1e-9)


def test_longer_run_begins_with_the_same_weather() -> None:
    short, long = (build("tmy3", "2025-06-01T05:20+08:00", h, 420) for h in (7, 30))
    np.testing.assert_array_equal(short.table, long.table[:len(short.table)])


def test_any_step_can_be_asked_for_in_any_order() -> None:
    weather = build("tmy3", "2025-06-01T00:00+08:00", 24, 900)
    noon = weather.step(12 * 3600, 900, weather.Inputs())
    assert weather.step(0, 900, weather.Inputs()).ghi_w_m2 == 0.0
    assert weather.step(12 * 3600, 900, weather.Inputs()) == noon


def test_epw_gives_the_same_weather_as_tmy3(tmp_path: Path) -> None:
    path = write_epw(tmp_path / "w.epw", tmy3_year())
    epw, tmy3 = (build(kind, "2025-03-01T00:00+08:00", 72, 900, file=file)
                 for kind, file in (("epw", path), ("tmy3", TMY3_FILE)))
    np.testing.assert_array_equal(epw.table, tmy3.table)


def test_gap_in_a_typical_year_is_bridged_and_told_once(tmp_path: Path) -> None:
    path = write_epw(tmp_path / "w.epw", tmy3_year(), missing={"air_temperature_degc": [1, 2]})
    weather = build("epw", "2025-01-01T00:00+08:00", 6, file=path)
    weather.step(3600, 3600, weather.Inputs())
    assert weather.pending_events == []
    weather.step(0, 3600, weather.Inputs())
    [event] = weather.pending_events
    assert (event.kind, event.severity) == ("weather_gaps_filled", "warning")
    assert "2 h of air_temperature_degc from 2001-01-01 01:00" in event.message
    with pytest.raises(WeatherError, match="max_gap_h = 1"):
        build("epw", "2025-06-01T00:00+08:00", 6, file=path, max_gap_h=1)


# ---- wind


def test_wind_is_taken_to_10_m_and_scaled() -> None:
    plain = build("tmy3", "2025-01-01T00:00+08:00", 24)
    high = build("tmy3", "2025-01-01T00:00+08:00", 24, wind_height_m=100.0, wind_shear_exponent=0.2,
                 wind_speed_factor=2.0)
    np.testing.assert_allclose(column(high, "wind_speed_m_s"), 2.0 * 0.1**0.2 * column(plain, "wind_speed_m_s"))


def test_mean_wind_of_the_year_can_be_set() -> None:
    coastal = build("tmy3", "2025-01-01T00:00+08:00", 8760, mean_wind_speed_m_s=5.0)
    assert column(coastal, "wind_speed_m_s").mean() == pytest.approx(5.0, rel=1e-3)  # the ends of the year differ


def test_two_ways_to_scale_the_wind_are_refused() -> None:
    with pytest.raises(ValidationError, match="wind_speed_factor or mean_wind_speed_m_s, not both"):
        build("tmy3", "2025-01-01T00:00+08:00", 24, wind_speed_factor=2.0, mean_wind_speed_m_s=5.0)


def test_calm_file_cannot_be_scaled_to_a_mean(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "w.csv", hours("2025-07-01T00:00", 24), {"wind_speed_m_s": 0.0})
    with pytest.raises(WeatherError, match="the file has no wind"):
        build("weather_csv", "2025-07-01T00:00+00:00", 24, file=path, mean_wind_speed_m_s=5.0)


# ---- measured weather

# a clear summer day at the site, by the site's own sun
CLEAR_DAY_START = "2025-07-15T00:00"


def clear_day(stamps: list[str], shift_h: float = 0.0) -> dict[str, np.ndarray]:
    """Hourly means of a clear sky in Vienna: 700 W/m² beam, 10 % of the extraterrestrial light as diffuse."""
    from simulators.environment.sun import Observer, sun_at

    observer = Observer(VIENNA.latitude_deg, VIENNA.longitude_deg, VIENNA.altitude_m,
                        np.datetime64(stamps[0][:19]))
    minutes = sun_at(observer, 60.0 * (np.arange(60 * len(stamps)) + 0.5) - shift_h * 3600)
    height = minutes.cos_zenith
    dni = np.where(height > 0, 700.0, 0.0)
    dhi = 136.7 * height
    return {"ghi_w_m2": (dni * height + dhi).reshape(-1, 60).mean(axis=1), "dni_w_m2": dni.reshape(-1, 60).mean(axis=1),
            "dhi_w_m2": dhi.reshape(-1, 60).mean(axis=1)}


def test_measured_day_is_restored_minute_by_minute(tmp_path: Path) -> None:
    stamps = hours(CLEAR_DAY_START, 24)
    path = write_csv(tmp_path / "w.csv", stamps, clear_day(stamps))
    weather = build("weather_csv", "2025-07-15T00:00+00:00", 24, 60, VIENNA, file=path)
    height = cos_zenith(weather)
    np.testing.assert_allclose(column(weather, "dni_w_m2"), np.where(height > 0, 700.0, 0.0), rtol=1e-9)
    np.testing.assert_allclose(column(weather, "ghi_w_m2"), 836.7 * height, rtol=1e-9)
    weather.step(0, 60, weather.Inputs())
    assert weather.pending_events == []


@pytest.mark.parametrize("zone", ["Europe/Vienna", "Asia/Shanghai"])
def test_wrong_clock_is_told(tmp_path: Path, zone: str) -> None:
    stamps = hours(CLEAR_DAY_START, 24, offset="")
    path = write_csv(tmp_path / "w.csv", stamps, clear_day([f"{s}+00:00" for s in stamps]))
    weather = build("weather_csv", "2025-07-15T03:00+02:00", 12, 900, VIENNA, file=path, read={"timezone": zone})
    weather.step(0, 900, weather.Inputs())
    [event] = weather.pending_events
    assert event.kind == "irradiance_beyond_sun"
    assert "check the time zone" in event.message


def test_quarter_hours_are_averaged_to_hours(tmp_path: Path) -> None:
    wind = np.arange(96.0) % 4
    path = write_csv(tmp_path / "w.csv", hours("2025-07-15T00:00", 96, step_min=15), {"wind_speed_m_s": wind})
    weather = build("weather_csv", "2025-07-15T00:00+00:00", 24, 3600, VIENNA, file=path)
    # 0, 1, 2, 3 stand at the middles of the quarters; the line through them leaves and enters the hour at 1.5
    np.testing.assert_allclose(column(weather, "wind_speed_m_s")[1:-1], 1.5)


def test_short_gap_is_bridged_and_long_gap_refused(tmp_path: Path) -> None:
    stamps = hours("2025-07-15T00:00", 24)
    path = write_csv(tmp_path / "w.csv", stamps[:5] + stamps[7:])
    weather = build("weather_csv", "2025-07-15T00:00+00:00", 24, 3600, VIENNA, file=path)
    np.testing.assert_allclose(column(weather, "wind_speed_m_s"), 3.0)
    [event] = weather.pending_events
    assert event.kind == "weather_gaps_filled"
    with pytest.raises(WeatherError, match=r"from 2025-07-15 05:00 \(UTC\) to 2025-07-15 07:00 \(UTC\), 2 h"):
        build("weather_csv", "2025-07-15T00:00+00:00", 24, 3600, VIENNA, file=path, max_gap_h=1)
    # a gap outside the run does not matter
    build("weather_csv", "2025-07-15T10:00+00:00", 10, 3600, VIENNA, file=path, max_gap_h=1)


def test_beam_diffuse_and_pressure_can_be_derived(tmp_path: Path) -> None:
    stamps = hours(CLEAR_DAY_START, 24)
    day = clear_day(stamps)
    path = write_csv(tmp_path / "w.csv", stamps, day, headers=(
        "ghi_w_m2", "air_temperature_degc", "relative_humidity_percent", "wind_speed_m_s"))
    weather = build("weather_csv", "2025-07-15T00:00+00:00", 24, 3600, VIENNA, file=path,
                    columns={"dni_w_m2": None, "dhi_w_m2": None, "pressure_pa": None})
    # standard atmosphere: 1013.25 hPa (1 - 0.0065 * 170 / 288.15)^5.2559
    expected_pa = 101_325 * (1 - 0.0065 * 170 / 288.15) ** 5.2559
    np.testing.assert_allclose(column(weather, "pressure_pa"), expected_pa, rtol=1e-4)
    np.testing.assert_allclose(column(weather, "ghi_w_m2"), day["ghi_w_m2"], rtol=1e-9)
    rest = column(weather, "ghi_w_m2") - column(weather, "dni_w_m2") * cos_zenith(weather) - column(weather, "dhi_w_m2")
    assert np.abs(rest[7:17]).max() < 1e-6  # Erbs' law closes by construction; at dusk hours are partly lit
    at_noon = column(weather, "dhi_w_m2")[11] / day["ghi_w_m2"][11]
    assert 0.15 < at_noon < 0.5  # a clearness of 0.6 to 0.65 has 20 to 40 % diffuse


def test_column_without_a_value_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "w.csv", hours("2025-07-15T00:00", 24), {"wind_speed_m_s": np.nan})
    with pytest.raises(WeatherError, match="no wind_speed_m_s from 2025-07-15 00:00"):
        build("weather_csv", "2025-07-15T00:00+00:00", 24, 3600, VIENNA, file=path, max_gap_h=24)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 1500), st.integers(0, 120), st.binary(max_size=8))
def test_damaged_file_is_read_or_refused_never_a_traceback(tmp_path: Path, at: int, lost: int, junk: bytes) -> None:
    path = tmp_path / "w.csv"
    good = Path(write_csv(path, hours("2025-07-15T00:00", 24))).read_bytes()
    path.write_bytes(good[:at] + junk + good[at + lost:])
    with contextlib.suppress(WeatherError):
        assert np.isfinite(build("weather_csv", "2025-07-15T01:00+00:00", 20, 3600, VIENNA, file=str(path)).table).all()


def test_irradiance_in_kilowatts_is_refused(tmp_path: Path) -> None:
    stamps = hours(CLEAR_DAY_START, 24)
    path = write_csv(tmp_path / "w.csv", stamps, {k: v / 1000 for k, v in clear_day(stamps).items()})
    with pytest.raises(WeatherError, match="looks like kW/m²"):
        build("weather_csv", "2025-07-15T00:00+00:00", 24, 3600, VIENNA, file=path)


def test_file_that_ends_before_the_run_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "w.csv", hours("2025-07-15T00:00", 24))
    with pytest.raises(WeatherError, match=r"holds 2025-07-15 00:00 .* the run needs 2025-07-15 12:00:00 to "
                                           r"2025-07-16 12:00:00"):
        build("weather_csv", "2025-07-15T12:00+00:00", 24, 3600, VIENNA, file=path)
