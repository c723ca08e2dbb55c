"""Wet cooling tower: cooling-water temperature, fan electricity and water for the heat it rejects.

Powers in MW, temperatures in °C, water in kg/s. The equations take floats, arrays and CasADi symbols. What a chiller
rejects is its cooling and what drives it: Q (1 + 1/COP). Sources: evaporation, blowdown by cycles of concentration and
drift as in the ASHRAE Handbook, HVAC Systems and Equipment, chapter Cooling Towers; fans by the affinity laws.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from simulators.water import EVAPORATION_J_KG, WATT_PER_MW

FAN_EXPONENT = 3
"""Affinity law: power grows with the cube of the flow."""


class CoolingTowerParams(BaseModel):
    """An induced-draught tower with variable fan speed."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    rated_mw: float = Field(gt=0, description="heat rejected at the design approach and full fan speed [MW]")
    approach_k: float = Field(default=4.0, gt=0, description="water off the tower above wet bulb at rated heat [K]")
    fan_frac: float = Field(
        default=0.01, ge=0, lt=0.2, description="fan electricity at full speed relative to rated heat [-]"
    )
    pump_frac: float = Field(
        default=0.008, ge=0, lt=0.1, description="electricity of the cooling-water pumps relative to heat rejected [-]"
    )
    latent_frac: float = Field(default=0.85, ge=0, le=1, description="part of the heat leaving by evaporation [-]")
    concentration_factor: float = Field(default=4.0, gt=1, description="cycles of concentration of the basin [-]")
    drift_frac: float = Field(default=0.01, ge=0, lt=0.1, description="drift relative to evaporation [-]")


def rejected_mw(cooling_mw: Any, driving_mw: Any) -> Any:
    """Heat to the tower: cooling and whatever drove it (electricity, heat)."""
    return cooling_mw + driving_mw


def water_degc(heat_mw: Any, wet_bulb_degc: Any, rated_mw: Any, approach_k: Any) -> Any:
    """Cooling water off the tower at full fan speed; the approach shrinks in proportion to the heat."""
    return wet_bulb_degc + approach_k * heat_mw / rated_mw


def fan_mw(heat_mw: Any, rated_mw: Any, fan_frac: Any) -> Any:
    """Fan electricity; above the rated heat the fans are at full speed."""
    return fan_frac * rated_mw * np.fmin(1.0, heat_mw / rated_mw) ** FAN_EXPONENT


def water_kg_s(heat_mw: Any, latent_frac: Any, concentration_factor: Any, drift_frac: Any) -> Any:
    """Make-up water: evaporation, drift and blowdown."""
    evaporated = heat_mw * WATT_PER_MW * latent_frac / EVAPORATION_J_KG
    return evaporated * (concentration_factor / (concentration_factor - 1.0) + drift_frac)
