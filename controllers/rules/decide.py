"""The rules in their order: loads, storages, generators, import limit, export limit. Pure: no clock, no memory.

Storage goes before generators because it displaces the dearest supply, which may be a generator; generators then follow
what is left. Both know the target of the demand charge. The same function serves the live operator and a schedule
worked out interval by interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controllers.rules.demand_response import decide_loads, interrupted_mw
from controllers.rules.generators import decide_generators, expected_output_mw, keep_as_is, must_run_mw, standby
from controllers.rules.heat_value import heat_credits
from controllers.rules.limits import curtail_export, limit_blindly, relieve_import
from controllers.rules.params import Params
from controllers.rules.peak_shaving import Shaving, charging_room, with_target
from controllers.rules.site_view import (
    POWER_TOLERANCE_MW,
    Decision,
    PriceTable,
    Reason,
    SiteView,
    StorageView,
)
from controllers.rules.storage import decide_storages, rest
from controllers.rules.storage_stock import is_traded, stock_of
from controllers.rules.supply_stack import PricedUnit, merit_order, supply_stack


def decide(view: SiteView, prices: PriceTable, params: Params) -> list[Decision]:
    """One decision per asset of the view.

    Parameters
    ----------
    view : the site as last measured, with the expected residual load.
    prices : published prices over the same intervals.
    """
    loads = decide_loads(view.loads, prices, params)
    if view.residual_mw is None:
        return _without_measurement(view, loads, prices.dt_h, params)
    residual = view.residual_mw.copy()
    residual[0] -= interrupted_mw(view.loads, loads)
    units = merit_order(view.generators, prices, heat_credits(
        view.generators, view.heat_demand_mw, view.drive_request_mw, prices, params))
    dispatched = {d.name: d for d in _dispatch(view, residual, units, prices, params) + standby(view)}
    import_mw = float(residual[0]) - sum(d.p_set_mw for d in dispatched.values())
    dispatched = relieve_import(view, dispatched, import_mw, units, prices.dt_h, params)
    export_mw = sum(d.p_set_mw for d in dispatched.values()) - float(residual[0])
    return loads + list(dispatched.values()) + curtail_export(view, export_mw, prices)


def _dispatch(
    view: SiteView, residual_mw: np.ndarray, units: list[PricedUnit], prices: PriceTable, params: Params
) -> list[Decision]:
    """Storages, then generators; both again where the generators do not run as storage assumed."""
    forced_mw = must_run_mw(view)
    shaving = _shaving(view, residual_mw, units, prices, params)
    first = _round(view, residual_mw, forced_mw, None, units, prices, params, shaving)
    if first.as_assumed:
        return first.decisions
    running = [p.unit for p in units if first.is_on(p.unit.name)]
    least_mw = sum(u.nameplate.min_mw for u in running) + sum(d.p_set_mw for d in standby(view))
    return _round(
        view, residual_mw, least_mw, frozenset(u.name for u in running), units, prices, params, shaving).decisions


def _shaving(
    view: SiteView, residual_mw: np.ndarray, units: list[PricedUnit], prices: PriceTable, params: Params
) -> Shaving | None:
    """What the demand charge asks for; None without one.

    A MWh kept for the peak is not released where supply is dearest: that is what it loses there.
    """
    if view.demand_charge is None:
        return None
    given = expected_output_mw(units, residual_mw, prices, view.export_limit_mw)
    net_mw = residual_mw - sum(given.values())
    buy, stock = prices.buy_price_per_mwh, stock_of(view.storages, params)
    dearest = float(buy[net_mw > 0.0].max(initial=0.0))
    stack = supply_stack(residual_mw, units, prices, view.export_limit_mw)
    return with_target(Shaving(
        view.demand_charge, stock, prices.dt_h, loss_per_mwh=np.maximum(dearest - buy, 0.0), net_mw=net_mw,
        room=charging_room(stack, buy, stock, prices.dt_h), running_mw=given, level_mw=view.demand_charge.counted_mw))


@dataclass(frozen=True, slots=True)
class _Round:
    """Decisions of one round."""

    storages: list[Decision]
    generators: list[Decision]
    as_assumed: bool
    """Every unit that storage counted on does run, and storage does not feed what a minimum load pushes out."""

    @property
    def decisions(self) -> list[Decision]:
        return self.storages + self.generators

    def is_on(self, name: str) -> bool:
        return any(d.name == name and d.p_set_mw > 0.0 for d in self.generators)


def _round(
    view: SiteView,
    residual_mw: np.ndarray,
    running_mw: float,
    committed: frozenset[str] | None,
    units: list[PricedUnit],
    prices: PriceTable,
    params: Params,
    shaving: Shaving | None,
) -> _Round:
    """``running_mw``: output of generators that storage cannot displace in the present interval."""
    before = residual_mw.copy()
    before[0] -= running_mw
    stack = supply_stack(before, units, prices, view.export_limit_mw, committed)
    storages = decide_storages(view, before, stack, prices, params, shaving)
    storage_mw = sum(d.p_set_mw for d in storages)
    generators = decide_generators(view, units, _after_storage(residual_mw, storage_mw, running_mw), prices, shaving)
    counted_on = {p.unit.name for p in units if stack.serves_now(p.unit.name)}
    missing = any(d.name in counted_on and d.p_set_mw <= 0.0 for d in generators)
    exported_mw = storage_mw + sum(d.p_set_mw for d in generators) - float(residual_mw[0])
    spilled = storage_mw > POWER_TOLERANCE_MW and exported_mw > POWER_TOLERANCE_MW
    return _Round(storages, generators, not (missing or spilled))


def _after_storage(residual_mw: np.ndarray, storage_mw: float, running_mw: float) -> np.ndarray:
    """Residual load left to generators: a discharge is expected to last, a charge is not.

    Charging that only takes what a minimum load pushes out is no reason to run and does not count.
    """
    after = residual_mw.copy()
    if storage_mw > 0.0:
        after[1:] -= np.minimum(np.maximum(after[1:], 0.0), storage_mw)
    now_mw = float(residual_mw[0])
    pushed_out_mw = max(running_mw - max(now_mw, 0.0), 0.0)
    absorbed_mw = min(max(-storage_mw - max(-now_mw, 0.0), 0.0), pushed_out_mw)
    after[0] = now_mw - storage_mw - absorbed_mw
    return after


def _without_measurement(view: SiteView, loads: list[Decision], dt_h: float, params: Params) -> list[Decision]:
    """Safe without knowing the load: storages rest, running units go on as they are, the export limit is safe."""
    def idle(storage: StorageView) -> Decision:
        if storage.is_measured and not is_traded(storage, params):
            return rest(storage, dt_h)
        return Decision(storage.name, Reason.NO_MEASUREMENT, f"{storage.name} rests: the load is not measured")

    return (loads + [idle(s) for s in view.storages] + [keep_as_is(u) for u in view.generators] + limit_blindly(view))
