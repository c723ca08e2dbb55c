"""Peak shaving: the lowest import that storage can hold over the look-ahead, and what holding it takes. MW, MWh.

The practice under two-part tariffs: storage discharges for what exceeds a target, recharges below it, and the target is
never below the peak that is billed anyway (Oudalov, Cherkaoui and Beguin, "Sizing and optimal operation of battery
energy storage system for peak shaving application", IEEE PowerTech 2007). The target is the larger of

* the peak counted so far in the billing period, below which an import costs nothing more;
* the lowest level that storage can hold, a water level found by bisection: its content reaches, being regained below
  the level, and it costs no more than the peak is worth: energy that is kept is not released where supply is dearest,
  and a low level leaves less room for charging. Early in a period, when next to nothing is counted, this alone is the
  target; as a peak is worth little then (:func:`controllers.rules.demand_charge.worth_per_mw`), it is near the import
  that comes anyway.

Arrays over the look-ahead, shape (intervals,); element 0 is the interval to be decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from controllers.rules.site_view import DemandCharge
from controllers.rules.storage_stock import Stock
from controllers.rules.supply_stack import SupplyStack

LEVEL_TOLERANCE_MW = 0.01
"""Accuracy of a level: it costs less than forecasts err."""


@dataclass(frozen=True, slots=True)
class ChargingRoom:
    """What storage earns by charging below a level; a low one leaves it empty."""

    refill_cost_per_mwh: np.ndarray
    """Cost of a delivered MWh bought in each interval."""
    displaced_per_mwh: np.ndarray
    """Supply that storage could displace over the look-ahead: its prices, the dearest first, shape (k,) …"""
    up_to_mwh: np.ndarray
    """… and the energy up to and including each, as far as storage holds it."""

    def gain_per_mwh(self, charged_mwh: float) -> np.ndarray:
        """What one more delivered MWh saves if bought in each interval, on top of what is charged anyway."""
        place = int(np.searchsorted(self.up_to_mwh, charged_mwh, side="right"))
        price = float(self.displaced_per_mwh[place]) if place < len(self.up_to_mwh) else 0.0
        return np.maximum(price - self.refill_cost_per_mwh, 0.0)


@dataclass(frozen=True, slots=True)
class Shaving:
    """What the demand charge asks of this interval and the coming ones."""

    charge: DemandCharge
    stock: Stock
    dt_h: float
    loss_per_mwh: np.ndarray
    """What a MWh that is kept for an interval would save more elsewhere."""
    net_mw: np.ndarray
    """Expected residual load less what running units are expected to give."""
    room: ChargingRoom
    running_mw: Mapping[str, np.ndarray]
    """That, by unit."""
    level_mw: float
    """The target: import that is not exceeded as far as storage reaches."""

    @property
    def above_now_mw(self) -> float:
        """What to give now: import above the target that is expected (the measurement is as old as the interval, so
        the higher of two intervals), and what the forecast holds possible as far as coming ones leave energy for it.

        Given in every interval, what is only possible would empty the storage before a long peak is over.
        """
        expected_mw = float(self.net_mw[:2].max()) - self.level_mw
        given_mw, possible_mw = max(expected_mw, 0.0), max(expected_mw + self.charge.surprise_mw, 0.0)
        spare_mw = max(self.stock.content_mwh - self.kept_mwh, 0.0) / self.dt_h - given_mw
        return given_mw + max(min(possible_mw - given_mw, spare_mw), 0.0)

    @property
    def kept_mwh(self) -> float:
        """Content that the intervals after this one need to stay below the target."""
        return min(_needed_mwh(self.net_mw[1:], self.level_mw, self)[0], self.stock.usable_mwh)


def charging_room(stack: SupplyStack, buy_price_per_mwh: np.ndarray, stock: Stock, dt_h: float) -> ChargingRoom:
    """Storage displaces the dearest supply first; of it no more than its power gives and it holds."""
    displaceable_mw = stack.share(1.0, stock.discharge_mw)
    price, power_mw = stack.price_per_mwh[:-1].ravel(), displaceable_mw[:-1].ravel()  # the last tier is sale
    dearest_first = np.argsort(-price, kind="stable")
    price, up_to_mwh = price[dearest_first], np.cumsum(power_mw[dearest_first]) * dt_h
    count = int(np.searchsorted(up_to_mwh, stock.usable_mwh)) + 1  # the last one in part
    return ChargingRoom(buy_price_per_mwh / stock.round_trip + stock.wear_cost_per_mwh, price[:count],
                        np.minimum(up_to_mwh[:count], stock.usable_mwh))


def with_target(shaving: Shaving) -> Shaving:
    """The same with the target that storage can hold."""
    return replace(shaving, level_mw=held_level_mw(shaving.net_mw, shaving))


def held_level_mw(net_mw: np.ndarray, shaving: Shaving) -> float:
    """Lowest level, not below the counted peak, that storage can hold at a loss that the peak is worth."""
    low, high = shaving.charge.counted_mw, float(net_mw.max())
    if high <= low or _holds(net_mw, low, shaving):
        return low
    while high - low > LEVEL_TOLERANCE_MW:
        middle = 0.5 * (low + high)
        if _holds(net_mw, middle, shaving):
            high = middle
        else:
            low = middle
    return high


def lost_by_holding(net_mw: np.ndarray, level_mw: float, shaving: Shaving) -> float:
    """What the energy that storage keeps for a level would save more elsewhere."""
    return float((shaving.loss_per_mwh * np.maximum(net_mw - level_mw, 0.0)).sum()) * shaving.dt_h


def _holds(net_mw: np.ndarray, level_mw: float, shaving: Shaving) -> bool:
    """Whether power, content and capacity of storage reach, and staying below the level costs less than it saves."""
    stock = shaving.stock
    if float(net_mw.max()) - level_mw > stock.discharge_mw:
        return False
    given = np.maximum(net_mw - level_mw, 0.0)
    room_mw = level_mw - shaving.charge.margin_mw - net_mw
    taken = np.minimum(np.maximum(room_mw, 0.0), stock.charge_mw)
    has_more = (room_mw >= 0.0) & (room_mw < stock.charge_mw)
    """Where a higher level would let it charge more."""
    cheap = shaving.room.gain_per_mwh(0.0) > 0.0
    gain = shaving.room.gain_per_mwh(float(taken[cheap].sum()) * stock.round_trip * shaving.dt_h)
    lost_per_mw = shaving.loss_per_mwh[given > 0.0].sum() + gain[has_more].sum() * stock.round_trip
    if float(lost_per_mw) * shaving.dt_h > shaving.charge.worth_per_mw:
        return False
    from_now_mwh, at_most_mwh = _needed_mwh(net_mw, level_mw, shaving)
    return from_now_mwh <= stock.content_mwh and at_most_mwh <= stock.usable_mwh


def _needed_mwh(net_mw: np.ndarray, level_mw: float, shaving: Shaving) -> tuple[float, float]:
    """Content that serves all above a level, at the beginning and at the fullest time; regained below the level.

    What is needed from an interval on is the largest sum over any stretch that begins there.
    """
    stock = shaving.stock
    given = np.maximum(net_mw - level_mw, 0.0)
    gained = np.minimum(np.maximum(level_mw - shaving.charge.margin_mw - net_mw, 0.0), stock.charge_mw)
    so_far = np.concatenate(([0.0], np.cumsum(given - gained * stock.round_trip))) * shaving.dt_h
    return float(so_far.max()), float((so_far - np.minimum.accumulate(so_far)).max())
