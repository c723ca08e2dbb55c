"""Propose, try, repair at most so often, fall back, safe state: each path alone, with trials that obey."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from twin.gate.decision import Decision, GateStatus, Means, Tried, decide, in_words
from twin.gate.limits.verdict import Outcome
from twin.gate.shadow.jobs import Failure


class Verdicts:
    """A trial that says what it is told, in order."""

    def __init__(self, *answers: bool) -> None:
        self.answers, self.tried = list(answers), []

    def __call__(self, schedule) -> Tried:
        self.tried.append(schedule.origin.name)
        outcome = Outcome.ACCEPTED if self.answers.pop(0) else Outcome.REJECTED
        return Tried(schedule, SimpleNamespace(accepted=outcome is Outcome.ACCEPTED, outcome=outcome, violations=(),
                                               hard_violations=(), trials=()))


def named(name: str):
    return SimpleNamespace(origin=SimpleNamespace(name=name))


def outcome_of(*answers: bool, proposal="plan", rounds: int = 3, repairs: int = 9,
               library: tuple[str, ...] = ("previous", "rest")) -> tuple[Decision, list[str], list[str]]:
    """Decision, order of the trials, order of the records."""
    trial, told = Verdicts(*answers), []

    def repair(tried, number):
        if number > repairs:
            return None
        return SimpleNamespace(schedule=named(f"repair {number} of {tried.schedule.origin.name}"),
                               sentences=["less discharge"], cost=1.0)

    found = decide(Means(
        propose=lambda: proposal if isinstance(proposal, Failure) else named(proposal), try_out=trial, repair=repair,
        fallbacks=lambda: [named(n) for n in library], most_rounds=rounds,
        on_step=lambda what, tried: told.append(f"{what}: {tried.schedule.origin.name}")))
    assert not trial.answers, "trials that were expected but not made"
    return found, trial.tried, told


def test_a_sound_proposal_is_released_after_one_trial() -> None:
    found, tried, told = outcome_of(True)
    assert (found.status, found.chosen.schedule.origin.name) == (GateStatus.RELEASED, "plan")
    assert tried == ["plan"] and told == ["proposal: plan"]


def test_each_repair_starts_from_the_one_before_and_is_tried_anew() -> None:
    found, tried, _ = outcome_of(False, False, True)
    assert found.status is GateStatus.REPAIRED and len(found.rounds) == 2
    assert tried == ["plan", "repair 1 of plan", "repair 2 of repair 1 of plan"]
    assert found.chosen.schedule.origin.name == "repair 2 of repair 1 of plan"


def test_after_the_last_round_a_fallback_passes_the_same_gate() -> None:
    found, tried, _ = outcome_of(False, False, False, False, False, True)
    assert found.status is GateStatus.FALLBACK and found.chosen.schedule.origin.name == "rest"
    assert tried[-2:] == ["previous", "rest"] and len(found.rounds) == 3


def test_a_fallback_that_does_not_pass_is_not_released() -> None:
    found, _, _ = outcome_of(False, False, False, rounds=0)
    assert found.status is GateStatus.SAFE_STATE and found.chosen is None
    assert "safe state" in in_words(found, str)


def test_where_no_repair_is_known_the_rounds_end() -> None:
    found, tried, _ = outcome_of(False, True, repairs=0)
    assert found.status is GateStatus.FALLBACK and tried == ["plan", "previous"]


@pytest.mark.parametrize("kind", ["failed", "timed_out", "died"])
def test_without_a_proposal_the_fallbacks_are_tried(kind) -> None:
    found, tried, _ = outcome_of(True, proposal=Failure(kind, "the process is gone"))
    assert found.status is GateStatus.FALLBACK and tried == ["previous"]
    assert "nothing could be proposed" in in_words(found, str) and "the process is gone" in in_words(found, str)


def test_nothing_is_chosen_that_was_not_accepted() -> None:
    for answers in ([True], [False, True], [False, False, True], [False] * 3 + [True], [False] * 4 + [True],
                    [False] * 5 + [True], [False] * 6):
        found, _, _ = outcome_of(*answers)
        assert found.chosen is None or found.chosen.verdict.accepted
