"""One sub-step of a cooling energy centre, compiled: who gives the cold, in a fixed order.

1. The reference moves towards the supply set-point (gradient limit).
2. The absorption chiller takes the heat it is offered, if that is warm enough and the machine is warmed up.
3. The cold tank is discharged: as far as a planner's request goes, or, without one, as far as it is cold.
4. Electric chillers cover the rest and what a request wants charged; as few units run as can.
5. If they cannot, the tank gives what it has, whatever the request.
6. Cold left over (absorption, charging) goes into the tank; what the tank cannot take is not made.

What the network needed and did not get shows as a shortfall and as a supply temperature above the reference.

Powers in MW of cooling, temperatures in °C. In every sub-step, to rounding: absorption + chillers + tank = network.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from simulators.conversion import absorption_chiller, cooling_tower, electric_chiller
from simulators.jit import compiled
from simulators.networks.plant.supply_reference import next_reference
from simulators.networks.plant.tank_flow import flow_to_draw_heat, flow_to_store_heat
from simulators.storage.stratification import TankConstants, exchange
from simulators.water import WATT_PER_MW

_wet_bulb_factor = compiled(electric_chiller.wet_bulb_factor)
_chiller_mw = compiled(electric_chiller.electricity_mw)
_units_needed = compiled(electric_chiller.units_needed)
_capacity_frac = compiled(absorption_chiller.capacity_frac)
_drive_heat_mw = compiled(absorption_chiller.drive_heat_mw)
_warmth_after = compiled(absorption_chiller.warmth_after)
_rejected_mw = compiled(cooling_tower.rejected_mw)
_tower_fan_mw = compiled(cooling_tower.fan_mw)
_tower_water_kg_s = compiled(cooling_tower.water_kg_s)

SMALLEST_DIFFERENCE_K = 0.5
"""A layer closer than this to the water it would be exchanged with is not worth moving."""
CHARGE_BELOW_REFERENCE_K = 1.0
"""The tank is charged this much colder than the supply, so that its gains do not make it useless by and by."""
ROUNDING = 1e-12
"""A smaller part of the need that is missing is a rounding error."""
TOLERANCE_FRAC = 1e-3
"""Of the absorption chiller's rating: a smaller need does not start it."""


class ChillerConstants(NamedTuple):
    """From ``ElectricChillerParams``; ``rated_mw`` 0: none."""

    units: int
    rated_mw: float
    rated_cop: float
    no_load_frac: float
    quadratic_frac: float
    min_load_frac: float
    wet_bulb_gain_per_k: float
    reference_wet_bulb_degc: float
    min_wet_bulb_degc: float


class AbsorptionConstants(NamedTuple):
    """From ``AbsorptionChillerParams``; ``rated_mw`` 0: none."""

    rated_mw: float
    cop: float
    min_drive_degc: float
    full_drive_degc: float
    min_load_frac: float
    start_s: float
    cool_down_s: float
    start_heat_mwh: float
    """Heat that warms the machine up from cold."""
    auxiliary_frac: float


class TowerConstants(NamedTuple):
    """From ``CoolingTowerParams``."""

    rated_mw: float
    fan_frac: float
    pump_frac: float
    latent_frac: float
    concentration_factor: float
    drift_frac: float


class CoolingConstants(NamedTuple):
    """A cooling energy centre."""

    tank: TankConstants
    chillers: ChillerConstants
    absorption: AbsorptionConstants
    tower: TowerConstants
    min_supply_degc: float
    gradient_k_per_h: float
    recovery_k: float
    tank_flow_kg_s: float
    """0: no tank."""
    tank_pump_mw_per_kg_s: float


class CoolingMemory(NamedTuple):
    """What the plant remembers besides the tank's layers."""

    reference_degc: float
    supply_degc: float
    warm_frac: float
    """Of the absorption chiller."""
    units_on: int
    start_count: int
    """Starts of electric chillers."""


class CoolingCall(NamedTuple):
    """What holds over a sub-step."""

    network_kg_s: float
    return_degc: float
    setpoint_degc: float
    drive_offer_mw: float
    drive_degc: float
    tank_request_mw: float
    """> 0 discharge at most so much, < 0 charge so much, 0 keep; NaN: the plant decides."""
    chiller_limit_mw: float
    """Infinite: their rating; 0: out of service."""
    wet_bulb_degc: float
    air_degc: float


class CoolingDelivery(NamedTuple):
    """What the plant did; cooling into the network is positive, electricity taken negative."""

    supply_degc: float
    network_mw: float
    absorption_mw: float
    chiller_mw: float
    drive_mw: float
    """Heat taken by the absorption chiller, warm-up included, ≥ 0."""
    tank_mw: float
    """Discharge minus charge."""
    tank_gain_mw: float
    """Heat leaking into the tank: cold lost."""
    rejected_mw: float
    water_m3: float
    """Make-up water of the tower in this sub-step."""
    shortfall_mw: float
    chiller_p_mw: float
    p_mw: float
    """Electricity of chillers, tower, pumps, ≤ 0."""


@compiled
def _electricity_mw(chillers: ChillerConstants, cooling_mw: float, units_on: int, wet_bulb_degc: float) -> float:
    """Electricity, ≥ 0; below the minimum load of one unit it runs part of the time."""
    if cooling_mw <= 0.0:
        return 0.0
    factor = _wet_bulb_factor(
        wet_bulb_degc, chillers.wet_bulb_gain_per_k, chillers.reference_wet_bulb_degc, chillers.min_wet_bulb_degc
    )
    least_mw = chillers.min_load_frac * chillers.rated_mw * units_on
    at_mw = max(cooling_mw, least_mw)
    electricity = _chiller_mw(
        at_mw, units_on, chillers.rated_mw, chillers.rated_cop, chillers.no_load_frac, chillers.quadratic_frac, factor
    )
    return electricity * (cooling_mw / at_mw)


@compiled
def advance(
    plant: CoolingConstants, memory: CoolingMemory, layers_degc: np.ndarray, call: CoolingCall, dt_s: float
) -> tuple[CoolingMemory, CoolingDelivery]:
    """One sub-step; ``layers_degc`` is changed in place."""
    tank, chillers, absorption = plant.tank, plant.chillers, plant.absorption
    mw_per_kg_k = tank.heat_capacity_j_kg_k / WATT_PER_MW
    setpoint_degc = max(call.setpoint_degc, plant.min_supply_degc)
    reference_degc = next_reference(
        memory.reference_degc, memory.supply_degc, setpoint_degc, plant.gradient_k_per_h, plant.recovery_k, False, dt_s
    )
    mw_per_k = call.network_kg_s * mw_per_kg_k
    need = max(0.0, mw_per_k * (call.return_degc - reference_degc))
    charge_degc = max(plant.min_supply_degc, min(reference_degc - CHARGE_BELOW_REFERENCE_K, layers_degc[-1]))

    # charging draws heat out of the tank: cold water in at the bottom, warm water out at the top
    least_k = SMALLEST_DIFFERENCE_K
    room_kg_s = flow_to_draw_heat(tank, layers_degc, math.inf, charge_degc, least_k, plant.tank_flow_kg_s, dt_s)
    room_mw = room_kg_s * mw_per_kg_k * (layers_degc[0] - charge_degc)

    drive_capacity_frac = _capacity_frac(call.drive_degc, absorption.min_drive_degc, absorption.full_drive_degc)
    reachable_mw = min(absorption.rated_mw * drive_capacity_frac, call.drive_offer_mw * absorption.cop)
    wanted = need + room_mw > TOLERANCE_FRAC * absorption.rated_mw
    running = absorption.rated_mw > 0.0 and wanted and reachable_mw >= absorption.min_load_frac * absorption.rated_mw
    running = running and reachable_mw > 0.0
    warm_frac = _warmth_after(memory.warm_frac, running, absorption.start_s, absorption.cool_down_s, dt_s)
    warm_up = absorption_max = 0.0
    if running:
        warm_up = min((warm_frac - memory.warm_frac) * absorption.start_heat_mwh * 3600.0 / dt_s, call.drive_offer_mw)
        left_mw = (call.drive_offer_mw - warm_up) * absorption.cop
        absorption_max = min(absorption.rated_mw * drive_capacity_frac * memory.warm_frac, left_mw)
    absorbed = min(absorption_max, need + room_mw)
    surplus = max(0.0, absorbed - need)
    deficit = max(0.0, need - absorbed)

    planner_decides = not math.isnan(call.tank_request_mw)
    allowed = min(deficit, max(0.0, call.tank_request_mw)) if planner_decides else deficit
    largest_kg_s = min(plant.tank_flow_kg_s, call.network_kg_s)
    # discharging stores heat in the tank: the warm return in at the top, cold water out at the bottom
    give_kg_s = flow_to_store_heat(tank, layers_degc, allowed, call.return_degc, least_k, largest_kg_s, dt_s)
    from_tank = give_kg_s * mw_per_kg_k * (call.return_degc - layers_degc[-1])
    charge_wish = 0.0
    if planner_decides and call.tank_request_mw < 0.0:
        charge_wish = max(0.0, min(-call.tank_request_mw, room_mw) - surplus)
    chiller_max = min(chillers.units * chillers.rated_mw, call.chiller_limit_mw)
    chilled = min(chiller_max, max(0.0, deficit - from_tank + charge_wish))

    to_store = surplus + max(0.0, chilled - deficit)
    to_draw = max(0.0, deficit - chilled)
    store_kg_s = flow_to_draw_heat(tank, layers_degc, to_store, charge_degc, least_k, plant.tank_flow_kg_s, dt_s)
    draw_kg_s = flow_to_store_heat(tank, layers_degc, to_draw, call.return_degc, least_k, largest_kg_s, dt_s)
    moved = exchange(
        tank, layers_degc, draw_kg_s, call.return_degc, store_kg_s, charge_degc, call.air_degc, dt_s
    )
    stored = store_kg_s * mw_per_kg_k * (moved.delivered_degc - charge_degc)
    drawn = draw_kg_s * mw_per_kg_k * (call.return_degc - moved.charge_return_degc)

    if to_draw > 0.0:
        chilled = min(chiller_max, max(chilled, deficit - drawn))
    excess = max(0.0, to_store - stored)
    not_chilled = min(excess, max(0.0, chilled - deficit))
    chilled -= not_chilled
    absorbed -= excess - not_chilled

    network = min(absorbed, need) + drawn + min(chilled, deficit)
    supply_degc = call.return_degc - network / mw_per_k if mw_per_k > 0.0 else memory.supply_degc

    units_on = memory.units_on
    start_count = memory.start_count
    if chilled > 0.0:
        units_on = max(1, _units_needed(chilled, memory.units_on, chillers.units, chillers.rated_mw))
        start_count += max(0, units_on - memory.units_on)
    else:
        units_on = 0
    chiller_p = _electricity_mw(chillers, chilled, units_on, call.wet_bulb_degc)
    drive = warm_up + _drive_heat_mw(absorbed, absorption.cop)
    rejected = _rejected_mw(chilled + absorbed, chiller_p + drive)
    tower = plant.tower
    electricity = chiller_p + absorption.auxiliary_frac * absorbed + tower.pump_frac * rejected
    electricity += _tower_fan_mw(rejected, tower.rated_mw, tower.fan_frac)
    electricity += plant.tank_pump_mw_per_kg_s * (store_kg_s + draw_kg_s)
    water_kg_s = _tower_water_kg_s(rejected, tower.latent_frac, tower.concentration_factor, tower.drift_frac)
    remembered = CoolingMemory(reference_degc, supply_degc, warm_frac, units_on, start_count)
    delivered = CoolingDelivery(
        supply_degc,
        network,
        absorbed,
        chilled,
        drive,
        drawn - stored,
        -moved.loss_j / dt_s / WATT_PER_MW,
        rejected,
        water_kg_s * dt_s / 1000.0,
        need - network if need - network > ROUNDING * need else 0.0,
        -chiller_p,
        -electricity,
    )
    return remembered, delivered


@compiled
def advance_records(
    plant: np.ndarray, memory: np.ndarray, layers_degc: np.ndarray, call: np.ndarray, delivery: np.ndarray, dt_s: float
) -> None:
    """:func:`advance` on records, the fast way in from Python.

    ``plant``, ``memory`` and ``call`` hold one record each; ``memory``, ``layers_degc`` and ``delivery`` (the fields
    of ``CoolingDelivery`` in order) are changed in place.
    """
    remembered, delivered = advance(plant[0], memory[0], layers_degc, call[0], dt_s)
    memory[0].reference_degc = remembered.reference_degc
    memory[0].supply_degc = remembered.supply_degc
    memory[0].warm_frac = remembered.warm_frac
    memory[0].units_on = remembered.units_on
    memory[0].start_count = remembered.start_count
    for i, value in enumerate(delivered):
        delivery[i] = value


@compiled
def is_usable(call: Any) -> bool:
    """Whether all of a call are numbers (no request to the tank is nan), and the limit 0 or more."""
    good = math.isfinite(call.setpoint_degc) and math.isfinite(call.air_degc) and math.isfinite(call.wet_bulb_degc)
    good = good and math.isfinite(call.drive_degc) and not math.isinf(call.tank_request_mw)
    return good and call.chiller_limit_mw >= 0.0


@compiled
def recall(memory: Any, plain: np.ndarray) -> None:
    """Memory of a plant from the numbers in which it is kept."""
    memory.reference_degc, memory.supply_degc, memory.warm_frac = plain[0], plain[1], plain[2]
    memory.units_on, memory.start_count = int(plain[3]), int(plain[4])


@compiled
def keep(memory: Any, plain: np.ndarray) -> None:
    """The other way round."""
    plain[0], plain[1], plain[2] = memory.reference_degc, memory.supply_degc, memory.warm_frac
    plain[3], plain[4] = memory.units_on, memory.start_count
