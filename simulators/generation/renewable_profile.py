"""A plant that delivers what a measured or given series says (PV, wind, water), unless it is curtailed.

Powers in MW, generation positive in the file and here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pydantic import Field

from simulators.generation.curtailment import curtail
from simulators.power_factor import tan_phi
from simulators.profiles import ProfileParams, load_profile
from twin.component import AssetParams, Component, Limit, Nothing, Role, port
from twin.context import Context
from twin.nameplate import RenewableNameplate


class Params(ProfileParams, AssetParams):
    """Parameters of ``type: renewable_profile``."""

    power_factor: float = Field(
        default=1.0, gt=0, le=1, description="cos φ; below 1 the plant delivers reactive power")


@dataclass(slots=True)
class Inputs:
    """The operator's limit."""

    p_limit_mw: float = port(math.inf)


@dataclass(slots=True)
class Outputs:
    """Into the network is positive."""

    p_mw: float = port(carrier="electricity")
    q_mvar: float = port(carrier="electricity")
    available_mw: float = port()
    """What the series has."""
    curtailed_mw: float = port()
    limited_by_code: int = port(codes=Limit)
    """RESOURCE: the series has less than ``p_limit_mw`` asks for."""


class RenewableProfile(Component[Params, Inputs, Outputs, Nothing]):
    """Renewable plant from a file of measured or given powers; curtailable."""

    role = Role.RENEWABLE
    exogenous = ("available_mw",)

    def __init__(self, name: str, params: Params, context: Context) -> None:
        super().__init__(name, params, context)
        self._profile = load_profile(params, context, self.step_s)
        self._tan_phi = tan_phi(params.power_factor)

    def nameplate(self) -> RenewableNameplate:
        """The largest power of the series stands for the rating."""
        return RenewableNameplate(peak_mw=self._profile.peak_mw)

    def step(self, t_s: int, dt_s: int, inputs: Inputs) -> Outputs:
        """A measured series went through the plant's own limits already: only ``p_limit_mw`` is left."""
        of_series_mw = self._profile.at(t_s) if self.expected is None else self.expected(t_s, dt_s)[0]
        p_mw, available_mw, limit = curtail(of_series_mw, math.inf, inputs.p_limit_mw)
        return Outputs(p_mw, p_mw * self._tan_phi, available_mw, available_mw - p_mw, limit)
