"""What all figures share: look, axes, step lines and areas. plotly is imported inside, it is slow."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.report.palette import FAINT, INK, translucent
from twin.report.timeline import Timeline

if TYPE_CHECKING:
    import plotly.graph_objects as go

FONT = "Inter, 'Segoe UI', 'Helvetica Neue', Arial, 'Noto Sans', 'Noto Sans CJK SC', sans-serif"
TOOLBAR_PX = 30
"""Height kept free for plotly's buttons, which otherwise cover the legend on screens without a pointer."""


def style(figure: go.Figure, height: int) -> go.Figure:
    """The common look: white, thin grid, legend at the right, one hover box per instant."""
    figure.update_layout(
        height=height,
        margin={"l": 64, "r": 16, "t": TOOLBAR_PX, "b": 44},
        paper_bgcolor="white",
        plot_bgcolor="white",
        font={"family": FONT, "size": 12, "color": INK},
        legend={"x": 1.01, "y": 1.0, "xanchor": "left", "yanchor": "top", "font": {"size": 11.5}, "tracegroupgap": 4},
        hoverlabel={"font": {"size": 11.5}},
    )
    axis = {"gridcolor": FAINT, "zerolinecolor": INK, "zerolinewidth": 1, "linecolor": FAINT, "automargin": True,
            "title_font_size": 12, "ticks": "outside", "ticklen": 5, "tickcolor": "white"}
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    return figure


def on_time(figure: go.Figure, timeline: Timeline) -> go.Figure:
    """Turn the x axes into the run's local time from its first to its last instant, hover by instant."""
    figure.update_xaxes(type="date", zeroline=False, range=timeline.edges, tickformatstops=[
        {"dtickrange": [None, 86_400_000 - 1], "value": "%H:%M\n%d %b"},
        {"dtickrange": [86_400_000, 14 * 86_400_000], "value": "%a %d %b\n%Y"},
        {"dtickrange": [14 * 86_400_000, None], "value": "%b\n%Y"},
    ])
    figure.update_layout(hovermode="x unified")
    return figure


def step_line(
    timeline: Timeline, values: np.ndarray, name: str, colour: str, *, unit: str, digits: str = ".4~g",
    width: float = 1.6, **more: Any,
) -> go.Scatter:
    """A line that holds each value to the end of its interval."""
    import plotly.graph_objects as go

    line = {"shape": "hv", "color": colour, "width": width} | more.pop("line", {})
    return go.Scatter(
        y=timeline.held(values), name=escape(name), mode="lines", line=line,
        hovertemplate=f"%{{y:{digits}}} {unit}", **timeline.x, **more,
    )


def stacked_area(
    timeline: Timeline, values: np.ndarray, name: str, colour: str, group: str, **more: Any
) -> go.Scatter:
    """One layer of a stack of powers."""
    import plotly.graph_objects as go

    return go.Scatter(
        y=timeline.held(values), name=escape(name), mode="lines", stackgroup=group, fillcolor=colour,
        line={"shape": "hv", "color": colour, "width": 0.3}, hovertemplate="%{y:.4~g} MW", **timeline.x, **more,
    )


def band(timeline: Timeline, low: np.ndarray, high: np.ndarray, name: str, colour: str, *, unit: str, digits: str,
         **more: Any) -> list[go.Scatter]:
    """The range between two series, as two traces under one legend entry."""
    edge = {"width": 0.8, "color": translucent(colour, 0.6)}
    lower = step_line(timeline, low, f"{name}: lowest", colour, unit=unit, digits=digits, line=edge, showlegend=False,
                      legendgroup=name, **more)
    upper = step_line(timeline, high, name, colour, unit=unit, digits=digits, line=edge, fill="tonexty",
                      fillcolor=translucent(colour, 0.25), legendgroup=name, **more)
    return [lower, upper]
