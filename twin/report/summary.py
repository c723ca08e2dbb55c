"""The run in a terminal: key figures, energy, bill and events on one screen."""

from __future__ import annotations

import math
from datetime import datetime
from itertools import zip_longest
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from twin.accounts import Accounts
from twin.accounts.thermal import ThermalNetwork
from twin.report.cards import cards_of, stored_note
from twin.report.formats import amount, cell, money, quantity
from twin.report.summary_gate import gate_block
from twin.report.summary_storage import storage_block
from twin.report.tables import WHAT, share_text, thermal_facts, unserved_text
from twin.report.timeline import period_text, span_text
from twin.store.run_data import RunData

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

MOST_EVENTS = 8
YEAR_S = 366 * 86_400
"""In longer runs events carry their year."""
BAR_CELLS = 48
ROLE_STYLE = {"renewable": "green", "generator": "dark_orange3", "storage": "magenta", "load": "blue"}
ORIGIN_STYLE = {"own green, direct": "green", "own green, stored": "pale_green3", "own fuel-fired": "dark_orange3",
                "public grid": "grey50"}


def print_summary(run: RunData, accounts: Accounts, console: Console) -> None:
    """Print the summary of a run to a rich console."""
    from rich.markup import escape
    from rich.panel import Panel

    console.print()
    console.print(Panel(
        f"[bold]{escape(run.name)}[/]   {escape(period_text(run))}   {span_text(run.duration_s)} at "
        f"{span_text(run.step_s)}", border_style="blue", expand=False,
    ))
    console.print(_key_figures(run, accounts))
    console.print(_origin_bar(accounts))
    console.print()
    heat_and_cold = [_thermal(run, network) for network in accounts.thermal]
    storages = [storage_block(storage, run.currency) for storage in accounts.storages]
    for block in (_energy(accounts), *storages, *heat_and_cold, _bill(accounts), gate_block(run), _events(run)):
        if block is not None:
            console.print(block)


def _table(title: str) -> Table:
    from rich import box
    from rich.table import Table

    return Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, header_style="dim",
                 pad_edge=False)


def _key_figures(run: RunData, accounts: Accounts) -> RenderableType:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(justify="right")
    table.add_column(style="dim")
    for card in cards_of(accounts, run.currency):
        value = Text(f"{card.value} {card.unit}".strip(), style="bold red" if card.alarm else "bold")
        table.add_row(Text(card.label), value, Text(card.under))
    return table


def _origin_bar(accounts: Accounts) -> RenderableType:
    """Origin of the consumption as one bar over its legend; an entry of the legend is never broken."""
    from rich.columns import Columns
    from rich.console import Group
    from rich.text import Text

    load, dt_h = accounts.green.load, accounts.flows.dt_h
    parts = dict(zip(ORIGIN_STYLE, (float(p.sum()) * dt_h for p in (
        load.green_direct_mw, load.green_stored_mw, load.fuel_mw, load.grid_mw)), strict=True))
    total = sum(parts.values())
    if total <= 0.0:
        return Text()
    ends = [round(BAR_CELLS * sum(list(parts.values())[:i]) / total) for i in range(len(parts) + 1)]
    bar = Text.assemble(("Consumption from  ", "dim"), *(
        ("█" * (end - begin), style)
        for style, begin, end in zip(ORIGIN_STYLE.values(), ends[:-1], ends[1:], strict=True)
    ))
    legend = [Text.assemble(("■ ", ORIGIN_STYLE[name]), f"{name} {value / total:.0%}")
              for name, value in parts.items() if value > 0.0]
    return Group(bar, Columns(legend, padding=(0, 2)))


def _energy(accounts: Accounts) -> RenderableType | None:
    from rich.text import Text

    components = accounts.energy.components
    if not components:
        return None
    table = _table("Energy [MWh]")
    columns = {
        "delivered": lambda c: cell(c.delivered_mwh), "taken": lambda c: cell(c.taken_mwh),
        "peak MW": lambda c: cell(max(c.peak_delivered_mw, c.peak_taken_mw)), "loss": lambda c: cell(c.loss_mwh),
        "curtailed": lambda c: cell(c.curtailed_mwh), "fuel": lambda c: cell(c.fuel_mwh),
        "heat": lambda c: cell(c.heat_mwh), "cycles": lambda c: cell(c.full_cycles_count),
    }
    used = {head: of for head, of in columns.items() if any(of(c) != "–" for c in components)}
    table.add_column("component")
    for head in used:
        table.add_column(head, justify="right")
    for c in components:
        table.add_row(Text(c.name, style=ROLE_STYLE.get(c.role, "")), *(of(c) for of in used.values()))
    totals = accounts.energy
    grid = {"delivered": totals.import_mwh, "taken": totals.export_mwh, "loss": totals.network_loss_mwh,
            "peak MW": max(totals.peak_import_mw, totals.peak_export_mw)}
    table.add_row(Text("public grid, networks", style="grey50"), *(cell(grid.get(h, 0.0)) for h in used))
    return table


def _thermal(run: RunData, network: ThermalNetwork) -> RenderableType:
    """One heating or cooling network: sources beside uses, then what it failed to do in red, then its figures."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    what = WHAT[network.service].lower()
    table = _table("")
    table.title = Text(f"{network.name} ({run.components[network.name].type.replace('_', ' ')})")
    for head in (f"{what} from", f"{what} to"):
        table.add_column(head)
        table.add_column("MWh", justify="right")
        table.add_column("share", justify="right")
    totals = [math.fsum(mwh for _, mwh in side) for side in (network.sources, network.uses)]
    for pair in zip_longest(network.sources, network.uses):
        table.add_row(*(text for term, total in zip(pair, totals, strict=True) for text in (
            (term[0], cell(term[1]), share_text(term[1], total)) if term else ("", "", ""))))
    table.add_section()
    table.add_row(*(text for total in totals for text in (Text("Total", style="bold"), amount(total), "")))
    return Group(table, Padding(_thermal_figures(network), (0, 0, 1, 1)))


def _thermal_figures(network: ThermalNetwork) -> Table:
    """Label and value of each figure; what was not done comes first, with the consumers that went without."""
    from rich.table import Table
    from rich.text import Text

    facts = [fact for fact in thermal_facts(network) if fact.is_alarm or not fact.only_alarm]
    failed = [(fact.label, fact.value) for fact in facts if fact.is_alarm]
    failed += [(f"{s.name} (priority {s.priority})", f"{unserved_text(s.unserved_mwh)} of {amount(s.demand_mwh)} MWh "
                f"not served in {s.unserved_h:,.2f} h") for s in network.substations if s.unserved_mwh > 0.0]
    figures = Table.grid(padding=(0, 2))
    for label, value in failed:
        figures.add_row(Text(label, style="bold red"), Text(value, style="bold red"))
    for fact in facts:
        if not fact.is_alarm:
            figures.add_row(Text(fact.label, style="dim"), Text(fact.value, style="dim"))
    return figures


def _bill(accounts: Accounts) -> RenderableType | None:
    from rich.console import Group
    from rich.text import Text

    bill = accounts.money
    if not bill.items:
        return None
    table = _table(f"Money [{bill.currency}]  cost +, revenue –")
    table.add_column("item")
    table.add_column("quantity", justify="right")
    table.add_column("cost", justify="right")
    table.add_column("")
    largest = max((abs(i.cost) for i in bill.items), default=0.0) or 1.0
    for item in (i for i in bill.items if i.cost or i.quantity):
        style = "dark_orange3" if item.cost >= 0 else "green"
        table.add_row(item.label, quantity(item.quantity, item.unit), money(item.cost, largest),
                      Text("█" * round(24 * abs(item.cost) / largest), style=style))
    table.add_section()
    table.add_row(Text("Net cost", style="bold"), "", Text(money(bill.net_cost, largest), style="bold"), "")
    if bill.stocks and bill.net_cost_stock_adjusted is not None:
        for stock in bill.stocks:
            table.add_row(stock.label, quantity(stock.quantity, stock.unit), money(stock.cost, largest), "")
        table.add_row(Text("Net cost with stored energy", style="bold"), "",
                      Text(money(bill.net_cost_stock_adjusted, largest), style="bold"), "")
    notes = [stored_note(accounts), *(f"Not included - {line}." for line in bill.unpriced)]
    said = [Text(note, style="dark_orange3") for note in notes if note]
    return Group(table, *said, Text()) if said else table


def _events(run: RunData) -> RenderableType | None:
    from rich.text import Text

    if not run.events:
        return None
    order = {"alarm": 0, "warning": 1}
    worst_first = sorted(run.events, key=lambda e: (order.get(e.severity, 2), e.t_s))
    more = len(run.events) - MOST_EVENTS
    table = _table("Events" + (f"  (worst {MOST_EVENTS} of {len(run.events)})" if more > 0 else ""))
    for head in ("local time", "severity", "component", "message"):
        table.add_column(head)
    zone, date = ZoneInfo(run.timezone), "%Y-%m-%d" if run.duration_s > YEAR_S else "%m-%d"
    for event in worst_first[:MOST_EVENTS]:
        stamp = datetime.fromtimestamp(run.start.timestamp() + event.t_s, zone)
        style = {"alarm": "bold red", "warning": "yellow"}.get(event.severity, "")
        table.add_row(f"{stamp:{date} %H:%M:%S}", Text(event.severity, style=style), Text(event.component),
                      Text(event.message))
    return table
