"""One sub-step of a heating energy centre, compiled: who gives the heat, in a fixed order.

1. The reference moves towards the supply set-point (gradient limit).
2. Heat from CHP units goes to the network, then to the absorption chillers' drive circuit (in the warm season).
3. What the network still needs comes from the tank, as far as its top is warmer than the return.
4. The boiler covers the rest; it starts when the tank would not last over its start and a reserve, runs at its minimum
   load or more, and stops when the tank lasts for its shortest time off.
5. Surplus heat of CHP and boiler charges the tank, somewhat hotter than the supply; a boiler surplus the tank cannot
   take is not made (it cycles).
6. Surplus CHP heat the tank cannot take is rejected by the dump cooler.
7. CHP heat that finds no taker at all is reported as stranded: the unit has to be turned down.

What the network needed and did not get shows as a shortfall and as a supply temperature below the reference. A request
to the tank (from a planner) replaces step 3's own decision but never lets the network go short while the tank is warm.

Powers in MW, temperatures in °C. In every sub-step, to rounding:
CHP + boiler + tank = network + drive + dumped + stranded.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from simulators.conversion import gas_boiler, heat_rejection
from simulators.conversion.gas_boiler import OFF, ON, STARTING, BoilerMemory
from simulators.jit import compiled
from simulators.networks.plant.supply_reference import next_reference
from simulators.networks.plant.tank_flow import flow_to_draw_heat, flow_to_store_heat
from simulators.storage.stratification import TankConstants, exchange
from simulators.water import JOULE_PER_MWH, WATT_PER_MW

_efficiency = compiled(gas_boiler.efficiency)
_cycling_gas_mw = compiled(gas_boiler.cycling_gas_mw)
_next_mode = compiled(gas_boiler.next_mode)
_dump_capacity_mw = compiled(heat_rejection.capacity_mw)
_dump_fan_mw = compiled(heat_rejection.fan_mw)

SMALLEST_DIFFERENCE_K = 2.0
"""A layer closer than this to the water it would be exchanged with is not worth moving."""
CHARGE_ABOVE_REFERENCE_K = 3.0
"""The tank is charged this much hotter than the supply, so that its losses do not make it useless by and by."""
USABLE_BELOW_REFERENCE_K = 1.0
"""Water of the tank this much below the reference still counts when it is judged how long the tank lasts."""
ROUNDING = 1e-12
"""A smaller part of the need that is missing is a rounding error."""
TOLERANCE_FRAC = 1e-3
"""Of the boiler's rating: a smaller need does not start it."""


class BoilerConstants(NamedTuple):
    """From ``BoilerParams``; ``rated_mw`` 0: no boiler."""

    rated_mw: float
    min_mw: float
    rated_efficiency: float
    standby_frac: float
    condensing_gain_per_k: float
    dew_point_degc: float
    start_s: float
    start_gas_mwh: float
    min_on_s: float
    min_off_s: float
    auxiliary_frac: float


class HeatConstants(NamedTuple):
    """A heating energy centre."""

    tank: TankConstants
    boiler: BoilerConstants
    max_supply_degc: float
    gradient_k_per_h: float
    recovery_k: float
    reserve_s: float
    tank_flow_kg_s: float
    """0: no tank."""
    tank_pump_mw_per_kg_s: float
    dump_rated_mw: float
    dump_difference_k: float
    dump_fan_frac: float
    drive_above_degc: float
    """Outdoor temperature below which absorption chillers get nothing; -infinite: none."""


class HeatMemory(NamedTuple):
    """What the plant remembers besides the tank's layers."""

    reference_degc: float
    supply_degc: float
    boiler: BoilerMemory


class HeatCall(NamedTuple):
    """What holds over a sub-step."""

    network_kg_s: float
    return_degc: float
    setpoint_degc: float
    chp_heat_mw: float
    drive_mw: float
    """Heat the absorption chillers ask for."""
    tank_request_mw: float
    """> 0 discharge at most so much, < 0 charge so much, 0 keep; NaN: the plant decides."""
    boiler_limit_mw: float
    """Infinite: its rating; 0: out of service."""
    air_degc: float


class HeatDelivery(NamedTuple):
    """What the plant did; into the network is positive, consumption negative."""

    supply_degc: float
    network_mw: float
    drive_mw: float
    """Given to the absorption chillers, ≥ 0."""
    boiler_mw: float
    gas_mw: float
    """LHV, ≤ 0."""
    tank_mw: float
    """Discharge minus charge."""
    tank_loss_mw: float
    dumped_mw: float
    stranded_mw: float
    shortfall_mw: float
    """Needed to reach the reference and not there, ≥ 0."""
    p_mw: float
    """Electricity of burner, pumps and fans, ≤ 0."""


@compiled
def network_need_mw(reference_degc: float, network_kg_s: float, return_degc: float, heat_capacity: float) -> float:
    """Heat that lifts the return to the reference; 0 where it is warm enough already."""
    return max(0.0, network_kg_s * heat_capacity / WATT_PER_MW * (reference_degc - return_degc))


@compiled
def reference_for(plant: HeatConstants, memory: HeatMemory, call: HeatCall, dt_s: float) -> float:
    """Reference of the coming sub-step."""
    setpoint_degc = min(call.setpoint_degc, plant.max_supply_degc)
    return next_reference(
        memory.reference_degc, memory.supply_degc, setpoint_degc, plant.gradient_k_per_h, plant.recovery_k, True, dt_s
    )


@compiled
def usable_mwh(tank: TankConstants, layers_degc: np.ndarray, least_degc: float, return_degc: float) -> float:
    """Heat above the return in the layers that are at ``least_degc`` or more."""
    total_k = 0.0
    for i in range(layers_degc.size):
        if layers_degc[i] >= least_degc:
            total_k += max(0.0, layers_degc[i] - return_degc)
    return total_k * tank.layer_kg * tank.heat_capacity_j_kg_k / JOULE_PER_MWH


@compiled
def _boiler_for(
    plant: HeatConstants,
    memory: BoilerMemory,
    limit_mw: float,
    deficit_mw: float,
    uncovered_mw: float,
    charge_wish_mw: float,
    usable: float,
    tank_decides: bool,
) -> BoilerMemory:
    """Start, stop or stay (step 4)."""
    boiler = plant.boiler
    if min(boiler.rated_mw, limit_mw) <= 0.0:
        return BoilerMemory(OFF, 0.0 if memory.mode != OFF else memory.in_mode_s, memory.start_count)
    tolerance_mw = TOLERANCE_FRAC * boiler.rated_mw
    pressing = uncovered_mw > tolerance_mw or charge_wish_mw > tolerance_mw
    until_on_h = (boiler.start_s + plant.reserve_s) / 3600.0
    wanted = pressing or (tank_decides and deficit_mw > tolerance_mw and usable < deficit_mw * until_on_h)
    may_stop = not pressing and usable >= deficit_mw * (until_on_h + boiler.min_off_s / 3600.0)
    return _next_mode(memory, wanted, may_stop, boiler.start_s, boiler.min_on_s, boiler.min_off_s)


@compiled
def _gas_mw(boiler: BoilerConstants, mode: int, heat_mw: float, return_degc: float, dt_s: float) -> float:
    """Fuel of the sub-step, ≥ 0; that of a start is spread over the sub-steps the start takes."""
    if mode == STARTING:
        return boiler.start_gas_mwh * 3600.0 / (math.ceil(boiler.start_s / dt_s) * dt_s)
    if mode != ON:
        return 0.0
    full_load = _efficiency(return_degc, boiler.rated_efficiency, boiler.condensing_gain_per_k, boiler.dew_point_degc)
    return _cycling_gas_mw(heat_mw, boiler.min_mw, boiler.rated_mw, full_load, boiler.standby_frac)


@compiled
def advance(
    plant: HeatConstants, memory: HeatMemory, layers_degc: np.ndarray, call: HeatCall, dt_s: float
) -> tuple[HeatMemory, HeatDelivery]:
    """One sub-step; ``layers_degc`` is changed in place."""
    tank, boiler = plant.tank, plant.boiler
    reference_degc = reference_for(plant, memory, call, dt_s)
    mw_per_k = call.network_kg_s * tank.heat_capacity_j_kg_k / WATT_PER_MW
    need = network_need_mw(reference_degc, call.network_kg_s, call.return_degc, tank.heat_capacity_j_kg_k)

    chp_to_network = min(call.chp_heat_mw, need)
    drive = min(call.drive_mw, call.chp_heat_mw - chp_to_network)
    if call.air_degc < plant.drive_above_degc:
        drive = 0.0
    surplus = call.chp_heat_mw - chp_to_network - drive
    deficit = need - chp_to_network

    tank_decides = math.isnan(call.tank_request_mw)
    allowed = deficit if tank_decides else min(deficit, max(0.0, call.tank_request_mw))
    largest_kg_s = min(plant.tank_flow_kg_s, call.network_kg_s)
    least_k = SMALLEST_DIFFERENCE_K
    draw_kg_s = flow_to_draw_heat(tank, layers_degc, allowed, call.return_degc, least_k, largest_kg_s, dt_s)
    from_tank = draw_kg_s * tank.heat_capacity_j_kg_k / WATT_PER_MW * (layers_degc[0] - call.return_degc)
    charge_degc = min(plant.max_supply_degc, max(reference_degc + CHARGE_ABOVE_REFERENCE_K, layers_degc[0]))
    charge_wish = 0.0
    if not tank_decides and call.tank_request_mw < 0.0:
        store_kg_s = flow_to_store_heat(
            tank, layers_degc, -call.tank_request_mw, charge_degc, least_k, plant.tank_flow_kg_s, dt_s
        )
        charge_wish = store_kg_s * tank.heat_capacity_j_kg_k / WATT_PER_MW * (charge_degc - layers_degc[-1])
        charge_wish = max(0.0, charge_wish - surplus)

    usable = usable_mwh(tank, layers_degc, reference_degc - USABLE_BELOW_REFERENCE_K, call.return_degc)
    if plant.tank_flow_kg_s <= 0.0:
        usable = 0.0
    mode = _boiler_for(
        plant, memory.boiler, call.boiler_limit_mw, deficit, deficit - from_tank, charge_wish, usable, tank_decides
    )
    boiler_max = min(boiler.rated_mw, call.boiler_limit_mw) if mode.mode == ON else 0.0
    boiler_mw = min(boiler_max, max(boiler.min_mw, deficit - from_tank + charge_wish))

    to_store = surplus + max(0.0, boiler_mw - deficit)
    to_draw = max(0.0, deficit - boiler_mw)
    store_kg_s = flow_to_store_heat(tank, layers_degc, to_store, charge_degc, least_k, plant.tank_flow_kg_s, dt_s)
    draw_kg_s = flow_to_draw_heat(tank, layers_degc, to_draw, call.return_degc, least_k, largest_kg_s, dt_s)
    moved = exchange(
        tank, layers_degc, store_kg_s, charge_degc, draw_kg_s, call.return_degc, call.air_degc, dt_s
    )
    stored = store_kg_s * tank.heat_capacity_j_kg_k / WATT_PER_MW * (charge_degc - moved.charge_return_degc)
    drawn = draw_kg_s * tank.heat_capacity_j_kg_k / WATT_PER_MW * (moved.delivered_degc - call.return_degc)

    if to_draw > 0.0:
        boiler_mw = min(boiler_max, max(boiler_mw, deficit - drawn))
    excess = max(0.0, to_store - stored)
    not_made = min(excess, max(0.0, boiler_mw - deficit))
    boiler_mw -= not_made
    excess -= not_made
    dump_max = _dump_capacity_mw(reference_degc, call.air_degc, plant.dump_rated_mw, plant.dump_difference_k)
    dumped = min(excess, dump_max)

    network = chp_to_network + drawn + min(boiler_mw, deficit)
    supply_degc = call.return_degc + network / mw_per_k if mw_per_k > 0.0 else memory.supply_degc
    electricity = boiler.auxiliary_frac * boiler_mw + plant.tank_pump_mw_per_kg_s * (store_kg_s + draw_kg_s)
    if dumped > 0.0:
        electricity += _dump_fan_mw(dumped, dump_max, plant.dump_rated_mw, plant.dump_fan_frac)
    remembered = HeatMemory(
        reference_degc, supply_degc, BoilerMemory(mode.mode, mode.in_mode_s + dt_s, mode.start_count)
    )
    delivered = HeatDelivery(
        supply_degc,
        network,
        drive,
        boiler_mw,
        -_gas_mw(boiler, mode.mode, boiler_mw, call.return_degc, dt_s),
        drawn - stored,
        moved.loss_j / dt_s / WATT_PER_MW,
        dumped,
        excess - dumped,
        need - network if need - network > ROUNDING * need else 0.0,
        -electricity,
    )
    return remembered, delivered


@compiled
def advance_records(
    plant: np.ndarray, memory: np.ndarray, layers_degc: np.ndarray, call: np.ndarray, delivery: np.ndarray, dt_s: float
) -> None:
    """:func:`advance` on records, the fast way in from Python.

    ``plant``, ``memory`` and ``call`` hold one record each; ``memory``, ``layers_degc`` and ``delivery`` (the fields
    of ``HeatDelivery`` in order) are changed in place.
    """
    remembered, delivered = advance(plant[0], memory[0], layers_degc, call[0], dt_s)
    memory[0].reference_degc = remembered.reference_degc
    memory[0].supply_degc = remembered.supply_degc
    memory[0].boiler.mode = remembered.boiler.mode
    memory[0].boiler.in_mode_s = remembered.boiler.in_mode_s
    memory[0].boiler.start_count = remembered.boiler.start_count
    for i, value in enumerate(delivered):
        delivery[i] = value


@compiled
def is_usable(call: Any) -> bool:
    """Whether all of a call are numbers (no request to the tank is nan), and the limit 0 or more."""
    good = math.isfinite(call.setpoint_degc) and math.isfinite(call.air_degc) and math.isfinite(call.chp_heat_mw)
    good = good and math.isfinite(call.drive_mw) and not math.isinf(call.tank_request_mw)
    return good and call.boiler_limit_mw >= 0.0


@compiled
def recall(memory: Any, plain: np.ndarray) -> None:
    """Memory of a plant from the numbers in which it is kept."""
    memory.reference_degc, memory.supply_degc = plain[0], plain[1]
    memory.boiler.mode, memory.boiler.in_mode_s, memory.boiler.start_count = int(plain[2]), plain[3], int(plain[4])


@compiled
def keep(memory: Any, plain: np.ndarray) -> None:
    """The other way round."""
    plain[0], plain[1] = memory.reference_degc, memory.supply_degc
    plain[2], plain[3], plain[4] = memory.boiler.mode, memory.boiler.in_mode_s, memory.boiler.start_count
