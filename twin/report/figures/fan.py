"""A fan: the median of a forecast as a line, its central intervals as bands, the outer ones fainter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.report.palette import TOTAL, translucent

if TYPE_CHECKING:
    import plotly.graph_objects as go

BAND_ALPHA = 0.16
"""Bands lie over each other, so the inner ones come out darker."""


def add_fan(figure: go.Figure, x: Sequence[str], quantiles: np.ndarray, levels: Sequence[float], *, row: int = 1,
            colour: str = TOTAL, name: str = "forecast", show_legend: bool = True) -> None:
    """Draw the quantiles (n, levels) of a forecast at instants ``x``; the levels are symmetric around the median."""
    import plotly.graph_objects as go

    middle = len(levels) // 2
    place: dict[str, Any] = {"row": row, "col": 1} if figure._grid_ref is not None else {}
    for k in range(middle):
        low, high = quantiles[:, k], quantiles[:, -1 - k]
        share = levels[-1 - k] - levels[k]
        figure.add_trace(go.Scatter(
            x=[*x, *reversed(x)], y=np.concatenate([high, low[::-1]]).astype(np.float32), fill="toself", mode="lines",
            fillcolor=translucent(colour, BAND_ALPHA), line={"width": 0}, hoverinfo="skip",
            name=f"{share:.0%} interval", legendgroup=f"band_{k}", showlegend=show_legend), **place)
    figure.add_trace(go.Scatter(
        x=list(x), y=quantiles[:, middle].astype(np.float32), mode="lines", line={"color": colour, "width": 1.6},
        name=name, legendgroup="median", showlegend=show_legend), **place)
