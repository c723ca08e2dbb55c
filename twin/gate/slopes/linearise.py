"""Sensitivities of a replay: what a change of each set-point would do to each violated or near-limit point.

Electrical networks and assets answer within the step (:mod:`.instant`), water late (:mod:`.late`).
What is limited in a set-point itself is the column.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from twin.gate.limits.limits import LimitSet
from twin.gate.limits.series import Before
from twin.gate.shadow.replayed import Replayed
from twin.gate.shadow.shadow import Shadow
from twin.gate.slopes.instant import InstantSlopes
from twin.gate.slopes.late import late_slopes
from twin.gate.slopes.points import NEAR_FRAC, points_of
from twin.gate.slopes.sensitivity import Column, Point, Sensitivities
from twin.nameplate import ThermalNetworkNameplate

MOST_REPLAYS = 16
"""For late points: with more set-points or hours, more steps share a replay."""
NEGLIGIBLE = 1e-9
"""Of the largest slope of a point; smaller ones are rounding."""


def linearise(shadow: Shadow, replayed: Replayed, limits: LimitSet, *, near_frac: float = NEAR_FRAC,
              most_replays: int = MOST_REPLAYS) -> Sensitivities:
    """The twin linearised around a replay.

    Parameters
    ----------
    near_frac : points nearer to a limit than this part of its scale count too.
    most_replays : for points on which set-points act late; 0: these have no slopes.
    """
    late = frozenset(name for name, c in shadow.plant.items() if isinstance(c.nameplate(), ThermalNetworkNameplate))
    before = Before.of(replayed.start, shadow.plant, replayed.history)
    located = points_of(limits, replayed.trajectories, before, late, near_frac)
    instant = [p for p in located if not p.point.late]
    delayed = [p for p in located if p.point.late]
    slopes = InstantSlopes(shadow, replayed, instant)
    table = _Table(slopes)
    for number, located_point in enumerate(instant):
        table.add(number, slopes.row(located_point.terms))
    if delayed and most_replays:
        for number, key, step, value in late_slopes(shadow, replayed, delayed, most_replays):
            table.add(len(instant) + number, [(key, step, value)])
    return table.sensitivities([p.point for p in (*instant, *delayed)])


class _Table:
    """Collects slopes by point and column."""

    def __init__(self, slopes: InstantSlopes) -> None:
        self._slopes = slopes
        self._columns: dict[tuple[str, int], int] = {}
        self._values: dict[tuple[int, int], float] = {}

    def add(self, point: int, slopes: Iterable[tuple[str, int, float]]) -> None:
        """(key, step, slope) each; several of one column add up."""
        for key, step, value in slopes:
            column = self._columns.setdefault((key, step), len(self._columns))
            self._values[point, column] = self._values.get((point, column), 0.0) + value

    def sensitivities(self, points: Sequence[Point]) -> Sensitivities:
        """All that was collected; what is only rounding is left out."""
        largest: dict[int, float] = {}
        for (point, _), value in self._values.items():
            largest[point] = max(largest.get(point, 0.0), abs(value))
        kept = [(p, c, v) for (p, c), v in sorted(self._values.items()) if abs(v) > NEGLIGIBLE * largest[p]]
        return Sensitivities(
            tuple(points), tuple(Column(key, step, self._slopes.base(key, step)) for key, step in self._columns),
            np.array([p for p, _, _ in kept], dtype=int), np.array([c for _, c, _ in kept], dtype=int),
            np.array([v for _, _, v in kept], dtype=float))
