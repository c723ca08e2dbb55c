"""The tank of a thermal network: what it holds, what it gives and takes, how warm it is; beside it what was dumped."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from twin.report import palette
from twin.report.figures.base import band, on_time, step_line, style
from twin.report.figures.thermal_series import SECONDS_PER_HOUR, VISIBLE_MW, ThermalSeries
from twin.report.formats import amount
from twin.report.timeline import Timeline

if TYPE_CHECKING:
    import plotly.graph_objects as go

VISIBLE_MWH = 1e-9
MOST_LAYERS = 6
"""Temperatures drawn one by one; of more layers these, evenly from the first to the last."""


def tank_and_dump(network: ThermalSeries, timeline: Timeline) -> go.Figure | None:
    """One row each for content, powers and temperatures, as far as they exist.

    The content is drawn above its lowest of the run: the recorded energy counts from water of 0 °C, which no tank
    reaches.
    """
    from plotly.subplots import make_subplots

    energy = network.scalar("tank_energy_mwh")
    has_tank = energy is not None and bool((np.abs(energy) > VISIBLE_MWH).any())
    powers = _powers(network, has_tank=has_tank)
    temperatures = _temperatures(network) if has_tank else {}
    rows: list[tuple[str, Callable[[go.Figure, int], None]]] = []
    if has_tank and energy is not None:
        content = energy - np.nanmin(energy)
        rows.append(("Content [MWh]", lambda figure, row: _add_content(figure, row, content, timeline)))
    if powers:
        rows.append(("Power [MW]", lambda figure, row: _add_powers(figure, row, powers, timeline)))
    if temperatures:
        rows.append(("Tank [°C]", lambda figure, row: _add_temperatures(figure, row, temperatures, timeline)))
    if not rows:
        return None
    figure = make_subplots(rows=len(rows), cols=1, shared_xaxes=True, vertical_spacing=0.16 / len(rows))
    style(figure, 90 + 150 * len(rows))
    for row, (title, add) in enumerate(rows, start=1):
        add(figure, row)
        figure.update_yaxes(title_text=title, row=row, col=1)
    figure.update_layout(showlegend=True)
    return on_time(figure, timeline)


def _powers(network: ThermalSeries, *, has_tank: bool) -> dict[str, tuple[np.ndarray, str]]:
    """Legend → (power [MW], colour)."""
    hours = network.run.grid_step_s / SECONDS_PER_HOUR
    found: dict[str, tuple[np.ndarray, str]] = {}
    if has_tank:
        found["Discharge (+), charge (−)"] = (network.power("tank_mw"), palette.THERMAL["tank_mw"])
        found["Loss of the tank"] = (network.power("tank_loss_mw"), palette.THERMAL["loss_mw"])
    for output, word in (("dumped_mw", "Dumped"), ("stranded_mw", "Stranded")):
        power = network.power(output)
        found[f"{word}: {amount(float(power.sum()) * hours)} MWh"] = (power, palette.THERMAL[output])
    return {name: (power, colour) for name, (power, colour) in found.items() if (np.abs(power) > VISIBLE_MW).any()}


def _temperatures(network: ThermalSeries) -> dict[str, np.ndarray]:
    """Recorded temperatures of the tank, top first as they were recorded."""
    found: dict[str, np.ndarray] = {}
    for output in (*network.record.outputs, *network.record.vectors):
        if not output.startswith("tank_") or not output.endswith("_degc"):
            continue
        series = network.scalar(output)
        word = output.removesuffix("_degc").replace("_", " ")
        if series is not None:
            found[word] = series
        else:
            found |= {f"{word}: {label}": column for label, column in network.columns(output).items()}
    names = list(found)
    if len(names) > MOST_LAYERS:
        names = [names[i] for i in np.linspace(0, len(names) - 1, MOST_LAYERS).round().astype(int)]
    return {name: found[name] for name in names}


def _add_content(figure: go.Figure, row: int, content: np.ndarray, timeline: Timeline) -> None:
    colour = palette.THERMAL["tank_mw"]
    if timeline.is_coarse:
        figure.add_traces(band(timeline, timeline.low(content), timeline.high(content), "Content: range", colour,
                               unit="MWh", digits=".4~g"), rows=row, cols=1)
    figure.add_trace(step_line(timeline, timeline.mean(content), "Content", colour, unit="MWh", width=2.0),
                     row=row, col=1)
    figure.update_yaxes(rangemode="tozero", row=row, col=1)


def _add_powers(figure: go.Figure, row: int, powers: dict[str, tuple[np.ndarray, str]], timeline: Timeline) -> None:
    for name, (power, colour) in powers.items():
        figure.add_trace(step_line(timeline, timeline.mean(power), name, colour, unit="MW", fill="tozeroy",
                                   fillcolor=palette.translucent(colour, 0.3)), row=row, col=1)


def _add_temperatures(figure: go.Figure, row: int, temperatures: dict[str, np.ndarray], timeline: Timeline) -> None:
    for i, (name, series) in enumerate(temperatures.items()):
        colour = palette.TEMPERATURES[-1 - i * (len(palette.TEMPERATURES) - 1) // max(len(temperatures) - 1, 1)]
        figure.add_trace(step_line(timeline, timeline.mean(series), name, colour, unit="°C", digits=".1f"),
                         row=row, col=1)
    figure.update_yaxes(zeroline=False, row=row, col=1)
