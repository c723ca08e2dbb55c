"""Heating and cooling networks of a site: pipes with true transport delay, substations, energy centres, pumps.

A step of any length is run in sub-steps (``substep_s``): valves, flows, plug-flow transport, and the energy centres'
plants between them (``simulators.networks.heat``, ``simulators.networks.plant``). Assets stand on substations
(``heat_node: HOSPITAL``, demand ≤ 0) and CHP units on sources with a plant (``heat_node: EC``, heat ≥ 0). Heat for
absorption chillers goes from a heating network to a cooling network: the request in the same step, the heat one step
later. Where the network cannot do what is asked, the step carries a status with place and time, temperatures stay
physical, and what was not delivered is recorded.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

import numpy as np
from pydantic import Field, model_validator

from simulators.networks.heat.network import ThermalNetwork
from simulators.networks.heat.results import NetworkInputs as EngineInputs
from simulators.networks.heat.results import NetworkState, StepResult
from simulators.networks.heat.spec import NetworkSpec
from simulators.networks.plant import drive_circuit
from simulators.networks.plant.centres import CentresState, CoolingCentres, HeatCentres, Place
from simulators.networks.plant.cooling_dispatch import CoolingDelivery
from simulators.networks.plant.heat_dispatch import HeatDelivery
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
from simulators.networks.thermal_source import largest_flow_kg_s, network_spec, thermal_model
from simulators.power_factor import tan_phi
from twin.component import AssetParams, Component, Role, Section
from twin.context import Context
from twin.errors import ComponentError
from twin.nameplate import NodePlate, PipePlate, SourcePlate, SubstationPlate, ThermalNetworkNameplate
from twin.scenario.datafile import DataFile

W_PER_MW = 1e6
S_PER_H = 3600.0
USUAL_OUTDOOR_DEGC = 10.0
"""At which a supply curve is read for the initial temperature, where none is given."""
UNSERVED_FRAC = 1e-6
"""Of the demand: less is round-off of the substations' limits."""


class Params(AssetParams):
    """Which network, and how it is run. Exactly one of ``file`` and ``inline``."""

    file: DataFile | None = Field(default=None, description="network file in YAML, or a pandapipes network as .json")
    changes: dict[str, Any] = Field(default_factory=dict, description="laid over the network file, by the same keys: "
                                                                      "{pipes: {EC-A: {length_m: 900}}}")
    substep_s: float = Field(default=60.0, ge=1, le=900, description="longest sub-step of water and plants [s]")
    shed_after_s: float = Field(default=600.0, ge=0, description="a shortage of the plants is carried so long by "
                                "pipes and buildings; then the lowest priority is throttled [s]")
    initial_supply_degc: float | None = Field(default=None, description="water in the supply at the start [°C]; "
                                                                        "default: the first source's supply")
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
    centres: CentresState | None
    watch: Watch
    crosscheck: Crosscheck


P = TypeVar("P", bound=Params)
I = TypeVar("I", bound=NetworkInputs)  # noqa: E741
O = TypeVar("O", bound=NetworkOutputs)  # noqa: E741
S = TypeVar("S", bound=State)


class _Network(Component[P, I, O, S], Generic[P, I, O, S]):
    """What both networks share; a subclass adds its plants and their figures."""

    section = Section.NETWORKS
    role = Role.NETWORK

    file_type: type[ThermalFile]
    carrier: str

    def __init__(self, name: str, params: P, context: Context) -> None:
        self.file = file = thermal_model(self.file_type, params.file, params.changes, getattr(params, "inline", None))
        self._with_plant = [i for i, s in enumerate(file.sources.values()) if s.plant is not None]
        self.spec = spec = _with_headers(network_spec(file), self._with_plant)
        self.network = ThermalNetwork(spec)
        self._sign = float(spec.service)
        self._heat_capacity = spec.fluid.heat_capacity_j_kg_k
        self._names = {"substation": tuple(file.substations), "source": tuple(file.sources),
                       "node": tuple(file.nodes), "pipe": tuple(file.pipes), "feed": tuple(file.feeds),
                       "extraction": tuple(file.extractions)}
        self._names["connection"] = (*self._names["substation"], *self._names["source"])
        self._at_substation = len(file.substations)
        self._inputs = self.network.inputs(supply_degc=self._initial_supply_degc(params), ground_degc=file.ground_degc)
        self._shut = np.array([not pipe.in_service for pipe in file.pipes.values()], dtype=bool)
        self._bought = np.array([s.plant is None for s in file.sources.values()], dtype=bool)
        self._bought_limit_mw = np.array([np.inf if s.max_mw is None else s.max_mw for s in file.sources.values()])
        self._largest_kg_s = np.array([largest_flow_kg_s(file, name) if source.plant is not None else np.inf
                                       for name, source in file.sources.items()])
        self._inputs.sources["share_frac"] = [s.share_frac for s in file.sources.values()]
        number = {node: i for i, node in enumerate(file.nodes)}
        self._substation_node = np.array([number[s.node] for s in file.substations.values()], dtype=int)
        self._tan_phi = tan_phi(params.power_factor)
        self.centres: HeatCentres | CoolingCentres | None = None
        if self._with_plant:
            self.centres = self._centres(list(file.sources.values()), params)
        super().__init__(name, params, context)

    def _centres(self, sources: list[Any], params: P) -> HeatCentres | CoolingCentres:
        places = [Place(i, self._largest_kg_s[i] * params.substep_s) for i in self._with_plant]
        priority = np.array([s.priority for s in self.file.substations.values()], dtype=int)
        first = priority.min(initial=100)
        lowest_first = [c for c in sorted(range(priority.size), key=lambda c: (-priority[c], -c))
                        if priority[c] > first]
        return self._make_centres([sources[i].plant for i in self._with_plant], places, lowest_first,
                                  params.shed_after_s)

    def _make_centres(self, plants: list[Any], places: list[Place], lowest_first: list[int],
                      grace_s: float) -> HeatCentres | CoolingCentres:
        raise NotImplementedError

    def _initial_supply_degc(self, params: P) -> float:
        if params.initial_supply_degc is not None:
            return params.initial_supply_degc
        return next(iter(self.file.sources.values())).supply_at(USUAL_OUTDOOR_DEGC)

    def _initial_return_degc(self, supply_degc: float) -> float:
        if self.params.initial_return_degc is not None:
            return self.params.initial_return_degc
        returns = [s.return_degc if s.return_degc is not None else supply_degc - self._sign * (s.delta_k or 0.0)
                   for s in self.file.substations.values()]
        return sum(returns) / len(returns) if returns else supply_degc

    def initial_state(self) -> Any:
        """Water at rest; energy centres in operation."""
        supply_degc = self._initial_supply_degc(self.params)
        water = self.network.initial_state(supply_degc, self._initial_return_degc(supply_degc))
        sources, centres = list(self.file.sources.values()), None
        if self.centres is not None:
            plants = [sources[i].plant for i in self._with_plant]
            centres = self.centres.initial_state([
                plant.initial_supply_degc if "initial_supply_degc" in plant.model_fields_set else supply_degc
                for plant in plants])
        return State(water, centres, Watch(), Crosscheck())

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
        state = self.state
        engine = self._engine_inputs(inputs)
        stored_mwh, tank_mwh = self._stored_mwh(state)
        state.crosscheck.run_if_due(self, t_s, engine)
        deliveries = np.zeros((0, 0))
        if self.centres is None or state.centres is None:
            result = self.network.advance(state.water, dt_s, self.params.substep_s, engine)
        else:
            deliveries = np.zeros((len(self._with_plant), len(self.centres.delivery_fields)))
            self._call(inputs)
            result = self.network.advance(state.water, dt_s, self.params.substep_s, engine,
                                          self.centres.driver(state.centres, deliveries))
        header_after_mwh, tank_after_mwh = self._stored_mwh(state)
        change_mwh = self._sign * (result.stored_change_mwh + header_after_mwh - stored_mwh
                                   + tank_after_mwh - tank_mwh)
        common = self._common(result, engine, change_mwh, header_after_mwh, tank_after_mwh, dt_s)
        outputs = self._outputs(inputs, common, deliveries, dt_s)
        announce(self, t_s, result, outputs)
        return outputs

    def _outputs(self, inputs: I, common: dict[str, Any], deliveries: np.ndarray, dt_s: int) -> O:
        raise NotImplementedError

    def _call(self, inputs: I) -> None:
        raise NotImplementedError

    def _fill_calls(self, inputs: I) -> Any:
        """What both plants are told; returns the calls."""
        assert self.centres is not None
        calls, sources = self.centres.calls, list(self.file.sources.values())
        by_hand, request = _each(inputs.supply_set_degc, len(sources)), _each(inputs.tank_request_mw, len(sources))
        for p, i in enumerate(self._with_plant):
            set_degc = by_hand[i]
            calls["setpoint_degc"][p] = (sources[i].supply_at(inputs.air_temperature_degc) if set_degc != set_degc
                                         else set_degc)
            calls["tank_request_mw"][p] = request[i]
        calls["air_degc"] = inputs.air_temperature_degc
        return calls

    def _engine_inputs(self, inputs: I) -> EngineInputs:
        """Demand and hand controls as the engine wants them."""
        engine, n = self._inputs, self._at_substation
        if not math.isfinite(inputs.air_temperature_degc):
            raise ComponentError(f"air_temperature_degc is {inputs.air_temperature_degc}; the supply temperature "
                                 f"follows it: connect a weather")
        demand = np.asarray(getattr(inputs, f"{self.carrier}_mw"), dtype=float)
        if demand.ndim == 0:
            demand = np.full(len(self._names["connection"]), float(demand))
        self._check_demand(demand)
        engine.consumers["heat_mw"] = -self._sign * demand[:n]
        engine.consumers["open_frac"] = np.minimum(inputs.valve_open_frac, 1.0)
        engine.pipe_open = ~self._shut & (self._pipe_open_frac(inputs) > 0.0)
        limit = _each(inputs.plant_limit_mw, len(self._bought))
        engine.sources["limit_mw"] = np.where(self._bought, np.minimum(limit, self._bought_limit_mw), np.inf)
        engine.sources["max_kg_s"] = np.minimum(inputs.pump_limit_kg_s, self._largest_kg_s)
        by_hand = _each(inputs.supply_set_degc, len(self._bought))
        for i, source in enumerate(self.file.sources.values()):
            if source.plant is None:
                engine.sources["supply_degc"][i] = (
                    by_hand[i] if by_hand[i] == by_hand[i] else source.supply_at(inputs.air_temperature_degc))
        engine.feeds["flow_kg_s"], engine.feeds["degc"] = inputs.feed_kg_s, inputs.feed_degc
        engine.extractions["heat_mw"] = inputs.extraction_mw
        return engine

    def _pipe_open_frac(self, inputs: I) -> np.ndarray:
        open_frac = _each(inputs.pipe_open_frac, len(self._shut))
        if np.isnan(open_frac).any():
            name = self._names["pipe"][int(np.argmax(np.isnan(open_frac)))]
            raise ComponentError(f"pipe_open_frac of {name!r} is {math.nan}; it must be a number: 0 is shut")
        return open_frac

    def _check_demand(self, demand_mw: np.ndarray) -> None:
        n, names = self._at_substation, self._names["connection"]
        if not np.isfinite(demand_mw).all():
            bad = int(np.argmin(np.isfinite(demand_mw)))
            raise ComponentError(f"{self.carrier}_mw at {names[bad]!r} is {demand_mw[bad]}; check the assets there")
        if (demand_mw[:n] > 0.0).any():
            bad = int(np.argmax(demand_mw[:n]))
            raise ComponentError(f"{self.carrier}_mw at substation {names[bad]!r} is {demand_mw[bad]:g} MW, but "
                                 f"substations only take; what generates stands on a source with a plant")
        allowed = self._takes_generation()
        for i, (name, value) in enumerate(zip(names[n:], demand_mw[n:].tolist(), strict=True)):
            if value < 0.0:
                raise ComponentError(f"{self.carrier}_mw at source {name!r} is {value:g} MW: a demand needs a "
                                     f"substation; add one at the same node")
            if value > 0.0 and i not in allowed:
                raise ComponentError(f"{self.carrier}_mw at source {name!r} is {value:g} MW, but nothing there can "
                                     f"take it; give the source a 'plant:' (heating networks)")

    def _takes_generation(self) -> list[int]:
        return []

    def _stored_mwh(self, state: State) -> tuple[float, float]:
        """Heat in headers and in tanks, above 0 °C."""
        if self.centres is None or state.centres is None:
            return 0.0, 0.0
        return self.centres.header_mwh(state.centres), self.centres.tank_mwh(state.centres)

    def _common(self, result: StepResult, engine: EngineInputs, change_mwh: float, header_mwh: float,
                tank_mwh: float, dt_s: int) -> dict[str, Any]:
        """The outputs that need no plant."""
        sign, consumers, pipes, sources, nodes = (
            self._sign, result.consumers, result.pipes, result.sources, result.nodes)
        demand = np.abs(engine.consumers["heat_mw"])
        delivered = sign * consumers["delivered_mw"]
        unserved = demand - delivered
        unserved[unserved < UNSERVED_FRAC * demand] = 0.0
        source_mw = sign * sources["heat_mw"]
        worst = result.worst_differential_bar
        flowing = consumers["flow_kg_s"] > 0.0
        return {
            "pump_mw": float(sources["pump_mw"].sum() + result.feeds["pump_mw"].sum()),
            "demand_mw": float(demand.sum()), "delivered_mw": float(delivered.sum()),
            "unserved_mw": float(unserved.sum()),
            "loss_mw": sign * (result.loss_supply_mw + result.loss_return_mw),
            "external_mw": float(source_mw[self._bought].sum()),
            "feed_mw": sign * float(result.feeds["heat_mw"].sum()),
            "extraction_mw": sign * float(result.extractions["heat_mw"].sum()),
            "tank_energy_mwh": sign * tank_mwh, "stored_mwh": sign * (result.stored_mwh + header_mwh),
            "stored_change_mwh": change_mwh, "status_code": result.status.value,
            "worst_differential_bar": worst if np.isfinite(worst) else 0.0,
            "max_velocity_m_s": float(pipes["velocity_m_s"].max(initial=0.0)),
            "max_pressure_gradient_pa_m": float(pipes["gradient_pa_m"].max(initial=0.0)),
            "crosscheck_pressure_frac": self.state.crosscheck.pressure_frac,
            "substation_demand_mw": demand, "substation_delivered_mw": delivered,
            "substation_unserved_mw": unserved, "substation_kg_s": consumers["flow_kg_s"],
            "substation_supply_degc": consumers["supply_degc"],
            "substation_return_degc": np.where(flowing, consumers["return_degc"], consumers["supply_degc"]),
            "differential_bar": np.nan_to_num(nodes["differential_bar"][self._substation_node], nan=0.0),
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


def _with_headers(spec: NetworkSpec, with_plant: list[int]) -> NetworkSpec:
    """Sources with a plant take the temperature of its water as it is."""
    sources = tuple(dataclasses.replace(s, as_given=True, max_gradient_k_h=np.inf) if i in with_plant else s
                    for i, s in enumerate(spec.sources))
    return dataclasses.replace(spec, sources=sources)


def _each(values: Any, count: int) -> np.ndarray:
    """One value per terminal, also where a single one holds for all."""
    return np.broadcast_to(np.asarray(values, dtype=float), (count,))


def _number(value: float, name: str) -> float:
    if not math.isfinite(value):
        raise ComponentError(f"{name} is {value}; it must be a number")
    return value


class HeatNetwork(_Network[HeatParams, HeatInputs, HeatOutputs, State]):
    """District heating network: plug-flow pipes, substations, energy centres with boiler, tank and dump cooler."""

    file_type = HeatNetworkFile
    carrier = "heat"

    def _make_centres(self, plants: list[Any], places: list[Place], lowest_first: list[int],
                      grace_s: float) -> HeatCentres:
        return HeatCentres(plants, places, lowest_first, grace_s, self._heat_capacity)

    def _takes_generation(self) -> list[int]:
        return self._with_plant

    def _call(self, inputs: HeatInputs) -> None:
        """CHP heat where it stands; drive heat is given by the first plant."""
        calls, request_mw = self._fill_calls(inputs), max(0.0, _number(inputs.drive_request_mw, "drive_request_mw"))
        chp, limit = _each(inputs.heat_mw, len(self._names["connection"])), _each(
            inputs.plant_limit_mw, len(self._bought))
        for p, i in enumerate(self._with_plant):
            calls["chp_heat_mw"][p] = chp[self._at_substation + i]
            calls["drive_mw"][p] = request_mw if p == 0 else 0.0
            calls["boiler_limit_mw"][p] = limit[i]

    def _outputs(self, inputs: HeatInputs, common: dict[str, Any], deliveries: np.ndarray, dt_s: int) -> HeatOutputs:
        plant = HeatDelivery(*deliveries.sum(axis=0).tolist()) if self._with_plant else HeatDelivery(*[0.0] * 11)
        chp_mw = float(_each(inputs.heat_mw, len(self._names["connection"]))[self._at_substation :].sum())
        drive_degc = float(common["source_supply_degc"][self._with_plant[0]]) if self._with_plant else 0.0
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
            drive_mw=plant.drive_mw, drive_degc=drive_degc)


class CoolingNetwork(_Network[CoolingParams, CoolingInputs, CoolingOutputs, State]):
    """District cooling network: chilled water, energy centres with electric and absorption chillers and cold tank."""

    file_type = CoolingNetworkFile
    carrier = "cooling"

    def _make_centres(self, plants: list[Any], places: list[Place], lowest_first: list[int],
                      grace_s: float) -> CoolingCentres:
        return CoolingCentres(plants, places, lowest_first, grace_s, self._heat_capacity)

    def _call(self, inputs: CoolingInputs) -> None:
        calls = self._fill_calls(inputs)
        limit = _each(inputs.plant_limit_mw, len(self._bought))
        calls["wet_bulb_degc"], calls["drive_degc"] = inputs.wet_bulb_degc, inputs.drive_degc
        for p, i in enumerate(self._with_plant):
            calls["chiller_limit_mw"][p] = limit[i]

    def step(self, t_s: int, dt_s: int, inputs: CoolingInputs) -> CoolingOutputs:
        centres, state = self.centres, self.state.centres
        if isinstance(centres, CoolingCentres) and state is not None and centres.takes_drive_heat:
            drive_circuit.fill(state.drive, max(0.0, _number(inputs.drive_mw, "drive_mw")), dt_s)
        return super().step(t_s, dt_s, inputs)

    def _outputs(self, inputs: CoolingInputs, common: dict[str, Any], deliveries: np.ndarray,
                 dt_s: int) -> CoolingOutputs:
        plant = CoolingDelivery(*deliveries.sum(axis=0).tolist()) if self._with_plant else CoolingDelivery(*[0.0] * 12)
        centres, state = self.centres, self.state.centres
        request_mw = stored_mwh = 0.0
        if isinstance(centres, CoolingCentres) and state is not None:
            request_mw = centres.drive_request_mw(state, deliveries, dt_s)
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
