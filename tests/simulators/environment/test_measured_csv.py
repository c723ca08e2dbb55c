"""Measured weather from CSV: reading, units, and errors that name the line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from simulators.environment.measured_csv import CsvColumns, CsvFormat, read_measured, window
from simulators.environment.source import Source, WeatherError
from tests.simulators.environment.files import CSV_HEADERS, hours, write_csv

HEADER = ",".join(("time", *CSV_HEADERS))


def read(path: Any, columns: dict[str, Any] | None = None, **how: Any) -> Source:
    return read_measured(str(path), CsvColumns.model_validate(columns or {}), CsvFormat.model_validate(how))


def test_rows_are_means_from_the_stamp_on(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "w.csv", hours("2025-07-01T00:00", 3, offset="+08:00"), {"wind_speed_m_s": [1, 2, 3]})
    source = read(path)
    assert (source.first, source.interval_s, source.reading_offset_s) == (
        np.datetime64("2025-06-30T16:00:00"), 3600, 1800.0)
    assert source.columns["wind_speed_m_s"].tolist() == [1, 2, 3]


def test_stamps_may_mark_the_end(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "w.csv", hours("2025-07-01T01:00", 3))
    assert read(path, stamp_marks="end").first == np.datetime64("2025-07-01T00:00:00")


def test_missing_rows_and_empty_cells_are_nan(tmp_path: Path) -> None:
    stamps = hours("2025-07-01T00:00", 6)
    path = write_csv(tmp_path / "w.csv", stamps[:3] + stamps[4:], {"wind_speed_m_s": [1.0, np.nan, 3.0, 5.0, 6.0]})
    np.testing.assert_array_equal(read(path).columns["wind_speed_m_s"], [1, np.nan, 3, np.nan, 5, 6])


def test_german_spreadsheet_with_own_headers(tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    path.write_text("\ufeffZeit;Global;Temp;Feuchte;Wind\n01.07.2025 12:00;812,5;24,5;41;3,2\n"
                    "01.07.2025 12:15;--;24,7;40;3,4\n\n\n", encoding="utf-8")
    source = read(path, {"ghi_w_m2": "Global", "dni_w_m2": None, "dhi_w_m2": None, "air_temperature_degc": "Temp",
                         "relative_humidity_percent": "Feuchte", "pressure_pa": None, "wind_speed_m_s": "Wind"},
                  separator=";", decimal=",", time_column="Zeit", time_format="%d.%m.%Y %H:%M", timezone="UTC+01:00",
                  missing_values=["--"])
    assert source.interval_s == 900
    np.testing.assert_array_equal(source.columns["ghi_w_m2"], [812.5, np.nan])
    assert source.columns["air_temperature_degc"].tolist() == [24.5, 24.7]
    assert "dni_w_m2" not in source.columns


def test_absent_columns_are_named_with_those_there_are(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "w.csv", hours("2025-07-01T00:00", 3), headers=CSV_HEADERS[:5])
    with pytest.raises(WeatherError, match=r"no column 'pressure_pa', 'wind_speed_m_s'; the file has: time, ghi_w_m2"):
        read(path)


@pytest.mark.parametrize(("text", "message"), [
    ("", "not a CSV table"),
    ("time\n", "no column 'ghi_w_m2'"),
    ("\x00\x01\x02" * 50, "no column|not a CSV table"),
    (HEADER + "\n", "0 rows of data"),
    (HEADER + "\n2025-07-01T00:00Z,0,0,0,10,60,101000,3\n2025-07-01T01:00Z,0,0,0,ten,60,1,3\n",
     r"w\.csv:3: air_temperature_degc is 'ten', not a number"),
    (HEADER + "\n2025-07-01T00:00Z,0,0,0,10,60,101000,3\n\n2025-07-01T01:00Z,x,0,0,1,60,1,3\n",
     r"w\.csv:4: ghi_w_m2 is 'x'"),
    (HEADER + "\n2025-07-01T00:00Z,0,0,0,10,60,101000,inf\n2025-07-01T01:00Z,0,0,0,1,60,1,3\n",
     r"w\.csv:2: wind_speed_m_s is infinite"),
    (HEADER + "\n2025-07-01T00:00Z,0,0,0,10,60,101000,3\n2025-07-01T0",
     r"w\.csv:3: stamp '2025-07-01T0'"),
    ("time,a\n1,2\n1,2,3,4\n", "not a CSV table"),
    (HEADER + "\n" + 2 * "2025-07-01T00:00Z,0,0,0,10,5,60,101000,3\n", "more cells than the header; check separator"),
])
def test_broken_files_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "w.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WeatherError, match=message):
        read(path)


def test_binary_and_absent_files_are_refused(tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(bytes(range(256)) * 40)
    with pytest.raises(WeatherError, match="is no text in UTF-8"):
        read(photo)
    with pytest.raises(WeatherError, match=r"absent\.csv: cannot be read: No such file"):
        read(tmp_path / "absent.csv")


def test_units_are_checked(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "w.csv", hours("2025-07-01T00:00", 3), {"air_temperature_degc": 283.15})
    with pytest.raises(WeatherError, match="kelvin"):
        read(path)
    path = write_csv(tmp_path / "w.csv", hours("2025-07-01T00:00", 3), {"ghi_w_m2": [0.0, -20.0, 0.0]})
    with pytest.raises(WeatherError, match=r"ghi_w_m2 is -20 at 2025-07-01 01:00 \(UTC\)"):
        read(path)


@pytest.mark.parametrize(("model", "values", "message"), [
    (CsvColumns, {"dni_w_m2": None}, "both dni_w_m2 and dhi_w_m2"),
    (CsvColumns, {"snow": "s"}, "Extra inputs"),
    (CsvFormat, {"timezone": "Mars"}, "no time zone"),
    (CsvFormat, {"separator": ";;"}, "at most 1 character"),
])
def test_wrong_parameters(model: Any, values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        model.model_validate(values)


def test_window_takes_one_interval_more_at_each_end(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "w.csv", hours("2025-07-01T00:00", 24), {"wind_speed_m_s": np.arange(24.0)})
    part, start_s = window(read(path), np.datetime64("2025-07-01T06:20:00"), 2 * 3600)
    assert part.columns["wind_speed_m_s"].tolist() == [5, 6, 7, 8, 9]
    assert start_s == -80 * 60
    assert part.stamp(0) == "2025-07-01 05:00 (UTC)"


@pytest.mark.parametrize(("start", "hours_long"), [("2025-06-30T23:59:00", 1), ("2025-07-01T12:00:00", 13)])
def test_file_shorter_than_the_run_names_both_spans(tmp_path: Path, start: str, hours_long: int) -> None:
    path = write_csv(tmp_path / "w.csv", hours("2025-07-01T00:00", 24))
    with pytest.raises(WeatherError, match=r"holds 2025-07-01 00:00 \(UTC\) to 2025-07-02 00:00 \(UTC\), the run needs "
                                           + start.replace("T", " ")):
        window(read(path), np.datetime64(start), hours_long * 3600)


def test_run_may_end_with_the_file(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "w.csv", hours("2025-07-01T00:00", 24))
    part, start_s = window(read(path), np.datetime64("2025-07-01T00:00:00"), 24 * 3600)
    assert (part.n, start_s) == (24, 0)
