"""Tables of the HTML report. Every text from a run is escaped here and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import NamedTuple
from zoneinfo import ZoneInfo

from twin.accounts import Accounts
from twin.accounts.kpi import kpi_label
from twin.accounts.thermal import COOLING, HEATING, ThermalNetwork
from twin.report.formats import SMALLEST_SHOWN, amount, cell, money, quantity, shown
from twin.store.run_data import RunData

MOST_EVENTS = 200
"""Events printed; the run directory holds all."""
WHAT = {HEATING: "Heat", COOLING: "Cold"}
"""Service → what is delivered."""


class Fact(NamedTuple):
    """One line beside the table of a heating or cooling network."""

    label: str
    value: str
    is_alarm: bool = False
    only_alarm: bool = False
    """Worth a line on a small screen only where it is an alarm."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, text_columns: int = 1, css: str = "",
          last_is_total: bool = False, alarms: Container[int] = ()) -> str:
    """An HTML table; the first ``text_columns`` columns are left-aligned text, the others numbers.

    Rows whose numbers are in ``alarms`` are marked.
    """
    def line(cells: Sequence[str], tag: str, is_alarm: bool = False) -> str:
        classes = [["number"] * (i >= text_columns) + ["alarm"] * is_alarm for i in range(len(cells))]
        inner = "".join(
            f'<{tag}{_class(names)}>{escape(cell)}</{tag}>' for names, cell in zip(classes, cells, strict=True)
        )
        return f"<tr>{inner}</tr>"

    body = [line(r, "td", i in alarms) for i, r in enumerate(rows)]
    if last_is_total and body:
        body[-1] = body[-1].replace("<tr>", "<tr class=total>", 1)
    return f'<table class="{css}"><thead>{line(head, "th")}</thead><tbody>{"".join(body)}</tbody></table>'


def _class(names: Sequence[str]) -> str:
    quote = '"' if len(names) > 1 else ""
    return f" class={quote}{' '.join(names)}{quote}" if names else ""


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
    if bill.stocks and bill.net_cost_stock_adjusted is not None:
        rows += [[s.label, quantity(s.quantity, s.unit), money(s.cost, largest)] for s in bill.stocks]
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


def thermal_tables(run: RunData, accounts: Accounts) -> str:
    """Each heating and cooling network: what came in, where it went, the figures to judge it by, its consumers.

    Empty for a run without such a network.
    """
    return "".join(_thermal_table(run, network) for network in accounts.thermal)


def _thermal_table(run: RunData, network: ThermalNetwork) -> str:
    rows = []
    for side, terms in (("In", network.sources), ("Out", network.uses)):
        total = math.fsum(mwh for _, mwh in terms)
        rows += [[side, label, cell(mwh), share_text(mwh, total)] for label, mwh in terms]
        rows.append([side, "Total", amount(total), ""])
    facts = thermal_facts(network)
    flows = table(["", WHAT[network.service], "Energy [MWh]", "Share"], rows, text_columns=2)
    figures = table(["Figure", "Value"], [fact[:2] for fact in facts], text_columns=2,
                    alarms={i for i, fact in enumerate(facts) if fact.is_alarm})
    type_name = run.components[network.name].type.replace("_", " ")
    return (f"<h3>{escape(network.name)} ({escape(type_name)})</h3>"
            f'<div class="pair"><div>{flows}</div><div>{figures}</div></div>{_substation_table(network)}')


def _substation_table(network: ThermalNetwork) -> str:
    stations = network.substations
    if not stations:
        return ""
    rows = [[s.name, s.node, f"{s.priority}", cell(s.demand_mwh), cell(s.delivered_mwh), unserved_text(s.unserved_mwh),
             f"{s.unserved_h:,.2f}" if s.unserved_h else "–"] for s in stations]
    return table(["Consumer", "Node", "Priority", "Demand [MWh]", "Delivered [MWh]", "Not served [MWh]",
                  "Not served [h]"], rows, text_columns=2,
                 alarms={i for i, s in enumerate(stations) if s.unserved_mwh > 0.0})


def thermal_facts(network: ThermalNetwork) -> list[Fact]:
    """The figures by which a network is judged; alarms are what it failed to do."""
    facts = [
        Fact("Demand", f"{amount(network.demand_mwh)} MWh, peak {amount(network.peak_demand_mw)} MW"),
        Fact("Not served", f"{unserved_text(network.unserved_mwh)} MWh" if network.unserved_mwh else "nothing",
             is_alarm=network.unserved_mwh > 0.0, only_alarm=True),
        Fact("Not solvable", f"{network.unsolved_h:,.2f} h{_reasons(network)}" if network.unsolved_h else "never",
             is_alarm=network.unsolved_h > 0.0, only_alarm=True),
    ]
    if math.isfinite(network.loss_frac):
        facts.append(Fact("Losses", f"{amount(network.loss_mwh)} MWh, "
                                    f"{share_text(network.loss_mwh, network.fed_in_mwh)} of what entered the pipes"))
    if network.electricity_mwh:
        facts.append(Fact("Electricity", f"{amount(network.electricity_mwh)} MWh, "
                                         f"{amount(network.pump_mwh)} of it by circulation pumps"))
    if math.isfinite(network.boiler_efficiency):
        facts.append(Fact("Gas of the boilers", f"{amount(network.gas_mwh)} MWh (LHV), efficiency "
                                                f"{100 * network.boiler_efficiency:.1f} %"))
    if math.isfinite(network.chiller_cop):
        facts.append(Fact("COP of the electric chillers", f"{network.chiller_cop:.2f}"))
    if math.isfinite(network.plant_cop):
        facts.append(Fact("COP of the plant", f"{network.plant_cop:.2f}, absorption, towers and pumps included"))
    if network.service == COOLING and network.drive_mwh:
        facts.append(Fact("Drive heat", f"{amount(network.drive_mwh)} MWh"))
    if network.rejected_mwh or network.water_m3:
        facts.append(Fact("Cooling towers", f"{amount(network.rejected_mwh)} MWh rejected, "
                                            f"{amount(network.water_m3)} m³ of water"))
    return facts


def _reasons(network: ThermalNetwork) -> str:
    named = [f"{name.replace('_', ' ')} {hours:,.2f}" for name, hours in network.trouble_h.items()]
    return f" ({', '.join(named)})" if named else ""


def share_text(part: float, whole: float) -> str:
    """A part in percent.

    >>> share_text(1.0, 3.0), share_text(0.0, 0.0)
    ('33.3 %', '–')
    """
    return f"{100 * part / whole:.1f} %" if whole > 0.0 else "–"


def unserved_text(mwh: float) -> str:
    """What was not served, however little.

    >>> unserved_text(0.0), unserved_text(1e-7), unserved_text(0.25)
    ('–', '< 0.0001', '0.25')
    """
    return "< 0.0001" if 0.0 < mwh < SMALLEST_SHOWN else cell(mwh)


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
