"""Gas boiler: fuel at part load and return temperature, and when it starts and stops.

Powers in MW (fuel on LHV), temperatures in °C, times in s. The equations take floats, arrays and CasADi symbols; with
the boiler on, the fuel is affine in the heat, so it is convex in an optimiser. The state machine takes floats only.

Sources: efficiency against return temperature as in the diagram for condensing boilers of the ASHRAE Handbook, HVAC
Systems and Equipment, chapter Boilers (about 87 % on HHV above the dew point of 54 °C, 96 % at 27 °C; times 1.108 on
LHV: 0.0036 per K). Radiation and convection losses of shell boilers: about 1 % of the rated heat at any load.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

LONG_AGO_S = 1e9
"""Time in its mode of a boiler that has never run."""


class BoilerParams(BaseModel):
    """A modulating gas boiler."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    rated_mw: float = Field(gt=0, description="rated heat [MW]")
    min_load_frac: float = Field(default=0.2, gt=0, le=1, description="lowest continuous load; below it cycles [-]")
    rated_efficiency: float = Field(
        default=0.95, gt=0.5, le=1.0, description="heat over fuel (LHV) at rated load, return above the dew point [-]"
    )
    standby_frac: float = Field(
        default=0.01, ge=0, lt=0.2, description="loss while on, at any load, relative to rated heat [-]"
    )
    condensing_gain_per_k: float = Field(
        default=0.0036, ge=0, lt=0.01, description="efficiency gained per K of return below the dew point [1/K]"
    )
    dew_point_degc: float = Field(default=54.0, gt=0, le=70, description="dew point of the flue gas [°C]")
    start_s: float = Field(default=180.0, ge=0, le=7200, description="from start to first heat (purge, ignition) [s]")
    start_gas_mwh: float = Field(
        default=0.01, ge=0, description="fuel burnt during the start, before the first heat (LHV) [MWh]"
    )
    min_on_s: float = Field(default=1800.0, ge=0, description="shortest time on [s]")
    min_off_s: float = Field(default=600.0, ge=0, description="shortest time off [s]")
    auxiliary_frac: float = Field(
        default=0.004, ge=0, lt=0.1, description="electricity for burner fan and pump relative to heat [-]"
    )


OFF, STARTING, ON = 0, 1, 2
"""Modes; plain integers because the state machine is compiled."""


class BoilerMode(IntEnum):
    """Names of the modes for recorded runs."""

    OFF = OFF
    STARTING = STARTING
    ON = ON


class BoilerMemory(NamedTuple):
    """What the boiler remembers."""

    mode: int
    in_mode_s: float
    start_count: int


def efficiency(return_degc: Any, rated_efficiency: Any, condensing_gain_per_k: Any, dew_point_degc: Any) -> Any:
    """Heat over fuel (LHV) at rated load for a return temperature."""
    return rated_efficiency + condensing_gain_per_k * np.fmax(0.0, dew_point_degc - return_degc)


def gas_mw(heat_mw: Any, on: Any, rated_mw: Any, full_load_efficiency: Any, standby_frac: Any) -> Any:
    """Fuel [MW LHV, ≥ 0] of a boiler on (1) or off (0) that gives ``heat_mw``; efficiency at rated load."""
    return standby_frac * rated_mw * on + heat_mw * (1.0 / full_load_efficiency - standby_frac)


def cycling_gas_mw(
    heat_mw: Any, min_mw: Any, rated_mw: Any, full_load_efficiency: Any, standby_frac: Any
) -> Any:
    """Fuel [MW LHV] of a boiler that may cycle below its minimum load: on for the part ``heat / min`` of the time."""
    on_frac = np.fmin(1.0, heat_mw / min_mw)
    return standby_frac * rated_mw * on_frac + heat_mw * (1.0 / full_load_efficiency - standby_frac)


def next_mode(
    memory: BoilerMemory, wanted: bool, may_stop: bool, start_s: float, min_on_s: float, min_off_s: float
) -> BoilerMemory:
    """Mode for the coming sub-step; ``in_mode_s`` counts the time spent in the mode before it.

    Parameters
    ----------
    wanted : heat from the boiler is needed now.
    may_stop : what it gives can be had elsewhere for a while.
    """
    mode, in_mode_s, start_count = memory.mode, memory.in_mode_s, memory.start_count
    if mode == OFF and wanted and in_mode_s >= min_off_s:
        mode, in_mode_s, start_count = STARTING, 0.0, start_count + 1
    elif mode == ON and may_stop and in_mode_s >= min_on_s:
        mode, in_mode_s = OFF, 0.0
    if mode == STARTING and in_mode_s >= start_s:
        mode, in_mode_s = ON, 0.0
    return BoilerMemory(mode, in_mode_s, start_count)
