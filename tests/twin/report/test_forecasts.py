"""Recorded forecasts: fans, errors and coverage by lead time, found by the names of the outputs."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from tests.twin.accounts.builders import grid, load, make_run, part, sun
from twin.accounts import settle
from twin.component import Role, Section
from twin.report.figures.forecasts import coverage_by_lead, error_by_lead, fan_charts, shown
from twin.report.forecast_panel import forecast_panel
from twin.report.forecast_series import recorded_forecasts, scale_of
from twin.report.html import report_html
from twin.report.timeline import timeline_of
from twin.store.run_data import RunData

HOURS = 72
LEADS_H = (1, 6)
DAY = np.array([0, 0, 0, 0, 0, 0, 1, 2, 4, 6, 7, 8, 8, 8, 7, 6, 4, 2, 1, 0, 0, 0, 0, 0], dtype=float)
"""A plant that delivers the same every day [MW]."""


def with_forecasts(error_mw: float, width_mw: float, measured: np.ndarray | None = None) -> RunData:
    """A run by the hour whose forecaster always expects ``error_mw`` more than comes, within ``width_mw`` each side."""
    delivered = np.tile(DAY, HOURS // 24) if measured is None else measured
    came = np.column_stack([np.concatenate([delivered[lead:], np.zeros(lead)]) for lead in LEADS_H])
    labels = tuple(f"sun.p_mw+{lead}h" for lead in LEADS_H)
    expected = came + error_mw
    vectors = {"q10_value": expected - width_mw, "q50_value": expected, "q90_value": expected + width_mw}
    for values in vectors.values():
        values[0] = np.nan  # nothing was forecast before the first measurement
    forecaster = part("forecast", "forecaster", Role.CONTROLLER, vectors, section=Section.CONTROLLERS,
                      vectors=dict.fromkeys(vectors, labels))
    plants = [sun(delivered), load(np.full(HOURS, -3.0))]
    return make_run(*plants, forecaster, grid(plants))


def test_the_error_is_that_of_the_median_in_percent_of_the_capacity() -> None:
    """0.4 MW too much of a plant of 10 MW: 4 %."""
    [forecast] = recorded_forecasts(with_forecasts(0.4, 1.0))
    assert (forecast.signal, forecast.unit, forecast.leads_h.tolist()) == ("sun.p_mw", "MW", [1, 6])
    assert forecast.mean_error_percent() == pytest.approx([4.0, 4.0])


def test_the_day_before_is_perfect_where_all_days_are_equal_and_scored_as_far_as_it_is_known() -> None:
    [forecast] = recorded_forecasts(with_forecasts(0.4, 1.0))
    assert forecast.day_before_error_percent() == pytest.approx([0.0, 0.0])
    second_day_double = np.concatenate([DAY, 2 * DAY, 2 * DAY])
    [forecast] = recorded_forecasts(with_forecasts(0.0, 1.0, second_day_double))
    # lead 1 h: rows 23 … 70 look at days 2 and 3 with the day before known; only day 2 differs, by DAY, of 10 MW
    assert forecast.day_before_error_percent()[0] == pytest.approx(100 * DAY.sum() / 48 / 10.0)


def test_dark_hours_do_not_count_as_covered() -> None:
    """Bands that reach 0.5 MW to each side of a median 1 MW too high hold nothing, except that nights would help."""
    [forecast] = recorded_forecasts(with_forecasts(1.0, 0.5))
    assert forecast.coverage_percent() == pytest.approx([0.0, 0.0])
    [forecast] = recorded_forecasts(with_forecasts(0.0, 0.0))
    assert forecast.coverage_percent() == pytest.approx([100.0, 100.0])
    [forecast] = recorded_forecasts(with_forecasts(0.0, 0.0))
    forecast.quantiles[12::24, 0] += 5.0  # an hour a day is missed; 12 h + 1 h are light
    light = int((DAY > 0.1).sum())
    assert forecast.coverage_percent()[0] == pytest.approx(100.0 * (1 - 3 / (3 * light)))


def test_errors_are_related_to_the_capacity_only_where_one_is_known() -> None:
    run = with_forecasts(0.4, 1.0)
    [rated] = recorded_forecasts(run)
    bare = replace(rated, signal="wind.p_mw", rated=None)
    assert bare.mean_error_percent() == pytest.approx([5.0, 5.0])  # 0.4 of the 8 MW that were seen
    assert [scale_of(chosen) for chosen in ([rated], [bare], [rated, bare])] == [
        "capacity", "largest value seen", "capacity, or of the largest value seen"]


def test_fans_reach_from_each_issue_shortly_past_the_next_and_what_came_lies_over_them() -> None:
    run = with_forecasts(0.4, 1.0)
    figure = fan_charts(recorded_forecasts(run), timeline_of(run))
    assert figure is not None
    medians = [trace for trace in figure.data if trace.name == "forecast (median)"]
    assert [trace.x[0][:16] for trace in medians] == ["2025-07-15 02:00", "2025-07-16 01:00", "2025-07-17 01:00"]
    [came] = [trace for trace in figure.data if trace.name == "what came"]
    assert came.y.tolist() == np.tile(DAY, 3).tolist()


def test_scores_by_lead_have_a_line_per_signal_and_the_promised_share() -> None:
    forecasts = recorded_forecasts(with_forecasts(0.4, 1.0))
    errors = error_by_lead(forecasts)
    assert errors is not None and [trace.name for trace in errors.data] == ["sun.p_mw", "sun.p_mw: the day before"]
    coverage = coverage_by_lead(forecasts)
    assert coverage is not None and coverage.layout.shapes[0].y0 == 80.0


def test_constant_signals_are_in_the_table_and_in_no_figure() -> None:
    """Errors of 0.4 MW are 4 % of 10 MW, the day before makes none, and ± 1 MW always hold: of hours 2 to 71, because
    the first forecast is that of hour 1."""
    run = with_forecasts(0.4, 1.0, np.full(HOURS, 3.0))
    page = forecast_panel(run, timeline_of(run))
    assert shown(recorded_forecasts(run)) == [] and "figure-fans" not in page
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", page)
    assert cells == ["sun.p_mw", "4.0", "–", "–", "4.0", "0.0", "100.0", "70"]


def test_the_report_shows_forecasts_where_a_run_has_some_and_nothing_else() -> None:
    run = with_forecasts(0.4, 1.0)
    assert "<h2>Forecasts</h2>" in report_html(run, settle(run))
    plants = [sun(np.tile(DAY, 3)), load(np.full(HOURS, -3.0))]
    without = make_run(*plants, grid(plants))
    assert recorded_forecasts(without) == [] and fan_charts([], timeline_of(without)) is None
    assert "<h2>Forecasts</h2>" not in report_html(without, settle(without))
