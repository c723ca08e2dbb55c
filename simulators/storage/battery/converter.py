"""Power electronics: losses as a curve of the power at the AC terminals, and its exact inverse.

MW; discharging positive on both sides. While the converter runs, P_dc = P_ac + L(|P_ac|) with

    L = P_rated (k0 + k1 x + k2 x²),  x = |P_ac| / P_rated

k0: magnetisation, control and fans; k1: switching and conduction at a threshold voltage; k2: conduction in resistances.
A curve of this form is common for inverters (G. Notton et al., Renewable Energy 35 (2010) 541, without k1). The default
figures are typical of central storage converters at 1500 V DC: 98.5 % at best and at rated power, 97 % at a tenth.
A transformer to medium voltage adds to k0, on load or not, and to k2; typical figures of a 2 to 5 MVA unit are taken.

P_dc rises with P_ac, also through zero: a converter that runs at less than its no-load loss in the charging direction
takes the rest from the battery. So the inverse is unique. Off means standby: its loss is drawn on the AC side.

Plain functions, compiled where they are used (step.py).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

NO_LOAD_FRAC = 0.0025
LINEAR_FRAC = 0.0065
QUADRATIC_FRAC = 0.0065
STANDBY_FRAC = 0.0005
TRANSFORMER_NO_LOAD_FRAC = 0.001
TRANSFORMER_LOAD_FRAC = 0.0075
"""All of the rated power."""


class ConverterConstants(NamedTuple):
    """What the kernels need to know of a converter."""

    rated_mw: float
    no_load_frac: float
    linear_frac: float
    quadratic_frac: float
    standby_mw: float


def loss_mw(converter: ConverterConstants, ac_mw: Any) -> Any:
    """Loss while running; for numbers, arrays and symbols."""
    load = abs(ac_mw) / converter.rated_mw
    return converter.rated_mw * (
        converter.no_load_frac + load * (converter.linear_frac + load * converter.quadratic_frac)
    )


def dc_power_mw(converter: ConverterConstants, ac_mw: Any) -> Any:
    """Power on the battery's side for a power on the grid's side, while running."""
    return ac_mw + loss_mw(converter, ac_mw)


def ac_power_mw(converter: ConverterConstants, dc_mw: float) -> float:
    """The power on the grid's side that makes ``dc_mw``: the root of the quadratic in its stable form."""
    above_no_load = dc_mw / converter.rated_mw - converter.no_load_frac
    slope = 1.0 + math.copysign(converter.linear_frac, above_no_load)
    root = math.sqrt(slope**2 + 4.0 * converter.quadratic_frac * above_no_load)
    return converter.rated_mw * 2.0 * above_no_load / (slope + root)
