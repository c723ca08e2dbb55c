"""The gate in a closed loop, on a small site: what holds was proved, signed and written; everything else is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.twin.gate.gated import run_scenario, run_site, write_site
from twin.gate.decision import GateStatus
from twin.gate.ledger.format import Kind
from twin.gate.ledger.reader import LedgerReader
from twin.store.layout import LEDGER

IMPOSSIBLE = """
limits:
  import: {signal: grid.exchange_mw, high: -5.0, class: exchange, source: nobody can keep this}
gate: {interval_s: 900, step_s: 900, horizon_h: 2, workers: 1, repair_rounds: 0}
"""


def entries(directory, kind: Kind) -> list:
    with LedgerReader(directory / LEDGER) as reader:
        assert reader.verify() == []
        return reader.entries(kind)


def of_bess(run, output: str, owner: str = "gate") -> np.ndarray:
    """What the gate, or another controller, says of the battery."""
    return run.native(f"{owner}.{output}")[:, run.components[owner].vectors[output].index("bess")]


@pytest.fixture(scope="module")
def gated(tmp_path_factory):
    return run_site(tmp_path_factory.mktemp("gated"))


def test_before_the_first_measurement_nothing_is_released(gated) -> None:
    run, _ = gated
    status = run.native("gate.status_code")
    assert (status[:3] == GateStatus.WAITING).all() and (status[3:] == GateStatus.RELEASED).all()
    assert (of_bess(run, "p_set_mw")[:3] == 0.0).all()


def test_every_interval_has_a_release_that_was_in_the_ledger_first(gated) -> None:
    _, directory = gated
    releases = entries(directory, Kind.RELEASE)
    assert [e.body["t_s"] for e in releases] == list(range(900, 7200, 900))
    verdicts = {e.body["verdict_sha256"]: e.seq for e in entries(directory, Kind.VERDICT)}
    for entry in releases:
        assert verdicts[entry.body["release"]["verdict_sha256"]] < entry.seq


def test_what_reaches_the_battery_is_what_the_ledger_says(gated) -> None:
    run, directory = gated
    applied = run.native("bess.p_requested_mw")
    for entry in entries(directory, Kind.RELEASE):
        t_s, plan = entry.body["t_s"], entry.body["release"]["schedule"]["setpoints"]["bess.p_set_mw"]
        assert (applied[t_s // 300:(t_s + 900) // 300] == plan[0]).all()


def test_where_no_schedule_can_be_proved_the_assets_rest_and_an_alarm_says_why(tmp_path) -> None:
    run, directory = run_site(tmp_path, limits=IMPOSSIBLE, hours=0.75)
    assert (run.native("gate.status_code")[3:] == GateStatus.SAFE_STATE).all()
    assert (run.native("bess.p_requested_mw") == 0.0).all()
    assert entries(directory, Kind.RELEASE) == [] and len(entries(directory, Kind.SAFE_STATE)) == 2
    alarms = [e for e in run.events if e.kind == "gate_safe_state"]
    assert [e.severity for e in alarms] == ["alarm", "alarm"] and "the limit is -5" in alarms[0].message
    assert [e.body["message"] for e in entries(directory, Kind.SAFE_STATE)] == [e.message for e in alarms]


def test_a_takeover_holds_for_its_time_and_goes_back_by_itself(tmp_path) -> None:
    run, directory = run_site(tmp_path, """
takeovers: [{at: "00:30", asset: bess, p_set_mw: -0.2, duration_s: 1200, who: Li Wei}]
""", hours=1.25)
    held = of_bess(run, "leased_code") == 1
    assert np.flatnonzero(held).tolist() == [6, 7, 8, 9]                 # 1800 s to 3000 s
    assert (run.native("bess.p_requested_mw")[held] == -0.2).all()
    assert [e.body["who"] for e in entries(directory, Kind.TAKEOVER)] == ["Li Wei"]
    assert [e.body["t_s"] for e in entries(directory, Kind.TAKEOVER_END)] == [3000]


def test_a_takeover_that_breaks_a_limit_is_refused_by_the_gate(tmp_path) -> None:
    strict = """
limits:
  import: {signal: grid.exchange_mw, high: 0.5, class: exchange, source: an assumption of this test}
gate: {interval_s: 900, step_s: 900, horizon_h: 2, workers: 1}
"""
    run, directory = run_site(tmp_path, """
takeovers: [{at: "00:30", asset: bess, p_set_mw: -0.5, duration_s: 1200}]
""", limits=strict, hours=0.75)
    assert (of_bess(run, "leased_code") == 0).all()
    assert entries(directory, Kind.TAKEOVER) == []
    [refused] = [e for e in run.events if e.kind == "request_takeover"]
    assert "grid.exchange_mw would be" in refused.message and "the limit is 0.5" in refused.message


def test_by_hand_what_is_proved_waits_for_a_person(tmp_path) -> None:
    by_hand = """
gate: {interval_s: 900, step_s: 900, horizon_h: 2, workers: 1, release: by_hand, expiry_s: 1800}
hand_releases: [{at: "00:35", decision: release, who: Li Wei}]
"""
    run, directory = run_site(tmp_path, limits=by_hand, hours=1.25)
    status = run.native("gate.status_code")
    assert (status[:3] == GateStatus.WAITING).all(), "nothing was measured yet"
    assert (status[3:7] == GateStatus.FALLBACK).all(), "nothing holds yet, so a fallback does"
    assert (status[7:12] == GateStatus.BY_HAND).all()
    assert (status[12:] == GateStatus.FALLBACK).all(), "it would be void before the next decision"
    assert [e.body["by"] for e in entries(directory, Kind.RELEASE)] == ["gate", "gate", "Li Wei", "gate"]
    assert len(entries(directory, Kind.RELEASE_BY_HAND)) == 1


def test_a_rejected_release_holds_no_longer(tmp_path) -> None:
    run, directory = run_site(tmp_path, """
hand_releases: [{at: "00:35", decision: reject}]
""", hours=0.75)
    status = run.native("gate.status_code")
    assert status[6] == GateStatus.RELEASED and (status[7:] == GateStatus.FALLBACK).all()
    assert len(entries(directory, Kind.REJECT_BY_HAND)) == 1


def test_the_same_scenario_gives_the_same_releases(gated, tmp_path) -> None:
    run, directory = gated
    again, other = run_site(tmp_path)
    names = [[e.body["release_id"] for e in entries(d, Kind.RELEASE)] for d in (directory, other)]
    assert names[0] == names[1]
    assert all(np.array_equal(run.values[key], again.values[key], equal_nan=True) for key in run.values)


def test_a_run_that_goes_on_after_a_kill_comes_to_the_same_releases_and_writes_them_once(gated, tmp_path) -> None:
    from tests.twin.gate.killed import killed_and_resumed

    run, directory = gated
    again, other = killed_and_resumed(write_site(tmp_path), tmp_path / "run", at_s=3900)
    names = [[e.body["release_id"] for e in entries(d, Kind.RELEASE)] for d in (directory, other)]
    assert names[0] == names[1]
    assert all(np.array_equal(run.values[key], again.values[key], equal_nan=True) for key in run.values)


def test_a_gate_without_an_operator_is_a_mistake_of_the_scenario(tmp_path) -> None:
    from twin.cosim.build import build_site
    from twin.errors import ScenarioError
    from twin.scenario.loader import load_scenario

    file = tmp_path / "idle.yaml"
    file.write_text("name: idle\nextends: minimal.yaml\ncontrol: null\ngate: {}\n")
    with pytest.raises(ScenarioError, match="no operator whose schedules could be tried"):
        build_site(load_scenario(file))


def test_the_ledger_of_a_run_tells_the_story_of_a_release(gated, capsys) -> None:
    from twin.cli import app

    _, directory = gated
    name = entries(directory, Kind.RELEASE)[-1].body["release_id"]
    app(["ledger", "why", name, str(directory)], standalone_mode=False)
    told = capsys.readouterr().out
    assert "operator" in told and "accepted" in told
    app(["ledger", "verify", str(directory), "--json"], standalone_mode=False)
    assert json.loads(capsys.readouterr().out)


def test_a_proposal_that_would_break_a_limit_is_repaired_and_says_what_changed(tmp_path) -> None:
    tight = """
limits:
  charge: {signal: bess.soc, high: 0.52, class: storage, source: an assumption of this test}
gate: {interval_s: 900, step_s: 900, horizon_h: 6, workers: 1}
assets: {bess: {initial_soc: 0.5}}
"""
    file = tmp_path / "tight.yaml"
    file.write_text(f"name: tight\nextends: minimal.yaml\n"
                    f"time: {{start: 2025-06-18T04:00:00+02:00, duration_h: 1}}\n{tight}")
    run, directory = run_scenario(file, tmp_path / "run")
    repaired = run.native("gate.status_code") == GateStatus.REPAIRED
    assert repaired.any() and run.native("bess.soc").max() <= 0.52
    asked, got = of_bess(run, "p_set_mw", "operator"), of_bess(run, "p_set_mw")
    changed = entries(directory, Kind.REPAIR)[0].body
    assert changed["cost"] > 0.0 and "bess.p_set_mw" in changed["changes"][0] and "charge" in changed["changes"][0]
    assert (got[repaired] >= np.repeat(asked, 3)[repaired]).all()          # less charging than proposed
    planned = run.native("gate.planned_exchange_mw")
    as_asked = np.repeat(run.native("operator.planned_exchange_mw"), 3)
    less_mw = (got - np.repeat(asked, 3))[repaired]
    assert less_mw.max() > 0.05, "the repair should change more than what the expectations differ by"
    assert planned[repaired] == pytest.approx(as_asked[repaired] - less_mw, abs=0.05), "less charge, less import"
