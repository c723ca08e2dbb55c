"""Judges what the real plant did by the limits that its schedules are tried by, when a run has ended.

Series are judged at the plant's own step, so that what fluctuates within a step of the trial is seen too. Two
quantities mean the same as in a trial only with a window: a rate without one is taken over a step of the trial, a sum
without one over its horizon. What a network could not solve is no breach: the accounts tell it, and figures without a
solution are NaN, which is not judged. Set-points are those that reached the assets.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np

from twin.cosim.edges import Edge
from twin.errors import ComponentError
from twin.gate.limits.judge import Side, sides_of
from twin.gate.limits.limits import Limit, LimitSet
from twin.gate.limits.plant_verdict import MOST_KEPT, Breach, Count, PlantVerdict
from twin.gate.limits.quantities import HOUR_S
from twin.gate.limits.rows import RATES, TOTALS, LimitClass
from twin.gate.limits.series import Before, block_of
from twin.gate.rules import GateRules
from twin.gate.shadow.player import PLAYER, CommandPort
from twin.gate.shadow.trajectory import Trajectories
from twin.store.run_data import RunData


class Explains(Protocol):
    """Says of a breach what the gate had accepted, and why it came otherwise."""

    def accepted_at(self, t_s: int) -> bool:
        """Whether a release held at an instant."""

    def __call__(self, breach: Breach, limit: Limit) -> Breach:
        """The breach with ``release_id``, ``expected_value`` and ``causes`` filled in."""


def judge_plant(trajectories: Trajectories, limits: LimitSet, rules: GateRules, explain: Explains | None,
                ) -> PlantVerdict:
    """The judgement on a run that has ended.

    Parameters
    ----------
    trajectories : of the run, see :func:`trajectories_of`.
    explain : None where no gate stood before the assets.
    """
    breaches: list[Breach] = []
    not_judged: list[tuple[str, str]] = []
    signals = 0
    for limit in limits.limits:
        if limit.row.limit_class is LimitClass.SOLVER:
            continue
        try:
            block = block_of(limit, trajectories)
        except ComponentError as error:
            not_judged.append((limit.name, str(error)))
            continue
        signals += len(limit.signals)
        for side in sides_of(_as_in_a_trial(limit, rules), block, Before.nothing()):
            if not side.is_alarm:
                breaches += _breaches(side, rules.step_s, explain)
    of_name = {limit.name: limit for limit in limits.limits}
    if explain is not None:
        breaches = [explain(breach, of_name[breach.name]) for breach in breaches]
    breaches.sort(key=lambda b: (not b.hard, b.t_s, b.name, b.signal))
    return PlantVerdict(explain is not None, signals, _counts(breaches), tuple(breaches[:MOST_KEPT]),
                        tuple(not_judged))


def trajectories_of(run: RunData, commands: Mapping[str, CommandPort], edges: Sequence[Edge]) -> Trajectories:
    """The series of a run as a replay would give them; set-points, as they reached the assets, under the player's name.

    Parameters
    ----------
    commands, edges : of the site; they say which series are the set-points.
    """
    steps_s, columns, tables = {}, {}, {}
    for name, record in run.components.items():
        parts = [run.native(f"{name}.{output}")[:, None] for output in record.outputs]
        parts += [run.native(f"{name}.{output}") for output, labels in record.vectors.items() if labels]
        steps_s[name] = record.step_s
        columns[name] = (*(f"{name}.{output}" for output in record.outputs),
                         *(f"{name}.{output}[{label}]" for output, labels in record.vectors.items()
                           for label in labels))
        tables[name] = np.hstack(parts) if parts else np.empty((run.duration_s // record.step_s, 0))
    sources = {edge.target: edge.source for edge in edges if edge.source.owner in run.components}
    rows = run.duration_s // run.grid_step_s
    setpoints = []
    for command in commands.values():
        source = sources.get(command.end)
        if source is None:
            setpoints.append(np.full(rows, command.default))
            continue
        series = run.on_grid(f"{source.owner}.{source.port}")
        labels = run.components[source.owner].vectors.get(source.port, ())
        setpoints.append(series[:, labels.index(source.terminal)] if source.terminal in labels else series)
    if setpoints:
        steps_s[PLAYER] = run.grid_step_s
        columns[PLAYER] = tuple(f"{PLAYER}.value[{key}]" for key in commands)
        tables[PLAYER] = np.column_stack(setpoints)
    return Trajectories(0, run.duration_s, steps_s, columns, tables)


def _as_in_a_trial(limit: Limit, rules: GateRules) -> Limit:
    """The limit with the window that a trial gives it."""
    if limit.row.window_h is not None or limit.row.of not in (*RATES, *TOTALS):
        return limit
    window_h = rules.step_s / HOUR_S if limit.row.of in RATES else rules.horizon_h
    return dataclasses.replace(limit, row=limit.row.model_copy(update={"window_h": window_h}))


def _breaches(side: Side, join_s: int, explain: Explains | None) -> Iterator[Breach]:
    """Stretches of time outside; short returns inside, up to ``join_s``, do not end one.

    Where a release begins or ends to hold, another stretch begins: each is accepted as a whole or not at all.
    """
    outside, limit = side.outside, side.limit
    rows = np.flatnonzero(outside.any(axis=1))
    accepted = np.array([explain is not None and explain.accepted_at(side.start_s + row * side.step_s)
                         for row in rows.tolist()], dtype=bool)
    ends = (np.diff(rows) * side.step_s > join_s) | (accepted[1:] != accepted[:-1])
    for stretch in np.split(rows, np.flatnonzero(ends) + 1) if len(rows) else ():
        excess = np.where(outside[stretch], side.excess[stretch], -np.inf)
        place, column = np.unravel_index(int(excess.argmax()), excess.shape)
        worst = int(stretch[place])
        yield Breach(
            limit.name, limit.row.limit_class.value, limit.row.hard, limit.signals[column], limit.row.of.value,
            limit.unit, float(side.bound), limit.row.source, side.start_s + int(stretch[0]) * side.step_s,
            side.start_s + (int(stretch[-1]) + 1) * side.step_s, len(stretch) * side.step_s,
            side.start_s + worst * side.step_s, float(side.values[worst, column]),
            0.0 - float(side.excess[worst, column]))


def _counts(breaches: Sequence[Breach]) -> tuple[Count, ...]:
    by_name: dict[str, list[Breach]] = {}
    for breach in breaches:
        by_name.setdefault(breach.name, []).append(breach)
    return tuple(Count(name, found[0].limit_class, found[0].hard, len(found), sum(b.accepted for b in found),
                       sum(b.duration_s for b in found), sum(b.duration_s for b in found if b.accepted))
                 for name, found in by_name.items())
