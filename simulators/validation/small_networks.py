"""Two small heating networks for comparisons that need no data: a tree, and a meshed ring with two ways across.

Sizes of a small district: pre-insulated steel pipes DN 50 to DN 100, 80 °C supply, 50 °C return. W, m, °C.
"""

from __future__ import annotations

from simulators.networks.heat.fluid import water
from simulators.networks.heat.spec import Consumer, Feed, NetworkSpec, Node, Pipe, Source

SUPPLY_DEGC, RETURN_DEGC, GROUND_DEGC = 80.0, 50.0, 10.0
HEAT_MW = (0.5, 0.9, 0.3)
"""Demand of the three consumers: all pipes are turbulent, as pandapipes assumes."""
TANK = "tank"


def tree() -> NetworkSpec:
    """Plant – a – b and a – c, consumers at a, b and c."""
    return _network((_dn100("plant-a", 800.0), _dn100("a-b", 300.0), _dn50("a-c", 150.0)), "abc")


def ring() -> NetworkSpec:
    """Plant – a, the ring a – b – c – d – a and a narrow pipe with a half-shut valve from b to d.

    Consumers at b, c and d; a tank at c.
    """
    sides = (_dn100(f"{start}-{end}", 200.0) for start, end in ("ab", "bc", "cd", "da"))
    across = _dn50("b-d", 250.0, zeta=4.0)
    return _network((_dn100("plant-a", 400.0), *sides, across), "bcd", (Feed(TANK, "c"),))


def without_feeds(spec: NetworkSpec) -> NetworkSpec:
    """The same network without its tank."""
    return NetworkSpec(spec.nodes, spec.pipes, spec.consumers, spec.sources, fluid=spec.fluid)


def _network(pipes: tuple[Pipe, ...], houses: str, feeds: tuple[Feed, ...] = ()) -> NetworkSpec:
    names = dict.fromkeys(node for pipe in pipes for node in (pipe.from_node, pipe.to_node))
    return NetworkSpec(
        nodes=tuple(Node(name) for name in names), pipes=pipes,
        consumers=tuple(Consumer(house, house, return_degc=RETURN_DEGC) for house in houses),
        sources=(Source("plant", "plant"),), feeds=feeds, fluid=water((SUPPLY_DEGC + RETURN_DEGC) / 2.0))


def _dn100(name: str, length_m: float) -> Pipe:
    start, end = name.split("-")
    return Pipe(name, start, end, length_m, inner_diameter_m=0.1071, u_w_mk=0.27, wall_j_mk=4600.0)


def _dn50(name: str, length_m: float, zeta: float = 0.0) -> Pipe:
    start, end = name.split("-")
    return Pipe(name, start, end, length_m, inner_diameter_m=0.0545, u_w_mk=0.20, wall_j_mk=2000.0, zeta=zeta)
