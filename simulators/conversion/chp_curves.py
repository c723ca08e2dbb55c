"""Part-load fuel and heat of a gas-engine CHP, as polynomials of the load x = p / rated power.

Fuel rises with a no-load term: at rated power it is rated power over electrical efficiency. The fuel curve is that of
a manufacturer's data sheet (GE Jenbacher J 208 GS, 2016: 851/657/463 kW of fuel for 330/247/163 kW; met within 0.5 %);
the heat curve rises a little over the fuel at part load, as jacket water does there (162/143/113 kW), while exhaust
heat falls. Fuel on its lower heating value. Both are smooth, convex and concave in the load, with the no-load term
multiplied by the commitment, so that numbers, arrays and symbols of an optimiser all do.
"""

from __future__ import annotations

from typing import Any

FUEL_OF_LOAD = (0.11, 0.87, 0.02)
"""Fuel over rated fuel = a0 + a1 x + a2 x²; the sum is 1."""
HEAT_OF_LOAD = (0.10, 1.02, -0.12)
"""Heat over rated heat = b0 + b1 x + b2 x²; the sum is 1."""


def fuel_mw(p_mw: Any, rated_mw: float, electrical_efficiency: float, on: Any = 1.0) -> Any:
    """Fuel input [MW, ≥ 0] of a unit that runs (``on`` = 1) at ``p_mw``."""
    a0, a1, a2 = FUEL_OF_LOAD
    x = p_mw / rated_mw
    return rated_mw / electrical_efficiency * (a0 * on + a1 * x + a2 * x * x)


def heat_mw(p_mw: Any, rated_mw: float, rated_heat_mw: float, on: Any = 1.0) -> Any:
    """Useful heat [MW, ≥ 0] of a unit that runs (``on`` = 1) at ``p_mw``."""
    b0, b1, b2 = HEAT_OF_LOAD
    x = p_mw / rated_mw
    return rated_heat_mw * (b0 * on + b1 * x + b2 * x * x)


def usable_rated_heat_mw(
    rated_mw: float, rated_heat_mw: float, electrical_efficiency: float, thermal_efficiency: float
) -> float:
    """Heat at rated power: what the efficiencies give, but no more than the heat exchangers' nameplate.

    For 4 MW at 45 % and 40 % that is 3.556 MW against a nameplate of 3.5 MW: the nameplate rules and the rest is loss.
    """
    return min(rated_heat_mw, rated_mw / electrical_efficiency * thermal_efficiency)


def smallest_loss_frac(electrical_efficiency: float, thermal_efficiency: float) -> float:
    """Least loss over all loads from 0 to rated, relative to rated fuel; below 0 the curves would create energy.

    Parameters
    ----------
    thermal_efficiency : usable heat over fuel at rated power.
    """
    c0, c1, c2 = (
        fuel - electrical_efficiency * power - thermal_efficiency * heat
        for fuel, power, heat in zip(FUEL_OF_LOAD, (0.0, 1.0, 0.0), HEAT_OF_LOAD, strict=True)
    )
    x = min(max(-0.5 * c1 / c2, 0.0), 1.0)
    return c0 + c1 * x + c2 * x * x
