"""Limits of a battery below the converter's rating, each as the largest current that it allows.

A per cell, ≥ 0; charging and discharging have limits of their own. Applied in this order (:mod:`.step`), the first that
binds is the reason given:

1. POWER: the converter's rating, for it is the first that a request meets;
2. CURRENT: the rate of the cells, what fuses, busbars and the data sheet allow at any time;
3. TEMPERATURE: the rate again, less in the cold (lithium plates on the graphite when it is charged below 0 °C) and in
   the heat; and no more heat than keeps the cells below the upper limit;
4. VOLTAGE: the window of cells and converter, at the end of the sub-step, where it is tightest;
5. ENERGY: the band of the state of charge, last, for it is a choice of operation and not a danger.

All limits act on the true state. That of the charge too: the cell voltage, which is measured well, gives the ends away,
and there the management system stops whatever its estimate says.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from simulators.jit import compiled
from simulators.storage.battery.cell import CellConstants
from simulators.storage.battery.open_circuit import voltage_v

BISECTIONS = 50
"""Halvings of a current: it is then known to 15 digits."""


class LimitConstants(NamedTuple):
    """What the kernels need to know of the limits."""

    charge_per_h: float
    discharge_per_h: float
    no_charge_below_degc: float
    full_charge_above_degc: float
    no_discharge_below_degc: float
    full_discharge_above_degc: float
    full_below_degc: float
    none_above_degc: float
    min_soc: float
    max_soc: float


@compiled
def temperature_factor(limits: LimitConstants, temperature_degc: float, charging: bool) -> float:
    """Part of the rate that is allowed at a temperature, 0 to 1, linear between the two temperatures of each ramp."""
    cold, warm = limits.no_discharge_below_degc, limits.full_discharge_above_degc
    if charging:
        cold, warm = limits.no_charge_below_degc, limits.full_charge_above_degc
    rising = (temperature_degc - cold) / (warm - cold)
    falling = (limits.none_above_degc - temperature_degc) / (limits.none_above_degc - limits.full_below_degc)
    return max(min(rising, falling, 1.0), 0.0)


@compiled
def current_for_heat_a(heat_w: float, ohm: float, volt: float) -> float:
    """Current I ≥ 0 that makes ``ohm``·I² + ``volt``·I = ``heat_w``; 0 where no heat may be made."""
    if heat_w <= 0.0:
        return 0.0
    root = math.sqrt(volt * volt + 4.0 * ohm * heat_w)
    return 2.0 * heat_w / (volt + root) if volt >= 0.0 else (root - volt) / (2.0 * ohm)


@compiled
def current_for_voltage_a(
    cell: CellConstants, current_a: float, soc: float, soc_per_a: float, ohm: float, charging: bool
) -> float:
    """As much of a current as keeps the voltage at the end of a sub-step within the window.

    Parameters
    ----------
    soc_per_a : change of the state of charge by 1 A over the sub-step.
    """
    if _margin_v(cell, current_a, soc, soc_per_a, ohm, charging) >= 0.0:
        return current_a
    allowed, too_much = 0.0, current_a
    for _ in range(BISECTIONS):
        middle = 0.5 * (allowed + too_much)
        if _margin_v(cell, middle, soc, soc_per_a, ohm, charging) >= 0.0:
            allowed = middle
        else:
            too_much = middle
    return allowed


@compiled
def _margin_v(
    cell: CellConstants, current_a: float, soc: float, soc_per_a: float, ohm: float, charging: bool
) -> float:
    drop_v = ohm * current_a + cell.hysteresis_v
    if charging:
        return cell.max_v - (voltage_v(soc + current_a * soc_per_a) + drop_v)
    return voltage_v(soc - current_a * soc_per_a) - drop_v - cell.min_v


@compiled
def current_for_band_a(limits: LimitConstants, soc: float, soc_per_a: float, charging: bool) -> float:
    """Current that ends the sub-step on the edge of the band; 0 outside it, except on the way back."""
    room = limits.max_soc - soc if charging else soc - limits.min_soc
    return max(room, 0.0) / soc_per_a
