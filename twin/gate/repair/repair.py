"""Repair of rejected schedules: the contract that projection and, later, optimisers fulfil, and the rounds of it.

A repairer sees the schedule, the verdict and the twin linearised around its replay, and gives another schedule, which
is then tried like any other: what a repair promises counts for nothing until the twin has shown it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from twin.gate.decision import Tried
from twin.gate.limits.limits import LimitSet
from twin.gate.limits.series import Before
from twin.gate.limits.verdict import Verdict
from twin.gate.shadow.trajectory import Trajectories
from twin.gate.slopes.sensitivity import Sensitivities
from twin.nameplate import Nameplate
from twin.schedule import Schedule
from twin.units import unit_of

LEAST_IMPROVEMENT = 0.05
"""A round that takes away less than this part of what is violated is in vain: the next one would know no more."""
DIFFERENCE_UNIT = {"°C": "K"}
"""Unit of a set-point → of its change; the others keep theirs."""
TIMES_HOURS = {"MW": "MWh", "Mvar": "Mvarh", "–": "h"}
"""Unit of a change → of its integral over time."""


def seconds(t_s: int) -> str:
    """A moment where nobody knows the calendar."""
    return f"{t_s} s"


@dataclass(frozen=True)
class RepairContext:
    """What a repairer may know."""

    proposed: Schedule
    """As its maker wanted it: the repaired one shall be near to this, however many rounds it takes."""
    trajectories: Trajectories
    """Nominal replay of the schedule to be repaired."""
    sensitivities: Sensitivities
    """The twin around that replay."""
    limits: LimitSet
    plates: Mapping[str, Nameplate]
    """Asset or market → its nameplate, where it has one."""
    before: Before = field(default_factory=Before.nothing)
    """The time before the start."""
    earlier: tuple[Sensitivities, ...] = ()
    """Of the rounds before, oldest first: what they found must not be forgotten when it no longer shows."""
    held: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Key → (steps,) where a person or the watchdog holds the set-point: not to be changed."""
    clock: Callable[[int], str] = seconds
    """Moment → its name in sentences."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one set-point, against the proposal."""

    key: str
    energy: float
    """∫ |change| dt, in the unit of the set-point times hours."""
    net_energy: float
    """∫ change dt."""
    largest: float
    largest_t_s: int
    first_t_s: int
    last_t_s: int
    """Start of the last changed step."""
    steps_count: int
    reason: str
    """The limit that asks for most of it; empty: the unit's own, of power and minimum times."""

    def sentence(self, clock: Callable[[int], str]) -> str:
        """What changed, from when to when, and why."""
        unit = DIFFERENCE_UNIT.get(unit_of(self.key) or "", unit_of(self.key) or "")
        amount = f"{self.energy:.3g} {TIMES_HOURS.get(unit, f'{unit} h')}"
        if abs(self.net_energy) >= self.energy * (1.0 - 1e-9):
            amount += " more" if self.net_energy > 0.0 else " less"
        else:
            amount += f" moved (net {self.net_energy:+.3g})"
        span = f"at {clock(self.first_t_s)}" if self.steps_count == 1 else \
            f"in {self.steps_count} steps from {clock(self.first_t_s)} to {clock(self.last_t_s)}"
        why = f", because of {self.reason}" if self.reason else ", for the limits of the unit itself"
        return f"{self.key}: {amount} {span}, at most {self.largest:+.3g} {unit} at {clock(self.largest_t_s)}{why}"


@dataclass(frozen=True)
class Repair:
    """A schedule that should be better, and what it took."""

    schedule: Schedule
    changes: tuple[Change, ...] = ()
    """Against the proposal, largest distance first."""
    distance: float = 0.0
    """Root of the sum over steps of (change / rating)²: what the repairer made as small as it could."""
    cost: float | None = None
    """Estimate in the scenario's currency; None: nothing that changed has a known price."""
    unmet: tuple[str, ...] = ()
    """Limits that no change within reach would keep, in words."""
    sentences: tuple[str, ...] = ()
    """What changed and why, what it costs, what could not be met."""


class Repairer(Protocol):
    """Makes a rejected schedule acceptable."""

    name: str

    def repair(self, schedule: Schedule, verdict: Verdict, context: RepairContext) -> Repair | None:
        """A better schedule; None if it knows none. An accepted one comes back unchanged."""


Linearise = Callable[[Tried], RepairContext | None]
"""Rejected schedule → the twin around it; None where it could not be replayed."""


class RepairRounds:
    """The repairs of one decision: each round knows what the rounds before have found.

    A call is a round (``twin.gate.decision.Means.repair``). It gives up as soon as a round was in vain.
    """

    def __init__(self, repairer: Repairer, linearise: Linearise) -> None:
        self._repairer, self._linearise = repairer, linearise
        self._proposed: Schedule | None = None
        self._found: list[Sensitivities] = []
        self._severity = math.inf
        self.repairs: list[Repair] = []

    def __call__(self, tried: Tried, number: int) -> Repair | None:
        """A better schedule than the one just tried."""
        worse = severity(tried.verdict)
        if worse > (1.0 - LEAST_IMPROVEMENT) * self._severity or math.isinf(worse):
            return None
        self._severity = worse
        context = self._linearise(tried)
        if context is None:
            return None
        if self._proposed is None:
            self._proposed = tried.schedule
        repair = self._repairer.repair(tried.schedule, tried.verdict, _remembering(context, self._proposed,
                                                                                  tuple(self._found)))
        self._found.append(context.sensitivities)
        if repair is None or repair.schedule == tried.schedule:
            return None
        self.repairs.append(repair)
        return repair


def _remembering(context: RepairContext, proposed: Schedule, earlier: tuple[Sensitivities, ...]) -> RepairContext:
    return dataclasses.replace(context, proposed=proposed, earlier=earlier)


def severity(verdict: Verdict) -> float:
    """How badly hard limits are violated, over all expectations; infinite where nothing is known of it, because there
    was no replay."""
    if not verdict.hard_violations and not verdict.trials[0].passed:
        return math.inf
    return sum(severity_of(verdict, trial.expectation) for trial in verdict.trials)


def severity_of(verdict: Verdict, expectation: str) -> float:
    """Relative excess times hours of the hard limits violated in one expectation."""
    return sum(-v.margin / (abs(v.bound) or 1.0) * v.duration_s / 3600.0 for v in verdict.hard_violations
               if v.expectation == expectation)


def expectations_to_mend(verdict: Verdict) -> tuple[str, ...]:
    """Names of the expectations around which a repair looks at the twin.

    The nominal one, whose near points count in any case, and the worst of the others that fail; later rounds see to the
    rest.
    """
    nominal, *others = verdict.trials
    worst = max(others, key=lambda trial: severity_of(verdict, trial.expectation), default=None)
    if worst is None or severity_of(verdict, worst.expectation) == 0.0:
        return (nominal.expectation,)
    return nominal.expectation, worst.expectation
