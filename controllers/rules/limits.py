"""Connection limits: what is done, in a fixed order, when import or export would exceed what the connection allows.

Import: (1) storages charge less, then discharge, the reserve included; (2) running units go up; (3) further units
start, the cheapest first; (4) emergency units start. Export: renewables are curtailed, each by the same share. Where
the sale price is negative, no export is allowed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from controllers.rules.params import Params
from controllers.rules.residual_load import renewable_mw
from controllers.rules.site_view import (
    POWER_TOLERANCE_MW,
    Decision,
    PriceTable,
    Reason,
    RenewableView,
    SiteView,
    StorageView,
    unrestricted,
)
from controllers.rules.storage_stock import is_traded
from controllers.rules.supply_stack import PricedUnit


def relieve_import(
    view: SiteView,
    decisions: dict[str, Decision],
    import_mw: float,
    units: list[PricedUnit],
    dt_h: float,
    params: Params,
) -> dict[str, Decision]:
    """Decisions with as much of the excess import removed as the assets can."""
    excess_mw = import_mw - view.import_limit_mw
    if excess_mw <= POWER_TOLERANCE_MW:
        return decisions
    relieved = dict(decisions)
    for name, lowest_mw, most_mw in _helpers(view, decisions, units, dt_h, params):
        before_mw = decisions[name].p_set_mw
        p_set_mw = max(min(before_mw + excess_mw, most_mw), lowest_mw)
        if excess_mw <= POWER_TOLERANCE_MW or p_set_mw <= before_mw:
            continue
        relieved[name] = replace(
            decisions[name], reason=Reason.IMPORT_LIMIT, p_set_mw=p_set_mw,
            message=f"{name} goes to {p_set_mw:.1f} MW: import would be {import_mw:.1f} MW, "
                    f"{view.import_limit_mw:.1f} MW are allowed")
        excess_mw -= p_set_mw - before_mw
    return relieved


def _helpers(
    view: SiteView, decisions: dict[str, Decision], units: list[PricedUnit], dt_h: float, params: Params
) -> Iterator[tuple[str, float, float]]:
    """(name, lowest, highest set-point) of what may help, in the order of the module docstring."""
    for storage in view.storages:
        if storage.is_measured and is_traded(storage, params):
            yield storage.name, -math.inf, _emptying_mw(storage, dt_h)
    on_price = [p.unit for p in units]
    emergency = [u for u in view.generators if u.nameplate.emergency_only]
    running = [u for u in on_price if decisions[u.name].p_set_mw > 0.0]
    startable = [u for u in (*on_price, *emergency)
                 if u not in running and (u.on or not u.must_stay)]
    for unit in (*running, *startable):
        yield unit.name, unit.nameplate.min_mw, unit.nameplate.rated_mw


def _emptying_mw(storage: StorageView, dt_h: float) -> float:
    """Discharging power that a storage can hold for the interval, down to its own minimum."""
    plate = storage.nameplate
    content_mwh = max(storage.energy_mwh - plate.min_soc * storage.capacity_mwh, 0.0) * plate.discharge_efficiency
    return min(plate.discharge_power_mw, content_mwh / dt_h)


def curtail_export(view: SiteView, export_mw: float, prices: PriceTable) -> list[Decision]:
    """One decision per renewable plant: no limit, or its share of what the connection can take."""
    sale = float(prices.sell_price_per_mwh[0])
    allowed_mw = 0.0 if sale < 0.0 else view.export_limit_mw
    excess_mw = export_mw - allowed_mw
    if excess_mw <= POWER_TOLERANCE_MW or not view.renewables:
        return [unrestricted(p.name) for p in view.renewables]
    power_mw = {p.name: _known_or_peak(p) for p in view.renewables}
    total_mw = sum(power_mw.values())
    share = max(1.0 - excess_mw / total_mw, 0.0) if total_mw > 0.0 else 0.0
    if sale < 0.0:
        reason, why = Reason.CURTAIL_NEGATIVE_PRICE, f"selling would cost {-sale:.0f} {prices.currency}/MWh"
    else:
        reason = Reason.CURTAIL_EXPORT_LIMIT
        why = f"export would be {export_mw:.1f} MW, {allowed_mw:.1f} MW are allowed"
    return [Decision(name, reason, f"{name} is limited to {p_mw * share:.1f} MW: {why}", p_limit_mw=p_mw * share)
            for name, p_mw in power_mw.items()]


def limit_blindly(view: SiteView) -> list[Decision]:
    """Without a measurement: renewables may feed in what the connection can take if nobody consumes."""
    peak_mw = sum(p.nameplate.peak_mw for p in view.renewables)
    if peak_mw <= view.export_limit_mw:
        return [unrestricted(p.name) for p in view.renewables]
    share = view.export_limit_mw / peak_mw
    return [
        Decision(p.name, Reason.NO_MEASUREMENT,
                 f"{p.name} is limited to {p.nameplate.peak_mw * share:.1f} MW: the load is not measured and "
                 f"{view.export_limit_mw:.1f} MW may be exported", p_limit_mw=p.nameplate.peak_mw * share)
        for p in view.renewables
    ]


def _known_or_peak(plant: RenewableView) -> float:
    known_mw = renewable_mw(plant)
    return known_mw if math.isfinite(known_mw) else plant.nameplate.peak_mw
