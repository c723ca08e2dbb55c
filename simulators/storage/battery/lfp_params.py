"""What the YAML may say about an LFP battery system, and the constants that follow from it.

Figures that scale with the size are given per MWh of it here and may be replaced by totals. Sources stand where the
constants are defined (cell, converter); those of the container:

* thermal management: N. Wang et al., Energy 321 (2025), on 5 MWh containers: best between 15 and 35 °C, and electric
  heaters give 0.9; 10 kW of cooling per MWh and a COP of 3 are usual;
* 15 W/(K MWh): 75 m² of a 20 ft container for 5 MWh with 1 W/(m² K), 5 cm of insulation and bridges;
* controls: 3.5 kW for 5 MWh, management system and coolant pumps; usual, no published figure.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator

from simulators.storage.battery import cell as lfp
from simulators.storage.battery import converter as pcs
from simulators.storage.battery.ageing_params import AgeingParams
from simulators.storage.battery.bms import BmsParams
from simulators.storage.battery.cell import CellConstants
from simulators.storage.battery.converter import ConverterConstants
from simulators.storage.battery.limits import LimitConstants
from simulators.storage.battery.pack import Pack, cells_in_series, pack_for
from simulators.storage.battery.step import SystemConstants
from simulators.storage.battery.thermal import ThermalConstants
from simulators.storage.storage_unit import StorageParams

WATT_PER_MW = 1e6
LOSS_W_K_PER_MWH = 15.0
COOLING_MW_PER_MWH = 0.010
HEATING_MW_PER_MWH = 0.005
CONTROLS_MW_PER_MWH = 0.0007


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class CellParams(_Part):
    """A cell; the curves over charge and temperature are fixed."""

    capacity_ah: float = Field(default=lfp.CAPACITY_AH, gt=0, description="charge between empty and full [Ah]")
    ohmic_ohm: float = Field(
        default=lfp.OHMIC_OHM, gt=0, description="resistance that does not depend on the temperature, with busbars [Ω]"
    )
    polarisation_ohm: float = Field(
        default=lfp.POLARISATION_OHM, ge=0, description="resistance of reaction and diffusion at 25 °C [Ω]"
    )
    hysteresis_v: float = Field(
        default=lfp.HYSTERESIS_V, ge=0, le=0.2, description="half of the gap between charging and discharging [V]"
    )
    min_v: float = Field(default=lfp.MIN_V, ge=2.0, lt=3.0, description="lowest voltage at the terminals [V]")
    max_v: float = Field(default=lfp.MAX_V, gt=3.4, le=3.65, description="highest voltage at the terminals [V]")
    max_charge_per_h: float = Field(default=0.5, gt=0, le=10, description="charging current over capacity [1/h]")
    max_discharge_per_h: float = Field(default=1.0, gt=0, le=10, description="discharging current over capacity [1/h]")
    mass_kg: float = Field(default=lfp.MASS_KG, gt=0, description="mass [kg]")
    heat_capacity_j_kg_k: float = Field(
        default=lfp.HEAT_CAPACITY_J_KG_K, gt=0, description="specific heat capacity [J/(kg K)]"
    )


class ConverterParams(_Part):
    """Losses over the rated power, and the DC voltage."""

    no_load_frac: float = Field(default=pcs.NO_LOAD_FRAC, ge=0, le=0.1, description="loss while running, at no load")
    linear_frac: float = Field(default=pcs.LINEAR_FRAC, ge=0, le=0.2, description="linear loss at rated power")
    quadratic_frac: float = Field(default=pcs.QUADRATIC_FRAC, ge=0, le=0.2, description="quadratic loss at rated power")
    standby_frac: float = Field(default=pcs.STANDBY_FRAC, ge=0, le=0.1, description="drawn while it is off")
    transformer_no_load_frac: float = Field(
        default=pcs.TRANSFORMER_NO_LOAD_FRAC, ge=0, le=0.1,
        description="iron loss of the transformer to the bus; 0 if the grid has the transformer",
    )  # fmt: skip
    transformer_load_frac: float = Field(
        default=pcs.TRANSFORMER_LOAD_FRAC, ge=0, le=0.2,
        description="copper loss of the transformer at rated power; 0 if the grid has the transformer",
    )  # fmt: skip
    min_dc_v: float = Field(default=1000.0, gt=0, description="lowest DC voltage [V]")
    max_dc_v: float = Field(default=1500.0, gt=0, description="highest DC voltage; gives the cells in series [V]")


class ContainerParams(_Part):
    """Thermal management and losses; totals of the system, by default in proportion to its energy."""

    loss_w_k: float | None = Field(default=None, ge=0, description="heat loss to the outside [W/K]; default 15 per MWh")
    cooling_mw: float | None = Field(
        default=None, ge=0, description="rated heat removal [MW thermal]; default 0.01 per MWh"
    )
    heating_mw: float | None = Field(default=None, ge=0, description="rated heat [MW thermal]; default 0.005 per MWh")
    cooling_cop: float = Field(default=3.0, gt=0, description="heat removed over electricity [-]")
    heating_cop: float = Field(default=0.9, gt=0, description="heat over electricity; electric heaters 0.9 [-]")
    cool_above_degc: float = Field(default=28.0, description="cells are cooled above this [°C]")
    heat_below_degc: float = Field(default=18.0, description="cells are heated below this [°C]")
    controls_mw: float | None = Field(
        default=None, ge=0, description="management system and pumps, always on [MW]; default 0.0007 per MWh"
    )

    @model_validator(mode="after")
    def _band_has_a_width(self) -> ContainerParams:
        if self.heat_below_degc >= self.cool_above_degc:
            raise ValueError(
                f"heat_below_degc {self.heat_below_degc:g} is not below cool_above_degc {self.cool_above_degc:g}: "
                "heating and cooling would fight; leave a band between them"
            )
        return self


class DeratingParams(_Part):
    """Temperatures of the cells at which less current is allowed; ramps in between."""

    no_charge_below_degc: float = Field(default=0.0, description="no charging below [°C]")
    full_charge_above_degc: float = Field(default=10.0, description="full charging rate above [°C]")
    no_discharge_below_degc: float = Field(default=-20.0, ge=-40, description="no discharging below [°C]")
    full_discharge_above_degc: float = Field(default=-10.0, description="full discharging rate above [°C]")
    full_below_degc: float = Field(default=40.0, description="full rate below [°C]")
    none_above_degc: float = Field(default=45.0, le=80, description="no current above; never exceeded by use [°C]")

    @model_validator(mode="after")
    def _ramps_rise_and_fall(self) -> DeratingParams:
        order = (
            ("no_charge_below_degc", "full_charge_above_degc"),
            ("no_discharge_below_degc", "full_discharge_above_degc"),
            ("full_charge_above_degc", "full_below_degc"),
            ("full_discharge_above_degc", "full_below_degc"),
            ("full_below_degc", "none_above_degc"),
        )
        for lower, upper in order:
            if getattr(self, lower) >= getattr(self, upper):
                raise ValueError(
                    f"{lower} {getattr(self, lower):g} is not below {upper} {getattr(self, upper):g}; "
                    "the ramps of the derating go from cold over full to hot"
                )
        return self


class Params(StorageParams):
    """What the YAML may say about an LFP battery."""

    power_mw: float = Field(gt=0, description="rated power of the converter, charging and discharging [MW]")
    energy_mwh: float = Field(gt=0, description="energy of the new cells, 0 to 100 % state of charge [MWh]")
    min_soc: float = Field(default=0.05, ge=0, lt=1, description="lowest state of charge in operation, 0 to 1")
    max_soc: float = Field(default=0.95, gt=0, le=1, description="highest state of charge in operation, 0 to 1")
    initial_degc: float = Field(default=25.0, ge=-30, le=60, description="temperature of the cells at the start [°C]")
    initial_capacity_frac: float = Field(
        default=1.0, gt=0.1, le=1, description="capacity at the start over that of new cells [-]"
    )
    initial_resistance_factor: float = Field(
        default=1.0, ge=0.5, le=5, description="resistance at the start over that of new cells [-]"
    )
    cell: CellParams = Field(default=CellParams(), description="cell")
    converter: ConverterParams = Field(default=ConverterParams(), description="converter and its transformer")
    container: ContainerParams = Field(default=ContainerParams(), description="thermal management and auxiliaries")
    derating: DeratingParams = Field(default=DeratingParams(), description="limits of the cells' temperature")
    bms: BmsParams = Field(default=BmsParams(), description="errors of the instruments")
    ageing: AgeingParams = Field(default=AgeingParams(), description="laws of ageing, their price, additions by date")

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Params:
        if self.min_soc >= self.max_soc:
            raise ValueError(
                f"min_soc {self.min_soc:g} is not below max_soc {self.max_soc:g}; give fractions, e.g. 0.05 and 0.95"
            )
        if self.ageing.laws and self.initial_resistance_factor < 1.0:
            raise ValueError(
                f"initial_resistance_factor {self.initial_resistance_factor:g} is below 1, where no law of ageing "
                "leads; give 1 or more, set cell.ohmic_ohm instead, or switch ageing off with ageing: {laws: []}"
            )
        if self.wear_cost_per_mwh > 0.0 and self.ageing.laws and self.ageing.replacement_cost_per_mwh is not None:
            raise ValueError(
                f"wear_cost_per_mwh {self.wear_cost_per_mwh:g} and ageing.replacement_cost_per_mwh "
                f"{self.ageing.replacement_cost_per_mwh:g} both price the wear: leave one out"
            )
        series = self.series
        if series < 1:
            raise ValueError(
                f"converter.max_dc_v {self.converter.max_dc_v:g} V is below the {self.cell.max_v:g} V of one full cell"
            )
        if self.converter.min_dc_v >= series * lfp.NOMINAL_V:
            raise ValueError(
                f"converter.min_dc_v {self.converter.min_dc_v:g} V is above the nominal {series * lfp.NOMINAL_V:.0f} V "
                f"of {series} cells in series (from max_dc_v {self.converter.max_dc_v:g} V): nothing could be "
                "discharged; lower it"
            )
        return self

    @property
    def series(self) -> int:
        """Cells in series."""
        return cells_in_series(self.converter.max_dc_v, self.cell.max_v)

    def pack(self) -> Pack:
        """Cells of the system."""
        return pack_for(self.energy_mwh, self.cell.capacity_ah, self.series)

    def constants(self) -> SystemConstants:
        """What the kernels take."""
        pack, container, derating = self.pack(), self.container, self.derating
        return SystemConstants(
            cell=CellConstants(
                self.cell.capacity_ah, self.cell.ohmic_ohm, self.cell.polarisation_ohm, self.cell.hysteresis_v,
                max(self.cell.min_v, self.converter.min_dc_v / pack.series), self.cell.max_v,
            ),
            converter=self.converter_constants(),
            thermal=ThermalConstants(
                heat_capacity_j_k=pack.cells * self.cell.mass_kg * self.cell.heat_capacity_j_kg_k,
                loss_w_k=self._sized(container.loss_w_k, LOSS_W_K_PER_MWH),
                cooling_w=self._sized(container.cooling_mw, COOLING_MW_PER_MWH) * WATT_PER_MW,
                heating_w=self._sized(container.heating_mw, HEATING_MW_PER_MWH) * WATT_PER_MW,
                cooling_cop=container.cooling_cop,
                heating_cop=container.heating_cop,
                cool_above_degc=container.cool_above_degc,
                heat_below_degc=container.heat_below_degc,
            ),
            limits=LimitConstants(
                self.cell.max_charge_per_h, self.cell.max_discharge_per_h, derating.no_charge_below_degc,
                derating.full_charge_above_degc, derating.no_discharge_below_degc, derating.full_discharge_above_degc,
                derating.full_below_degc, derating.none_above_degc, self.min_soc, self.max_soc,
            ),
            cells=pack.cells,
            controls_mw=self._sized(container.controls_mw, CONTROLS_MW_PER_MWH),
        )  # fmt: skip

    def converter_constants(self) -> ConverterConstants:
        """Converter and transformer in one curve."""
        c = self.converter
        return ConverterConstants(
            rated_mw=self.power_mw,
            no_load_frac=c.no_load_frac + c.transformer_no_load_frac,
            linear_frac=c.linear_frac,
            quadratic_frac=c.quadratic_frac + c.transformer_load_frac,
            standby_mw=(c.standby_frac + c.transformer_no_load_frac) * self.power_mw,
        )

    def _sized(self, total: float | None, per_mwh: float) -> float:
        return per_mwh * self.energy_mwh if total is None else total
