"""The inner life of a storage: losses by cause, health with its band, cycle depths, temperature, measured charge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.accounts.storage_health import CAPACITY, MEASURED_SOC, TEMPERATURE, TRUE_SOC, StorageHealth
from twin.component import Role
from twin.report import palette
from twin.report.figures.base import band, on_time, step_line, style
from twin.report.timeline import Timeline
from twin.store.run_data import ComponentRecord, RunData

if TYPE_CHECKING:
    import plotly.graph_objects as go

SMALLEST_CYCLES = 1e-9
HEALTH_MARGIN = 2.0
"""Percent drawn beyond the lowest and the highest capacity."""
LIMIT_LINE = {"color": palette.ALARM, "width": 1, "dash": "dot"}
COLOUR = palette.FAMILIES[Role.STORAGE][1]


def losses_by_cause(storage: StorageHealth) -> go.Figure | None:
    """One stacked bar: causes with their energy and part of the throughput, the largest first."""
    import plotly.graph_objects as go

    causes = [(cause, mwh) for cause, mwh in storage.losses_mwh.items() if mwh > 0.0]
    if not causes or storage.throughput_mwh <= 0.0:
        return None
    colours = dict(zip(storage.losses_mwh, palette.SEQUENCE * len(storage.losses_mwh), strict=False))
    figure = go.Figure([
        go.Bar(x=[100.0 * mwh / storage.throughput_mwh], y=[""], name=cause, orientation="h",
               marker={"color": colours[cause]}, customdata=[mwh],
               hovertemplate="%{customdata:,.4~g} MWh, %{x:.2f} % of the throughput")
        for cause, mwh in sorted(causes, key=lambda item: -item[1])
    ])
    style(figure, 220)
    figure.update_layout(barmode="stack", legend_traceorder="normal")
    figure.update_xaxes(title_text="Loss over throughput [%]", zeroline=False)
    figure.update_yaxes(visible=False)
    return figure


def state_of_health(
    run: RunData, record: ComponentRecord, storage: StorageHealth, timeline: Timeline
) -> go.Figure | None:
    """Capacity by the nominal law with the range over the laws, and the end of life where it is near."""
    import plotly.graph_objects as go

    if not storage.laws:
        return None
    capacity = 100.0 * run.on_grid(f"{record.name}.{CAPACITY}")
    figure = go.Figure()
    if len(storage.laws) > 1:
        figure.add_traces(band(timeline, timeline.low(capacity.min(axis=1)), timeline.high(capacity.max(axis=1)),
                               "all laws", COLOUR, unit="%", digits=".2f"))
    figure.add_trace(step_line(timeline, timeline.mean(capacity[:, 0]), f"nominal: {storage.laws[0].law}", COLOUR,
                               unit="%", digits=".2f", width=2.0))
    style(figure, 270)
    lowest, highest = float(capacity.min()), float(capacity.max())
    end = storage.end_of_life_frac
    if end is not None and lowest < 100.0 * end + 5.0 * HEALTH_MARGIN:
        figure.add_hline(y=100.0 * end, line=LIMIT_LINE, annotation_text="end of life", annotation_position="top right")
        lowest = min(lowest, 100.0 * end)
    figure.update_yaxes(title_text="Capacity [%]", range=[lowest - HEALTH_MARGIN, highest + HEALTH_MARGIN],
                        zeroline=False)
    figure.update_layout(showlegend=True)
    return on_time(figure, timeline)


def cycle_depths(storage: StorageHealth) -> go.Figure | None:
    """Closed cycles by classes of depth."""
    import plotly.graph_objects as go

    if not any(count > SMALLEST_CYCLES for count in storage.closed_cycles.values()):
        return None
    figure = go.Figure(go.Bar(
        x=list(storage.closed_cycles), y=list(storage.closed_cycles.values()), marker={"color": COLOUR},
        hovertemplate="%{y:,.4~g} cycles of %{x}<extra></extra>"))
    style(figure, 250)
    figure.update_xaxes(title_text="Depth of the cycle", type="category")
    figure.update_yaxes(title_text="Cycles", rangemode="tozero")
    return figure


def temperature(run: RunData, record: ComponentRecord, storage: StorageHealth, timeline: Timeline) -> go.Figure | None:
    """Temperature, in long runs with its range, between its limits where they are near."""
    import plotly.graph_objects as go

    if storage.temperature_degc is None:
        return None
    degc = run.on_grid(f"{record.name}.{TEMPERATURE}")
    figure = go.Figure()
    if timeline.is_coarse:
        figure.add_traces(band(timeline, timeline.low(degc), timeline.high(degc), "range", palette.SEQUENCE[1],
                               unit="°C", digits=".1f"))
    figure.add_trace(step_line(timeline, timeline.mean(degc), "temperature", palette.SEQUENCE[1], unit="°C",
                               digits=".1f"))
    style(figure, 230)
    for limit, side in zip(storage.temperature_range_degc or (), ("bottom right", "top right"), strict=False):
        figure.add_hline(y=limit, line=LIMIT_LINE, annotation_text=f"limit {limit:g} °C", annotation_position=side)
    figure.update_yaxes(title_text="Temperature [°C]", zeroline=False)
    figure.update_layout(showlegend=True)
    return on_time(figure, timeline)


def measured_charge(run: RunData, record: ComponentRecord, timeline: Timeline) -> go.Figure | None:
    """Measured and true state of charge, and below them their difference."""
    from plotly.subplots import make_subplots

    if not {TRUE_SOC, MEASURED_SOC} <= set(record.outputs):
        return None
    true, measured = (100.0 * run.on_grid(f"{record.name}.{output}") for output in (TRUE_SOC, MEASURED_SOC))
    error = measured - true
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.1, row_heights=[0.6, 0.4])
    figure.add_trace(step_line(timeline, timeline.mean(true), "true", COLOUR, unit="%", digits=".1f"), row=1, col=1)
    figure.add_trace(step_line(timeline, timeline.mean(measured), "measured", palette.SEQUENCE[0], unit="%",
                               digits=".1f", line={"dash": "dot"}), row=1, col=1)
    if timeline.is_coarse:
        figure.add_traces(band(timeline, timeline.low(error), timeline.high(error), "difference: range",
                               palette.SEQUENCE[0], unit="points", digits=".2f"), rows=2, cols=1)
    figure.add_trace(step_line(timeline, timeline.mean(error), "difference", palette.SEQUENCE[6], unit="points",
                               digits=".2f"), row=2, col=1)
    style(figure, 360)
    largest = np.abs(error[np.isfinite(error)]).max(initial=0.0)
    reach = max(float(largest) * 1.1, 0.1)
    figure.update_yaxes(title_text="Charge [%]", range=[-3, 103], zeroline=False, row=1, col=1)
    figure.update_yaxes(title_text="Difference [points]", range=[-reach, reach], row=2, col=1)
    return on_time(figure, timeline)
