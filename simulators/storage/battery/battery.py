"""A battery with constant one-way efficiencies, a band of its state of charge and a price on wear.

Powers in MW at the connection point (discharge positive), energies in MWh. 0.92 each way is a round trip of 0.846.
"""

from __future__ import annotations

from pydantic import Field, model_validator

from simulators.storage.reservoir import Reservoir
from simulators.storage.storage_unit import Inputs, Outputs, State, StorageParams, StorageUnit
from twin.component import Component


class Params(StorageParams):
    """What the YAML may say about a battery."""

    power_mw: float = Field(gt=0, description="rated power, charging and discharging [MW]")
    charge_power_mw: float | None = Field(
        default=None, gt=0, description="rated charging power [MW]; default: power_mw"
    )
    energy_mwh: float = Field(gt=0, description="capacity, 0 to 100 % state of charge [MWh]")
    charge_efficiency: float = Field(default=0.92, gt=0, le=1, description="one-way, terminals to content [-]")
    discharge_efficiency: float = Field(default=0.92, gt=0, le=1, description="one-way, content to terminals [-]")
    min_soc: float = Field(default=0.05, ge=0, lt=1, description="lowest state of charge in operation, 0 to 1")
    max_soc: float = Field(default=0.95, gt=0, le=1, description="highest state of charge in operation, 0 to 1")
    self_discharge_per_h: float = Field(
        default=3e-5, ge=0, description="part of the content lost per hour [1/h]; 3e-5 is about 2 % a month"
    )
    standby_mw: float = Field(default=0.0, ge=0, description="electronics, fed from the content while it lasts [MW]")

    @model_validator(mode="after")
    def _band_has_a_width(self) -> Params:
        if self.min_soc >= self.max_soc:
            raise ValueError(
                f"min_soc {self.min_soc:g} is not below max_soc {self.max_soc:g}; give fractions, e.g. 0.05 and 0.95"
            )
        return self


class Battery(StorageUnit[Params], Component[Params, Inputs, Outputs, State]):
    """Battery storage with efficiencies, limits of charge and power, and wear; no temperature, no ageing."""

    def reservoir(self) -> Reservoir:
        p = self.params
        return Reservoir(
            charge_power_mw=p.charge_power_mw or p.power_mw,
            discharge_power_mw=p.power_mw,
            capacity_mwh=p.energy_mwh,
            charge_efficiency=p.charge_efficiency,
            discharge_efficiency=p.discharge_efficiency,
            min_energy_mwh=p.min_soc * p.energy_mwh,
            max_energy_mwh=p.max_soc * p.energy_mwh,
            self_discharge_per_h=p.self_discharge_per_h,
            standing_loss_mw=p.standby_mw,
        )
