"""Voltages and loadings of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.report import palette
from twin.report.figures.base import band, on_time, step_line, style
from twin.report.timeline import Timeline
from twin.store.run_data import ComponentRecord, RunData

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_TRANSFORMERS = 6
"""Transformers drawn one by one; of more than these only the highest loading."""


def voltages(run: RunData, network: ComponentRecord, timeline: Timeline) -> go.Figure | None:
    """Band of the bus voltages."""
    import plotly.graph_objects as go

    key = f"{network.name}.vm_pu"
    if not run.has(key) or run.native(key).size == 0:
        return None
    vm = run.on_grid(key)
    low, high = np.fmin.reduce(vm, axis=1), np.fmax.reduce(vm, axis=1)
    if not np.fmax.reduce(high) > np.fmin.reduce(low):  # a network without voltage drop has nothing to show
        return None
    figure = go.Figure(band(timeline, timeline.low(low), timeline.high(high), f"all {vm.shape[1]} buses",
                            palette.SEQUENCE[0], unit="p.u.", digits=".4f"))
    labels = network.vectors.get("vm_pu", ())
    means = np.array([np.nanmean(column) if np.isfinite(column).any() else np.nan for column in vm.T])
    if len(labels) == vm.shape[1] > 1 and np.isfinite(means).any():
        for index, what, colour in ((int(np.nanargmin(means)), "lowest", palette.SEQUENCE[1]),
                                    (int(np.nanargmax(means)), "highest", palette.SEQUENCE[2])):
            figure.add_trace(step_line(timeline, timeline.mean(vm[:, index]), f"{labels[index]} ({what} mean)", colour,
                                       unit="p.u.", digits=".4f"))
    figure.add_hline(y=1.0, line={"color": palette.INK, "width": 1, "dash": "dot"})
    style(figure, 280)
    figure.update_yaxes(title_text="Voltage [p.u.]", zeroline=False)
    return on_time(figure, timeline)


def loadings(run: RunData, network: ComponentRecord, timeline: Timeline) -> go.Figure | None:
    """Highest line loading and the transformers' loadings; the highest of each bin, since a mean hides overloads."""
    import plotly.graph_objects as go

    figure = go.Figure()
    lines, transformers = (_columns(run, network, o) for o in ("line_loading_percent", "transformer_loading_percent"))
    if lines:
        highest = np.fmax.reduce([values for _, values in lines], axis=0)
        figure.add_trace(step_line(timeline, timeline.high(highest), f"highest of {len(lines)} lines",
                                   palette.SEQUENCE[0], unit="%", digits=".1f", width=2.2))
    if len(transformers) > MOST_TRANSFORMERS:
        transformers = [(f"highest of {len(transformers)} transformers",
                         np.fmax.reduce([values for _, values in transformers], axis=0))]
    for i, (label, values) in enumerate(transformers):
        figure.add_trace(step_line(timeline, timeline.high(values), label,
                                   palette.SEQUENCE[1 + i % (len(palette.SEQUENCE) - 1)], unit="%", digits=".1f"))
    if not figure.data:
        return None
    style(figure, 280)
    top = max(float(np.nanmax(trace.y)) if np.isfinite(trace.y).any() else 0.0 for trace in figure.data)
    if top > 60.0:  # a limit far above the curves would only squeeze them
        figure.add_hline(y=100.0, line={"color": palette.COST, "width": 1.2, "dash": "dash"})
    figure.update_yaxes(title_text="Loading [%]", rangemode="tozero")
    return on_time(figure, timeline)


def _columns(run: RunData, network: ComponentRecord, output: str) -> list[tuple[str, np.ndarray]]:
    key = f"{network.name}.{output}"
    if not run.has(key) or run.native(key).size == 0:
        return []
    values = run.on_grid(key)
    labels = network.vectors.get(output, tuple(str(i) for i in range(values.shape[1])))
    return list(zip(labels, values.T, strict=True))
