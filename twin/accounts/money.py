"""Cost of a run by item, in the run's currency; a cost is positive, a revenue negative, the sum is the net cost.

Energy is priced as energy (MWh times money per MWh) with the step's length in it; demand-response pays the reduction
against the load's baseline; certificates are sold one by one at the price of the step that completes them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twin.accounts.carbon import GRID_FACTOR, Carbon
from twin.accounts.contents import Content
from twin.accounts.demand import MonthDemand, demand_cost, monthly_demand
from twin.accounts.energy import Energy, interrupted_mw
from twin.accounts.green import Green
from twin.accounts.rules import Rules
from twin.accounts.series import (
    NETWORK_FUEL,
    Flows,
    booked,
    components_on_bus,
    fuel_input_mw,
    network_plants,
    price_on_grid,
)
from twin.accounts.stock import GAS_PRICE, settle_stock, settle_thermal_stock
from twin.accounts.tariff import BUY_PRICE, billing_tariff
from twin.accounts.thermal import (
    COOLING,
    HEATING,
    bought_mw,
    delivered_mw,
    feeds_heat_network,
)
from twin.component import Role
from twin.nameplate import GeneratorNameplate, StorageNameplate, TariffNameplate
from twin.store.run_data import RunData

BOUGHT = "bought "
"""How a line about bought heat or cold begins; where it has no price there is no saving to state."""
STOCK_UNPRICED = "change of stored energy: the run records no buy_price_per_mwh"
THERMAL_STOCK_UNPRICED = {
    HEATING: f"change of stored heat: the run records no {GAS_PRICE}",
    COOLING: f"change of stored cold: the run records no {BUY_PRICE}",
}
DEFAULT_DEMAND_INTERVAL_S = 900
"""Metering interval where no tariff states one."""


@dataclass(frozen=True, slots=True)
class MoneyItem:
    """One line of the bill."""

    key: str
    """Stable name, e.g. ``energy_purchase`` or ``fuel_gas``."""
    label: str
    cost: float
    """Money; negative = revenue."""
    quantity: float
    """What was charged for."""
    unit: str
    """Unit of ``quantity``."""


@dataclass(frozen=True, slots=True)
class Money:
    """Money account of a run."""

    currency: str
    items: tuple[MoneyItem, ...]
    months: tuple[MonthDemand, ...]
    """Peaks of the metered import, whether or not a tariff charges them."""
    grid_only_cost: float | None
    """Purchase, demand charge and carbon if the loads' baselines were bought from the public grid, without own plants
    and network losses. The same heat and cold as were delivered come from a gas boiler and electric chillers, both as
    the rules state them; heat pumps then stand still. What was not served is bought here no more than there: it stands
    on its own, and saves nothing. None without a purchase price, or without a gas price where heat was delivered."""
    stock: MoneyItem | None
    """Worth of the change of the stored energy (drawn: a cost); no part of the bill. None without storages or price."""
    stock_at_purchase_cost: float | None
    """What ``stock`` would cost at the mean purchase price, whatever the rule."""
    thermal_stock: tuple[MoneyItem, ...]
    """The same as ``stock`` for heat and cold in networks, tanks and drive circuits, where there are such and a
    price."""
    unpriced: tuple[str, ...]
    """What took part but has no price in the run."""

    @property
    def net_cost(self) -> float:
        """Sum of all items."""
        return math.fsum(i.cost for i in self.items)

    @property
    def net_cost_stock_adjusted(self) -> float | None:
        """Net cost with the change of the stored energy; None where that has no price."""
        if any(line in self.unpriced for line in (STOCK_UNPRICED, *THERMAL_STOCK_UNPRICED.values())):
            return None
        return math.fsum([self.net_cost, *(i.cost for i in self.stocks)])

    @property
    def stocks(self) -> tuple[MoneyItem, ...]:
        """All changes of stored energy that have a price: electricity, heat, cold."""
        return ((self.stock,) if self.stock else ()) + self.thermal_stock


class _Bill:
    """Collects the items of one run; each method adds the lines of one kind."""

    def __init__(self, run: RunData, flows: Flows) -> None:
        self.run, self.flows, self.dt_h = run, flows, flows.dt_h
        self.items: list[MoneyItem] = []
        self.unpriced: list[str] = []
        billing = billing_tariff(run)
        records = [billing] if billing else list(run.components.values())
        self.tariff = next((c.nameplate for c in records if isinstance(c.nameplate, TariffNameplate)), None)
        self.interval_s = self.tariff.demand_interval_s if self.tariff else DEFAULT_DEMAND_INTERVAL_S

    def add(self, key: str, label: str, cost: float, quantity: float, unit: str = "MWh") -> None:
        self.items.append(MoneyItem(key, label, float(cost), float(quantity), unit))

    def energy_price(self, key: str, label: str, power_mw: np.ndarray, price_name: str, sign: float) -> None:
        price = price_on_grid(self.run, price_name)
        if price is not None:
            self.add(key, label, sign * float((power_mw * price).sum()) * self.dt_h, power_mw.sum() * self.dt_h)
        elif power_mw.any():
            self.unpriced.append(f"{label.lower()}: the run records no {price_name}")

    def months(self, power_mw: np.ndarray) -> tuple[MonthDemand, ...]:
        run = self.run
        return monthly_demand(power_mw, run.start, run.timezone, run.grid_step_s, self.interval_s)

    def demand(self) -> tuple[MonthDemand, ...]:
        months = self.months(self.flows.import_mw)
        if self.tariff and self.tariff.demand_charge_per_mw_month > 0.0:
            cost = demand_cost(months, self.tariff.demand_charge_per_mw_month)
            self.add("demand_charge", "Demand charge", cost, max((m.peak_mw for m in months), default=0.0), "MW")
        return months

    def fuel(self) -> None:
        burnt: dict[str, np.ndarray] = {}
        for component in components_on_bus(self.run, Role.GENERATOR):
            fuel = fuel_input_mw(self.run, component)
            if fuel is not None and isinstance(component.nameplate, GeneratorNameplate):
                kind = component.nameplate.fuel
                burnt[kind] = burnt.get(kind, 0.0) + fuel
        for network in network_plants(self.run):
            gas = fuel_input_mw(self.run, network)
            if gas is not None and gas.any():
                burnt[NETWORK_FUEL] = burnt.get(NETWORK_FUEL, 0.0) + gas
        for kind, fuel in burnt.items():
            self.energy_price(f"fuel_{kind}", f"Fuel: {kind}", fuel, f"{kind}_price_per_mwh", 1.0)

    def bought(self) -> None:
        """Heat and cold from sources without plant."""
        prices = {HEATING: ("heat", "heat_price_per_mwh"), COOLING: ("cold", "cooling_price_per_mwh")}
        for service, (what, price) in prices.items():
            power = bought_mw(self.run, service)
            known = price_on_grid(self.run, price)
            if power.any() and known is not None and not known.any():
                self.unpriced.append(f"{BOUGHT}{what}: {price} is not given in the tariff")
            elif power.any():
                self.energy_price(f"{what}_purchase", f"Bought {what}", power, price, 1.0)

    def plants(self) -> None:
        running = starts = generated = started = 0.0
        generators = components_on_bus(self.run, Role.GENERATOR)
        for component in generators:
            plate = component.nameplate
            energy = float(np.maximum(self.flows.power_mw[component.name], 0.0).sum()) * self.dt_h
            count_key = f"{component.name}.start_count"
            count = float(self.run.native(count_key)[-1]) if self.run.has(count_key) else 0.0
            money = booked(self.run, component, "start_cost")
            if isinstance(plate, GeneratorNameplate):
                running += energy * plate.running_cost_per_mwh
                money = count * plate.start_cost if money is None else money
            generated, started, starts = generated + energy, started + count, starts + (money or 0.0)
        if generators:
            self.add("running", "Running cost of plants", running, generated)
            self.add("starts", "Starts of plants", starts, started, "starts")

    def wear(self) -> None:
        cost = discharged = 0.0
        storages = components_on_bus(self.run, Role.STORAGE)
        for component in storages:
            energy = float(np.maximum(self.flows.power_mw[component.name], 0.0).sum()) * self.dt_h
            money, plate = booked(self.run, component, "wear_cost"), component.nameplate
            if money is None:
                money = energy * plate.wear_cost_per_mwh if isinstance(plate, StorageNameplate) else 0.0
            cost, discharged = cost + money, discharged + energy
        if storages:
            self.add("wear", "Storage wear", cost, discharged)

    def stock(self, energy: Energy, carbon: Carbon, rules: Rules) -> tuple[MoneyItem | None, float | None]:
        """The change of the stored energy, which stands beside the bill, and its cost at the mean purchase price."""
        stock = settle_stock(self.run, self.flows, energy, carbon, rules)
        if stock.cost is None:
            self.unpriced.append(STOCK_UNPRICED)
            return None, None
        if not components_on_bus(self.run, Role.STORAGE):
            return None, None
        item = MoneyItem("stored_energy_change", "Change of stored energy", stock.cost, stock.change_mwh, "MWh")
        return item, stock.at_purchase_cost

    def thermal_stock(
        self, contents: tuple[Content, ...], carbon: Carbon, rules: Rules
    ) -> tuple[MoneyItem, ...]:
        """The change of the heat and cold that is held."""
        items = []
        for service, stock in settle_thermal_stock(self.run, self.flows, contents, carbon, rules).items():
            what = "heat" if service == HEATING else "cold"
            if stock.cost is None:
                self.unpriced.append(THERMAL_STOCK_UNPRICED[service])
            else:
                items.append(MoneyItem(f"stored_{what}_change", f"Change of stored {what}", stock.cost,
                                       stock.change_mwh, "MWh"))
        return tuple(items)

    def carbon(self, carbon: Carbon, rules: Rules) -> None:
        price = price_on_grid(self.run, "carbon_price_per_t")
        if price is None or not rules.carbon_charged or carbon.emission_t <= 0.0:
            return
        charged_t = max(0.0, carbon.emission_t - rules.carbon_allowance_t)
        mean_price = float((carbon.emission_per_step_t * price).sum()) / carbon.emission_t
        self.add("carbon", "Carbon", charged_t * mean_price, charged_t, "t")

    def certificates(self, green: Green) -> None:
        price = price_on_grid(self.run, "certificate_price_per_mwh")
        issued = green.certificates_issued
        if price is not None:
            self.add("certificates", "Green certificates", -float((issued * price).sum()), issued.sum(), "certificates")

    def demand_response(self) -> None:
        price = price_on_grid(self.run, "demand_response_price_per_mwh")
        if price is None:
            return
        during = price > 0.0
        reduced = self.flows.sum_mw([])
        for component in components_on_bus(self.run, Role.LOAD):
            reduced = reduced + interrupted_mw(self.run, component, self.flows.power_mw[component.name])
        self.add("demand_response", "Demand response", -float((reduced * price)[during].sum()) * self.dt_h,
                 reduced[during].sum() * self.dt_h)


def settle_money(
    run: RunData, flows: Flows, energy: Energy, contents: tuple[Content, ...], green: Green, carbon: Carbon,
    rules: Rules,
) -> Money:
    """All cost items of the run, in the order of the bill."""
    bill = _Bill(run, flows)
    bill.energy_price("energy_purchase", "Energy purchase", flows.import_mw, BUY_PRICE, 1.0)
    months = bill.demand()
    bill.fuel()
    bill.bought()
    bill.plants()
    bill.wear()
    bill.carbon(carbon, rules)
    bill.energy_price("feed_in", "Feed-in", flows.export_mw, "sell_price_per_mwh", -1.0)
    bill.certificates(green)
    bill.demand_response()
    stock, at_purchase = bill.stock(energy, carbon, rules)
    thermal_stock = bill.thermal_stock(contents, carbon, rules)
    reference = None if any(line.startswith(BOUGHT) for line in bill.unpriced) else _grid_only_cost(bill, rules)
    return Money(run.currency, tuple(bill.items), months, reference, stock, at_purchase,
                 thermal_stock, tuple(bill.unpriced))


def _grid_only_cost(bill: _Bill, rules: Rules) -> float | None:
    """The loads' baselines, and the electricity and gas that make the heat and cold delivered; see :class:`Money`."""
    run, flows = bill.run, bill.flows
    buy, gas_price = price_on_grid(run, BUY_PRICE), price_on_grid(run, GAS_PRICE)
    gas = delivered_mw(run, HEATING) / rules.reference_boiler_efficiency
    if buy is None or (gas_price is None and gas.any()):
        return None
    demand = delivered_mw(run, COOLING) / rules.reference_chiller_cop
    for component in components_on_bus(run, Role.LOAD):
        if feeds_heat_network(run, component):
            continue
        power = flows.power_mw[component.name]
        demand = demand + np.maximum(interrupted_mw(run, component, power) - power, 0.0)
    demand = demand + sum(np.maximum(-flows.power_mw[name], 0.0) for name in (*flows.base, *flows.external_use))
    cost = float((demand * buy).sum()) * flows.dt_h
    if gas_price is not None:
        cost += float((gas * gas_price).sum()) * flows.dt_h
    if bill.tariff:
        cost += demand_cost(bill.months(demand), bill.tariff.demand_charge_per_mw_month)
    factor, carbon_price = price_on_grid(run, GRID_FACTOR), price_on_grid(run, "carbon_price_per_t")
    if rules.carbon_charged and carbon_price is not None:
        emission = (gas * rules.gas_emission_t_per_mwh + demand * (0.0 if factor is None else factor)) * flows.dt_h
        total = float(emission.sum())
        charged = max(0.0, total - rules.carbon_allowance_t) / total if total > 0.0 else 0.0
        cost += float((emission * carbon_price).sum()) * charged
    return cost
