"""A diesel generator: seconds to start, a minimum load, a straight fuel line.

Powers in MW, means over the step, into the network positive (diesel negative); diesel on its lower heating value. The
start may be shorter or longer than a step: in the step in which the unit comes up, energy and fuel count pro rata.

Fuel line: of a manufacturer's data sheet (Cummins QSK23-G3 prime power, 1500 rpm: 161/121/85/46 l/h at 701/526/351/175
kW; met within 1.5 %). Efficiency at rated power: 200 g/kWh at 42.7 MJ/kg is 42 %.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from simulators.power_factor import tan_phi
from simulators.setpoint import SETPOINT_TOLERANCE_MW, finite_request_mw
from twin.component import AssetParams, Component, Limit, Role, port
from twin.nameplate import GeneratorNameplate

NO_LOAD_FUEL_FRAC = 0.045
"""Fuel of an idling unit over fuel at rated power."""
DIESEL_EMISSION_T_PER_MWH = 0.26676
"""CO2 of diesel on its lower heating value: 74.1 kg/GJ, IPCC 2006 default."""


class Params(AssetParams):
    """What the YAML may say about a diesel generator."""

    rated_mw: float = Field(gt=0, description="rated electrical power [MW]")
    electrical_efficiency: float = Field(default=0.42, gt=0, lt=1, description="at rated power, lower heating value")
    min_load: float = Field(default=0.30, gt=0, le=1, description="lowest power in operation over rated power [-]")
    start_s: int = Field(default=30, ge=0, description="time from the order to start until power is delivered [s]")
    start_cost: float = Field(default=0.0, ge=0, description="per start [money]")
    running_cost_per_mwh: float = Field(default=0.0, ge=0, description="maintenance [money/MWh electrical]")
    fuel_emission_t_per_mwh: float = Field(
        default=DIESEL_EMISSION_T_PER_MWH, ge=0, description="CO2 of the fuel, lower heating value [t/MWh]"
    )
    emergency_only: bool = Field(default=True, description="back-up, not dispatched on price")
    power_factor: float = Field(default=1.0, gt=0, le=1, description="cos phi, reactive power delivered [-]")

    @property
    def min_mw(self) -> float:
        """Lowest power in operation."""
        return self.min_load * self.rated_mw


@dataclass(slots=True)
class Inputs:
    """Request of a controller."""

    p_set_mw: float = port(0.0)
    """0 is off."""
    running_frac: float = port(math.nan)
    """Part of the step in which its device lets it run; NaN: no device, the unit keeps its own starting time."""


@dataclass(slots=True)
class Outputs:
    """Delivered over the step; diesel_mw + p_mw + loss_mw = 0."""

    p_mw: float = port(0.0, carrier="electricity")
    q_mvar: float = port(0.0, carrier="electricity")
    diesel_mw: float = port(0.0, carrier="diesel")
    loss_mw: float = port(0.0)
    p_requested_mw: float = port(0.0)
    limited_by_code: int = port(0, codes=Limit)
    start_count: int = port(0)
    """Orders to start so far, also those taken back before the unit was up."""
    start_cost: float = port(0.0)
    """Booked in this step."""


@dataclass(slots=True)
class State:
    """What a unit remembers."""

    ordered_on: bool = False
    """Running or starting."""
    start_left_s: float = 0.0
    start_count: int = 0
    setpoint_invalid: bool = False


def fuel_mw(p_mw: Any, rated_mw: float, electrical_efficiency: float, on: Any = 1.0) -> Any:
    """Fuel input [MW, ≥ 0] of a unit that runs (``on`` = 1) at ``p_mw``; for numbers, arrays and symbols."""
    rated_fuel_mw = rated_mw / electrical_efficiency
    return rated_fuel_mw * (NO_LOAD_FUEL_FRAC * on + (1.0 - NO_LOAD_FUEL_FRAC) * (p_mw / rated_mw))


class DieselGenerator(Component[Params, Inputs, Outputs, State]):
    """Diesel emergency generator with starting time, minimum load and fuel curve.

    Limits in this order; the first that binds is reported, the later ones may bind as well: POWER (0 to rated),
    MINIMUM_LOAD (a request between off and minimum load keeps a unit that is on at minimum load and starts no other),
    STARTING (no power until the start is over). Behind a device the start is the device's: ``running_frac`` of the step
    counts, and what is missing is DEVICE.
    """

    role = Role.GENERATOR

    def initial_state(self) -> State:
        self._tan_phi = tan_phi(self.params.power_factor)
        return State()

    def step(self, t_s: int, dt_s: int, inputs: Inputs) -> Outputs:
        p, state = self.params, self.state
        request_mw, state.setpoint_invalid = finite_request_mw(self, t_s, inputs.p_set_mw, state.setpoint_invalid)
        target_mw, limited_by = self._target_mw(request_mw)

        behind_device = not math.isnan(inputs.running_frac)
        on = target_mw > 0.0 and not inputs.running_frac <= 0.0
        was_on = state.ordered_on
        started = on and not was_on
        if started:
            state.start_left_s = 0.0 if behind_device else p.start_s
            state.start_count += 1
        elif not on:
            state.start_left_s = 0.0
        state.ordered_on = on

        starting_s = min(state.start_left_s, dt_s)
        state.start_left_s -= starting_s
        if starting_s > 0.0:
            limited_by = limited_by or Limit.STARTING
        running = 1.0 - starting_s / dt_s if on else 0.0
        if on and inputs.running_frac < 1.0:
            running, limited_by = inputs.running_frac, limited_by or Limit.DEVICE
            state.ordered_on = not was_on  # a unit that ran before and not to the end has stopped in this step
        p_mw = target_mw * running
        fuel = fuel_mw(target_mw, p.rated_mw, p.electrical_efficiency) * running
        return Outputs(
            p_mw,
            p_mw * self._tan_phi,
            -fuel,
            fuel - p_mw,
            request_mw,
            int(limited_by),
            state.start_count,
            p.start_cost if started else 0.0,
        )

    def _target_mw(self, request_mw: float) -> tuple[float, Limit]:
        """Power once the unit is up, 0 for off, and the limit that changed the request."""
        p = self.params
        target_mw = min(max(request_mw, 0.0), p.rated_mw)
        limited_by = Limit.NONE if target_mw == request_mw else Limit.POWER
        if target_mw <= SETPOINT_TOLERANCE_MW:
            return 0.0, limited_by
        if target_mw >= p.min_mw:
            return target_mw, limited_by
        if target_mw >= p.min_mw - SETPOINT_TOLERANCE_MW:
            return p.min_mw, limited_by
        return (p.min_mw if self.state.ordered_on else 0.0), limited_by or Limit.MINIMUM_LOAD

    def nameplate(self) -> GeneratorNameplate:
        p = self.params
        return GeneratorNameplate(
            rated_mw=p.rated_mw,
            min_mw=p.min_mw,
            fuel="diesel",
            electrical_efficiency=p.electrical_efficiency,
            thermal_efficiency=0.0,
            fuel_emission_t_per_mwh=p.fuel_emission_t_per_mwh,
            start_cost=p.start_cost,
            running_cost_per_mwh=p.running_cost_per_mwh,
            min_up_h=0.0,
            min_down_h=0.0,
            emergency_only=p.emergency_only,
            start_s=p.start_s,
        )
