"""Storage rules: take surplus, buy in the cheapest hours what dearer hours will need, displace the dearest supply.

Thresholds follow from prices, one-way efficiencies and wear (:mod:`controllers.marginal_cost`):

* surplus is stored if a later MWh, after losses and wear, is worth more than selling it now;
* energy is bought if the purchase, after losses and wear, undercuts later supply: what later hours need and surplus or
  cheaper hours before them cannot give, spread evenly over equally cheap hours;
* a reserve that was spent is bought back when that is cheapest;
* energy is released if what it displaces costs more than replacing it: what dearer hours do not need before it can be
  replaced, spread over equally dear hours so that it lasts through the peak;
* before all that, what coming hours need to stay below the target of the demand charge is kept, and what exceeds the
  target now is released (:mod:`controllers.rules.peak_shaving`).

All storages share the residual load by their power and go the same way: none charges from another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controllers.marginal_cost import replacement_cost_per_mwh, round_trip_efficiency, worth_of_storing_per_mwh
from controllers.rules.params import Params
from controllers.rules.peak_shaving import Shaving
from controllers.rules.site_view import (
    POWER_TOLERANCE_MW,
    PRICE_TOLERANCE_PER_MWH,
    Decision,
    PriceTable,
    Reason,
    SiteView,
    StorageView,
)
from controllers.rules.storage_stock import floor_soc, is_traded, stock_of
from controllers.rules.supply_stack import SupplyStack

DEADBAND_FRAC = 0.01
"""Part of the rated power below which a trade is left: it is noise of the forecast and moves no money."""
REST_SOC = 0.5
"""Where a storage that is not traded waits: it can go both ways."""


@dataclass(frozen=True, slots=True)
class _Trader:
    """A traded storage with all that its rules need; powers in MW, energies in MWh at its terminals."""

    view: StorageView
    share: float
    """Of the power of all."""
    content_share: float
    """Of what all can deliver."""
    above_reserve_mwh: float
    """Deliverable content above the reserve, after discharge losses; negative below it."""
    usable_mwh: float
    """Between reserve and full, after discharge losses."""
    safe_mw: float
    """Charging power that keeps import below its limit and causes no demand charge, should the surplus fail to come."""
    room_mw: float
    """Charging power that fills it within the interval."""
    deadband_mw: float
    """Trades smaller than this are left."""
    tiers_mw: np.ndarray
    """Its part of the supply stack, shape (tiers, intervals)."""
    surplus_mw: np.ndarray
    """Its part of the surplus it can take, shape (intervals,)."""
    purchasable_mw: np.ndarray
    """What it could buy on top, within its power and its part of the connection, shape (intervals,)."""
    refill_cost_per_mwh: np.ndarray
    """Cost of a delivered MWh bought in each interval, shape (intervals,)."""


def decide_storages(
    view: SiteView,
    residual_mw: np.ndarray,
    stack: SupplyStack,
    prices: PriceTable,
    params: Params,
    shaving: Shaving | None = None,
) -> list[Decision]:
    """One decision per storage, in the order of the view.

    Parameters
    ----------
    residual_mw : residual load over the look-ahead, interruption and must-run units already taken off element 0.
    """
    traded = [s for s in view.storages if s.is_measured and is_traded(s, params)]
    total_mw = sum(s.nameplate.discharge_power_mw for s in traded)
    if not traded:
        return [rest(s, prices.dt_h) for s in view.storages]
    expected_mw = residual_mw.copy()
    np.maximum(residual_mw[:-1], residual_mw[1:], out=expected_mw[:-1])  # the measurement is late
    headroom_mw = min(view.import_limit_mw, view.demand_ceiling_mw) - expected_mw
    content_mwh = stock_of(traded, params).content_mwh
    traders = [_trader(s, s.nameplate.discharge_power_mw / total_mw, content_mwh, residual_mw, headroom_mw, stack,
                       prices, params) for s in traded]

    nothing: list[Decision | None] = [None] * len(traders)
    unsaleable_mw = max(-float(residual_mw[0]) - view.export_limit_mw, 0.0)
    taken = [_take_surplus(t, unsaleable_mw, stack, prices) for t in traders]
    released = nothing if any(taken) else _shave(
        traders, [_release(t, stack, prices, shaving) for t in traders], shaving, prices)
    bought = nothing if any(released) else [
        _buy(t, -d.p_set_mw if d else 0.0, stack, prices) or _refill_reserve(t, -d.p_set_mw if d else 0.0, prices)
        for t, d in zip(traders, taken, strict=True)]

    by_name = {t.view.name: b or r or s or _hold(t, stack, prices, shaving)
               for t, b, r, s in zip(traders, bought, released, taken, strict=True)}
    return [by_name.get(s.name) or rest(s, prices.dt_h) for s in view.storages]


def rest(storage: StorageView, dt_h: float) -> Decision:
    """Bring a storage that is not traded to half charge; leave one alone whose content is unknown."""
    if not storage.is_measured:
        return Decision(storage.name, Reason.NO_MEASUREMENT, f"{storage.name} rests: its content is not measured")
    plate = storage.nameplate
    missing_mwh = (min(max(REST_SOC, plate.min_soc), plate.max_soc) - storage.soc) * storage.capacity_mwh
    if missing_mwh > 0.0:
        p_set_mw = -min(missing_mwh / (plate.charge_efficiency * dt_h), plate.charge_power_mw)
    else:
        p_set_mw = min(-missing_mwh * plate.discharge_efficiency / dt_h, plate.discharge_power_mw)
    return Decision(storage.name, Reason.HOLD,
                    f"{storage.name} rests at {REST_SOC:.0%}: it holds too little to be traded", p_set_mw=p_set_mw)


def _trader(
    storage: StorageView,
    share: float,
    content_mwh: float,
    residual_mw: np.ndarray,
    headroom_mw: np.ndarray,
    stack: SupplyStack,
    prices: PriceTable,
    params: Params,
) -> _Trader:
    plate = storage.nameplate
    floor, capacity_mwh = floor_soc(storage, params), storage.capacity_mwh
    surplus_mw = np.minimum(np.maximum(-residual_mw, 0.0) * share, plate.charge_power_mw)
    above_reserve_mwh = (storage.energy_mwh - floor * capacity_mwh) * plate.discharge_efficiency
    return _Trader(
        view=storage,
        share=share,
        content_share=max(above_reserve_mwh, 0.0) / content_mwh if content_mwh > 0.0 else 0.0,
        above_reserve_mwh=above_reserve_mwh,
        usable_mwh=(plate.max_soc - floor) * capacity_mwh * plate.discharge_efficiency,
        safe_mw=max(float(headroom_mw[0]), 0.0) * share,
        room_mw=max(plate.max_soc * capacity_mwh - storage.energy_mwh, 0.0) / (plate.charge_efficiency * prices.dt_h),
        deadband_mw=DEADBAND_FRAC * max(plate.charge_power_mw, plate.discharge_power_mw),
        tiers_mw=stack.share(share, plate.discharge_power_mw),
        surplus_mw=surplus_mw,
        purchasable_mw=np.maximum(np.minimum(headroom_mw * share, plate.charge_power_mw) - surplus_mw, 0.0),
        refill_cost_per_mwh=replacement_cost_per_mwh(plate, prices.buy_price_per_mwh),
    )


def required_mwh(needed_mwh: np.ndarray, regained_mwh: np.ndarray, most_mwh: float) -> float:
    """Content at the beginning that lets a storage serve all later needs, as far as it can hold them.

    Backwards in time: what is needed after an interval and in it, less what is regained in it.
    """
    if not needed_mwh.any():
        return 0.0
    content = 0.0
    for change in (needed_mwh - regained_mwh)[::-1].tolist():
        content += change
        if content < 0.0:  # comparisons: this is the innermost loop of the operator
            content = 0.0
        elif content > most_mwh:
            content = most_mwh
    return content


def _take_surplus(trader: _Trader, unsaleable_mw: float, stack: SupplyStack, prices: PriceTable) -> Decision | None:
    """Charge with what would be sold now, if it is worth more later; with what cannot be sold, if worth anything."""
    surplus_mw = float(trader.surplus_mw[0])
    if surplus_mw <= POWER_TOLERANCE_MW:
        return None
    wanted = trader.tiers_mw[:, 1:] > POWER_TOLERANCE_MW
    later = stack.price_per_mwh[:, 1:][wanted] if wanted.any() else prices.buy_price_per_mwh[1:]
    worth = worth_of_storing_per_mwh(trader.view.nameplate, float(later.max()))
    sale = float(prices.sell_price_per_mwh[0])
    if worth <= sale:
        surplus_mw = min(surplus_mw, unsaleable_mw * trader.share) if worth > 0.0 else 0.0
    taken_mw = min(surplus_mw, trader.room_mw, max(trader.safe_mw, unsaleable_mw * trader.share))
    if taken_mw < trader.deadband_mw:
        return None
    money = f"{prices.currency}/MWh"
    return Decision(
        trader.view.name, Reason.SURPLUS_CHARGE,
        f"{trader.view.name} stores {taken_mw:.2f} MW of surplus: it is worth {worth:.0f} {money} later, "
        f"selling earns {sale:.0f} {money}", p_set_mw=-taken_mw)


def _release(trader: _Trader, stack: SupplyStack, prices: PriceTable, shaving: Shaving | None) -> Decision | None:
    """Displace what costs more than replacing, dearest first, as far as dearer hours before a refill leave energy.

    What the coming hours need to stay below the billed peak is not spent on price.
    """
    dt_h, name = prices.dt_h, trader.view.name
    left_mwh, given_mw, displaced = max(trader.above_reserve_mwh - _kept_mwh(trader, shaving), 0.0), 0.0, -1
    if left_mwh < trader.deadband_mw * dt_h:
        return None
    replacing = _cheapest_refill(trader, prices)
    for tier, price in enumerate(stack.price_per_mwh[:, 0].tolist()):
        wanted_mwh = float(trader.tiers_mw[tier, 0]) * dt_h
        if wanted_mwh <= 0.0 or left_mwh <= 0.0 or price <= replacing + PRICE_TOLERANCE_PER_MWH:
            continue
        dearer_mwh, as_dear_mwh = _needed_ahead(trader, stack, price, dt_h)
        lasting = (left_mwh - dearer_mwh) / (wanted_mwh + as_dear_mwh)
        part_mwh = min(wanted_mwh * min(lasting, 1.0), left_mwh)
        if part_mwh > POWER_TOLERANCE_MW * dt_h:
            displaced = tier if displaced < 0 else displaced
            given_mw += part_mwh / dt_h
            left_mwh -= part_mwh
    if given_mw < trader.deadband_mw:
        return None
    money = f"{prices.currency}/MWh"
    return Decision(
        name, Reason.PEAK_DISCHARGE,
        f"{name} discharges {given_mw:.2f} MW: {stack.in_words[displaced]} {stack.price_per_mwh[displaced, 0]:.0f} "
        f"{money}, stored energy costs {replacing:.0f} {money} to replace", p_set_mw=given_mw)


def _kept_mwh(trader: _Trader, shaving: Shaving | None) -> float:
    """Its part of what is kept: by content, for who is empty keeps nothing."""
    return shaving.kept_mwh * trader.content_share if shaving else 0.0


def _shave(
    traders: list[_Trader], released: list[Decision | None], shaving: Shaving | None, prices: PriceTable
) -> list[Decision | None]:
    """At least what exceeds the target of the demand charge, whatever it displaces; each by what it can give."""
    above_mw = shaving.above_now_mw if shaving else 0.0
    can_mw = [min(t.view.nameplate.discharge_power_mw, max(t.above_reserve_mwh, 0.0) / prices.dt_h) for t in traders]
    if shaving is None or above_mw <= 0.0 or sum(can_mw) <= 0.0:
        return released
    part, level_mw, worth = min(above_mw / sum(can_mw), 1.0), shaving.level_mw, shaving.charge.worth_per_mw
    told: list[Decision | None] = []
    for trader, decision, most_mw in zip(traders, released, can_mw, strict=True):
        given_mw, name = part * most_mw, trader.view.name
        if given_mw < trader.deadband_mw or (decision is not None and decision.p_set_mw >= given_mw):
            told.append(decision)
            continue
        told.append(Decision(
            name, Reason.PEAK_SHAVING,
            f"{name} discharges {given_mw:.2f} MW: import may reach {level_mw + above_mw:.2f} MW, and each MW above "
            f"{level_mw:.2f} is expected to cost {worth:.0f} {prices.currency} of demand charge", p_set_mw=given_mw))
    return told


def _needed_ahead(trader: _Trader, stack: SupplyStack, price: float, dt_h: float) -> tuple[float, float]:
    """Content needed after this interval for supply dearer than a price, and on top for supply at that price.

    Whatever can be bought so cheaply that replacing costs less than the price counts as regained.
    """
    ahead_mw, dearer_by = trader.tiers_mw[:, 1:], stack.price_per_mwh[:, 1:] - price
    cheap = trader.refill_cost_per_mwh[1:] < price - PRICE_TOLERANCE_PER_MWH
    regained_mwh = _regained(trader, cheap) * dt_h

    def required(at_least: float) -> float:
        counted = dearer_by > at_least
        if not counted.any():
            return 0.0
        needed_mwh = np.add.reduce(ahead_mw * counted) * dt_h
        return required_mwh(needed_mwh, regained_mwh, trader.usable_mwh)

    dearer_mwh = required(PRICE_TOLERANCE_PER_MWH)
    return dearer_mwh, required(-PRICE_TOLERANCE_PER_MWH) - dearer_mwh


def _regained(trader: _Trader, refill: np.ndarray) -> np.ndarray:
    """Deliverable power gained per later interval: surplus, and purchase in the intervals marked for refill."""
    charged_mw = trader.surplus_mw[1:] + refill * trader.purchasable_mw[1:]
    return charged_mw * round_trip_efficiency(trader.view.nameplate)


def _buy(trader: _Trader, taken_mw: float, stack: SupplyStack, prices: PriceTable) -> Decision | None:
    """Charge from the grid what later, dearer hours need and cannot get more cheaply; on top of surplus taken now."""
    if min(float(trader.purchasable_mw[0]), trader.room_mw - taken_mw) <= POWER_TOLERANCE_MW:
        return None
    dt_h, name, refill = prices.dt_h, trader.view.name, trader.refill_cost_per_mwh
    here = float(refill[0])
    pays = stack.price_per_mwh[:, 1:] > here + PRICE_TOLERANCE_PER_MWH
    needed_mw = np.add.reduce(trader.tiers_mw[:, 1:] * pays)
    needed_at = np.flatnonzero(needed_mw > POWER_TOLERANCE_MW)
    if not len(needed_at):
        return None
    first = int(needed_at[0])
    cheaper = refill[1:] < here - PRICE_TOLERANCE_PER_MWH
    as_cheap = ~cheaper & (refill[1:] <= here + PRICE_TOLERANCE_PER_MWH)
    spread_over = 1 + int(np.count_nonzero(as_cheap[:first]))
    as_cheap[:first] = False
    required = required_mwh(needed_mw * dt_h, _regained(trader, cheaper | as_cheap) * dt_h, trader.usable_mwh)
    efficiency = round_trip_efficiency(trader.view.nameplate)
    missing_mwh = (required - trader.above_reserve_mwh) / efficiency - taken_mw * dt_h
    bought_mw = min(missing_mwh / (spread_over * dt_h), float(trader.purchasable_mw[0]), trader.room_mw - taken_mw)
    if bought_mw <= POWER_TOLERANCE_MW or taken_mw + bought_mw < trader.deadband_mw:
        return None
    money, buying = f"{prices.currency}/MWh", f"{prices.buying} costs {prices.buy_price_per_mwh[0]:.0f}"
    dearest = float(stack.price_per_mwh[:, 1:][pays & (trader.tiers_mw[:, 1:] > POWER_TOLERANCE_MW)].max())
    return Decision(
        name, Reason.VALLEY_CHARGE,
        f"{name} charges {taken_mw + bought_mw:.2f} MW: {buying} {money}, with losses and wear {here:.0f} {money}, "
        f"and displaces supply at up to {dearest:.0f} {money}", p_set_mw=-(taken_mw + bought_mw))


def _refill_reserve(trader: _Trader, taken_mw: float, prices: PriceTable) -> Decision | None:
    """Buy the reserve back when it is cheapest."""
    here = float(trader.refill_cost_per_mwh[0])
    if here > float(trader.refill_cost_per_mwh.min()) + PRICE_TOLERANCE_PER_MWH:
        return None
    missing_mw = -trader.above_reserve_mwh / (round_trip_efficiency(trader.view.nameplate) * prices.dt_h)
    charged_mw = min(missing_mw, float(trader.purchasable_mw[0]) + taken_mw)
    if charged_mw < max(taken_mw + POWER_TOLERANCE_MW, trader.deadband_mw):
        return None
    return Decision(
        trader.view.name, Reason.RESERVE_CHARGE,
        f"{trader.view.name} charges {charged_mw:.2f} MW: its content is below the reserve and {prices.buying} costs "
        f"{prices.buy_price_per_mwh[0]:.0f} {prices.currency}/MWh, the least ahead", p_set_mw=-charged_mw)


def _hold(trader: _Trader, stack: SupplyStack, prices: PriceTable, shaving: Shaving | None) -> Decision:
    kept_mwh = min(_kept_mwh(trader, shaving), trader.above_reserve_mwh)
    why = _why_idle(trader, stack, prices)
    if shaving is not None and kept_mwh > trader.deadband_mw * prices.dt_h:
        why = f"the coming hours need {kept_mwh:.1f} MWh to stay below {shaving.level_mw:.2f} MW of billed import"
    return Decision(trader.view.name, Reason.HOLD,
                    f"{trader.view.name} holds {trader.view.energy_mwh:.1f} MWh: {why}")


def _why_idle(trader: _Trader, stack: SupplyStack, prices: PriceTable) -> str:
    """What binds: the reserve, the supply that it would displace, or that there is none."""
    if trader.above_reserve_mwh <= trader.deadband_mw * prices.dt_h:
        return "nothing above its reserve to spend, and charging does not pay now or would lift the billed peak"
    money, replacing = f"{prices.currency}/MWh", _cheapest_refill(trader, prices)
    replaced = f"stored energy costs {replacing:.0f} {money} to replace"
    displaceable = np.flatnonzero(trader.tiers_mw[:-1, 0] >= trader.deadband_mw)
    if not len(displaceable):
        return f"own supply covers the site; selling earns {prices.sell_price_per_mwh[0]:.0f} {money}, {replaced}"
    dearest = int(displaceable[0])
    price = float(stack.price_per_mwh[dearest, 0])
    would = f"it would displace {stack.units[dearest] or 'purchase'} at {price:.0f} {money}"
    if price <= replacing + PRICE_TOLERANCE_PER_MWH:
        return f"{would}, {replaced}"
    return f"{would}, but later hours need it for supply as dear or dearer"


def _cheapest_refill(trader: _Trader, prices: PriceTable) -> float:
    """Value of a deliverable MWh: its cheapest replacement ahead, bought, or taken from surplus and not sold."""
    bought = float(trader.refill_cost_per_mwh[1:].min())
    surplus = trader.surplus_mw[1:] > POWER_TOLERANCE_MW
    if not surplus.any():
        return bought
    unsold = float(prices.sell_price_per_mwh[1:][surplus].min())
    return min(bought, replacement_cost_per_mwh(trader.view.nameplate, unsold))
