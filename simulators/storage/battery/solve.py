"""The current of a cell for a power at its terminals, over a sub-step, so that no energy is lost.

W, A, V per cell; discharging positive. With the mean open-circuit voltage Ū of the charge that the current itself
moves, resistance R and hysteresis U_h,

    P = Ū(I)·I - R I² - U_h |I|.

Ū·I·dt is the exact change of the energy content, so the balance closes for any sub-step; R is that at its start. The
right side rises with I and bends down only, so Newton's method, begun at the root for a constant voltage, converges
without overshooting after the first step.
"""

from __future__ import annotations

import math

from simulators.jit import compiled
from simulators.storage.battery.open_circuit import mean_voltage_v, voltage_v

ITERATIONS = 30
"""Never needed: three are usual, some more where the voltage falls steeply."""
PRECISION = 1e-10
"""Last relative change of the current; what is left after it is the square of that, and the rounding of Ū."""


@compiled
def terminal_power_w(current_a: float, soc: float, soc_per_a: float, ohm: float, hysteresis_v: float) -> float:
    """Mean power over a sub-step; ``soc_per_a`` is the charge that 1 A moves in it."""
    mean_v = mean_voltage_v(soc, soc - current_a * soc_per_a)
    return (mean_v - ohm * current_a) * current_a - hysteresis_v * abs(current_a)


@compiled
def current_a(power_w: float, soc: float, soc_per_a: float, ohm: float, hysteresis_v: float) -> float:
    """The current for a power that the cell can give or take."""
    if power_w == 0.0:
        return 0.0
    signed_hysteresis_v = math.copysign(hysteresis_v, power_w)
    source_v = voltage_v(soc) - signed_hysteresis_v
    current = 2.0 * power_w / (source_v + math.sqrt(max(source_v * source_v - 4.0 * ohm * power_w, 0.0)))
    for _ in range(ITERATIONS):
        missing_w = power_w - terminal_power_w(current, soc, soc_per_a, ohm, hysteresis_v)
        slope_v = voltage_v(soc - current * soc_per_a) - signed_hysteresis_v - 2.0 * ohm * current
        change = missing_w / slope_v
        current += change
        if abs(change) <= PRECISION * abs(current):
            break
    return current
