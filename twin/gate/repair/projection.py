"""Repair by projection: the nearest schedule under the linearised limits.

Nearest by weighted least squares to what was proposed, each change counted in the rating of its asset, so that a MW of
a battery and one of a small load compare. In force are the limits of the linearised twin (violated ones drawn in, near
ones kept), content of storages, ramps and energies, power by nameplate, and minimum up and down times. What cannot be
kept all at once is missed at a price that rises with the class of the limit, and told; the twin decides, not the price.
"""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from twin.gate.limits.verdict import Verdict
from twin.gate.repair.cost import change_cost
from twin.gate.repair.projection_limits import About, Stated, energy_limits, point_limits, ramp_limits
from twin.gate.repair.projection_qp import NearestPoint, ProjectionError, nearest_point
from twin.gate.repair.projection_storage import StoreContent, stores_of
from twin.gate.repair.projection_units import Unit, committed, unit_ramps, units_of
from twin.gate.repair.projection_variables import Variables, variables_of
from twin.gate.repair.repair import Change, Repair, RepairContext
from twin.schedule import Origin, OriginKind, Schedule

NAME = "projection"
BETTER = 1e-6
"""Part of what is missed by which another pattern of the units must miss less."""


class Projection:
    """The first implementation of ``twin.gate.repair.repair.Repairer``; it remembers nothing."""

    name = NAME

    def repair(self, schedule: Schedule, verdict: Verdict, context: RepairContext) -> Repair | None:
        """The nearest schedule that should keep all limits; None if it is this one or there is none."""
        if verdict.accepted:
            return Repair(schedule)
        problem = _Problem(schedule, context)
        try:
            v, found = problem.solved()
        except ProjectionError:
            return None
        changed = v.written(found.x, schedule, context.proposed)
        if not changed:
            return None
        repaired = schedule.changed(changed, Origin(OriginKind.REPAIR, NAME))
        return _told(repaired, v, found, problem.beyond, context)


class _Problem:
    """What is linear about one rejected schedule."""

    def __init__(self, schedule: Schedule, context: RepairContext) -> None:
        self._context = context
        self._free = variables_of(schedule, context)
        self._units: tuple[Unit, ...] = units_of(self._free, context)
        self.beyond: tuple[str, ...] = ()

    def solved(self) -> tuple[Variables, NearestPoint]:
        """Units as proposed where that is feasible; if limits are missed so, the pattern that they ask for."""
        v, found = self._nearest(committed(self._free, self._units))
        if not found.missed or not self._units:
            return v, found
        _, relaxed = self._nearest(self._free)
        other, instead = self._nearest(committed(self._free, self._units, relaxed.x))
        return (other, instead) if instead.missed_cost < (1.0 - BETTER) * found.missed_cost else (v, found)

    def _nearest(self, v: Variables) -> tuple[Variables, NearestPoint]:
        stores: tuple[StoreContent, ...] = tuple(stores_of(v, self._context))
        points, beyond = point_limits(v, self._context)
        self.beyond = tuple(beyond)
        stated = [*points, *ramp_limits(v, self._context), *energy_limits(v, self._context),
                  *unit_ramps(v, self._units), *(limit for store in stores for limit in store.upper_limits())]
        return v, nearest_point(v.anchor.ravel(), v.low.ravel(), v.high.ravel(), v.scale.ravel(),
                                [Stated(stated, v.scale), *stores])


def _told(repaired: Schedule, v: Variables, found: NearestPoint, beyond: tuple[str, ...],
          context: RepairContext) -> Repair:
    """The repair with its reasons."""
    after = _effective(repaired, v)
    reasons = _reasons(v, found)
    changes = [_change(key, after[n] - v.anchor[n], v, reasons.get(key, v.bounded_by[n]))
               for n, key in enumerate(v.keys)]
    shift = (after - v.anchor) / v.scale
    told = sorted((c for c in changes if c is not None),
                  key=lambda c: -float(np.linalg.norm(shift[v.keys.index(c.key)])))
    cost = change_cost({key: after[n] - v.anchor[n] for n, key in enumerate(v.keys)}, v.horizon, context)
    missed: dict[str, float] = {}
    for one in found.missed:
        missed[str(one.limit.label)] = max(one.excess, missed.get(str(one.limit.label), 0.0))
    unmet = (*beyond, *(f"{what} would still be exceeded by {by:.3g}" for what, by in missed.items()))
    repair = Repair(repaired, tuple(told), float(np.linalg.norm(shift)), cost, unmet)
    return dataclasses.replace(repair, sentences=_sentences(repair, context))


def _effective(schedule: Schedule, v: Variables) -> np.ndarray:
    """Set-points as numbers: of no limit what is delivered."""
    rows = []
    for n, key in enumerate(v.keys):
        values = schedule.setpoints.get(key, np.full(v.horizon.steps, math.inf))
        rows.append(np.where(np.isfinite(values), values, np.where(v.was_unlimited[n], v.anchor[n], v.now[n])))
    return np.array(rows)


def _reasons(v: Variables, found: NearestPoint) -> Mapping[str, str]:
    """Key → the limit that moves it most, by multiplier and effect."""
    pull: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    scale = v.scale.ravel()
    for limit, multiplier in found.binding:
        if not isinstance(limit.label, About):
            continue
        effect = np.abs(limit.values * scale[limit.columns]) ** 2
        for row in np.unique(limit.columns // v.horizon.steps):
            share = float(effect[limit.columns // v.horizon.steps == row].sum() / effect.sum())
            pull[v.keys[row]][str(limit.label)] += multiplier * math.sqrt(share)
    return {key: max(by.items(), key=lambda item: item[1])[0] for key, by in pull.items()}


def _change(key: str, difference: np.ndarray, v: Variables, reason: str) -> Change | None:
    moved = np.flatnonzero(difference)
    if not moved.size:
        return None
    step_h, times = v.horizon.step_s / 3600.0, v.horizon.times_s()
    largest = int(np.abs(difference).argmax())
    return Change(key, float(np.abs(difference).sum() * step_h), float(difference.sum() * step_h),
                  float(difference[largest]), int(times[largest]), int(times[moved[0]]), int(times[moved[-1]]),
                  len(moved), reason)


def _sentences(repair: Repair, context: RepairContext) -> tuple[str, ...]:
    told = [change.sentence(context.clock) for change in repair.changes]
    if repair.cost is not None:
        told.append(f"it costs about {repair.cost:+.0f} over the horizon, by prices and nameplates")
    return (*told, *(f"not to be met: {what}" for what in repair.unmet))
