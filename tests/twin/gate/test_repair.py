"""Rounds of repair: what they remember, when they give up; what a change costs and how it is told."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from tests.twin.gate.repairs import PLATES, context, point, schedule, sensitivities, verdict
from twin.gate.decision import GateStatus, Means, Tried, decide
from twin.gate.limits.verdict import Outcome, Trial, Verdict, Violation
from twin.gate.repair.cost import change_cost
from twin.gate.repair.projection import Projection
from twin.gate.repair.repair import Change, Repair, RepairContext, RepairRounds, expectations_to_mend, severity
from twin.gate.slopes.sensitivity import joined
from twin.nameplate import LoadNameplate, TariffNameplate
from twin.schedule import Schedule

PROPOSED = schedule(bess__p_set_mw=[0.0, 2.0])


def violation(percent: float) -> Violation:
    return Violation("line", "loading", True, "grid.line_percent", "grid", "value", "nominal", 900, 900, 900, percent,
                     100.0, 100.0 - percent, "%", "a test")


def bent_line(p_mw: float) -> float:
    """A line whose loading bends: 85 % at 1.5 MW, 20 % per MW there, ever steeper."""
    return 85.0 + 20.0 * (p_mw - 1.5) + 60.0 * (p_mw - 1.5) ** 2


def tried(one: Schedule) -> Tried:
    percent = bent_line(float(one.setpoints["bess.p_set_mw"][1]))
    if percent > 100.0:
        return Tried(one, verdict(Outcome.REJECTED, violation(percent)))
    return Tried(one, verdict(Outcome.ACCEPTED))


def linearised(at: Tried) -> RepairContext:
    p_mw = float(at.schedule.setpoints["bess.p_set_mw"][1])
    slope = 20.0 + 120.0 * (p_mw - 1.5)
    found = sensitivities([point(1, bent_line(p_mw), high=100.0)], (0, "bess.p_set_mw", 1, slope),
                          base={"bess.p_set_mw": p_mw})
    return context(at.schedule, found)


def gate(rounds: RepairRounds, most: int = 3):
    return decide(Means(lambda: PROPOSED, tried, rounds, list, most))


def test_each_round_is_tried_and_what_passes_is_chosen() -> None:
    rounds = RepairRounds(Projection(), linearised)
    decision = gate(rounds)
    assert decision.status is GateStatus.REPAIRED
    assert decision.chosen is not None and decision.chosen.verdict.accepted
    # tightened, 11 % at 80 % per MW: the straight line falls short of the bent one, and a second round is needed
    assert len(decision.rounds) == len(rounds.repairs) == 2
    assert decision.rounds[0].tried.schedule.setpoints["bess.p_set_mw"][1] == pytest.approx(2.0 - 11.0 / 80.0)
    # 100 % is reached where 20 x + 60 x² = 15: x = (√40 - 2) / 12
    limit_mw = 1.5 + (40.0**0.5 - 2.0) / 12.0
    assert limit_mw - 0.01 < decision.chosen.schedule.setpoints["bess.p_set_mw"][1] < limit_mw


class Useless:
    """Changes something that has no effect."""

    name = "useless"

    def __init__(self) -> None:
        self.seen: list[RepairContext] = []

    def repair(self, one: Schedule, was: Verdict, given: RepairContext) -> Repair:
        self.seen.append(given)
        moved = one.setpoints["bess.p_set_mw"] + np.array([0.1, 0.0])
        return Repair(one.changed({"bess.p_set_mw": moved}, one.origin))


def test_a_round_in_vain_is_the_last() -> None:
    useless = Useless()
    decision = gate(RepairRounds(useless, linearised))
    assert decision.status is GateStatus.SAFE_STATE
    assert len(decision.rounds) == 1


def test_later_rounds_know_the_proposal_and_what_earlier_ones_found() -> None:
    helpful = Useless()
    rounds = RepairRounds(helpful, linearised)
    rounds(Tried(PROPOSED, verdict(Outcome.REJECTED, violation(120.0))), 1)
    second = PROPOSED.changed({"bess.p_set_mw": np.array([0.1, 1.9])}, PROPOSED.origin)
    rounds(Tried(second, verdict(Outcome.REJECTED, violation(105.0))), 2)
    first, last = helpful.seen
    assert (first.proposed, first.earlier) == (PROPOSED, ())
    assert last.proposed == PROPOSED
    assert [s.columns for s in last.earlier] == [first.sensitivities.columns]


@pytest.mark.parametrize("outcome", [Outcome.NOT_SOLVABLE, Outcome.TIMED_OUT])
def test_what_could_not_be_tried_cannot_be_repaired(outcome: Outcome) -> None:
    rounds = RepairRounds(Projection(), lambda at: pytest.fail("there is nothing to linearise"))
    assert rounds(Tried(PROPOSED, verdict(outcome)), 1) is None


def test_without_a_linearisation_there_is_no_repair() -> None:
    assert RepairRounds(Projection(), lambda at: None)(Tried(PROPOSED, verdict()), 1) is None


def test_severity_is_relative_excess_times_hours_of_hard_limits() -> None:
    soft = dataclasses.replace(violation(200.0), hard=False)
    # 20 % and 5 % for a quarter of an hour each
    assert severity(verdict(Outcome.REJECTED, violation(120.0), violation(105.0), soft)) == pytest.approx(0.0625)
    assert severity(verdict(Outcome.TIMED_OUT)) == float("inf")


def test_of_the_expectations_the_nominal_one_and_the_worst_that_fails_are_looked_at() -> None:
    little, much = (dataclasses.replace(violation(percent), expectation=name)
                    for name, percent in (("much_sun", 101.0), ("little_wind", 130.0)))
    trials = tuple(Trial(name, "", 0.3, Outcome.REJECTED) for name in ("nominal", "much_sun", "little_wind", "cold"))
    rejected = dataclasses.replace(verdict(Outcome.REJECTED, little, much), trials=trials)
    assert expectations_to_mend(rejected) == ("nominal", "little_wind")
    assert expectations_to_mend(verdict(Outcome.REJECTED, violation(110.0))) == ("nominal",)


def test_linearisations_of_several_expectations_are_joined_row_by_row() -> None:
    one = sensitivities([point(0, 90.0, high=100.0)], (0, "bess.p_set_mw", 0, 5.0), base={"bess.p_set_mw": 1.0})
    two = sensitivities([point(1, 80.0, high=100.0), point(2, 99.0, high=100.0)], (1, "bess.p_set_mw", 2, 7.0),
                        base={"bess.p_set_mw": 2.0})
    both = joined([one, two])
    assert [p.value for p in both.points] == [90.0, 80.0, 99.0]
    assert both.dense().tolist() == [[5.0, 0.0], [0.0, 0.0], [0.0, 7.0]]
    assert [c.base for c in both.columns] == [1.0, 2.0]


# ---- cost and words -------------------------------------------------------------------------------------------------

def tariff() -> TariffNameplate:
    """400 in the first quarter, 800 in the second, gas 200, carbon 100 per t."""

    def prices(times_s: Any) -> dict[str, np.ndarray]:
        buy = np.where(np.asarray(times_s) < 900, 400.0, 800.0)
        return {"buy_price_per_mwh": buy, "gas_price_per_mwh": np.full(len(buy), 200.0),
                "carbon_price_per_t": np.full(len(buy), 100.0)}

    return TariffNameplate(prices, 0.0, 900, 0.0)


def cost(**changes: list[float]) -> float | None:
    plates = {**PLATES, "tariff": tariff(), "load": LoadNameplate(2.0, 0.5, 3)}
    moved = {key.replace("__", "."): np.array(values) for key, values in changes.items()}
    return change_cost(moved, PROPOSED.horizon, context(PROPOSED, plates=plates))


def test_energy_moved_by_a_battery_costs_the_difference_of_prices() -> None:
    # a quarter of a MWh given at 400 instead of at 800
    assert cost(bess__p_set_mw=[1.0, -1.0]) == pytest.approx(0.25 * 400.0)


def test_a_generator_costs_fuel_and_carbon_less_what_need_not_be_bought() -> None:
    # (200 + 100 × 0.2) / 0.4 = 550 per MWh
    assert cost(chp__p_set_mw=[1.0, 1.0]) == pytest.approx(0.25 * (550.0 - 400.0) + 0.25 * (550.0 - 800.0))


def test_curtailed_wind_is_bought_instead_and_interrupted_load_is_not() -> None:
    assert cost(wind__p_limit_mw=[-1.0, 0.0]) == pytest.approx(100.0)
    assert cost(load__interrupt_frac=[0.0, 0.5]) == pytest.approx(-0.25 * 800.0)


def test_what_has_no_price_has_no_cost() -> None:
    assert cost(heat__EC__supply_set_degc=[5.0, 5.0]) is None
    assert change_cost({"bess.p_set_mw": np.ones(2)}, PROPOSED.horizon, context(PROPOSED)) is None


@pytest.mark.parametrize(("change", "sentence"), [
    (Change("bess.p_set_mw", 0.5, -0.5, -2.0, 900, 900, 900, 1, "line (grid.line_percent)"),
     "bess.p_set_mw: 0.5 MWh less at 0:15, at most -2 MW at 0:15, because of line (grid.line_percent)"),
    (Change("heat.EC.supply_set_degc", 3.0, 3.0, 4.0, 900, 0, 1800, 3, "front"),
     "heat.EC.supply_set_degc: 3 K h more in 3 steps from 0:00 to 0:30, at most +4 K at 0:15, because of front"),
    (Change("chp.p_set_mw", 2.0, 0.5, 4.0, 0, 0, 900, 2, ""),
     "chp.p_set_mw: 2 MWh moved (net +0.5) in 2 steps from 0:00 to 0:15, at most +4 MW at 0:00, for the limits of the "
     "unit itself"),
])
def test_a_change_in_a_sentence(change: Change, sentence: str) -> None:
    assert change.sentence(lambda t_s: f"{t_s // 3600}:{t_s % 3600 // 60:02d}") == sentence
