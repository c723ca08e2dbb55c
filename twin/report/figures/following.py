"""Requested against delivered, and which limit stood between them."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from twin.accounts import Accounts
from twin.component import Limit
from twin.report import palette
from twin.report.figures.base import on_time, step_line, style
from twin.report.timeline import Timeline
from twin.store.run_data import ComponentRecord, RunData

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_ROWS = 6
LONGEST_BIN_S = 900
"""Set-points in coarser bins say nothing about following."""


def requested_and_delivered(run: RunData, accounts: Accounts, timeline: Timeline) -> go.Figure | None:
    """One row for each component that was asked for something, the widest gaps first; limits as coloured points."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    rows = _widest_gaps(run, accounts)
    if not rows or timeline.bin_s > LONGEST_BIN_S:
        return None
    figure = make_subplots(rows=len(rows), cols=1, shared_xaxes=True, vertical_spacing=0.14 / len(rows))
    named: set[str] = set()
    for row, component in enumerate(rows, start=1):
        first = row == 1
        figure.add_annotation(text=f"<b>{escape(component.name)}</b>", x=0.004, y=1.0, xref="x domain", yref="y domain",
                              xanchor="left", yanchor="top", showarrow=False, bgcolor="rgba(255,255,255,0.8)",
                              row=row, col=1)
        requested, delivered = run.on_grid(f"{component.name}.p_requested_mw"), accounts.flows.power_mw[component.name]
        figure.add_trace(step_line(timeline, timeline.mean(delivered), "delivered", palette.SEQUENCE[0], unit="MW",
                                   width=2.0, legendgroup="delivered", showlegend=first), row=row, col=1)
        figure.add_trace(step_line(timeline, timeline.mean(requested), "requested", palette.INK, unit="MW", width=1.2,
                                   line={"dash": "dot"}, legendgroup="requested", showlegend=first), row=row, col=1)
        for reason, code, colour in _reasons(run, component):
            limited = timeline.high((run.on_grid(f"{component.name}.limited_by_code") == code).astype(float)) > 0
            shown = np.where(limited, timeline.mean(delivered), np.nan).astype(np.float32)
            figure.add_trace(go.Scatter(
                y=shown, mode="markers", marker={"color": colour, "size": 4.5}, name=f"limited by {reason}",
                legendgroup=reason, showlegend=reason not in named, hovertemplate=f"limited by {reason}<extra></extra>",
                **timeline.x,
            ), row=row, col=1)
            named.add(reason)
    style(figure, 70 + 105 * len(rows))
    figure.update_yaxes(title_text="MW", title_standoff=6, nticks=5)
    return on_time(figure, timeline)


def hours_limited(run: RunData) -> go.Figure | None:
    """Hours in which each component delivered less or more than asked, by the limit that bound first."""
    import plotly.graph_objects as go

    hours: dict[str, dict[str, float]] = {}
    colours: dict[str, str] = {}
    for component in run.components.values():
        for reason, code, colour in _reasons(run, component):
            limited = float((run.on_grid(f"{component.name}.limited_by_code") == code).sum()) * run.grid_step_s / 3600
            hours.setdefault(reason, {})[component.name] = limited
            colours[reason] = colour
    if not hours:
        return None
    names = list(dict.fromkeys(name for by_name in hours.values() for name in by_name))
    figure = go.Figure([
        go.Bar(y=names, x=[by_name.get(n, 0.0) for n in names], name=reason, orientation="h",
               marker={"color": colours[reason]}, hovertemplate=f"{reason}: %{{x:.2f}} h<extra>%{{y}}</extra>")
        for reason, by_name in hours.items()
    ])
    style(figure, 90 + 26 * len(names))
    figure.update_layout(barmode="stack", bargap=0.35, showlegend=True)
    figure.update_xaxes(title_text="Hours limited [h]", rangemode="tozero")
    figure.update_yaxes(autorange="reversed", zeroline=False, showgrid=False)
    return figure


def _widest_gaps(run: RunData, accounts: Accounts) -> list[ComponentRecord]:
    gap = {}
    for component in run.components.values():
        if not run.has(f"{component.name}.p_requested_mw") or component.name not in accounts.flows.power_mw:
            continue
        requested, delivered = run.on_grid(f"{component.name}.p_requested_mw"), accounts.flows.power_mw[component.name]
        if requested.any() or delivered.any():
            gap[component.name] = float(np.abs(requested - delivered).sum())
    return [run.components[name] for name in sorted(gap, key=lambda n: -gap[n])[:MOST_ROWS]]


def _reasons(run: RunData, component: ComponentRecord) -> Iterator[tuple[str, int, str]]:
    """Limits that occurred: name, code, colour (the same for a code in all figures)."""
    key = f"{component.name}.limited_by_code"
    if not run.has(key):
        return
    names = component.codes.get("limited_by_code", {int(limit): limit.name for limit in Limit})
    for code in np.unique(run.native(key)):
        if np.isfinite(code) and int(code) != Limit.NONE:
            reason = names.get(int(code), f"code {int(code)}").lower().replace("_", " ")
            yield reason, int(code), palette.SEQUENCE[int(code) % len(palette.SEQUENCE)]
