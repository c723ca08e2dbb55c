"""Money as a waterfall from zero to the net cost, and emission by source."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from twin.accounts.carbon import Carbon
from twin.accounts.money import Money
from twin.report import palette
from twin.report.figures.base import style
from twin.report.formats import amount
from twin.report.formats import money as money_text

if TYPE_CHECKING:
    import plotly.graph_objects as go

SMALLEST_COST = 0.005
"""Items that print as zero are not drawn."""


def cost_waterfall(money: Money) -> go.Figure | None:
    """Items in the order of the bill, then the net cost."""
    import plotly.graph_objects as go

    items = [i for i in money.items if abs(i.cost) >= SMALLEST_COST]
    if not items:
        return None
    largest = max(abs(i.cost) for i in items)
    figure = go.Figure(go.Waterfall(
        orientation="h",
        y=[escape(i.label) for i in items] + ["<b>Net cost</b>"],
        x=[i.cost for i in items] + [money.net_cost],
        measure=["relative"] * len(items) + ["total"],
        text=[money_text(i.cost, largest) for i in items] + [f"<b>{money_text(money.net_cost, largest)}</b>"],
        textposition="outside",
        cliponaxis=False,
        connector={"line": {"color": palette.FAINT, "width": 1}},
        increasing={"marker": {"color": palette.COST}},
        decreasing={"marker": {"color": palette.REVENUE}},
        totals={"marker": {"color": palette.TOTAL}},
        hovertemplate=f"%{{y}}: %{{text}} {money.currency}<extra></extra>",
    ))
    style(figure, 70 + 34 * (len(items) + 1))
    levels = [0.0]
    for item in items:
        levels.append(levels[-1] + item.cost)
    span = max(levels) - min(levels)
    figure.update_xaxes(title_text=f"Money [{money.currency}]", tickformat="~s",
                        range=[min(levels) - 0.14 * span, max(levels) + 0.14 * span])
    figure.update_yaxes(autorange="reversed", zeroline=False, showgrid=False)
    figure.update_layout(showlegend=False, waterfallgap=0.35)
    return figure


def emission_by_source(carbon: Carbon) -> go.Figure | None:
    """Tonnes by source."""
    import plotly.graph_objects as go

    sources = [s for s in carbon.sources if s.emission_t > 0.0]
    if not sources:
        return None
    tonnes = [s.emission_t for s in sources]
    figure = go.Figure(go.Bar(
        y=[escape(s.name) for s in sources], x=tonnes, orientation="h", text=[f"{amount(t)} t" for t in tonnes],
        textposition="outside", cliponaxis=False, hovertemplate="%{y}: %{x:,.4~g} t<extra></extra>",
        marker={"color": [palette.IMPORT if s.name == "grid import" else palette.COST for s in sources]},
    ))
    style(figure, 70 + 36 * len(sources))
    figure.update_xaxes(title_text="Emission [t CO₂]", range=[0.0, 1.2 * max(tonnes)])
    figure.update_yaxes(autorange="reversed", zeroline=False, showgrid=False)
    figure.update_layout(showlegend=False, bargap=0.4)
    return figure
