"""Properties of the heat carrier: constants of one network, taken at a reference temperature.

Density, heat capacity and viscosity are constant within a network. A volume of water then carries exactly the heat that
was put into it and the balance closes to round-off; the price is the change of density between 55 and 90 °C (2 %).
"""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass

ZERO_CELSIUS_K = 273.15

_KELL_NUMERATOR = (999.83952, 16.945176, -7.9870401e-3, -46.170461e-6, 105.56302e-9, -280.54253e-12)
_KELL_DENOMINATOR = 16.879850e-3
"""Density of water in kg/m³ over °C at 1 atm: G. S. Kell, J. Chem. Eng. Data 20 (1975) 97."""

_VISCOSITY_TERMS = ((280.68, -1.9), (511.45, -7.7), (61.131, -19.6), (0.45903, -40.0))
"""Viscosity of liquid water at 0.1 MPa in µPa s over T/300 K, 253–383 K: IAPWS SR6-08(2011), eq. 7."""

_HEAT_CAPACITY_TEMPERATURES = (0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 100.0)
_HEAT_CAPACITY_VALUES = (4219.4, 4195.5, 4184.4, 4180.1, 4179.4, 4181.3, 4185.1, 4190.1, 4196.8, 4205.3, 4215.7)
"""Isobaric heat capacity of water in J/(kg K) at 0.1 MPa: NIST Chemistry WebBook, SRD 69."""

_ANTOINE_BELOW_100 = (8.07131, 1730.63, 233.426)
_ANTOINE_ABOVE_100 = (8.14019, 1810.94, 244.485)
"""Vapour pressure of water, log10(p/mmHg) = A - B/(C + t/°C): Antoine, Dortmund Data Bank."""
BAR_PER_MMHG = 1.33322e-3


@dataclass(frozen=True, slots=True)
class Fluid:
    """Constants of the heat carrier of one network."""

    density_kg_m3: float
    heat_capacity_j_kg_k: float
    viscosity_pa_s: float
    freezing_degc: float = 0.0
    """Below this the network is not solvable."""


def water(reference_degc: float) -> Fluid:
    """Water at ``reference_degc`` (0 to 100 °C; outside, the nearest end of the heat capacity table holds)."""
    t = reference_degc
    density = sum(c * t**n for n, c in enumerate(_KELL_NUMERATOR)) / (1.0 + _KELL_DENOMINATOR * t)
    reduced = (t + ZERO_CELSIUS_K) / 300.0
    viscosity = 1e-6 * sum(a * reduced**b for a, b in _VISCOSITY_TERMS)
    return Fluid(density, _water_heat_capacity_j_kg_k(t), viscosity)


def _water_heat_capacity_j_kg_k(t_degc: float) -> float:
    grid, values = _HEAT_CAPACITY_TEMPERATURES, _HEAT_CAPACITY_VALUES
    t = min(max(t_degc, grid[0]), grid[-1])
    i = min(max(bisect.bisect_right(grid, t) - 1, 0), len(grid) - 2)
    share = (t - grid[i]) / (grid[i + 1] - grid[i])
    return values[i] + share * (values[i + 1] - values[i])


def vapour_pressure_bar(t_degc: float) -> float:
    """Vapour pressure of water in bar (absolute): a network whose pressure falls below it boils."""
    a, b, c = _ANTOINE_BELOW_100 if t_degc < 100.0 else _ANTOINE_ABOVE_100
    return float(BAR_PER_MMHG * math.pow(10.0, a - b / (c + t_degc)))
