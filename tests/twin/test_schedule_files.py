"""Schedule files: exact both ways, and each mistake told with file, row, column, value and remedy."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twin.schedules import KEYS, schedule, schedules
from twin.context import Calendar
from twin.schedule import Horizon, Origin, OriginKind, ScheduleError
from twin.schedule_checks import Expected, ScheduleFileError
from twin.schedule_files import read_schedule, write_schedule

SHANGHAI = Calendar(datetime.fromisoformat("2025-07-15T00:00:00+08:00"), "Asia/Shanghai", "CN")
PORTS = {"bess": ["p_set_mw"], "chp_1": ["p_set_mw"], "data_centre": ["interrupt_frac"], "pv": ["p_limit_mw"],
         "wind": ["p_limit_mw"]}
HEAD = "time,bess.p_set_mw,pv.p_limit_mw"
GOOD = ["2025-07-15T01:00:00+08:00,-2.0,inf", "2025-07-15T01:15:00+08:00,-0.1,4.25",
        "2025-07-15T01:30:00+08:00,1.5,inf", "2025-07-15T01:45:00+08:00,3.0,inf"]


def expected(calendar=SHANGHAI, **changes):
    return Expected(**{"calendar": calendar, "step_s": 60, "ports": PORTS, "scenario_sha256": "5c" * 32, **changes})


@pytest.fixture
def written(tmp_path):
    """Writes lines (or bytes) as a CSV file → its path."""

    def write(*lines):
        file = tmp_path / "plan.csv"
        file.write_bytes(lines[0] if isinstance(lines[0], bytes) else "\n".join([*lines, ""]).encode())
        return file

    return write


def mistakes(file, **changes):
    with pytest.raises(ScheduleFileError) as caught:
        read_schedule(file, expected(**changes))
    return [(p.row, p.column, p.message) for p in caught.value.problems]


def mistake(file, **changes):
    found = mistakes(file, **changes)
    assert len(found) == 1, found
    return found[0]


# ---- both ways ---------------------------------------------------------------------------------------------------


def test_a_csv_file_reads_as_a_person_would_write_it(written):
    plan = read_schedule(written(HEAD, *GOOD), expected())
    assert plan.horizon == Horizon(3600, 900, 4)
    assert {key: values.tolist() for key, values in plan.setpoints.items()} == {
        "bess.p_set_mw": [-2.0, -0.1, 1.5, 3.0], "pv.p_limit_mw": [math.inf, 4.25, math.inf, math.inf]}
    assert plan.origin == Origin(OriginKind.FILE, "plan.csv") and plan.scenario_sha256 == "5c" * 32


def test_a_csv_file_is_written_as_a_person_would_read_it(tmp_path):
    write_schedule(schedule(), tmp_path / "plan.csv", SHANGHAI)
    assert (tmp_path / "plan.csv").read_text() == "\n".join([HEAD, *GOOD, ""])
    assert [file.name for file in tmp_path.iterdir()] == ["plan.csv"], "nothing temporary is left"


@given(schedules(min_steps=2))
def test_csv_brings_the_same_numbers_and_times_back(tmp_path_factory, plan):
    file = tmp_path_factory.getbasetemp() / "round_trip.csv"
    write_schedule(plan, file, SHANGHAI)
    again = read_schedule(file, expected())
    assert again.horizon == plan.horizon and again.setpoints.keys() == plan.setpoints.keys()
    assert all(np.array_equal(again.setpoints[key], values) for key, values in plan.setpoints.items())


@given(schedules())
def test_parquet_brings_the_same_schedule_back(tmp_path_factory, plan):
    file = tmp_path_factory.getbasetemp() / "round_trip.parquet"
    write_schedule(plan, file, SHANGHAI)
    assert read_schedule(file, expected(scenario_sha256=plan.scenario_sha256)) == plan


def test_a_schedule_made_for_another_scenario_is_a_mistake_and_as_csv_it_is_anybodys(tmp_path):
    for suffix in ("parquet", "csv"):
        write_schedule(schedule(), tmp_path / f"plan.{suffix}", SHANGHAI)
    row, column, message = mistake(tmp_path / "plan.parquet", scenario_sha256="77" * 32)
    assert (row, column) == (None, None) and "was made for the scenario 5c5c5c5c5c5c…, this is 777777777777…" in message
    assert read_schedule(tmp_path / "plan.csv", expected(scenario_sha256="77" * 32)).scenario_sha256 == "77" * 32


@pytest.mark.parametrize(("zone", "start", "changes_at_s"), [
    ("Europe/Berlin", "2025-03-30T00:00:00+01:00", 2 * 3600),  # 01:45+01:00 is followed by 03:00+02:00
    ("Europe/Berlin", "2025-10-26T00:00:00+02:00", 3 * 3600),  # 02:45+02:00 is followed by 02:00+01:00
    ("Australia/Lord_Howe", "2025-10-05T00:00:00+10:30", 2 * 3600),
])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_days_on_which_the_clock_changes_survive(tmp_path, zone, start, changes_at_s, suffix):
    calendar = Calendar(datetime.fromisoformat(start), zone, None)
    assert calendar.local(changes_at_s - 1).utcoffset() != calendar.local(changes_at_s).utcoffset()
    plan = schedule(horizon=Horizon(0, 900, 24), setpoints={"bess.p_set_mw": np.arange(24.0)})
    write_schedule(plan, tmp_path / f"plan.{suffix}", calendar)
    again = read_schedule(tmp_path / f"plan.{suffix}", expected(calendar))
    assert again.horizon == plan.horizon and again.setpoints["bess.p_set_mw"].tolist() == list(range(24))


def test_stamps_of_another_zone_name_the_same_moments(written):
    lines = ["2025-07-14T17:00:00Z,-2.0,inf", "2025-07-14T19:15:00+02:00,-0.1,4.25"]
    assert read_schedule(written(HEAD, *lines), expected()).horizon == Horizon(3600, 900, 2)


def test_byte_order_mark_blank_lines_and_line_ends_of_other_systems_are_no_mistake(written):
    text = "\ufeff" + "\r\n".join([HEAD, "", *GOOD, "", ""])
    assert read_schedule(written(text.encode()), expected()).setpoints["bess.p_set_mw"].tolist() == [-2, -0.1, 1.5, 3]


def test_set_points_beyond_the_nameplate_are_told_with_time_value_limit_and_remedy(written):
    ranges = {"bess.p_set_mw": (-2.0, 2.0), "pv.p_limit_mw": (0.0, 4.0)}
    stamp = "2025-07-15T01:0%d:00+08:00,"
    row, column, message = mistake(written(HEAD, *(stamp % n + f"{power},inf" for n, power in
                                                   enumerate((2.0000005, 500, -500)))), ranges=ranges)
    assert (row, column) == (3, "bess.p_set_mw")
    assert message.startswith("500 at 2025-07-15T01:01:00+08:00 is outside -2 to 2 MW, what the nameplate of bess "
                              "allows (so are 1 further intervals); give values within")
    row, column, message = mistake(written(HEAD, stamp % 0 + "2,-0.001", stamp % 1 + "2,4"), ranges=ranges)
    assert (row, column) == (2, "pv.p_limit_mw") and "outside 0 to 4 MW" in message


def parquet(tmp_path, columns, name="plan.parquet"):
    pq.write_table(pa.table(columns), tmp_path / name)
    return tmp_path / name


STAMPS = [datetime(2025, 7, 14, 17, tzinfo=UTC) + timedelta(minutes=15) * n for n in range(4)]


def test_a_parquet_file_of_another_tool_needs_no_metadata(tmp_path):
    for stamps in (STAMPS, [stamp.isoformat() for stamp in STAMPS], pa.array(STAMPS, pa.timestamp("ns", tz="UTC"))):
        plan = read_schedule(parquet(tmp_path, {"time": stamps, "bess.p_set_mw": [1, 2, 3, 4]}), expected())
        assert plan.horizon == Horizon(3600, 900, 4) and plan.at(3600) == {"bess.p_set_mw": 1.0}
        assert plan.origin == Origin(OriginKind.FILE, "plan.parquet")


# ---- mistakes in the header --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("header", "column", "words"), [
    ("tme,bess.p_set_mw,pv.p_limit_mw", None, "no column 'time' with the interval starts; did you mean 'tme'?"),
    ("time;bess.p_set_mw;pv.p_limit_mw", None, "cells are separated by commas, here it is ';'"),
    ("time,bes.p_set_mw,pv.p_limit_mw", "bes.p_set_mw", "no asset 'bes' that a schedule could set; did you mean"),
    ("time,bess.p_set_kw,pv.p_limit_mw", "bess.p_set_kw", "bess has no port 'p_set_kw' to set; did you mean 'p_"),
    ("time,bess,pv.p_limit_mw", "bess", "names no set-point; write asset.port"),
    ("time,,pv.p_limit_mw", "", "names no set-point"),
    ("time,pv.p_limit_mw,pv.p_limit_mw", "pv.p_limit_mw", "2 columns of this name; keep one"),
    ("time,time,pv.p_limit_mw", "time", "2 columns of this name"),
])
def test_mistakes_in_the_header(written, header, column, words):
    found = mistake(written(header, *GOOD))
    assert found[:2] == (None, column) and words in found[2]


def test_a_file_without_set_points_is_refused(written):
    assert "name further columns asset.port" in mistake(written("time", "2025-07-15T01:00:00+08:00"))[2]


# ---- mistakes in the stamps --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("stamp", "words"), [
    ("noon", "'noon' is no time stamp; write ISO 8601 with offset, 2025-07-15T00:00:00+08:00"),
    ("", "'' is no time stamp"),
    ("2025-13-15T01:30:00+08:00", "is no time stamp"),
    ("2025-07-15T01:30:00", "has no offset from UTC, and an hour of an autumn night would be there twice; write "
                            "it with its offset, e.g. 2025-07-15T01:30:00+08:00"),
    ("2025-07-15T01:30:00.5+08:00", "is no whole second"),
    ("9999-12-31T23:59:59Z", "more than 100 years away from the scenario's start 2025-07-15T00:00:00+08:00"),
    ("2025-07-15T01:15:00+08:00", "repeats the stamp of row 3; keep one row per interval"),
])
def test_a_stamp_that_cannot_be(written, stamp, words):
    rows = mistakes(written(HEAD, GOOD[0], GOOD[1], f"{stamp},1.5,inf", GOOD[3]))
    assert rows[0][:2] == (4, "time") and words in rows[0][2]


def test_a_gap_is_told_with_its_length(written):
    found = mistake(written(HEAD, *GOOD, "2025-07-15T02:45:00+08:00,1.0,inf"))
    assert found == (6, "time", "'2025-07-15T02:45:00+08:00' leaves a gap of 3 intervals of 900 s after row 5; fill it")


def test_unsorted_rows_are_told(written):
    found = mistakes(written(HEAD, GOOD[0], GOOD[2], GOOD[1], GOOD[3]))
    assert (4, "time", "'2025-07-15T01:15:00+08:00' goes back behind row 3; sort the file by time") in found


def test_an_irregular_time_base_is_told(written):
    found = mistakes(written(HEAD, *GOOD, "2025-07-15T01:55:00+08:00,1.0,inf"))
    assert found == [(6, "time", "'2025-07-15T01:55:00+08:00' comes 600 s after row 5, other rows 900 s; write equal "
                                 "intervals")]


def test_an_interval_that_the_scenario_does_not_know_is_told(written):
    assert mistake(written(HEAD, *GOOD), step_s=600) == (
        None, "time", "intervals of 900 s; the scenario steps by 600 s, use a multiple of it")


def test_a_begin_between_two_steps_of_the_scenario_is_told(written):
    lines = [line.replace(":00+", ":30+") for line in GOOD]
    assert mistake(written(HEAD, *lines)) == (
        2, "time", "begins 30 s after a step of the scenario (60 s from 2025-07-15T00:00:00+08:00); begin on a step")


def test_a_file_wholly_in_the_past_is_told(written):
    assert mistake(written(HEAD, *GOOD), now_s=7260) == (
        None, "time", "ends at 2025-07-15T02:00:00+08:00, now it is 2025-07-15T02:01:00+08:00; it is wholly in the "
                      "past")
    assert "wholly in the past" in mistake(written(HEAD, *GOOD), now_s=7200)[2]
    assert read_schedule(written(HEAD, *GOOD), expected(now_s=7199)).horizon.steps == 4


@pytest.mark.parametrize(("now_s", "from_stamp", "lasts_h"), [(0, "01:00:00", "1"), (5400, "01:30:00", "0.5")])
def test_a_file_that_is_too_short_is_told(written, now_s, from_stamp, lasts_h):
    assert mistake(written(HEAD, *GOOD), now_s=now_s, duration_s=3601)[2].startswith(
        f"lasts for {lasts_h} h from 2025-07-15T{from_stamp}+08:00 on; 1.00028 h are needed")


@pytest.mark.parametrize("lines", [(), (GOOD[0],)])
def test_fewer_than_two_rows_have_no_interval(written, lines):
    assert f"{len(lines)} rows; two at least are needed" in mistake(written(HEAD, *lines))[2]


@pytest.mark.parametrize(("day", "midnight", "lines", "words"), [
    # the hour that spring does not have: +01:00 was kept where +02:00 holds
    ("2025-03-30", "+01:00", ["01:30:00+01:00", "01:45:00+01:00", "03:00:00+01:00", "03:15:00+01:00"],
     "leaves a gap of 4 intervals"),
    # the hour that autumn has twice: +02:00 was kept where +01:00 holds
    ("2025-10-26", "+02:00", ["02:30:00+02:00", "02:45:00+02:00", "02:00:00+02:00", "02:15:00+02:00"],
     "goes back behind row 3"),
])
def test_a_wrong_offset_at_a_change_of_the_clock_is_explained(written, day, midnight, lines, words):
    calendar = Calendar(datetime.fromisoformat(f"{day}T00:00:00{midnight}"), "Europe/Berlin", None)
    found = mistake(written("time,bess.p_set_mw", *(f"{day}T{line},1" for line in lines)), calendar=calendar)
    assert found[0] == 4 and words in found[2]
    assert "the clock of Europe/Berlin changes here" in found[2] and "the offset of its moment" in found[2]


# ---- mistakes in the numbers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cell", "words"), [
    ("", "is empty; write a value for each interval"),
    ("nan", "'nan' is not a number; leave the column out"),
    ("NaN", "'NaN' is not a number"),
    ("inf", "'inf' is not finite; only a limit may be"),
    ("1e999", "'1e999' is too large for a number"),
    ("much", "'much' is no number; write it with a decimal point and without unit"),
    ("1.5 MW", "is no number"), ('"1,5"', "'1,5' is no number"), ("1_000", "is no number"), ("true", "is no number"),
    ("0x10", "is no number"), ("٣", "is no number"),
])
def test_a_cell_that_is_no_set_point(written, cell, words):
    found = mistake(written(HEAD, GOOD[0], f"2025-07-15T01:15:00+08:00,{cell},inf", *GOOD[2:]))
    assert found[:2] == (3, "bess.p_set_mw") and words in found[2]


@pytest.mark.parametrize(("cell", "words"), [("-inf", "is not finite"), ("nan", "is not a number"),
                                             ("1e999", "write inf for no limit")])
def test_a_limit_may_be_plus_infinity_alone(written, cell, words):
    found = mistake(written(HEAD, GOOD[0], f"2025-07-15T01:15:00+08:00,1.0,{cell}", *GOOD[2:]))
    assert found[:2] == (3, "pv.p_limit_mw") and words in found[2]


@pytest.mark.parametrize(("values", "words"), [
    ([1.0, None, 1.0, 1.0], "is empty"), ([1.0, math.nan, 1.0, 1.0], "nan is not a number"),
    ([1.0, math.inf, 1.0, 1.0], "inf is not finite"),
])
def test_cells_of_a_parquet_file_are_counted_from_row_1(tmp_path, values, words):
    found = mistake(parquet(tmp_path, {"time": STAMPS, "bess.p_set_mw": values}))
    assert found[:2] == (2, "bess.p_set_mw") and words in found[2]


def test_columns_of_another_kind_in_a_parquet_file(tmp_path):
    found = mistakes(parquet(tmp_path, {"time": STAMPS, "bess.p_set_mw": [True, False, True, True]}))
    assert len(found) == 4 and "True is no number" in found[0][2]
    found = mistakes(parquet(tmp_path, {"time": [s.replace(tzinfo=None) for s in STAMPS], "bess.p_set_mw": [1.0] * 4}))
    assert len(found) == 4 and "has no offset from UTC" in found[0][2]


def test_a_row_with_too_few_or_too_many_cells_is_told(written):
    found = mistakes(written(HEAD, GOOD[0], GOOD[1] + ",7", *GOOD[2:]))
    assert found == [(3, None, "4 cells, the header names 3 columns; write one cell per column")]


def test_all_mistakes_are_told_at_once_twenty_at_most(written):
    bad = [f"2025-07-15T01:{minute:02d}:00+08:00,x,nan" for minute in range(15)]
    file = written(HEAD, *bad)
    with pytest.raises(ScheduleFileError) as caught:
        read_schedule(file, expected())
    assert len(caught.value.problems) == 20
    lines = str(caught.value).splitlines()
    assert lines[0].startswith(f"{file}:2: bess.p_set_mw: 'x' is no number; write it with a decimal point")
    assert lines[-1] == "and 10 more"


# ---- files that are none -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("content", "words"), [
    (b"", "is empty; its first line must name the columns"),
    (b"\xff\xfe\x00", "is no text in UTF-8 (byte 0)"),
    (b'time,bess.p_set_mw\n"2025', "is no CSV file"),
])
def test_bytes_that_are_no_table(written, content, words):
    assert words in mistake(written(content))[2]


def test_a_missing_file_a_folder_and_a_strange_suffix(tmp_path):
    assert "cannot be read (No such file" in mistake(tmp_path / "none.csv")[2]
    assert "cannot be read" in mistake(tmp_path / "none.parquet")[2]
    (tmp_path / "folder.csv").mkdir()
    assert "cannot be read" in mistake(tmp_path / "folder.csv")[2]
    with pytest.raises(ScheduleError, match=r"the format is not known by '\.xlsx'"):
        read_schedule(tmp_path / "plan.xlsx", expected())
    with pytest.raises(ScheduleError, match="cannot be written"):
        write_schedule(schedule(), tmp_path / "nowhere" / "plan.csv", SHANGHAI)
    with pytest.raises(ScheduleError, match="cannot be written"):
        write_schedule(schedule(), tmp_path / "nowhere" / "plan.parquet", SHANGHAI)


def test_a_cut_parquet_file_and_damaged_metadata_are_told(tmp_path):
    file = tmp_path / "plan.parquet"
    write_schedule(schedule(), file, SHANGHAI)
    table = pq.read_table(file)
    file.write_bytes(file.read_bytes()[:-20])
    assert "is no readable Parquet file" in mistake(file)[2]
    for metadata, words in ((b"{", "damaged metadata"), (b"[]", "damaged or of another version"),
                            (b'{"format": "parktwin.schedule.0"}', "damaged or of another version")):
        pq.write_table(table.replace_schema_metadata({b"parktwin_schedule": metadata}), file)
        assert words in mistake(file)[2]


@given(st.binary(max_size=200), st.integers(0, 250))
def test_damaged_bytes_are_refused_or_still_a_schedule(tmp_path_factory, noise, place):
    good = "\n".join([HEAD, *GOOD, ""]).encode()
    file = tmp_path_factory.getbasetemp() / "noise.csv"
    file.write_bytes(good[:place] + noise + good[place + len(noise):])
    try:
        plan = read_schedule(file, expected())
    except ScheduleFileError as error:
        assert str(file) in str(error)
    else:
        assert plan.setpoints.keys() <= set(KEYS)
