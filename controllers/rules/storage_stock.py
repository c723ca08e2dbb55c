"""What the traded storages hold together, and which storages are traded. MW, MWh as delivered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from controllers.marginal_cost import round_trip_efficiency
from controllers.rules.params import Params
from controllers.rules.site_view import StorageView


@dataclass(frozen=True, slots=True)
class Stock:
    """All traded storages as one."""

    content_mwh: float
    """Deliverable, above what is not spent on price."""
    usable_mwh: float
    """Between that and full."""
    charge_mw: float
    discharge_mw: float
    round_trip: float
    """Of the worst of them."""
    wear_cost_per_mwh: float
    """Of the dearest of them."""


def is_traded(storage: StorageView, params: Params) -> bool:
    """Whether it holds enough to be charged in one interval and discharged in another."""
    plate = storage.nameplate
    power_mw = max(plate.charge_power_mw, plate.discharge_power_mw)
    return plate.discharge_power_mw > 0.0 and plate.energy_mwh >= params.min_storage_h * power_mw


def floor_soc(storage: StorageView, params: Params) -> float:
    """State of charge below which nothing is spent on price."""
    plate = storage.nameplate
    return min(max(plate.min_soc, params.reserve_soc), plate.max_soc)


def stock_of(storages: Iterable[StorageView], params: Params) -> Stock:
    """The traded storages whose content is known."""
    traded = [s for s in storages if s.is_measured and is_traded(s, params)]
    content_mwh = usable_mwh = 0.0
    for s in traded:
        plate, floor = s.nameplate, floor_soc(s, params)
        content_mwh += max(s.energy_mwh - floor * s.capacity_mwh, 0.0) * plate.discharge_efficiency
        usable_mwh += (plate.max_soc - floor) * s.capacity_mwh * plate.discharge_efficiency
    return Stock(
        content_mwh, usable_mwh,
        charge_mw=sum(s.nameplate.charge_power_mw for s in traded),
        discharge_mw=sum(s.nameplate.discharge_power_mw for s in traded),
        round_trip=min((round_trip_efficiency(s.nameplate) for s in traded), default=1.0),
        wear_cost_per_mwh=max((s.nameplate.wear_cost_per_mwh for s in traded), default=0.0))
