"""Electrical energy of the run from sources through the site's bus to sinks; nothing but electricity is added up."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from twin.accounts import Accounts
from twin.report import palette
from twin.report.figures.base import TOOLBAR_PX, style
from twin.report.figures.dispatch import sinks, sources
from twin.report.formats import amount

if TYPE_CHECKING:
    import plotly.graph_objects as go


def energy_flow(accounts: Accounts) -> go.Figure | None:
    """Sankey diagram; the difference of both sides is the residual of the energy balance."""
    import plotly.graph_objects as go

    dt_h = accounts.flows.dt_h
    ins = [(name, float(power.sum()) * dt_h, colour) for name, power, colour in sources(accounts)]
    outs = [(name, float(power.sum()) * dt_h, colour) for name, power, colour in sinks(accounts)]
    if not ins or not outs:
        return None
    bus = len(ins)
    total = sum(mwh for _, mwh, _ in ins)
    labels = [f"{escape(name)}  {amount(mwh)}" for name, mwh, _ in ins]
    labels += [f"Site bus  {amount(total)} MWh"] + [f"{escape(name)}  {amount(mwh)}" for name, mwh, _ in outs]
    colours = [c for *_, c in ins] + [palette.INK] + [c for *_, c in outs]
    figure = go.Figure(go.Sankey(
        arrangement="snap",
        node={"label": labels, "color": colours, "pad": 16, "thickness": 16, "line": {"width": 0},
              "hovertemplate": "%{label}<extra></extra>"},
        link={
            "source": list(range(bus)) + [bus] * len(outs),
            "target": [bus] * bus + list(range(bus + 1, bus + 1 + len(outs))),
            "value": [mwh for _, mwh, _ in ins + outs],
            "color": [palette.translucent(c, 0.42) for *_, c in ins + outs],
            "hovertemplate": "%{value:,.4~g} MWh<extra></extra>",
        },
        textfont={"size": 12},
    ))
    style(figure, max(360, 42 * max(len(ins), len(outs))))
    figure.update_layout(margin={"l": 10, "r": 10, "t": TOOLBAR_PX, "b": 16})
    return figure
