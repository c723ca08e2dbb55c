"""Single-effect absorption chiller: cooling from heat.

Powers in MW, temperatures in °C, times in s. The equations take floats, arrays and CasADi symbols. Heat drives it and
cooling comes out, two different quantities: drive heat = cooling / COP. Single-effect LiBr machines have a COP near
0.7 and need hot water of some 75 to 80 °C to work at all, 90 °C or more for full capacity; from cold they need 20 to
40 min until the solution circulates at temperature (manufacturers' data sheets; capacity is taken as linear between
the two temperatures and over the start).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator


class AbsorptionChillerParams(BaseModel):
    """A hot-water driven absorption chiller."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    rated_mw: float = Field(gt=0, description="rated cooling [MW]")
    cop: float = Field(default=0.7, gt=0, le=2, description="cooling over drive heat [-]")
    full_drive_degc: float = Field(default=90.0, description="drive temperature from which capacity is full [°C]")
    min_drive_degc: float = Field(default=78.0, description="drive temperature up to which there is no cooling [°C]")
    min_load_frac: float = Field(default=0.2, ge=0, lt=1, description="below this capacity it is not run [-]")
    start_s: float = Field(default=1800.0, ge=0, description="from cold to full capacity [s]")
    cool_down_s: float = Field(default=14400.0, gt=0, description="from warm to cold when off [s]")
    start_heat_mwh: float = Field(default=0.1, ge=0, description="drive heat to warm it up from cold [MWh]")
    auxiliary_frac: float = Field(
        default=0.01, ge=0, lt=0.2, description="electricity for its pumps relative to cooling [-]"
    )

    @model_validator(mode="after")
    def _temperatures_are_in_order(self) -> AbsorptionChillerParams:
        if self.full_drive_degc <= self.min_drive_degc:
            raise ValueError(
                f"full_drive_degc {self.full_drive_degc:g} must be above min_drive_degc {self.min_drive_degc:g}"
            )
        return self


def capacity_frac(drive_degc: Any, min_drive_degc: Any, full_drive_degc: Any) -> Any:
    """Capacity at a drive temperature relative to rated, 0 to 1."""
    return np.fmin(1.0, np.fmax(0.0, (drive_degc - min_drive_degc) / (full_drive_degc - min_drive_degc)))


def drive_heat_mw(cooling_mw: Any, cop: Any) -> Any:
    """Heat taken for a cooling [MW]."""
    return cooling_mw / cop


def warmth_after(warm_frac: float, on: bool, start_s: float, cool_down_s: float, dt_s: float) -> float:
    """How warm the machine is after a sub-step, 0 (cold) to 1 (ready); floats only."""
    if not on:
        return max(0.0, warm_frac - dt_s / cool_down_s)
    return 1.0 if start_s <= 0.0 else min(1.0, warm_frac + dt_s / start_s)
