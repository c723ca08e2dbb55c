"""Flywheels: much power, little energy, and friction that empties them within hours.

Parameters are of one unit; ``units`` equal ones run in parallel. Powers in MW at the connection point (discharge
positive), energies in MWh.
"""

from __future__ import annotations

from pydantic import Field

from simulators.storage.reservoir import Reservoir
from simulators.storage.storage_unit import Inputs, Outputs, State, StorageParams, StorageUnit
from twin.component import Component


class Params(StorageParams):
    """What the YAML may say about flywheels."""

    units: int = Field(default=1, ge=1, description="equal units in parallel [-]")
    power_mw: float = Field(gt=0, description="rated power of one unit, charging and discharging [MW]")
    energy_mwh: float = Field(gt=0, description="usable energy of one unit between lowest and highest speed [MWh]")
    charge_efficiency: float = Field(default=0.96, gt=0, le=1, description="one-way, terminals to rotor [-]")
    discharge_efficiency: float = Field(default=0.96, gt=0, le=1, description="one-way, rotor to terminals [-]")
    self_discharge_per_h: float = Field(
        default=0.1, ge=0, description="windage: part of the content lost per hour [1/h]"
    )
    standby_mw: float = Field(
        default=0.001, ge=0, description="bearings and vacuum of one unit, fed from the rotor while it turns [MW]"
    )


class Flywheel(StorageUnit[Params], Component[Params, Inputs, Outputs, State]):
    """Flywheel storage of equal units: high power for seconds to minutes, self-discharge."""

    def reservoir(self) -> Reservoir:
        p = self.params
        return Reservoir(
            charge_power_mw=p.units * p.power_mw,
            discharge_power_mw=p.units * p.power_mw,
            capacity_mwh=p.units * p.energy_mwh,
            charge_efficiency=p.charge_efficiency,
            discharge_efficiency=p.discharge_efficiency,
            min_energy_mwh=0.0,
            max_energy_mwh=p.units * p.energy_mwh,
            self_discharge_per_h=p.self_discharge_per_h,
            standing_loss_mw=p.units * p.standby_mw,
        )
