"""Long series are drawn in bins that keep the energy; the axis is the local clock."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from tests.twin.accounts.builders import closed_run, load
from twin.report.timeline import MOST_POINTS, Timeline, period_text, span_text, timeline_of
from twin.store.run_data import RunData


def run_of(steps: int, step_s: int) -> RunData:
    return closed_run(load([-1.0] * steps), step_s=step_s)


@pytest.mark.parametrize(("days", "step_s", "bin_s"), [
    (1, 60, 60), (1, 900, 900), (2, 60, 300), (7, 60, 300), (14, 60, 900), (60, 900, 3600), (365, 900, 86_400),
    (365, 3600, 86_400), (1, 30, 60),
])
def test_the_finest_bin_that_gives_few_enough_points(days: int, step_s: int, bin_s: int) -> None:
    timeline = timeline_of(run_of(days * 86_400 // step_s, step_s))
    assert timeline.bin_s == bin_s
    assert len(timeline.starts) <= MOST_POINTS


def binned(series: np.ndarray) -> Timeline:
    """Three steps to a bin, the last bin with one step only."""
    starts = np.arange(0, len(series), 3)
    return Timeline(datetime(2025, 1, 1), "UTC+00:00", 20, 60, starts, np.diff(np.append(starts, len(series))))


def test_means_keep_the_energy_and_extremes_keep_the_peaks() -> None:
    """Seven steps in bins of three: means 2, 5 and 9; the part bin is divided by its one step."""
    series = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 9.0])
    timeline = binned(series)
    assert timeline.mean(series).tolist() == [2.0, 5.0, 9.0]
    assert timeline.low(series).tolist() == [1.0, 4.0, 9.0]
    assert timeline.high(series).tolist() == [3.0, 6.0, 9.0]
    assert float((timeline.mean(series) * timeline.counts).sum()) == series.sum()


def test_a_gap_hides_a_mean_but_not_the_extremes() -> None:
    series = np.array([1.0, np.nan, 3.0])
    timeline = binned(series)
    assert np.isnan(timeline.mean(series)[0])
    assert (timeline.low(series)[0], timeline.high(series)[0]) == (1.0, 3.0)


def test_the_last_interval_is_drawn_to_its_end() -> None:
    timeline = timeline_of(run_of(24, 3600))
    assert timeline.held(np.array([1.0, 2.0])).tolist() == [1.0, 2.0, 2.0]
    assert timeline.edges == ["2025-07-15 00:00:00", "2025-07-16 00:00:00"]


def test_the_axis_starts_on_the_local_clock() -> None:
    """16:30 UTC is half past midnight in Shanghai."""
    start = datetime.fromisoformat("2025-07-14T16:30:00+00:00")
    timeline = timeline_of(closed_run(load([-1.0]), start=start))
    assert timeline.x == {"x0": "2025-07-15 00:30:00", "dx": 3_600_000}
    assert timeline.offset == "UTC+08:00"


def test_the_axis_runs_on_through_a_clock_change_while_the_period_names_the_clock() -> None:
    """Two days across the end of summer time in Berlin: 48 h on the axis, 23:00 standard time at the end."""
    start = datetime.fromisoformat("2025-10-25T00:00:00+02:00")
    run = closed_run(load([-1.0] * 48), start=start, timezone="Europe/Berlin")
    assert timeline_of(run).edges[1] == "2025-10-27 00:00:00"
    assert period_text(run) == "2025-10-25 00:00 – 2025-10-26 23:00 (Europe/Berlin)"


@pytest.mark.parametrize(("seconds", "text"), [
    (60, "1 min"), (900, "15 min"), (3600, "1 h"), (86_400, "24 h"), (7 * 86_400, "7 d"), (30, "30 s"),
    (5400, "90 min"),
])
def test_durations_in_words(seconds: int, text: str) -> None:
    assert span_text(seconds) == text
