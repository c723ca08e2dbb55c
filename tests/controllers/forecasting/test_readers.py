"""Histories from CSV, Parquet and runs; what is wrong with a file is told with its line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from controllers.forecasting.errors import HistoryError
from controllers.forecasting.readers import HistoryFormat, coarsened, read_history, read_issued
from controllers.forecasting.versioned import SeriesRole, VersionedSeries

HOUR_S = 3600
VIENNA = HistoryFormat(timezone="Europe/Vienna")


def utc_s(text: str) -> int:
    return int(pd.Timestamp(text, tz="UTC").timestamp())


def csv(folder: Path, stamps: list[str], values: list[object]) -> str:
    file = folder / "history.csv"
    file.write_text("time,load\n" + "".join(f"{t},{v}\n" for t, v in zip(stamps, values, strict=True)))
    return str(file)


def test_a_csv_file_in_utc(tmp_path: Path) -> None:
    file = csv(tmp_path, ["2025-03-01T00:00Z", "2025-03-01T01:00Z", "2025-03-01T03:00Z"], [1.5, "", 3.5])
    series = read_history(file, "load", "load_mw", HistoryFormat(delay_s=60), factor=-2.0)
    assert series.step_s == HOUR_S
    assert series.valid_utc_s.tolist() == [utc_s("2025-03-01T00:00"), utc_s("2025-03-01T03:00")]  # the empty is a gap
    assert series.values.tolist() == [-3.0, -7.0]
    assert series.available_utc_s.tolist() == [t + HOUR_S + 60 for t in series.valid_utc_s]


def test_stamps_that_mark_the_end(tmp_path: Path) -> None:
    file = csv(tmp_path, ["2025-03-01T01:00Z", "2025-03-01T02:00Z"], [1, 2])
    series = read_history(file, "load", "load_mw", HistoryFormat(stamp_marks="end"))
    assert series.valid_utc_s[0] == utc_s("2025-03-01T00:00")
    assert series.available_utc_s[0] == utc_s("2025-03-01T01:00")


def test_parquet_is_read_as_csv_is(tmp_path: Path) -> None:
    stamps = pd.date_range("2025-03-01", periods=48, freq="h")
    pd.DataFrame({"time": stamps, "load": np.arange(48.0)}).to_parquet(tmp_path / "h.parquet")
    parquet = read_history(str(tmp_path / "h.parquet"), "load", "load_mw")
    text = read_history(csv(tmp_path, [str(t) for t in stamps], list(np.arange(48.0))), "load", "load_mw")
    assert parquet.valid_utc_s.tolist() == text.valid_utc_s.tolist()
    assert parquet.values.tolist() == text.values.tolist()


def test_days_of_23_and_25_hours(tmp_path: Path) -> None:
    spring = [f"2025-03-30T{h:02}:00" for h in range(24) if h != 2]
    assert len(read_history(csv(tmp_path, spring, list(range(23))), "load", "load_mw", VIENNA).values) == 23
    autumn = [f"2025-10-26T{h:02}:00" for h in (0, 1, 2, 2, *range(3, 24))]
    series = read_history(csv(tmp_path, autumn, list(range(25))), "load", "load_mw", VIENNA)
    assert (np.diff(series.valid_utc_s) == HOUR_S).all()
    assert series.valid_utc_s[0] == utc_s("2025-10-25T22:00")


@pytest.mark.parametrize(("stamps", "complaint"), [
    (["2025-03-01T00:00Z", "2025-03-01T00:00Z"], "csv:3: .* does not come after"),
    (["2025-03-01T01:00Z", "2025-03-01T00:00Z"], "csv:3: .* does not come after"),
    (["2025-03-01T00:00", "2025-03-30T02:30"], "do not fit the zone Europe/Vienna"),
    (["2025-03-01T00:00Z", "noon"], "csv:3: .*noon"),
    (["2025-03-01T00:00Z"], "two at least"),
    ([], "two at least"),
], ids=["duplicate", "unsorted", "hour that is not there", "no stamp", "one row", "empty"])
def test_unusable_stamps(tmp_path: Path, stamps: list[str], complaint: str) -> None:
    with pytest.raises(HistoryError, match=complaint):
        read_history(csv(tmp_path, stamps, [1] * len(stamps)), "load", "load_mw", VIENNA)


def test_stamps_off_the_grid(tmp_path: Path) -> None:
    stamps = [f"2025-03-01T0{h}:00Z" for h in range(4)] + ["2025-03-01T04:20Z"]
    with pytest.raises(HistoryError, match="not on the file's own grid of 3600 s"):
        read_history(csv(tmp_path, stamps, [1] * 5), "load", "load_mw")


def test_other_mistakes_in_a_file(tmp_path: Path) -> None:
    stamps = ["2025-03-01T00:00Z", "2025-03-01T01:00Z"]
    with pytest.raises(HistoryError, match=r"history.csv:3: load is 'much'"):
        read_history(csv(tmp_path, stamps, [1, "much"]), "load", "load_mw")
    with pytest.raises(HistoryError, match=r"no column 'laod'; .*load"):
        read_history(csv(tmp_path, stamps, [1, 2]), "laod", "load_mw")
    with pytest.raises(HistoryError, match="cannot be read"):
        read_history(str(tmp_path / "absent.csv"), "load", "load_mw")
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 and then nothing")
    with pytest.raises(HistoryError, match="no readable Parquet file"):
        read_history(str(broken), "load", "load_mw")


def test_forecasts_of_several_issues(tmp_path: Path) -> None:
    file = tmp_path / "wind.csv"
    file.write_text("valid,issue,wind\n2025-03-01T06:00Z,2025-03-01T00:00Z,5\n2025-03-01T07:00Z,2025-03-01T00:00Z,6\n"
                    "2025-03-01T07:00Z,2025-03-01T06:00Z,7\n")
    series = read_issued(str(file), "wind", "wind_speed_m_s", "issue", HOUR_S, HistoryFormat("valid"))
    at_seven = utc_s("2025-03-01T07:00")
    assert series.role is SeriesRole.WEATHER
    assert series.as_of(np.array(utc_s("2025-03-01T05:59")), np.array(at_seven)) == 6.0
    assert series.as_of(np.array(utc_s("2025-03-01T06:00")), np.array(at_seven)) == 7.0
    with pytest.raises(HistoryError, match="no column 'issued'"):
        read_issued(str(file), "wind", "wind_speed_m_s", "issued", HOUR_S, HistoryFormat("valid"))



def test_two_values_of_one_issue_for_one_time_are_refused_with_both_lines(tmp_path) -> None:
    """The same row twice is harmless."""
    file = tmp_path / "nwp.csv"
    rows = ["valid,issue,wind", "2025-01-01T00:00Z,2024-12-31T00:00Z,5", "2025-01-01T01:00Z,2024-12-31T00:00Z,6"]
    file.write_text("\n".join([*rows, rows[1]]))
    assert len(read_issued(str(file), "wind", "wind_speed_m_s", "issue", HOUR_S, HistoryFormat("valid")).values) == 3
    file.write_text("\n".join([*rows, rows[1].replace(",5", ",25")]))
    with pytest.raises(HistoryError, match=r"nwp\.csv, line 4: wind_speed_m_s is 25 for a time and an issue for which "
                                           r"line 2 tells 5"):
        read_issued(str(file), "wind", "wind_speed_m_s", "issue", HOUR_S, HistoryFormat("valid"))


def test_means_over_longer_intervals() -> None:
    quarter = VersionedSeries.measured("load_mw", 0, 900, np.array([1, 2, 3, 6, 5, np.nan, np.nan, np.nan, 4, 4, 7, 7]))
    hourly = coarsened(quarter, HOUR_S)
    assert hourly.valid_utc_s.tolist() == [0, 7200]  # of the second hour only a quarter is known
    assert hourly.values.tolist() == [3.0, 5.5]
    assert hourly.available_utc_s.tolist() == [3600, 10_800]


def test_versions_of_a_forecast_are_averaged_apart() -> None:
    series = VersionedSeries("wind_speed_m_s", SeriesRole.WEATHER, 900, np.tile(900 * np.arange(4), 2),
                             np.repeat([-100, -50], 4), np.array([1.0, 1, 1, 1, 5, 5, 5, 9]))
    hourly = coarsened(series, HOUR_S)
    assert hourly.as_of(np.array([-100, -50]), np.array([0, 0])).tolist() == [1.0, 6.0]


def test_a_step_that_does_not_fit() -> None:
    with pytest.raises(HistoryError, match="900 s cannot be averaged to 1000 s"):
        coarsened(VersionedSeries.measured("load_mw", 0, 900, np.ones(4)), 1000)


def test_forecasts_of_several_issues_read_as_measurements_are_told_how_to_be_read(tmp_path: Path) -> None:
    file = tmp_path / "nwp.csv"
    file.write_text("time,issued,t2m\n" + "".join(f"2025-03-01T0{h}:00Z,2025-03-01T0{i}:00Z,{h}\n"
                                                 for i in (0, 1) for h in (2, 3)))
    with pytest.raises(HistoryError, match=r"forecasts of several issues\? Then write issue_column: issued"):
        read_history(str(file), "t2m", "air_degc")


def test_a_file_that_was_cut_off_in_its_last_stamp(tmp_path: Path) -> None:
    file = csv(tmp_path, ["2025-03-01T01:00Z", "2025-03-01T02:00Z"], [1, 2])
    Path(file).write_text(Path(file).read_text() + "2025-03-01T03:")
    with pytest.raises(HistoryError, match=r"history\.csv:4: .*was the file cut off in its last line"):
        read_history(file, "load", "load_mw")
