"""The section on forecasts: what was expected, what came, and how good it was by lead time."""

from __future__ import annotations

from twin.report.figures.forecasts import coverage_by_lead, error_by_lead, fan_charts
from twin.report.forecast_series import recorded_forecasts
from twin.report.parts import figure_html, panel, sentence
from twin.report.timeline import Timeline
from twin.store.run_data import RunData


def forecast_panel(run: RunData, timeline: Timeline) -> str:
    """Fans and scores; nothing for a run without recorded forecasts."""
    forecasts = recorded_forecasts(run)
    return panel(
        "Forecasts",
        figure_html(fan_charts(forecasts, timeline), "fans", "As issued, and what came",
                    "Median and the interval from the 10 to the 90 % quantile, each fan from its issue to the next."),
        figure_html(error_by_lead(forecasts), "forecast-errors", "Error by lead time",
                    "Dotted: taking the day before instead, where the run knows it."),
        figure_html(coverage_by_lead(forecasts), "forecast-coverage", "Coverage by lead time",
                    "Eight of ten outcomes belong into the interval; intervals without any power do not count."),
        note=sentence(timeline.note),
    )
