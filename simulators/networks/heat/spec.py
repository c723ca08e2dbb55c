"""What a thermal network is made of: nodes, pipes, consumers, sources, feeds, extractions.

Supply and return are mirrored: every node exists in both, every pipe carries the same flow there and back. Names are
free; elements refer to nodes by name. Heat is positive towards the consumer; in a chilled-water network demands are
negative (the consumer puts heat into the water) and every rule below holds with hot and cold exchanged.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, field

from simulators.networks.heat.fluid import Fluid, water

DEFAULT_APPROACH_K = 3.0
"""Plate heat exchangers of substations: 3–5 K at the cold end."""


class Service(enum.IntEnum):
    """Which way heat flows through the substations; the value is the sign of the heat demand."""

    HEATING = 1
    COOLING = -1


@dataclass(frozen=True, slots=True)
class Node:
    """A junction, in supply and return."""

    name: str
    elevation_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Pipe:
    """A pair of pipes, supply and return. Positive flow runs from ``from_node`` to ``to_node`` in the supply."""

    name: str
    from_node: str
    to_node: str
    length_m: float
    inner_diameter_m: float
    u_w_mk: float
    """Heat loss coefficient per metre, water to ground (geometry.py)."""
    wall_j_mk: float = 0.0
    """Heat capacity of the wall per metre (geometry.py)."""
    roughness_m: float = 1e-4
    minor_factor: float = 1.0
    """Minor losses as a factor on the friction."""
    zeta: float = 0.0
    """Minor losses as a loss coefficient."""
    u_return_w_mk: float | None = None
    """Heat loss coefficient of the return, where it differs."""


@dataclass(frozen=True, slots=True)
class Consumer:
    """A substation: heat exchanger, control valve and bypass. Give ``return_degc`` or ``delta_k``.

    The valve aims at the primary return temperature ``return_degc`` (or at a fixed drop ``delta_k``) within its flow
    limits. The exchanger cools the water to the secondary return plus the approach at best: what is then missing is
    unserved.
    """

    name: str
    node: str
    return_degc: float | None = None
    delta_k: float | None = None
    approach_k: float = DEFAULT_APPROACH_K
    secondary_return_degc: float | None = None
    """Return of the building side. Default: two approaches beyond ``return_degc``, so the valve has one in reserve
    while it follows the supply temperature; with ``delta_k``: no limit but freezing."""
    min_kg_s: float = 0.0
    """Flow through the exchanger even without demand."""
    max_kg_s: float = math.inf
    design_supply_degc: float | None = None
    """At which ``max_kg_s`` carries the largest heat to ``return_degc``. A supply that helps less raises the limit, so
    that it carries the same heat, up to ``reserve_factor`` times."""
    reserve_factor: float = 1.0
    bypass_kg_s: float = 0.0
    """Constant flow past the exchanger, from supply to return."""
    valve_time_s: float = 0.0
    """Time constant of the valve."""
    priority: int = 0
    """If the flow does not suffice, higher numbers are served first."""

    def return_limit_degc(self, service: Service, freezing_degc: float) -> float:
        """Coldest (heating) or warmest (cooling) return temperature the exchanger can reach."""
        if self.secondary_return_degc is not None:
            return self.secondary_return_degc + service * self.approach_k
        if self.return_degc is not None:
            return self.return_degc - service * self.approach_k
        return freezing_degc if service is Service.HEATING else math.inf


@dataclass(frozen=True, slots=True)
class Source:
    """A producer that closes the mass balance, with its circulation pump.

    The first source of a connected network keeps the pressure and takes what flow is left over; any further one
    delivers its share of the consumers' flow (``NetworkInputs.source_share_frac``).
    """

    name: str
    node: str
    return_bar: float = 3.0
    """Pressure held in the return at this node, absolute."""
    lift_bar: float | None = None
    """Fixed pressure difference of the pump; None: just enough for ``min_differential_bar`` at the worst substation."""
    min_differential_bar: float = 0.7
    max_lift_bar: float = math.inf
    max_kg_s: float = math.inf
    pump_efficiency: float = 0.65
    """Hydraulic over electrical power."""
    max_gradient_k_h: float = math.inf
    """Fastest change of the supply temperature."""
    as_given: bool = False
    """The water has the set-point's temperature whatever comes back: there is a plant with its water behind it."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A given flow between return and supply: a tank or plant in parallel to the sources.

    Positive: water is taken from the return and enters the supply at the given temperature. Negative (charging):
    water is taken from the supply and enters the return at the given temperature. What the consumers do not take is
    not fed.
    """

    name: str
    node: str
    pump_efficiency: float = 0.65


@dataclass(frozen=True, slots=True)
class Extraction:
    """Heat taken out of the return at a node (a heat pump's evaporator), downstream of feeds; negative: heat put in."""

    name: str
    node: str
    min_degc: float = 1.0
    """The return is not cooled below."""
    max_degc: float = 110.0
    """Nor heated above, where heat is put in."""


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """A whole network."""

    nodes: tuple[Node, ...]
    pipes: tuple[Pipe, ...]
    consumers: tuple[Consumer, ...]
    sources: tuple[Source, ...]
    feeds: tuple[Feed, ...] = ()
    extractions: tuple[Extraction, ...] = ()
    service: Service = Service.HEATING
    fluid: Fluid = field(default_factory=lambda: water(70.0))
    parcels: int = 256
    """Parcels a line can hold; more are merged, the most alike first."""
