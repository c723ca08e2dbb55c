"""Heat and cooling consumers that follow a measured or given series.

Powers in MW, consumption negative; the file counts consumption positive. The series holds what the weather did: none
is needed.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from simulators.profiles import ProfileParams, load_profile
from twin.component import Component, Nothing, Role, port
from twin.context import Context


class HeatParams(ProfileParams):
    """Parameters of ``type: heat_load_profile``."""

    heat_node: str | None = Field(default=None, description="node of the heat network it is connected to")


class CoolingParams(ProfileParams):
    """Parameters of ``type: cooling_load_profile``."""

    cooling_node: str | None = Field(default=None, description="node of the cooling network it is connected to")


@dataclass(slots=True)
class HeatOutputs:
    """Mean over the step."""

    heat_mw: float = port(0.0, carrier="heat")
    """Demand, ≤ 0."""


@dataclass(slots=True)
class CoolingOutputs:
    """Mean over the step."""

    cooling_mw: float = port(0.0, carrier="cooling")
    """Demand, ≤ 0."""


class HeatLoadProfile(Component[HeatParams, Nothing, HeatOutputs, Nothing]):
    """Heat demand from a file of measured or given powers."""

    role = Role.LOAD
    exogenous = ("heat_mw",)

    def __init__(self, name: str, params: HeatParams, context: Context) -> None:
        super().__init__(name, params, context)
        self._profile = load_profile(params, context, self.step_s)

    def step(self, t_s: int, dt_s: int, inputs: Nothing) -> HeatOutputs:
        return HeatOutputs(-self._profile.at(t_s) if self.expected is None else self.expected(t_s, dt_s)[0])


class CoolingLoadProfile(Component[CoolingParams, Nothing, CoolingOutputs, Nothing]):
    """Cooling demand from a file of measured or given powers."""

    role = Role.LOAD
    exogenous = ("cooling_mw",)

    def __init__(self, name: str, params: CoolingParams, context: Context) -> None:
        super().__init__(name, params, context)
        self._profile = load_profile(params, context, self.step_s)

    def step(self, t_s: int, dt_s: int, inputs: Nothing) -> CoolingOutputs:
        return CoolingOutputs(-self._profile.at(t_s) if self.expected is None else self.expected(t_s, dt_s)[0])
