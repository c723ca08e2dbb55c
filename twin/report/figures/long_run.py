"""Figures that need more than a few days: duration curves, and the exchange of every hour as a carpet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.accounts import Accounts
from twin.component import Role
from twin.report import palette
from twin.report.figures.base import style
from twin.report.timeline import Timeline

if TYPE_CHECKING:
    import plotly.graph_objects as go

SHORTEST_S = 7 * 86_400
CURVE_POINTS = 400
HOUR_S = 3600


def duration_curves(accounts: Accounts, timeline: Timeline) -> go.Figure | None:
    """Sorted hourly means of load, renewable generation and exchange, over the share of the time."""
    import plotly.graph_objects as go

    curves = {
        "Load": (-_sum_of(accounts, Role.LOAD), palette.FAMILIES[Role.LOAD][0]),
        "Renewable generation": (_sum_of(accounts, Role.RENEWABLE), palette.FAMILIES[Role.RENEWABLE][1]),
        "Exchange (import +)": (accounts.flows.import_mw - accounts.flows.export_mw, palette.IMPORT),
    }
    if not is_long(accounts, timeline):
        return None
    share = np.linspace(0.0, 1.0, CURVE_POINTS)
    figure = go.Figure([
        go.Scatter(x=(100 * share).astype(np.float32), name=name,
                   y=np.quantile(_hourly(power, timeline), 1 - share).astype(np.float32),
                   mode="lines", line={"color": colour, "width": 2},
                   hovertemplate="%{y:.4~g} MW or more for %{x:.0f} % of the time<extra></extra>")
        for name, (power, colour) in curves.items() if power.any()
    ])
    if not figure.data:
        return None
    style(figure, 300)
    figure.update_xaxes(title_text="Share of the time [%]", range=[0, 100], zeroline=False)
    figure.update_yaxes(title_text="Power [MW]")
    return figure


def exchange_carpet(accounts: Accounts, timeline: Timeline) -> go.Figure | None:
    """Hourly exchange with the public grid: one column per day, one row per hour of the day."""
    import plotly.graph_objects as go

    exchange = accounts.flows.import_mw - accounts.flows.export_mw
    if not is_long(accounts, timeline) or not exchange.any():
        return None
    hourly = _hourly(exchange, timeline)
    first_hour = timeline.start_local.hour
    days = -(-(first_hour + len(hourly)) // 24)
    field = np.full(days * 24, np.nan, dtype=np.float32)
    field[first_hour:first_hour + len(hourly)] = hourly
    day0 = np.datetime64(timeline.start_local.date())
    figure = go.Figure(go.Heatmap(
        z=field.reshape(days, 24).T, x=[str(day0 + np.timedelta64(d, "D")) for d in range(days)],
        y=np.arange(24), colorscale="RdBu_r", zmid=0.0, colorbar={"title": {"text": "MW"}, "thickness": 12},
        hovertemplate="%{x|%a %d %b}, %{y}:00: %{z:.4~g} MW<extra></extra>",
    ))
    style(figure, 300)
    figure.update_xaxes(type="date", zeroline=False)
    figure.update_yaxes(title_text="Hour of the day", tickvals=[0, 6, 12, 18], zeroline=False)
    return figure


def is_long(accounts: Accounts, timeline: Timeline) -> bool:
    """Whether the run is long enough for these figures and divisible into hours."""
    seconds = len(accounts.flows.import_mw) * timeline.grid_step_s
    return seconds >= SHORTEST_S and HOUR_S % timeline.grid_step_s == 0


def _sum_of(accounts: Accounts, role: Role) -> np.ndarray:
    return accounts.flows.sum_mw([c.name for c in accounts.energy.components if c.role == role])


def _hourly(power: np.ndarray, timeline: Timeline) -> np.ndarray:
    per_hour = HOUR_S // timeline.grid_step_s
    whole = len(power) // per_hour * per_hour
    return power[:whole].reshape(-1, per_hour).mean(axis=1)
