"""Schedules with one planted violation each: all caught, rightly named and timed, nearly all repaired by projection;
sound ones pass.

Caught: the verdict is no acceptance. Named: the earliest hard violation is of the planted class, and no hard violation
of another. Timed: it begins at the planted step, or within the delay that water or content need.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from tests.campaigns.planted_park import PlantedPark
from tests.campaigns.plants import PLANTERS, Plant, harmless
from twin.gate.decision import GateStatus
from twin.gate.limits.verdict import Verdict

LEAST_REPAIRED_FRAC = 0.9
"""Part of the planted violations that must be repaired."""
MOST_DRAWS = 200
"""Of a place for a plant: not every hour has room for every kind."""


@dataclass
class Report:
    """What the gate and the repairer did."""

    planted: Counter[str] = field(default_factory=Counter)
    repaired: Counter[str] = field(default_factory=Counter)
    rounds: Counter[int] = field(default_factory=Counter)
    """Of the repaired ones."""
    distances: list[float] = field(default_factory=list)
    """Smallest change found, in ratings × √steps."""
    sound: int = 0
    failures: list[str] = field(default_factory=list)
    not_repaired: list[str] = field(default_factory=list)

    @property
    def repaired_frac(self) -> float:
        """Part of the planted ones that were repaired."""
        return self.repaired.total() / max(self.planted.total(), 1)

    def __str__(self) -> str:
        kinds = ", ".join(f"{kind} {self.repaired[kind]}/{count}" for kind, count in self.planted.items())
        rounds = ", ".join(f"{count} in {number}" for number, count in sorted(self.rounds.items()))
        middle = float(np.median(self.distances)) if self.distances else 0.0
        return (f"{self.planted.total()} planted, {self.repaired_frac:.1%} repaired ({kinds}; rounds: {rounds}; median "
                f"change {middle:.2g} ratings), {self.sound} sound, {len(self.failures)} failures"
                + "".join(f"\n  not repaired: {what}" for what in self.not_repaired)
                + "".join(f"\n  {what}" for what in self.failures))


def run(count: int, seed: int, park: PlantedPark) -> Report:
    """Plant ``count`` violations, kinds in turn, and try as many sound schedules."""
    rng, report = np.random.default_rng(seed), Report()
    kinds = list(PLANTERS)
    for number in range(count):
        _plant(kinds[number % len(kinds)], number, rng, park, report)
        _sound(number, rng, park, report)
    if report.repaired_frac < LEAST_REPAIRED_FRAC:
        report.failures.append(f"only {report.repaired_frac:.1%} repaired, {LEAST_REPAIRED_FRAC:.0%} are asked for")
    return report


def _plant(kind: str, number: int, rng: np.random.Generator, park: PlantedPark, report: Report) -> None:
    for _ in range(MOST_DRAWS):
        sound = park.sound[int(rng.integers(len(park.sound)))]
        plant = PLANTERS[kind](sound, rng)
        if plant is not None:
            break
    else:
        raise AssertionError(f"no place to plant {kind}")
    name = f"{number} ({kind}, start {sound.start.t_s} s, step {plant.first})"
    decision, rounds = park.decide(sound, sound.changed(plant.setpoints, kind))
    proposed = decision.proposed
    assert proposed is not None
    report.planted[kind] += 1
    report.failures += [f"{name}: {what}" for what in _wrong(plant, proposed.verdict, sound.start.t_s)]
    if decision.status is GateStatus.REPAIRED:
        report.repaired[kind] += 1
        report.rounds[len(decision.rounds)] += 1
        report.distances.append(rounds.repairs[-1].distance)
        if not rounds.repairs[-1].changes:
            report.failures.append(f"{name}: repaired without a reported change")
    elif proposed.verdict.hard_violations:
        last = decision.rounds[-1].tried.verdict if decision.rounds else proposed.verdict
        report.not_repaired.append(f"{name}: {len(decision.rounds)} rounds, {_told(last)}")


def _wrong(plant: Plant, verdict: Verdict, start_s: int) -> list[str]:
    hard = sorted(verdict.hard_violations, key=lambda v: v.t_s)
    if verdict.accepted or not hard:
        return [f"not caught ({verdict.outcome.value})"]
    wrong = []
    others = sorted({v.limit_class for v in hard} - {plant.limit_class})
    if others:
        wrong.append(f"also or instead of {plant.limit_class}: {', '.join(others)} ({_told(verdict)})")
    step = (hard[0].t_s - start_s) / 900
    if not plant.first <= step <= plant.last:
        wrong.append(f"seen at step {step:g}, not from {plant.first} to {plant.last}")
    return wrong


def _sound(number: int, rng: np.random.Generator, park: PlantedPark, report: Report) -> None:
    sound = park.sound[int(rng.integers(len(park.sound)))]
    tried = park.try_out(sound, sound.changed(harmless(sound, rng), "harmless"))
    report.sound += 1
    if not tried.verdict.accepted:
        report.failures.append(f"sound schedule {number} (start {sound.start.t_s} s) was rejected: "
                               f"{_told(tried.verdict)}")


def _told(verdict: Verdict) -> str:
    return "; ".join(f"{v.name} {v.signal} {v.worst_value:.4g} (limit {v.bound:g}) at {v.t_s} s for {v.duration_s} s"
                     for v in verdict.hard_violations[:4])
