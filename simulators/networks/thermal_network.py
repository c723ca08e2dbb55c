"""Heating and cooling networks of a site: pipes with true transport delay, substations, energy centres, pumps.

A step of any length is run in sub-steps (``substep_s``): valves, flows, plug-flow transport, and the energy centres'
plants between them (``simulators.networks.heat``, ``simulators.networks.plant``). Assets stand on substations
(``heat_node: HOSPITAL``, demand ≤ 0) and CHP units on sources with a plant (``heat_node: EC``, heat ≥ 0). Heat for
absorption chillers goes from a heating network to a cooling network: the request in the same step, the heat one step
later. Where the network cannot do what is asked, the step carries a status with place and time, temperatures stay
physical, and what was not delivered is recorded.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

import numpy as np
from pydantic import Field, model_validator

from simulators.networks.heat.network import ThermalNetwork
from simulators.networks.heat.results import NetworkInputs as EngineInputs
from simulators.networks.heat.results import NetworkState, StepResult
from simulators.networks.heat.summary import (
    DELIVERED,
    DEMAND,
    DIFFERENTIAL,
    RETURN,
    SUBSTATION_ROWS,
    UNSERVED,
    Sums,
    summarise,
)
from simulators.networks.plant import drive_circuit
from simulators.networks.plant.bought import supply_records
from simulators.networks.plant.centres import CentresState, CoolingCentres, HeatCentres, Surroundings
from simulators.networks.plant.content import NOTES
from simulators.networks.plant.cooling_dispatch import CoolingCall, CoolingDelivery
from simulators.networks.plant.heat_dispatch import HeatCall, HeatDelivery
from simulators.networks.thermal_controls import Controls, each
from simulators.networks.thermal_crosscheck import Crosscheck
from simulators.networks.thermal_events import Watch, announce
from simulators.networks.thermal_file import CoolingNetworkFile, HeatNetworkFile, ThermalFile
from simulators.networks.thermal_ports import (
    CoolingInputs,
    CoolingOutputs,
    HeatInputs,
    HeatOutputs,
    NetworkInputs,
    NetworkOutputs,
)
from simulators.networks.thermal_source import network_spec, thermal_model
from simulators.networks.thermal_start import Headers, first_water, plant_degc
from simulators.power_factor import tan_phi
from twin.component import AssetParams, Component, Role, Section
from twin.context import Context
from twin.errors import ComponentError
from twin.nameplate import NodePlate, PipePlate, SourcePlate, SubstationPlate, ThermalNetworkNameplate
from twin.scenario.datafile import DataFile

S_PER_H = 3600.0
USUAL_OUTDOOR_DEGC = 10.0
"""At which a supply curve is read until the first step brings the weather."""


class Params(AssetParams):
    """Which network, and how it is run. Exactly one of ``file`` and ``inline``."""

    file: DataFile | None = Field(default=None, description="network file in YAML, or a pandapipes network as .json")
    changes: dict[str, Any] = Field(default_factory=dict, description="laid over the network file, by the same keys: "
                                                                      "{pipes: {EC-A: {length_m: 900}}}")
    substep_s: float = Field(default=60.0, ge=1, le=900, description="longest sub-step of water and plants [s]")
    shed_after_s: float = Field(default=600.0, ge=0, description="a small shortage of the producers is carried so long "
                                "by pipes and buildings; then, and at once if a quarter of the need is missing, the "
                                "lowest priority is throttled [s]")
    initial_supply_degc: float | None = Field(default=None, description="water in the supply at the start [°C]; "
                                              "default: the first source's supply in the weather of the first step")
    initial_return_degc: float | None = Field(default=None, description="water in the return at the start [°C]; "
                                                                        "default: mean of the substations' returns")
    power_factor: float = Field(default=0.95, gt=0, le=1, description="cos phi of pumps, fans and chillers [-]")
    crosscheck_every_h: float = Field(default=168.0, ge=0, description="flows and pressures are compared with "
                                      "pandapipes so often [h]; 0: never")

    @model_validator(mode="after")
    def _one_network(self) -> Self:
        given = [key for key in ("file", "inline") if getattr(self, key, None) is not None]
        if len(given) != 1:
            raise ValueError(f"exactly one of file and inline is needed; {len(given) or 'none'} given")
        if self.changes and self.file is None:
            raise ValueError("'changes' apply to a network file; there is none")
        return self


class HeatParams(Params):
    """What the YAML may say about a heating network."""

    inline: HeatNetworkFile | None = Field(default=None, description="the network itself, as in a network file")


class CoolingParams(Params):
    """What the YAML may say about a cooling network."""

    inline: CoolingNetworkFile | None = Field(default=None, description="the network itself, as in a network file")


@dataclass(slots=True)
class State:
    """Water and walls, plants, and what has been told."""

    water: NetworkState
    centres: CentresState
    watch: Watch
    crosscheck: Crosscheck
    begun: bool = False
    """False until the first step has brought the weather, to which the water begins."""


P = TypeVar("P", bound=Params)
I = TypeVar("I", bound=NetworkInputs)  # noqa: E741
O = TypeVar("O", bound=NetworkOutputs)  # noqa: E741
S = TypeVar("S", bound=State)
D = TypeVar("D", HeatDelivery, CoolingDelivery)


class _Network(Component[P, I, O, S], Generic[P, I, O, S]):
    """What both networks share; a subclass adds its plants and their figures."""

    section = Section.NETWORKS
    role = Role.NETWORK

    file_type: type[ThermalFile]
    carrier: str
    generates: bool
    """Whether plants take what CHP units generate."""
    centres: HeatCentres | CoolingCentres

    def __init__(self, name: str, params: P, context: Context) -> None:
        self.file = file = thermal_model(self.file_type, params.file, params.changes, getattr(params, "inline", None))
        self._headers = headers = Headers(file, params.substep_s)
        self._with_plant = headers.with_plant
        self.spec = spec = headers.spec(network_spec(file))
        self.network = ThermalNetwork(spec)
        self._sign = float(spec.service)
        self._heat_capacity = spec.fluid.heat_capacity_j_kg_k
        self._names = {"substation": tuple(file.substations), "source": tuple(file.sources),
                       "node": tuple(file.nodes), "pipe": tuple(file.pipes), "feed": tuple(file.feeds),
                       "extraction": tuple(file.extractions)}
        self._names["connection"] = (*self._names["substation"], *self._names["source"])
        self._at_substation = len(file.substations)
        self._ideal = np.array(headers.ideal)
        self.controls = Controls(self.network, file, self.carrier, np.array(headers.largest_kg_s), self.generates)
        number = {node: i for i, node in enumerate(file.nodes)}
        self._substation_node = np.array([number[s.node] for s in file.substations.values()], np.int64)
        self._tan_phi = tan_phi(params.power_factor)
        self.centres = self._centres(list(file.sources.values()), params)
        super().__init__(name, params, context)

    def _centres(self, sources: list[Any], params: P) -> HeatCentres | CoolingCentres:
        headers = self._headers
        supplies = supply_records(headers.places(headers.bought), headers.gradient_k_s)
        around = Surroundings(headers.places(headers.with_plant), supplies, len(sources),
                              [s.priority for s in self.file.substations.values()], params.shed_after_s,
                              self._heat_capacity)
        return self._make_centres([sources[i].plant for i in self._with_plant], around)

    def _make_centres(self, plants: list[Any], around: Surroundings) -> HeatCentres | CoolingCentres:
        raise NotImplementedError

    def initial_state(self) -> Any:
        """Water at rest; energy centres in operation. The first step sets the temperatures anew, to its weather."""
        return State(*self._begin(USUAL_OUTDOOR_DEGC), Watch(), Crosscheck())

    def _begin(self, air_degc: float) -> tuple[NetworkState, CentresState]:
        params, sources = self.params, list(self.file.sources.values())
        first = first_water(self.file, air_degc, params.initial_supply_degc, params.initial_return_degc)
        water = self.network.initial_state(first.supply_degc, first.return_degc)
        water.source_degc[:] = first.source_degc
        return water, self.centres.initial_state(
            [plant_degc(sources[i], first.source_degc[i]) for i in self._with_plant],
            [first.source_degc[i] for i in self._headers.bought])

    def terminals(self) -> dict[str, tuple[str, ...]]:
        return self._names

    def nameplate(self) -> ThermalNetworkNameplate:
        file = self.file
        diameter = {pipe.name: pipe.inner_diameter_m for pipe in self.spec.pipes}
        return ThermalNetworkNameplate(
            service=self.spec.service.name.lower(),
            nodes=tuple(NodePlate(name, n.x_m, n.y_m) for name, n in file.nodes.items()),
            pipes=tuple(PipePlate(name, p.from_, p.to, p.length_m, diameter[name]) for name, p in file.pipes.items()),
            substations=tuple(SubstationPlate(name, s.node, s.priority) for name, s in file.substations.items()),
            sources=tuple(SourcePlate(name, s.node) for name, s in file.sources.items()))

    def step(self, t_s: int, dt_s: int, inputs: I) -> O:
        state, centres = self.state, self.centres
        engine = self.controls.fill(inputs)
        if not state.begun:
            state.water, state.centres = self._begin(inputs.air_temperature_degc)
            state.begun = True
        state.crosscheck.run_if_due(self, t_s, engine)
        deliveries, notes = np.zeros((len(self._with_plant), len(centres.delivery_fields))), np.zeros(NOTES)
        self._call(inputs, centres.calls, dt_s)
        result = self.network.advance(state.water, dt_s, self.params.substep_s, engine,
                                      centres.driver(state.centres, deliveries, notes))
        outputs = self._outputs(inputs, self._common(result, engine, notes.tolist()), deliveries, dt_s)
        announce(self, t_s, result, outputs)
        return outputs

    def _outputs(self, inputs: I, common: dict[str, Any], deliveries: np.ndarray, dt_s: int) -> O:
        raise NotImplementedError

    def _call(self, inputs: I, calls: np.ndarray, dt_s: int) -> None:
        """What each plant is told; the kernel fills in flow and return."""
        raise NotImplementedError

    def _common(self, result: StepResult, engine: EngineInputs, notes: Sequence[float]) -> dict[str, Any]:
        """The outputs that need no plant."""
        sign, consumers, pipes, sources, nodes = (
            self._sign, result.consumers, result.pipes, result.sources, result.nodes)
        substations, source_mw = np.empty((SUBSTATION_ROWS, consumers.size)), np.empty(sources.size)
        sums = Sums(*summarise(
            sign, engine.consumers, consumers, nodes, pipes, sources, result.feeds, result.extractions,
            self._substation_node, self._ideal, substations, source_mw))
        headers_before, tanks_before, headers_mwh, tanks_mwh, bought_mw = notes
        change_mwh = result.stored_change_mwh + headers_mwh - headers_before + tanks_mwh - tanks_before
        if not math.isfinite(change_mwh + result.stored_mwh):
            raise ComponentError("the temperatures of the network are no longer numbers; nothing after this step could "
                                 "be trusted: please report this with the scenario")
        worst_bar = result.worst_differential_bar
        return sums._asdict() | {
            "external_mw": sums.external_mw + bought_mw,
            "loss_mw": sign * (result.loss_supply_mw + result.loss_return_mw),
            "tank_energy_mwh": sign * tanks_mwh, "stored_mwh": sign * (result.stored_mwh + headers_mwh),
            "stored_change_mwh": sign * change_mwh, "status_code": result.status.value,
            "worst_differential_bar": worst_bar if math.isfinite(worst_bar) else 0.0,
            "crosscheck_pressure_frac": self.state.crosscheck.pressure_frac,
            "substation_demand_mw": substations[DEMAND], "substation_delivered_mw": substations[DELIVERED],
            "substation_unserved_mw": substations[UNSERVED], "substation_return_degc": substations[RETURN],
            "differential_bar": substations[DIFFERENTIAL], "substation_kg_s": consumers["flow_kg_s"],
            "substation_supply_degc": consumers["supply_degc"],
            "supply_degc": nodes["supply_degc"], "return_degc": nodes["return_degc"],
            "pipe_kg_s": pipes["flow_kg_s"], "velocity_m_s": pipes["velocity_m_s"],
            "pressure_gradient_pa_m": pipes["gradient_pa_m"],
            "source_mw": source_mw, "source_kg_s": sources["flow_kg_s"],
            "source_supply_degc": sources["supply_degc"], "source_return_degc": sources["return_degc"],
            "source_lift_bar": sources["lift_bar"],
            "feed_flow_kg_s": result.feeds["flow_kg_s"], "feed_drawn_degc": result.feeds["drawn_degc"],
            "extraction_inlet_degc": result.extractions["inlet_degc"],
            "extraction_kg_s": result.extractions["flow_kg_s"],
        }


def _sum(delivery: type[D], deliveries: np.ndarray) -> D:
    """Of all plants; nothing where there is none."""
    return delivery(*deliveries.sum(axis=0).tolist())


def _number(value: float, name: str) -> float:
    if not math.isfinite(value):
        raise ComponentError(f"{name} is {value}; it must be a number")
    return value


def _share(value: float) -> float:
    if not 0.0 <= value <= 1.0:
        raise ComponentError(f"drive_share_frac is {value:g}; it is the share of its own request that a cooling "
                             "network gets, 0 to 1: connect the drive_share_frac of a heating network")
    return value


class HeatNetwork(_Network[HeatParams, HeatInputs, HeatOutputs, State]):
    """District heating network: plug-flow pipes, substations, energy centres with boiler, tank and dump cooler."""

    file_type = HeatNetworkFile
    carrier = "heat"
    generates = True

    def _make_centres(self, plants: list[Any], around: Surroundings) -> HeatCentres:
        return HeatCentres(plants, around)

    def _call(self, inputs: HeatInputs, calls: np.ndarray, dt_s: int) -> None:
        """CHP heat where it stands; drive heat is given by the first plant."""
        count, set_degc = len(self._ideal), self.controls.set_degc
        chp_mw, request_mw = self.controls.demand_mw(inputs), each(inputs.tank_request_mw, count)
        limit_mw, drive_mw = each(inputs.plant_limit_mw, count), _number(inputs.drive_request_mw, "drive_request_mw")
        for p, i in enumerate(self._with_plant):
            calls[p] = HeatCall(
                network_kg_s=0.0, return_degc=0.0, setpoint_degc=set_degc[i],
                chp_heat_mw=chp_mw[self._at_substation + i], drive_mw=max(0.0, drive_mw) if p == 0 else 0.0,
                tank_request_mw=request_mw[i], boiler_limit_mw=limit_mw[i], air_degc=inputs.air_temperature_degc)

    def _outputs(self, inputs: HeatInputs, common: dict[str, Any], deliveries: np.ndarray, dt_s: int) -> HeatOutputs:
        plant = _sum(HeatDelivery, deliveries)
        chp_mw = float(self.controls.demand_mw(inputs)[self._at_substation :].sum())
        drive_degc = float(common["source_supply_degc"][self._with_plant[0]]) if self._with_plant else 0.0
        request_mw = _number(inputs.drive_request_mw, "drive_request_mw")
        p_mw = plant.p_mw - common["pump_mw"]
        given = chp_mw + plant.boiler_mw + common["external_mw"] + common["feed_mw"]
        taken = (common["delivered_mw"] + common["extraction_mw"] + common["loss_mw"] + plant.tank_loss_mw
                 + plant.dumped_mw + plant.stranded_mw + plant.drive_mw)
        return HeatOutputs(
            **common, p_mw=p_mw, q_mvar=p_mw * self._tan_phi, plant_mw=plant.network_mw, tank_mw=plant.tank_mw,
            tank_loss_mw=plant.tank_loss_mw, shortfall_mw=plant.shortfall_mw,
            residual_mwh=(given - taken) * dt_s / S_PER_H - common["stored_change_mwh"],
            chp_heat_mw=chp_mw, boiler_mw=plant.boiler_mw, gas_mw=plant.gas_mw,
            boiler_loss_mw=-plant.gas_mw - plant.boiler_mw, dumped_mw=plant.dumped_mw, stranded_mw=plant.stranded_mw,
            drive_mw=plant.drive_mw, drive_degc=drive_degc,
            drive_share_frac=min(plant.drive_mw / request_mw, 1.0) if request_mw > 0.0 else 0.0)


class CoolingNetwork(_Network[CoolingParams, CoolingInputs, CoolingOutputs, State]):
    """District cooling network: chilled water, energy centres with electric and absorption chillers and cold tank."""

    file_type = CoolingNetworkFile
    carrier = "cooling"
    generates = False
    centres: CoolingCentres

    def _make_centres(self, plants: list[Any], around: Surroundings) -> CoolingCentres:
        return CoolingCentres(plants, around)

    def _call(self, inputs: CoolingInputs, calls: np.ndarray, dt_s: int) -> None:
        share_frac = _share(inputs.drive_share_frac)
        if self.centres.takes_drive_heat:
            drive_circuit.fill(self.state.centres.drive, share_frac, dt_s)
        count, set_degc = len(self._ideal), self.controls.set_degc
        request_mw, limit_mw = each(inputs.tank_request_mw, count), each(inputs.plant_limit_mw, count)
        for p, i in enumerate(self._with_plant):
            calls[p] = CoolingCall(
                network_kg_s=0.0, return_degc=0.0, setpoint_degc=set_degc[i], drive_offer_mw=0.0,
                drive_degc=inputs.drive_degc, tank_request_mw=request_mw[i], chiller_limit_mw=limit_mw[i],
                wet_bulb_degc=inputs.wet_bulb_degc, air_degc=inputs.air_temperature_degc)

    def _outputs(self, inputs: CoolingInputs, common: dict[str, Any], deliveries: np.ndarray,
                 dt_s: int) -> CoolingOutputs:
        plant = _sum(CoolingDelivery, deliveries)
        state = self.state.centres
        request_mw = self.centres.drive_request_mw(state, deliveries, dt_s)
        stored_mwh = float(state.drive[drive_circuit.STORED_MWH])
        p_mw = plant.p_mw - common["pump_mw"]
        given = plant.chiller_mw + plant.absorption_mw + common["external_mw"] + common["feed_mw"]
        taken = common["delivered_mw"] + common["extraction_mw"] + common["loss_mw"] + plant.tank_gain_mw
        substeps = max(1, int(np.ceil(dt_s / self.params.substep_s - 1e-9)))
        return CoolingOutputs(
            **common, p_mw=p_mw, q_mvar=p_mw * self._tan_phi, plant_mw=plant.network_mw, tank_mw=plant.tank_mw,
            tank_loss_mw=plant.tank_gain_mw, shortfall_mw=plant.shortfall_mw,
            residual_mwh=(given - taken) * dt_s / S_PER_H - common["stored_change_mwh"],
            chiller_mw=plant.chiller_mw, chiller_p_mw=plant.chiller_p_mw, absorption_mw=plant.absorption_mw,
            drive_request_mw=request_mw, drive_used_mw=plant.drive_mw, drive_stored_mwh=stored_mwh,
            rejected_mw=plant.rejected_mw, water_m3=plant.water_m3 * substeps)
