"""One step of the battery system: request at the AC terminals in, power, losses, charge and temperature out.

MW, discharging positive; A and V per cell inside. Steps longer than a minute are cut into equal sub-steps. Over a step

    energy content falls by (converter + converter loss + ohmic loss + hysteresis loss) · dt

where the converter's power and its loss are those while it runs; standby and auxiliaries are drawn on the AC side.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from simulators.jit import compiled
from simulators.storage.battery import converter as converter_equations
from simulators.storage.battery.cell import ZERO_CELSIUS_K, CellConstants, entropy_v_k, resistance_ohm
from simulators.storage.battery.converter import ConverterConstants
from simulators.storage.battery.limits import (
    LimitConstants,
    current_for_band_a,
    current_for_heat_a,
    current_for_voltage_a,
    temperature_factor,
)
from simulators.storage.battery.open_circuit import content_v, voltage_v
from simulators.storage.battery.solve import current_a, terminal_power_w
from simulators.storage.battery.thermal import (
    ThermalConstants,
    at_rest_degc,
    electricity_w,
    gain_k_w,
    management_w,
)
from twin.component import Limit

LONGEST_SUB_STEP_S = 60.0
OFF_MW = 1e-6
"""A request below one watt means off."""
WATT_PER_MW = 1e6
STABLE_PART = 0.4
"""Of U/R: beyond half of it more current gives less power."""
NONE, POWER, CURRENT = int(Limit.NONE), int(Limit.POWER), int(Limit.CURRENT)
TEMPERATURE, VOLTAGE, ENERGY = int(Limit.TEMPERATURE), int(Limit.VOLTAGE), int(Limit.ENERGY)

loss_mw = compiled(converter_equations.loss_mw)
ac_power_mw = compiled(converter_equations.ac_power_mw)


class SystemConstants(NamedTuple):
    """What the kernels need to know of a battery system."""

    cell: CellConstants
    converter: ConverterConstants
    thermal: ThermalConstants
    limits: LimitConstants
    cells: float
    """Number of cells."""
    controls_mw: float
    """Management system, pumps and lights: always on."""


class SubStep(NamedTuple):
    """Means over a sub-step, state at its end."""

    soc: float
    temperature_degc: float
    converter_mw: float
    converter_loss_mw: float
    standby_mw: float
    ohmic_loss_mw: float
    hysteresis_loss_mw: float
    thermal_management_mw: float
    current_a: float
    voltage_v: float
    limited_by: int


class StepResult(NamedTuple):
    """Means over a step, state at its end; all are floats, as they come in one array."""

    soc: float
    temperature_degc: float
    energy_mwh: float
    converter_mw: float
    """Delivered by the converter at its AC terminals; 0 where it is off."""
    converter_loss_mw: float
    """While it runs."""
    standby_mw: float
    """Drawn while it is off."""
    ohmic_loss_mw: float
    """Resistance and polarisation of the cells."""
    hysteresis_loss_mw: float
    thermal_management_mw: float
    """Electricity of cooling and heating."""
    current_a: float
    """Of a cell."""
    voltage_v: float
    """Of a cell, at its terminals, at the end."""
    limited_by_code: float
    """The first limit that bound, ``Limit``."""


@compiled
def energy_mwh(system: SystemConstants, soc: float, capacity_rel: float) -> float:
    """Energy content: the integral of the open-circuit voltage over the charge."""
    return system.cells * system.cell.capacity_ah * capacity_rel * content_v(soc) / WATT_PER_MW


@compiled
def _limited_current_a(
    system: SystemConstants,
    soc: float,
    temperature_degc: float,
    soc_per_a: float,
    ohm: float,
    power_w: float,
    room_w: float,
) -> tuple[float, float, int]:
    """Current, ≥ 0, for a power of a cell, voltage of entropy, and what limits the current.

    ``room_w`` is the heat that a cell may make; a current I makes -I times the voltage of entropy in it, reversibly.
    """
    cell, limits, charging = system.cell, system.limits, power_w < 0.0
    sign = -1.0 if charging else 1.0
    limited_by = NONE

    # 2. CURRENT: beyond the rate the power is not solved for, it may have no solution
    rate_a = (limits.charge_per_h if charging else limits.discharge_per_h) * cell.capacity_ah
    most_a = min(rate_a, STABLE_PART * voltage_v(soc) / ohm)
    if abs(terminal_power_w(sign * most_a, soc, soc_per_a, ohm, cell.hysteresis_v)) < abs(power_w):
        current, limited_by = most_a, CURRENT
    else:
        current = abs(current_a(power_w, soc, soc_per_a, ohm, cell.hysteresis_v))

    # 3. TEMPERATURE: derating, and the heat that would end the sub-step above the upper limit
    # (entropy in the middle of the way, else its heat would depend on the step)
    entropy_v = sign * (temperature_degc + ZERO_CELSIUS_K) * entropy_v_k(soc - 0.5 * sign * current * soc_per_a)
    most_a = temperature_factor(limits, temperature_degc, charging) * rate_a
    most_a = min(most_a, current_for_heat_a(room_w, ohm, cell.hysteresis_v - entropy_v))
    if current > most_a:
        current, limited_by = most_a, limited_by or TEMPERATURE

    # 4. VOLTAGE
    most_a = current_for_voltage_a(cell, current, soc, soc_per_a, ohm, charging)
    if current > most_a:
        current, limited_by = most_a, limited_by or VOLTAGE

    # 5. ENERGY
    most_a = current_for_band_a(limits, soc, soc_per_a, charging)
    if current > most_a:
        current, limited_by = most_a, limited_by or ENERGY
    return current, entropy_v, limited_by


@compiled
def _sub_step(
    system: SystemConstants,
    soc: float,
    temperature_degc: float,
    capacity_rel: float,
    resistance_rel: float,
    request_mw: float,
    outside_degc: float,
    dt_s: float,
    gain: float,
) -> SubStep:
    cell, converter, thermal, limits = system.cell, system.converter, system.thermal, system.limits
    at_rest = at_rest_degc(thermal, temperature_degc, outside_degc, gain)
    current, ohm, entropy_v, limited_by = 0.0, 0.0, 0.0, NONE
    ac_mw, converter_loss_mw, standby_mw = 0.0, 0.0, converter.standby_mw
    end_soc = soc

    if abs(request_mw) >= OFF_MW:
        # 1. POWER
        ac_mw = min(max(request_mw, -converter.rated_mw), converter.rated_mw)
        if ac_mw != request_mw:
            limited_by = POWER
        converter_loss_mw = loss_mw(converter, ac_mw)
        power_w = (ac_mw + converter_loss_mw) * WATT_PER_MW / system.cells
        charging = power_w < 0.0
        sign = -1.0 if charging else 1.0
        ohm = resistance_ohm(cell, soc, temperature_degc, charging, resistance_rel)
        soc_per_a = dt_s / (3600.0 * cell.capacity_ah * capacity_rel)
        room_w = (limits.none_above_degc - at_rest) / gain
        if thermal.cool_above_degc <= limits.none_above_degc:
            room_w += thermal.cooling_w
        current, entropy_v, cut_by = _limited_current_a(
            system, soc, temperature_degc, soc_per_a, ohm, power_w, room_w / system.cells
        )
        current *= sign
        running = True
        if cut_by != NONE:
            limited_by = limited_by or cut_by
            dc_mw = terminal_power_w(current, soc, soc_per_a, ohm, cell.hysteresis_v) * system.cells / WATT_PER_MW
            left_mw = ac_power_mw(converter, dc_mw)
            # what is left may not even feed the converter: then it stops
            running = current != 0.0 and left_mw * ac_mw > 0.0 and abs(left_mw) <= abs(ac_mw)
            ac_mw, converter_loss_mw = left_mw, dc_mw - left_mw
        if running:
            standby_mw = 0.0
            end_soc = soc - current * soc_per_a
            # a limit met to the last digit must not be passed by rounding
            if soc >= limits.min_soc:
                end_soc = max(end_soc, limits.min_soc)
            if soc <= limits.max_soc:
                end_soc = min(end_soc, limits.max_soc)
        else:
            current, ac_mw, converter_loss_mw = 0.0, 0.0, 0.0

    ohmic_w = system.cells * ohm * current * current
    hysteresis_w = system.cells * cell.hysteresis_v * abs(current)
    entropy_w = system.cells * abs(current) * entropy_v
    free_degc = at_rest + (ohmic_w + hysteresis_w - entropy_w) * gain
    given_w = management_w(thermal, free_degc, gain)
    drop_v = ohm * current
    if current != 0.0:
        drop_v += math.copysign(cell.hysteresis_v, current)
    return SubStep(
        end_soc,
        free_degc + given_w * gain,
        ac_mw,
        converter_loss_mw,
        standby_mw,
        ohmic_w / WATT_PER_MW,
        hysteresis_w / WATT_PER_MW,
        electricity_w(thermal, given_w) / WATT_PER_MW,
        current,
        voltage_v(end_soc) - drop_v,
        limited_by,
    )


@compiled
def _advance(
    system: SystemConstants,
    soc: float,
    temperature_degc: float,
    capacity_rel: float,
    resistance_rel: float,
    request_mw: float,
    outside_degc: float,
    dt_s: float,
    out: np.ndarray,
) -> None:
    count = math.ceil(dt_s / LONGEST_SUB_STEP_S)
    sub_s = dt_s / count
    gain = gain_k_w(system.thermal, sub_s)
    request = request_mw if math.isfinite(request_mw) else 0.0
    converter_mw = converter_loss_mw = standby_mw = ohmic_mw = hysteresis_mw = management_mw = current = 0.0
    voltage, limited_by = 0.0, NONE
    for k in range(count):
        done = _sub_step(
            system, soc, temperature_degc, capacity_rel, resistance_rel, request, outside_degc, sub_s, gain
        )
        soc, temperature_degc, voltage = done.soc, done.temperature_degc, done.voltage_v
        limited_by = limited_by or done.limited_by
        # running means: that of equal values is the value itself, so nothing delivered exceeds its request
        part = 1.0 / (k + 1)
        converter_mw += (done.converter_mw - converter_mw) * part
        converter_loss_mw += (done.converter_loss_mw - converter_loss_mw) * part
        standby_mw += (done.standby_mw - standby_mw) * part
        ohmic_mw += (done.ohmic_loss_mw - ohmic_mw) * part
        hysteresis_mw += (done.hysteresis_loss_mw - hysteresis_mw) * part
        management_mw += (done.thermal_management_mw - management_mw) * part
        current += (done.current_a - current) * part
    out[0], out[1], out[2] = soc, temperature_degc, energy_mwh(system, soc, capacity_rel)
    out[3], out[4], out[5] = converter_mw, converter_loss_mw, standby_mw
    out[6], out[7], out[8] = ohmic_mw, hysteresis_mw, management_mw
    out[9], out[10], out[11] = current, voltage, limited_by


@compiled
def step_into(
    system: np.ndarray,
    soc: float,
    temperature_degc: float,
    capacity_rel: float,
    resistance_rel: float,
    request_mw: float,
    outside_degc: float,
    dt_s: float,
    out: np.ndarray,
) -> None:
    """One step; ``out``, shape (12,), receives the fields of ``StepResult``.

    Parameters
    ----------
    system : record of ``SystemConstants``, shape (1,).
    capacity_rel, resistance_rel : of the aged cells over the new ones.
    request_mw : at the converter's AC terminals, discharging positive; what is no number counts as 0.
    """
    _advance(system[0], soc, temperature_degc, capacity_rel, resistance_rel, request_mw, outside_degc, dt_s, out)


@compiled
def run_into(
    system: np.ndarray,
    soc: float,
    temperature_degc: float,
    capacity_rel: float,
    resistance_rel: float,
    request_mw: np.ndarray,
    outside_degc: np.ndarray,
    dt_s: float,
    out: np.ndarray,
) -> None:
    """Many equal steps, requests and outside temperatures of shape (n,), results (n, 12)."""
    for k in range(request_mw.size):
        _advance(
            system[0], soc, temperature_degc, capacity_rel, resistance_rel, request_mw[k], outside_degc[k], dt_s, out[k]
        )
        soc, temperature_degc = out[k, 0], out[k, 1]
