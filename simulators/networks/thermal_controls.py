"""From the ports of a thermal network to the engine's inputs: signs, hand controls, limits; mistakes are named."""

from __future__ import annotations

import math
from typing import Any, NoReturn

import numpy as np

from simulators.networks.heat.controls import fill_inputs
from simulators.networks.heat.network import ThermalNetwork
from simulators.networks.heat.results import NetworkInputs as EngineInputs
from simulators.networks.thermal_file import SupplyCurve, ThermalFile
from simulators.networks.thermal_ports import NetworkInputs
from twin.errors import ComponentError


class Controls:
    """What acts on one network, in arrays that are filled anew in every step.

    Parameters
    ----------
    largest_kg_s : [sources] what the pump behind a header can move; infinite where heat is bought without limit.
    generates : whether heat of CHP units can be taken at energy centres.
    """

    def __init__(self, network: ThermalNetwork, file: ThermalFile, carrier: str, largest_kg_s: np.ndarray,
                 generates: bool) -> None:
        sources = list(file.sources.values())
        self.carrier = carrier
        self.connections = (*file.substations, *file.sources)
        self.set_degc = np.array([source.supply_at(0.0) for source in sources])
        """[sources] supply set-point of the step, by curve or by hand."""
        self._sources, self._pipes, self._substations = sources, tuple(file.pipes), len(file.substations)
        self._sign = float(network.spec.service)
        self._follows_weather = any(isinstance(source.supply, SupplyCurve) for source in sources)
        self._usual_degc = self.set_degc.copy()
        self._takes_generation = np.array([float(generates and s.plant is not None) for s in sources])
        self._bought_limit_mw = np.array([math.nan if s.plant is not None else _or_inf(s.max_mw) for s in sources])
        self._largest_kg_s = largest_kg_s
        self._in_service = np.array([float(pipe.in_service) for pipe in file.pipes.values()])
        self._engine = network.inputs(supply_degc=0.0, ground_degc=file.ground_degc)
        self._engine.sources["share_frac"] = [s.share_frac for s in sources]

    def fill(self, inputs: NetworkInputs) -> EngineInputs:
        """The engine's inputs for a step; also ``set_degc``.

        Raises
        ------
        ComponentError
            Naming the input that makes no sense, and where.
        """
        engine, sources = self._engine, len(self._sources)
        air_degc = inputs.air_temperature_degc
        if not math.isfinite(air_degc):
            raise ComponentError(f"air_temperature_degc is {air_degc}; the supply temperature follows it: connect a "
                                 f"weather")
        if self._follows_weather:
            self._usual_degc = np.array([source.supply_at(air_degc) for source in self._sources])
        demand_mw = self.demand_mw(inputs)
        self.set_degc = each(inputs.supply_set_degc, sources).copy()
        good = fill_inputs(
            self._sign, demand_mw, self._takes_generation, each(inputs.valve_open_frac, self._substations),
            each(inputs.pipe_open_frac, len(self._pipes)), each(inputs.plant_limit_mw, sources),
            each(inputs.pump_limit_kg_s, sources), self.set_degc, self._usual_degc, self._bought_limit_mw,
            self._largest_kg_s, self._in_service, engine.consumers, engine.sources, engine.pipe_open)
        if not good:
            self._refuse(demand_mw, inputs)
        if engine.feeds.size:
            engine.feeds["flow_kg_s"], engine.feeds["degc"] = inputs.feed_kg_s, inputs.feed_degc
        if engine.extractions.size:
            engine.extractions["heat_mw"] = inputs.extraction_mw
        return engine

    def demand_mw(self, inputs: NetworkInputs) -> np.ndarray:
        """[substations, then sources] with the sign of the site."""
        return each(getattr(inputs, f"{self.carrier}_mw"), len(self.connections))

    def _refuse(self, demand_mw: np.ndarray, inputs: NetworkInputs) -> NoReturn:
        """Say what the compiled check found."""
        for i, (name, value) in enumerate(zip(self.connections, demand_mw.tolist(), strict=True)):
            if not math.isfinite(value):
                raise ComponentError(f"{self.carrier}_mw at {name!r} is {value}; check the assets there")
            if i < self._substations and value > 0.0:
                raise ComponentError(f"{self.carrier}_mw at substation {name!r} is {value:g} MW, but substations only "
                                     f"take; what generates stands on a source with a plant")
            if i >= self._substations and value < 0.0:
                raise ComponentError(f"{self.carrier}_mw at source {name!r} is {value:g} MW: a demand needs a "
                                     f"substation; add one at the same node")
            if i >= self._substations and value > 0.0 and not self._takes_generation[i - self._substations]:
                raise ComponentError(f"{self.carrier}_mw at source {name!r} is {value:g} MW, but nothing there can "
                                     f"take it; give the source a 'plant:' (heating networks)")
        open_frac = each(inputs.pipe_open_frac, len(self._pipes))
        name = self._pipes[int(np.argmax(np.isnan(open_frac)))]
        raise ComponentError(f"pipe_open_frac of {name!r} is {math.nan}; it must be a number: 0 is shut")


def _or_inf(limit: float | None) -> float:
    return math.inf if limit is None else limit


def each(values: Any, count: int) -> np.ndarray:
    """One value per terminal, also where a single one holds for all."""
    if isinstance(values, np.ndarray) and values.ndim:
        if values.size != count:
            raise ComponentError(f"{values.size} values for {count} terminals")
        return np.ascontiguousarray(values, dtype=float)
    return np.full(count, values, dtype=float)
