"""Groups components into few mosaik simulators: one per stage, since mosaik costs about 0.1 ms per simulator step.

A stage holds components of the same step size and the same rank in the flow of a step (longest path along the edges
that are not delayed), so that inside a stage nobody waits for anybody.
"""

from __future__ import annotations

from collections import defaultdict

from twin.cosim.build import Site
from twin.cosim.wiring import Edge
from twin.errors import ScenarioError


def ranks(names: list[str], edges: list[Edge]) -> dict[str, int]:
    """Longest path from a source, along same-time edges.

    Raises
    ------
    ScenarioError
        If the edges form a circle; it is named.
    """
    successors: dict[str, set[str]] = defaultdict(set)
    incoming: dict[str, set[str]] = {name: set() for name in names}
    for edge in edges:
        if not edge.delayed:
            successors[edge.source.owner].add(edge.target.owner)
            incoming[edge.target.owner].add(edge.source.owner)
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
    """Component names per stage, in the order in which they step; external simulators are not in any stage.

    Two components joined by a delayed edge never share a stage: mosaik joins entities of different simulators only.
    """
    names = [*site.components, *site.scenario.external]
    rank = ranks(names, edges)
    apart = {frozenset((e.source.owner, e.target.owner)) for e in edges if e.delayed}
    groups: dict[tuple[int, int], list[list[str]]] = defaultdict(list)
    for name, component in site.components.items():
        candidates = groups[(rank[name], component.step_s)]
        home = next((g for g in candidates if all(frozenset((name, other)) not in apart for other in g)), None)
        if home is None:
            candidates.append([name])
        else:
            home.append(name)
    return [group for key in sorted(groups) for group in groups[key]]
