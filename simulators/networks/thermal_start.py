"""How a thermal network begins: its headers, and the water at the first outdoor temperature.

A run begins in operation. The supply temperature follows the weather, so what pipes, headers and plants begin with is
known only when the first step brings it.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from simulators.networks.heat.spec import NetworkSpec
from simulators.networks.plant.place import Place
from simulators.networks.thermal_file import ThermalFile, ThermalSource
from simulators.networks.thermal_flows import largest_flow_kg_s

S_PER_H = 3600.0


class Headers:
    """Which sources of a network have a header, and how much water is in each.

    Parameters
    ----------
    substep_s : longest sub-step; a header holds what the largest flow moves in it.
    """

    def __init__(self, file: ThermalFile, substep_s: float) -> None:
        sources = list(file.sources.items())
        self.with_plant = [i for i, (_, s) in enumerate(sources) if s.plant is not None]
        self.bought = [i for i, (_, s) in enumerate(sources)
                       if s.plant is None and (s.max_mw is not None or s.max_kg_s is not None)]
        here = {*self.with_plant, *self.bought}
        self.largest_kg_s = [largest_flow_kg_s(file, name) if i in here else math.inf
                             for i, (name, _) in enumerate(sources)]
        self.gradient_k_s = [(sources[i][1].max_gradient_k_per_h or math.inf) / S_PER_H for i in self.bought]
        self.ideal = [float(i not in here) for i in range(len(sources))]
        """1 for each source that is bought without any limit: it has no header."""
        self._substep_s = substep_s

    def places(self, sources: list[int]) -> list[Place]:
        """Their headers."""
        return [Place(i, self.largest_kg_s[i] * self._substep_s) for i in sources]

    def spec(self, spec: NetworkSpec) -> NetworkSpec:
        """Sources with a header take the temperature of its water as it is."""
        here = {*self.with_plant, *self.bought}
        sources = tuple(dataclasses.replace(s, as_given=True, max_gradient_k_h=math.inf) if i in here else s
                        for i, s in enumerate(spec.sources))
        return dataclasses.replace(spec, sources=sources)


@dataclasses.dataclass(frozen=True, slots=True)
class FirstWater:
    """Temperatures at the start: of all pipes, and of each source [sources]."""

    supply_degc: float
    return_degc: float
    source_degc: list[float]


def first_water(file: ThermalFile, air_degc: float, supply_degc: float | None, return_degc: float | None) -> FirstWater:
    """The supply as the weather asks for it, the return as the substations do, where none is given."""
    sources = list(file.sources.values())
    own_degc = [source.supply_at(air_degc) for source in sources]
    if supply_degc is not None:
        own_degc = [supply_degc if _moves_slowly(source) else degc
                    for source, degc in zip(sources, own_degc, strict=True)]
    all_degc = own_degc[0] if supply_degc is None else supply_degc
    if return_degc is None:
        returns = [s.return_degc if s.return_degc is not None else all_degc - file.service * (s.delta_k or 0.0)
                   for s in file.substations.values()]
        return_degc = sum(returns) / len(returns) if returns else all_degc
    return FirstWater(all_degc, return_degc, own_degc)


def _moves_slowly(source: ThermalSource) -> bool:
    """Whether a supply cannot be at its set-point at once."""
    return source.plant is not None or source.max_gradient_k_per_h is not None


def plant_degc(source: Any, begins_degc: float) -> float:
    """Supply of a plant at the start: its own figure where one is given."""
    own = "initial_supply_degc" in source.plant.model_fields_set
    return float(source.plant.initial_supply_degc) if own else begins_degc
