"""The release gate: what held over time, planned beside delivered power, and schedules before and after a decision."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from twin.component import Role
from twin.gate.decision import GateStatus
from twin.report import palette
from twin.report.figures.base import band, on_time, stacked_area, step_line, style
from twin.report.gate_story import Decided
from twin.report.timeline import Timeline
from twin.store.run_data import ComponentRecord, RunData
from twin.units import unit_of

if TYPE_CHECKING:
    import plotly.graph_objects as go

COLOURS = {
    GateStatus.WAITING: palette.FAINT, GateStatus.RELEASED: "#009E73", GateStatus.REPAIRED: "#F0C419",
    GateStatus.FALLBACK: "#E69F00", GateStatus.SAFE_STATE: palette.ALARM, GateStatus.BY_HAND: "#0072B2",
}
WORDS = {
    GateStatus.WAITING: "waiting", GateStatus.RELEASED: "released as proposed", GateStatus.REPAIRED: "repaired",
    GateStatus.FALLBACK: "fallback", GateStatus.SAFE_STATE: "safe state", GateStatus.BY_HAND: "by hand",
}
PLANNED_ROLES = (Role.STORAGE, Role.GENERATOR)
MOST_ASSETS = 6
MOST_DECISIONS = 6
"""Drawn before and after; the table has more."""
MOST_KEYS = 2
"""Set-points drawn per decision."""
LEAST_MW = 1e-3
STRIP_PX = 185
"""High enough for a legend of all statuses."""


def status_strip(run: RunData, gate: ComponentRecord, timeline: Timeline) -> go.Figure:
    """What held, as a band in colours; in coarse bins the part of the time."""
    import plotly.graph_objects as go

    status = run.on_grid(f"{gate.name}.status_code")
    figure = go.Figure()
    for one in GateStatus:
        held = timeline.mean((status == one).astype(float))
        if held.any():
            trace = stacked_area(timeline, held, WORDS[one], COLOURS[one], "status")
            trace.update(hovertemplate="%{y:.0%}")
            if one is GateStatus.SAFE_STATE:
                trace.update(fillpattern={"shape": "/", "fgcolor": "white", "size": 6})
            figure.add_trace(trace)
    style(figure, STRIP_PX)
    figure.update_yaxes(range=[0, 1], showticklabels=False, showgrid=False, zeroline=False)
    figure.update_layout(showlegend=True, legend={"traceorder": "normal"})
    return on_time(figure, timeline)


def planned_and_delivered(run: RunData, gate: ComponentRecord, timeline: Timeline) -> go.Figure | None:
    """One row per storage or generator that was planned or moved: released power with its band, and what came."""
    from plotly.subplots import make_subplots

    assets = _planned(run, gate)
    if not assets:
        return None
    figure = make_subplots(rows=len(assets), cols=1, shared_xaxes=True, vertical_spacing=0.14 / len(assets))
    for row, asset in enumerate(assets, start=1):
        first = row == 1
        figure.add_annotation(text=f"<b>{escape(asset)}</b>", x=0.004, y=1.0, xref="x domain", yref="y domain",
                              xanchor="left", yanchor="top", showarrow=False, bgcolor="rgba(255,255,255,0.8)",
                              row=row, col=1)
        low, high, plan = (timeline.mean(_of_asset(run, gate, name, asset))
                           for name in ("band_low_mw", "band_high_mw", "p_set_mw"))
        if (high - low).max(initial=0.0) > LEAST_MW:
            for trace in band(timeline, low, high, "room for corrections", palette.EXPORT, unit="MW", digits=".4~g"):
                trace.update(showlegend=bool(trace.showlegend is not False and first))
                figure.add_trace(trace, row=row, col=1)
        figure.add_trace(step_line(timeline, plan, "released", palette.INK, unit="MW", width=1.2, line={"dash": "dot"},
                                   legendgroup="released", showlegend=first), row=row, col=1)
        figure.add_trace(step_line(timeline, timeline.mean(run.on_grid(f"{asset}.p_mw")), "delivered",
                                   palette.SEQUENCE[0], unit="MW", width=1.8, legendgroup="delivered",
                                   showlegend=first), row=row, col=1)
    style(figure, 70 + 105 * len(assets))
    figure.update_yaxes(title_text="MW", title_standoff=6, nticks=5)
    return on_time(figure, timeline)


def before_and_after(decisions: Sequence[Decided], timeline: Timeline) -> go.Figure | None:
    """Set-points that a decision changed most: as proposed, and as released."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    rows = [(d, change) for d in decisions if d.released is not None for change in d.changes()[:MOST_KEYS]]
    rows = [(d, c) for d, c in rows if np.isfinite(d.proposed[c.key]).all()][:MOST_DECISIONS * MOST_KEYS]
    if not rows:
        return None
    figure = make_subplots(rows=len(rows), cols=1, vertical_spacing=0.42 / len(rows))
    for row, (decided, change) in enumerate(rows, start=1):
        assert decided.released is not None
        unit = unit_of(change.key) or ""
        at = timeline.start_local + timedelta(seconds=decided.t_s)
        figure.add_annotation(text=f"<b>{at:%d %b %H:%M}</b> {escape(change.key)} [{unit}]", x=0.0, y=1.02,
                              xref="x domain", yref="y domain", xanchor="left", yanchor="bottom", showarrow=False,
                              row=row, col=1)
        times = [timeline.start_local + timedelta(seconds=int(t)) for t in decided.released.horizon.times_s()]
        for name, values, line in (
                ("proposed", decided.proposed[change.key], {"color": palette.COST, "width": 1.4, "dash": "dash"}),
                ("released", decided.released.setpoints[change.key], {"color": palette.TOTAL, "width": 1.8})):
            figure.add_trace(go.Scatter(
                x=times, y=np.asarray(values, dtype=np.float32), name=name, mode="lines", line={**line, "shape": "hv"},
                legendgroup=name, showlegend=row == 1, hovertemplate=f"%{{y:.4~g}} {unit}"), row=row, col=1)
        if decided.violation is not None:
            worst = timeline.start_local + timedelta(seconds=int(decided.violation["worst_t_s"]))
            figure.add_vline(x=worst, line={"color": palette.ALARM, "width": 1, "dash": "dot"}, row=row, col=1)
    style(figure, 70 + 140 * len(rows))
    figure.update_yaxes(nticks=5)
    figure.update_xaxes(type="date", zeroline=False, tickformat="%H:%M")
    return figure


def _planned(run: RunData, gate: ComponentRecord) -> list[str]:
    """Assets to draw, those with the largest powers."""
    size = {}
    for asset in gate.vectors.get("p_set_mw", ()):
        record = run.components.get(asset)
        if record is None or record.role not in PLANNED_ROLES or not run.has(f"{asset}.p_mw"):
            continue
        largest = max(np.abs(_of_asset(run, gate, "p_set_mw", asset)).max(initial=0.0),
                      np.abs(run.on_grid(f"{asset}.p_mw")).max(initial=0.0))
        if largest > LEAST_MW:
            size[asset] = float(largest)
    return sorted(size, key=lambda asset: -size[asset])[:MOST_ASSETS]


def _of_asset(run: RunData, gate: ComponentRecord, output: str, asset: str) -> np.ndarray:
    return run.on_grid(f"{gate.name}.{output}")[:, gate.vectors[output].index(asset)]
