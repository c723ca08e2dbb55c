"""What a stratified tank can give or take in one sub-step, before it is moved: used by both energy centres.

Heat in MW, hot water at the top. A cold tank takes heat when it is discharged and gives it up when charged.
"""

from __future__ import annotations

import numpy as np

from simulators.jit import compiled
from simulators.storage.stratification import TankConstants
from simulators.water import WATT_PER_MW


@compiled
def flow_to_draw_heat(
    tank: TankConstants,
    layers_degc: np.ndarray,
    heat_mw: float,
    inlet_degc: float,
    least_k: float,
    largest_kg_s: float,
    dt_s: float,
) -> float:
    """Flow out of the top, replaced at the bottom by water at ``inlet_degc``, that draws ``heat_mw`` if it lasts.

    Only layers that differ from the inlet by ``least_k`` or more are moved.
    """
    difference_k = layers_degc[0] - inlet_degc
    if heat_mw <= 0.0 or difference_k < least_k:
        return 0.0
    ready = 0
    while ready < layers_degc.size and layers_degc[ready] >= inlet_degc + least_k:
        ready += 1
    flow_kg_s = heat_mw * WATT_PER_MW / (tank.heat_capacity_j_kg_k * difference_k)
    return min(flow_kg_s, largest_kg_s, ready * tank.layer_kg / dt_s)


@compiled
def flow_to_store_heat(
    tank: TankConstants,
    layers_degc: np.ndarray,
    heat_mw: float,
    inlet_degc: float,
    least_k: float,
    largest_kg_s: float,
    dt_s: float,
) -> float:
    """Flow into the top at ``inlet_degc``, taken from the bottom, that stores ``heat_mw`` if it lasts.

    Only layers that differ from the inlet by ``least_k`` or more are moved.
    """
    n = layers_degc.size
    difference_k = inlet_degc - layers_degc[n - 1]
    if heat_mw <= 0.0 or difference_k < least_k:
        return 0.0
    ready = 0
    while ready < n and layers_degc[n - 1 - ready] <= inlet_degc - least_k:
        ready += 1
    flow_kg_s = heat_mw * WATT_PER_MW / (tank.heat_capacity_j_kg_k * difference_k)
    return min(flow_kg_s, largest_kg_s, ready * tank.layer_kg / dt_s)
