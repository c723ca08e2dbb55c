"""A gas-engine CHP unit: electricity, heat, fuel and losses that add up, starts that cost.

Powers in MW, into the network positive (gas negative); gas on its lower heating value; money in the scenario's
currency. 45 % and 40 % at 4 MW would give 3.556 MW of heat; the nameplate of 3.5 MW limits it. Wear of a start is
counted in equivalent operating hours, not in percent of a life (0.8 % would allow 125 starts).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pydantic import Field, model_validator

from simulators.conversion.chp_commitment import UnitLimits, decide, follow
from simulators.conversion.chp_curves import fuel_mw, heat_mw, smallest_loss_frac, usable_rated_heat_mw
from simulators.power_factor import tan_phi
from simulators.setpoint import finite_request_mw
from twin.component import AssetParams, Component, Limit, Role, port
from twin.fuels import NATURAL_GAS_EMISSION_T_PER_MWH
from twin.nameplate import GeneratorNameplate

FULL_RAMP_MIN = 5.0
"""Minutes from standstill to rated power of a warm gas engine, where no ramp is given."""


class Params(AssetParams):
    """What the YAML may say about a CHP unit."""

    heat_node: str | None = Field(default=None, description="source of the heating network that takes its heat")
    rated_mw: float = Field(gt=0, description="rated electrical power [MW]")
    rated_heat_mw: float = Field(gt=0, description="most heat that can be taken off [MW]")
    electrical_efficiency: float = Field(default=0.45, gt=0, lt=1, description="at rated power, lower heating value")
    thermal_efficiency: float = Field(
        default=0.40, gt=0, lt=1, description="at rated power, lower heating value; heat is limited to rated_heat_mw"
    )
    min_load: float = Field(default=0.30, gt=0, le=1, description="lowest power in operation over rated power [-]")
    ramp_mw_per_min: float | None = Field(
        default=None, gt=0, description="largest change of power [MW/min]; default: rated power in 5 min"
    )
    min_up_h: float = Field(default=2.0, ge=0, description="shortest time in operation [h]")
    min_down_h: float = Field(default=2.0, ge=0, description="shortest time at standstill [h]")
    start_cost: float = Field(default=0.0, ge=0, description="fuel and auxiliaries of a start [money]")
    start_wear_h: float = Field(
        default=10.0, ge=0, description="equivalent operating hours of a start, at the running cost of rated power [h]"
    )
    running_cost_per_mwh: float = Field(default=0.0, ge=0, description="maintenance [money/MWh electrical]")
    fuel_emission_t_per_mwh: float = Field(
        default=NATURAL_GAS_EMISSION_T_PER_MWH, ge=0, description="CO2 of the fuel, lower heating value [t/MWh]"
    )
    emergency_only: bool = Field(default=False, description="back-up, not dispatched on price")
    initial_p_mw: float = Field(default=0.0, ge=0, description="power before the start of the scenario; 0: off [MW]")
    initial_in_state_h: float = Field(
        default=24.0, ge=0, description="time since the unit was last switched on or off [h]"
    )
    power_factor: float = Field(default=1.0, gt=0, le=1, description="cos phi, reactive power delivered [-]")

    @model_validator(mode="after")
    def _efficiencies_leave_a_loss(self) -> Params:
        usable = self.usable_rated_heat_mw / self.rated_mw * self.electrical_efficiency
        if smallest_loss_frac(self.electrical_efficiency, usable) < 0.0:
            raise ValueError(
                f"electrical_efficiency {self.electrical_efficiency:g} and a thermal efficiency of {usable:.4g} add up "
                f"to {self.electrical_efficiency + usable:.4g} at rated power; heat and power would exceed the fuel at "
                "some load. Reduce one of them, or rated_heat_mw"
            )
        return self

    @model_validator(mode="after")
    def _starts_from_a_possible_power(self) -> Params:
        if self.initial_p_mw and not self.min_mw <= self.initial_p_mw <= self.rated_mw:
            raise ValueError(
                f"initial_p_mw {self.initial_p_mw:g} must be 0 or lie between {self.min_mw:g} and {self.rated_mw:g} MW"
            )
        return self

    @property
    def min_mw(self) -> float:
        """Lowest power in operation."""
        return self.min_load * self.rated_mw

    @property
    def usable_rated_heat_mw(self) -> float:
        """Heat at rated power, by efficiency or nameplate, whichever is less."""
        return usable_rated_heat_mw(
            self.rated_mw, self.rated_heat_mw, self.electrical_efficiency, self.thermal_efficiency
        )

    @property
    def cost_per_start(self) -> float:
        """Fuel, auxiliaries and wear."""
        return self.start_cost + self.start_wear_h * self.running_cost_per_mwh * self.rated_mw


@dataclass(slots=True)
class Inputs:
    """Request of a controller."""

    p_set_mw: float = port(0.0)
    """0 is off."""
    running_frac: float = port(math.nan)
    """Part of the step in which its device lets it run; NaN: no device, ramp and minimum times are the unit's own."""


@dataclass(slots=True)
class Outputs:
    """Delivered over the step; gas_mw + p_mw + heat_mw + loss_mw = 0."""

    p_mw: float = port(0.0, carrier="electricity")
    q_mvar: float = port(0.0, carrier="electricity")
    heat_mw: float = port(0.0, carrier="heat")
    gas_mw: float = port(0.0, carrier="gas")
    loss_mw: float = port(0.0)
    p_requested_mw: float = port(0.0)
    limited_by_code: int = port(0, codes=Limit)
    start_count: int = port(0)
    """Starts so far."""
    start_cost: float = port(0.0)
    """Booked in this step."""


@dataclass(slots=True)
class State:
    """What a unit remembers."""

    p_mw: float
    """At the end of the step before; 0 where the unit stood."""
    in_state_s: float
    """Since the unit was last switched on or off."""
    start_count: int = 0
    setpoint_invalid: bool = False


class Chp(Component[Params, Inputs, Outputs, State]):
    """Gas-engine combined heat and power unit with minimum load, ramp, minimum times and costs of a start.

    The order of its limits is that of ``chp_commitment.decide``, behind a device that of ``chp_commitment.follow``.
    """

    role = Role.GENERATOR

    def initial_state(self) -> State:
        p = self.params
        self._ramp_mw_per_min = p.ramp_mw_per_min or p.rated_mw / FULL_RAMP_MIN
        self._limits = UnitLimits(p.rated_mw, p.min_mw, self._ramp_mw_per_min * 60.0, p.min_up_h, p.min_down_h)
        self._rated_heat_mw = p.usable_rated_heat_mw
        self._tan_phi = tan_phi(p.power_factor)
        return State(p.initial_p_mw, p.initial_in_state_h * 3600.0)

    def step(self, t_s: int, dt_s: int, inputs: Inputs) -> Outputs:
        p, state = self.params, self.state
        request_mw, state.setpoint_invalid = finite_request_mw(self, t_s, inputs.p_set_mw, state.setpoint_invalid)
        was_on, running = state.p_mw > 0.0, 1.0
        if math.isnan(inputs.running_frac):
            decision = decide(self._limits, request_mw, state.p_mw, state.in_state_s / 3600.0, dt_s / 3600.0)
        else:
            decision, running = follow(self._limits, request_mw, inputs.running_frac), min(inputs.running_frac, 1.0)

        load_mw = decision.p_mw
        on = load_mw > 0.0
        started = on and not was_on
        # a unit that ran before and not to the end has stopped in this step
        on_at_end = on and not (was_on and running < 1.0)
        if on_at_end != was_on:
            state.in_state_s = 0.0
        state.in_state_s += dt_s
        state.p_mw = load_mw if on_at_end else 0.0
        state.start_count += started

        p_mw = load_mw * running
        fuel = fuel_mw(load_mw, p.rated_mw, p.electrical_efficiency) * running if on else 0.0
        heat = heat_mw(load_mw, p.rated_mw, self._rated_heat_mw) * running if on else 0.0
        return Outputs(
            p_mw,
            p_mw * self._tan_phi,
            heat,
            -fuel,
            fuel - p_mw - heat,
            request_mw,
            int(decision.limited_by),
            state.start_count,
            p.cost_per_start if started else 0.0,
        )

    def nameplate(self) -> GeneratorNameplate:
        p = self.params
        return GeneratorNameplate(
            rated_mw=p.rated_mw,
            min_mw=p.min_mw,
            fuel="gas",
            electrical_efficiency=p.electrical_efficiency,
            thermal_efficiency=self._rated_heat_mw / p.rated_mw * p.electrical_efficiency,
            fuel_emission_t_per_mwh=p.fuel_emission_t_per_mwh,
            start_cost=p.cost_per_start,
            running_cost_per_mwh=p.running_cost_per_mwh,
            min_up_h=p.min_up_h,
            min_down_h=p.min_down_h,
            emergency_only=p.emergency_only,
            ramp_mw_per_min=self._ramp_mw_per_min,
            initial_mw=p.initial_p_mw,
            initial_in_state_h=p.initial_in_state_h,
        )
