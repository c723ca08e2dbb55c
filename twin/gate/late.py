"""Slopes of what answers late: water needs minutes at the source and hours to the buildings, and in summer half a day.

How a value at time t answers to a set-point is a response over the steps before t. Its moments are found for all points
at once by replaying the horizon with the set-point changed by the same amount in each step, by an amount that grows
with time, and by one that grows with time squared: their sum, mean and variance. The response is then taken to be even
over mean ± √3 standard deviations, which is where a correction has to act.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from twin.cosim.wiring import wire
from twin.gate.limit_rows import Quantity
from twin.gate.nameplate_bounds import nameplate_bounds
from twin.gate.points import LocatedPoint
from twin.gate.replayed import Replayed
from twin.gate.shadow import Shadow
from twin.gate.trajectory import Trajectories
from twin.units import unit_of

MOMENTS = 3
CHANGE_OF_UNIT = {"MW": 0.2, "°C": 1.0, "kg/s": 0.5, "–": 0.05}
"""Change of a set-point: above what plants do by switching between sub-steps, below what fills or empties a tank."""
DEFAULT_CHANGE = 0.1
ROUNDING = 1e-6
"""Of a value: a smaller change is none."""
EVEN_HALF_WIDTH = math.sqrt(3.0)
"""Of an even distribution, over its standard deviation."""
LEAST_HALF_WIDTH = 0.5
"""In steps: an answer within a step."""


def late_slopes(shadow: Shadow, replayed: Replayed, points: Sequence[LocatedPoint], most_replays: int,
                ) -> Iterator[tuple[int, str, int, float]]:
    """(point, key, step, slope), by at most so many replays, three for a set-point."""
    until_s = min(max(p.point.t_s for p in points) + max(replayed.trajectories.steps_s.values()),
                  replayed.trajectories.until_s)
    for key in _keys(shadow, replayed, {p.owner for p in points})[:most_replays // MOMENTS]:
        change = _change(shadow, key, np.asarray(replayed.setpoints[key]))
        if not change.any():
            continue
        time = (np.arange(replayed.horizon.steps) + 0.5) / replayed.horizon.steps
        answers = [
            shadow.replay(replayed.start, replayed.horizon,
                          {**replayed.setpoints, key: replayed.setpoints[key] + change * time**moment},
                          replayed.expectation, until_s)
            for moment in range(MOMENTS)]
        for number, located in enumerate(points):
            for step, slope in _response(replayed, located, answers, change):
                yield number, key, step, slope


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


def _response(replayed: Replayed, located: LocatedPoint, answers: Sequence[Trajectories], change: np.ndarray,
              ) -> Iterator[tuple[int, float]]:
    """(step, slope) of a point."""
    steps, size = replayed.horizon.steps, change[change != 0.0][0]
    for term in located.terms:
        owner = term.signal.partition(".")[0]
        if owner not in replayed.trajectories.tables:
            continue
        row = (term.t_s - replayed.trajectories.start_s) // replayed.trajectories.steps_s[owner]
        own = float(replayed.trajectories.series(term.signal)[row])
        total, first, second = ((float(a.series(term.signal)[row]) - own) / size for a in answers)
        if abs(total * size) <= ROUNDING * max(abs(own), 1.0):
            continue
        mean, latest = first / total * steps - 0.5, replayed.step_at(term.t_s)
        variance = max(second / total - (first / total) ** 2, 0.0) * steps**2
        half = max(EVEN_HALF_WIDTH * math.sqrt(variance), LEAST_HALF_WIDTH)
        begin = min(max(math.ceil(mean - half), 0), latest)
        acting = [j for j in range(begin, min(math.floor(mean + half), latest) + 1) if change[j] != 0.0]
        for step in acting:
            yield step, term.factor * total / len(acting)
