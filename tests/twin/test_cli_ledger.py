"""``twin ledger`` as a user meets it: the story of a release, what was done to a ledger, exit codes."""

import dataclasses
import json
import math
import sqlite3
import subprocess
import sys
from contextlib import closing

import numpy as np
import pytest

from tests.twin.gate.releases import SITE, key, release
from tests.twin.schedules import schedule
from twin.gate.ledger import entries as told
from twin.gate.ledger.check import LedgerDamaged
from twin.gate.ledger.format import Kind, head_file
from twin.gate.ledger.reader import Entry, LedgerReader
from twin.gate.ledger.story import NoSuchRelease, Teller, story_of
from twin.gate.ledger.writer import Ledger
from twin.gate.limits.verdict import Outcome, Trial, Verdict, Violation
from twin.schedule import Origin, OriginKind

PROPOSED = schedule()
REPAIRED = PROPOSED.changed({"bess.p_set_mw": np.array([-2.0, -0.1, 1.5, 2.25]),
                             "pv.p_limit_mw": np.array([math.inf, 3.0, math.inf, math.inf])},
                            Origin(OriginKind.REPAIR, "projection"))
OVERVOLTAGE = Violation(
    name="voltage_band", limit_class="voltage", hard=True, signal="electricity.vm_pu[BESS]", owner="electricity",
    of="value", expectation="nominal", t_s=6300, duration_s=900, worst_t_s=6300, worst_value=1.082, bound=1.07,
    margin=-0.012, unit="p.u.", source="EN 50160")


def verdict(plan, outcome, violations=()):
    trial = Trial("nominal", "f0" * 32, 1.0, outcome)
    return Verdict(outcome, (trial,), tuple(violations), (), (), 0.8, 1.0, plan.sha256, plan.state_sha256,
                   plan.scenario_sha256, "11" * 32, "0.1.0")


@pytest.fixture(scope="module")
def run_directory(tmp_path_factory):
    """A repaired release that was refused later, and the safe state that followed."""
    directory = tmp_path_factory.mktemp("run")
    released = release(schedule=REPAIRED)
    with Ledger(directory / "ledger.sqlite", key()) as ledger:
        ledger.append_all([
            told.scenario_loaded(0, name=SITE, scenario_sha256="5c" * 32, start="2025-07-15T00:00:00+08:00",
                                 timezone="Asia/Shanghai", code_version="0.1.0"),
            told.proposed(3600, PROPOSED),
            told.judged(3600, verdict(PROPOSED, Outcome.REJECTED, [OVERVOLTAGE])),
            told.repaired(3600, PROPOSED, REPAIRED, changes=["less discharge at 01:45 for the voltage"], cost=12.5),
            told.judged(3600, verdict(REPAIRED, Outcome.ACCEPTED)),
            told.released(3600, released, "the gate"),
            told.noted(Kind.WATCHDOG_TRIP, 4000, "bess: no reading for 30 s"),
            told.noted(Kind.REFUSAL, 4500, "bess.measured_soc is 0.9 at 4500 s", release_id=released.release_id),
            told.proposed(4500, PROPOSED.shifted(1)),
            told.judged(4500, verdict(PROPOSED.shifted(1), Outcome.NOT_SOLVABLE)),
            told.noted(Kind.SAFE_STATE, 4500, "no fallback passes the gate"),
        ])
    return directory


def twin(*args):
    return subprocess.run([sys.executable, "-m", "twin", *map(str, args)], capture_output=True, text=True)


def test_why_tells_who_what_and_what_became_of_it(run_directory):
    release_id = release(schedule=REPAIRED).release_id
    done = twin("ledger", "why", release_id[:6], run_directory)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == (
        f"[3] 2025-07-15 01:00:00 proposal: controller operator proposed the schedule {PROPOSED.sha256[:12]}… for "
        "2025-07-15 01:00:00 to 2025-07-15 02:00:00 in steps of 900 s, made from the state 575757575757… and the "
        "forecast f0f0f0f0f0f0…; its maker promised 1234.5")
    assert lines[1] == (
        "[4] 2025-07-15 01:00:00 verdict: rejected, 0 of 1 expectations passed; electricity.vm_pu[BESS] (voltage_band) "
        "is 1.082 p.u. at 2025-07-15 01:45:00, limit 1.07, margin -0.012")
    assert lines[2] == (
        f"[5] 2025-07-15 01:00:00 repair: repair projection changed it to the schedule {REPAIRED.sha256[:12]}…: less "
        "discharge at 01:45 for the voltage; changed: bess.p_set_mw in 1 steps, most at 2025-07-15 01:45:00 from 3 "
        "to 2.25; pv.p_limit_mw in 1 steps, most at 2025-07-15 01:15:00 from 4.25 to 3; cost 12.5")
    assert lines[3] == "[6] 2025-07-15 01:00:00 verdict: accepted, 1 of 1 expectations passed"
    assert lines[4].startswith(
        f"[7] 2025-07-15 01:00:00 release: the gate released it as {release_id} for {SITE}, to hold from 2025-07-15 "
        "01:00:00 until 2025-07-15 02:00:00 while bess.measured_soc, bess.temperature_degc stay in their bands; proved")
    assert lines[4].endswith(f"signed by the key {key().key_id[:12]}…")
    assert lines[5] == "[9] 2025-07-15 01:15:00 refusal: bess.measured_soc is 0.9 at 4500 s"
    assert lines[6] == ("Then nothing could be released: [12] 2025-07-15 01:15:00 safe state: no fallback passes the "
                        "gate")
    assert len(lines) == 7


def test_why_tells_of_a_proposal_that_was_not_released(run_directory):
    done = twin("ledger", "why", PROPOSED.shifted(1).sha256, run_directory)
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["[9]", "[10]", "[11]", "[12]"]
    assert "not solvable" in lines[2] and "safe state" in lines[3]


def test_why_of_an_unknown_release_names_the_latest(run_directory):
    done = twin("ledger", "why", "feed", run_directory)
    assert done.returncode == 2
    assert f"no release 'feed' in this ledger; the latest are {release(schedule=REPAIRED).release_id}" in done.stderr


def test_show_filters_and_prints_json_lines(run_directory):
    done = twin("ledger", "show", run_directory, "--last", 2, "--json")
    entries = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(e["seq"], e["kind"]) for e in entries] == [(11, "verdict"), (12, "safe_state")]
    done = twin("ledger", "show", run_directory, "--kind", "watchdog_trip")
    assert done.stdout == "[8] 2025-07-15 01:06:40 watchdog trip: bess: no reading for 30 s\n"
    done = twin("ledger", "show", run_directory, "--kind", "realese")
    assert done.returncode == 2 and "did you mean 'release'?" in done.stderr


def test_verify_of_a_sound_ledger_names_its_key(run_directory):
    done = twin("ledger", "verify", run_directory / "ledger.sqlite")
    assert done.returncode == 0 and f"as it was written; 12 entries, signed by {key().key_id}" in done.stdout
    done = twin("ledger", "verify", run_directory, "--json", "--key-id", key().key_id, "--head",
                head_file(run_directory / "ledger.sqlite"))
    assert json.loads(done.stdout) == {"ledger": str(run_directory / "ledger.sqlite"), "damaged": False, "findings": []}


def test_verify_of_a_damaged_ledger_exits_6_and_names_the_damage(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite", key()) as ledger:
        ledger.append(*told.noted(Kind.FAULT, 0, "all is well"))
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as thief, thief:
        thief.execute("UPDATE entries SET body = 'no JSON' WHERE seq = 2")
    done = twin("ledger", "verify", tmp_path)
    assert done.returncode == 6
    assert done.stdout == "edited entry 2: its contents are not those that were signed\n"
    done = twin("ledger", "verify", tmp_path, "--json")
    assert done.returncode == 6 and json.loads(done.stdout)["findings"][0]["damage"] == "edited"
    assert twin("ledger", "show", tmp_path, "--last", 1).stdout == "[2] – fault: damaged no JSON\n"


def test_a_run_without_a_ledger_and_a_head_file_that_is_not_there_are_mistakes_of_the_call(tmp_path, run_directory):
    for args in (("verify", tmp_path), ("verify", tmp_path / "none"), ("show", tmp_path), ("why", "1a", tmp_path),
                 ("verify", run_directory, "--head", tmp_path / "none.head")):
        done = twin("ledger", *args)
        assert done.returncode == 2 and "Traceback" not in done.stderr and str(tmp_path) in done.stderr


def test_a_ledger_that_was_deleted_is_gone_for_readers_and_writers_and_stays_so(tmp_path):
    file = tmp_path / "ledger.sqlite"
    with Ledger(file, key()) as ledger:
        ledger.append(*told.noted(Kind.FAULT, 0, "all is well"))
    file.unlink()
    with pytest.raises(LedgerDamaged, match="the file is gone"):
        Ledger(file, key())
    assert not file.exists()
    done = twin("ledger", "show", tmp_path)
    assert done.returncode == 6 and "the file is gone" in done.stderr
    done = twin("ledger", "verify", tmp_path)
    assert done.returncode == 6 and "the file is gone" in done.stdout


# ---- sentences ---------------------------------------------------------------------------------------------------


def entries_of(directory):
    with LedgerReader(directory / "ledger.sqlite") as reader:
        return reader.entries()


def test_a_release_that_was_followed_by_another_says_so(run_directory):
    entries = entries_of(run_directory)
    successor = Entry(8, "", "release", {"release_id": "beef", "t_s": 4500}, "", "")
    story = story_of(release(schedule=REPAIRED).release_id, [*entries[:7], successor])
    assert story[-1] == "Release beef (entry 8) took its place."
    assert story_of(release(schedule=REPAIRED).release_id, entries[:7])[-1] == "Nothing has taken its place so far."


def test_a_beginning_that_fits_several_releases_is_refused(run_directory):
    entries = entries_of(run_directory)
    twins = [dataclasses.replace(entries[6], body={**entries[6].body, "release_id": name})
             for name in ("aaaa1", "aaaa2")]
    with pytest.raises(NoSuchRelease, match="the beginning of 2 names: aaaa1, aaaa2"):
        story_of("aaaa", twins)
    with pytest.raises(NoSuchRelease, match="no release 'aaa'"):
        story_of("aaa", twins)


@pytest.mark.parametrize("kind", list(Kind))
def test_any_entry_can_be_told_whatever_it_lacks(kind):
    """Others write entries too, and a damaged one must still be shown."""
    for body in ({}, {"t_s": "noon"}, {"violations": 3, "trials": [None], "setpoints": "x", "release": []},
                 {"schedule_sha256": None, "start_s": None, "changes": None, "objective": None}):
        assert Teller([]).sentence(Entry(1, "", kind.value, body, "", "")).startswith("[1] – " + kind.replace("_", " "))


def test_a_plain_number_stands_without_a_dash_and_one_signal_stays_in_its_band():
    worst = {"signal": "bess.soc", "name": "full", "worst_value": 0.1823, "unit": "–", "worst_t_s": 0, "bound": 0.2}
    told = Teller([]).sentence(Entry(1, "", "verdict", {"outcome": "rejected", "violations": [worst]}, "", ""))
    assert "bess.soc (full) is 0.1823 at 0 s, limit 0.2" in told
    release = {"release_id": "1a", "state_band": {"bess.soc": {}}}
    told = Teller([]).sentence(Entry(2, "", "release", {"release": release}, "", ""))
    assert "while bess.soc stays in its band;" in told


def test_times_are_seconds_where_the_ledger_does_not_know_the_clock():
    assert Teller([]).sentence(Entry(3, "", "fault", {"t_s": 900, "message": "m"}, "", "")) == "[3] 900 s fault: m"


def test_changes_from_and_to_no_limit_can_be_told():
    unlimited = PROPOSED.changed({"pv.p_limit_mw": np.full(4, math.inf)}, PROPOSED.origin)
    assert told.differences(PROPOSED, unlimited) == [
        {"key": "pv.p_limit_mw", "steps_count": 1, "t_s": 4500, "before": 4.25, "after": "inf"}]
    assert told.differences(PROPOSED, PROPOSED.shifted(1))[0] == {"key": "bess.p_set_mw", "steps_count": 4}
