"""From what replays have shown to a verdict.

Every hard limit must hold in the nominal replay, and in the rule's share of the other expectations. A replay that could
not be solved, failed or timed out counts as one in which they do not hold. Scores and alarms are those of the nominal
replay: alarms of what is only possible would drown those of what is expected.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

import twin
from twin.errors import ComponentError
from twin.gate.expectation import NOMINAL, Expectation
from twin.gate.limits.limits import Limit, LimitSet
from twin.gate.limits.quantities import HOUR_S, judged
from twin.gate.limits.rows import LimitClass
from twin.gate.limits.series import Before, Block, block_of
from twin.gate.limits.verdict import ClassScore, Outcome, Trial, Verdict, Violation
from twin.gate.rules import GateRules
from twin.gate.shadow.trajectory import Trajectories
from twin.schedule import Schedule

TIMED_OUT = "timed_out"
"""Kind of a failure for which there was not enough time."""
SHARE_ROUNDING = 1e-9


class Failed(Protocol):
    """Why there are no trajectories (``twin.gate.shadow.jobs.Failure``)."""

    @property
    def kind(self) -> str:
        """``timed_out`` or another word."""

    @property
    def message(self) -> str:
        """What happened, for the user."""


Result: TypeAlias = tuple[Expectation | None, Trajectories | Failed]


@dataclass(frozen=True, slots=True)
class Side:
    """One limit compared on one side: how far beyond its bound each interval is."""

    limit: Limit
    values: np.ndarray
    """(n, m)."""
    bound: np.ndarray
    """(n, m) or one for all; beyond that of the limit where it was overdrawn before the start."""
    excess: np.ndarray
    """(n, m), beyond the bound; negative inside; NaN where there is nothing to judge."""
    tolerance: float
    start_s: int
    step_s: int
    is_alarm: bool

    @property
    def outside(self) -> np.ndarray:
        """(n, m) whether the limit is exceeded by more than its tolerance."""
        return self.excess > self.tolerance

    def violations(self, expectation: str) -> Iterator[Violation]:
        """One per signal that leaves the limit."""
        outside, limit = self.outside, self.limit
        for column in np.flatnonzero(outside.any(axis=0)).tolist():
            rows = np.flatnonzero(outside[:, column])
            worst = int(rows[self.excess[rows, column].argmax()])
            bound = np.broadcast_to(self.bound, self.values.shape)[worst, column]
            yield Violation(
                limit.name, limit.row.limit_class.value, limit.row.hard and not self.is_alarm, limit.signals[column],
                limit.owner, limit.row.of.value, expectation, self.start_s + int(rows[0]) * self.step_s,
                len(rows) * self.step_s, self.start_s + worst * self.step_s, float(self.values[worst, column]),
                float(bound), 0.0 - float(self.excess[worst, column]), limit.unit, limit.row.source)


def judge(results: Sequence[Result], limits: LimitSet, rules: GateRules, *, schedule: Schedule, scenario_sha256: str,
          state_sha256: str, before: Before | None = None, cpu_s: float = 0.0) -> Verdict:
    """The verdict on a schedule.

    Parameters
    ----------
    results : each expectation with what its replay delivered, the nominal one first; None: models as they are.
    before : what is known of the time before the start; None: nothing, so that the first step has no rate and no unit
        has been in its state for a known time.
    """
    before = before or Before.nothing()
    trials, violations, alarms, scores = [], [], [], []
    for number, (expectation, result) in enumerate(results):
        name = NOMINAL if expectation is None else expectation.name
        trial, sides = _tried(expectation, name, result, limits, before)
        found = [v for side in sides if not side.is_alarm for v in side.violations(name)]
        trials.append(_concluded(trial, found))
        violations += found
        if number == 0:
            beyond = {(v.name, v.signal) for v in found}
            alarms = [a for side in sides if side.is_alarm for a in side.violations(name)
                      if (a.name, a.signal) not in beyond]
            scores = list(_scores(sides, found, alarms))
    share = _share_passed(trials[1:])
    order = {trial.expectation: n for n, trial in enumerate(trials)}
    violations.sort(key=lambda v: (not v.hard, order[v.expectation], v.t_s, v.name, v.signal))
    return Verdict(
        _outcome(trials, share, rules.share_frac), tuple(trials), tuple(violations), tuple(alarms), tuple(scores),
        rules.share_frac, share, schedule.sha256, state_sha256, scenario_sha256, limits.sha256, twin.__version__, cpu_s)


def _tried(expectation: Expectation | None, name: str, result: Trajectories | Failed, limits: LimitSet,
           before: Before) -> tuple[Trial, list[Side]]:
    sha256, probability = ("", 1.0) if expectation is None else (expectation.sha256, expectation.probability_frac)
    if not isinstance(result, Trajectories):
        outcome = Outcome.TIMED_OUT if result.kind == TIMED_OUT else Outcome.NOT_SOLVABLE
        return Trial(name, sha256, probability, outcome, result.message), []
    try:
        sides = [side for limit in limits.limits for side in _sides(limit, result, before)]
    except ComponentError as error:
        return Trial(name, sha256, probability, Outcome.NOT_SOLVABLE, str(error)), []
    return Trial(name, sha256, probability, Outcome.ACCEPTED), sides


def _sides(limit: Limit, trajectories: Trajectories, before: Before) -> Iterator[Side]:
    """A limit's bounds and alarm levels, each compared with its series."""
    block = block_of(limit, trajectories)
    missing = np.isnan(block.values)
    if missing.any() and not limit.is_setpoint:  # a set-point that is no number is one that nobody gives
        row, column = (int(n) for n in np.argwhere(missing)[0])
        raise ComponentError(f"{limit.signals[column]} is not a number at {block.start_s + row * block.step_s} s, so "
                             f"that limit {limit.name!r} cannot be judged")
    yield from sides_of(limit, block, before)


def sides_of(limit: Limit, block: Block, before: Before) -> Iterator[Side]:
    """A limit's bounds and alarm levels, each compared with a block of its series; what is NaN is not judged."""
    quantity = judged(limit.row, block.values, block.step_s, before.of_limit(limit, block.step_s))
    first = math.ceil(limit.row.holds_after_h * HOUR_S / block.step_s)
    for bound, values, sign, is_alarm in (
            (limit.high, quantity.high, 1.0, False), (limit.low, quantity.low, -1.0, False),
            (limit.alarm_high, quantity.high, 1.0, True), (limit.alarm_low, quantity.low, -1.0, True)):
        if not math.isfinite(bound):
            continue
        at = np.asarray(bound if is_alarm else quantity.bound(bound, sign, limit.row.tolerance))
        excess = sign * (values - at)
        excess[:first] = np.nan
        yield Side(limit, values, at, excess, 0.0 if is_alarm else limit.row.tolerance, block.start_s,
                   block.step_s, is_alarm)


def _concluded(trial: Trial, found: Sequence[Violation]) -> Trial:
    """A trial that ran, with what its violations mean."""
    if trial.outcome is not Outcome.ACCEPTED:
        return trial
    hard = [v for v in found if v.hard]
    unsolved = next((v for v in hard if v.limit_class == LimitClass.SOLVER), None)
    if unsolved is not None:
        message = (f"{unsolved.owner} is not solved from {unsolved.t_s} s on ({unsolved.signal} is "
                   f"{unsolved.worst_value:g})")
        return Trial(trial.expectation, trial.sha256, trial.probability_frac, Outcome.NOT_SOLVABLE, message)
    outcome = Outcome.REJECTED if hard else Outcome.ACCEPTED
    return Trial(trial.expectation, trial.sha256, trial.probability_frac, outcome)


def _share_passed(others: Sequence[Trial]) -> float:
    """By probability; by number where no probability is given."""
    total = sum(trial.probability_frac for trial in others)
    if not others:
        return 1.0
    if total <= 0.0:
        return sum(trial.passed for trial in others) / len(others)
    return sum(trial.probability_frac for trial in others if trial.passed) / total


def _outcome(trials: Sequence[Trial], share: float, required: float) -> Outcome:
    """The nominal trial decides; then the share of the others, whose first failure says what kind it is."""
    if not trials[0].passed:
        return trials[0].outcome
    if share >= required - SHARE_ROUNDING:
        return Outcome.ACCEPTED
    return next(trial.outcome for trial in trials[1:] if not trial.passed)


def _scores(sides: Sequence[Side], found: Sequence[Violation], alarms: Sequence[Violation]) -> Iterator[ClassScore]:
    for limit_class in LimitClass:
        own = [side for side in sides if side.limit.row.limit_class is limit_class and not side.is_alarm]
        if not own and not any(a.limit_class == limit_class for a in alarms):
            continue
        margins = [0.0 - float(np.nanmax(side.excess)) / side.limit.scale
                   for side in own if not np.isnan(side.excess).all()]
        signals = {id(side.limit): len(side.limit.signals) for side in own}
        yield ClassScore(
            limit_class.value, sum(map(_penalty_h, own)), min(margins, default=math.inf), sum(signals.values()),
            sum(v.limit_class == limit_class for v in found), sum(a.limit_class == limit_class for a in alarms))


def _penalty_h(side: Side) -> float:
    excess = side.excess[side.outside]
    return side.limit.row.weight * float(excess.sum()) / side.limit.scale * side.step_s / HOUR_S
