"""From a proposal to what holds: try, repair at most so often, fall back, and last of all the safe state.

The order is fixed, and every schedule that may be released went through the same trial, repaired ones and fallbacks
too. Nothing here steps a twin, signs or writes; these come in as functions, so that each path can be tested alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

from twin.gate.limits.verdict import Verdict
from twin.gate.shadow.jobs import Failure
from twin.gate.shadow.trajectory import Trajectories
from twin.schedule import Schedule
from twin.units import with_unit


class GateStatus(IntEnum):
    """What holds."""

    WAITING = 0
    """Nothing was asked yet."""
    RELEASED = 1
    """As proposed."""
    REPAIRED = 2
    FALLBACK = 3
    SAFE_STATE = 4
    """No schedule could be proved; only the safe values are allowed."""
    BY_HAND = 5
    """A person released it."""


@dataclass(frozen=True)
class Tried:
    """A schedule and what trying it has shown."""

    schedule: Schedule
    verdict: Verdict
    nominal: Trajectories | None = None
    """Of the nominal replay; None where it failed."""
    passed: tuple[Trajectories, ...] = ()
    """Of all replays in which every hard limit held."""


@dataclass(frozen=True)
class Round:
    """One attempt to repair."""

    tried: Tried
    """The repaired schedule and its verdict."""
    changes: tuple[str, ...]
    """What was changed and why, in sentences."""
    cost: float | None
    """Of the change, in the scenario's currency; None: unknown."""


class Repair(Protocol):
    """What a repairer gives back."""

    @property
    def schedule(self) -> Schedule:
        """The repaired one."""

    @property
    def sentences(self) -> Sequence[str]:
        """What was changed and why."""

    @property
    def cost(self) -> float | None:
        """Of the change."""


@dataclass(frozen=True)
class Decision:
    """What the gate decided, and on what ground."""

    status: GateStatus
    chosen: Tried | None
    """What is to be released; None in the safe state."""
    proposed: Tried | None
    """None where nothing could be proposed."""
    rounds: tuple[Round, ...] = ()
    fallbacks: tuple[Tried, ...] = ()
    """Tried in vain, or the last of them chosen."""
    problem: str = ""
    """Why there was no proposal."""


@dataclass
class Means:
    """How a decision may be made now."""

    propose: Callable[[], Schedule | Failure]
    try_out: Callable[[Schedule], Tried]
    repair: Callable[[Tried, int], Repair | None]
    """(rejected schedule, round from 1) → a better one; None: none is known."""
    fallbacks: Callable[[], Sequence[Schedule]]
    """In the order of preference."""
    most_rounds: int = 3
    on_step: Callable[[str, Tried], None] = field(default=lambda what, tried: None)
    """Told of each trial, in the order in which they are made: for records."""


def decide(means: Means) -> Decision:
    """Find the schedule that is to hold."""
    proposal = means.propose()
    if isinstance(proposal, Failure):
        return _fall_back(means, None, (), f"{proposal.kind}: {proposal.message}")
    proposed = means.try_out(proposal)
    means.on_step("proposal", proposed)
    if proposed.verdict.accepted:
        return Decision(GateStatus.RELEASED, proposed, proposed)
    rounds: list[Round] = []
    current = proposed
    for number in range(1, means.most_rounds + 1):
        better = means.repair(current, number)
        if better is None:
            break
        current = means.try_out(better.schedule)
        means.on_step("repair", current)
        rounds.append(Round(current, tuple(better.sentences), better.cost))
        if current.verdict.accepted:
            return Decision(GateStatus.REPAIRED, current, proposed, tuple(rounds))
    return _fall_back(means, proposed, tuple(rounds), "")


def _fall_back(means: Means, proposed: Tried | None, rounds: tuple[Round, ...], problem: str) -> Decision:
    tried: list[Tried] = []
    for schedule in means.fallbacks():
        tried.append(means.try_out(schedule))
        means.on_step("fallback", tried[-1])
        if tried[-1].verdict.accepted:
            return Decision(GateStatus.FALLBACK, tried[-1], proposed, rounds, tuple(tried), problem)
    return Decision(GateStatus.SAFE_STATE, None, proposed, rounds, tuple(tried), problem)


def in_words(decision: Decision, clock: Callable[[int], str]) -> str:
    """The decision in a sentence, for the event list."""
    why = decision.problem and f"nothing could be proposed ({decision.problem})"
    if not why and decision.proposed is not None and not decision.proposed.verdict.accepted:
        why = f"the proposal was {decision.proposed.verdict.outcome.value.replace('_', ' ')}" \
              f"{_worst(decision.proposed.verdict, clock)}"
    if decision.status is GateStatus.RELEASED:
        return "the proposal is released"
    if decision.status is GateStatus.REPAIRED:
        return f"{why}; repaired in {len(decision.rounds)} round(s): {'; '.join(decision.rounds[-1].changes)}"
    name = decision.chosen.schedule.origin.name if decision.chosen else ""
    attempts = f", {len(decision.rounds)} repair(s) did not help" if decision.rounds else ""
    if decision.status is GateStatus.FALLBACK:
        return f"{why}{attempts}; the fallback {name!r} holds"
    return f"{why}{attempts}, no fallback passes the gate; the assets go to their safe state"


def _worst(verdict: Verdict, clock: Callable[[int], str]) -> str:
    if not verdict.violations:
        first = next((t for t in verdict.trials if not t.passed), None)
        return f" ({first.message})" if first is not None and first.message else ""
    v = verdict.violations[0]
    more = len(verdict.hard_violations) - 1
    others = f" and {more} more" if more > 0 else ""
    return (f": {v.signal} would be {with_unit(f'{v.worst_value:.4g}', v.unit)} at {clock(v.worst_t_s)}, the limit is "
            f"{v.bound:.4g} ({v.name}){others}")
