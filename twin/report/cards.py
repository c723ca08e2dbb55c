"""The cards at the top of the report: the answers first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

from twin.accounts import Accounts, StockPrice
from twin.accounts.storage_check import LARGEST_DEVIATION_REL
from twin.accounts.thermal import COOLING, HEATING
from twin.report.formats import SMALLEST_SHOWN, amount, shown
from twin.report.formats import money as money_text
from twin.report.tables import unserved_text


@dataclass(frozen=True, slots=True)
class Card:
    """One figure with what puts it into proportion."""

    label: str
    value: str
    unit: str
    under: str = ""
    alarm: bool = False


def cards_of(accounts: Accounts, currency: str) -> list[Card]:
    """The cards for which the run has figures."""
    kpi, money = accounts.kpi, currency.lower()

    def text(name: str) -> str:
        return " ".join(shown(name, kpi[name], currency)).strip() if name in kpi else "–"

    wanted = [
        ("Green share of consumption", "green_share_frac",
         f"at most {text('green_share_bound_frac')} with perfect storage of own generation"),
        ("Net operating cost", f"net_cost_{money}", _cost_note(kpi, money, currency)),
        ("Emission", "emission_t", f"{text('emission_t_per_mwh')} consumed"),
        ("Consumption", "consumption_mwh",
         f"{_network_use(kpi)}renewable generation {text('renewable_generation_mwh')}"),
        ("Peak import", "billed_peak_mw",
         f"as metered; {text('import_mwh')} imported, {text('export_mwh')} exported"),
        ("Self-consumption of renewables", "self_consumption_frac", f"{text('curtailed_mwh')} curtailed"),
        ("Voltages", "vm_min_pu",
         f"lowest; highest {text('vm_max_pu')}, lines up to {text('max_line_loading_percent')}"),
    ]
    found = []
    for label, name, under in wanted:
        if name in kpi and not (name == "vm_min_pu" and kpi["vm_min_pu"] == kpi["vm_max_pu"]):
            value, unit = shown(name, kpi[name], currency)
            found.append(Card(label, value, unit, under))
    return [*found, *_thermal(kpi), *_storage_losses(accounts), _health(accounts, currency)]


def _network_use(kpi: dict[str, float]) -> str:
    use = kpi.get("network_use_mwh", 0.0)
    return f"and {amount(use)} MWh of heat and cooling networks; " if use >= SMALLEST_SHOWN else ""


def _thermal(kpi: dict[str, float]) -> list[Card]:
    """Heat and cold delivered, an alarm where not all of it was; and networks that were not solvable."""
    found = []
    for label, name in (("Heat delivered", "heat"), ("Cold delivered", "cooling")):
        if f"{name}_delivered_mwh" not in kpi:
            continue
        unserved, losses = kpi[f"{name}_unserved_mwh"], kpi.get(f"{name}_loss_frac")
        under = f"{unserved_text(unserved)} MWh not served" if unserved > 0.0 else "all that was asked for"
        under += f"; losses {100 * losses:.1f} % of what entered the pipes" if losses is not None else ""
        found.append(Card(label, amount(kpi[f"{name}_delivered_mwh"]), "MWh", under, alarm=unserved > 0.0))
    hours = kpi.get("thermal_unsolved_h", 0.0)
    if hours > 0.0:
        found.append(Card("Heat or cooling network not solvable", f"{hours:,.2f}", "h",
                          "see the events for place and reason", alarm=True))
    return found


def stored_note(accounts: Accounts) -> str:
    """What the bill does not hold: a cheap run may have emptied its storages. Empty where the content is as before."""
    return " ".join(n for n in (_stored_electricity(accounts), _stored_heat(accounts)) if n)


def _stored_heat(accounts: Accounts) -> str:
    """Heat and cold in tanks and pipes, each with what it counts for."""
    bill, said = accounts.money, []
    for what, service in (("heat", HEATING), ("cold", COOLING)):
        change = math.fsum(c.change_mwh for c in accounts.contents if c.service == service)
        if abs(change) < SMALLEST_SHOWN:
            continue
        item = next((i for i in bill.thermal_stock if i.key == f"stored_{what}_change"), None)
        worth = f"{money_text(abs(item.cost), bill.net_cost)} {bill.currency}" if item else "no price in the run"
        said.append(f"{amount(abs(change))} MWh {'more' if change > 0 else 'less'} {what} ({worth})")
    return f"Tanks and pipes ended with {' and '.join(said)} than they began with." if said else ""


def _stored_electricity(accounts: Accounts) -> str:
    change = accounts.energy.storage_energy_change_mwh
    if abs(change) < SMALLEST_SHOWN:
        return ""
    word = "more" if change > 0 else "less"
    bill = accounts.money
    start = f"The storages ended with {amount(abs(change))} MWh {word} than they began with"
    if bill.stock is None or bill.stock_at_purchase_cost is None:
        return f"{start}; that energy has no price in the run."
    counted = f"{start}; the saving counts it with {money_text(abs(bill.stock.cost), bill.net_cost)} {bill.currency}"
    if accounts.rules.stock_price is StockPrice.PURCHASE:
        return f"{counted}, the mean purchase price."
    how = "what charging it cost" if change > 0 else "what its discharge displaced"
    at_purchase = money_text(abs(bill.stock_at_purchase_cost), bill.net_cost)
    return f"{counted}, {how} (at the mean purchase price: {at_purchase})."


def _storage_losses(accounts: Accounts) -> list[Card]:
    """Storages that do not lose what their nameplates say; nothing where all do."""
    wrong = {n: d for n, d in accounts.energy.storage_deviation_rel.items() if d > LARGEST_DEVIATION_REL}
    if not wrong:
        return []
    under = f"of the throughput; not explained by the nameplate of {', '.join(wrong)}"
    return [Card("Storage losses off nameplate", f"{100 * max(wrong.values()):.2f}", "%", under, alarm=True)]


def _health(accounts: Accounts, currency: str) -> Card:
    """What went wrong; and if nothing did, how well the balances close."""
    kpi = accounts.kpi
    alarms, warnings = int(kpi["alarm_count"]), int(kpi["warning_count"])
    residual = shown("energy_residual_rel", kpi["energy_residual_rel"], currency)[0]
    balance = f"energy balance residual {residual} of the throughput" if accounts.energy.balances else "nothing metered"
    if alarms or not accounts.energy.balances:
        return Card("Alarms", str(alarms), "", f"{_counted(warnings, 'warning')}; {balance}", alarm=alarms > 0)
    also = f"no alarms, {_counted(warnings, 'warning')}"
    return Card("Energy balance residual", residual, "", f"of the throughput, worst of all balances; {also}")


def _counted(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def _cost_note(kpi: dict[str, float], money: str, currency: str) -> str:
    reference, saving = kpi.get(f"grid_only_cost_{money}"), kpi.get(f"saving_{money}")
    if not reference or saving is None:
        return ""
    word = "less" if saving >= 0 else "more"
    counted = "investment not counted"
    changes = ("storage_energy_change_mwh", "heat_stored_change_mwh", "cooling_stored_change_mwh")
    if any(abs(kpi.get(name, 0.0)) >= SMALLEST_SHOWN for name in changes):
        counted = "stored energy counted, investment not"
    thermal = [what for name, what in (("heat", "heat from a gas boiler"), ("cooling", "cold from electric chillers"))
               if f"{name}_delivered_mwh" in kpi]
    if kpi.get("heat_unserved_mwh", 0.0) + kpi.get("cooling_unserved_mwh", 0.0) > 0.0:
        counted = f"what was not served is not bought there either; {counted}"
    bought = f": {', '.join(['electricity from the grid', *thermal])}" if thermal else " from the grid"
    return f"{abs(saving) / reference:.0%} {word} than buying all{bought} ({counted})"


def cards_html(cards: list[Card]) -> str:
    """The cards as HTML."""
    return "".join(
        f'<div class="card{" alarm" if c.alarm else ""}"><p class="label">{escape(c.label)}</p>'
        f'<p class="value">{escape(c.value)}<small>{escape(c.unit)}</small></p>'
        f'<p class="under">{escape(c.under)}</p></div>'
        for c in cards
    )
