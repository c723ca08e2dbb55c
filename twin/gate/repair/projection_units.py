"""Units that are on or off in a projection: their patterns first, then the powers between minimum and rated.

The pattern of each unit is the feasible one nearest to what is wanted (:mod:`.commitment`); with it a set-point
lies between minimum and rated power, or is 0.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from twin.gate.limits.limits import LimitSet
from twin.gate.limits.rows import Quantity
from twin.gate.repair.commitment import UnitTimes, nearest_pattern
from twin.gate.repair.projection_limits import EQUIPMENT, About, linear
from twin.gate.repair.projection_qp import LinearLimit
from twin.gate.repair.projection_variables import ROUNDING_FRAC, Variables, asset_of, followers, port_of
from twin.gate.repair.repair import RepairContext
from twin.nameplate import GeneratorNameplate

MIN_PER_H = 60.0
FIRM = 1e3
"""Cost of a step that contradicts what limits ask: more than all steps of a day at rated power cost."""
MUCH = 0.5
"""Part of its minimum power from which on a unit that stands is worth starting."""


@dataclass(frozen=True)
class Unit:
    """A unit that a schedule commands."""

    key: str
    plate: GeneratorNameplate
    times: UnitTimes

    def pattern(self, proposed_mw: np.ndarray, relaxed_mw: np.ndarray | None = None) -> np.ndarray:
        """Where it is on, (steps,), as near as may be to the proposal.

        Parameters
        ----------
        relaxed_mw : what limits would have it do if it had no minimum power; where that is less than it can, it is to
            be off, and where it is much, on.
        """
        p = self.plate
        on_mw = np.clip(proposed_mw, p.min_mw, p.rated_mw)
        cost_on, cost_off = ((proposed_mw - on_mw) / p.rated_mw) ** 2, (proposed_mw / p.rated_mw) ** 2
        if relaxed_mw is not None:
            is_on = proposed_mw > 0.0
            cost_on = cost_on + FIRM * (is_on & (relaxed_mw < p.min_mw - ROUNDING_FRAC * p.rated_mw))
            cost_off = cost_off + FIRM * (~is_on & (relaxed_mw >= MUCH * p.min_mw))
        return nearest_pattern(cost_on, cost_off, self.times)


def units_of(v: Variables, context: RepairContext) -> tuple[Unit, ...]:
    """All units that a schedule commands."""
    found = []
    for key in v.keys:
        plate = context.plates.get(asset_of(key))
        if isinstance(plate, GeneratorNameplate) and port_of(key) == "p_set_mw":
            found.append(Unit(key, plate, _times(key, plate, v, context)))
    return tuple(found)


def committed(v: Variables, units: tuple[Unit, ...], relaxed: np.ndarray | None = None) -> Variables:
    """The same unknowns with the pattern of each unit fixed; ``relaxed``: a flat point that knew no patterns."""
    low, high = v.low.copy(), v.high.copy()
    for unit in units:
        row = v.keys.index(unit.key)
        on = unit.pattern(v.anchor[row], None if relaxed is None else relaxed[v.columns(unit.key)])
        low[row] = np.where(on, np.clip(unit.plate.min_mw, low[row], high[row]), 0.0)
        high[row] = np.where(on, high[row], 0.0)
    return dataclasses.replace(v, low=low, high=high)


def unit_ramps(v: Variables, units: tuple[Unit, ...]) -> Iterator[LinearLimit]:
    """The units' own ramps while they run; a start reaches minimum power at once, a stop is made from it.

    A change that is too fast already stays as it is: the unit cuts it.
    """
    for unit in units:
        reach_mw = unit.plate.ramp_mw_per_min * MIN_PER_H * v.horizon.step_s / 3600.0
        if math.isinf(reach_mw) or reach_mw >= unit.plate.rated_mw - unit.plate.min_mw:
            continue
        row, columns = v.keys.index(unit.key), v.columns(unit.key)
        on = v.high[row] > 0.0
        start_mw, stop_mw = max(reach_mw, unit.plate.min_mw), reach_mw + unit.plate.min_mw
        for k in range(1, v.horizon.steps):
            for sign, side, switch_mw in ((1.0, "rise", start_mw), (-1.0, "fall", stop_mw)):
                most_mw = switch_mw if on[k] != on[k - 1] else reach_mw
                most_mw = max(most_mw, sign * (v.now[row, k] - v.now[row, k - 1])) - ROUNDING_FRAC * v.scale[row, 0]
                about = About("its own ramp", unit.key, v.horizon.start_s + k * v.horizon.step_s, side)
                limit = linear(about, columns[[k, k - 1]], np.array([sign, -sign]), most_mw, EQUIPMENT, v)
                if limit is not None:
                    yield limit


def _times(key: str, plate: GeneratorNameplate, v: Variables, context: RepairContext) -> UnitTimes:
    """Minimum times by nameplate and hard limits; a unit of which nothing is known may switch at once."""
    asset, step_h = asset_of(key), v.horizon.step_s / 3600.0
    up_h, down_h = (max(own, _least_h(key, of, context.limits)) for own, of in (
        (plate.min_up_h, Quantity.UP_TIME_H), (plate.min_down_h, Quantity.DOWN_TIME_H)))
    first_mw = float(v.now.flat[v.columns(key)[0]])
    on_before = context.before.values.get(f"{asset}.p_mw", first_mw) > 0.0
    in_state_h = context.before.in_state_s.get(asset, math.inf) / 3600.0
    return UnitTimes.of_hours(up_h, down_h, on_before, min(in_state_h, max(up_h, down_h)), step_h)


def _least_h(key: str, of: Quantity, limits: LimitSet) -> float:
    return max((limit.low for limit in limits.limits if limit.row.of is of and limit.row.hard
                and followers(key, limit)), default=0.0)
