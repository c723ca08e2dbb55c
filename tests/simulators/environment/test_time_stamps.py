"""Time stamps of measured tables: zones, daylight saving, order, regularity."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from simulators.environment.source import WeatherError
from simulators.environment.time_stamps import parse_zone, regular_grid, to_utc


def read(texts: list[str], zone: str | None = None, time_format: str | None = None) -> np.ndarray:
    """Stamps of a file whose first data line is line 2."""
    return to_utc(texts, zone, time_format, "w.csv", lambda row: row + 2)


def grid(texts: list[str]):  # type: ignore[no-untyped-def]
    """Grid of stamps in UTC."""
    return regular_grid(read(texts, "UTC"), texts, "w.csv", lambda row: row + 2)


@pytest.mark.parametrize("text", [
    "2025-07-01T08:00:00+08:00", "2025-07-01 08:00+08:00", "2025-07-01T00:00Z", "2025-07-01T02:00:00.000+0200",
])
def test_stamps_with_an_offset_need_no_zone(text: str) -> None:
    assert read([text])[0] == np.datetime64("2025-07-01T00:00:00")


@pytest.mark.parametrize(("zone", "utc"), [
    ("UTC", "2025-07-01T12:00:00"), ("Asia/Shanghai", "2025-07-01T04:00:00"), ("UTC+08:00", "2025-07-01T04:00:00"),
    ("UTC-3", "2025-07-01T15:00:00"), ("Europe/Vienna", "2025-07-01T10:00:00"),
])
def test_stamps_without_offset_follow_the_declared_zone(zone: str, utc: str) -> None:
    assert read(["2025-07-01T12:00"], zone)[0] == np.datetime64(utc)


def test_stamps_of_another_format() -> None:
    assert read(["01.07.2025 12:00"], "UTC", "%d.%m.%Y %H:%M")[0] == np.datetime64("2025-07-01T12:00:00")


def test_naive_stamps_without_a_zone_are_refused() -> None:
    with pytest.raises(WeatherError, match=r"w\.csv:2: .*no offset from UTC, no zone is declared; set timezone"):
        read(["2025-07-01T12:00"])


def test_mixed_stamps_are_refused_at_their_line() -> None:
    with pytest.raises(WeatherError, match=r"w\.csv:4: .*write all stamps alike"):
        read(["2025-07-01T12:00Z", "2025-07-01T13:00Z", "2025-07-01T14:00"], "UTC")


def test_broken_stamp_is_refused_at_its_line() -> None:
    with pytest.raises(WeatherError, match=r"w\.csv:3: stamp '2025-07-01T1' does not follow ISO 8601"):
        read(["2025-07-01T12:00", "2025-07-01T1"], "UTC")


AUTUMN_NIGHT = ["2025-10-26 00:00", "2025-10-26 01:00", "2025-10-26 02:00", "2025-10-26 02:00", "2025-10-26 03:00"]
SPRING_NIGHT = ["2025-03-30 00:00", "2025-03-30 01:00", "2025-03-30 03:00", "2025-03-30 04:00"]


@pytest.mark.parametrize("night", [AUTUMN_NIGHT, SPRING_NIGHT], ids=["25 h", "23 h"])
def test_change_of_the_clocks_leaves_even_hours(night: list[str]) -> None:
    assert set(np.diff(read(night, "Europe/Vienna")).astype(int)) == {3600}


def test_autumn_hour_that_is_there_once_is_ambiguous() -> None:
    with pytest.raises(WeatherError, match=r"do not fit the zone Europe/Vienna.*fixed offset"):
        read(AUTUMN_NIGHT[:3] + AUTUMN_NIGHT[4:], "Europe/Vienna")


def test_spring_hour_that_does_not_exist_is_refused() -> None:
    with pytest.raises(WeatherError, match=r"do not fit the zone Europe/Vienna"):
        read(["2025-03-30 01:00", "2025-03-30 02:00", "2025-03-30 03:00"], "Europe/Vienna")


def test_same_nights_in_a_fixed_offset_are_ordinary() -> None:
    assert set(np.diff(read(["2025-03-30 01:00", "2025-03-30 02:00", "2025-03-30 03:00"], "UTC+01:00")).astype(int)) \
        == {3600}


def test_zones() -> None:
    assert parse_zone("Asia/Shanghai") == ZoneInfo("Asia/Shanghai")
    assert parse_zone("UTC+05:30").utcoffset(None) == timedelta(hours=5, minutes=30)
    assert parse_zone("UTC-03").utcoffset(None) == timedelta(hours=-3)


@pytest.mark.parametrize("text", ["Mars/Olympus", "", "UTC+99:00", "+08:00", "../etc", "Europe"])
def test_unknown_zones(text: str) -> None:
    with pytest.raises(ValueError, match="no time zone; give an IANA name"):
        parse_zone(text)


def test_grid_leaves_holes_for_missing_rows() -> None:
    found = grid(["2025-07-01T00:00", "2025-07-01T00:15", "2025-07-01T00:30", "2025-07-01T01:15"])
    assert found.interval_s == 900
    assert found.position.tolist() == [0, 1, 2, 5]


def test_repeated_stamp_is_refused_at_its_line() -> None:
    with pytest.raises(WeatherError, match=r"w\.csv:4: '2025-07-01T01:00' repeats the stamp of line 3"):
        grid(["2025-07-01T00:00", "2025-07-01T01:00", "2025-07-01T01:00"])


def test_stamps_that_go_back_are_refused_at_their_line() -> None:
    with pytest.raises(WeatherError, match=r"w\.csv:4: .*goes back behind line 3; sort"):
        grid(["2025-07-01T00:00", "2025-07-01T02:00", "2025-07-01T01:00"])


def test_stamp_off_the_grid_is_refused_at_its_line() -> None:
    with pytest.raises(WeatherError, match=r"w\.csv:5: .*not on the file's own grid of 3600 s"):
        grid(["2025-07-01T00:00", "2025-07-01T01:00", "2025-07-01T02:00", "2025-07-01T03:07", "2025-07-01T04:00"])


def test_one_row_has_no_interval() -> None:
    with pytest.raises(WeatherError, match="at least two are needed"):
        grid(["2025-07-01T00:00"])
