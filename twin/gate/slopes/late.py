"""Slopes of what answers late: water needs minutes at the source and hours to the buildings, and in summer half a day.

Found by step tests: the horizon is replayed with a set-point changed from some step on, for several such starts. What
an answer loses when the change begins later came from the steps in between, and is taken to be even over them. Starts
lie close together where limits are violated, and farther apart the longer before.

The change is made in the direction that relieves the violated points, for beyond a limit things often answer no longer,
where all valves are open already; and always by the same amount, so that what bends is met where it will be used.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from twin.cosim.wiring import wire
from twin.gate.limits.nameplate_bounds import nameplate_bounds
from twin.gate.limits.rows import Quantity
from twin.gate.shadow.replayed import Replayed
from twin.gate.shadow.shadow import Shadow
from twin.gate.shadow.trajectory import Trajectories
from twin.gate.slopes.points import LocatedPoint, Term
from twin.units import unit_of

MOST_STARTS = 12
"""Of step tests for one set-point."""
LEAST_REPLAYS = 4
"""For a set-point; with less no shape is found."""
FINE_STEPS = 2
"""Least distance of two starts."""
LEAD_STEPS = 4
"""So long before the first violation starts lie close together."""
CHANGE_OF_UNIT = {"MW": 0.2, "°C": 1.0, "kg/s": 0.5, "–": 0.05}
"""Change of a set-point: above what plants do by switching between sub-steps, below what fills or empties a tank."""
DEFAULT_CHANGE = 0.1
ROUNDING = 1e-6
"""Of a value: a smaller change is none."""
FAINT = 0.02
"""Of the largest part of an answer; what is less is left out, for it is spread over many steps."""


def late_slopes(shadow: Shadow, replayed: Replayed, points: Sequence[LocatedPoint], most_replays: int,
                ) -> Iterator[tuple[int, str, int, float]]:
    """(point, key, step, slope), by at most so many replays."""
    until_s = min(max(p.point.t_s for p in points) + max(replayed.trajectories.steps_s.values()),
                  replayed.trajectories.until_s)
    violated = [replayed.step_at(p.point.t_s) for p in points if p.point.excess > p.point.tolerance]
    steps, left = np.arange(replayed.horizon.steps), most_replays
    for key in _keys(shadow, replayed, {p.owner for p in points}):
        change = _change(shadow, key, np.asarray(replayed.setpoints[key]))
        if not change.any() or not violated or left < LEAST_REPLAYS:
            continue

        def answer(by: np.ndarray, key: str = key) -> Trajectories:
            changed = {**replayed.setpoints, key: replayed.setpoints[key] + by}
            return shadow.replay(replayed.start, replayed.horizon, changed, replayed.expectation, until_s)

        ways = [(by, answer(by)) for by in (change, -change)]
        change, whole = max(ways, key=lambda way: _relief(replayed, points, way[1]))
        starts = _starts(min(violated), max(violated), min(left - 1, MOST_STARTS))
        answers = [whole, *(answer(np.where(steps >= start, change, 0.0)) for start in starts[1:])]
        left -= len(starts) + 1
        for number, located in enumerate(points):
            for step, slope in _response(replayed, located, starts, answers, change):
                yield number, key, step, slope


def _starts(first: int, last: int, count: int) -> list[int]:
    """Where step tests begin, at most so many: at the beginning, ever closer to the violations, evenly along them."""
    before = [first - LEAD_STEPS * 2**n for n in range(count // 3, 0, -1)]
    rest = count - 1 - sum(start > 0 for start in before)
    spacing = max(FINE_STEPS, math.ceil((last - first + LEAD_STEPS + 1) / max(rest, 1)))
    return sorted({0, *(start for start in (*before, *range(first - LEAD_STEPS, last + 1, spacing)) if start > 0)})


def _relief(replayed: Replayed, points: Sequence[LocatedPoint], answer: Trajectories) -> float:
    """What an answer takes off the violations, each relative to itself and at most all of it."""
    relief = 0.0
    for located in points:
        if located.point.excess > located.point.tolerance:
            outward = 1.0 if located.point.value > located.point.high else -1.0
            by = sum(term.factor * (after - before) for term in located.terms
                     for before, after in _values(replayed, term, [answer]))
            relief += min(-outward * by / located.point.excess, 1.0)
    return relief


def _values(replayed: Replayed, term: Term, answers: Sequence[Trajectories]) -> list[tuple[float, float]]:
    """A term in the replay and in each answer; nothing where it is no output."""
    owner, trajectories = term.signal.partition(".")[0], replayed.trajectories
    if owner not in trajectories.tables:
        return []
    row = (term.t_s - trajectories.start_s) // trajectories.steps_s[owner]
    own = float(trajectories.series(term.signal)[row])
    return [(own, float(answer.series(term.signal)[row])) for answer in answers]


def _keys(shadow: Shadow, replayed: Replayed, owners: set[str]) -> list[str]:
    """Set-points of the networks themselves, then of assets that give heat or cold into them."""
    feeders = {e.source.owner for e in wire(shadow.site) if e.target.owner in owners and not e.delayed}
    ends = {key: shadow.commands[key].end.owner for key in replayed.setpoints if key in shadow.commands}
    return [key for key, owner in ends.items() if owner in owners] + \
           [key for key, owner in ends.items() if owner in feeders]


def _change(shadow: Shadow, key: str, values: np.ndarray) -> np.ndarray:
    """By how much each step is changed; 0 where the set-point is not used, or a unit stands still."""
    end = shadow.commands[key].end
    size = CHANGE_OF_UNIT.get(unit_of(key) or "", DEFAULT_CHANGE)
    bounds = nameplate_bounds(shadow.plant[end.owner].nameplate(), end.port, Quantity.VALUE)
    used = np.isfinite(values)
    if bounds is not None:
        used &= values != 0.0
        size = -size if values[used].max(initial=-math.inf) + size > bounds[1] else size
    return np.where(used, size, 0.0)


def _response(replayed: Replayed, located: LocatedPoint, starts: Sequence[int], answers: Sequence[Trajectories],
              change: np.ndarray) -> Iterator[tuple[int, float]]:
    """(step, slope) of a point."""
    size = float(change[change != 0.0][0])
    for term in located.terms:
        values = _values(replayed, term, answers)
        if not values or all(abs(after - own) <= ROUNDING * max(abs(own), 1.0) for own, after in values):
            continue
        from_start_on = np.array([(after - own) / size for own, after in values])
        parts = from_start_on - np.append(from_start_on[1:], 0.0)
        latest = replayed.step_at(term.t_s)
        for begin, end, part in zip(starts, (*starts[1:], latest + 1), parts.tolist(), strict=True):
            acting = [j for j in range(begin, min(end, latest + 1)) if change[j] != 0.0]
            if acting and abs(part) > FAINT * np.abs(parts).max():
                yield from ((step, term.factor * part / len(acting)) for step in acting)
