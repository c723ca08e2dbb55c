"""A shadow process that is killed, hangs, cannot be built or fails costs one job, never the run."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest

from twin.cosim.build import build_site
from twin.gate.shadow.jobs import Done, Failure, Replay
from twin.gate.shadow.pool import ShadowError, ShadowPool
from twin.gate.shadow.shadow import TwinState
from twin.scenario.loader import load_scenario
from twin.scenario.show import resolved_yaml
from twin.schedule import Horizon

HORIZON = Horizon(0, 900, 4)


@pytest.fixture(scope="module")
def site():
    scenario = load_scenario("minimal", ["time.duration_h=1"])
    return resolved_yaml(scenario), TwinState.of(0, build_site(scenario).components, {})


@pytest.fixture(scope="module")
def pool(site):
    with ShadowPool(site[0], 900, workers=1) as made:
        made.commands()
        yield made


def job(site, power_mw: float = 0.1) -> Replay:
    return Replay(site[1], HORIZON, {"bess.p_set_mw": np.full(4, power_mw)}, None)


def test_jobs_are_answered_in_their_order(pool, site) -> None:
    results = pool.run([job(site, power) for power in (0.1, -0.2, 0.3)])
    assert [r.trajectories.series("bess.p_mw")[0] for r in results] == [0.1, -0.2, 0.3]


def test_a_killed_process_is_a_failure_and_the_next_job_is_done(pool, site) -> None:
    [pid] = pool.pids()
    os.kill(pid, signal.SIGKILL)
    [lost] = pool.run([job(site)])
    assert isinstance(lost, Failure) and lost.kind == "died" and "signal 9" in lost.message
    [done] = pool.run([job(site)])
    assert isinstance(done, Done) and pool.pids() != (pid,)


def test_a_hanging_process_is_given_up_and_replaced(pool, site) -> None:
    [done] = pool.run([job(site)])
    [pid] = pool.pids()
    os.kill(pid, signal.SIGSTOP)
    pool.timeout_s, usual = 1.0, pool.timeout_s
    try:
        [lost] = pool.run([job(site)])
    finally:
        pool.timeout_s = usual
    assert isinstance(lost, Failure) and lost.kind == "timed_out"
    [again] = pool.run([job(site)])
    assert np.array_equal(again.trajectories.series("bess.soc"), done.trajectories.series("bess.soc"))


def test_a_state_that_does_not_fit_is_a_failure_of_the_job_alone(pool, site) -> None:
    pids = pool.pids()
    wrong = Replay(TwinState(0, {}, {}), HORIZON, {}, None)
    [failed] = pool.run([wrong])
    assert isinstance(failed, Failure) and failed.kind == "failed" and "another site" in failed.message
    assert pool.pids() == pids


def test_a_site_that_cannot_be_built_is_told_with_its_reason() -> None:
    with ShadowPool("name: nothing\n", None, workers=1) as broken, \
            pytest.raises(ShadowError, match="cannot be built"):
        broken.commands()


def test_the_process_ends_with_its_owner(site) -> None:
    pool = ShadowPool(site[0], None, workers=1)
    pool.start()
    [pid] = pool.pids()
    pool.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
