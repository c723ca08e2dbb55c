"""Dry cooler: rejects surplus heat to the outdoor air, with the electricity of its fans.

Powers in MW, temperatures in °C. The equations take floats, arrays and CasADi symbols. Capacity is proportional to the
difference between hot water and air at the inlets (constant effectiveness at full fan speed); heat is taken as
proportional to the air flow and fan power as its cube (fan affinity laws), which is convex in the heat.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

FAN_EXPONENT = 3
"""Affinity law: power grows with the cube of the flow."""


class DryCoolerParams(BaseModel):
    """Air-cooled heat rejection."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    rated_mw: float = Field(gt=0, description="heat rejected at the design difference and full fan speed [MW]")
    design_difference_k: float = Field(
        default=45.0, gt=0, description="hot water inlet minus air inlet temperature at which it is rated [K]"
    )
    fan_frac: float = Field(
        default=0.015, ge=0, lt=0.2, description="fan electricity at full speed relative to rated heat [-]"
    )


def capacity_mw(hot_degc: Any, air_degc: Any, rated_mw: Any, design_difference_k: Any) -> Any:
    """Most heat that can be rejected; 0 where the water is no warmer than the air."""
    return rated_mw * np.fmax(0.0, hot_degc - air_degc) / design_difference_k


def fan_mw(heat_mw: Any, capacity: Any, rated_mw: Any, fan_frac: Any) -> Any:
    """Fan electricity for ``heat_mw`` ≤ ``capacity``; ``capacity`` > 0."""
    return fan_frac * rated_mw * (heat_mw / capacity) ** FAN_EXPONENT
