"""The water of a thermal network: temperatures at the sources and the substations, pressures and velocities."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from twin.report import palette
from twin.report.figures.base import band, on_time, step_line, style
from twin.report.figures.thermal_graph import distances_m
from twin.report.figures.thermal_series import ThermalSeries
from twin.report.timeline import Timeline

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_SUBSTATIONS = 8
"""Substations drawn one by one, each in its colour; of more, or in a long run whose means would hide the extremes, the
range of all and the means of the nearest and the farthest."""
MOST_SOURCES = 3
LINE_COLOURS = tuple(colour for colour in palette.SEQUENCE if colour != palette.LOSS)
"""The darkest is too close to the ink of the sources."""
LEAST_RANGE_K = 4.0
"""A smaller axis would turn rounding into waves."""
METRES_PER_KM = 1000.0


def water_temperatures(network: ThermalSeries, timeline: Timeline) -> go.Figure | None:
    """Supply above, return below, each at the sources and the substations."""
    from plotly.subplots import make_subplots

    sides = [(title, network.columns(f"source_{side}_degc"), network.columns(f"substation_{side}_degc"))
             for title, side in (("Supply", "supply"), ("Return", "return"))]
    sides = [(title, sources, substations) for title, sources, substations in sides if sources or substations]
    if not sides:
        return None
    figure = make_subplots(rows=len(sides), cols=1, shared_xaxes=True, vertical_spacing=0.07)
    for row, (title, sources, substations) in enumerate(sides, start=1):
        for i, (name, series) in enumerate(list(sources.items())[:MOST_SOURCES]):
            _add(figure, timeline, series, name, palette.INK, dash=("solid", "dash", "dot")[i], width=2.4, row=row,
                 shown=row == 1)
        _add_substations(figure, network, timeline, substations, row=row, shown=row == 1)
        figure.update_yaxes(title_text=f"{title} [°C]", range=_wide_enough([*sources.values(), *substations.values()]),
                            row=row, col=1)
    style(figure, 120 + 200 * len(sides))
    figure.update_yaxes(zeroline=False)
    figure.update_layout(showlegend=True)
    return on_time(figure, timeline)


def pressures_and_velocities(network: ThermalSeries, timeline: Timeline) -> go.Figure | None:
    """Lift of the pumps and differential at the worst substation; the highest velocity; where no solution was found.

    Of each interval drawn the value that comes nearest to a limit: a mean would hide it.
    """
    from plotly.subplots import make_subplots

    worst, velocity = network.scalar("worst_differential_bar"), network.scalar("max_velocity_m_s")
    lifts = list(network.columns("source_lift_bar").items())[:MOST_SOURCES]
    rows = [row for row, present in (("pressure", worst is not None or lifts), ("velocity", velocity is not None))
            if present]
    if not rows:
        return None
    figure = make_subplots(rows=len(rows), cols=1, shared_xaxes=True, vertical_spacing=0.08)
    if "pressure" in rows:
        for i, (name, series) in enumerate(lifts):
            figure.add_trace(step_line(timeline, timeline.high(series), f"Lift of the pump, {name}", palette.INK,
                                       unit="bar", digits=".3~f", line={"dash": ("solid", "dash", "dot")[i]}),
                             row=1, col=1)
        if worst is not None:
            figure.add_trace(step_line(timeline, timeline.low(worst), "Differential, worst substation",
                                       palette.SEQUENCE[0], unit="bar", digits=".3~f"), row=1, col=1)
        figure.update_yaxes(title_text="Pressure [bar]", rangemode="tozero", row=1, col=1)
    if velocity is not None:
        figure.add_trace(step_line(timeline, timeline.high(velocity), "Velocity, fastest pipe", palette.SEQUENCE[2],
                                   unit="m/s", digits=".3~f"), row=len(rows), col=1)
        figure.update_yaxes(title_text="Velocity [m/s]", rangemode="tozero", row=len(rows), col=1)
    _add_unsolved(figure, network, timeline)
    style(figure, 90 + 160 * len(rows))
    figure.update_layout(showlegend=True)
    return on_time(figure, timeline)


def _add(figure: go.Figure, timeline: Timeline, series: np.ndarray, name: str, colour: str, *, row: int, shown: bool,
         dash: str = "solid", width: float = 1.5) -> None:
    figure.add_trace(step_line(timeline, timeline.mean(series), name, colour, unit="°C", digits=".1f", width=width,
                               line={"dash": dash}, legendgroup=escape(name), showlegend=shown), row=row, col=1)


def _add_substations(figure: go.Figure, network: ThermalSeries, timeline: Timeline,
                     substations: Mapping[str, np.ndarray], *, row: int, shown: bool) -> None:
    ways = _ways_m(network)
    names = sorted(substations, key=lambda n: ways.get(n, np.inf))
    if len(names) > MOST_SUBSTATIONS or (timeline.is_coarse and len(names) > 1):
        every = np.array(list(substations.values()))
        figure.add_traces(band(timeline, timeline.low(np.fmin.reduce(every)), timeline.high(np.fmax.reduce(every)),
                               f"range of {len(names)} substations", palette.SEQUENCE[0], unit="°C", digits=".1f"),
                          rows=row, cols=1)
        figure.data[-1].showlegend = shown
        reached = [n for n in names if n in ways] or names
        names = list(dict.fromkeys((reached[0], reached[-1])))
    for i, name in enumerate(names):
        label = f"{name} ({ways[name] / METRES_PER_KM:.1f} km)" if name in ways else name
        _add(figure, timeline, substations[name], label, LINE_COLOURS[i % len(LINE_COLOURS)], row=row,
             shown=shown)


def _ways_m(network: ThermalSeries) -> dict[str, float]:
    """Way of the water from the nearest source to each substation."""
    to_node = distances_m(network.plate)
    return {s.name: to_node[s.node] for s in network.plate.substations if s.node in to_node}


def _wide_enough(series: list[np.ndarray]) -> list[float] | None:
    """A range for an axis on which almost nothing happens; None leaves it to plotly."""
    known = np.concatenate(series)
    known = known[np.isfinite(known)]
    if not known.size or np.ptp(known) >= LEAST_RANGE_K:
        return None
    middle = (float(known.max()) + float(known.min())) / 2.0
    return [middle - LEAST_RANGE_K / 2.0, middle + LEAST_RANGE_K / 2.0]


def _add_unsolved(figure: go.Figure, network: ThermalSeries, timeline: Timeline) -> None:
    """A mark on the zero line for every interval with a step that was not solved, by reason."""
    import plotly.graph_objects as go

    status = network.scalar("status_code")
    if status is None:
        return
    for i, code in enumerate(c for c in np.unique(status) if network.reason(c)):
        reason = escape(network.reason(code))
        there = timeline.high((status == code).astype(float)) > 0
        figure.add_trace(go.Scatter(
            y=np.where(there, 0.0, np.nan).astype(np.float32), mode="markers", name=f"Not solvable: {reason}",
            marker={"color": palette.ALARM, "symbol": ("x", "cross", "diamond", "square")[i % 4], "size": 7},
            hovertemplate=f"not solvable: {reason}<extra></extra>", **timeline.x,
        ), row=1, col=1)
