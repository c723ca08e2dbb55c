"""Where the nodes of a thermal network stand on its map, and how far its substations are from the sources.

Coordinates of the network file are kept (m, to the east and the north). Where any is missing the whole network is
drawn as a scheme: the first source at the left, each node one step to the right of the one that feeds it, the branch
with most nodes straight on and the others beside it, packed as close as they go. The same network gives the same
picture.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from dataclasses import dataclass
from itertools import count

from twin.nameplate import PipePlate, SubstationPlate, ThermalNetworkNameplate

Point = tuple[float, float]

BOW = 0.18
"""A pipe that closes a ring is drawn bowed by this part of its length, so that it crosses no node of its row."""
BOW_POINTS = 9
FAN = 0.03
"""Substations at one node stand around it at this part of the picture's size."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Positions on the map."""

    is_scheme: bool
    """Whether positions are drawn by :func:`layout_of` and not given."""
    nodes: dict[str, Point]
    pipes: dict[str, tuple[Point, ...]]
    """Pipe → points of its line from ``from_node`` to ``to_node``."""
    substations: dict[str, Point]

    def leans(self, node: str, plate: ThermalNetworkNameplate) -> float:
        """Whether the pipes at a node lead up (> 0) or down (< 0) on the map: its label belongs on the other side."""
        return sum(self.nodes[p.to_node if p.from_node == node else p.from_node][1] - self.nodes[node][1]
                   for p in plate.pipes if node in (p.from_node, p.to_node))


@dataclass(slots=True)
class _Subtree:
    """A node with all it feeds: rows relative to its own, which is 0."""

    size: int
    rows: dict[str, float]
    low: list[float]
    """Lowest row at each distance from the node."""
    high: list[float]


def layout_of(plate: ThermalNetworkNameplate) -> Layout:
    """Positions of nodes, pipes and substations."""
    given = {n.name: (n.x_m, n.y_m) for n in plate.nodes if n.x_m is not None and n.y_m is not None}
    is_scheme = len(given) < len(plate.nodes) or (len(given) > 1 and len(set(given.values())) == 1)
    feeders = _feeders(plate)
    nodes: dict[str, Point] = _scheme(feeders) if is_scheme else {name: (float(x), float(y))
                                                                for name, (x, y) in given.items()}
    tree = {feeder[1].name for feeder in feeders.values() if feeder is not None}
    pipes = {p.name: _line(nodes[p.from_node], nodes[p.to_node], bowed=is_scheme and p.name not in tree)
             for p in plate.pipes}
    return Layout(is_scheme, nodes, pipes, _substations(plate.substations, nodes))


def distances_m(plate: ThermalNetworkNameplate) -> dict[str, float]:
    """Shortest way along the pipes from the nearest source to each node; what no source reaches is left out [m]."""
    beside = _beside(plate)
    found: dict[str, float] = {}
    order = count()
    waiting = [(0.0, next(order), s.node) for s in plate.sources]
    while waiting:
        way, _, node = heapq.heappop(waiting)
        if node in found:
            continue
        found[node] = way
        for neighbour, pipe in beside[node]:
            if neighbour not in found:
                heapq.heappush(waiting, (way + pipe.length_m, next(order), neighbour))
    return found


def _beside(plate: ThermalNetworkNameplate) -> dict[str, list[tuple[str, PipePlate]]]:
    beside: dict[str, list[tuple[str, PipePlate]]] = {n.name: [] for n in plate.nodes}
    for pipe in plate.pipes:
        beside[pipe.from_node].append((pipe.to_node, pipe))
        beside[pipe.to_node].append((pipe.from_node, pipe))
    return beside


def _feeders(plate: ThermalNetworkNameplate) -> dict[str, tuple[str, PipePlate] | None]:
    """Node → (node before it, pipe between), None for a root; in order of distance from the root, part by part."""
    beside = _beside(plate)
    feeders: dict[str, tuple[str, PipePlate] | None] = {}
    for root in (*(s.node for s in plate.sources), *beside):
        if root in feeders:
            continue
        feeders[root] = None
        waiting = deque([root])
        while waiting:
            node = waiting.popleft()
            for neighbour, pipe in beside[node]:
                if neighbour not in feeders:
                    feeders[neighbour] = (node, pipe)
                    waiting.append(neighbour)
    return feeders


def _scheme(feeders: dict[str, tuple[str, PipePlate] | None]) -> dict[str, Point]:
    column: dict[str, int] = {}
    fed: dict[str, list[str]] = {name: [] for name in feeders}
    for name, feeder in feeders.items():
        column[name] = 0 if feeder is None else column[feeder[0]] + 1
        if feeder is not None:
            fed[feeder[0]].append(name)
    subtrees: dict[str, _Subtree] = {}
    for name in reversed(feeders):  # whoever is fed comes before whoever feeds
        subtrees[name] = _joined(name, [subtrees.pop(child) for child in fed[name]], first_side=(-1) ** column[name])
    nodes: dict[str, Point] = {}
    top = 0.0
    for tree in subtrees.values():
        bottom = min(tree.low)
        for name, row in tree.rows.items():
            nodes[name] = (float(column[name]), row - bottom + top)
        top += max(tree.high) - bottom + 1.0
    return {name: nodes[name] for name in feeders}


def _joined(name: str, branches: list[_Subtree], *, first_side: int) -> _Subtree:
    """A node and its branches: the largest straight on, the others beside it, in turn below and above."""
    joined = _Subtree(1, {name: 0.0}, [0.0], [0.0])
    low: list[float] = []
    high: list[float] = []
    side = first_side
    for i, branch in enumerate(sorted(branches, key=lambda b: -b.size)):
        shift = 0.0
        if i > 0:
            near = list(zip(low, high, branch.low, branch.high, strict=False))
            shift = (min(lo - its_high for lo, _, _, its_high in near) - 1.0 if side < 0
                     else max(hi - its_low for _, hi, its_low, _ in near) + 1.0)
            side = -side
        for at, (its_low, its_high) in enumerate(zip(branch.low, branch.high, strict=True)):
            if at == len(low):
                low.append(its_low + shift)
                high.append(its_high + shift)
            low[at], high[at] = min(low[at], its_low + shift), max(high[at], its_high + shift)
        joined.size += branch.size
        joined.rows |= {node: row + shift for node, row in branch.rows.items()}
    joined.low += low
    joined.high += high
    return joined


def _line(begin: Point, end: Point, *, bowed: bool) -> tuple[Point, ...]:
    if not bowed:
        return begin, end
    (x0, y0), (x1, y1) = begin, end
    points = []
    for i in range(BOW_POINTS):
        along = i / (BOW_POINTS - 1)
        aside = BOW * 4.0 * along * (1.0 - along)
        points.append((x0 + (x1 - x0) * along + (y1 - y0) * aside, y0 + (y1 - y0) * along - (x1 - x0) * aside))
    return tuple(points)


def _substations(plates: tuple[SubstationPlate, ...], nodes: dict[str, Point]) -> dict[str, Point]:
    if not plates:
        return {}
    size = max(max(p[i] for p in nodes.values()) - min(p[i] for p in nodes.values()) for i in (0, 1))
    at_node: dict[str, list[str]] = {}
    for plate in plates:
        at_node.setdefault(plate.node, []).append(plate.name)
    found: dict[str, Point] = {}
    for node, names in at_node.items():
        x, y = nodes[node]
        for i, name in enumerate(names):
            angle = 2.0 * math.pi * i / len(names)
            radius = FAN * size if len(names) > 1 else 0.0
            found[name] = (x + radius * math.cos(angle), y + radius * math.sin(angle))
    return {plate.name: found[plate.name] for plate in plates}
