"""Forecasts as issued: fans over what came, errors and coverage by lead time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from twin.report import palette
from twin.report.figures.base import on_time, style
from twin.report.figures.fan import add_fan
from twin.report.forecast_series import HOUR_S, LEVELS, RecordedForecast
from twin.report.timeline import Timeline

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_SHOWN, MOST_OF_A_KIND = 5, 2
"""Signals in the figures: the most variable ones, of one kind of output no more than two."""
ROW_PX = 170
SHORT_RUN_H = 48
ISSUES_EVERY_H = {True: 6, False: 24}
"""Between the fans drawn, in a short run and in a longer one: each reaches to the next."""
NOMINAL_PERCENT = 80.0


def shown(forecasts: Sequence[RecordedForecast]) -> list[RecordedForecast]:
    """Signals for the figures, from forecasts in the order of what they vary; constant ones need no figure."""
    found: list[RecordedForecast] = []
    kinds: dict[str, int] = {}
    for forecast in forecasts:
        kind = forecast.signal.partition(".")[2]
        if np.isfinite(forecast.quantiles).any() and np.ptp(forecast.measured) > 0.0 and \
                kinds.get(kind, 0) < MOST_OF_A_KIND and len(found) < MOST_SHOWN:
            kinds[kind] = kinds.get(kind, 0) + 1
            found.append(forecast)
    return found


def fan_charts(forecasts: Sequence[RecordedForecast], timeline: Timeline) -> go.Figure | None:
    """What came, over fans from a few issue times, which dotted lines mark."""
    from plotly.graph_objects import Scatter
    from plotly.subplots import make_subplots

    chosen = shown(forecasts)
    if not chosen:
        return None
    figure = make_subplots(rows=len(chosen), cols=1, shared_xaxes=True, vertical_spacing=0.12 / len(chosen))
    for row, forecast in enumerate(chosen, start=1):
        for first, issue in enumerate(_issues(forecast)):
            x, quantiles = _fan(forecast, issue, timeline)
            add_fan(figure, x, quantiles, LEVELS, row=row, colour=_colour(row - 1), name="forecast (median)",
                    show_legend=row == 1 and first == 0)
        figure.add_trace(Scatter(
            x=_stamps(timeline, np.arange(len(forecast.measured)) * forecast.step_s),
            y=forecast.measured.astype(np.float32), mode="lines", name="what came", legendgroup="came",
            showlegend=row == 1, line={"color": palette.INK, "width": 1.2, "shape": "hv"},
            hovertemplate=f"%{{y:.4~g}} {forecast.unit}<extra>{escape(forecast.signal)}</extra>"), row=row, col=1)
        figure.update_yaxes(title_text=escape(forecast.signal).replace(".", "<br>", 1) + f"<br>[{forecast.unit}]",
                            row=row, col=1)
    style(figure, 60 + ROW_PX * len(chosen))
    issued = _stamps(timeline, np.array([issue * chosen[0].step_s for issue in _issues(chosen[0])]))
    for instant in issued:
        figure.add_shape(type="line", x0=instant, x1=instant, xref="x", y0=0, y1=1, yref="paper", layer="below",
                         line={"color": palette.IMPORT, "dash": "dot", "width": 1})
    return on_time(figure, timeline)


def error_by_lead(forecasts: Sequence[RecordedForecast]) -> go.Figure | None:
    """Mean absolute error of the median by lead time, the day before as a dotted line."""
    figure = _by_lead(forecasts, RecordedForecast.mean_error_percent, "solid")
    if figure is None:
        return None
    beside = _by_lead(forecasts, RecordedForecast.day_before_error_percent, "dot")
    if beside is not None:
        for trace in beside.data:
            trace.name, trace.showlegend = f"{trace.name}: the day before", False
            figure.add_trace(trace)
    figure.update_yaxes(title_text="Mean error [%]", rangemode="tozero")
    return figure


def coverage_by_lead(forecasts: Sequence[RecordedForecast]) -> go.Figure | None:
    """How often the outcome lay between the 10 and the 90 % quantile, by lead time."""
    figure = _by_lead(forecasts, RecordedForecast.coverage_percent, "solid")
    if figure is None:
        return None
    figure.add_hline(NOMINAL_PERCENT, line={"color": palette.INK, "dash": "dash", "width": 1})
    figure.update_yaxes(title_text="Outcomes inside [%]", range=[0, 102])
    return figure


def _by_lead(forecasts: Sequence[RecordedForecast], score: Callable[[RecordedForecast], np.ndarray], dash: str,
             ) -> go.Figure | None:
    import plotly.graph_objects as go

    figure = go.Figure()
    for number, forecast in enumerate(shown(forecasts)):
        values = score(forecast)
        known = np.isfinite(values)
        if not known.any():
            continue
        figure.add_trace(go.Scatter(
            x=forecast.leads_h[known], y=values[known].astype(np.float32), name=escape(forecast.signal),
            mode="lines+markers", line={"color": _colour(number), "dash": dash, "width": 1.6},
            marker={"size": 4}, legendgroup=forecast.signal, hovertemplate="%{y:.3~g} % at %{x} h"))
    if not figure.data:
        return None
    style(figure, 300)
    figure.update_xaxes(title_text="Lead time [h]", zeroline=False, rangemode="tozero")
    return figure


def _issues(forecast: RecordedForecast) -> list[int]:
    """Rows at which fans begin: the first forecast, and every few hours after the start of the run."""
    known = np.flatnonzero(np.isfinite(forecast.quantiles[..., 1]).all(axis=1))
    every = ISSUES_EVERY_H[_is_short(forecast)] * HOUR_S // forecast.step_s
    return [int(known[0]), *(row for row in range(every, len(forecast.measured), every) if row > known[0])]


def _fan(forecast: RecordedForecast, issue: int, timeline: Timeline) -> tuple[list[str], np.ndarray]:
    """Instants and quantiles from one issue until shortly after the next, where it ends on the line to a later lead."""
    reach_h = ISSUES_EVERY_H[_is_short(forecast)] + 1
    leads_h, values = forecast.leads_h, forecast.quantiles[issue]
    chosen = leads_h <= max(reach_h, int(leads_h[0]))
    ends, quantiles = leads_h[chosen], values[chosen]
    if not chosen.all() and ends[-1] < reach_h:
        later = int(chosen.sum())
        share = (reach_h - ends[-1]) / (leads_h[later] - ends[-1])
        ends = np.append(ends, reach_h)
        quantiles = np.vstack([quantiles, quantiles[-1] + share * (values[later] - quantiles[-1])])
    return _stamps(timeline, issue * forecast.step_s + ends * HOUR_S), quantiles


def _colour(number: int) -> str:
    return palette.SEQUENCE[number % len(palette.SEQUENCE)]


def _is_short(forecast: RecordedForecast) -> bool:
    return len(forecast.measured) * forecast.step_s <= SHORT_RUN_H * HOUR_S


def _stamps(timeline: Timeline, t_s: np.ndarray) -> list[str]:
    return [(timeline.start_local + timedelta(seconds=int(t))).isoformat(sep=" ") for t in t_s]
