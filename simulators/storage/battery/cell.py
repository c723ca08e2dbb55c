"""A large prismatic LFP/graphite cell as stationary containers have it: limits, resistance and heat of entropy.

V, A, Ω, Ah per cell; discharging positive. Figures of a 280 Ah cell (72 × 174 × 207 mm):

* capacity, mass, voltage window, rates and temperature range: typical of the data sheets of this format (5.4 kg, 2.5 to
  3.65 V, charging 0 to 60 °C, discharging down to -20 °C or less, 0.5 C standard, 1 C at most);
* resistance: 0.2 ± 0.05 mΩ at 1 kHz is usual for the format, 0.05 mΩ is added for the busbars; with the polarisation it
  is 0.5 mΩ, the upper end for large LFP cells in J. Ross et al., arXiv 2601.08459 (2026). It gives 94 % round trip at
  0.5 C, as data sheets have it. Polarisation is taken at once: it builds up in a minute or two;
* its change with temperature and charge, and the entropy: pulses and potentiometry on the Sony US26650FTC1 by
  M. Naumann (PhD thesis, TU München, 2018), data set of SimSES. At 50 % charge the mean of charging and discharging at
  10 °C is 1.43 and at 40 °C 0.80 of that at 25 °C; half of the resistance without and half with an activation energy
  of 28.5 kJ/mol makes 1.42 and 0.79;
* hysteresis: half of the gap between charging and discharging at C/100, 17 to 29 mV on the same cell, 20 mV at mid
  charge. It is a loss in proportion to the current.

Self-discharge (3 % a month or less) is left out: a thirtieth of what auxiliaries and standby take.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from simulators.jit import compiled

CAPACITY_AH = 280.0
OHMIC_OHM = 0.25e-3
"""Metal and electrolyte; hardly depends on the temperature."""
POLARISATION_OHM = 0.25e-3
"""Charge transfer and diffusion, at 25 °C."""
HYSTERESIS_V = 0.02
NOMINAL_V = 3.2
MIN_V, MAX_V = 2.5, 3.6
"""Window in operation; the data sheet's 3.65 V is where protection trips."""
MASS_KG = 5.4
HEAT_CAPACITY_J_KG_K = 1000.0
"""LFP cells: 900 to 1100 J/(kg K)."""
POLARISATION_ACTIVATION_K = 3430.0
"""Activation energy of 28.5 kJ/mol over the gas constant."""
REFERENCE_K = 298.15
ZERO_CELSIUS_K = 273.15

DISCHARGE_SHAPE = np.array([1.29, 1.29, 1.05, 1.02, 1.08, 1.00, 0.93, 0.87, 0.97, 0.89, 0.89])
CHARGE_SHAPE = np.array([0.84, 0.84, 0.92, 0.92, 0.93, 1.00, 1.07, 1.11, 1.05, 1.19, 1.19])
"""Resistance at 25 °C over that at 50 % charge, every 10 % from empty to full."""
ENTROPY_V_K = np.array([-49.0, -16.0, -12.0, -4.0, 10.0, 11.0, 13.0, 15.0, 10.0, 8.0, 12.0]) * 1e-5
"""Change of the open-circuit voltage with temperature, every 10 %."""


class CellConstants(NamedTuple):
    """What the kernels need to know of a cell."""

    capacity_ah: float
    ohmic_ohm: float
    polarisation_ohm: float
    hysteresis_v: float
    min_v: float
    max_v: float


@compiled
def _between_tenths(table: np.ndarray, soc: float) -> float:
    place = min(max(soc, 0.0), 1.0) * 10.0
    i = min(int(place), 9)
    return table[i] + (place - i) * (table[i + 1] - table[i])


@compiled
def resistance_ohm(
    cell: CellConstants, soc: float, temperature_degc: float, charging: bool, resistance_rel: float
) -> float:
    """Ohmic resistance and polarisation.

    Parameters
    ----------
    resistance_rel : resistance of the aged cell over that of the new one.
    """
    kelvin = temperature_degc + ZERO_CELSIUS_K
    slowed = math.exp(POLARISATION_ACTIVATION_K * (1.0 / kelvin - 1.0 / REFERENCE_K))
    shape = _between_tenths(CHARGE_SHAPE, soc) if charging else _between_tenths(DISCHARGE_SHAPE, soc)
    return resistance_rel * shape * (cell.ohmic_ohm + cell.polarisation_ohm * slowed)


@compiled
def entropy_v_k(soc: float) -> float:
    """dU/dT; a current I cools the cell by I·T·dU/dT, reversibly."""
    return _between_tenths(ENTROPY_V_K, soc)
