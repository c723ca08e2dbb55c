"""The heating energy centre at a source node of a heat network: CHP heat, tank, boiler, dump cooler.

The network calls it once per sub-step with its flow and return temperature and gets the supply temperature. What is
decided in which order stands in ``heat_dispatch``. Powers in MW, temperatures in °C; into the network is positive.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from simulators.conversion.gas_boiler import LONG_AGO_S, OFF, BoilerParams
from simulators.conversion.heat_rejection import DryCoolerParams
from simulators.networks.plant import heat_dispatch
from simulators.networks.plant.heat_dispatch import (
    BoilerConstants,
    HeatCall,
    HeatConstants,
    HeatDelivery,
    HeatMemory,
)
from simulators.records import record_array, record_type
from simulators.storage.stratification import energy_j
from simulators.storage.water_tank import TankParams, tank_constants
from simulators.water import HEAT_CAPACITY_J_KG_K, JOULE_PER_MWH, WATT_PER_MW
from twin.errors import ComponentError

PASCAL_PER_BAR = 1e5
NO_TANK = TankParams(volume_m3=1e-3, height_m=1.0, layer_count=1, insulation_w_m_k=0.0)
"""Stands in where there is none; nothing flows through it."""


class HeatPlantParams(BaseModel):
    """What the YAML may say about a heating energy centre; a part left out is not there."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    boiler: BoilerParams | None = Field(default=None, description="gas boiler")
    tank: TankParams | None = Field(default=None, description="hot-water tank, in parallel to the network")
    dump_cooler: DryCoolerParams | None = Field(default=None, description="rejects CHP heat nobody takes")
    max_supply_degc: float = Field(default=95.0, gt=0, le=130, description="highest supply temperature [°C]")
    initial_supply_degc: float = Field(default=80.0, gt=0, le=130, description="supply temperature at the start; in a "
                                       "network by default what the weather asks for then [°C]")
    drive_above_degc: float | None = Field(
        default=None, ge=-50, le=50, description="outdoor temperature below which absorption chillers get no CHP heat: "
        "it is kept for network and tank; default: they always get what is left over [°C]")
    gradient_k_per_h: float = Field(
        default=15.0, gt=0, description="fastest change of the supply temperature (10 to 20 is usual) [K/h]"
    )
    recovery_k: float = Field(
        default=5.0, ge=0, description="dip of the supply after a shortage that is made up at once [K]"
    )
    boiler_reserve_s: float = Field(
        default=900.0, ge=0, description="the boiler starts when the tank lasts less than its start and this [s]"
    )
    tank_flow_kg_s: float = Field(default=60.0, gt=0, description="largest flow through the tank [kg/s]")
    tank_pump_bar: float = Field(default=0.5, ge=0, description="pressure rise of the tank's pump [bar]")
    pump_efficiency: float = Field(default=0.65, gt=0, le=1, description="efficiency of the tank's pump [-]")


@dataclass(slots=True)
class HeatPlantState:
    """All that the plant remembers; part of the state of the network it feeds."""

    layers_degc: np.ndarray
    """Of the tank, top first; one unused layer where there is none."""
    reference_degc: float
    supply_degc: float
    boiler_mode_code: int
    """A ``BoilerMode``."""
    boiler_in_mode_s: float
    boiler_start_count: int


def pump_mw_per_kg_s(rise_bar: float, efficiency: float, density_kg_m3: float) -> float:
    """Electricity of a pump per flow."""
    return rise_bar * PASCAL_PER_BAR / (density_kg_m3 * efficiency) / WATT_PER_MW


class HeatPlant:
    """One heating energy centre.

    Parameters
    ----------
    heat_capacity_j_kg_k : that of the network it feeds, so that energies meet exactly.
    """

    def __init__(self, params: HeatPlantParams, heat_capacity_j_kg_k: float = HEAT_CAPACITY_J_KG_K) -> None:
        self.params = params
        tank, boiler, cooler = params.tank or NO_TANK, params.boiler, params.dump_cooler
        self.constants = HeatConstants(
            tank=tank_constants(tank, heat_capacity_j_kg_k),
            boiler=_boiler_constants(boiler),
            max_supply_degc=params.max_supply_degc,
            gradient_k_per_h=params.gradient_k_per_h,
            recovery_k=params.recovery_k,
            reserve_s=params.boiler_reserve_s,
            tank_flow_kg_s=params.tank_flow_kg_s if params.tank else 0.0,
            tank_pump_mw_per_kg_s=pump_mw_per_kg_s(params.tank_pump_bar, params.pump_efficiency, tank.density_kg_m3),
            dump_rated_mw=cooler.rated_mw if cooler else 0.0,
            dump_difference_k=cooler.design_difference_k if cooler else 1.0,
            dump_fan_frac=cooler.fan_frac if cooler else 0.0,
            drive_above_degc=-math.inf if params.drive_above_degc is None else params.drive_above_degc,
        )

        self._plant = record_array(self.constants)
        self._memory = np.zeros(1, record_type(HeatMemory))
        self._call = np.zeros(1, record_type(HeatCall))
        self._delivery = np.zeros(len(HeatDelivery._fields))

    def initial_state(self) -> HeatPlantState:
        """Boiler off and free to start, tank at its initial temperature."""
        tank = self.params.tank or NO_TANK
        supply = self.params.initial_supply_degc
        return HeatPlantState(np.full(tank.layer_count, tank.initial_degc), supply, supply, OFF, LONG_AGO_S, 0)

    def step(self, state: HeatPlantState, call: HeatCall, dt_s: float) -> HeatDelivery:
        """Advance ``state`` by one sub-step.

        Raises
        ------
        ComponentError
            If the network's flow is negative or a value is no number: nothing sensible can be decided.
        """
        self._load(state, call)
        heat_dispatch.advance_records(
            self._plant, self._memory, state.layers_degc, self._call, self._delivery, float(dt_s)
        )
        state.reference_degc, state.supply_degc, boiler = self._memory.item()
        state.boiler_mode_code, state.boiler_in_mode_s, state.boiler_start_count = boiler
        return HeatDelivery(*self._delivery.tolist())

    def _load(self, state: HeatPlantState, call: HeatCall) -> None:
        _check(call)
        boiler = (state.boiler_mode_code, state.boiler_in_mode_s, state.boiler_start_count)
        self._memory[0] = (state.reference_degc, state.supply_degc, boiler)
        self._call[0] = call

    def tank_energy_mwh(self, state: HeatPlantState, reference_degc: float) -> float:
        """Heat in the tank above a reference temperature; 0 where there is no tank."""
        if self.params.tank is None:
            return 0.0
        return float(energy_j(self.constants.tank, state.layers_degc, reference_degc)) / JOULE_PER_MWH


def _boiler_constants(boiler: BoilerParams | None) -> BoilerConstants:
    if boiler is None:
        return BoilerConstants(0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    return BoilerConstants(
        rated_mw=boiler.rated_mw,
        min_mw=boiler.min_load_frac * boiler.rated_mw,
        rated_efficiency=boiler.rated_efficiency,
        standby_frac=boiler.standby_frac,
        condensing_gain_per_k=boiler.condensing_gain_per_k,
        dew_point_degc=boiler.dew_point_degc,
        start_s=boiler.start_s,
        start_gas_mwh=boiler.start_gas_mwh,
        min_on_s=boiler.min_on_s,
        min_off_s=boiler.min_off_s,
        auxiliary_frac=boiler.auxiliary_frac,
    )


def _check(call: HeatCall) -> None:
    for name in ("network_kg_s", "chp_heat_mw", "drive_mw"):
        value = getattr(call, name)
        if not 0.0 <= value < math.inf:
            raise ComponentError(
                f"{name} is {value:g} at a heating energy centre; it must be 0 or more (a check valve keeps water from "
                "flowing back through it)"
            )
    for name in ("return_degc", "setpoint_degc", "air_degc"):
        if not math.isfinite(getattr(call, name)):
            raise ComponentError(f"{name} is {getattr(call, name)} at a heating energy centre; connect it")
