"""A run that was stopped and continued tells the same story as one that was not, and tells it once."""

from collections import Counter

import numpy as np
import pytest

from tests.twin.gate.gated import write_site
from twin.cosim.run import new_run, resume_run
from twin.gate.component import ReleaseGate
from twin.gate.ledger.format import Kind
from twin.gate.ledger.reader import LedgerReader
from twin.scenario.loader import load_scenario
from twin.store.layout import LEDGER
from twin.store.reader import read_run

STOPPED_S = 3300
"""The last snapshot is from 1800 s: what happened since is lived again."""
GATE = """
gate: {interval_s: 900, step_s: 900, horizon_h: 1, workers: 1, expectations: nominal, repair_rounds: 0%s}
run: {checkpoint_every_s: 1800}
"""
IMPORT = """
limits:
  import: {signal: grid.exchange_mw, high: %s, class: exchange, source: an assumption of this test}
"""
SITES = {
    "nothing can be released": IMPORT % -5.0 + GATE % "",
    "a schedule waits for a person": IMPORT % 1.5 + GATE % ", release: by_hand" + """
hand_releases: [{at: "00:50", decision: release, who: A}]
takeovers: [{at: "00:40", asset: bess, p_set_mw: -0.2, duration_s: 600, who: A}]
""",
}
PROCESSES = (Kind.KEY, Kind.SCENARIO_LOADED)
"""What each process writes once."""


def story(directory):
    """What the ledger tells of each decision, and how often; what a computer took for it left out."""
    with LedgerReader(directory / LEDGER) as reader:
        entries = reader.entries()
    return Counter((e.kind, e.body["t_s"], e.body.get("verdict_sha256") or e.body.get("schedule_sha256")
                    or e.body.get("release_id") or e.body.get("message")) for e in entries if e.kind not in PROCESSES)


def events(run):
    return [(e.t_s, e.component, e.kind, e.message) for e in run.events]


@pytest.mark.parametrize("site", SITES)
def test_a_continued_run_writes_nothing_twice_and_tells_the_same_events(tmp_path, monkeypatch, site) -> None:
    scenario = load_scenario(write_site(tmp_path, "", SITES[site], hours=1.25))
    new_run(scenario, tmp_path / "unbroken")
    step = ReleaseGate.step

    def stopped(self, t_s, dt_s, inputs):
        if t_s >= STOPPED_S:
            raise KeyboardInterrupt
        return step(self, t_s, dt_s, inputs)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(ReleaseGate, "step", stopped)
        new_run(scenario, tmp_path / "continued")
    before = story(tmp_path / "continued")
    assert any(t_s >= 1800 for _, t_s, _ in before), "something is lived again"
    resume_run(tmp_path / "continued")
    unbroken, continued = (read_run(tmp_path / name) for name in ("unbroken", "continued"))
    assert story(tmp_path / "continued") == story(tmp_path / "unbroken")
    assert events(continued) == events(unbroken)
    assert np.array_equal(continued.native("bess.p_mw"), unbroken.native("bess.p_mw"))
