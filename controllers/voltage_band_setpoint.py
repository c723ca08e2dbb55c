"""Keeps a bus voltage in its band with a load that can be run at any power between a minimum and its rating.

Where the voltage is too high the load takes more, where it is too low it takes less, in whole steps; below its minimum
power it is shut down and starts again, at minimum power, once the voltage allows it. After a switching it keeps its
state for a minimum time. Powers in MW, deviations in p.u. of the nominal voltage.

Source: ERIGrid 2.0 multi-energy network benchmark (BSD-3-Clause), document MENB_voltage_controller and its published
code; defaults are the code's. The document has a minimum power of 35 kW where code and published results have 40 kW.
Three peculiarities of the published law are kept. The number of steps is cut towards zero and one is added, so that the
answer to a high voltage is two steps larger than that to an equally low one. A voltage outside the band starts the
waiting time of a standing load anew, also where it is too high. And powers are summed and compared as they are: whether
50 kW less two steps of 5 kW is less than a minimum of 40 kW can hang on the last digit of the minimum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import Field, model_validator

from twin.component import Component, ComponentParams, Role, Section, port

WHOLE_STEPS_TOLERANCE = 0.005
"""A wish this close to a whole number of steps moves nothing. The published code compares with its step in MW."""


class Params(ComponentParams):
    """The band, the steps and the limits of the load."""

    rated_mw: float = Field(gt=0, description="highest power of the load [MW]")
    min_load: float = Field(gt=0, le=1, description="lowest power at which the load runs over rated power [-]")
    reference_pu: float = Field(default=1.0, gt=0, le=1.5, description="voltage in the middle of the band [p.u.]")
    upper_pu: float = Field(default=0.1, gt=0, le=1, description="deviation from which on the load takes more [p.u.]")
    lower_on_pu: float = Field(
        default=-0.1, lt=0, ge=-1, description="deviation down to which a running load takes less [p.u.]"
    )
    lower_off_pu: float = Field(
        default=-0.08, lt=0, ge=-1, description="deviation above which a standing load may start [p.u.]"
    )
    deadband_pu: float = Field(default=0.03, ge=0, le=1, description="taken off every deviation, also a low one [p.u.]")
    gain_mw_per_pu: float = Field(default=0.15, gt=0, description="power per deviation, k_p [MW/p.u.]")
    step_mw: float = Field(default=0.005, gt=0, description="power is moved in steps of this size [MW]")
    min_time_s: float = Field(
        default=1800.0, ge=0, le=86_400, description="time a load stays on, or off, once it was switched [s]"
    )

    @model_validator(mode="after")
    def _limits_are_in_order(self) -> Params:
        if self.lower_off_pu < self.lower_on_pu:
            raise ValueError(
                f"lower_off_pu {self.lower_off_pu:g} is below lower_on_pu {self.lower_on_pu:g}: a load that has just "
                "started would be shut down again"
            )
        return self

    @property
    def min_mw(self) -> float:
        """Lowest power at which the load runs."""
        return self.min_load * self.rated_mw


@dataclass(slots=True)
class Inputs:
    """The voltage of the present step."""

    vm_pu: float = port()
    """Not a number: no measurement, the set-point is held."""


@dataclass(slots=True)
class Outputs:
    """Set-point of the load."""

    p_set_mw: float = port()
    """≤ 0, as all consumption."""


@dataclass(slots=True)
class State:
    """The set-point and how long ago the load was switched."""

    demand_mw: float
    """Consumption asked for, ≥ 0."""
    switched_s: float = 0.0


class Decision(NamedTuple):
    """What the law says."""

    demand_mw: float
    switched: bool
    """Whether the waiting time starts anew."""


def steps_for(deviation_pu: float, p: Params) -> int:
    """Steps by which the power is moved for a voltage outside the band."""
    wish = p.gain_mw_per_pu * (deviation_pu - p.deadband_pu) / p.step_mw
    whole = int(wish)
    return whole + 1 if abs(wish - whole) > WHOLE_STEPS_TOLERANCE else 0


def decide(deviation_pu: float, demand_mw: float, waited: bool, p: Params) -> Decision:
    """The published law for one step.

    Parameters
    ----------
    deviation_pu : measured voltage less the reference.
    demand_mw : present set-point; 0 is off.
    waited : whether the minimum time since the last switching has passed.
    """
    off = demand_mw == 0.0
    if off and not waited:
        return Decision(0.0, False)
    if (p.lower_off_pu if off else p.lower_on_pu) < deviation_pu < p.upper_pu:
        return Decision(p.min_mw, True) if off else Decision(demand_mw, False)
    moved_mw = demand_mw + p.step_mw * steps_for(deviation_pu, p)
    if moved_mw > p.rated_mw:
        return Decision(p.rated_mw, False)
    if moved_mw < p.min_mw:
        return Decision(0.0, True) if waited else Decision(p.min_mw, False)
    return Decision(moved_mw, False)


class VoltageBandSetpoint(Component[Params, Inputs, Outputs, State]):
    """Moves the set-point of a flexible load so that a bus voltage stays in its band."""

    section = Section.CONTROLLERS
    role = Role.CONTROLLER

    def initial_state(self) -> State:
        """Running at minimum power."""
        return State(self.params.min_mw)

    def step(self, t_s: int, dt_s: int, inputs: Inputs) -> Outputs:
        p, state = self.params, self.state
        state.switched_s += dt_s
        if math.isfinite(inputs.vm_pu):
            before_mw = state.demand_mw
            decision = decide(inputs.vm_pu - p.reference_pu, before_mw, state.switched_s >= p.min_time_s, p)
            state.demand_mw = decision.demand_mw
            if decision.switched:
                state.switched_s = 0.0
            self._tell(t_s, before_mw, inputs.vm_pu)
        return Outputs(p_set_mw=0.0 - state.demand_mw)

    def _tell(self, t_s: int, before_mw: float, vm_pu: float) -> None:
        now_mw = self.state.demand_mw
        if (now_mw > 0.0) != (before_mw > 0.0):
            done = f"started at {now_mw:g} MW" if now_mw > 0.0 else f"shut down from {before_mw:g} MW"
            self.emit(t_s, "load_switched", f"{self.name}: the load is {done}, the voltage is {vm_pu:.4f} p.u.")
