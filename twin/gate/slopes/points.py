"""Where a replay violates its limits or comes near them: the points around which the twin is linearised."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from twin.errors import ComponentError
from twin.gate.limits.limits import Limit, LimitSet
from twin.gate.limits.quantities import HOUR_S, judged, linear_terms, steps_back
from twin.gate.limits.rows import LimitClass
from twin.gate.limits.series import Before, Block, block_of
from twin.gate.shadow.trajectory import Trajectories
from twin.gate.slopes.sensitivity import Point

NEAR_FRAC = 0.05
"""Of a limit's scale: what is nearer than this may be violated by a correction of something else."""
NEIGHBOURS = 4
"""Intervals before and after a violation of what answers late."""


@dataclass(frozen=True, slots=True)
class Term:
    """A signal in one interval, and how it counts in a point."""

    signal: str
    """An output or the key of a set-point."""
    t_s: int
    factor: float


@dataclass(frozen=True, slots=True)
class LocatedPoint:
    """A point, and of which parts of which series it is the sum."""

    point: Point
    owner: str
    terms: tuple[Term, ...]


def points_of(limits: LimitSet, trajectories: Trajectories, before: Before, late: frozenset[str],
              near_frac: float = NEAR_FRAC) -> list[LocatedPoint]:
    """All points that are violated, and those near a limit. Whether something was solved is a code and has no slope.

    Parameters
    ----------
    late : owners on which set-points act with a delay; of these violated points are looked at and those around them,
        to which a correction in time would move the violation.
    """
    return [point for limit in limits.limits if limit.row.limit_class is not LimitClass.SOLVER
            for point in _points(limit, trajectories, before, late, near_frac)]


def _points(limit: Limit, trajectories: Trajectories, before: Before, late: frozenset[str],
            near_frac: float) -> Iterator[LocatedPoint]:
    try:
        block = block_of(limit, trajectories)
    except ComponentError:  # the verdict says that there is no such series
        return
    at_start = before.of_limit(limit, block.step_s)
    quantity = judged(limit.row, block.values, block.step_s, at_start)
    earlier = at_start.earlier(steps_back(limit.row, block.step_s))
    first = math.ceil(limit.row.holds_after_h * HOUR_S / block.step_s)
    is_late = limit.owner in late and not limit.is_setpoint
    tolerance = limit.row.tolerance
    for values, bound, sign in ((quantity.high, limit.high, 1.0), (quantity.low, limit.low, -1.0)):
        if not math.isfinite(bound):
            continue
        bounds = np.broadcast_to(quantity.bound(bound, sign, tolerance), values.shape)
        excess = sign * (values - bounds)
        excess[:first] = np.nan
        chosen = _with_neighbours(excess > tolerance) if is_late else excess > -near_frac * limit.scale
        for row, column in np.argwhere(chosen & ~np.isnan(excess)).tolist():
            t_s = block.start_s + row * block.step_s
            at = float(bounds[row, column])
            low, high = (at, math.inf) if sign < 0 else (-math.inf, at)
            yield LocatedPoint(
                Point(limit.name, limit.row.limit_class.value, limit.signals[column], t_s, float(values[row, column]),
                      low, high, tolerance, limit.row.hard, limit.unit, is_late),
                limit.owner, tuple(_terms(limit, block, column, row, earlier[:, column])))


def _with_neighbours(violated: np.ndarray) -> np.ndarray:
    """Also the intervals before and after; (n, m)."""
    chosen = violated.copy()
    for shift in range(1, NEIGHBOURS + 1):
        chosen[shift:] |= violated[:-shift]
        chosen[:-shift] |= violated[shift:]
    return chosen


def _terms(limit: Limit, block: Block, column: int, row: int, earlier: np.ndarray) -> Iterator[Term]:
    for interval, factor in linear_terms(limit.row, block.values[:, column], block.step_s, row, earlier):
        t_s = block.start_s + interval * block.step_s
        yield Term(limit.signals[column], t_s, factor)
        if limit.minus:
            yield Term(limit.minus[column], t_s, -factor)
