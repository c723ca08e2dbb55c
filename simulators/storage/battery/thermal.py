"""Temperature of the cells in their container: one mass, losses to the outside, and a thermostat with a band.

°C, W, J. C dT/dt = heat - G (T - T_outside) + heating - cooling, with all on the right constant over a sub-step: the
solution is an exponential. The thermal management is liquid cooling (cold plates, chiller, electric heater), as in
containers of this generation: it acts on the cells themselves, runs at part load and holds the edge of the band that
the cells would otherwise leave, as far as its rated power goes. So there is no switching that a step could miss.

The sun on the roof, the temperature spread between cells and the coolant's own mass are not modelled.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from simulators.jit import compiled


class ThermalConstants(NamedTuple):
    """What the kernels need to know of container and thermal management."""

    heat_capacity_j_k: float
    loss_w_k: float
    cooling_w: float
    """Rated heat removal."""
    heating_w: float
    cooling_cop: float
    heating_cop: float
    cool_above_degc: float
    heat_below_degc: float


@compiled
def gain_k_w(thermal: ThermalConstants, dt_s: float) -> float:
    """Warming at the end of a sub-step by a constant power of 1 W."""
    if thermal.loss_w_k * dt_s < 1e-12 * thermal.heat_capacity_j_k:
        return dt_s / thermal.heat_capacity_j_k
    return -math.expm1(-dt_s * thermal.loss_w_k / thermal.heat_capacity_j_k) / thermal.loss_w_k


@compiled
def at_rest_degc(thermal: ThermalConstants, temperature_degc: float, outside_degc: float, gain: float) -> float:
    """Temperature at the end of a sub-step without any heat; ``gain`` from :func:`gain_k_w`."""
    return temperature_degc + (outside_degc - temperature_degc) * thermal.loss_w_k * gain


@compiled
def management_w(thermal: ThermalConstants, free_degc: float, gain: float) -> float:
    """Heat that the thermal management gives to the cells; cooling is negative.

    Parameters
    ----------
    free_degc : temperature at the end of the sub-step without it.
    """
    if free_degc > thermal.cool_above_degc:
        return -min(thermal.cooling_w, (free_degc - thermal.cool_above_degc) / gain)
    if free_degc < thermal.heat_below_degc:
        return min(thermal.heating_w, (thermal.heat_below_degc - free_degc) / gain)
    return 0.0


@compiled
def electricity_w(thermal: ThermalConstants, given_w: float) -> float:
    """What the thermal management draws for a heat, ≥ 0."""
    return given_w / thermal.heating_cop if given_w > 0.0 else -given_w / thermal.cooling_cop
