"""Value of what storages hold more or less at the end than at the start: drawing them down is no saving. Money.

A missing MWh of content has to be bought and charged again: it costs the price of 1/eta_c MWh (one-way charge
efficiency). :class:`twin.accounts.rules.StockPrice` declares the price. By default energy that was drawn counts at what
its discharge displaced (mean over the storage's discharge of the dearer of purchase and feed-in), but at least at the
mean purchase price; energy that was gained at what its charging cost, but at most at the mean purchase price. So a run
that only empties or fills a store gains nothing in energy by it. A lower demand charge stays: power, not energy.
The purchase price includes the carbon of the public grid where carbon is charged.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.accounts.carbon import GRID_FACTOR, Carbon
from twin.accounts.energy import Energy
from twin.accounts.rules import Rules, StockPrice
from twin.accounts.series import Flows, components_on_bus, price_on_grid, storage_series
from twin.accounts.tariff import BUY_PRICE
from twin.component import Role
from twin.store.run_data import RunData

SMALLEST_CHANGE_MWH = 1e-9
"""A change that is rounding needs no price."""


@dataclass(frozen=True, slots=True)
class Stock:
    """Change of the content of all storages, and its worth."""

    change_mwh: float
    """End less start."""
    cost: float | None
    """Positive where content was drawn; None where it has no price."""
    at_purchase_cost: float | None
    """The same at :attr:`StockPrice.PURCHASE`, whatever the rule."""


def settle_stock(run: RunData, flows: Flows, energy: Energy, carbon: Carbon, rules: Rules) -> Stock:
    """Value the change of the stored energy."""
    change_mwh = energy.storage_energy_change_mwh
    storages = [storage_series(run, c) for c in components_on_bus(run, Role.STORAGE)]
    if not storages or all(abs(s.change_mwh(flows.dt_h)) <= SMALLEST_CHANGE_MWH for s in storages):
        return Stock(change_mwh, 0.0, 0.0)
    drawn, gained = _purchase_price(run, rules.carbon_charged), _purchase_price(run, _carbon_at_margin(carbon, rules))
    if drawn is None or gained is None:
        return Stock(change_mwh, None, None)
    sell = price_on_grid(run, "sell_price_per_mwh")
    displaced = drawn if sell is None else np.maximum(drawn, sell)
    cost = at_purchase = 0.0
    for storage in storages:
        change = storage.change_mwh(flows.dt_h)
        if change < 0.0:
            purchase = _mean(drawn, flows.import_mw)
            strict = max(purchase, _mean(displaced, np.maximum(storage.power_mw, 0.0), purchase))
        else:
            purchase = _mean(gained, flows.import_mw)
            strict = min(purchase, _mean(gained, np.maximum(-storage.power_mw, 0.0), purchase))
        to_charge = change / (storage.charge_efficiency or 1.0)
        cost -= to_charge * (strict if rules.stock_price is StockPrice.DISPLACED else purchase)
        at_purchase -= to_charge * purchase
    return Stock(change_mwh, cost, at_purchase)


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
