"""The cooling energy centre at a source node of a cooling network: electric and absorption chillers, cold tank, tower.

The network calls it once per sub-step with its flow and return temperature and gets the supply temperature. What is
decided in which order stands in ``cooling_dispatch``. Powers in MW of cooling, temperatures in °C.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from simulators.conversion.absorption_chiller import AbsorptionChillerParams
from simulators.conversion.cooling_tower import CoolingTowerParams
from simulators.conversion.electric_chiller import ElectricChillerParams
from simulators.networks.plant import cooling_dispatch
from simulators.networks.plant.cooling_dispatch import (
    AbsorptionConstants,
    ChillerConstants,
    CoolingCall,
    CoolingConstants,
    CoolingDelivery,
    CoolingMemory,
    TowerConstants,
)
from simulators.networks.plant.heat_plant import pump_mw_per_kg_s
from simulators.records import record_array, record_type
from simulators.storage.stratification import energy_j
from simulators.storage.water_tank import TankParams, tank_constants
from simulators.water import COLD_DENSITY_KG_M3, HEAT_CAPACITY_J_KG_K, JOULE_PER_MWH
from twin.errors import ComponentError

NO_TANK = TankParams(volume_m3=1e-3, height_m=1.0, layer_count=1, insulation_w_m_k=0.0)
"""Stands in where there is none; nothing flows through it."""
LOWEST_SUPPLY_DEGC = 3.0
"""Water without antifreeze: evaporators freeze below."""


class ColdTankParams(TankParams):
    """A chilled-water tank."""

    initial_degc: float = Field(default=12.0, ge=0, le=120, description="temperature at the start, everywhere [°C]")
    density_kg_m3: float = Field(default=COLD_DENSITY_KG_M3, gt=0, description="density of the water [kg/m³]")


class CoolingPlantParams(BaseModel):
    """What the YAML may say about a cooling energy centre; a part left out is not there."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    chillers: ElectricChillerParams | None = Field(default=None, description="electric chillers")
    absorption: AbsorptionChillerParams | None = Field(default=None, description="absorption chiller")
    tower: CoolingTowerParams | None = Field(
        default=None, description="cooling tower; default: one that rejects the heat of all chillers at rated load"
    )
    tank: ColdTankParams | None = Field(default=None, description="chilled-water tank, in parallel to the network")
    min_supply_degc: float = Field(
        default=4.0, ge=LOWEST_SUPPLY_DEGC, lt=20, description="lowest supply temperature (no antifreeze) [°C]"
    )
    initial_supply_degc: float = Field(default=7.0, gt=0, lt=30, description="supply temperature at the start [°C]")
    gradient_k_per_h: float = Field(
        default=4.0, gt=0, description="fastest change of the supply temperature (up to 4 is usual) [K/h]"
    )
    recovery_k: float = Field(
        default=2.0, ge=0, description="rise of the supply after a shortage that is made up at once [K]"
    )
    tank_flow_kg_s: float = Field(default=100.0, gt=0, description="largest flow through the tank [kg/s]")
    tank_pump_bar: float = Field(default=0.5, ge=0, description="pressure rise of the tank's pump [bar]")
    pump_efficiency: float = Field(default=0.65, gt=0, le=1, description="efficiency of the tank's pump [-]")

    @model_validator(mode="after")
    def _something_cools(self) -> CoolingPlantParams:
        if self.chillers is None and self.absorption is None:
            raise ValueError("a cooling energy centre needs 'chillers' or 'absorption'")
        return self

    @property
    def rated_rejection_mw(self) -> float:
        """Heat to the tower with every chiller at rated load."""
        total = 0.0
        if self.chillers:
            total += self.chillers.units * self.chillers.rated_mw * (1.0 + 1.0 / self.chillers.rated_cop)
        if self.absorption:
            total += self.absorption.rated_mw * (1.0 + 1.0 / self.absorption.cop)
        return total


@dataclass(slots=True)
class CoolingPlantState:
    """All that the plant remembers; part of the state of the network it feeds."""

    layers_degc: np.ndarray
    """Of the tank, top first; one unused layer where there is none."""
    reference_degc: float
    supply_degc: float
    absorption_warm_frac: float
    chiller_units: int
    """Electric chillers running."""
    chiller_start_count: int


class CoolingPlant:
    """One cooling energy centre.

    Parameters
    ----------
    heat_capacity_j_kg_k : that of the network it feeds, so that energies meet exactly.
    """

    def __init__(self, params: CoolingPlantParams, heat_capacity_j_kg_k: float = HEAT_CAPACITY_J_KG_K) -> None:
        self.params = params
        tank = params.tank or NO_TANK
        self.constants = CoolingConstants(
            tank=tank_constants(tank, heat_capacity_j_kg_k),
            chillers=_chiller_constants(params.chillers),
            absorption=_absorption_constants(params.absorption),
            tower=_tower_constants(params.tower or CoolingTowerParams(rated_mw=params.rated_rejection_mw)),
            min_supply_degc=params.min_supply_degc,
            gradient_k_per_h=params.gradient_k_per_h,
            recovery_k=params.recovery_k,
            tank_flow_kg_s=params.tank_flow_kg_s if params.tank else 0.0,
            tank_pump_mw_per_kg_s=pump_mw_per_kg_s(params.tank_pump_bar, params.pump_efficiency, tank.density_kg_m3),
        )

        self._plant = record_array(self.constants)
        self._memory = np.zeros(1, record_type(CoolingMemory))
        self._call = np.zeros(1, record_type(CoolingCall))
        self._delivery = np.zeros(len(CoolingDelivery._fields))

    def initial_state(self) -> CoolingPlantState:
        """Everything off, the absorption chiller cold, the tank at its initial temperature."""
        tank = self.params.tank or NO_TANK
        supply = self.params.initial_supply_degc
        return CoolingPlantState(np.full(tank.layer_count, tank.initial_degc), supply, supply, 0.0, 0, 0)

    def step(self, state: CoolingPlantState, call: CoolingCall, dt_s: float) -> CoolingDelivery:
        """Advance ``state`` by one sub-step.

        Raises
        ------
        ComponentError
            If the network's flow is negative or a value is no number: nothing sensible can be decided.
        """
        _check(call)
        self._memory[0] = (
            state.reference_degc,
            state.supply_degc,
            state.absorption_warm_frac,
            state.chiller_units,
            state.chiller_start_count,
        )
        self._call[0] = call
        cooling_dispatch.advance_records(
            self._plant, self._memory, state.layers_degc, self._call, self._delivery, float(dt_s)
        )
        (
            state.reference_degc,
            state.supply_degc,
            state.absorption_warm_frac,
            state.chiller_units,
            state.chiller_start_count,
        ) = self._memory.item()
        return CoolingDelivery(*self._delivery.tolist())

    def tank_energy_mwh(self, state: CoolingPlantState, reference_degc: float) -> float:
        """Cold in the tank below a reference temperature; 0 where there is no tank."""
        if self.params.tank is None:
            return 0.0
        return -float(energy_j(self.constants.tank, state.layers_degc, reference_degc)) / JOULE_PER_MWH


def _chiller_constants(chillers: ElectricChillerParams | None) -> ChillerConstants:
    if chillers is None:
        return ChillerConstants(0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    return ChillerConstants(
        units=chillers.units,
        rated_mw=chillers.rated_mw,
        rated_cop=chillers.rated_cop,
        no_load_frac=chillers.no_load_frac,
        quadratic_frac=chillers.quadratic_frac,
        min_load_frac=chillers.min_load_frac,
        wet_bulb_gain_per_k=chillers.wet_bulb_gain_per_k,
        reference_wet_bulb_degc=chillers.reference_wet_bulb_degc,
        min_wet_bulb_degc=chillers.min_wet_bulb_degc,
    )


def _absorption_constants(absorption: AbsorptionChillerParams | None) -> AbsorptionConstants:
    if absorption is None:
        return AbsorptionConstants(0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    return AbsorptionConstants(
        rated_mw=absorption.rated_mw,
        cop=absorption.cop,
        min_drive_degc=absorption.min_drive_degc,
        full_drive_degc=absorption.full_drive_degc,
        min_load_frac=absorption.min_load_frac,
        start_s=absorption.start_s,
        cool_down_s=absorption.cool_down_s,
        start_heat_mwh=absorption.start_heat_mwh,
        auxiliary_frac=absorption.auxiliary_frac,
    )


def _tower_constants(tower: CoolingTowerParams) -> TowerConstants:
    return TowerConstants(
        rated_mw=tower.rated_mw,
        fan_frac=tower.fan_frac,
        pump_frac=tower.pump_frac,
        latent_frac=tower.latent_frac,
        concentration_factor=tower.concentration_factor,
        drift_frac=tower.drift_frac,
    )


def _check(call: CoolingCall) -> None:
    for name in ("network_kg_s", "drive_offer_mw"):
        value = getattr(call, name)
        if not 0.0 <= value < math.inf:
            raise ComponentError(
                f"{name} is {value:g} at a cooling energy centre; it must be 0 or more (a check valve keeps water from "
                "flowing back through it)"
            )
    for name in ("return_degc", "setpoint_degc", "wet_bulb_degc", "air_degc"):
        if not math.isfinite(getattr(call, name)):
            raise ComponentError(f"{name} is {getattr(call, name)} at a cooling energy centre; connect it")
