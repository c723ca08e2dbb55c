"""Heat and cooling consumers: a daily pattern times what the weather asks for.

Demand = pattern(hour, working day, noise) · (base + (1 - base) · g). The weather factor g is 0 at the limit temperature
(no heating, no cooling) and 1 at the design temperature, linear in between and cut at both ends: the degree-day
signature of a building. It follows the outdoor temperature through a first-order filter with the building's time
constant, with exact means over a step, so results do not depend on the step. On a day at the design temperature the
pattern alone is left, which meets peak and daily energy like an electric consumer. Powers in MW, consumption negative.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pydantic import Field, ValidationError, model_validator

from simulators.demand import electric_load
from simulators.demand.shape import HOURS
from twin.component import Component, ComponentParams, Role, port
from twin.context import Context
from twin.errors import ComponentError


class ThermalParams(ComponentParams):
    """What heat and cooling consumers have in common."""

    peak_mw: float = Field(gt=0, description="highest demand, noise included, at the design temperature [MW]")
    daily_energy_mwh: float | None = Field(
        default=None, gt=0, description="demand of a working day at the design temperature [MWh]; default: the profile"
    )
    profile: list[float] | None = Field(
        default=None,
        min_length=HOURS,
        max_length=HOURS,
        description="24 hourly values > 0, shape only: bent to meet peak and energy; default: constant",
    )
    non_working_day_frac: float = Field(
        default=1.0, ge=0, le=1, description="demand of a weekend or holiday relative to a working day [-]"
    )
    base_frac: float = Field(
        default=0.1, ge=0, le=1, description="part that does not depend on the weather (hot water, machines) [-]"
    )
    limit_degc: float = Field(description="outdoor temperature at which the weather-dependent part is 0 [°C]")
    design_degc: float = Field(description="outdoor temperature, daily mean, of the design day [°C]")
    time_constant_h: float = Field(default=24.0, ge=0, description="thermal inertia of the buildings [h]")
    noise_frac: float = Field(
        default=0.0, ge=0, le=0.3, description="standard deviation of the noise relative to the demand [-]"
    )
    noise_correlation_h: float = Field(default=1.0, gt=0, description="time in which noise is forgotten to 1/e [h]")

    @model_validator(mode="after")
    def _pattern_is_possible(self) -> ThermalParams:
        try:
            self.pattern()
        except ValidationError as error:
            raise ValueError("; ".join(e["msg"].removeprefix("Value error, ") for e in error.errors())) from error
        if self.limit_degc == self.design_degc:
            raise ValueError(f"limit_degc and design_degc are both {self.limit_degc:g}; they must differ")
        return self

    def pattern(self) -> electric_load.Params:
        """The demand at the design temperature, as the electricity consumer it equals in shape."""
        return electric_load.Params(
            peak_mw=self.peak_mw,
            daily_energy_mwh=self.daily_energy_mwh,
            profile=self.profile,
            non_working_day_frac=self.non_working_day_frac,
            noise_frac=self.noise_frac,
            noise_correlation_h=self.noise_correlation_h,
        )


class HeatParams(ThermalParams):
    """A heat consumer."""

    heat_node: str | None = Field(default=None, description="node of the heat network it is connected to")
    limit_degc: float = Field(default=15.0, description="outdoor temperature above which nothing is heated [°C]")
    design_degc: float = Field(default=-2.0, description="outdoor temperature, daily mean, of the design day [°C]")

    @model_validator(mode="after")
    def _design_is_cold(self) -> HeatParams:
        if self.design_degc > self.limit_degc:
            raise ValueError(
                f"design_degc {self.design_degc:g} is above limit_degc {self.limit_degc:g}; heat is needed in the cold"
            )
        return self


class CoolingParams(ThermalParams):
    """A cooling consumer."""

    cooling_node: str | None = Field(default=None, description="node of the cooling network it is connected to")
    limit_degc: float = Field(default=18.0, description="outdoor temperature below which nothing is cooled [°C]")
    design_degc: float = Field(default=31.0, description="outdoor temperature, daily mean, of the design day [°C]")
    time_constant_h: float = Field(default=8.0, ge=0, description="thermal inertia of the buildings [h]")

    @model_validator(mode="after")
    def _design_is_warm(self) -> CoolingParams:
        if self.design_degc < self.limit_degc:
            raise ValueError(
                f"design_degc {self.design_degc:g} is below limit_degc {self.limit_degc:g}; cold is needed in the heat"
            )
        return self


@dataclass(slots=True)
class Inputs:
    """Weather."""

    air_temperature_degc: float = port(carrier="weather")


@dataclass(slots=True)
class HeatOutputs:
    """Means over the step."""

    heat_mw: float = port(0.0, carrier="heat")
    """Demand, ≤ 0."""
    felt_degc: float = port(0.0)
    """Outdoor temperature as the buildings feel it, mean over the step."""


@dataclass(slots=True)
class CoolingOutputs:
    """Means over the step."""

    cooling_mw: float = port(0.0, carrier="cooling")
    """Demand, ≤ 0."""
    felt_degc: float = port(0.0)
    """Outdoor temperature as the buildings feel it, mean over the step."""


@dataclass(slots=True)
class State:
    """Filtered outdoor temperature and the noise of the pattern."""

    felt_degc: float | None
    """None before the first step: the buildings start in balance with the first temperature they see."""
    pattern: electric_load.State


def weather_factor(felt_degc: float, limit_degc: float, design_degc: float) -> float:
    """0 at the limit temperature, 1 at the design temperature, cut at both ends; for heating and cooling."""
    return min(1.0, max(0.0, (felt_degc - limit_degc) / (design_degc - limit_degc)))


def filtered(felt_degc: float, outdoor_degc: float, time_constant_h: float, dt_s: float) -> tuple[float, float]:
    """First-order filter over a step at constant outdoor temperature: mean over the step and value at its end."""
    steps = dt_s / (3600.0 * time_constant_h) if time_constant_h else math.inf
    gone = -math.expm1(-steps)
    away_k = felt_degc - outdoor_degc
    return outdoor_degc + away_k * gone / steps, outdoor_degc + away_k * (1.0 - gone)


class _Demand:
    """What both consumers compute; the state stays with the component."""

    def __init__(self, name: str, params: ThermalParams, context: Context) -> None:
        self.params = params
        self.pattern = electric_load.ElectricLoad(name, params.pattern(), context)

    def initial_state(self) -> State:
        return State(None, self.pattern.initial_state())

    def step(self, state: State, t_s: int, dt_s: int, outdoor_degc: float) -> tuple[float, float]:
        """Demand [MW, ≥ 0] and felt temperature, means over the step."""
        if not math.isfinite(outdoor_degc):
            raise ComponentError(f"air_temperature_degc is {outdoor_degc}; the weather has a gap, fill it")
        p = self.params
        start_degc = outdoor_degc if state.felt_degc is None else state.felt_degc
        felt_degc, state.felt_degc = filtered(start_degc, outdoor_degc, p.time_constant_h, dt_s)
        self.pattern.state = state.pattern
        at_design_mw = -self.pattern.step(t_s, dt_s, electric_load.Inputs()).p_mw
        factor = weather_factor(felt_degc, p.limit_degc, p.design_degc)
        return at_design_mw * (p.base_frac + (1.0 - p.base_frac) * factor), felt_degc


class HeatLoad(Component[HeatParams, Inputs, HeatOutputs, State]):
    """Heat demand of a building or a group of them."""

    role = Role.LOAD
    exogenous = ("heat_mw", "felt_degc")

    def initial_state(self) -> State:
        self._demand = _Demand(self.name, self.params, self.context)
        return self._demand.initial_state()

    def step(self, t_s: int, dt_s: int, inputs: Inputs) -> HeatOutputs:
        if self.expected is not None:
            return HeatOutputs(*self.expected(t_s, dt_s))
        demand_mw, felt_degc = self._demand.step(self.state, t_s, dt_s, inputs.air_temperature_degc)
        return HeatOutputs(-demand_mw, felt_degc)


class CoolingLoad(Component[CoolingParams, Inputs, CoolingOutputs, State]):
    """Cooling demand of a building or a group of them."""

    role = Role.LOAD
    exogenous = ("cooling_mw", "felt_degc")

    def initial_state(self) -> State:
        self._demand = _Demand(self.name, self.params, self.context)
        return self._demand.initial_state()

    def step(self, t_s: int, dt_s: int, inputs: Inputs) -> CoolingOutputs:
        if self.expected is not None:
            return CoolingOutputs(*self.expected(t_s, dt_s))
        demand_mw, felt_degc = self._demand.step(self.state, t_s, dt_s, inputs.air_temperature_degc)
        return CoolingOutputs(-demand_mw, felt_degc)
