"""The release gate on page and terminal: counted, and each decision that was no plain release told with its reason."""

from __future__ import annotations

import dataclasses
import io
import math

import numpy as np
import pytest
from rich.console import Console

from tests.twin.accounts.builders import Part, battery, closed_run, load, part
from tests.twin.gate.releases import release
from tests.twin.schedules import schedule
from twin.accounts import settle
from twin.component import Role, Section
from twin.gate.decision import GateStatus
from twin.gate.ledger import entries as entries
from twin.gate.ledger.format import Kind
from twin.gate.ledger.reader import Entry
from twin.gate.limits.plant_verdict import Breach, Count, PlantVerdict
from twin.gate.limits.verdict import Outcome, Trial, Verdict, Violation
from twin.report import print_summary, report_html
from twin.report.figures.gate import before_and_after, planned_and_delivered, status_strip
from twin.report.gate_story import decided_otherwise, decisions_by_status, decisions_of, gate_of
from twin.report.gate_tables import breaches_table, decisions_table, gate_line, limits_line
from twin.report.timeline import timeline_of
from twin.schedule import Origin, OriginKind, Schedule
from twin.store.layout import LEDGER
from twin.store.run_data import RunData

STATUS = [0, 1, 1, 2, 3, 4]
DECISIONS = [0, 1, 1, 2, 3, 4]
"""In the third step the second release goes on: nothing is decided."""
POWERS = [0.0, -2.0, -2.0, 1.0, 0.0, 0.0]
PLAN = [0.0, -2.0, -2.0, 1.5, 0.0, 0.0]
BREACH = Breach("import", "exchange", True, "grid.exchange_mw", "value", "MW", 2.0, "contract", 3600, 7200, 1800, 5400,
                2.5, -0.5, "0a1b2c3d4e5f", 1.9, ("wind.available_mw was 1 instead of 2 MW",))


def gate(assets: tuple[str, ...] = ("bess",)) -> Part:
    """What a gate of one battery states."""
    plan = np.column_stack([PLAN] * len(assets))
    series = {"p_set_mw": plan, "band_low_mw": plan - 0.5, "band_high_mw": plan + 0.5, "status_code": STATUS,
              "trials_count": [0, 1, 1, 4, 8, 13], "decisions_count": DECISIONS}
    return part("gate", "release_gate", Role.CONTROLLER, series, section=Section.CONTROLLERS,
                vectors=dict.fromkeys(("p_set_mw", "band_low_mw", "band_high_mw"), assets))


@pytest.fixture
def run() -> RunData:
    return closed_run(load([-5.0] * 6), battery(POWERS, start_mwh=20.0), gate())


def verdict(outcome: Outcome, *violations: Violation, message: str = "") -> Verdict:
    trial = Trial("nominal", "", 1.0, outcome, message)
    return Verdict(outcome, (trial,), violations, (), (), 1.0, 1.0, "", "", "", "", "0")


def violation(name: str = "import", expectation: str = "nominal") -> Violation:
    return Violation(name, "exchange", True, "grid.exchange_mw", "grid", "value", expectation, 5400, 900, 5400, 10.4,
                     10.0, -0.4, "MW", "contract")


def ledger(*told) -> list[Entry]:
    return [Entry(n, "", kind.value, body, "", "") for n, (kind, body) in enumerate(told, start=1)]


def repaired_story() -> list[Entry]:
    """The battery was to discharge 1.5 MW in the third quarter; 0.5 MW are released."""
    before = schedule()
    power = before.setpoints["bess.p_set_mw"].copy()
    power[2] = 0.5
    after = before.changed({"bess.p_set_mw": power}, Origin(OriginKind.REPAIR, "projection"))
    return ledger(
        entries.proposed(3600, before, whole=True), entries.judged(3600, verdict(Outcome.REJECTED, violation())),
        entries.repaired(3600, before, after, changes=["bess.p_set_mw: 0.25 MWh less"], cost=12.5),
        entries.judged(3600, verdict(Outcome.ACCEPTED)), entries.released(3600, release(schedule=after), "gate"))


def safe_state(t_s: int, name: str = "import") -> list:
    return [entries.proposed(t_s, schedule(), whole=True),
            entries.judged(t_s, verdict(Outcome.REJECTED, violation(name, "short"))),
            entries.noted(Kind.SAFE_STATE, t_s, "no fallback passes the gate")]


def clock(t_s: int) -> str:
    return f"{t_s} s"


def test_the_gate_is_found_by_what_it_states(run: RunData) -> None:
    assert gate_of(run) is run.components["gate"]
    assert gate_of(closed_run(load([-5.0]))) is None


def test_each_decision_is_counted_once_with_the_status_that_it_led_to(run: RunData) -> None:
    counts = decisions_by_status(run, run.components["gate"])
    assert counts == {GateStatus.RELEASED: 1, GateStatus.REPAIRED: 1, GateStatus.FALLBACK: 1, GateStatus.SAFE_STATE: 1,
                      GateStatus.BY_HAND: 0}
    assert gate_line(run, run.components["gate"]) == \
        "Gate: 4 decisions: 1 released as proposed, 1 repaired and released, 1 fallback, 1 safe state; 13 trials"


def test_a_repair_is_told_with_limit_change_cost_and_rounds() -> None:
    [decided] = decisions_of(repaired_story())
    assert (decided.status, decided.rounds, decided.cost, decided.outcome) == (
        GateStatus.REPAIRED, 1, 12.5, "rejected")
    [change] = decided.changes()
    assert (change.key, change.steps, change.t_s, change.before, change.after) == (
        "bess.p_set_mw", 1, 3600 + 2 * 900, 1.5, 0.5)
    table = decisions_table([decided], clock, "CNY")
    for told in ("grid.exchange_mw 10.4 MW at 5400 s, limit 10 (import)", "bess.p_set_mw 1.5 → 0.5 MW at 5400 s",
                 "bess.p_set_mw: 0.25 MWh less", "12.50", "repaired in 1 round"):
        assert told in table


def test_a_fallback_is_named_with_what_was_tried_before_it() -> None:
    story = repaired_story()[:3]
    rest = Schedule(schedule().horizon, {"bess.p_set_mw": np.zeros(4)}, Origin(OriginKind.FALLBACK, "rest"),
                    "5c" * 32, "", "")
    more = ledger(entries.judged(3600, verdict(Outcome.REJECTED, violation())), entries.fallen_back(3600, rest),
                  entries.judged(3600, verdict(Outcome.ACCEPTED)),
                  entries.released(3600, release(schedule=rest, bands={}), "gate"))
    [decided] = decisions_of([*story, *(Entry(e.seq + 3, "", e.kind, e.body, "", "") for e in more)])
    assert (decided.status, decided.name, decided.rounds) == (GateStatus.FALLBACK, "rest", 1)
    assert "fallback &#x27;rest&#x27;, 1 repair in vain" in decisions_table([decided], clock, "CNY")


def test_a_trial_that_failed_is_told_with_its_reason_where_no_limit_is_one() -> None:
    story = ledger(entries.proposed(900, schedule(), whole=True),
                   entries.judged(900, verdict(Outcome.TIMED_OUT, message="no answer in time")),
                   entries.noted(Kind.SAFE_STATE, 900, "nothing"))
    [decided] = decisions_of(story)
    assert "no answer in time" in decisions_table([decided], clock, "CNY")


def test_where_nothing_was_proposed_the_reason_stands_in_its_place() -> None:
    story = ledger(entries.noted(Kind.REFUSAL, 900, "nothing could be proposed: died"),
                   entries.noted(Kind.SAFE_STATE, 900, "nothing"))
    assert "nothing could be proposed: died" in decisions_table(decisions_of(story), clock, "CNY")


def test_plain_releases_are_not_listed_and_a_person_is() -> None:
    plain = [entries.proposed(3600, schedule()), entries.judged(3600, verdict(Outcome.ACCEPTED))]
    assert decisions_of(ledger(*plain, entries.released(3600, release(), "gate"))) == []
    [by_hand] = decisions_of(ledger(*plain, entries.released(3600, release(), "Li Wei")))
    assert by_hand.status is GateStatus.BY_HAND


def test_the_same_safe_state_again_and_again_is_one_row() -> None:
    story = ledger(*safe_state(900), *safe_state(1800), *safe_state(2700), *safe_state(3600, "voltage"))
    table = decisions_table(decisions_of(story), clock, "CNY")
    assert table.count("<tr>") == 1 + 2 and "900 s – 2700 s, 3 times" in table
    assert "expectation short" in table


def test_the_strip_shows_each_status_while_it_held(run: RunData) -> None:
    figure = status_strip(run, run.components["gate"], timeline_of(run))
    held = {trace.name: np.asarray(trace.y)[:6].tolist() for trace in figure.data}
    assert held["released as proposed"] == [0, 1, 1, 0, 0, 0] and held["safe state"] == [0, 0, 0, 0, 0, 1]
    assert list(held) == ["waiting", "released as proposed", "repaired", "fallback", "safe state"]
    alarm = next(trace for trace in figure.data if trace.name == "safe state")
    assert alarm.fillpattern.shape == "/", "an alarm is never told by colour alone"


def test_released_power_stands_beside_what_was_delivered_with_its_band(run: RunData) -> None:
    figure = planned_and_delivered(run, run.components["gate"], timeline_of(run))
    curves = {trace.name: np.asarray(trace.y)[:6].tolist() for trace in figure.data}
    assert curves["released"] == PLAN and curves["delivered"] == POWERS
    assert curves["room for corrections"] == [value + 0.5 for value in PLAN]


def test_assets_that_neither_were_planned_nor_moved_are_not_drawn() -> None:
    idle = closed_run(load([-5.0] * 6), battery([0.0] * 6, start_mwh=20.0), gate())
    idle.values["gate.p_set_mw"] = np.zeros((6, 1))
    assert planned_and_delivered(idle, idle.components["gate"], timeline_of(idle)) is None


def test_a_schedule_is_drawn_as_proposed_and_as_released_with_the_worst_moment(run: RunData) -> None:
    figure = before_and_after(decisions_of(repaired_story()), timeline_of(run))
    proposed, released = figure.data
    assert np.asarray(proposed.y)[2] == 1.5 and np.asarray(released.y)[2] == 0.5
    assert [str(shape.x0) for shape in figure.layout.shapes] == ["2025-07-15 01:30:00"]
    assert before_and_after([], timeline_of(run)) is None


def test_limits_that_were_kept_and_limits_that_were_not() -> None:
    kept = PlantVerdict(True, 127, (), ())
    assert limits_line(kept) == "Limits: no hard limit was exceeded in the real plant (127 signals judged)"
    broken = PlantVerdict(True, 127, (Count("import", "exchange", True, 2, 1, 900, 300),
                                      Count("wear", "ageing", False, 1, 1, 900)), (BREACH,))
    assert limits_line(broken) == (
        "Limits: the real plant was outside hard limits in 2 stretches (15 min), 1 of them (5 min) under a release of "
        "the gate (import; 127 signals judged); 1 stretch outside soft limits")
    table = breaches_table(broken, clock)
    for told in ("3600 s – 7200 s", "2.5 MW at 5400 s", "1.9", "0a1b2c3d", "wind.available_mw was 1 instead of 2 MW"):
        assert told in table


def test_what_was_not_expected_is_a_dash_and_nothing_is_said_of_a_release_that_was_none() -> None:
    unasked = dataclasses.replace(BREACH, release_id="", expected_value=math.nan, causes=())
    row = breaches_table(PlantVerdict(True, 1, (), (unasked,)), clock)
    assert "<td>–</td><td>nothing</td><td>–</td>" in row


def test_page_and_terminal_show_the_section(run: RunData, tmp_path) -> None:
    PlantVerdict(True, 127, (Count("import", "exchange", True, 1, 1, 900),), (BREACH,)).write(tmp_path)
    run.directory = tmp_path
    page, out = report_html(run, settle(run)), io.StringIO()
    print_summary(run, settle(run), Console(file=out, width=200))
    for text in (page, out.getvalue()):
        assert "Gate: 4 decisions: 1 released as proposed, 1 repaired and released, 1 fallback, 1 safe state;" in text
        assert "the real plant was outside hard limits in 1 stretch" in text
        assert "wind.available_mw was 1 instead of 2 MW" in text
    assert "Schedules and release" in page and "What held" in page


def test_a_run_without_gate_and_limits_has_no_such_section() -> None:
    run = closed_run(load([-5.0] * 6))
    page = report_html(run, settle(run))
    assert "Schedules and release" not in page and "Limits in the real plant" not in page


def test_a_damaged_ledger_or_verdict_is_told_and_the_page_is_made(run: RunData, tmp_path) -> None:
    (tmp_path / LEDGER).write_bytes(b"no ledger at all, only some text that is long enough")
    (tmp_path / "verdict.json").write_text("{")
    run.directory = tmp_path
    decided, why = decided_otherwise(run)
    assert decided == [] and "cannot be read" in why
    page = report_html(run, settle(run))
    assert "cannot be read" in page and "no verdict of this version" in page
