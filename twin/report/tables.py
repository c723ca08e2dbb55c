"""Tables of the HTML report. Every text from a run is escaped here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from twin.accounts import Accounts
from twin.accounts.kpi import kpi_label
from twin.report.formats import cell, money, quantity, shown
from twin.store.run_data import RunData

MOST_EVENTS = 200
"""Events printed; the run directory holds all."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, text_columns: int = 1, css: str = "",
          last_is_total: bool = False) -> str:
    """An HTML table; the first ``text_columns`` columns are left-aligned text, the others numbers."""
    def line(cells: Sequence[str], tag: str, row_css: str = "") -> str:
        inner = "".join(
            f'<{tag}{"" if i < text_columns else " class=number"}>{escape(cell)}</{tag}>'
            for i, cell in enumerate(cells)
        )
        return f"<tr{row_css}>{inner}</tr>"

    body = [line(r, "td") for r in rows]
    if last_is_total and body:
        body[-1] = body[-1].replace("<tr>", "<tr class=total>", 1)
    return f'<table class="{css}"><thead>{line(head, "th")}</thead><tbody>{"".join(body)}</tbody></table>'


def energy_table(accounts: Accounts) -> str:
    """Energy by component; columns that are empty for all are left out."""
    columns = {
        "Delivered [MWh]": lambda c: cell(c.delivered_mwh),
        "Taken [MWh]": lambda c: cell(c.taken_mwh),
        "Peak [MW]": lambda c: cell(max(c.peak_delivered_mw, c.peak_taken_mw)),
        "Curtailed [MWh]": lambda c: cell(c.curtailed_mwh),
        "Interrupted [MWh]": lambda c: cell(c.interrupted_mwh),
        "Fuel [MWh]": lambda c: cell(c.fuel_mwh),
        "Heat [MWh]": lambda c: cell(c.heat_mwh),
        "Loss [MWh]": lambda c: cell(c.loss_mwh),
        "Full cycles": lambda c: cell(c.full_cycles_count),
        "Starts": lambda c: f"{c.starts_count:.0f}" if c.starts_count else "–",
    }
    components = accounts.energy.components
    used = {head: of for head, of in columns.items() if any(of(c) != "–" for c in components)}
    rows = [[c.name, c.type, *(of(c) for of in used.values())] for c in components]
    flows = accounts.energy
    exchange = {"Delivered [MWh]": cell(flows.import_mwh), "Taken [MWh]": cell(flows.export_mwh),
                "Peak [MW]": cell(max(flows.peak_import_mw, flows.peak_export_mw)),
                "Loss [MWh]": cell(flows.network_loss_mwh)}
    rows.append(["public grid and networks", "", *(exchange.get(head, "–") for head in used)])
    return table(["Component", "Type", *used], rows, text_columns=2)


def money_table(accounts: Accounts) -> str:
    """The bill."""
    bill = accounts.money
    largest = max((abs(i.cost) for i in bill.items), default=0.0)
    rows = [[i.label, quantity(i.quantity, i.unit), money(i.cost, largest)]
            for i in bill.items if i.cost or i.quantity]
    rows.append(["Net cost", "", money(bill.net_cost, largest)])
    if bill.stock is not None and bill.net_cost_stock_adjusted is not None:
        rows.append([bill.stock.label, quantity(bill.stock.quantity, bill.stock.unit), money(bill.stock.cost, largest)])
        rows.append(["Net cost with stored energy", "", money(bill.net_cost_stock_adjusted, largest)])
    return table(["Item", "Quantity", f"Cost [{bill.currency}]"], rows, last_is_total=True)


def carbon_table(accounts: Accounts) -> str:
    """Emission by source."""
    carbon = accounts.carbon
    rows = [[s.name, cell(s.energy_mwh), cell(s.emission_t)] for s in carbon.sources if s.energy_mwh]
    rows.append(["Emission", "", cell(carbon.emission_t)])
    return table(["Source", "Energy [MWh]", "Emission [t]"], rows, last_is_total=True)


def demand_table(accounts: Accounts) -> str:
    """Metered peak of each month."""
    rows = [[m.month, f"{m.peak_mw:,.3f}", f"{100 * m.covered_frac:.1f}"] for m in accounts.money.months]
    return table(["Month", "Peak import [MW]", "Simulated part [%]"], rows)


def kpi_table(accounts: Accounts, currency: str) -> str:
    """All key figures with their names in the data."""
    rows = []
    for name, value in accounts.kpi.items():
        number, unit = shown(name, value, currency)
        rows.append([kpi_label(name, currency), name, number, unit])
    return table(["Key figure", "Name", "Value", "Unit"], rows, text_columns=2, css="kpi")


def balance_table(accounts: Accounts) -> str:
    """Energy balances with their residuals."""
    rows = [[b.name, f"{b.throughput_mwh:,.2f}", f"{b.residual_mwh:.2e}", f"{b.residual_rel:.1e}"]
            for b in accounts.energy.balances]
    return table(["Balance", "Throughput [MWh]", "Residual [MWh]", "Residual / throughput"], rows)


def events_table(run: RunData) -> str:
    """Events in local time, alarms marked; the first of many."""
    zone = ZoneInfo(run.timezone)
    rows = []
    for event in run.events[:MOST_EVENTS]:
        stamp = datetime.fromtimestamp(run.start.timestamp() + event.t_s, zone)
        rows.append([f"{stamp:%Y-%m-%d %H:%M:%S}", event.severity, event.component, event.kind, event.message])
    text = table(["Local time", "Severity", "Component", "Kind", "Message"], rows, text_columns=5, css="events")
    for severity in ("alarm", "warning"):
        text = text.replace(f"<td>{severity}</td>", f'<td class="{severity}">{severity}</td>')
    return text


def pairs_table(pairs: Mapping[str, str]) -> str:
    """Two columns of text."""
    return table(["What", "Value"], [[k, v] for k, v in pairs.items()], text_columns=2)
