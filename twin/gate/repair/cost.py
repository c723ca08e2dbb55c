"""What a change of set-points costs, by published prices and nameplates: an estimate, linear in the change.

Power costs what it is bought for at the time. What a battery gives now is missing later, at the mean price of the
horizon; its losses and wear are left out. Generators need fuel, emit and wear; curtailed renewables and interrupted
loads are worth the power that they are. Heat and controls of networks have no price here. Money in the scenario's
currency.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from twin.gate.repair.projection_variables import asset_of, port_of
from twin.gate.repair.repair import RepairContext
from twin.nameplate import (
    GeneratorNameplate,
    LoadNameplate,
    Nameplate,
    RenewableNameplate,
    StorageNameplate,
    TariffNameplate,
)
from twin.schedule import Horizon

Prices = Mapping[str, np.ndarray]
BUY, CARBON = "buy_price_per_mwh", "carbon_price_per_t"


def change_cost(changes: Mapping[str, np.ndarray], horizon: Horizon, context: RepairContext) -> float | None:
    """Cost of changes against the proposal; negative: it saves.

    Parameters
    ----------
    changes : key → (steps,) change of the set-point.

    Returns
    -------
    None if the site has no tariff, or nothing that has a price was changed.
    """
    tariff = next((p for p in context.plates.values() if isinstance(p, TariffNameplate)), None)
    if tariff is None:
        return None
    prices = tariff.prices_at(horizon.times_s())
    if BUY not in prices:
        return None
    cost, priced = 0.0, False
    for key, change in changes.items():
        per_mwh = _per_unit_hour(port_of(key), context.plates.get(asset_of(key)), prices)
        if per_mwh is not None and change.any():
            cost += float(per_mwh @ change) * horizon.step_s / 3600.0
            priced = True
    return cost if priced else None


def _per_unit_hour(port: str, plate: Nameplate | None, prices: Prices) -> np.ndarray | None:
    """Money per unit of a set-point and hour, (steps,); None where it has no price."""
    buy = prices[BUY]
    if isinstance(plate, StorageNameplate) and port == "p_set_mw":
        return buy.mean() - buy
    if isinstance(plate, GeneratorNameplate) and port == "p_set_mw":
        nothing = np.zeros_like(buy)
        fuel = prices.get(f"{plate.fuel}_price_per_mwh", nothing)
        carbon = prices.get(CARBON, nothing) * plate.fuel_emission_t_per_mwh
        return (fuel + carbon) / plate.electrical_efficiency + plate.running_cost_per_mwh - buy
    if isinstance(plate, RenewableNameplate) and port == "p_limit_mw":
        return -buy
    if isinstance(plate, LoadNameplate) and port == "interrupt_frac":
        return -buy * plate.peak_mw
    return None
