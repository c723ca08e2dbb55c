"""A network without a network: all buses are one, nothing is lost, the public grid takes the balance.

Powers in MW and Mvar, into the network positive; ``exchange_mw`` positive is import.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field, StringConstraints, field_validator

from twin.component import Component, ComponentParams, Nothing, Role, Section, port
from twin.errors import ComponentError
from twin.nameplate import ConnectionNameplate


class Params(ComponentParams):
    """Names and agreed limits of the connection."""

    buses: list[Annotated[str, StringConstraints(min_length=1, max_length=60)]] = Field(
        default=["SITE"], min_length=1, description="names that assets may give as their bus; all are the same busbar")
    import_limit_mw: float | None = Field(default=None, ge=0, description="agreed import [MW], told to controllers; "
                                                                          "the physics does not stop there")
    export_limit_mw: float | None = Field(default=None, ge=0, description="agreed export [MW], told to controllers")

    @field_validator("buses")
    @classmethod
    def _each_once(cls, buses: list[str]) -> list[str]:
        twice = sorted({bus for bus in buses if buses.count(bus) > 1})
        if twice:
            raise ValueError(f"bus {twice[0]!r} is named twice")
        return buses


@dataclass(slots=True)
class Inputs:
    """Injections at the buses; consumption is negative."""

    p_mw: np.ndarray = port(0.0, carrier="electricity", per="bus", total=True)
    q_mvar: np.ndarray = port(0.0, carrier="electricity", per="bus", total=True)


@dataclass(slots=True)
class Outputs:
    """What the public grid gives and takes."""

    exchange_mw: float = port(carrier="metering")
    """Import is positive."""
    exchange_mvar: float = port()
    loss_mw: float = port()
    vm_pu: np.ndarray = port(carrier="electricity", per="bus")


class SingleBus(Component[Params, Inputs, Outputs, Nothing]):
    """One busbar for the whole site, without lines, losses or power flow."""

    section = Section.NETWORKS
    role = Role.NETWORK

    def terminals(self) -> dict[str, tuple[str, ...]]:
        return {"bus": tuple(self.params.buses)}

    def nameplate(self) -> ConnectionNameplate:
        limits = (self.params.import_limit_mw, self.params.export_limit_mw)
        return ConnectionNameplate(*(math.inf if limit is None else limit for limit in limits))

    def step(self, t_s: int, dt_s: int, inputs: Inputs) -> Outputs:
        p_mw, q_mvar = float(np.sum(inputs.p_mw)), float(np.sum(inputs.q_mvar))
        if not math.isfinite(p_mw + q_mvar):
            raise ComponentError("an asset gives a power that is not a number; check p_mw and q_mvar of the assets")
        return Outputs(exchange_mw=-p_mw, exchange_mvar=-q_mvar, loss_mw=0.0, vm_pu=np.ones(len(self.params.buses)))
