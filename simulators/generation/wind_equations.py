"""Wind at the hub and the density-corrected power curve: m/s, kg/m³, °C, Pa; power in the unit of the curve.

The first functions take floats, numpy arrays and CasADi symbols alike; each equals the windpowerlib function it names.
:class:`PowerCurve` takes floats.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Any, TypeAlias

Quantity: TypeAlias = Any
"""A float, an array of floats or a CasADi symbol."""

KELVIN_AT_0_DEGC = 273.15
TEMPERATURE_GRADIENT_K_PER_M = -0.0065
"""Standard atmosphere; windpowerlib.temperature.linear_gradient."""
PRESSURE_GRADIENT_PA_PER_M = -12.5
"""1/8 hPa per metre; windpowerlib.density.ideal_gas."""
DRY_AIR_J_PER_KG_K = 287.058
"""Specific gas constant of dry air."""
REFERENCE_DENSITY_KG_M3 = 1.225
"""Power curves are published for it (IEC 61400-12-1)."""
LOW_WIND_M_S, HIGH_WIND_M_S = 7.5, 12.5
LOW_WIND_EXPONENT, HIGH_WIND_EXPONENT = 1 / 3, 2 / 3
"""Density moves a point of the curve by (ρ0/ρ)^p; p rises from 1/3 to 2/3 between these wind speeds: L. Svenningsen,
Proposal of an Improved Power Curve Correction, EMD 2010; windpowerlib.power_output.power_curve_density_correction."""


def hub_wind_speed(wind_speed: Quantity, measured_height_m: float, hub_height_m: float, exponent: float) -> Quantity:
    """Power law of the wind profile. Equals windpowerlib.wind_speed.hellman."""
    return wind_speed * (hub_height_m / measured_height_m) ** exponent


def hub_air_density(pressure_pa: Quantity, air_temperature_degc: Quantity, hub_height_m: float) -> Quantity:
    """Density of dry air at the hub; pressure and temperature are those at the ground.

    Equals windpowerlib.density.ideal_gas after windpowerlib.temperature.linear_gradient.
    """
    temperature_k = air_temperature_degc + KELVIN_AT_0_DEGC + TEMPERATURE_GRADIENT_K_PER_M * hub_height_m
    return (pressure_pa + PRESSURE_GRADIENT_PA_PER_M * hub_height_m) / (DRY_AIR_J_PER_KG_K * temperature_k)


def density_exponent(wind_speed: float) -> float:
    """Exponent p of a point of the power curve."""
    way = (wind_speed - LOW_WIND_M_S) / (HIGH_WIND_M_S - LOW_WIND_M_S)
    return LOW_WIND_EXPONENT + min(max(way, 0.0), 1.0) * (HIGH_WIND_EXPONENT - LOW_WIND_EXPONENT)


class PowerCurve:
    """Power over wind speed at any air density, 0 outside the curve.

    Equals windpowerlib.power_output.power_curve_density_correction; the shifted curve is evaluated only where it is
    looked up.
    """

    __slots__ = ("_exponents", "_indices", "powers", "speeds")

    def __init__(self, speeds: list[float], powers: list[float]) -> None:
        """Take points of rising wind speed [m/s] and their power."""
        self.speeds = speeds
        self.powers = powers
        self._exponents = [density_exponent(v) for v in speeds]
        self._indices = range(len(speeds))

    def power(self, wind_speed: float, density: float) -> float:
        """Power at a wind speed [m/s] at hub height and an air density [kg/m³]."""
        speeds, exponents = self.speeds, self._exponents
        thinness = REFERENCE_DENSITY_KG_M3 / density

        def shifted(index: int) -> float:
            return speeds[index] * thinness ** exponents[index]

        above = bisect_right(self._indices, wind_speed, key=shifted)
        if above == 0:
            return 0.0
        low = shifted(above - 1)
        if above == len(speeds):
            return self.powers[-1] if wind_speed == low else 0.0
        share = (wind_speed - low) / (shifted(above) - low)
        return self.powers[above - 1] + share * (self.powers[above] - self.powers[above - 1])
