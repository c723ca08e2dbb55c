"""Groups components into few mosaik simulators: one per stage, since mosaik costs 0.1 to 0.2 ms per simulator step.

A stage holds components of one step size, in the order of their rank in the flow of a step (longest path along the
edges that are not delayed). Inside a stage the adapter hands values on; between stages, that is between step sizes and
to external simulators, mosaik does. A minute-wise site with a quarter-hourly operator has three stages: what the
operator needs to see in the same step, the operator, and the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, TypeAlias

from twin.component import Role
from twin.cosim.build import Site
from twin.cosim.edges import Edge
from twin.errors import ScenarioError

PLANT_ROLES = (Role.STORAGE, Role.GENERATOR, Role.NETWORK)
"""What has a state that decisions start from."""

Home: TypeAlias = tuple[Any, int | None]
"""Key of a group of components: (rank, step) before groups are merged, (name, None) for an external simulator."""


Pair: TypeAlias = tuple[str, str]
"""(earlier, later) within one instant."""


def along(edges: list[Edge]) -> list[Pair]:
    """Who must step before whom to be heard within the step."""
    return [(e.source.owner, e.target.owner) for e in edges if not e.delayed]


def before_the_plant(site: Site) -> list[Pair]:
    """Who must step before whom so that a snapshot shows the plant at one instant."""
    return [(name, other) for name, component in site.components.items() if component.sees_plant_before_its_step
            for other, plant in site.components.items() if plant.role in PLANT_ROLES]


def ranks(names: list[str], edges: list[Edge], pairs: Sequence[Pair] = ()) -> dict[str, int]:
    """Longest path from a source, along same-time edges and pairs.

    Raises
    ------
    ScenarioError
        If the edges form a circle; it is named.
    """
    successors: dict[str, set[str]] = defaultdict(set)
    incoming: dict[str, set[str]] = {name: set() for name in names}
    for before, after in [*along(edges), *pairs]:
        successors[before].add(after)
        incoming[after].add(before)
    rank: dict[str, int] = {}
    ready = [name for name in names if not incoming[name]]
    waiting = {name: len(before) for name, before in incoming.items()}
    while ready:
        name = ready.pop(0)
        rank[name] = max((rank[before] + 1 for before in incoming[name]), default=0)
        for after in sorted(successors[name], key=names.index):
            waiting[after] -= 1
            if waiting[after] == 0:
                ready.append(after)
    if len(rank) < len(names):
        circle = _circle([n for n in names if n not in rank], incoming)
        raise ScenarioError(f"{' -> '.join(circle)} depend on each other within one step; "
                            "write 'delayed: true' at one of these connections")
    return rank


def _circle(names: list[str], incoming: dict[str, set[str]]) -> list[str]:
    """One circle among components that all wait for each other."""
    path = [names[0]]
    while True:
        before = next(n for n in names if n in incoming[path[-1]])
        if before in path:
            return [before, *reversed(path[path.index(before):])]
        path.append(before)


def stages(site: Site, edges: list[Edge]) -> list[list[str]]:
    """Component names per stage, inside a stage in the order in which they step; external simulators are in none.

    Components of one step size share a stage unless something else must step between them.
    """
    names = [*site.components, *site.scenario.external]
    pairs = before_the_plant(site)
    rank = ranks(names, edges, pairs)
    same_time = along(edges) + pairs
    home: dict[str, Home] = {
        name: (name, None) if name in site.scenario.external else (rank[name], site.components[name].step_s)
        for name in names}
    for step_s in sorted({c.step_s for c in site.components.values()}):
        groups = sorted(h for h in home.values() if h[1] == step_s)
        groups = list(dict.fromkeys(groups))
        kept = groups[:1]
        for group in groups[1:]:
            merged = next((k for k in reversed(kept) if _order(_moved(home, group, k), same_time)), None)
            if merged is None:
                kept.append(group)
            else:
                home = _moved(home, group, merged)
    members: dict[Home, list[str]] = defaultdict(list)
    for name in sorted(site.components, key=lambda n: rank[n]):
        members[home[name]].append(name)
    return [members[h] for h in _order(home, same_time) or () if h in members]


def _moved(home: dict[str, Home], group: Home, into: Home) -> dict[str, Home]:
    """The assignment with one group merged into another."""
    return {name: into if h == group else h for name, h in home.items()}


def _order(home: dict[str, Home], same_time: list[tuple[str, str]]) -> list[Home] | None:
    """In which order the simulators of an assignment step; None if they would wait for each other."""
    before: dict[Home, set[Home]] = {h: set() for h in home.values()}
    for source, target in same_time:
        if home[source] != home[target]:
            before[home[target]].add(home[source])
    order: list[Home] = []
    while before:
        ready = [h for h, waits_for in before.items() if not waits_for & before.keys()]
        if not ready:
            return None
        order += ready
        for h in ready:
            del before[h]
    return order
