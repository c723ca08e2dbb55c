"""A series on the steps of a scenario: exact means, the published smooth curve, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from simulators.profiles import ProfileParams, load_profile, resample
from simulators.profiles_table import ProfileError
from tests.simulators.profile_files import context, profile, stamps, write_series


@pytest.fixture
def hourly(tmp_path: Path) -> str:
    """Vienna's first five hours of March 2025: 4, 8, 2, 2, 6 MW."""
    return write_series(tmp_path / "hourly.csv", stamps("2025-03-01T00:00", 5, 3600), load=[4, 8, 2, 2, 6])


def test_a_held_value_counts_from_its_stamp_until_the_next_one(hourly: str) -> None:
    assert profile(hourly, context(duration_s=7200)).step_mw.tolist() == [4.0] * 4 + [8.0] * 4


def test_a_step_over_several_held_values_gets_their_mean(hourly: str) -> None:
    # 1.5 h steps from 00:00: (4 + 8/2)/1.5, (8/2 + 2)/1.5
    assert profile(hourly, context(duration_s=10_800, step_s=5400)).step_mw == pytest.approx([16 / 3, 4.0], rel=1e-15)


def test_a_step_of_a_linear_series_gets_its_value_in_the_middle(hourly: str) -> None:
    # 4 -> 8 within the hour: the quarters' middles stand at 1/8, 3/8, 5/8, 7/8 of it
    assert profile(hourly, context(), interpolation="linear").step_mw.tolist() == [4.5, 5.5, 6.5, 7.5]


def test_a_linear_series_with_a_bend_inside_the_step(hourly: str) -> None:
    # 0:30 to 1:30: 6 -> 8 (mean 7) and 8 -> 5 (mean 6.5)
    values = profile(hourly, context("2025-03-01T00:30:00+01:00", step_s=3600), interpolation="linear").step_mw
    assert values.tolist() == [6.75]


def test_the_smooth_curve_by_hand(tmp_path: Path) -> None:
    # Fritsch and Carlson 1980 on 0, 1, 3 at 0, 1, 2 h: inner slope, harmonic mean of 1 and 2: 4/3; slope at the left
    # end (2 + 1)/2 * 1 - 2/2 = 1/2; Hermite's cubic in the middle: (0 + 1)/2 + (1/2 - 4/3)/8
    file = write_series(tmp_path / "s.csv", stamps("2025-03-01T00:00", 3, 3600), load=[0, 1, 3])
    values = profile(file, context(step_s=1800), interpolation="pchip").step_mw
    assert values == pytest.approx([0.0, 0.5 - 5 / 48], abs=1e-15)


@pytest.mark.parametrize("first", [0, 1, 5, 13])
def test_the_smooth_curve_is_that_of_pandas_wherever_the_scenario_starts(tmp_path: Path, first: int) -> None:
    """The ERIGrid benchmark resamples its 15-minute series to minutes by ``interpolate(method="pchip")``."""
    load = np.random.default_rng(3).uniform(0.0, 0.2, 24).round(4)
    times = stamps("2025-03-01T00:00", 24, 900)
    file = write_series(tmp_path / "s.csv", times, load=load)
    whole = pd.Series(load, pd.to_datetime(times)).resample("60s").asfreq().interpolate(method="pchip")

    where = context(f"2025-03-01T{first // 4:02}:{first % 4 * 15:02}:00+01:00", duration_s=9000, step_s=60)
    values = profile(file, where, interpolation="pchip").step_mw

    assert values == pytest.approx(whole.to_numpy()[15 * first: 15 * first + 150], rel=1e-12)


POINTS = st.lists(st.tuples(st.integers(1, 4000), st.floats(0.0, 100.0)), min_size=3, max_size=30)


def integral_of_held(points: np.ndarray, values: np.ndarray, end_s: float) -> float:
    inside = points < end_s
    return float(np.sum(values[inside] * np.diff(points[inside], append=end_s)))


@given(POINTS, st.integers(1, 3000), st.integers(0, 3999))
def test_hold_and_linear_keep_the_energy_for_any_stamps_and_steps(
    rows: list[tuple[int, float]], step_s: int, lead_s: int
) -> None:
    points = np.cumsum([gap for gap, _ in rows])
    points -= points[0] + min(lead_s, int(points[1] - points[0]) - 1)  # the run starts within the first interval
    values = np.array([value for _, value in rows])
    n_steps = int(points[-1]) // step_s
    if n_steps == 0:
        return
    end_s = n_steps * step_s

    held = resample(points, values, step_s, n_steps, "hold")
    from_start = np.maximum(points, 0)
    assert held.sum() * step_s == pytest.approx(integral_of_held(from_start, values, end_s), rel=1e-12, abs=1e-9)

    linear = resample(points, values, step_s, n_steps, "linear")
    corners = np.union1d(points[(points > 0) & (points < end_s)], [0, end_s])
    trapezoids = np.trapezoid(np.interp(corners, points, values), corners)
    assert linear.sum() * step_s == pytest.approx(trapezoids, rel=1e-12, abs=1e-9)


@given(POINTS, st.sampled_from(["hold", "linear", "pchip"]))
def test_no_way_leaves_the_range_of_the_samples(rows: list[tuple[int, float]], how: Any) -> None:
    points = np.cumsum([gap for gap, _ in rows]) - rows[0][0]
    values = np.array([value for _, value in rows])
    n_steps = int(points[-1]) // 7
    if n_steps:
        steps = resample(points, values, 7, n_steps, how)
        assert values.min() - 1e-9 <= steps.min() and steps.max() <= values.max() + 1e-9


def test_a_mean_is_never_above_the_values_it_is_taken_over(tmp_path: Path) -> None:
    """0.1 + 0.1 + 0.1 is more than 0.3 to a computer."""
    file = write_series(tmp_path / "s.csv", stamps("2025-03-01T00:00", 60, 60), load=[0.1] * 60)
    for how in ("hold", "linear", "pchip"):
        found = profile(file, context(duration_s=3540, step_s=1180), interpolation=how)
        assert (found.step_mw.tolist(), found.peak_mw) == ([0.1] * 3, 0.1)


@pytest.mark.parametrize(("unit", "factor", "expected_mw"), [
    ("mw", 1.0, 4.0), ("kw", 1.0, 0.004), ("w", 1.0, 4e-6), ("kw", 1.2, 0.0048), ("mw", 0.0, 0.0),
])
def test_unit_and_scale(hourly: str, unit: str, factor: float, expected_mw: float) -> None:
    found = profile(hourly, context(), unit=unit, scale_factor=factor)
    assert found.at(900) == pytest.approx(expected_mw, rel=1e-15)
    assert found.peak_mw == pytest.approx(2 * expected_mw, rel=1e-15)  # 8 at 01:00, after the end of the scenario


def test_a_series_counted_negative_is_turned(tmp_path: Path) -> None:
    file = write_series(tmp_path / "s.csv", stamps("2025-03-01T00:00", 4, 900), load=[-1, -2, 0, -3])
    found = profile(file, context(), scale_factor=-1)
    assert (found.step_mw.tolist(), found.peak_mw) == ([1.0, 2.0, 0.0, 3.0], 3.0)


def test_an_own_step_is_used(hourly: str) -> None:
    where = context(duration_s=7200, step_s=60)
    found = load_profile(ProfileParams(file=hourly, column="load", unit="mw"), where, 3600)
    assert found.step_mw.tolist() == [4.0, 8.0]
    assert [found.at(0), found.at(3600)] == [4.0, 8.0]


# time stamps


@pytest.mark.parametrize(("first", "offset", "zone"), [
    ("2025-03-01T00:00", "", None), ("2025-02-28T23:00", "Z", None), ("2025-03-01T04:00", "+05:00", None),
    ("2025-03-01T00:00", "", "UTC+01:00"), ("2025-02-28T23:00", "", "UTC"), ("2025-03-01T07:00", "", "Asia/Shanghai"),
    ("2025-03-01T00:00", "+01:00", "Asia/Shanghai"),
])
def test_stamps_are_local_to_the_scenario_or_say_their_clock(
    tmp_path: Path, first: str, offset: str, zone: str | None
) -> None:
    file = write_series(tmp_path / "s.csv", stamps(first, 4, 900, offset), load=[1, 2, 3, 4])
    assert profile(file, context(), timezone=zone).step_mw.tolist() == [1.0, 2.0, 3.0, 4.0]


def test_local_stamps_follow_summer_time(tmp_path: Path) -> None:
    """On 30 March 2025 Vienna's clocks went from 02:00 to 03:00."""
    times = [f"2025-03-30 {hour:02}:00" for hour in (0, 1, 3, 4, 5)]
    file = write_series(tmp_path / "s.csv", times, load=[0, 1, 3, 4, 5])
    where = context("2025-03-30T00:00:00+01:00", duration_s=5 * 3600, step_s=3600)
    assert profile(file, where).step_mw.tolist() == [0.0, 1.0, 3.0, 4.0, 5.0]


def test_an_unknown_clock_is_refused_with_a_remedy() -> None:
    with pytest.raises(ValidationError, match=r"'Mars/Olympus' is no time zone; give an IANA name"):
        ProfileParams(file="x", column="load", unit="mw", timezone="Mars/Olympus")


# span


@pytest.mark.parametrize(("how", "last_covered"), [("hold", "05:00"), ("linear", "04:00"), ("pchip", "04:00")])
def test_a_scenario_the_series_does_not_cover_is_told_both_spans(hourly: str, how: str, last_covered: str) -> None:
    where = context("2025-03-01T03:00:00+01:00", duration_s=3 * 3600, step_s=1800)
    needed = "05:30" if how == "pchip" else "06:00"  # pchip: the last step starts there
    with pytest.raises(ProfileError) as caught:
        profile(hourly, where, interpolation=how)
    message = str(caught.value)
    assert f"load covers 2025-03-01 00:00 to 2025-03-01 {last_covered} with interpolation: {how}" in message
    assert f"the scenario needs 2025-03-01 03:00 to 2025-03-01 {needed} (Europe/Vienna)" in message
    assert "choose another start or duration, or another file" in message


def test_a_scenario_before_the_series(hourly: str) -> None:
    with pytest.raises(ProfileError, match=r"covers 2025-03-01 00:00 .* needs 2025-02-28 23:45 to 2025-03-01 00:45"):
        profile(hourly, context("2025-02-28T23:45:00+01:00"))


def test_the_last_value_is_held_for_the_usual_interval_and_lines_end_at_the_last_stamp(hourly: str) -> None:
    where = context("2025-03-01T04:00:00+01:00")
    assert profile(hourly, where).step_mw.tolist() == [6.0] * 4
    with pytest.raises(ProfileError, match="interpolation: hold covers it, or choose another start"):
        profile(hourly, where, interpolation="linear")
    before = context("2025-03-01T03:00:00+01:00")
    assert profile(hourly, before, interpolation="linear").step_mw.tolist() == [2.5, 3.5, 4.5, 5.5]
    # the last step of pchip starts at 04:00, where the last sample stands
    whole = profile(hourly, context(duration_s=5 * 3600, step_s=3600), interpolation="pchip").step_mw
    assert whole == pytest.approx([4.0, 8.0, 2.0, 2.0, 6.0], rel=1e-15)


# gaps


@pytest.fixture
def gap(tmp_path: Path) -> str:
    """Quarter hours, with 00:30 and 00:45 missing."""
    times = stamps("2025-03-01T00:00", 12, 900)
    return write_series(tmp_path / "gap.csv", times[:2] + times[4:], load=[1, 2, 5, 6, 7, 8, 9, 10, 11, 12])


@pytest.mark.parametrize("how", ["hold", "linear", "pchip"])
def test_a_gap_is_refused_at_its_end(gap: str, how: str) -> None:
    with pytest.raises(ProfileError) as caught:
        profile(gap, context(), interpolation=how)
    assert (f"{gap}:4: load has no value between 2025-03-01 00:15 and 2025-03-01 01:00, 0.75 h; the file's usual "
            "interval is 900 s; fill the gap, or let the interpolation bridge it with max_gap_h: 0.75"
            ) in str(caught.value)


def test_a_gap_that_the_scenario_only_begins_is_refused(gap: str) -> None:
    with pytest.raises(ProfileError, match="no value between"):
        profile(gap, context(duration_s=1800))


@pytest.mark.parametrize(("how", "expected"), [("hold", [1, 2, 2, 2]), ("linear", [1.5, 2.5, 3.5, 4.5])])
def test_a_gap_may_be_bridged(gap: str, how: str, expected: list[float]) -> None:
    assert profile(gap, context(), interpolation=how, max_gap_h=0.75).step_mw == pytest.approx(expected, rel=1e-15)
    with pytest.raises(ProfileError, match=r"0\.75 h; max_gap_h is 0\.5"):
        profile(gap, context(), interpolation=how, max_gap_h=0.5)


@pytest.mark.parametrize("start", ["01:00", "01:30"])
def test_a_gap_outside_the_scenario_is_nobodys_business(gap: str, start: str) -> None:
    found = profile(gap, context(f"2025-03-01T{start}:00+01:00"))
    assert found.at(0) == {"01:00": 5.0, "01:30": 7.0}[start]


@pytest.mark.parametrize("empty", ["", "NaN", "  "])
def test_an_empty_cell_is_refused_at_its_line_or_bridged(tmp_path: Path, empty: str) -> None:
    file = write_series(tmp_path / "s.csv", stamps("2025-03-01T00:00", 5, 900), load=[1, 2, empty, 4, 5])
    with pytest.raises(ProfileError, match=r"s\.csv:4: load is empty at 2025-03-01 00:30; fill it in, or .* max_gap_h"):
        profile(file, context())
    bridged = profile(file, context(), interpolation="linear", max_gap_h=0.5).step_mw
    assert bridged == pytest.approx([1.5, 2.5, 3.5, 4.5], rel=1e-15)
    assert profile(file, context("2025-03-01T00:45:00+01:00", 1800)).step_mw.tolist() == [4.0, 5.0]


def test_too_few_values_are_refused(tmp_path: Path) -> None:
    file = write_series(tmp_path / "s.csv", stamps("2025-03-01T00:00", 3, 900), load=["", "", 1])
    with pytest.raises(ProfileError, match="load has 1 values; a series needs two at least"):
        profile(file, context(), max_gap_h=24)


# sign


def test_negative_values_are_refused_at_the_first_line(tmp_path: Path) -> None:
    file = write_series(tmp_path / "s.csv", stamps("2025-03-01T00:00", 4, 900), load=[1, -2, -3, 4])
    with pytest.raises(ProfileError, match=(
            r"s\.csv:3: load is -2 kw at 2025-03-01 00:15, below 0, and so are 2 of 4 values; mend the file, or turn "
            r"the sign of all with scale_factor")):
        profile(file, context(), unit="kw")
    with pytest.raises(ProfileError, match=r"s\.csv:2: load is 1 mw times scale_factor -0\.5 at"):
        profile(file, context(), scale_factor=-0.5)


@pytest.mark.parametrize(("params", "message"), [
    ({"unit": "kwh"}, "Input should be 'mw', 'kw' or 'w'"),
    ({"interpolation": "cubic"}, "Input should be 'hold', 'linear' or 'pchip'"),
    ({"scale_factor": float("nan")}, "Input should be a finite number"),
    ({"max_gap_h": 0}, "greater than 0"),
    ({"separator": ";;"}, "at most 1 character"),
])
def test_what_parameters_may_not_say(params: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ProfileParams.model_validate({"file": "x", "column": "load", "unit": "mw"} | params)
