"""Taking over in runs: by the scenario at known times, and by command in one that is running, is killed and goes on."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.twin.gate.gated import LIMITS, run_site, write_site
from twin.errors import ScenarioError
from twin.gate.ledger.format import Kind
from twin.gate.ledger.reader import LedgerReader
from twin.gate.takeover.inbox import REQUESTS
from twin.scenario.loader import load_scenario
from twin.store.layout import CHECKPOINT, LEDGER

LONGEST_WAIT_S = 180.0
LONG_RUN_H = 24.0 * 60
"""Not over before the test is."""


def test_a_scenario_lets_a_person_take_over_at_a_known_time_and_takes_back_by_itself(tmp_path):
    run, directory = run_site(tmp_path, """
takeovers:
  - {at: "00:20", asset: bess, p_set_mw: -0.2, duration_s: 1200, who: Ada, reason: training}
  - {at: "00:42", asset: bess, p_set_mw: -3, duration_s: 900}
""", hours=1.0)
    t_s = np.arange(run.native("bess.p_requested_mw").size) * 300
    held = (t_s >= 1200) & (t_s < 2400)
    np.testing.assert_array_equal(run.native("bess.p_requested_mw")[held], -0.2)
    assert not np.any(run.native("bess.p_requested_mw")[~held] == -0.2)
    with LedgerReader(directory / LEDGER) as reader:
        leases = [(e.kind, e.body["t_s"], e.body["lease"]["state"]) for e in reader.entries() if "lease" in e.body]
    assert leases == [("takeover", 1200, "validated"), ("takeover_end", 2400, "expired"), ("refusal", 2700, "refused")]


@pytest.mark.parametrize(("extra", "words"), [
    ("takeovers: [{at: '10:00', asset: bes, p_set_mw: 1, duration_s: 60}]", "did you mean 'bess'"),
    ("takeovers: [{at: '10:00', asset: bess, duration_s: 60}]", "exactly one of p_set_mw, p_limit_mw, interrupt_frac"),
    ("takeovers: [{at: 'noon', asset: bess, p_set_mw: 1, duration_s: 60}]", "'noon' is no time"),
    ("takeovers: [{at: '10:00', asset: bess, p_set_mw: 1, duration_s: 100000}]", "86400"),
    ("hand_releases: [{at: '10:00', decision: perhaps}]", "decision"),
    ("watchdog_resets: [{at: '10:00', asset: nobody}]", "there is no asset 'nobody'"),
])
def test_a_mistake_in_what_persons_do_is_located(tmp_path, extra, words):
    with pytest.raises(ScenarioError) as caught:
        load_scenario(write_site(tmp_path, extra))
    assert words in str(caught.value) and "gated.yaml:" in str(caught.value)


def twin(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "twin", *map(str, arguments)]


def wait_for(what: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    limit_s = time.monotonic() + LONGEST_WAIT_S
    while not what():
        assert process.poll() is None, "the run is over"
        assert time.monotonic() < limit_s, f"not within {LONGEST_WAIT_S:g} s"
        time.sleep(0.05)


@pytest.mark.slow
def test_a_lease_by_command_survives_kill_9_of_the_run_and_ends_on_time(tmp_path):
    directory = tmp_path / "run"
    file = write_site(tmp_path, limits=LIMITS, hours=LONG_RUN_H)
    first = subprocess.Popen(twin("run", file, "--out", directory, "--no-report"), stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: (directory / REQUESTS).is_dir() and (directory / CHECKPOINT).exists(), first)
        done = subprocess.run(
            twin("takeover", directory, "--asset", "bess", "--p-set-mw", "0.1", "--for", "45min", "--who", "Ada",
                 "--json", "--wait", "150"), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        assert answer["until_s"] == answer["t_s"] + 2700
    finally:
        first.kill()
        first.wait()
    refused = subprocess.run(twin("takeover", directory, "--end", answer["request_id"], "--who", "Ada"),
                             capture_output=True, text=True)
    assert refused.returncode == 2 and "is not running" in refused.stderr

    def ends() -> list[int]:
        with LedgerReader(directory / LEDGER) as reader:
            return [e.body["t_s"] for e in reader.entries(Kind.TAKEOVER_END)]

    second = subprocess.Popen(twin("resume", directory, "--no-report"), stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: bool(ends()), second)
    finally:
        second.kill()
        second.wait()
    assert ends() == [answer["until_s"]]
    listed = subprocess.run(twin("takeover", directory, "--list", "--json"), capture_output=True, text=True)
    assert [lease["state"] for lease in json.loads(listed.stdout)] == ["expired"]
