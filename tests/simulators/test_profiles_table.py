"""Tables of series: what is read, and where each mistake is placed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from simulators.profiles_table import ProfileError, TableFormat, read_table
from tests.simulators.profile_files import stamps, write_series

UTC = TableFormat("time", "UTC", ",", ".")
GERMAN = TableFormat("Zeit", "UTC", ";", ",")
TIMES = stamps("2025-03-01T00:00", 3, 900)


@pytest.fixture
def text_file(tmp_path: Path):  # type: ignore[no-untyped-def]
    """``text_file("time,load", …)`` → a file of these lines."""

    def write(*lines: str, encoding: str = "utf-8") -> str:
        (tmp_path / "s.csv").write_bytes(("\n".join(lines) + "\n").encode(encoding))
        return str(tmp_path / "s.csv")

    return write


def refusal(file: str, how: TableFormat = UTC, column: str = "load") -> tuple[str, str]:
    """(parameter, message) with which a file is refused."""
    with pytest.raises(ProfileError) as caught:
        read_table(file, how).column(column)
    [problem] = caught.value.problems
    return str(problem.path[0]), problem.message


def test_stamps_and_numbers(tmp_path: Path) -> None:
    table = read_table(write_series(tmp_path / "s.csv", TIMES, load=[1, 2.5, "1e-3"], other=["a", "b", "c"]), UTC)
    assert table.column("load").tolist() == [1.0, 2.5, 0.001]
    assert table.stamps.tolist() == [np.datetime64(t, "s").item() for t in TIMES]
    assert table.lines.tolist() == [2, 3, 4]


def test_german_office_software(text_file) -> None:  # type: ignore[no-untyped-def]
    file = text_file("\ufeffZeit;Last", "2025-03-01 00:00;1,5", "2025-03-01 00:15; 2,25", "", "2025-03-01 00:30;3")
    assert read_table(file, GERMAN).column("Last").tolist() == [1.5, 2.25, 3.0]
    assert read_table(file, GERMAN).lines.tolist() == [2, 3, 5]


def test_a_point_is_no_decimal_mark_beside_a_comma(text_file) -> None:  # type: ignore[no-untyped-def]
    """1.234 is more than a thousand there."""
    file = text_file("Zeit;Last", "2025-03-01 00:00;1,5", "2025-03-01 00:15;1.234")
    parameter, message = refusal(file, GERMAN, "Last")
    assert parameter == "column"
    assert "s.csv:3: Last is '1.234', not a number with the decimal mark ','" in message


@pytest.mark.parametrize("cell", ["1,5", "abc", "inf", "1 MW", "True", "--"])
def test_what_is_no_number_is_placed_at_its_line(text_file, cell: str) -> None:  # type: ignore[no-untyped-def]
    quoted = f'"{cell}"'
    parameter, message = refusal(text_file("time,load", f"{TIMES[0]},1", f"{TIMES[1]},{quoted}", f"{TIMES[2]},x"))
    assert parameter == "column" and "s.csv:3: load is " in message and "not a number" in message


def test_a_column_of_truths_is_none_of_numbers(text_file) -> None:  # type: ignore[no-untyped-def]
    _, message = refusal(text_file("time,load", f"{TIMES[0]},True", f"{TIMES[1]},False"))
    assert "s.csv:2: load is " in message


def test_a_number_out_of_range_is_refused(text_file) -> None:  # type: ignore[no-untyped-def]
    _, message = refusal(text_file("time,load", f"{TIMES[0]},1", f"{TIMES[1]},1e999"))
    assert "s.csv:3: load is " in message


@pytest.mark.parametrize(("header", "parameter", "hint"), [
    ("time,laod", "column", "no column 'load'; did you mean 'laod'?"),
    ("time,heat", "column", "no column 'load'; known: heat"),
    ("tim,load", "time_column", "no column 'time' with the time stamps; did you mean 'tim'?"),
    ("date,load", "time_column", "no column 'time' with the time stamps; known: date, load"),
])
def test_a_missing_column_comes_with_a_suggestion(  # type: ignore[no-untyped-def]
    text_file, header: str, parameter: str, hint: str
) -> None:
    assert refusal(text_file(header, *(f"{t},1" for t in TIMES)))[0] == parameter
    assert hint in refusal(text_file(header, *(f"{t},1" for t in TIMES)))[1]


def test_another_separator_is_recognised(text_file) -> None:  # type: ignore[no-untyped-def]
    parameter, message = refusal(text_file("time;load", *(f"{t};1" for t in TIMES)))
    assert parameter == "time_column" and "the header 'time;load' looks separated by ';': set separator" in message


def test_a_missing_file_comes_with_a_suggestion(tmp_path: Path) -> None:
    write_series(tmp_path / "profile.csv", TIMES, load=[1, 2, 3])
    parameter, message = refusal(str(tmp_path / "profil.csv"))
    assert parameter == "file" and "cannot be read (No such file or directory); did you mean 'profile.csv'?" in message


@pytest.mark.parametrize(("lines", "message"), [
    (("time,load", TIMES[0] + ",1", TIMES[2] + ",1", TIMES[1] + ",1"),
     f"s.csv:4: stamp '{TIMES[1]}' does not come after '{TIMES[2]}' in line 3; sort the file by time"),
    (("time,load", TIMES[0] + ",1", TIMES[0] + ",2"), "s.csv:3: stamp "),
    (("time,load", TIMES[0] + ",1", "noon,2"), "s.csv:3: stamp 'noon' does not follow ISO 8601"),
    (("time,load", TIMES[0] + "Z,1", TIMES[1] + ",2"), "s.csv:3: "),
    (("time,load", TIMES[0] + ",1", ",2"), "s.csv:3: stamp 'nan' does not follow ISO 8601"),
    (("time,load", TIMES[0] + ",1"), "has 1 rows of data; a series needs two at least"),
    (("time,load",), "has 0 rows of data"),
    (("",), "is empty"),
    (("time,load", TIMES[0] + ",1,5", TIMES[1] + ",2,5"), "with the separator ',' and the decimal mark '.'"),
    (("time,load", TIMES[0] + ",1", TIMES[1] + ",2,5"), "with the separator ',' and the decimal mark '.'"),
])
def test_tables_that_are_none(text_file, lines: tuple[str, ...], message: str) -> None:  # type: ignore[no-untyped-def]
    parameter, found = refusal(text_file(*lines))
    assert parameter == "file" and message in found


def test_a_file_that_is_no_utf_8_is_refused(text_file) -> None:  # type: ignore[no-untyped-def]
    _, message = refusal(text_file("time,load", f"{TIMES[0]},1", f"{TIMES[1]},ü", encoding="latin-1"))
    assert "is no text in UTF-8 (byte " in message


def test_local_stamps_that_do_not_exist_name_the_way_out(text_file) -> None:  # type: ignore[no-untyped-def]
    """A logger that ignores summer time, read as if it followed it."""
    file = text_file("time,load", *(f"2025-03-30 {hour:02}:00,1" for hour in range(5)))
    _, message = refusal(file, TableFormat("time", "Europe/Vienna", ",", "."))
    assert "do not fit the zone Europe/Vienna" in message and "UTC+01:00" in message


def test_a_file_is_read_once_and_again_when_it_changed(tmp_path: Path) -> None:
    file = write_series(tmp_path / "s.csv", TIMES, load=[1, 2, 3])
    first = read_table(file, UTC)
    assert read_table(file, UTC) is first
    write_series(tmp_path / "s.csv", TIMES, load=[4, 5, 6])
    os.utime(file, ns=(0, 12345))
    assert read_table(file, UTC).column("load").tolist() == [4.0, 5.0, 6.0]


# Parquet


def test_parquet_without_pyarrow_is_refused_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise ImportError("Unable to find a usable engine")

    monkeypatch.setattr(pd, "read_parquet", missing)
    (tmp_path / "s.parquet").write_bytes(b"PAR1")
    assert "needs the package pyarrow, which is not installed; install it, or save the table as CSV" in refusal(
        str(tmp_path / "s.parquet"))[1]


@pytest.mark.parametrize("as_index", [True, False])
@pytest.mark.parametrize("zone", [None, "Europe/Vienna"])
def test_parquet_frames_with_time_as_column_or_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_index: bool, zone: str | None
) -> None:
    times = pd.date_range("2025-03-01", periods=3, freq="15min", tz=zone, name="time")
    frame = pd.DataFrame({"load": [1.0, np.nan, 3.0]}, index=times)
    monkeypatch.setattr(pd, "read_parquet", lambda file: frame if as_index else frame.reset_index())
    (tmp_path / "s.pq").write_bytes(b"PAR1")

    table = read_table(str(tmp_path / "s.pq"), UTC)

    assert table.stamps[0] == np.datetime64("2025-03-01T00:00" if zone is None else "2025-02-28T23:00")
    assert table.lines.tolist() == [1, 2, 3]
    assert np.isnan(table.column("load")[1]) and table.column("load")[2] == 3.0


def test_a_broken_parquet_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.parquet").write_bytes(b"no parquet")
    assert refusal(str(tmp_path / "s.parquet"))[0] == "file"
