"""What battery and flywheel have in common: ports, state, limits, events and nameplate around one reservoir.

Powers in MW (discharge positive), energies in MWh, money in the scenario's currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from pydantic import Field

from simulators.power_factor import tan_phi
from simulators.setpoint import finite_request_mw
from simulators.storage.reservoir import Reservoir, advance
from twin.component import AssetParams, Component, Limit, Role, port
from twin.nameplate import StorageNameplate

BAND_TOLERANCE_SOC = 1e-9
"""Rounding of a content that sits on the edge of its band."""


class StorageParams(AssetParams):
    """What the YAML may say about any store."""

    initial_soc: float = Field(
        default=0.5, ge=0, le=1, description="state of charge at the start, 0 to 1; outside the band it may only return"
    )
    wear_cost_per_mwh: float = Field(
        default=0.0, ge=0, description="wear per MWh discharged, e.g. capital cost over lifetime throughput [money/MWh]"
    )
    power_factor: float = Field(default=1.0, gt=0, le=1, description="cos phi, reactive power delivered [-]")


P = TypeVar("P", bound=StorageParams)


@dataclass(slots=True)
class Inputs:
    """Request of a controller."""

    p_set_mw: float = port(0.0)
    """Discharge positive."""


@dataclass(slots=True)
class Outputs:
    """Delivered over the step."""

    p_mw: float = port(0.0, carrier="electricity")
    q_mvar: float = port(0.0, carrier="electricity")
    p_requested_mw: float = port(0.0)
    limited_by_code: int = port(0, codes=Limit)
    energy_mwh: float = port(0.0)
    """At the end of the step."""
    soc: float = port(0.0)
    """At the end of the step, 0 to 1."""
    loss_mw: float = port(0.0)
    """All losses; ``energy_mwh`` falls by exactly (p_mw + loss_mw) * dt_h."""
    wear_cost: float = port(0.0)
    """Booked in this step."""


@dataclass(slots=True)
class State:
    """Content, and which conditions have been reported."""

    energy_mwh: float
    setpoint_invalid: bool = False
    outside_band: bool = False


class StorageUnit(Component[P, Inputs, Outputs, State]):
    """Base of the stores; a subclass has its own parameters and says what reservoir they make."""

    role = Role.STORAGE

    def reservoir(self) -> Reservoir:
        """The reservoir that the parameters describe."""
        raise NotImplementedError

    def initial_state(self) -> State:
        self._reservoir = self.reservoir()
        self._tan_phi = tan_phi(self.params.power_factor)
        return State(self.params.initial_soc * self._reservoir.capacity_mwh)

    def step(self, t_s: int, dt_s: int, inputs: Inputs) -> Outputs:
        state, store = self.state, self._reservoir
        dt_h = dt_s / 3600.0
        self._report_band(t_s)
        request_mw, state.setpoint_invalid = finite_request_mw(self, t_s, inputs.p_set_mw, state.setpoint_invalid)
        done = advance(store, state.energy_mwh, request_mw, dt_h)
        state.energy_mwh = done.energy_mwh
        return Outputs(
            done.p_mw,
            abs(done.p_mw) * self._tan_phi,
            request_mw,
            int(done.limited_by),
            done.energy_mwh,
            done.energy_mwh / store.capacity_mwh,
            done.loss_mw,
            max(done.p_mw, 0.0) * dt_h * self.params.wear_cost_per_mwh,
        )

    def _report_band(self, t_s: int) -> None:
        """Tell once when the content has left its band (a start outside it, or standing losses of a long rest)."""
        state, store = self.state, self._reservoir
        tolerance_mwh = BAND_TOLERANCE_SOC * store.capacity_mwh
        below = state.energy_mwh < store.min_energy_mwh - tolerance_mwh
        outside = below or state.energy_mwh > store.max_energy_mwh + tolerance_mwh
        if outside and not state.outside_band:
            self.emit(
                t_s,
                "soc_outside_band",
                f"{self.name}: state of charge {state.energy_mwh / store.capacity_mwh:.3f} is outside "
                f"{store.min_energy_mwh / store.capacity_mwh:g} to {store.max_energy_mwh / store.capacity_mwh:g}; "
                f"only {'charging' if below else 'discharging'} is possible until it is back",
                "warning",
            )
        state.outside_band = outside

    def nameplate(self) -> StorageNameplate:
        r = self._reservoir
        return StorageNameplate(
            r.charge_power_mw,
            r.discharge_power_mw,
            r.capacity_mwh,
            r.charge_efficiency,
            r.discharge_efficiency,
            r.min_energy_mwh / r.capacity_mwh,
            r.max_energy_mwh / r.capacity_mwh,
            self.params.wear_cost_per_mwh,
        )
