"""A stratified water tank, hot or cold, charged at the top and discharged from it (a cold tank the other way round).

Temperatures in °C, flows in kg/s (all ≥ 0), powers in MW; heat into the network (discharging) is positive. The law
``energy_mwh`` changes by ``-(heat_mw + loss_mw) · dt_h`` holds to rounding. Transport, conduction, losses and mixing:
``simulators.storage.stratification``. Side losses of a cylinder use the logarithmic area, top and bottom the flat one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from simulators.records import record_array
from simulators.storage.stratification import TankConstants, step_into
from simulators.water import (
    CONDUCTIVITY_W_M_K,
    HEAT_CAPACITY_J_KG_K,
    HOT_DENSITY_KG_M3,
    JOULE_PER_MWH,
    WATT_PER_MW,
)
from twin.component import Component, ComponentParams, Role, port
from twin.errors import ComponentError


class TankParams(BaseModel):
    """A standing cylinder; used by the component and by the energy centres of the thermal networks."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    volume_m3: float = Field(gt=0, description="water content [m³]")
    height_m: float = Field(gt=0, description="inner height [m]")
    layer_count: int = Field(default=20, ge=1, le=200, description="layers of equal volume [-]")
    insulation_m: float = Field(default=0.3, gt=0, description="insulation thickness, all around [m]")
    insulation_w_m_k: float = Field(default=0.04, ge=0, description="conductivity of the insulation [W/(m K)]")
    initial_degc: float = Field(default=60.0, ge=0, le=120, description="temperature at the start, everywhere [°C]")
    density_kg_m3: float = Field(default=HOT_DENSITY_KG_M3, gt=0, description="density of the water [kg/m³]")
    conductivity_w_m_k: float = Field(
        default=CONDUCTIVITY_W_M_K, ge=0, description="vertical conductivity of water, wall and fittings [W/(m K)]"
    )
    anti_diffusion_frac: float = Field(
        default=1.0, ge=0, le=1, description="1: fronts stay sharp; 0: plain upwind, as in most published models [-]"
    )


def tank_constants(params: TankParams, heat_capacity_j_kg_k: float) -> TankConstants:
    """Geometry and materials reduced to what one step needs."""
    n = params.layer_count
    area_m2 = params.volume_m3 / params.height_m
    radius_m = math.sqrt(area_m2 / math.pi)
    layer_m = params.height_m / n
    around = 2.0 * math.pi * layer_m / math.log1p(params.insulation_m / radius_m)
    return TankConstants(
        layer_kg=params.volume_m3 * params.density_kg_m3 / n,
        heat_capacity_j_kg_k=heat_capacity_j_kg_k,
        side_w_k=params.insulation_w_m_k * around,
        end_w_k=params.insulation_w_m_k * area_m2 / params.insulation_m,
        between_w_k=params.conductivity_w_m_k * area_m2 / layer_m,
        anti_diffusion_frac=params.anti_diffusion_frac,
    )


class Params(TankParams, ComponentParams):
    """What the YAML may say about a tank."""

    ambient_degc: float = Field(default=15.0, description="temperature around the tank [°C]")
    heat_capacity_j_kg_k: float = Field(
        default=HEAT_CAPACITY_J_KG_K, gt=0, description="specific heat capacity of the water [J/(kg K)]"
    )
    reference_degc: float = Field(default=0.0, description="temperature at which the energy counts as 0 [°C]")


@dataclass(slots=True)
class Inputs:
    """The two circuits; a temperature matters only where water flows."""

    charge_kg_s: float = port(0.0)
    """Into the top, out of the bottom."""
    charge_degc: float = port(math.nan)
    discharge_kg_s: float = port(0.0)
    """Out of the top, into the bottom."""
    return_degc: float = port(math.nan)
    """Of the water that replaces the discharged."""


@dataclass(slots=True)
class Outputs:
    """Temperatures of the layers at the end of the step, of the streams as means over it."""

    top_degc: float = port()
    mean_degc: float = port()
    bottom_degc: float = port()
    delivered_degc: float = port()
    """Of the discharged water; the top layer's at the start of the step where none is discharged."""
    charge_return_degc: float = port()
    """Of the charging water that leaves; the bottom layer's at the start of the step where none is charged."""
    heat_mw: float = port()
    """Discharged minus charged heat, mean over the step."""
    charge_heat_mw: float = port()
    """Brought by the charging water, mean over the step; negative where it is colder than the water that leaves."""
    discharge_heat_mw: float = port()
    """Carried off by the discharged water, mean over the step; negative where the water that replaces it is warmer."""
    loss_mw: float = port()
    """Through the walls, mean over the step; negative where the tank is colder than its surroundings."""
    energy_mwh: float = port()
    """Above ``reference_degc``, at the end of the step."""


@dataclass(slots=True)
class State:
    """Temperature of each layer, top first."""

    layers_degc: np.ndarray


class WaterTank(Component[Params, Inputs, Outputs, State]):
    """Hot or cold water store with its two circuits connected explicitly."""

    role = Role.STORAGE

    def initial_state(self) -> State:
        self._constants = tank_constants(self.params, self.params.heat_capacity_j_kg_k)
        self._tank = record_array(self._constants)
        self._moved = np.zeros(4)
        self._total_j_k = self.params.volume_m3 * self.params.density_kg_m3 * self.params.heat_capacity_j_kg_k
        return State(np.full(self.params.layer_count, self.params.initial_degc))

    def step(self, t_s: int, dt_s: int, inputs: Inputs) -> Outputs:
        p, layers = self.params, self.state.layers_degc
        charge_kg_s, discharge_kg_s = inputs.charge_kg_s, inputs.discharge_kg_s
        self._check("charge_kg_s", charge_kg_s, "charge_degc", inputs.charge_degc)
        self._check("discharge_kg_s", discharge_kg_s, "return_degc", inputs.return_degc)
        charge_degc = inputs.charge_degc if charge_kg_s > 0.0 else p.ambient_degc
        return_degc = inputs.return_degc if discharge_kg_s > 0.0 else p.ambient_degc
        step_into(
            self._tank, layers, float(charge_kg_s), float(charge_degc), float(discharge_kg_s), float(return_degc),
            p.ambient_degc, float(dt_s), self._moved,
        )  # fmt: skip
        delivered_degc, charge_return_degc, loss_j, heat_j = self._moved.tolist()
        charged_w = charge_kg_s * p.heat_capacity_j_kg_k * (charge_degc - charge_return_degc)
        discharged_w = discharge_kg_s * p.heat_capacity_j_kg_k * (delivered_degc - return_degc)
        return Outputs(
            top_degc=float(layers[0]),
            mean_degc=heat_j / self._total_j_k,
            bottom_degc=float(layers[-1]),
            delivered_degc=delivered_degc,
            charge_return_degc=charge_return_degc,
            heat_mw=(discharged_w - charged_w) / WATT_PER_MW,
            charge_heat_mw=charged_w / WATT_PER_MW,
            discharge_heat_mw=discharged_w / WATT_PER_MW,
            loss_mw=loss_j / dt_s / WATT_PER_MW,
            energy_mwh=(heat_j - self._total_j_k * p.reference_degc) / JOULE_PER_MWH,
        )

    def _check(self, flow_name: str, flow_kg_s: float, inlet_name: str, inlet_degc: float) -> None:
        if not 0.0 <= flow_kg_s < math.inf:
            raise ComponentError(
                f"{flow_name} is {flow_kg_s:g} kg/s; a tank takes flows of 0 or more, a reversal is the other circuit"
            )
        if flow_kg_s > 0.0 and not math.isfinite(inlet_degc):
            raise ComponentError(f"{inlet_name} is {inlet_degc} while {flow_name} is {flow_kg_s:g} kg/s; connect it")
