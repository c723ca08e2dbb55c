"""The energy centres of one network, or none: their state as plain arrays, and how a step of it is driven with them.

``HeatCentres`` and ``CoolingCentres`` are handed to ``ThermalNetwork.advance`` as what drives its sub-steps. Powers in
MW, temperatures in °C.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulators.conversion.absorption_chiller import capacity_frac
from simulators.conversion.gas_boiler import LONG_AGO_S, ON
from simulators.networks.heat.records import Records
from simulators.networks.plant import drive_circuit, shedding
from simulators.networks.plant.cooling_dispatch import (
    CHARGE_BELOW_REFERENCE_K,
    SMALLEST_DIFFERENCE_K,
    CoolingCall,
    CoolingConstants,
    CoolingDelivery,
    CoolingMemory,
)
from simulators.networks.plant.cooling_plant import CoolingPlant, CoolingPlantParams
from simulators.networks.plant.cooling_step import run_cooling_step
from simulators.networks.plant.heat_dispatch import HeatCall, HeatConstants, HeatDelivery, HeatMemory
from simulators.networks.plant.heat_plant import HeatPlant, HeatPlantParams
from simulators.networks.plant.heat_step import run_heat_step
from simulators.networks.plant.place import Place
from simulators.networks.plant.tank_flow import flow_to_draw_heat
from simulators.records import record_array, record_type
from simulators.water import WATT_PER_MW
from twin.errors import ComponentError

S_PER_H = 3600.0
MEMORY_FIELDS = 5
"""Of either kind of plant."""


@dataclass(slots=True)
class CentresState:
    """All that the energy centres of a network remember, in plain arrays; P plants."""

    layers_degc: np.ndarray
    """[P, layers] of the tanks, top first; beyond a tank's own number of layers unused."""
    memory: np.ndarray
    """[P, fields] reference, supply, then boiler mode, time in it and starts, or warmth, units on and starts"""
    header_degc: np.ndarray
    """[P] water in the energy centre's own pipes"""
    bought_degc: np.ndarray
    """[bought supplies with a header, 2] their memory (``bought``)"""
    shed: np.ndarray
    """[2, sources] memory of shortages (``shedding``)"""
    drive: np.ndarray
    """[4] memory of the drive circuit of absorption chillers (``drive_circuit``)"""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the centres of a network work with, besides their plants."""

    places: Sequence[Place]
    """Of the plants."""
    supplies: Records
    """What is bought (``bought.supply_records``)."""
    sources: int
    """How many there are in all."""
    priority: Sequence[int]
    """Of each consumer; the lowest number is served first and never cut."""
    grace_s: float
    """How long a small shortage is carried by pipes and buildings before anyone is cut."""
    heat_capacity_j_kg_k: float


class _Centres:
    """What both services share; a subclass fills in the plants, their memory and the compiled step."""

    delivery_fields: tuple[str, ...]
    constants_type: type
    call_type: type
    memory_type: type

    def __init__(self, plants: Sequence[Any], around: Surroundings) -> None:
        self.plants = list(plants)
        self._around = around
        self._source = np.array([place.source for place in around.places], np.int64)
        self._header_kg = np.array([place.header_kg for place in around.places], float)
        self._priority = np.array(around.priority, np.int64)
        self._lowest_first = np.array(sorted(range(self._priority.size), key=lambda c: (-self._priority[c], -c)),
                                      np.int64)
        self._constants = np.zeros(len(self.plants), record_type(self.constants_type))
        for p, plant in enumerate(self.plants):
            self._constants[p] = record_array(plant.constants)[0]
        self._memories = np.zeros(len(self.plants), record_type(self.memory_type))
        self.calls = np.zeros(len(self.plants), record_type(self.call_type))
        self._delivery = np.zeros(len(self.delivery_fields))
        self._layer_count = np.array([plant.initial_state().layers_degc.size for plant in self.plants], np.int64)

    def initial_state(self, supply_degc: Sequence[float], bought_degc: Sequence[float]) -> CentresState:
        """Centres in operation, boilers on: headers and references at the given temperatures, by plant and by bought
        supply with a header."""
        states = [plant.initial_state() for plant in self.plants]
        layers = np.zeros((len(states), int(self._layer_count.max(initial=1))))
        for row, state in zip(layers, states, strict=True):
            row[: state.layers_degc.size] = state.layers_degc
        memory = np.zeros((len(states), MEMORY_FIELDS))
        for row, state, degc in zip(memory, states, supply_degc, strict=True):
            row[:] = self._memory_of(state, degc)
        return CentresState(layers, memory, np.array(supply_degc, float),
                            np.repeat(np.array(bought_degc, float)[:, np.newaxis], 2, axis=1),
                            shedding.new_memory(self._around.sources), drive_circuit.new_memory())

    def _memory_of(self, state: Any, supply_degc: float) -> list[float]:
        raise NotImplementedError

    def _arrays(self, state: CentresState) -> tuple[Any, ...]:
        """What both compiled steps take, in their order."""
        return (self._source, self._constants, self._memories, state.memory, state.layers_degc, self._layer_count,
                self.calls, state.header_degc, self._header_kg, self._around.supplies, state.bought_degc, state.shed,
                self._lowest_first, self._priority, self._around.grace_s, self._delivery)

    def check_calls(self) -> None:
        """Refuse inputs that are no numbers.

        Raises
        ------
        ComponentError
            Naming the input.
        """
        for name in self.call_type.__annotations__:
            values = self.calls[name]
            if name.endswith("_request_mw"):
                good = ~np.isinf(values)
            elif name.endswith("_limit_mw"):
                good = values >= 0.0
            else:
                good = np.isfinite(values)
            if not good.all():
                raise ComponentError(f"{name} of an energy centre is {values[np.argmin(good)]}; it must be a number"
                                     f"{', 0 or more' if name.endswith('_limit_mw') else ''}")


class HeatCentres(_Centres):
    """Heating energy centres; ``params`` of each plant."""

    delivery_fields = HeatDelivery._fields
    constants_type, call_type, memory_type = HeatConstants, HeatCall, HeatMemory

    def __init__(self, params: Sequence[HeatPlantParams], around: Surroundings) -> None:
        super().__init__([HeatPlant(p, around.heat_capacity_j_kg_k) for p in params], around)

    def _memory_of(self, state: Any, supply_degc: float) -> list[float]:
        """The boiler is on and stops in the first sub-step if nobody needs it: a start from cold would let a run begin
        with a dip of the supply that the site never had."""
        return [supply_degc, supply_degc, ON, LONG_AGO_S, 0]

    def driver(self, state: CentresState, deliveries: np.ndarray, notes: np.ndarray) -> Any:
        """What ``ThermalNetwork.advance`` calls; changes ``state``.

        Parameters
        ----------
        deliveries : [P, fields] receives means of the step, zeroed.
        notes : [5] receives what ``content`` says, zeroed.
        """
        def drive(*args: Any) -> bool:
            done = bool(run_heat_step(*args, *self._arrays(state), deliveries, notes))
            if not done:
                self.check_calls()
            return done
        return drive


class CoolingCentres(_Centres):
    """Cooling energy centres; ``params`` of each plant."""

    delivery_fields = CoolingDelivery._fields
    constants_type, call_type, memory_type = CoolingConstants, CoolingCall, CoolingMemory

    def __init__(self, params: Sequence[CoolingPlantParams], around: Surroundings) -> None:
        super().__init__([CoolingPlant(p, around.heat_capacity_j_kg_k) for p in params], around)

    @property
    def takes_drive_heat(self) -> bool:
        """Whether there is an absorption chiller."""
        return any(plant.params.absorption is not None for plant in self.plants)

    def _memory_of(self, state: Any, supply_degc: float) -> list[float]:
        return [supply_degc, supply_degc, state.absorption_warm_frac, state.chiller_units, state.chiller_start_count]

    def driver(self, state: CentresState, deliveries: np.ndarray, notes: np.ndarray) -> Any:
        """As for ``HeatCentres``."""
        def drive(*args: Any) -> bool:
            done = bool(run_cooling_step(*args, *self._arrays(state), deliveries, notes, state.drive))
            if not done:
                self.check_calls()
            return done
        return drive

    def drive_request_mw(self, state: CentresState, deliveries: np.ndarray, dt_s: float) -> float:
        """Drive heat to ask of the heating network: use of the first absorption chiller, and level of the circuit."""
        for p, plant in enumerate(self.plants):
            absorption = plant.params.absorption
            if absorption is None:
                continue
            call, delivery = self.calls[p], CoolingDelivery(*deliveries[p].tolist())
            ready = float(capacity_frac(call["drive_degc"], absorption.min_drive_degc, absorption.full_drive_degc))
            use_mw = min(absorption.rated_mw * ready,
                         delivery.network_mw + delivery.shortfall_mw + self._room_mw(p, state, dt_s))
            least_mw = absorption.min_load_frac * absorption.rated_mw
            if use_mw >= least_mw:
                warm_frac = state.memory[p, 2]
                warming_frac = min(1.0 - warm_frac, dt_s / absorption.start_s if absorption.start_s else 1.0)
                wanted_mw = use_mw / absorption.cop + warming_frac * absorption.start_heat_mwh * S_PER_H / dt_s
                return drive_circuit.request_mw(state.drive, wanted_mw, least_mw / absorption.cop)
            return 0.0
        return 0.0

    def _room_mw(self, p: int, state: CentresState, dt_s: float) -> float:
        """Cold the tank could take."""
        plant: CoolingPlant = self.plants[p]
        tank, params = plant.constants.tank, plant.params
        layers = state.layers_degc[p, : self._layer_count[p]]
        charge_degc = max(params.min_supply_degc, min(state.memory[p, 0] - CHARGE_BELOW_REFERENCE_K, float(layers[-1])))
        flow = flow_to_draw_heat(self._constants[p]["tank"], layers, math.inf, charge_degc, SMALLEST_DIFFERENCE_K,
                                 plant.constants.tank_flow_kg_s, dt_s)
        return float(flow) * tank.heat_capacity_j_kg_k / WATT_PER_MW * (float(layers[0]) - charge_degc)
