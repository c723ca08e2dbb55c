"""Value of what storages hold more or less at the end than at the start: drawing them down is no saving. Money.

A missing MWh of content has to be bought and charged again: it costs the price of 1/eta_c MWh (one-way charge
efficiency). :class:`twin.accounts.rules.StockPrice` declares the price. By default energy that was drawn counts at what
its discharge displaced (mean over the storage's discharge of the dearer of purchase and feed-in), but at least at the
mean purchase price; energy that was gained at what its charging cost, but at most at the mean purchase price. So a run
that only empties or fills a store gains nothing in energy by it. A lower demand charge stays: power, not energy.
The purchase price includes the carbon of the public grid where carbon is charged.

Heat and cold (:mod:`twin.accounts.contents`: networks, stand-alone tanks, drive heat) count by the reference of the
rules: a missing MWh of heat costs the gas of a boiler (price and carbon over its efficiency), a missing MWh of cold the
electricity of chillers (purchase price over COP). The same rule chooses the price, with what the tank gave or took in
the place of the battery's power.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.accounts.carbon import GRID_FACTOR, Carbon
from twin.accounts.contents import Content
from twin.accounts.energy import Energy
from twin.accounts.rules import Rules, StockPrice
from twin.accounts.series import NETWORK_FUEL, Flows, components_on_bus, price_on_grid, storage_series
from twin.accounts.tariff import BUY_PRICE
from twin.accounts.thermal import COOLING, HEATING
from twin.component import Role
from twin.store.run_data import RunData

SMALLEST_CHANGE_MWH = 1e-9
"""A change that is rounding needs no price."""
GAS_PRICE = f"{NETWORK_FUEL}_price_per_mwh"


@dataclass(frozen=True, slots=True)
class Stock:
    """Change of the content of all storages, and its worth."""

    change_mwh: float
    """End less start."""
    cost: float | None
    """Positive where content was drawn; None where it has no price."""
    at_purchase_cost: float | None
    """The same at :attr:`StockPrice.PURCHASE`, whatever the rule."""


@dataclass(frozen=True, slots=True)
class _Prices:
    """What a MWh of content costs, each of shape (n,)."""

    drawn: np.ndarray
    """To replace it."""
    displaced: np.ndarray
    """That its use saved."""
    gained: np.ndarray
    """To make it; carbon counts only where one more tonne costs anything."""
    weight: np.ndarray
    """Of the mean purchase price; the plain mean where it is 0 throughout."""


def settle_stock(run: RunData, flows: Flows, energy: Energy, carbon: Carbon, rules: Rules) -> Stock:
    """Value the change of the stored electricity."""
    change_mwh = energy.storage_energy_change_mwh
    storages = [storage_series(run, c) for c in components_on_bus(run, Role.STORAGE)]
    if not storages or all(abs(s.change_mwh(flows.dt_h)) <= SMALLEST_CHANGE_MWH for s in storages):
        return Stock(change_mwh, 0.0, 0.0)
    prices = _electricity_prices(run, flows, carbon, rules)
    if prices is None:
        return Stock(change_mwh, None, None)
    cost = at_purchase = 0.0
    for storage in storages:
        to_charge = storage.change_mwh(flows.dt_h) / (storage.charge_efficiency or 1.0)
        strict, purchase = _unit_prices(prices, storage.power_mw, drawn=to_charge < 0.0)
        cost -= to_charge * (strict if rules.stock_price is StockPrice.DISPLACED else purchase)
        at_purchase -= to_charge * purchase
    return Stock(change_mwh, cost, at_purchase)


def settle_thermal_stock(
    run: RunData, flows: Flows, contents: tuple[Content, ...], carbon: Carbon, rules: Rules
) -> dict[str, Stock]:
    """Service → value of the change of all heat or cold that is held."""
    prices = {HEATING: _heat_prices(run, carbon, rules), COOLING: _cold_prices(run, flows, carbon, rules)}
    found = {}
    for service in (s for s in prices if any(c.service == s for c in contents)):
        held = [c for c in contents if c.service == service]
        of_service = prices[service]
        total = sum(c.change_mwh for c in held)
        if all(abs(c.change_mwh) <= SMALLEST_CHANGE_MWH for c in held):
            found[service] = Stock(total, 0.0, 0.0)
        elif of_service is None:
            found[service] = Stock(total, None, None)
        else:
            cost = at_purchase = 0.0
            for content in held:
                strict, purchase = _unit_prices(of_service, content.power_mw, drawn=content.change_mwh < 0.0)
                cost -= content.change_mwh * (strict if rules.stock_price is StockPrice.DISPLACED else purchase)
                at_purchase -= content.change_mwh * purchase
            found[service] = Stock(total, cost, at_purchase)
    return found


def _unit_prices(prices: _Prices, power_mw: np.ndarray, *, drawn: bool) -> tuple[float, float]:
    """(by what the content did, mean purchase) of a MWh that was drawn or gained; discharging positive."""
    if drawn:
        purchase = _mean(prices.drawn, prices.weight)
        return max(purchase, _mean(prices.displaced, np.maximum(power_mw, 0.0), purchase)), purchase
    purchase = _mean(prices.gained, prices.weight)
    return min(purchase, _mean(prices.gained, np.maximum(-power_mw, 0.0), purchase)), purchase


def _electricity_prices(run: RunData, flows: Flows, carbon: Carbon, rules: Rules) -> _Prices | None:
    """None without a purchase price."""
    drawn, gained = _purchase_price(run, rules.carbon_charged), _purchase_price(run, _carbon_at_margin(carbon, rules))
    if drawn is None or gained is None:
        return None
    sell = price_on_grid(run, "sell_price_per_mwh")
    return _Prices(drawn, drawn if sell is None else np.maximum(drawn, sell), gained, flows.import_mw)


def _cold_prices(run: RunData, flows: Flows, carbon: Carbon, rules: Rules) -> _Prices | None:
    """Electricity over the COP of the reference; None without a purchase price."""
    power, cop = _electricity_prices(run, flows, carbon, rules), rules.reference_chiller_cop
    if power is None:
        return None
    return _Prices(power.drawn / cop, power.displaced / cop, power.gained / cop, power.weight)


def _heat_prices(run: RunData, carbon: Carbon, rules: Rules) -> _Prices | None:
    """Gas and its carbon over the efficiency of the reference; None without a gas price."""
    gas, carbon_price = price_on_grid(run, GAS_PRICE), price_on_grid(run, "carbon_price_per_t")
    if gas is None:
        return None
    with_carbon = gas if carbon_price is None else gas + rules.gas_emission_t_per_mwh * carbon_price
    drawn = (with_carbon if rules.carbon_charged else gas) / rules.reference_boiler_efficiency
    gained = (with_carbon if _carbon_at_margin(carbon, rules) else gas) / rules.reference_boiler_efficiency
    return _Prices(drawn, drawn, gained, np.zeros_like(gas))


def _carbon_at_margin(carbon: Carbon, rules: Rules) -> bool:
    """Whether one more tonne costs anything."""
    return rules.carbon_charged and carbon.emission_t > rules.carbon_allowance_t


def _purchase_price(run: RunData, with_carbon: bool) -> np.ndarray | None:
    """Price of a purchased MWh in each step, shape (n,); None without tariff."""
    buy = price_on_grid(run, BUY_PRICE)
    factor, carbon_price = price_on_grid(run, GRID_FACTOR), price_on_grid(run, "carbon_price_per_t")
    if buy is None or not with_carbon or factor is None or carbon_price is None:
        return buy
    return buy + factor * carbon_price


def _mean(price: np.ndarray, weight: np.ndarray, otherwise: float | None = None) -> float:
    """Mean weighted by a power; the plain mean, or ``otherwise``, where there is none."""
    total = float(weight.sum())
    if total > 0.0:
        return float((price * weight).sum()) / total
    return otherwise if otherwise is not None else float(price.mean()) if len(price) else 0.0
