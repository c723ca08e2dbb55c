"""Electric chillers: electricity for cooling at part load and wet-bulb temperature; how many units run.

Powers in MW, temperatures in °C. With n equal units on, each with rated cooling Q_r and rated COP,

    P = n P_r (c0 + c1 q + c2 q²) (1 + k (T_wb - T_ref)),   P_r = Q_r / COP,  q = Q / (n Q_r),  c0 + c1 + c2 = 1

so that COP is the rated one at full load and T_ref. The no-load share c0 belongs to the commitment n: with n given, P
is convex in Q, which COP(q) as a divisor would not be. Best part load is q = √(c0/c2). The equations take floats,
arrays and CasADi symbols. k: 2 to 3 % per K of condensing temperature is usual for water-cooled screw and centrifugal
machines; c0, c1, c2: of the order of the quadratic part-load curves in DOE-2 and EnergyPlus data sets.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

STAGE_DOWN_FRAC = 0.85
"""One unit fewer runs only if the others then stay below this load: hysteresis against hunting."""


class ElectricChillerParams(BaseModel):
    """Equal water-cooled compression chillers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    units: int = Field(default=2, ge=1, description="number of equal units [-]")
    rated_mw: float = Field(gt=0, description="rated cooling of one unit [MW]")
    rated_cop: float = Field(
        default=4.0, gt=0.5, description="cooling over electricity at rated load and reference wet bulb [-]"
    )
    reference_wet_bulb_degc: float = Field(default=24.0, description="wet-bulb temperature of the rating [°C]")
    no_load_frac: float = Field(default=0.12, ge=0, lt=1, description="c0, electricity at no load over rated [-]")
    quadratic_frac: float = Field(default=0.28, ge=0, lt=1, description="c2, quadratic share [-]")
    wet_bulb_gain_per_k: float = Field(
        default=0.025, ge=0, lt=0.1, description="k, more electricity per K of wet-bulb temperature [1/K]"
    )
    min_wet_bulb_degc: float = Field(
        default=10.0, description="below it the tower is throttled to keep the condenser warm enough [°C]"
    )
    min_load_frac: float = Field(default=0.15, gt=0, le=1, description="lowest load of a unit; below it cycles [-]")

    @model_validator(mode="after")
    def _shape_is_convex_and_positive(self) -> ElectricChillerParams:
        if self.no_load_frac + self.quadratic_frac >= 1.0:
            raise ValueError(
                f"no_load_frac {self.no_load_frac:g} and quadratic_frac {self.quadratic_frac:g} leave nothing for the "
                "linear share; keep their sum below 1"
            )
        lowest = self.wet_bulb_gain_per_k * (self.min_wet_bulb_degc - self.reference_wet_bulb_degc)
        if lowest <= -1.0:
            raise ValueError("at min_wet_bulb_degc the electricity would be 0 or less; raise it or reduce the gain")
        return self


def wet_bulb_factor(wet_bulb_degc: Any, gain_per_k: Any, reference_degc: Any, min_degc: Any) -> Any:
    """Electricity relative to that at the reference wet bulb."""
    return 1.0 + gain_per_k * (np.fmax(wet_bulb_degc, min_degc) - reference_degc)


def electricity_mw(
    cooling_mw: Any, units_on: Any, rated_mw: Any, rated_cop: Any, no_load_frac: Any, quadratic_frac: Any, factor: Any
) -> Any:
    """Electricity [MW, ≥ 0] of ``units_on`` > 0 equal units; ``factor`` from :func:`wet_bulb_factor`."""
    load = cooling_mw / (units_on * rated_mw)
    linear_frac = 1.0 - no_load_frac - quadratic_frac
    return units_on * rated_mw / rated_cop * (no_load_frac + load * (linear_frac + load * quadratic_frac)) * factor


def units_needed(cooling_mw: float, units_on: int, units: int, rated_mw: float) -> int:
    """Units to run for a load, given how many run now (floats only)."""
    wanted = min(units, math.ceil(cooling_mw / rated_mw))
    if wanted >= units_on:
        return wanted
    fewest = min(units, math.ceil(cooling_mw / (rated_mw * STAGE_DOWN_FRAC)))
    return min(units_on, fewest)
