"""Who supplied and who consumed, instant by instant: sources above zero, sinks below, both of the same height."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.accounts import Accounts
from twin.component import Role
from twin.report import palette
from twin.report.figures.base import on_time, stacked_area, style
from twin.report.timeline import Timeline

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_OF_A_ROLE = 4
"""Components of one role drawn by name; the smallest of more than these are drawn together."""
VISIBLE_MWH = 1e-6

Layer = tuple[str, np.ndarray, str]
"""Name, power ≥ 0 [MW], colour."""


def dispatch(accounts: Accounts, timeline: Timeline) -> go.Figure | None:
    """Dispatch stack of the run."""
    import plotly.graph_objects as go

    above, below = sources(accounts), sinks(accounts)
    if not above and not below:
        return None
    figure = go.Figure()
    # the legend reads from top to bottom like the stacks: supply from its top layer, use from the zero line down
    for i, (name, power, colour) in enumerate(above):
        figure.add_trace(stacked_area(timeline, timeline.mean(power), name, colour, "sources", legendgroup="sources",
                                      legendgrouptitle_text="Supply", legendrank=len(above) - i))
    for i, (name, power, colour) in enumerate(below):
        figure.add_trace(stacked_area(timeline, -timeline.mean(power), name, colour, "sinks", legendgroup="sinks",
                                      legendgrouptitle_text="Use", legendrank=len(above) + 1 + i))
    style(figure, 470)
    figure.update_yaxes(title_text="Power [MW]", zeroline=True, zerolinewidth=1.5)
    figure.update_layout(legend={"groupclick": "toggleitem", "traceorder": "grouped"})
    return on_time(figure, timeline)


def sources(accounts: Accounts) -> list[Layer]:
    """Layers of supply, from the bottom: renewables, generators, discharge, import."""
    layers = [layer for role in (Role.RENEWABLE, Role.GENERATOR, Role.STORAGE, Role.LOAD, Role.PROBE)
              for layer in _of_role(accounts, role, sign=1.0, suffix=" discharge" if role == Role.STORAGE else "")]
    return layers + _visible([("Grid import", accounts.flows.import_mw, palette.IMPORT)], accounts)


def sinks(accounts: Accounts) -> list[Layer]:
    """Layers of use, from the zero line down: loads, charging, own use of plants, losses, export."""
    layers = [layer for role in (Role.LOAD, Role.STORAGE, Role.RENEWABLE, Role.GENERATOR)
              for layer in _of_role(accounts, role, sign=-1.0, suffix=_SINK_SUFFIX.get(role, ""))]
    flows = accounts.flows
    return layers + _visible([
        ("Network losses", np.maximum(flows.loss_mw, 0.0), palette.LOSS),
        ("Grid export", flows.export_mw, palette.EXPORT),
    ], accounts)


_SINK_SUFFIX: dict[Role, str] = {
    Role.STORAGE: " charge", Role.RENEWABLE: " own use", Role.GENERATOR: " own use",
}


def _of_role(accounts: Accounts, role: Role, *, sign: float, suffix: str) -> list[Layer]:
    names = [c.name for c in accounts.energy.components if c.role == role]
    flows = accounts.flows
    layers = _visible([
        (f"{name} own loads" if name in flows.base else f"{name}{suffix}",
         np.maximum(sign * flows.power_mw[name], 0.0), palette.of_component(role, i))
        for i, name in enumerate(names)
    ], accounts)
    if len(layers) <= MOST_OF_A_ROLE:
        return layers
    by_size = sorted(layers, key=lambda layer: -float(layer[1].sum()))
    named = {layer[0] for layer in by_size[:MOST_OF_A_ROLE - 1]}
    rest = [layer for layer in layers if layer[0] not in named]
    together = np.sum([power for _, power, _ in rest], axis=0)
    colour = palette.of_component(role, MOST_OF_A_ROLE - 1)
    other: Layer = (f"{len(rest)} other {role.value}s{suffix}", together, colour)
    kept = [layer for layer in layers if layer[0] in named]
    return [(name, power, palette.of_component(role, i)) for i, (name, power, _) in enumerate(kept)] + [other]


def _visible(layers: list[Layer], accounts: Accounts) -> list[Layer]:
    return [layer for layer in layers if float(layer[1].sum()) * accounts.flows.dt_h > VISIBLE_MWH]


def origin_of_consumption(accounts: Accounts, timeline: Timeline) -> go.Figure | None:
    """What the loads consumed, by where it came from."""
    import plotly.graph_objects as go

    load = accounts.green.load
    layers = _visible([
        (name, power, palette.ORIGIN[name]) for name, power in zip(
            palette.ORIGIN, (load.green_direct_mw, load.green_stored_mw, load.fuel_mw, load.grid_mw), strict=True)
    ], accounts)
    if not layers:
        return None
    total = sum(float(power.sum()) for _, power, _ in layers)
    figure = go.Figure([
        stacked_area(timeline, timeline.mean(power), f"{name}: {float(power.sum()) / total:.0%}", colour, "origin")
        for name, power, colour in layers
    ])
    style(figure, 300)
    figure.update_yaxes(title_text="Consumption [MW]", rangemode="tozero")
    return on_time(figure, timeline)
