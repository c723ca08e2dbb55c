"""From replays to a verdict: what is a violation, when, how much, and what becomes of the schedule."""

import dataclasses
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twin.gate.replays import QUARTER_S, expectation, limit, limits, replay
from tests.twin.schedules import schedule
from twin.gate.limits.judge import judge
from twin.gate.limits.series import Before
from twin.gate.limits.verdict import Driver, Outcome, Verdict, VerdictError
from twin.gate.rules import GateRules
from twin.gate.shadow.jobs import Failure


def verdict(results, limit_set, share_frac=0.8, before=None):
    return judge(results, limit_set, GateRules(share_frac=share_frac), schedule=schedule(), scenario_sha256="5c" * 32,
                 state_sha256="57" * 32, before=before)


def on(trajectories, *each, before=None):
    return verdict([(expectation(), trajectories)], limits(*each), before=before)


def test_a_violation_says_what_when_how_long_and_by_how_much():
    found = on(replay(start_s=3600, bess__soc=[0.5, 0.08, 0.05, 0.2]), limit(low=0.1, tolerance=0.01, name="reserve"))
    [violation] = found.violations
    assert (violation.name, violation.signal, violation.owner, violation.unit) == ("reserve", "bess.soc", "bess", "–")
    assert (violation.t_s, violation.duration_s, violation.worst_t_s) == (3600 + 900, 1800, 3600 + 1800)
    assert violation.worst_value == 0.05
    assert violation.margin == pytest.approx(-0.05)
    assert found.outcome is Outcome.REJECTED


def test_an_excess_within_the_tolerance_is_none():
    assert on(replay(bess__soc=[0.092]), limit(low=0.1, tolerance=0.01)).accepted


def test_both_sides_of_a_limit_are_told_apart():
    found = on(replay(bess__soc=[0.95, 0.05]), limit(low=0.1, high=0.9))
    assert [(v.bound, v.t_s) for v in found.violations] == [(0.9, 0), (0.1, QUARTER_S)]


def test_a_soft_limit_is_told_but_rejects_nothing():
    found = on(replay(bess__soc=[0.05]), limit(low=0.1, hard=False))
    assert found.accepted
    assert [v.hard for v in found.violations] == [False]


def test_an_alarm_level_rejects_nothing_and_is_silent_where_the_limit_speaks():
    both = limit("grid.loading_percent", high=100.0, alarm_high=80.0)
    alarm = on(replay(grid__loading_percent=[70.0, 90.0]), both)
    assert alarm.accepted
    assert [(a.bound, a.t_s, a.worst_value) for a in alarm.alarms] == [(80.0, QUARTER_S, 90.0)]
    assert on(replay(grid__loading_percent=[70.0, 110.0]), both).alarms == ()


def test_a_limit_may_hold_only_after_some_hours():
    late = limit("heat.unserved_mw", high=0.0, holds_after_h=0.5)
    assert on(replay(heat__unserved_mw=[1.0, 1.0, 0.0]), late).accepted
    [violation] = on(replay(heat__unserved_mw=[1.0, 1.0, 1.0]), late).violations
    assert violation.t_s == 2 * QUARTER_S


def test_a_set_point_is_limited_like_an_output():
    trajectories = replay(setpoints={"chp_1.p_set_mw": [0.0, 4.0]}, chp_1__p_mw=[0.0, 3.0])
    [violation] = on(trajectories, limit("chp_1.p_set_mw", setpoint=True, of="rise_per_h", high=12.0)).violations
    assert (violation.worst_value, violation.unit) == (16.0, "MW/h")


def test_what_is_subtracted_makes_the_difference_between_scheduled_and_delivered():
    trajectories = replay(setpoints={"bess.p_set_mw": [5.0, 5.0]}, bess__p_mw=[5.0, 1.0])
    scheduled = limit("bess.p_set_mw", setpoint=True, minus="bess.p_mw", of="abs", high=0.5)
    [violation] = on(trajectories, scheduled).violations
    assert (violation.t_s, violation.worst_value) == (QUARTER_S, 4.0)


def test_what_was_before_the_start_counts():
    before = Before({"chp_1.p_mw": 4.0}, {"chp_1": 1800.0})
    trajectories = replay(setpoints={"chp_1.p_set_mw": [0.0, 0.0]}, chp_1__p_mw=[0.0, 0.0])
    limit_up = limit("chp_1.p_set_mw", setpoint=True, of="up_time_h", low=2.0)
    [violation] = on(trajectories, limit_up, before=before).violations
    assert (violation.t_s, violation.worst_value, violation.margin) == (0, 0.5, -1.5)
    assert on(trajectories, limit_up).accepted                     # nobody knows how long it had been running


def test_a_step_without_solution_is_a_rejection_of_its_own_kind():
    solved = limit("grid.converged_code", low=1.0, limit_class="solver")
    found = on(replay(grid__converged_code=[1.0, 0.0]), solved)
    assert found.outcome is Outcome.NOT_SOLVABLE
    assert "grid is not solved from 900 s on" in found.trials[0].message


@pytest.mark.parametrize(("kind", "outcome"), [
    ("failed", Outcome.NOT_SOLVABLE), ("died", Outcome.NOT_SOLVABLE), ("timed_out", Outcome.TIMED_OUT)])
def test_a_replay_that_fails_is_a_rejection(kind, outcome):
    found = verdict([(expectation(), Failure(kind, "why"))], limits(limit(low=0.0)))
    assert (found.outcome, found.trials[0].message) == (outcome, "why")
    assert not found.accepted


def test_a_value_that_is_no_number_proves_nothing():
    found = on(replay(bess__soc=[0.5, math.nan]), limit(low=0.1))
    assert found.outcome is Outcome.NOT_SOLVABLE
    assert "bess.soc is not a number at 900 s" in found.trials[0].message


def test_a_limit_on_a_series_that_is_missing_is_no_acceptance():
    assert on(replay(bess__soc=[0.5]), limit("bess.energy_mwh", low=0.0)).outcome is Outcome.NOT_SOLVABLE


GOOD, BAD = replay(bess__soc=[0.5]), replay(bess__soc=[0.0])


@pytest.mark.parametrize(("others", "share_frac", "accepted"), [
    ([GOOD, GOOD, GOOD, GOOD, BAD], 0.8, True),        # exactly four fifths
    ([GOOD, GOOD, GOOD, BAD], 0.8, False),
    ([BAD, BAD], 0.0, True),
    ([], 1.0, True),
])
def test_hard_limits_hold_in_a_share_of_the_other_expectations(others, share_frac, accepted):
    results = [(expectation(f"course_{n}"), tried) for n, tried in enumerate([GOOD, *others])]
    found = verdict(results, limits(limit(low=0.1)), share_frac)
    assert found.accepted is accepted
    assert found.outcome in (Outcome.ACCEPTED, Outcome.REJECTED)


def test_the_nominal_expectation_must_hold_whatever_the_others_say():
    results = [(expectation("nominal"), BAD), *[(expectation(f"corner_{n}"), GOOD) for n in range(9)]]
    assert not verdict(results, limits(limit(low=0.1)), share_frac=0.5).accepted


def test_probable_expectations_weigh_more():
    results = [(expectation(), GOOD), (expectation("likely", 0.9), GOOD), (expectation("unlikely", 0.1), BAD)]
    found = verdict(results, limits(limit(low=0.1)), share_frac=0.85)
    assert found.accepted
    assert found.share_reached_frac == pytest.approx(0.9)


def test_penalty_is_the_integral_of_the_excess_over_the_width_of_the_band():
    found = on(replay(bess__soc=[0.5, 1.0, 1.1]), limit(low=0.1, high=0.9, weight=2.0, limit_class="storage"))
    [score] = found.scores
    # 0.1 and 0.2 above 0.9, a quarter of an hour each, over 0.8, twice as heavy
    assert score.penalty_h == pytest.approx(2.0 * 0.3 * 0.25 / 0.8)
    assert score.margin_frac == pytest.approx(-0.2 / 0.8)
    assert (score.limits_count, score.violations_count) == (1, 1)


def example() -> Verdict:
    found = on(replay(bess__soc=[0.05], grid__loading_percent=[90.0]), limit(low=0.1),
               limit("grid.loading_percent", high=100.0, alarm_high=80.0, name="loading"))
    return found.with_drivers({0: (Driver("bess.p_set_mw", 0, -0.006, "–/MW"),)})


def test_a_verdict_survives_json_exactly():
    found = example()
    again = Verdict.from_plain(json.loads(json.dumps(found.as_plain(), allow_nan=False)))
    assert again == found
    assert again.sha256 == found.sha256


def test_the_hash_covers_everything_but_the_time_it_took():
    found = example()
    assert dataclasses.replace(found, cpu_s=9.0).sha256 == found.sha256
    [violation] = found.violations
    for changes in ({"outcome": Outcome.ACCEPTED}, {"violations": ()}, {"alarms": ()}, {"scores": ()},
                    {"schedule_sha256": "0"}, {"state_sha256": "0"}, {"scenario_sha256": "0"}, {"limits_sha256": "0"},
                    {"share_reached_frac": 0.5}, {"code_version": "0"}, {"share_required_frac": 0.1},
                    {"violations": (dataclasses.replace(violation, margin=violation.margin + 1e-15),)}):
        assert dataclasses.replace(found, **changes).sha256 != found.sha256, changes


def test_damaged_data_are_no_verdict():
    for damage in ({"format": "parktwin.verdict.0"}, {"outcome": "fine"}, {"violations": [{}]}, {"cpu_s": "soon"}):
        with pytest.raises(VerdictError, match="no verdict of this version"):
            Verdict.from_plain({**example().as_plain(), **damage})


WITHIN = st.lists(st.floats(0.1, 0.9), min_size=1, max_size=30)


@given(WITHIN)
def test_a_series_within_its_limits_is_never_a_violation(values):
    found = on(replay(bess__soc=values), limit(low=0.1, high=0.9))
    assert found.accepted
    assert not found.violations


@given(WITHIN, st.data(), st.floats(1e-6, 10.0), st.booleans(), st.integers(0, 10**6))
def test_one_planted_excess_is_always_found(values, data, excess, above, start_s):
    step = data.draw(st.integers(0, len(values) - 1))
    planted = np.array(values)
    planted[step] = 0.9 + excess if above else 0.1 - excess
    found = on(replay(start_s=start_s, bess__soc=planted, wind__soc=values), limit(low=0.1, high=0.9),
               limit("wind.soc", low=0.1, high=0.9))
    [violation] = found.violations
    assert (violation.signal, violation.t_s) == ("bess.soc", start_s + step * QUARTER_S)
    assert violation.worst_value == planted[step]
    assert violation.margin == pytest.approx(-excess)
