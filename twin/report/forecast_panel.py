"""The section on forecasts: what was expected, what came, and how good it was by lead time."""

from __future__ import annotations

import numpy as np

from twin.report.figures.forecasts import coverage_by_lead, error_by_lead, fan_charts, shown
from twin.report.forecast_series import LARGEST, RecordedForecast, recorded_forecasts, scale_of
from twin.report.parts import figure_html, panel, sentence
from twin.report.tables import table
from twin.report.timeline import Timeline
from twin.store.run_data import RunData

SPANS_H = ((1, 6), (9, 24), (30, 47))
"""Spans of lead time in the table."""
MARK = " *"
"""Of signals without a capacity, beside others that have one."""


def forecast_panel(run: RunData, timeline: Timeline) -> str:
    """Fans and scores; nothing for a run without recorded forecasts."""
    forecasts = recorded_forecasts(run)
    return panel(
        "Forecasts",
        figure_html(fan_charts(forecasts, timeline), "fans", "As issued, and what came",
                    "Median and the interval from the 10 to the 90 % quantile; each fan begins an hour after its issue "
                    "(dotted) and ends an hour after the next. The most variable signals."),
        figure_html(error_by_lead(forecasts), "forecast-errors", "Error by lead time",
                    f"Of the median, in % of the {scale_of(shown(forecasts))}. Dotted: taking the day before instead, "
                    "where the run knows it."),
        figure_html(coverage_by_lead(forecasts), "forecast-coverage", "Coverage by lead time",
                    "Eight of ten outcomes belong into the interval; intervals without any power do not count."),
        _table(forecasts),
        note=sentence(timeline.note),
    )


def _table(forecasts: list[RecordedForecast]) -> str:
    """All signals with their scores, means over spans of lead time."""
    if not forecasts:
        return ""
    errors, before = ([score(f) for f in forecasts] for score in (
        RecordedForecast.mean_error_percent, RecordedForecast.day_before_error_percent))
    compared = [np.isfinite(error) & np.isfinite(other) for error, other in zip(errors, before, strict=True)]
    knows_days = any(known.any() for known in compared)
    is_mixed = len({forecast.scale for forecast in forecasts}) > 1
    rows = []
    for forecast, error, other, known in zip(forecasts, errors, before, compared, strict=True):
        spans = [error[(forecast.leads_h >= first) & (forecast.leads_h <= last)] for first, last in SPANS_H]
        beside = [error[known], other[known]] if knows_days else []
        rows.append([forecast.signal + (MARK if is_mixed and forecast.scale == LARGEST else ""),
                     *map(_mean, [*spans, *beside, forecast.coverage_percent()]), str(forecast.outcomes_count())])
    head = ("signal", *(f"{first} to {last} h" for first, last in SPANS_H),
            *(("mean", "day before") if knows_days else ()), "inside", "of")
    beside_what = ", and that of taking the day before" if knows_days else ""
    note = (f"Mean error in % of the {scale_of(forecasts)}{f' ({MARK.strip()})' if is_mixed else ''} by lead "
            f"time{beside_what}; how many outcomes of a hundred lay in the 80 % interval, and of how many.")
    return f'<h3>All signals</h3><p class="note">{note}</p><div class="scroll">{table(head, rows)}</div>'


def _mean(values: np.ndarray) -> str:
    known = values[np.isfinite(values)]
    return f"{known.mean():.1f}" if len(known) else "–"
