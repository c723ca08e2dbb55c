"""What the plant has lived counts in the proofs that follow: budgets hold from start to start."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.twin.gate.gated import run_site, write_site
from tests.twin.gate.replays import QUARTER_S, limit, limits, replay
from tests.twin.gate.test_series import UnitOutputs
from twin.component import Component
from twin.cosim.edges import Edge, End
from twin.gate.ledger.format import Kind
from twin.gate.ledger.reader import LedgerReader
from twin.gate.limits.history import History, HistoryKeeper, Lived
from twin.gate.limits.series import Before
from twin.gate.rules import GateRules
from twin.gate.slopes.points import points_of
from twin.store.layout import LEDGER

MINUTES_5 = 300
BUDGETS = """
limits:
  interruption_time:
    {signal: office.interrupt_frac, of: above_share, window_h: 2, high: 0.5, class: interruption, source: a test}
gate: {interval_s: 900, step_s: 900, horizon_h: 2, workers: 1}
run: {checkpoint_every_s: 0}
assets:
  office: {interruptible_frac: 0.3}
takeovers:
  - {at: "00:30", asset: office, interrupt_frac: 0.3, duration_s: 2700, who: A}
  - {at: "01:20", asset: office, interrupt_frac: 0.3, duration_s: 2700, who: B}
"""


class Unit:
    """Stands for a component of the twin."""

    Outputs = UnitOutputs
    step_s = MINUTES_5

    def terminals(self) -> dict[str, tuple[str, ...]]:
        return {"part": ("left", "right")}


def keeper(*each, step_s: int = QUARTER_S) -> HistoryKeeper:
    units: dict[str, Component] = {"chp": Unit(), "desk": Unit()}  # type: ignore[dict-item]
    edges = [Edge(End("desk", "p_mw"), End("chp", "p_set_mw"))]
    return HistoryKeeper(limits(*each), units, edges, GateRules(step_s=step_s, horizon_h=1))


def lived_by(notes: HistoryKeeper, values, at_s: int | None = None, asked: float = 9.0) -> History:
    """Five minutes after five minutes of a unit, noted when each is over."""
    lived = Lived()
    for number, value in enumerate([None, *values]):
        outputs = None if value is None else UnitOutputs(value, np.array([value, -value]))
        notes.note(number * MINUTES_5, {"chp": outputs, "desk": UnitOutputs(asked, np.zeros(2))}, lived)
    return notes.history(len(values) * MINUTES_5 if at_s is None else at_s, lived)


def test_it_keeps_means_over_the_steps_of_the_gate_as_far_as_the_window_looks_back() -> None:
    energy = limit("chp.p_mw", of="energy", window_h=0.5, high=1.0)
    found = lived_by(keeper(energy), [9.0, 9.0, 9.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).of_limit(energy, QUARTER_S)
    assert found[:, 0].tolist() == [2.0, 5.0]                      # a quarter of an hour before half an hour is gone


def test_before_the_first_step_nothing_is_known() -> None:
    energy = limit("chp.p_mw", of="energy", window_h=1.0, high=1.0)
    found = lived_by(keeper(energy), [1.0, 2.0, 3.0]).of_limit(energy, QUARTER_S)
    np.testing.assert_array_equal(found[:, 0], [math.nan, math.nan, math.nan, 2.0])


def test_a_decision_between_two_steps_sees_what_was_lived_up_to_then() -> None:
    """Five minutes after a quarter: these and the last ten of the quarter, which count as two thirds of its mean."""
    energy = limit("chp.p_mw", of="energy", window_h=0.25, high=1.0)
    found = lived_by(keeper(energy), [3.0, 3.0, 3.0, 6.0]).of_limit(energy, QUARTER_S)
    assert found[:, 0] == pytest.approx([(2 * 3.0 + 6.0) / 3])


def test_amounts_that_are_booked_per_interval_are_added_up() -> None:
    money = limit("chp.p_mw", of="sum", window_h=0.25, high=1.0)
    assert lived_by(keeper(money), [1.0, 2.0, 3.0]).of_limit(money, QUARTER_S)[:, 0] == pytest.approx([6.0])


def test_a_share_of_time_is_measured_within_the_step() -> None:
    share = limit("chp.part_mw[right]", of="above_share", on_above=1.5, window_h=0.25, high=1.0)
    assert lived_by(keeper(share), [1.0, 2.0, 3.0]).of_limit(share, QUARTER_S)[:, 0] == pytest.approx([2 / 3])


def test_of_a_set_point_what_reached_the_asset_counts_in_a_budget_and_what_it_delivered_in_a_ramp() -> None:
    energy = limit("chp.p_set_mw", name="told", setpoint=True, minus="chp.p_mw", of="energy", window_h=0.25, high=1.0)
    ramp = limit("chp.p_set_mw", name="ramp", setpoint=True, of="rise_per_h", window_h=0.25, high=1.0)
    found = lived_by(keeper(energy, ramp), [4.0, 4.0, 4.0], asked=5.0)
    assert found.of_limit(energy, QUARTER_S).tolist() == [[1.0]]
    assert found.of_limit(ramp, QUARTER_S).tolist() == [[4.0]]


def test_what_does_not_look_back_is_not_kept() -> None:
    assert lived_by(keeper(limit("chp.p_mw", high=1.0)), [1.0]).columns == {}


def test_the_slope_of_a_change_across_the_start_has_the_sign_that_the_judge_sees() -> None:
    """From 5 to 3 MW in a quarter: to fall less the unit must give more."""
    change = limit("chp.p_mw", name="ramp", of="change_per_h", window_h=0.25, high=4.0)
    before = Before({}, {}, History(QUARTER_S, {"ramp: change_per_h of chp.p_mw": np.array([5.0])}))
    [first, *_] = points_of(limits(change), replay(chp__p_mw=[3.0, 3.0]), before, frozenset())
    assert (first.point.value, [term.factor for term in first.terms]) == (8.0, [-4.0])


# ---- in a run -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def two_takeovers(tmp_path_factory):
    return run_site(tmp_path_factory.mktemp("budget"), limits=BUDGETS, hours=2.5)


def told(directory, kind: Kind) -> list[str]:
    with LedgerReader(directory / LEDGER) as reader:
        return [str(entry.body["message"]) for entry in reader.entries(kind)]


def test_takeovers_that_each_keep_a_budget_may_not_overdraw_it_together(two_takeovers) -> None:
    """Three quarters of an hour of one that two hours allow are used: the second three are refused."""
    run, directory = two_takeovers
    assert [text.split()[0] for text in told(directory, Kind.TAKEOVER)] == ["A"]
    assert "interruption_time" in told(directory, Kind.REFUSAL)[0]
    assert run.native("gate.interrupt_frac").max() == 0.3


def test_what_was_lived_survives_a_kill_bit_for_bit(two_takeovers, tmp_path) -> None:
    from tests.twin.gate.killed import killed_and_resumed

    run, directory = two_takeovers
    again, other = killed_and_resumed(write_site(tmp_path, limits=BUDGETS, hours=2.5), tmp_path / "run", at_s=4500)
    assert told(other, Kind.REFUSAL) == told(directory, Kind.REFUSAL)
    assert all(np.array_equal(run.values[key], again.values[key], equal_nan=True) for key in run.values)


def test_a_schedule_from_a_file_is_tried_with_what_the_run_had_lived(tmp_path) -> None:
    """At 01:15 three quarters of an hour are used of the hour in two; without the run nobody knows."""
    from twin.gate.trial.file_trial import try_file
    from twin.scenario.loader import load_scenario

    _, directory = run_site(tmp_path, limits=BUDGETS.partition("  - {at: \"01:20\"")[0], hours=1.25)
    scenario, rules = load_scenario(directory / "scenario.yaml"), GateRules(expectations="nominal", horizon_h=2)
    plan = tmp_path / "plan.csv"
    plan.write_text("time,office.interrupt_frac\n" + "".join(
        f"2025-06-18T0{h}:{m}:00+02:00,0.3\n" for h, m in ((1, 15), (1, 30))))
    known, unknown = (try_file(scenario, plan, snapshot, rules) for snapshot in (directory, None))
    [violation] = known.verdict.violations
    assert violation.name == "interruption_time" and violation.worst_value == pytest.approx(1.25 / 2)
    assert unknown.verdict.accepted
    assert not any("interruption_time" in note for note in known.notes)
    assert any("interruption_time count from the start of the schedule on" in note for note in unknown.notes)
