"""How a heating or cooling network is written in YAML: the models beside the file, nothing computed but defaults.

Elements are mappings by name, so that a name stands once and a scenario may change one element of a shipped network.
Every node and pipe exists twice, in supply and return. Lengths in m, temperatures in °C, flows in kg/s, pressures in
bar (absolute), powers in MW of heat or cold, both positive here. What must hold between the elements is checked in
``thermal_checks``; ``thermal_source`` reads files and translates for the engine.
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping
from typing import Annotated, ClassVar, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from simulators.networks.heat.fluid import Fluid, water
from simulators.networks.heat.spec import DEFAULT_APPROACH_K, Service
from simulators.networks.network_file import Name
from simulators.networks.plant.cooling_plant import CoolingPlantParams
from simulators.networks.plant.heat_plant import HeatPlantParams

REFERENCE_DEGC = {Service.HEATING: 70.0, Service.COOLING: 10.0}
"""Of the fluid's constants: about the middle between supply and return."""
SupplyDegc: TypeAlias = Annotated[float, Field(ge=-60, le=200)]


class _Element(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)


class FluidFigures(_Element):
    """A heat carrier other than water, by the constants of its data sheet at the mean temperature."""

    density_kg_m3: float = Field(gt=0, description="density [kg/m³]")
    heat_capacity_j_kg_k: float = Field(gt=0, description="specific heat capacity [J/(kg K)]")
    viscosity_pa_s: float = Field(gt=0, description="dynamic viscosity [Pa s]")
    freezing_degc: float = Field(default=0.0, ge=-100, le=10, description="below this the network is not solvable [°C]")


class Node(_Element):
    """A junction, in supply and return."""

    elevation_m: float = Field(default=0.0, ge=-1000, le=9000, description="height of the pipes [m]")
    x_m: float | None = Field(default=None, description="to the east, for maps [m]")
    y_m: float | None = Field(default=None, description="to the north, for maps [m]")


class PipePair(_Element):
    """Supply and return pipe, side by side; by nominal diameter, or by inner diameter and heat loss coefficient.

    A nominal diameter is that of a pre-insulated bonded pipe (EN 253, insulation series 2) and gives inner diameter,
    wall and heat loss coefficient; the coefficients may be given beside it where they are known better.
    """

    from_: Name = Field(alias="from", description="node at one end")
    to: Name = Field(description="node at the other end")
    length_m: float = Field(gt=0, le=100_000, description="length of the trench [m]")
    dn: int | None = Field(default=None, description="nominal diameter [mm]; or give inner_diameter_m and u_w_mk")
    depth_m: float = Field(default=0.8, ge=0.4, le=20, description="depth of the axis, with dn [m]")
    inner_diameter_m: float | None = Field(default=None, gt=0, le=5, description="inner diameter [m]")
    u_w_mk: float | None = Field(default=None, ge=0, le=100, description="heat loss, water to ground [W/(m K)]")
    u_return_w_mk: float | None = Field(default=None, ge=0, le=100,
                                        description="heat loss of the return, where it differs [W/(m K)]")
    wall_m: float | None = Field(default=None, ge=0, le=0.1, description="thickness of the steel wall [m]")
    wall_j_mk: float | None = Field(default=None, ge=0, description="heat capacity of the wall, if not steel [J/(m K)]")
    roughness_m: float = Field(default=1e-4, ge=0, le=0.01, description="roughness of the wall [m]")
    zeta: float = Field(default=0.0, ge=0, description="bends and fittings as a loss coefficient [-]")
    minor_factor: float = Field(default=1.0, ge=1, le=10, description="bends and fittings as a factor on friction [-]")
    in_service: bool = Field(default=True, description="false: shut by its valves")


class Substation(_Element):
    """A consumer's heat exchanger with control valve and bypass. Exactly one of ``return_degc`` and ``delta_k``."""

    node: Name = Field(description="node it stands at")
    return_degc: float | None = Field(default=None, ge=-50, le=150,
                                      description="return temperature the valve aims at [°C]")
    delta_k: float | None = Field(default=None, gt=0, le=120,
                                  description="difference between supply and return the valve aims at [K]")
    approach_k: float = Field(default=DEFAULT_APPROACH_K, ge=0, le=30,
                              description="smallest difference across the heat exchanger at its cold end [K]")
    secondary_return_degc: float | None = Field(
        default=None, ge=-50, le=150,
        description="return of the building [°C]; default: two approaches beyond return_degc; with delta_k: of rooms")
    min_kg_s: float = Field(default=0.0, ge=0, description="flow through the exchanger even without demand [kg/s]")
    max_kg_s: float | None = Field(default=None, gt=0, description="largest flow [kg/s]; default: unlimited")
    max_mw: float | None = Field(
        default=None, gt=0, description="largest heat or cold at the design supply temperature: limits the flow [MW]")
    reserve_factor: float = Field(
        default=1.0, ge=1, le=5, description="with max_mw and return_degc: so many times the design flow can pass, to "
        "carry the same heat where the supply helps less than in design [-]")
    bypass_kg_s: float = Field(default=0.0, ge=0, description="constant flow past the exchanger [kg/s]")
    valve_time_s: float = Field(default=0.0, ge=0, le=86_400, description="time constant of the valve [s]")
    priority: int = Field(default=2, ge=1, le=100, description="1 is served first when flow is short (hospital)")


class SupplyCurve(_Element):
    """Supply temperature over outdoor temperature: linear between the points, constant beyond the ends."""

    outdoor_degc: list[float] = Field(min_length=1, description="outdoor temperatures, increasing [°C]")
    supply_degc: list[SupplyDegc] = Field(min_length=1, description="supply temperature at each of them [°C]")

    def at(self, outdoor_degc: float) -> float:
        """Supply temperature at an outdoor temperature."""
        x, y = self.outdoor_degc, self.supply_degc
        i = bisect.bisect_right(x, outdoor_degc)
        if i == 0 or i == len(x):
            return y[min(i, len(x) - 1)]
        return y[i - 1] + (y[i] - y[i - 1]) * (outdoor_degc - x[i - 1]) / (x[i] - x[i - 1])


class ThermalSource(_Element):
    """A producer with its circulation pump: an energy centre (``plant``), or bought heat or cold."""

    node: Name = Field(description="node it stands at")
    supply: SupplyDegc | SupplyCurve = Field(
        description="supply temperature [°C], or its curve over outdoor temperature")
    return_bar: float = Field(default=3.0, gt=0, le=40, description="pressure held in the return, absolute [bar]")
    lift_bar: float | None = Field(
        default=None, gt=0, le=40, description="fixed pressure rise of the pump [bar]; default: just enough for the "
                                               "worst substation")
    min_differential_bar: float = Field(default=0.7, ge=0, le=10,
                                        description="pressure difference kept at the worst substation [bar]")
    max_lift_bar: float | None = Field(default=None, gt=0, le=40,
                                       description="largest pressure rise of the pump [bar]; default: unlimited")
    max_kg_s: float | None = Field(default=None, gt=0, description="largest flow of the pump [kg/s]; default: "
                                                                   "unlimited")
    pump_efficiency: float = Field(default=0.65, gt=0, le=1, description="hydraulic over electrical power [-]")
    share_frac: float = Field(default=0.0, ge=0, le=1, description="of the consumers' flow, for each source of a "
                                                                   "network but the first, which takes the rest [-]")
    max_gradient_k_per_h: float | None = Field(
        default=None, gt=0, description="fastest change of the supply temperature; a plant brings its own [K/h]")
    max_mw: float | None = Field(default=None, gt=0, description="most that is bought, needs a limit of the flow; a "
                                                                 "plant brings its own limits [MW]")
    plant: HeatPlantParams | CoolingPlantParams | None = Field(
        default=None, description="energy centre; none: heat or cold is bought")

    def supply_at(self, outdoor_degc: float) -> float:
        """Supply set-point at an outdoor temperature."""
        return self.supply.at(outdoor_degc) if isinstance(self.supply, SupplyCurve) else self.supply

    @property
    def supply_points(self) -> tuple[float, ...]:
        """Every supply temperature the file names, coldest weather first."""
        return tuple(self.supply.supply_degc) if isinstance(self.supply, SupplyCurve) else (self.supply,)


class HeatSource(ThermalSource):
    """A producer of heat with its circulation pump."""

    plant: HeatPlantParams | None = Field(default=None, description="energy centre; none: heat is bought")


class CoolingSource(ThermalSource):
    """A producer of cold with its circulation pump."""

    plant: CoolingPlantParams | None = Field(default=None, description="energy centre; none: cold is bought")


class Feed(_Element):
    """A given flow between return and supply: a tank or plant in parallel to the sources."""

    node: Name = Field(description="node it stands at")
    pump_efficiency: float = Field(default=0.65, gt=0, le=1, description="hydraulic over electrical power [-]")


class Extraction(_Element):
    """Heat taken out of the return, as by a heat pump's evaporator."""

    node: Name = Field(description="node it stands at")
    min_degc: float = Field(default=1.0, ge=-50, le=150, description="the return is not cooled below [°C]")
    max_degc: float = Field(default=110.0, ge=-50, le=150, description="nor heated above, where heat is put in [°C]")


class ThermalFile(_Element):
    """What heating and cooling networks have in common."""

    service: ClassVar[Service]

    name: str = Field(default="network", description="name for messages")
    water_degc: float | None = Field(
        default=None, ge=0, le=130, description="temperature at which the water's density, heat capacity and viscosity "
                                                "are taken [°C]; default: 70 in heating, 10 in cooling networks")
    fluid: FluidFigures | None = Field(default=None, description="a heat carrier other than water (antifreeze)")
    ground_degc: float = Field(default=10.0, ge=-30, le=60, description="ground around the pipes [°C]")
    parcels: int = Field(default=256, ge=8, le=100_000, description="parcels of water a pipe can hold; more are merged")
    nodes: dict[Name, Node] = Field(min_length=1, description="nodes by name")
    pipes: dict[Name, PipePair] = Field(default_factory=dict, description="pairs of pipes by name")
    substations: dict[Name, Substation] = Field(default_factory=dict, description="consumers by name, for loads")
    sources: Mapping[Name, ThermalSource] = Field(description="producers by name; the first keeps the pressure")
    feeds: dict[Name, Feed] = Field(default_factory=dict, description="given flows by name")
    extractions: dict[Name, Extraction] = Field(default_factory=dict, description="heat taken from the return, by name")

    @property
    def carrier(self) -> Fluid:
        """Constants of the heat carrier."""
        if self.fluid is not None:
            return Fluid(**self.fluid.model_dump())
        return water(REFERENCE_DEGC[self.service] if self.water_degc is None else self.water_degc)

    @property
    def freezing_degc(self) -> float:
        """Freezing point of the heat carrier."""
        return self.carrier.freezing_degc


class HeatNetworkFile(ThermalFile):
    """A heating network."""

    service = Service.HEATING

    sources: dict[Name, HeatSource] = Field(description="producers by name; the first keeps the pressure")


class CoolingNetworkFile(ThermalFile):
    """A cooling network."""

    service = Service.COOLING

    sources: dict[Name, CoolingSource] = Field(description="producers by name; the first keeps the pressure")
