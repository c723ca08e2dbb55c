"""What a MWh from storage would displace, dearest first: purchase, then own generation, then (as added export) sale.

Arrays of shape (tiers, intervals); powers in MW, prices in money per MWh. In each interval own units that undercut the
purchase price serve the residual load up to their rated power, the grid serves the rest; beyond the load there is
room up to the export limit at the sale price.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controllers.marginal_cost import generation_cost_per_mwh
from controllers.rules.site_view import GeneratorView, PriceTable
from twin.nameplate import GeneratorNameplate


@dataclass(frozen=True, slots=True)
class PricedUnit:
    """A generator with its marginal cost over the look-ahead, shape (intervals,)."""

    unit: GeneratorView
    cost_per_mwh: np.ndarray


@dataclass(frozen=True, slots=True)
class SupplyStack:
    """Displaceable supply per tier and interval; tiers fall in price within an interval."""

    units: tuple[str, ...]
    """Unit of each tier; empty for purchase and sale."""
    in_words: tuple[str, ...]
    """Start of a sentence that ends with the tier's price."""
    price_per_mwh: np.ndarray
    power_mw: np.ndarray

    def serves_now(self, unit: str) -> bool:
        """Whether the stack counts on a unit in the present interval."""
        return bool(self.power_mw[self.units.index(unit), 0] > 0.0)

    def share(self, fraction: float, most_mw: float) -> np.ndarray:
        """Power per tier and interval that falls to a storage: its share, dearest first, up to its rated power."""
        filled = np.minimum((self.power_mw * fraction).cumsum(axis=0), most_mw)
        part = filled.copy()
        part[1:] -= filled[:-1]
        return part


def merit_order(
    units: tuple[GeneratorView, ...], prices: PriceTable, heat_credits: dict[str, np.ndarray]
) -> list[PricedUnit]:
    """Units dispatched on price, cheapest first; of equally cheap units the running ones come first.

    ``heat_credits``: unit → worth of its heat per MWh of electricity, where it has any.
    """
    costs: dict[GeneratorNameplate, np.ndarray] = {}  # sister units cost the same
    priced = []
    for unit in units:
        plate = unit.nameplate
        if plate.emergency_only:
            continue
        if plate not in costs:
            costs[plate] = generation_cost_per_mwh(
                plate,
                fuel_price_per_mwh=prices.fuel_price_per_mwh[plate.fuel],
                carbon_price_per_t=prices.carbon_price_per_t,
            )
        credit = heat_credits.get(unit.name)
        priced.append(PricedUnit(unit, costs[plate] if credit is None else costs[plate] - credit))
    return sorted(priced, key=lambda p: (float(p.cost_per_mwh[0]), not p.unit.on))


def supply_stack(
    residual_mw: np.ndarray,
    units: list[PricedUnit],
    prices: PriceTable,
    export_limit_mw: float,
    committed: frozenset[str] | None = None,
) -> SupplyStack:
    """The stack over the look-ahead.

    A unit counts wherever it undercuts purchase, would not run for export anyway, and the load reaches its minimum.

    Parameters
    ----------
    units : in merit order.
    committed : names of the units that run in the present interval, their minimum load already taken off
        ``residual_mw``; None: not decided yet.
    """
    buy, sell = prices.buy_price_per_mwh, prices.sell_price_per_mwh
    unserved = np.maximum(residual_mw, 0.0)
    names, tier_prices, tier_powers = [], [], []
    pays_for, pays = None, np.zeros(len(buy), dtype=bool)
    for priced in units:
        cost = priced.cost_per_mwh
        plate = priced.unit.nameplate
        if cost is not pays_for:  # sister units share the array
            pays_for, pays = cost, (cost < buy) & (cost > sell)
        power = np.minimum(unserved, plate.rated_mw) * (pays & (unserved >= plate.min_mw))
        if committed is not None:
            above_minimum = min(float(unserved[0]), plate.rated_mw - plate.min_mw)
            power[0] = above_minimum if priced.unit.name in committed and cost[0] > sell[0] else 0.0
        unserved = unserved - power
        names.append(priced.unit.name)
        tier_prices.append(cost)
        tier_powers.append(power)
    export_room = np.maximum(export_limit_mw + np.minimum(residual_mw, 0.0), 0.0)
    return SupplyStack(
        units=("", *reversed(names), ""),
        in_words=(f"{prices.buying} costs", *(f"generating with {n} costs" for n in reversed(names)), "selling earns"),
        price_per_mwh=np.array([buy, *reversed(tier_prices), sell]),
        power_mw=np.array([unserved, *reversed(tier_powers), export_room]),
    )
