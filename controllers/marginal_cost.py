"""What one more MWh costs or saves: the thresholds behind every dispatch rule.

A fixed threshold (charge below 0.3 per kWh, run the engine if gas is below 3 per m³) is easily one that no price of the
site ever crosses, so that nothing is dispatched, or one that loses money (diesel at 1.6 per kWh against a price of 1).
Here each threshold follows from prices and nameplates. Money per MWh of electricity, fuel prices per MWh (LHV),
efficiencies one-way. Plain arithmetic: floats and numpy arrays alike.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from twin.nameplate import GeneratorNameplate, StorageNameplate

Value = TypeVar("Value", float, np.ndarray)


def generation_cost_per_mwh(
    unit: GeneratorNameplate,
    *,
    fuel_price_per_mwh: Value,
    carbon_price_per_t: Value,
    heat_credit_per_mwh: Value | float = 0.0,
) -> Value:
    """Cost of one more MWh from a running unit: fuel, carbon and running cost less the worth of its heat.

    ``heat_credit_per_mwh`` is that worth per MWh of electricity.

    Efficiencies are those at rated power; at part load the true cost is higher.
    """
    fuel_mwh = 1.0 / unit.electrical_efficiency
    carbon = carbon_price_per_t * (unit.fuel_emission_t_per_mwh * fuel_mwh)
    return fuel_price_per_mwh * fuel_mwh + carbon + unit.running_cost_per_mwh - heat_credit_per_mwh


def amortised_start_cost_per_mwh(unit: GeneratorNameplate, shortest_run_h: float) -> float:
    """Start cost spread over the shortest run: the minimum up time, or one dispatch interval, at rated power."""
    return unit.start_cost / (unit.rated_mw * max(unit.min_up_h, shortest_run_h))


def round_trip_efficiency(storage: StorageNameplate) -> float:
    """MWh delivered per MWh taken from the network."""
    return storage.charge_efficiency * storage.discharge_efficiency


def replacement_cost_per_mwh(storage: StorageNameplate, price_per_mwh: Value) -> Value:
    """Cost of replacing one MWh delivered by a storage with energy bought at a price: losses both ways, and wear.

    It is the value of stored energy: below it, discharging loses money.
    """
    return price_per_mwh / round_trip_efficiency(storage) + storage.wear_cost_per_mwh


def worth_of_storing_per_mwh(storage: StorageNameplate, later_price_per_mwh: Value) -> Value:
    """What one MWh taken from the network now is worth if it displaces supply at a later price.

    Charging pays where the present price is lower. Inverse of :func:`replacement_cost_per_mwh`.
    """
    return round_trip_efficiency(storage) * (later_price_per_mwh - storage.wear_cost_per_mwh)


def purchase_cost_per_mwh(
    buy_price_per_mwh: Value, carbon_price_per_t: Value, grid_emission_t_per_mwh: Value
) -> Value:
    """Cost of one MWh from the public grid where its emission is charged at the carbon price as well."""
    return buy_price_per_mwh + carbon_price_per_t * grid_emission_t_per_mwh
