"""State of charge of the storages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.component import Role
from twin.nameplate import StorageNameplate
from twin.report import palette
from twin.report.figures.base import band, on_time, step_line, style
from twin.report.timeline import Timeline
from twin.store.run_data import ComponentRecord, RunData

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_ROWS = 6
"""Storages drawn in a long run."""


def state_of_charge(run: RunData, timeline: Timeline) -> go.Figure | None:
    """State of charge in percent: all in one picture, or in a long run one row each with the range of every bin."""
    from plotly.subplots import make_subplots

    storages = [(i, c) for i, c in enumerate(run.of_role(Role.STORAGE))
                if run.has(f"{c.name}.soc") and run.native(f"{c.name}.soc").size]
    if not storages:
        return None
    rows = min(len(storages), MOST_ROWS) if timeline.is_coarse else 1
    figure = make_subplots(rows=rows, cols=1, shared_xaxes=True, vertical_spacing=0.2 / rows)
    for at, (i, component) in enumerate(storages[:rows] if timeline.is_coarse else storages):
        row, colour = (at + 1 if timeline.is_coarse else 1), palette.of_component(Role.STORAGE, i)
        soc = 100.0 * run.on_grid(f"{component.name}.soc")
        if timeline.is_coarse:
            figure.add_traces(band(timeline, timeline.low(soc), timeline.high(soc), f"{component.name}: range", colour,
                                   unit="%", digits=".1f"), rows=row, cols=1)
        figure.add_trace(step_line(timeline, timeline.mean(soc), _label(component), colour, unit="%", digits=".1f",
                                   line={"dash": _dash(i)}), row=row, col=1)
    style(figure, 270 if rows == 1 else 90 + 120 * rows)
    figure.update_yaxes(title_text="Charge [%]", range=[-3, 103], tickvals=[0, 25, 50, 75, 100], zeroline=False)
    return on_time(figure, timeline)


def _label(component: ComponentRecord) -> str:
    plate = component.nameplate
    return f"{component.name} ({plate.energy_mwh:g} MWh)" if isinstance(plate, StorageNameplate) else component.name


def _dash(index: int) -> str:
    """Where the colours of the family repeat, the dash tells the storages apart."""
    return ("solid", "dash", "dot", "dashdot")[index // len(palette.FAMILIES[Role.STORAGE]) % 4]
