"""Whatever fails around the gate: nothing is released that was not proved and written down; what then holds is defined.

Each test breaks one thing in a closed-loop run of the small site while it goes on, and compares what reached the
battery with what the ledger says. Times: the gate decides every quarter of an hour, from 900 s on.
"""

from __future__ import annotations

import fcntl
import json
import os
import resource
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.twin.gate.gated import write_site
from tests.twin.gate.killed import Killed
from tests.twin.gate.releases import key as signing_key
from tests.twin.gate.releases import release
from twin.cosim.build import build_site
from twin.cosim.run import new_run, resume_run
from twin.gate import proving, records
from twin.gate.decision import GateStatus
from twin.gate.ledger.check import LedgerDamaged
from twin.gate.ledger.format import Kind
from twin.gate.ledger.reader import LedgerReader
from twin.gate.ledger.writer import Ledger
from twin.gate.release import keys
from twin.gate.release.book import LeasedBand, ReleaseBook
from twin.gate.release.keys import SigningKeyError
from twin.gate.release.refusal import Refusal, ReleaseRefused
from twin.gate.release.release import Verifier
from twin.gate.shadow.jobs import Done, Failure, Replay
from twin.gate.shadow.pool import ShadowError, ShadowPool
from twin.gate.shadow.shadow import TwinState
from twin.scenario.loader import load_scenario
from twin.scenario.show import resolved_yaml
from twin.schedule import Horizon
from twin.store.layout import LEDGER
from twin.store.reader import read_run
from twin.store.run_data import RunData

LIMITS = """
limits:
  charge: {signal: bess.soc, low: 0.0, high: 1.0, class: storage, source: physics}
run: {checkpoint_every_s: 0}
"""
GATE = "gate: {interval_s: 900, step_s: 900, horizon_h: 2, workers: 1, expectations: nominal, %s}\n"
BROKEN_S = 2700
SHORT_WAIT_S = 0.05
LEAST_ADDRESS_SPACE = 1 << 20
"""A megabyte: far less than a twin has already, so that every further allocation fails."""


def broken_run(folder: Path, breaks: Callable[[int], None], gate: str = "expiry_s: 3600",
               hours: float = 1.25) -> tuple[RunData, Path]:
    """Run the site; ``breaks`` is called before each step with its time."""
    file = write_site(folder, GATE % gate, LIMITS, hours)
    new_run(load_scenario(file), folder / "run", breaks)
    return read_run(folder / "run"), folder / "run"


def entries(directory: Path, kind: Kind) -> list[Any]:
    with LedgerReader(directory / LEDGER) as reader:
        assert reader.verify() == []
        return reader.entries(kind)


def status_at(run: RunData, t_s: int) -> GateStatus:
    return GateStatus(int(run.native("gate.status_code")[t_s // 300]))


def assert_only_what_was_released_reached_the_battery(run: RunData, directory: Path) -> None:
    """In each step the set-point is that of the last release in the ledger that is not void, or 0."""
    released = [e.body["release"] for e in entries(directory, Kind.RELEASE)]
    allowed = np.zeros(len(run.native("bess.p_requested_mw")))
    for one in released:
        plan, start_s = one["schedule"]["setpoints"]["bess.p_set_mw"], one["schedule"]["horizon"]["start_s"]
        for t_s in range(one["issued_s"], min(one["expires_s"], run.duration_s), 300):
            allowed[t_s // 300] = plan[(t_s - start_s) // 900]
        allowed[one["expires_s"] // 300:] = 0.0
    assert np.array_equal(run.native("bess.p_requested_mw"), allowed)
    assert np.abs(allowed).max() > 0.0, "a battery that rests anyway shows nothing"


@pytest.fixture
def pools(monkeypatch) -> list[ShadowPool]:
    """The shadow twins of the run, as soon as it has begun."""
    made: list[ShadowPool] = []

    def make(*args: Any, **options: Any) -> ShadowPool:
        made.append(ShadowPool(*args, **options))
        return made[-1]

    monkeypatch.setattr(proving, "ShadowPool", make)
    return made


@pytest.fixture
def ledgers(monkeypatch) -> list[Ledger]:
    """The ledger of the run, which gives up waiting soon."""
    made: list[Ledger] = []

    def make(*args: Any, **options: Any) -> Ledger:
        made.append(Ledger(*args, wait_s=SHORT_WAIT_S, **options))
        return made[-1]

    monkeypatch.setattr(records, "Ledger", make)
    return made


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def hang(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)


# ---- the shadow twin

@pytest.mark.parametrize(("breaks", "told"), [
    (kill, "died: the process of the shadow twin"),
    (hang, "timed_out: the shadow twin gave no answer in time"),
])  # fmt: skip
def test_a_worker_that_is_killed_or_hangs_costs_one_proposal(tmp_path, pools, breaks, told) -> None:
    def at(t_s: int) -> None:
        if t_s == BROKEN_S:
            [pid] = pools[0].pids()
            breaks(pid)

    run, directory = broken_run(tmp_path, at, "timeout_s: 5")
    assert [status_at(run, t_s) for t_s in (1800, BROKEN_S, 3600)] == [
        GateStatus.RELEASED, GateStatus.FALLBACK, GateStatus.RELEASED]
    [fallback] = [e for e in run.events if e.kind == "gate_fallback"]
    assert fallback.t_s == BROKEN_S and fallback.severity == "warning"
    assert told in fallback.message and "the fallback 'previous' holds" in fallback.message
    [refusal] = entries(directory, Kind.REFUSAL)
    assert refusal.body["t_s"] == BROKEN_S and told in refusal.body["message"]
    assert_only_what_was_released_reached_the_battery(run, directory)


def test_a_replay_for_which_the_memory_does_not_suffice_is_a_rejection_and_the_next_one_is_done() -> None:
    scenario = load_scenario("minimal", ["time.duration_h=1"])
    state = TwinState.of(0, build_site(scenario).components, {})
    with ShadowPool(resolved_yaml(scenario), 900, workers=1) as pool:
        pool.commands()
        [pid] = pool.pids()
        usual = resource.prlimit(pid, resource.RLIMIT_AS, (LEAST_ADDRESS_SPACE, resource.RLIM_INFINITY))
        [refused] = pool.run([Replay(state, Horizon(0, 900, 10**9), {}, None)])
        assert refused == Failure("failed", "the shadow twin ran out of memory")
        resource.prlimit(pid, resource.RLIMIT_AS, usual)
        [done] = pool.run([Replay(state, Horizon(0, 900, 4), {}, None)])
        assert isinstance(done, Done) and pool.pids() == (pid,)


def test_where_no_worker_lives_long_enough_the_assets_rest(tmp_path, pools, monkeypatch) -> None:
    """Each process dies as soon as it gets a job: no trial succeeds, so that nothing may be released."""
    whole_run = ShadowPool.run

    def run_dying(pool: ShadowPool, jobs: Any) -> Any:
        pool.commands()
        for pid in pool.pids():
            kill(pid)
        return whole_run(pool, jobs)

    monkeypatch.setattr(ShadowPool, "run", run_dying)
    run, directory = broken_run(tmp_path, lambda t_s: None, hours=0.5)
    assert status_at(run, 900) is GateStatus.SAFE_STATE and (run.native("bess.p_requested_mw") == 0.0).all()
    assert entries(directory, Kind.RELEASE) == [] and len(entries(directory, Kind.SAFE_STATE)) == 1
    assert [e.severity for e in run.events if e.kind == "gate_safe_state"] == ["alarm"]


def test_a_twin_that_has_no_shadow_ends_with_the_code_of_no_valid_schedule() -> None:
    with ShadowPool("name: nothing\n", None, workers=1) as broken, pytest.raises(ShadowError) as failed:
        broken.commands()
    assert failed.value.exit_code == 3


# ---- the ledger

def fill_disk(ledger: Ledger) -> None:
    """SQLite may not take another page: as on a full disk."""
    pages = ledger._connection.execute("PRAGMA page_count").fetchone()[0]
    ledger._connection.execute(f"PRAGMA max_page_count = {pages}")


def lock_between(from_s: int, until_s: int, t_s: int, ledger: Ledger, held: list[Any]) -> None:
    """Another program writes to the ledger for some time."""
    if t_s == from_s:
        held.append(ledger.file.with_suffix(".lock").open("w"))
        fcntl.flock(held[0], fcntl.LOCK_EX)
    if t_s == until_s:
        held[0].close()


def free_disk(ledger: Ledger) -> None:
    ledger._connection.execute("PRAGMA max_page_count = 1000000")


def test_on_a_full_disk_nothing_is_released_what_held_goes_on_until_it_is_void_then_the_assets_rest(
        tmp_path, ledgers) -> None:
    def at(t_s: int) -> None:
        if t_s == BROKEN_S:
            fill_disk(ledgers[0])
        if t_s == 4500:
            free_disk(ledgers[0])

    run, directory = broken_run(tmp_path, at, "expiry_s: 1500", hours=1.5)
    assert [e.body["t_s"] for e in entries(directory, Kind.RELEASE)] == [900, 1800, 4500]
    refused = [e for e in run.events if e.kind == "not_recorded"]
    assert [(e.t_s, e.severity) for e in refused] == [(2700, "alarm")]
    assert "free some space" in refused[0].message and "holds on until 00:55" in refused[0].message
    assert [e.t_s for e in run.events if e.kind == "release_expired"] == [3300]
    assert [status_at(run, t_s) for t_s in (3000, 3300, 4200, 4500)] == [
        GateStatus.RELEASED, GateStatus.SAFE_STATE, GateStatus.SAFE_STATE, GateStatus.RELEASED]
    assert_only_what_was_released_reached_the_battery(run, directory)


def test_a_ledger_that_another_program_holds_delays_the_release_to_the_next_interval(tmp_path, ledgers) -> None:
    held: list[Any] = []
    run, directory = broken_run(tmp_path, lambda t_s: lock_between(BROKEN_S, 3300, t_s, ledgers[0], held))
    assert [e.body["t_s"] for e in entries(directory, Kind.RELEASE)] == [900, 1800, 3600]
    [refused] = [e for e in run.events if e.kind == "not_recorded"]
    assert refused.t_s == BROKEN_S and "another process has been writing" in refused.message
    assert_only_what_was_released_reached_the_battery(run, directory)


def test_a_takeover_that_cannot_be_written_down_does_not_begin(tmp_path, ledgers) -> None:
    def at(t_s: int) -> None:
        if t_s == BROKEN_S:
            fill_disk(ledgers[0])

    folder, takeover = tmp_path, 'takeovers: [{at: "00:50", asset: bess, p_set_mw: -0.2, duration_s: 1200}]\n'
    file = write_site(folder, GATE % "expiry_s: 3600" + takeover, LIMITS, 1.25)
    new_run(load_scenario(file), folder / "run", at)
    run = read_run(folder / "run")
    assert (run.native("gate.leased_code") == 0).all() and -0.2 not in run.native("bess.p_requested_mw")
    assert_only_what_was_released_reached_the_battery(run, folder / "run")


def test_what_a_person_asks_for_waits_until_it_can_be_written_down(tmp_path, ledgers) -> None:
    held: list[Any] = []
    file = write_site(tmp_path, GATE % "expiry_s: 3600" + 'hand_releases: [{at: "00:50", decision: reject}]\n',
                      LIMITS, 1.0)
    new_run(load_scenario(file), tmp_path / "run", lambda t_s: lock_between(BROKEN_S, 3300, t_s, ledgers[0], held))
    run = read_run(tmp_path / "run")
    assert [e.body["t_s"] for e in entries(tmp_path / "run", Kind.REJECT_BY_HAND)] == [3300]
    assert [status_at(run, t_s) for t_s in (3000, 3300)] == [GateStatus.RELEASED, GateStatus.FALLBACK]


# ---- keys

def test_a_key_file_that_is_not_there_ends_the_run_before_its_first_step(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv(keys.KEY_FILE_VARIABLE, str(tmp_path / "absent.pem"))
    steps: list[int] = []
    with pytest.raises(SigningKeyError, match=r"absent\.pem does not exist; `openssl genpkey"):
        broken_run(tmp_path, steps.append)
    assert steps == [] and not (tmp_path / "run" / LEDGER).exists()
    assert json.loads((tmp_path / "run" / "meta.json").read_text())["status"] == "failed"


@pytest.mark.parametrize(("made_by", "reason"), [
    (signing_key(seed=2), Refusal.OTHER_KEY), (signing_key(site="elsewhere"), Refusal.OTHER_SITE)])
def test_a_release_by_the_key_of_another_site_never_gets_into_the_book(made_by, reason) -> None:
    book = ReleaseBook(Verifier([signing_key().public], lambda released: True), signing_key().site,
                       {"bess.p_set_mw": 0.0})
    with pytest.raises(ReleaseRefused) as refused:
        book.publish(release(made_by), 3600)
    assert refused.value.reason is reason and book.refusal("bess.p_set_mw", -2.0, 3600) is Refusal.UNSIGNED


# ---- time

@pytest.fixture
def book() -> ReleaseBook:
    """With a release for 1 h to 2 h; the battery is to charge 2 MW at first."""
    made = ReleaseBook(Verifier([signing_key().public], lambda released: True), signing_key().site,
                       {"bess.p_set_mw": 0.0})
    made.publish(release(), 3600)
    return made


@pytest.mark.parametrize(("now_s", "refusal"), [
    (3600, None), (7200, Refusal.EXPIRED), (10**9, Refusal.EXPIRED), (3599, Refusal.NOT_YET), (0, Refusal.NOT_YET),
    (-(10**6), Refusal.NOT_YET)])
def test_a_clock_that_jumps_out_of_the_release_leaves_the_safe_value_alone(book, now_s, refusal) -> None:
    assert book.refusal("bess.p_set_mw", -2.0, now_s) is refusal
    assert book.band("bess.p_set_mw", now_s) == ((0.0, 0.0) if refusal else (-2.5, -1.5))


def test_a_clock_that_jumps_beyond_a_lease_ends_it_and_one_set_back_does_not_stretch_it(book) -> None:
    book.leases["bess.p_set_mw"] = LeasedBand(1.0, 1.0, until_s=4000)
    ask = partial(book.refusal, "bess.p_set_mw")
    assert ask(1.0, 3999) is None and ask(1.0, 4000) is Refusal.OUTSIDE_BAND and ask(1.0, 10**9) is Refusal.EXPIRED


def test_a_schedule_of_the_past_is_not_released() -> None:
    verifier = Verifier([signing_key().public], lambda released: True)
    with pytest.raises(ReleaseRefused) as refused:
        ReleaseBook(verifier, signing_key().site, {"bess.p_set_mw": 0.0}).publish(release(), 7200)
    assert refused.value.reason is Refusal.EXPIRED


@pytest.mark.parametrize("lost", [("ledger.sqlite",), ("ledger.sqlite", "ledger.head")])
def test_a_killed_run_whose_ledger_is_gone_is_not_continued_without_it(tmp_path, lost) -> None:
    directory = tmp_path / "run"

    def die(t_s: int) -> None:
        if t_s >= BROKEN_S:
            raise Killed

    with pytest.raises(Killed):
        new_run(load_scenario(write_site(tmp_path, GATE % "expiry_s: 3600", LIMITS, 1.25)), directory, die)
    for name in lost:
        (directory / name).unlink()
    with pytest.raises(LedgerDamaged, match="the file is gone"):
        resume_run(directory)
    assert not (directory / LEDGER).exists()
