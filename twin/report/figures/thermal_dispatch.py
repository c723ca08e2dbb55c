"""Heat or cold: who gave it and where it went.

Sources stand above zero, what did not go to the substations below; the difference is what the substations got.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.report import palette
from twin.report.figures.base import on_time, stacked_area, step_line, style
from twin.report.figures.dispatch import Layer
from twin.report.figures.thermal_series import SECONDS_PER_HOUR, VISIBLE_MW, ThermalSeries
from twin.report.formats import amount
from twin.report.timeline import Timeline

if TYPE_CHECKING:
    import plotly.graph_objects as go

FLOWS = (
    ("chp_heat_mw", "CHP plants", ""),
    ("boiler_mw", "Boilers", ""),
    ("chiller_mw", "Electric chillers", ""),
    ("absorption_mw", "Absorption chillers", ""),
    ("external_mw", "Bought {ware}", ""),
    ("feed_mw", "Other feeds", "Taken by other feeds"),
    ("tank_mw", "Tank discharge", "Tank charge"),
    ("-pipes", "Out of the water of the pipes", "Into the water of the pipes"),
    ("-drive_mw", "", "Drive heat of absorption chillers"),
    ("-extraction_mw", "Given to the return", "Taken from the return"),
    ("-dumped_mw", "", "Dumped"),
    ("-stranded_mw", "", "Stranded"),
    ("-loss_mw", "Gained from the ground", "Pipe losses"),
)
"""Output, its legend where it gives to the network and where it takes from it; a minus: the output is positive where it
takes. Supply from the bottom of its stack, the rest from the zero line down."""
INPUTS = {
    "p_mw": ("Electricity, all", "#0072B2", "solid"),
    "chiller_p_mw": ("Electricity of chillers", "#56B4E9", "solid"),
    "pump_mw": ("Electricity of network pumps", "#009E73", "solid"),
    "gas_mw": ("Gas (LHV)", "#D55E00", "solid"),
    "drive_used_mw": ("Drive heat", "#8E4775", "dash"),
}
"""Output → (legend, colour, dash) of what the plant took; its sign does not matter here."""


def thermal_dispatch(network: ThermalSeries, timeline: Timeline) -> go.Figure | None:
    """Stack of sources, stack of what went elsewhere, the demand as a line and what of it stayed unserved."""
    import plotly.graph_objects as go

    above, below = _layers(network)
    demand = network.power("demand_mw")
    if not above and not below and not (demand > VISIBLE_MW).any():
        return None
    figure = go.Figure()
    for i, (name, power, colour) in enumerate(above):
        figure.add_trace(stacked_area(timeline, timeline.mean(power), name, colour, "sources", legendgroup="sources",
                                      legendgrouptitle_text="Supply", legendrank=len(above) - i))
    _add_demand(figure, network, timeline, rank=len(above) + 1)
    for i, (name, power, colour) in enumerate(below):
        figure.add_trace(stacked_area(timeline, -timeline.mean(power), name, colour, "sinks", legendgroup="sinks",
                                      legendgrouptitle_text="Elsewhere", legendrank=len(above) + 4 + i))
    style(figure, 430)
    figure.update_yaxes(title_text=f"{network.ware.capitalize()} [MW]", zeroline=True, zerolinewidth=1.5)
    figure.update_layout(legend={"groupclick": "toggleitem", "traceorder": "grouped"})
    return on_time(figure, timeline)


def plant_inputs(network: ThermalSeries, timeline: Timeline) -> go.Figure | None:
    """What the plant and the pumps took: electricity, gas, drive heat."""
    import plotly.graph_objects as go

    taken = {output: np.abs(network.power(output)) for output in INPUTS}
    figure = go.Figure([
        step_line(timeline, timeline.mean(taken[output]), name, colour, unit="MW", line={"dash": dash})
        for output, (name, colour, dash) in INPUTS.items() if (taken[output] > VISIBLE_MW).any()
    ])
    if not figure.data:
        return None
    style(figure, 250)
    figure.update_yaxes(title_text="Taken [MW]", rangemode="tozero")
    figure.update_layout(showlegend=True)
    return on_time(figure, timeline)


def _layers(network: ThermalSeries) -> tuple[list[Layer], list[Layer]]:
    """What gives and what takes, each ≥ 0."""
    above: list[Layer] = []
    below: list[Layer] = []
    for signed, gives, takes in FLOWS:
        output = signed.removeprefix("-")
        power = network.pipes_take_mw() if output == "pipes" else network.power(output)
        power = -power if signed.startswith("-") else power
        colour = palette.THERMAL[output]
        above.append(((gives or takes).format(ware=network.ware), np.maximum(power, 0.0), colour))
        below.append(((takes or gives).format(ware=network.ware), np.maximum(-power, 0.0), colour))
    return _visible(above), _visible(below)


def _visible(layers: list[Layer]) -> list[Layer]:
    return [layer for layer in layers if (layer[1] > VISIBLE_MW).any()]


def _add_demand(figure: go.Figure, network: ThermalSeries, timeline: Timeline, rank: int) -> None:
    """The demand line, and under it what the substations did not get."""
    import plotly.graph_objects as go

    demand, unserved = network.power("demand_mw"), network.worst_unserved()
    group = {"legendgroup": "demand", "legendgrouptitle_text": "Substations"}
    if unserved.any():
        hours = network.run.grid_step_s / SECONDS_PER_HOUR
        served = timeline.held(timeline.mean(demand) - timeline.mean(unserved))
        figure.add_trace(go.Scatter(y=served, mode="lines", line={"shape": "hv", "width": 0}, showlegend=False,
                                    hoverinfo="skip", name="Served", **timeline.x))
        figure.add_trace(step_line(
            timeline, timeline.mean(demand), f"Unserved: {amount(float(unserved.sum()) * hours)} MWh", palette.ALARM,
            unit="MW", width=0.5, fill="tonexty", fillcolor="rgba(255,255,255,0.85)", legendrank=rank + 1,
            fillpattern={"shape": "x", "fgcolor": palette.ALARM, "size": 5, "solidity": 0.4, "fillmode": "overlay"},
            customdata=timeline.held(timeline.mean(unserved)), **group,
        ).update(hovertemplate="%{customdata:.4~g} MW"))
    figure.add_trace(step_line(timeline, timeline.mean(demand), "Demand", palette.INK, unit="MW", width=1.8,
                               line={"dash": "dot"}, legendrank=rank, **group))
