"""Typical years: what the readers make of good and broken files, and how a year is unrolled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simulators.environment.source import QUANTITIES, WeatherError
from simulators.environment.typical_year import hour_of_year, read_epw_year, read_tmy3_year, unroll
from tests.simulators.environment.files import TMY3_FILE, tmy3_year, write_epw


def tmy3_lines() -> list[str]:
    """The shipped file as lines; data begin at index 2."""
    return Path(TMY3_FILE).read_text(encoding="latin-1").splitlines()


def write(path: Path, lines: list[str]) -> str:
    path.write_text("\n".join(lines) + "\n", encoding="latin-1")
    return str(path)


def test_station_and_first_rows_of_the_tmy3_file() -> None:
    # the header says -5.0, 36.100, -79.950, 273; the first row 10.0 °C, 77 %, 993 mbar, 6.2 m/s
    year = tmy3_year()
    assert (year.latitude_deg, year.longitude_deg, year.altitude_m, year.utc_offset_h) == (36.1, -79.95, 273.0, -5.0)
    first = {q: v[0] for q, v in year.hours.columns.items()}
    assert first == {"ghi_w_m2": 0, "dni_w_m2": 0, "dhi_w_m2": 0, "air_temperature_degc": 10.0,
                     "relative_humidity_percent": 77, "pressure_pa": 99_300, "wind_speed_m_s": 6.2}


def test_unchanged_file_is_read_once(tmp_path: Path) -> None:
    assert tmy3_year() is tmy3_year()
    path = write(tmp_path / "w.csv", tmy3_lines())
    before = read_tmy3_year(path)
    lines = tmy3_lines()
    lines[0] = lines[0].replace("36.100", "47.1000")
    write(tmp_path / "w.csv", lines)
    assert (before.latitude_deg, read_tmy3_year(path).latitude_deg) == (36.1, 47.1)


def test_epw_and_tmy3_agree_on_the_same_year(tmp_path: Path) -> None:
    year = tmy3_year()
    epw = read_epw_year(write_epw(tmp_path / "w.epw", year))
    for quantity in QUANTITIES:
        np.testing.assert_array_equal(epw.hours.columns[quantity], year.hours.columns[quantity])
    assert (epw.latitude_deg, epw.longitude_deg, epw.utc_offset_h) == (36.1, -79.95, -5.0)


def test_leap_day_of_an_epw_file_is_left_out(tmp_path: Path) -> None:
    year = tmy3_year()
    epw = read_epw_year(write_epw(tmp_path / "w.epw", year, leap_day=True))
    np.testing.assert_array_equal(epw.hours.columns["ghi_w_m2"], year.hours.columns["ghi_w_m2"])


def test_codes_for_missing_values_become_nan(tmp_path: Path) -> None:
    year = tmy3_year()
    epw = read_epw_year(write_epw(tmp_path / "w.epw", year, missing={"ghi_w_m2": [12], "wind_speed_m_s": [3, 4]}))
    assert np.flatnonzero(np.isnan(epw.hours.columns["ghi_w_m2"])).tolist() == [12]
    assert np.flatnonzero(np.isnan(epw.hours.columns["wind_speed_m_s"])).tolist() == [3, 4]

    lines = tmy3_lines()
    cells = lines[14].split(",")
    cells[4] = "-9900"
    tmy3 = read_tmy3_year(write(tmp_path / "w.csv", lines[:14] + [",".join(cells)] + lines[15:]))
    assert np.flatnonzero(np.isnan(tmy3.hours.columns["ghi_w_m2"])).tolist() == [12]


def broken(name: str) -> list[str]:
    """The shipped file with one thing wrong."""
    lines = tmy3_lines()
    if name == "cut short":
        return lines[:5000]
    if name == "cut inside a line":
        return [*lines[:5000], lines[5000][:30]]
    if name == "row missing":
        return lines[:100] + lines[101:]
    if name == "row twice":
        return lines[:100] + [lines[99]] + lines[100:]
    if name == "rows swapped":
        return lines[:100] + [lines[101], lines[100]] + lines[102:]
    if name == "not on the hour":
        return lines[:100] + [lines[100].replace(":00,", ":30,", 1)] + lines[101:]
    if name == "no number":
        cells = lines[100].split(",")
        cells[4] = "sunny"
        return lines[:100] + [",".join(cells)] + lines[101:]
    if name == "column missing":
        return [lines[0], lines[1].replace("Wspd (m/s)", "Gusts (m/s)"), *lines[2:]]
    if name == "no data":
        return lines[:2]
    return []


@pytest.mark.parametrize(("name", "message"), [
    ("cut short", r"holds 4998 of 8760 hours, the first missing is 07-28 06:00"),
    ("cut inside a line", r"not a complete TMY3 file|holds \d+ of 8760"),
    ("row missing", r"holds 8759 of 8760 hours, the first missing is 01-05 02:00"),
    ("row twice", r"data row 99 repeats 01-05 01:00"),
    ("rows swapped", r"data row 100 goes back to 01-05 02:00"),
    ("not on the hour", r"data row 99: the stamp is not on the hour"),
    ("no number", r"data row 99: ghi is 'sunny', not a number"),
    ("column missing", r"has the columns wind_speed; this one has not"),
    ("no data", r"holds 0 of 8760|not a complete TMY3"),
    ("empty", r"not a complete TMY3 file"),
])
def test_broken_files_are_refused(tmp_path: Path, name: str, message: str) -> None:
    path = write(tmp_path / "broken.csv", broken(name))
    with pytest.raises(WeatherError, match=rf"broken\.csv: .*({message})"):
        read_tmy3_year(path)


@pytest.mark.parametrize("read", [read_tmy3_year, read_epw_year])
def test_other_files_are_refused(tmp_path: Path, read) -> None:  # type: ignore[no-untyped-def]
    binary = tmp_path / "photo.jpg"
    binary.write_bytes(bytes(range(256)) * 40)
    for path in (str(binary), str(tmp_path), str(tmp_path / "absent.epw")):
        with pytest.raises(WeatherError, match=r"not a complete|cannot be read"):
            read(path)


def test_tmy3_file_given_as_epw_names_the_types() -> None:
    with pytest.raises(WeatherError, match=r"not a complete EPW file.*tmy3, epw or weather_csv"):
        read_epw_year(TMY3_FILE)


def test_temperatures_in_kelvin_are_refused(tmp_path: Path) -> None:
    year = tmy3_year()
    kelvin = year.hours.columns["air_temperature_degc"] + 273.15
    warm = replace(year, hours=year.hours.with_columns(dict(year.hours.columns) | {"air_temperature_degc": kelvin}))
    with pytest.raises(WeatherError, match=r"k\.epw: air_temperature_degc .*kelvin; subtract 273.15"):
        read_epw_year(write_epw(tmp_path / "k.epw", warm))


@pytest.mark.parametrize(("stamp", "index"), [
    ("2025-01-01T00", 0), ("2025-12-31T23", 8759), ("2024-12-31T23", 8759), ("2024-02-28T05", 58 * 24 + 5),
    ("2024-02-29T05", 58 * 24 + 5), ("2024-03-01T05", 59 * 24 + 5), ("2025-03-01T05", 59 * 24 + 5),
])
def test_hour_of_year(stamp: str, index: int) -> None:
    assert hour_of_year(np.array([stamp], dtype="datetime64[h]")).tolist() == [index]


def test_unrolled_year_wraps_and_repeats_28_february() -> None:
    hours = tmy3_year().hours
    wrap, offset_s = unroll(hours, np.datetime64("2024-12-31T22:30:00"), 3 * 3600)
    assert offset_s == -5400  # from 21:00
    np.testing.assert_array_equal(wrap.columns["wind_speed_m_s"][:5],
                                  hours.columns["wind_speed_m_s"][[8757, 8758, 8759, 0, 1]])
    leap, _ = unroll(hours, np.datetime64("2024-02-28T01:00:00"), 48 * 3600)
    np.testing.assert_array_equal(leap.columns["ghi_w_m2"][:24], leap.columns["ghi_w_m2"][24:48])
