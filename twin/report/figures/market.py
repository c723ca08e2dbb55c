"""Prices, and what the site bought and sold at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.accounts import Accounts
from twin.accounts.series import price_on_grid
from twin.report import palette
from twin.report.figures.base import band, on_time, step_line, style
from twin.report.timeline import Timeline
from twin.store.run_data import RunData

if TYPE_CHECKING:
    import plotly.graph_objects as go

PRICES = {
    "buy_price_per_mwh": ("Purchase", "#0072B2", "solid"),
    "sell_price_per_mwh": ("Feed-in", "#009E73", "solid"),
    "gas_price_per_mwh": ("Gas (LHV)", "#D55E00", "dash"),
    "diesel_price_per_mwh": ("Diesel (LHV)", "#8F3F00", "dot"),
}
"""Price port → (name, colour, dash)."""


def prices_and_exchange(run: RunData, accounts: Accounts, timeline: Timeline) -> go.Figure | None:
    """Prices above, import (+) and export (-) below; demand-response events shaded."""
    from plotly.subplots import make_subplots

    found = {name: price for name in PRICES if (price := price_on_grid(run, name)) is not None and price.size}
    if not found:
        return None
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.06, row_heights=[0.55, 0.45])
    for name, price in found.items():
        label, colour, dash = PRICES[name]
        lowest, highest = timeline.low(price), timeline.high(price)
        if timeline.is_coarse and (highest > lowest).any():  # the mean of a day says little about a tariff
            figure.add_traces(band(timeline, lowest, highest, f"{label}: range", colour, unit=f"{run.currency}/MWh",
                                   digits=",.0f"), rows=1, cols=1)
        figure.add_trace(step_line(timeline, timeline.mean(price), label, colour, unit=f"{run.currency}/MWh",
                                   digits=",.0f", line={"dash": dash}), row=1, col=1)
    flows = accounts.flows
    exchange = (("Import", flows.import_mw, palette.IMPORT), ("Export", -flows.export_mw, palette.EXPORT))
    for label, power, colour in exchange:
        if power.any():
            figure.add_trace(step_line(timeline, timeline.mean(power), label, colour, unit="MW", fill="tozeroy",
                                       fillcolor=palette.translucent(colour, 0.45)), row=2, col=1)
    style(figure, 400)
    low, high = min(float(p.min()) for p in found.values()), max(float(p.max()) for p in found.values())
    figure.update_yaxes(title_text=f"Price [{run.currency}/MWh]", range=[min(1.1 * low, 0.0), max(1.2 * high, 1.0)],
                        row=1, col=1)
    figure.update_yaxes(title_text="Exchange [MW]", row=2, col=1)
    on_time(figure, timeline)
    _shade_events(run, figure, timeline)
    return figure


def _shade_events(run: RunData, figure: go.Figure, timeline: Timeline) -> None:
    price = price_on_grid(run, "demand_response_price_per_mwh")
    if price is None or timeline.bin_s >= 86_400:
        return
    edges = np.diff(np.concatenate(([0], (price > 0).astype(int), [0])))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    start = np.datetime64(timeline.start_local, "s")
    for i, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        x0, x1 = (str(start + np.timedelta64(int(at) * timeline.grid_step_s, "s")) for at in (begin, end))
        for row in (1, 2):
            figure.add_vrect(x0=x0, x1=x1, fillcolor=palette.SEQUENCE[3], opacity=0.18, line_width=0, row=row, col=1)
        if i == 0:
            figure.add_annotation(x=x0, y=1.0, xref="x", yref="y domain", xanchor="left", yanchor="top",
                                  text="demand response", showarrow=False, font={"size": 11, "color": palette.INK})
