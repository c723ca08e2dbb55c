"""Which return pipe lies beside which supply pipe in a pandapipes network.

Supply is what pipes join to a circulation pump's flow junction, return what they join to its return junction. The
two junctions of a pump, and of a consumer, are twins; from there on the twins of their neighbours follow by elimination
(only one neighbour left on each side) or because only one pair of pipes has the same figures. Trees and rings with a
consumer or pump in them come out complete; where they do not, the network is not a mirrored one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from simulators.networks.pandapipes_tables import Row
from twin.errors import ComponentError

TWIN_TOLERANCE = 0.01
"""Twins may differ by this fraction in length and diameter: figures of drawings."""
MIRROR = "supply and return must be mirrored, every supply pipe with a return pipe beside it"

Branches: TypeAlias = Mapping[int, list["Branch"]]


class Branch(NamedTuple):
    """A pipe, or a valve between two junctions."""

    row: Row
    a: int
    b: int
    length_m: float
    diameter_m: float

    def other(self, junction: int) -> int:
        """The junction at the other end."""
        return self.b if junction == self.a else self.a


@dataclass(slots=True)
class Mirror:
    """Twins of junctions and branches."""

    junctions: dict[int, int] = field(default_factory=dict)
    """Supply → return."""
    branches: list[tuple[Branch, Branch]] = field(default_factory=list)
    """(supply, return), in the order of the supply branches."""


def mirrored(branches: list[Branch], pumps: list[tuple[int, int]], consumers: list[tuple[Row, int, int]]) -> Mirror:
    """Recognise the twins.

    Parameters
    ----------
    pumps : (flow, return) junction of each circulation pump.
    consumers : element, supply junction and return junction of each consumer.

    Raises
    ------
    ComponentError
        If supply and return touch, or a pipe or junction has no twin; names it.
    """
    at: dict[int, list[Branch]] = {}
    for branch in branches:
        at.setdefault(branch.a, []).append(branch)
        at.setdefault(branch.b, []).append(branch)
    supply = _reached(at, [flow for flow, _ in pumps])
    back = _reached(at, [back for _, back in pumps])
    if both := supply & back:
        raise ComponentError(f"junction {min(both)} is joined to the supply and to the return of the circulation "
                             f"pumps; {MIRROR}, joined only by pumps and consumers (a bypass is a heat_consumer too)")
    for row, one, other in consumers:
        _check_sides(row, one, other, supply, back)
    seeds = [*pumps, *((one, other) for _, one, other in consumers)]
    mirror = Mirror(_twins(at, seeds))
    for branch in branches:
        if branch.a not in supply and branch.a not in back:
            raise ComponentError(f"{branch.row.told} is joined to no circulation pump; join it or remove it")
    for junction in sorted(supply):
        if junction not in mirror.junctions:
            raise ComponentError(f"junction {junction} of the supply: its twin in the return was not found; {MIRROR}")
    for junction in sorted(back - set(mirror.junctions.values())):
        raise ComponentError(f"junction {junction} of the return: its twin in the supply was not found; {MIRROR}")
    mirror.branches = _pairs(branches, supply, mirror.junctions)
    return mirror


def _reached(at: Branches, starts: Iterable[int]) -> set[int]:
    reached: set[int] = set()
    frontier = list(starts)
    while frontier:
        junction = frontier.pop()
        if junction not in reached:
            reached.add(junction)
            frontier += [branch.other(junction) for branch in at.get(junction, [])]
    return reached


def _check_sides(row: Row, one: int, other: int, supply: set[int], back: set[int]) -> None:
    if one in supply and other in back:
        return
    if one in back and other in supply:
        raise ComponentError(f"{row.told} leads from the return (junction {one}) to the supply (junction {other}); "
                             f"swap its junctions")
    raise ComponentError(f"{row.told} does not lead from the supply to the return: junctions {one} and {other}; "
                         f"{MIRROR}")


def _twins(at: Branches, seeds: list[tuple[int, int]]) -> dict[int, int]:
    """Supply junction → return junction, as far as it can be told."""
    twin: dict[int, int] = {}
    owner: dict[int, int] = {}
    frontier = list(seeds)
    waiting: list[tuple[int, int]] = []
    while frontier:
        for one, other in frontier:
            if twin.setdefault(one, other) != other or owner.setdefault(other, one) != one:
                raise ComponentError(
                    f"supply junction {one} faces return junction {twin[one]}, and return junction {other} faces "
                    f"supply junction {owner.get(other, one)}, by the pumps and consumers between them; {MIRROR}")
        waiting = list(dict.fromkeys([*waiting, *frontier]))
        frontier = []
        still = []
        for one, other in waiting:
            ahead, behind = _free(at, one, twin), _free(at, other, owner)
            found = _matches(ahead, behind)
            frontier += found
            if len(found) < len(ahead) or len(found) < len(behind):
                still.append((one, other))
        waiting = still
    return twin


def _free(at: Branches, junction: int, known: dict[int, int]) -> dict[int, list[Branch]]:
    """Neighbours without a twin, with the branches that lead there."""
    free: dict[int, list[Branch]] = {}
    for branch in at.get(junction, []):
        if branch.other(junction) not in known:
            free.setdefault(branch.other(junction), []).append(branch)
    return free


def _matches(ahead: dict[int, list[Branch]], behind: dict[int, list[Branch]]) -> list[tuple[int, int]]:
    if len(ahead) == 1 and len(behind) == 1:
        return [(next(iter(ahead)), next(iter(behind)))]
    found = []
    for one, branches in ahead.items():
        like = [other for other, theirs in behind.items() if _alike(branches, theirs)]
        if len(like) == 1 and sum(_alike(branches, mine) for mine in ahead.values()) == 1:
            found.append((one, like[0]))
    return found


def _alike(some: list[Branch], others: list[Branch]) -> bool:
    return len(some) == len(others) and all(map(_equal, sorted(some, key=_figures), sorted(others, key=_figures)))


def _equal(one: Branch, other: Branch) -> bool:
    return one.row.kind == other.row.kind and all(
        math.isclose(mine, theirs, rel_tol=TWIN_TOLERANCE)
        for mine, theirs in zip(_figures(one), _figures(other), strict=True))


def _figures(branch: Branch) -> tuple[float, float]:
    return branch.length_m, branch.diameter_m


def _pairs(branches: list[Branch], supply: set[int], twin: dict[int, int]) -> list[tuple[Branch, Branch]]:
    """Supply branches with the return branch between the twins of their ends; side by side: in order of size."""
    between: dict[frozenset[int], list[Branch]] = {}
    for branch in branches:
        between.setdefault(frozenset((branch.a, branch.b)), []).append(branch)
    partner: dict[int, Branch] = {}
    for ends, mine in between.items():
        if not ends <= supply:
            continue
        theirs = between.get(frozenset(twin[end] for end in ends), [])
        if len(mine) != len(theirs):
            raise ComponentError(f"{mine[0].row.told}: {len(mine)} in the supply, but {len(theirs)} in the return "
                                 f"between the same places; {MIRROR}")
        for one, other in zip(sorted(mine, key=_figures), sorted(theirs, key=_figures), strict=True):
            if not _equal(one, other):
                raise ComponentError(f"{one.row.told} and {other.row.told} lie side by side in supply and return, but "
                                     f"have {one.length_m:g} m of {one.diameter_m:g} m and {other.length_m:g} m of "
                                     f"{other.diameter_m:g} m; {MIRROR}")
            partner[id(one)] = other
    return [(branch, partner[id(branch)]) for branch in branches if branch.a in supply]
