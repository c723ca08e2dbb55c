"""An electricity consumer that follows a measured or given series; partly interruptible.

Powers in MW, consumption negative; the file counts consumption positive. Reactive power by a constant power factor, or
constant as network data states it; an interruption takes the same share of both.
"""

from __future__ import annotations

from pydantic import Field, model_validator

from simulators.demand.electric_load import Inputs, Outputs
from simulators.power_factor import tan_phi
from simulators.profiles import ProfileParams, load_profile
from twin.component import AssetParams, Component, Nothing, Role
from twin.context import Context
from twin.nameplate import LoadNameplate

USUAL_POWER_FACTOR = 0.95
"""Where nothing is said; the same as of ``electric_load``."""


class Params(ProfileParams, AssetParams):
    """Parameters of ``type: electric_load_profile``."""

    power_factor: float | None = Field(
        default=None, gt=0, le=1, description="cos phi, inductive; default: 0.95 where no q_mvar is given [-]")
    q_mvar: float | None = Field(
        default=None, ge=0, description="constant reactive consumption, in place of a power factor [Mvar]")
    interruptible_frac: float = Field(
        default=0.0, ge=0, le=1, description="largest part of the load a controller may interrupt [-]")
    priority: int = Field(default=1, ge=1, description="1 is served first (a hospital) [-]")

    @model_validator(mode="after")
    def _one_reactive_power(self) -> Params:
        if self.power_factor is not None and self.q_mvar is not None:
            raise ValueError("give power_factor or q_mvar, not both")
        return self


class ElectricLoadProfile(Component[Params, Inputs, Outputs, Nothing]):
    """Electricity consumer from a file of measured or given powers; partly interruptible."""

    role = Role.LOAD
    exogenous = ("baseline_mw",)

    def __init__(self, name: str, params: Params, context: Context) -> None:
        super().__init__(name, params, context)
        self._profile = load_profile(params, context, self.step_s)
        self._constant_q_mvar = params.q_mvar or 0.0
        self._tan_phi = tan_phi(params.power_factor or USUAL_POWER_FACTOR) if params.q_mvar is None else 0.0

    def step(self, t_s: int, dt_s: int, inputs: Inputs) -> Outputs:
        baseline_mw = -self._profile.at(t_s) if self.expected is None else self.expected(t_s, dt_s)[0]
        # written so that NaN interrupts nothing
        interrupted = min(inputs.interrupt_frac, self.params.interruptible_frac) if inputs.interrupt_frac > 0.0 else 0.0
        served = 1.0 - interrupted
        p_mw = baseline_mw * served
        return Outputs(p_mw, p_mw * self._tan_phi - self._constant_q_mvar * served, baseline_mw)

    def nameplate(self) -> LoadNameplate:
        return LoadNameplate(self._profile.peak_mw, self.params.interruptible_frac, self.params.priority)
