"""Which nodes of a thermal network file are joined by pipes in service."""

from __future__ import annotations

from simulators.networks.thermal_file import ThermalFile


def joined_nodes(network: ThermalFile, node: str) -> set[str]:
    """Nodes that water can reach from a node, itself among them; pipes may name nodes that do not exist."""
    neighbours: dict[str, set[str]] = {}
    for pipe in network.pipes.values():
        if pipe.in_service:
            neighbours.setdefault(pipe.from_, set()).add(pipe.to)
            neighbours.setdefault(pipe.to, set()).add(pipe.from_)
    reached, frontier = set(), [node]
    while frontier:
        here = frontier.pop()
        if here not in reached:
            reached.add(here)
            frontier += neighbours.get(here, set())
    return reached


def parts_of(network: ThermalFile) -> list[set[str]]:
    """The connected parts that have a source, in the order of their first sources."""
    parts: list[set[str]] = []
    for source in network.sources.values():
        if not any(source.node in part for part in parts):
            parts.append(joined_nodes(network, source.node))
    return parts


def part_with(network: ThermalFile, node: str) -> set[str]:
    """The connected part a node belongs to."""
    return next((part for part in parts_of(network) if node in part), {node})
