"""What the instruments say: state of charge, temperature and power as a controller sees them.

The state of charge is counted from the measured current: it starts with an error, drifts with the sensor's offset and
gain, and is put right at the ends of the band, where charging or discharging ends by cell voltage; between them the
voltage of LFP says next to nothing. Temperature and power come late and noisy. Random numbers come from a generator
that belongs to the component's state; four are drawn in every step. The capacity by which energy is told is an estimate
too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

CAPACITY_ERROR_FRAC = 0.01
"""Assumption: a hundredth too optimistic. Management systems learn the capacity from charges between recalibrations,
whose errors, half a point at either end, make about that."""
LATEST_S = 3600.0
"""Longest delay of an instrument."""


class BmsParams(BaseModel):
    """Errors of the instruments; standard deviations where noise is meant."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    initial_error_soc: float = Field(
        default=0.0, ge=-1, le=1, description="estimate less true state of charge at the start"
    )
    current_offset_frac: float = Field(
        default=2e-4, ge=-0.1, le=0.1,
        description="offset of the current sensor over the 1 h current; > 0 reads too much discharge: the estimate "
                    "falls by this part per hour",
    )  # fmt: skip
    current_gain_frac: float = Field(
        default=0.002, gt=-1, lt=1, description="measured over true current, less one [-]"
    )
    noise_soc: float = Field(default=0.002, ge=0, le=1, description="noise of the estimate, forgotten at each step")
    recalibrate_below_soc: float | None = Field(
        default=None, ge=0, le=1, description="the estimate is put right below this; default: min_soc + 0.01"
    )
    recalibrate_above_soc: float | None = Field(
        default=None, ge=0, le=1, description="the estimate is put right above this; default: max_soc - 0.01"
    )
    recalibration_error_soc: float = Field(
        default=0.005, ge=0, le=1, description="standard deviation of what a recalibration leaves"
    )
    capacity_error_frac: float = Field(
        default=CAPACITY_ERROR_FRAC, gt=-1, lt=1, description="estimated over true capacity, less one [-]"
    )
    temperature_bias_k: float = Field(default=0.0, ge=-20, le=20, description="measured less true temperature [K]")
    temperature_noise_k: float = Field(default=0.3, ge=0, le=20, description="noise of the temperature [K]")
    temperature_delay_s: float = Field(default=60.0, ge=0, le=LATEST_S, description="age of the temperature [s]")
    power_gain_frac: float = Field(default=0.0, gt=-1, lt=1, description="measured over true power, less one [-]")
    power_noise_frac: float = Field(
        default=0.001, ge=0, le=1, description="noise of the power meter over the rated power [-]"
    )
    power_delay_s: float = Field(default=1.0, ge=0, le=LATEST_S, description="age of the power [s]")


@dataclass(slots=True)
class BmsState:
    """What the instruments remember."""

    error_soc: float
    """Estimate less true value, without the noise."""
    at_end: bool
    """Whether the charge is where the estimate is put right."""
    waiting_degc: list[float]
    """Temperatures on their way, oldest first."""
    waiting_mw: list[float]
    """Powers on their way, oldest first."""


class Measured(NamedTuple):
    """Readings at the end of a step."""

    soc: float
    temperature_degc: float
    p_mw: float


def steps_late(delay_s: float, step_s: float) -> int:
    """Delay in whole steps, rounded."""
    return round(delay_s / step_s)


def initial_bms_state(params: BmsParams, temperature_degc: float, step_s: float) -> BmsState:
    """Instruments that have seen the battery at rest."""
    return BmsState(
        error_soc=params.initial_error_soc,
        at_end=False,
        waiting_degc=[temperature_degc] * steps_late(params.temperature_delay_s, step_s),
        waiting_mw=[0.0] * steps_late(params.power_delay_s, step_s),
    )


class Bms:
    """The instruments of one battery; ``state`` and generator are handed in."""

    def __init__(self, params: BmsParams, min_soc: float, max_soc: float, rated_mw: float) -> None:
        self.params = params
        below, above = params.recalibrate_below_soc, params.recalibrate_above_soc
        self._below_soc = min_soc + 0.01 if below is None else below
        self._above_soc = max_soc - 0.01 if above is None else above
        self._power_noise_mw = params.power_noise_frac * rated_mw

    def measure(
        self,
        state: BmsState,
        generator: np.random.Generator,
        soc_before: float,
        soc: float,
        temperature_degc: float,
        p_mw: float,
        dt_h: float,
    ) -> Measured:
        """Readings after a step in which the true charge went from ``soc_before`` to ``soc``."""
        p = self.params
        # as many numbers in every step, so that a parameter of one reading does not change another
        soc_noise, temperature_noise, power_noise, left = generator.standard_normal(4).tolist()
        at_end = not self._below_soc < soc < self._above_soc
        if at_end and not state.at_end:
            state.error_soc = p.recalibration_error_soc * left
        elif not at_end:
            state.error_soc += p.current_gain_frac * (soc - soc_before) - p.current_offset_frac * dt_h
        state.at_end = at_end
        estimate = soc + state.error_soc + p.noise_soc * soc_noise
        return Measured(
            min(max(estimate, 0.0), 1.0),
            _late(state.waiting_degc, temperature_degc) + p.temperature_bias_k
            + p.temperature_noise_k * temperature_noise,
            _late(state.waiting_mw, p_mw) * (1.0 + p.power_gain_frac) + self._power_noise_mw * power_noise,
        )  # fmt: skip


def _late(waiting: list[float], latest: float) -> float:
    """The oldest value on its way, after the latest has joined the queue."""
    waiting.append(latest)
    return waiting.pop(0)
