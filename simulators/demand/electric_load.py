"""An electricity consumer with a daily profile, working days, seasons, noise and an interruptible part.

The profile is calibrated so that both its peak and the energy of a design working day are met. Noise is a stationary
first-order autoregressive process with exact discretisation, so its statistics do not depend on the step. Powers in
MW, consumption negative.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from pydantic import Field, model_validator

from simulators.demand.shape import HOURS, calibrated_shape, load_factor_range, shape_at
from simulators.local_time import StepTable
from simulators.power_factor import tan_phi
from twin.component import AssetParams, Component, Role, port
from twin.context import CalendarTable
from twin.nameplate import LoadNameplate

NOISE_CLIP = 2.0
"""Noise is cut at this many standard deviations, which bounds the load by its peak."""
LOAD_FACTOR_TOLERANCE = 1e-9
"""Relative; 28.8 MWh over 24 h at 1.2 MW is a load factor of 1 but for rounding."""


class Params(AssetParams):
    """What the YAML may say about a consumer."""

    peak_mw: float = Field(gt=0, description="highest power, noise included [MW]")
    daily_energy_mwh: float | None = Field(
        default=None, gt=0, description="energy of a design working day [MWh]; default: the profile as it stands"
    )
    profile: list[float] | None = Field(
        default=None,
        min_length=HOURS,
        max_length=HOURS,
        description="24 hourly values > 0, shape only: bent to meet peak and energy; default: constant",
    )
    non_working_day_frac: float = Field(
        default=1.0, ge=0, le=1, description="energy of a weekend or holiday relative to a working day [-]"
    )
    monthly_frac: list[float] | None = Field(
        default=None,
        min_length=12,
        max_length=12,
        description="load of each month relative to the design day, January first, in (0, 1]; default: 1",
    )
    noise_frac: float = Field(
        default=0.0, ge=0, le=0.3, description="standard deviation of the noise relative to the load [-]"
    )
    noise_correlation_h: float = Field(default=1.0, gt=0, description="time in which noise is forgotten to 1/e [h]")
    power_factor: float = Field(default=0.95, gt=0, le=1, description="cos phi, inductive [-]")
    interruptible_frac: float = Field(
        default=0.0, ge=0, le=1, description="largest part of the load a controller may interrupt [-]"
    )
    priority: int = Field(default=1, ge=1, description="1 is served first (a hospital) [-]")

    @model_validator(mode="after")
    def _shapes_are_positive(self) -> Params:
        for hour, value in enumerate(self.profile or ()):
            if value <= 0:
                raise ValueError(f"profile: the value of hour {hour} is {value:g}; all 24 values must be above 0")
        for month, value in enumerate(self.monthly_frac or (), start=1):
            if not 0 < value <= 1:
                raise ValueError(
                    f"monthly_frac: month {month} has {value:g}; give a value in (0, 1], 1 for the month of the peak"
                )
        return self

    @model_validator(mode="after")
    def _peak_and_energy_fit_together(self) -> Params:
        if self.daily_energy_mwh is None:
            return self
        largest_mwh = HOURS * self.base_peak_mw
        noise = f" = {self.peak_mw:g} MW / (1 + 2 x noise_frac {self.noise_frac:g})" if self.noise_frac else ""
        if self.daily_energy_mwh > largest_mwh * (1 + LOAD_FACTOR_TOLERANCE):
            raise ValueError(
                f"daily_energy_mwh {self.daily_energy_mwh:g} is more than 24 h at the noise-free peak of "
                f"{self.base_peak_mw:.4g} MW{noise} can give ({largest_mwh:.4g} MWh); "
                f"reduce the energy{' or the noise' if noise else ''}, or raise peak_mw"
            )
        smallest_mwh = largest_mwh * load_factor_range(np.array(self.hourly))[0]
        if self.daily_energy_mwh <= smallest_mwh and self.daily_energy_mwh < largest_mwh * (1 - LOAD_FACTOR_TOLERANCE):
            shape = "this profile" if self.profile else "a constant load (no profile is given)"
            raise ValueError(
                f"daily_energy_mwh {self.daily_energy_mwh:g} is too small for {shape}: its hours at the peak of "
                f"{self.base_peak_mw:.4g} MW alone take {smallest_mwh:.4g} MWh; "
                "give a profile with fewer peak hours, reduce peak_mw, or raise the energy"
            )
        return self

    @property
    def hourly(self) -> list[float]:
        """The profile, constant where none is given."""
        return self.profile or [1.0] * HOURS

    @property
    def base_peak_mw(self) -> float:
        """Peak without noise: with it the load reaches ``peak_mw`` and never more."""
        return self.peak_mw / (1.0 + NOISE_CLIP * self.noise_frac)


@dataclass(slots=True)
class Inputs:
    """Request of a controller."""

    interrupt_frac: float = port(0.0)
    """Part of the load to interrupt, 0 to ``interruptible_frac``."""


@dataclass(slots=True)
class Outputs:
    """Mean powers over the step."""

    p_mw: float = port(0.0, carrier="electricity")
    q_mvar: float = port(0.0, carrier="electricity")
    baseline_mw: float = port(0.0)
    """What would be consumed without interruption, ≤ 0."""


@dataclass(slots=True)
class State:
    """Noise in standard deviations' own unit, and where the next one comes from."""

    noise_frac: float
    generator: np.random.Generator


class ElectricLoad(Component[Params, Inputs, Outputs, State]):
    """Electricity consumer (office, hospital, data centre, ...) from a daily profile; partly interruptible."""

    role = Role.LOAD
    exogenous = ("baseline_mw",)

    def initial_state(self) -> State:
        p, context = self.params, self.context
        load_factor = 1.0 if p.daily_energy_mwh is None else p.daily_energy_mwh / (HOURS * p.base_peak_mw)
        hourly = np.array(p.hourly)
        shape = hourly / hourly.max() if p.daily_energy_mwh is None else calibrated_shape(hourly, min(load_factor, 1.0))
        month_frac = np.array(p.monthly_frac or [1.0] * 12)

        def base_load_mw(_: np.ndarray, calendar: CalendarTable, length_h: np.ndarray) -> np.ndarray:
            # pieces end on quarter hours and the curve bends on half hours: its middle is its mean
            load_mw = p.base_peak_mw * shape_at(shape, calendar.hour + 0.5 * length_h)
            day_frac = np.where(calendar.working_day, 1.0, p.non_working_day_frac)
            return (load_mw * day_frac * month_frac[calendar.month - 1])[:, None]

        self._base_load_mw = StepTable(context.calendar, base_load_mw)
        self._tan_phi = tan_phi(p.power_factor)
        generator = context.rng(self.name)
        return State(p.noise_frac * float(generator.standard_normal()), generator)

    def step(self, t_s: int, dt_s: int, inputs: Inputs) -> Outputs:
        base_mw = self._demand_mw(t_s, dt_s) if self.expected is None else -self.expected(t_s, dt_s)[0]
        # written so that NaN interrupts nothing
        interrupted = min(inputs.interrupt_frac, self.params.interruptible_frac) if inputs.interrupt_frac > 0.0 else 0.0
        p_mw = -base_mw * (1.0 - interrupted)
        return Outputs(p_mw, p_mw * self._tan_phi, -base_mw)

    def _demand_mw(self, t_s: int, dt_s: int) -> float:
        """Pattern and noise, ≥ 0."""
        p, state = self.params, self.state
        (base_mw,) = self._base_load_mw.row(t_s, dt_s)
        if p.noise_frac:
            bound = NOISE_CLIP * p.noise_frac
            base_mw *= 1.0 + min(max(state.noise_frac, -bound), bound)
            kept = math.exp(-dt_s / (3600.0 * p.noise_correlation_h))
            innovation = p.noise_frac * math.sqrt(1.0 - kept * kept) * state.generator.standard_normal()
            state.noise_frac = kept * state.noise_frac + float(innovation)
        return base_mw

    def nameplate(self) -> LoadNameplate:
        return LoadNameplate(self.params.peak_mw, self.params.interruptible_frac, self.params.priority)
