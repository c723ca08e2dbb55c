"""Engines against the demand charge: run one where that costs less than the peak it saves. MW, money.

What storage cannot hold alone (:mod:`controllers.rules.peak_shaving`) an engine may: it saves the worth of the levels'
difference and costs its run over the minimum up time, less the purchase avoided, its start, and what storage loses by
holding the lower level. It starts when waiting one more interval would save less, not earlier. It delivers from the
interval after its start on: the order comes first, the warm-up follows.

Emergency sets are left out: their permits exclude it (in the United States 40 CFR 63.6640(f), "cannot be used for peak
shaving"), and they stand by for whom they protect.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from controllers.rules.peak_shaving import LEVEL_TOLERANCE_MW, Shaving, held_level_mw, lost_by_holding
from controllers.rules.site_view import TIME_TOLERANCE_H, PriceTable
from controllers.rules.supply_stack import PricedUnit


@dataclass(frozen=True, slots=True)
class PeakRun:
    """A run that is worth its cost."""

    added_mw: np.ndarray
    """Output over the look-ahead beyond what was expected of the unit."""
    level_mw: float
    """Import that is not exceeded with it."""
    words: str
    """Why, in money."""


def peak_run(priced: PricedUnit, shaving: Shaving, prices: PriceTable) -> PeakRun | None:
    """The shortest run of a unit from now on, if it saves more demand charge than it costs and cannot wait."""
    unit, plate, net_mw = priced.unit, priced.unit.nameplate, shaving.net_mw
    without_mw = held_level_mw(net_mw, shaving)
    if without_mw <= shaving.charge.counted_mw + LEVEL_TOLERANCE_MW:
        return None
    first = 0 if unit.on else 1
    now_mw = _added(priced, net_mw, shaving, prices, first)
    with_mw = held_level_mw(net_mw - now_mw, shaving)
    saved = shaving.charge.worth_per_mw * (without_mw - with_mw)
    extra = (_cost(priced, now_mw, net_mw, prices) + (0.0 if unit.on else plate.start_cost)
             + lost_by_holding(net_mw - now_mw, with_mw, shaving) - lost_by_holding(net_mw, without_mw, shaving))
    if saved <= max(extra, 0.0):
        return None
    later_mw = _added(priced, net_mw, shaving, prices, first + 1)
    can_wait = float(net_mw[:first + 1].max()) <= with_mw
    if can_wait and held_level_mw(net_mw - later_mw, shaving) <= with_mw + LEVEL_TOLERANCE_MW:
        return None
    return PeakRun(now_mw, with_mw, (
        f"import would reach {without_mw:.2f} MW instead of {with_mw:.2f} MW, which is expected to save {saved:.0f} "
        f"{prices.currency} of demand charge and costs {max(extra, 0.0):.0f}"))


def _added(
    priced: PricedUnit, net_mw: np.ndarray, shaving: Shaving, prices: PriceTable, begin: int
) -> np.ndarray:
    """What a run of the minimum up time adds to what is expected of the unit.

    It gives what exceeds the counted peak, and follows the load where it undercuts purchase.
    """
    plate = priced.unit.nameplate
    expected_mw = shaving.running_mw.get(priced.unit.name, np.zeros_like(net_mw))
    load_mw = net_mw + expected_mw
    undercuts = prices.buy_price_per_mwh > priced.cost_per_mwh
    wanted_mw = np.where(undercuts, load_mw, load_mw - shaving.charge.counted_mw)
    p_mw = np.minimum(np.maximum(wanted_mw, plate.min_mw), plate.rated_mw)
    shortest = max(1, math.ceil(plate.min_up_h / prices.dt_h - TIME_TOLERANCE_H))
    added_mw = np.zeros_like(net_mw)
    added_mw[begin:begin + shortest] = np.maximum(p_mw - expected_mw, 0.0)[begin:begin + shortest]
    return added_mw


def _cost(priced: PricedUnit, added_mw: np.ndarray, net_mw: np.ndarray, prices: PriceTable) -> float:
    """Cost of some output, less the purchase it avoids and the sale of the rest; negative: it pays."""
    own_mw = np.minimum(added_mw, np.maximum(net_mw, 0.0))
    earned = prices.buy_price_per_mwh * own_mw + prices.sell_price_per_mwh * (added_mw - own_mw)
    return float((priced.cost_per_mwh * added_mw - earned).sum()) * prices.dt_h
