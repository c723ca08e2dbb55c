"""Nearest on/off pattern of a unit that keeps its minimum up and down times: exact, by dynamic programming over time.

What a unit may do in a step depends on two things only: whether it is on, and for how many steps it must stay so.
Each step has a cost of being on and one of being off; the pattern of least total cost is found backwards in time in
``steps × (minimum up + minimum down)`` operations. A time that the end of the horizon cuts off may be completed after.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

STEP_TOLERANCE = 1e-6
"""Of a step: 2 h are eight quarters, in spite of rounding."""


@dataclass(frozen=True, slots=True)
class UnitTimes:
    """Minimum times of a unit, in steps, and how it enters the first step."""

    min_up_steps: int
    min_down_steps: int
    on_before: bool
    locked_steps: int
    """For how many of the first steps it must stay as it is."""

    @classmethod
    def of_hours(cls, min_up_h: float, min_down_h: float, on_before: bool, in_state_h: float, dt_h: float) -> UnitTimes:
        """From times in hours; parts of a step count as a whole one."""
        left_h = (min_up_h if on_before else min_down_h) - in_state_h
        return cls(_steps(min_up_h, dt_h), _steps(min_down_h, dt_h), on_before, _steps(left_h, dt_h))

    def least_after_switch(self, to_on: bool) -> int:
        """Further steps that a unit stays as it is after the one in which it switched."""
        return max((self.min_up_steps if to_on else self.min_down_steps) - 1, 0)


def nearest_pattern(cost_on: Iterable[float], cost_off: Iterable[float], unit: UnitTimes) -> np.ndarray:
    """The feasible pattern of least cost.

    Of equal ones, the one that switches latest.

    Parameters
    ----------
    cost_on, cost_off : of each step, (steps,), finite.

    Returns
    -------
    (steps,) True where the unit is on.
    """
    costs = (tuple(map(float, cost_off)), tuple(map(float, cost_on)))
    steps = len(costs[0])
    most_locked = max(unit.least_after_switch(True), unit.least_after_switch(False), unit.locked_steps)
    # ahead[on][locked]: least cost from a step on, for a unit that enters it so
    ahead = [[0.0] * (most_locked + 1) for _ in (False, True)]
    switches: list[tuple[bool, bool]] = []
    for k in reversed(range(steps)):
        now, turns = [], []
        for on in (False, True):
            stay = [costs[on][k] + ahead[on][max(locked - 1, 0)] for locked in range(most_locked + 1)]
            turn = costs[not on][k] + ahead[not on][unit.least_after_switch(not on)]
            turns.append(turn < stay[0])
            stay[0] = min(stay[0], turn)
            now.append(stay)
        ahead = now
        switches.append((turns[0], turns[1]))
    return _followed(switches[::-1], unit)


def _followed(switches: Sequence[tuple[bool, bool]], unit: UnitTimes) -> np.ndarray:
    """The pattern that results if a unit switches wherever that is best and it may."""
    on, locked = unit.on_before, unit.locked_steps
    pattern = np.zeros(len(switches), dtype=bool)
    for k, best in enumerate(switches):
        if locked == 0 and best[on]:
            on, locked = not on, unit.least_after_switch(not on)
        else:
            locked = max(locked - 1, 0)
        pattern[k] = on
    return pattern


def _steps(hours: float, dt_h: float) -> int:
    return max(0, math.ceil(hours / dt_h - STEP_TOLERANCE))
