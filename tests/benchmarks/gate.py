"""The release gate on the park: one replay and its parts, several expectations at once, a whole day in closed loop.

The state is that of the July day at noon, when sun, chillers and CHP are busy; 96 steps of 15 min lie ahead, heat is
computed at 60 s within them. CPU seconds where nothing else is said, compiled and warmed up before. Beside it stands
the naive loop: ``runpp`` and one steady ``pipeflow`` per step.
"""

from __future__ import annotations

import hashlib
import pickle
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from tests.benchmarks.runs import Runs
from tests.twin.gate.releases import key
from twin.cosim.build import Site, build_site
from twin.cosim.wiring import wire
from twin.cosim.world import run_world
from twin.gate.expectation import Expectation, expecter_of
from twin.gate.ledger import entries as ledger_entries
from twin.gate.ledger.writer import Ledger
from twin.gate.limits.judge import judge
from twin.gate.limits.limits import resolve_limits
from twin.gate.limits.series import Before
from twin.gate.limits.verdict import Verdict
from twin.gate.proving import Moment, ProvingGround
from twin.gate.release.release import Signer
from twin.gate.rules import GateRules
from twin.gate.shadow.shadow import Shadow, TwinState
from twin.scenario.loader import load_scenario
from twin.scenario.show import resolved_yaml
from twin.schedule import Horizon, Origin, OriginKind, Schedule
from twin.store.layout import LEDGER

DAY = "zero_carbon_park_day"
NOON_S = 43_200
STEP_S, STEPS = 900, 96
ROUNDS = 5
APPENDS = 30
DECISIONS_PER_DAY = 95
"""Of the closed loop: the first quarter of an hour has no measurement yet."""
REPLAY_S, REPLAY_AIM_S = 0.5, 0.2
EXPECTATIONS_S = 1.5
DAY_S = 90.0
HORIZON = Horizon(NOON_S, STEP_S, STEPS)
ALONE = ("gate.enabled=false",)
"""The day without its gate; its forecaster expects."""


class Silent:
    """A listener that keeps nothing."""

    def before_step(self, t_s: int, component: Any, last_outputs: Any) -> None:
        """Nothing to do."""

    def after_step(self, t_s: int, component: Any, outputs: Any, events: Any) -> None:
        """Nothing to do."""


@dataclass(frozen=True)
class Noon:
    """The park in the middle of the day, and what is expected of the next one."""

    site: Site
    state: TwinState
    expectations: Sequence[Expectation]

    @classmethod
    def reached(cls) -> Noon:
        """Simulate the morning."""
        site = build_site(load_scenario(DAY, ALONE))
        outputs = run_world(site, wire(site), listener=Silent(), until_s=NOON_S)
        courses = expecter_of(site.components).expectations(NOON_S, STEP_S, STEPS)
        return cls(site, TwinState.of(NOON_S, site.components, outputs), list(courses))


def measure() -> dict[str, float]:
    """Seconds of each part; ``…_wall_s`` of the clock, the others of the CPU."""
    noon = Noon.reached()
    shadow = Shadow(noon.site.scenario, STEP_S)
    nominal = noon.expectations[0]
    setpoints, _ = shadow.rollout(noon.state, nominal, HORIZON)
    limits = resolve_limits(noon.site.scenario, noon.site.components, shadow.commands)
    trajectories = shadow.replay(noon.state, HORIZON, setpoints, nominal)
    schedule = Schedule(HORIZON, setpoints, Origin(OriginKind.CONTROLLER, "operator"), "", "", "")
    before = Before.of(noon.state, shadow.plant)

    def judged() -> Verdict:
        return judge([(nominal, trajectories)], limits, GateRules(), schedule=schedule, scenario_sha256="",
                     state_sha256="", before=before)

    found = {
        "replay_s": _best(lambda: shadow.replay(noon.state, HORIZON, setpoints, nominal)),
        "rollout_s": _best(lambda: shadow.rollout(noon.state, nominal, HORIZON)),
        "judge_s": _best(judged),
        "hash_s": _best(noon.state.sha256),
        "transport_s": _best(lambda: pickle.loads(pickle.dumps((noon.state, trajectories), pickle.HIGHEST_PROTOCOL))),
        "append_wall_s": _append_wall_s(schedule, judged()),
    }
    return found | _in_processes(noon, schedule)


def _in_processes(noon: Noon, schedule: Schedule) -> dict[str, float]:
    """A trial under 3 and 5 expectations in two processes, from the snapshot to the verdict."""
    found = {}
    ground = ProvingGround(noon.site.scenario, GateRules(workers=2, step_s=STEP_S), noon.site.components)
    try:
        for count in (3, 5):
            courses = [noon.expectations[n % len(noon.expectations)] for n in range(count)]
            moment = Moment(noon.state, noon.state.sha256(), courses)
            ground.try_out(schedule, moment)
            walls, cpus = [], []
            for _ in range(ROUNDS):
                wall, own, theirs = time.perf_counter(), time.process_time(), ground.pool.cpu_s
                verdict = ground.try_out(schedule, moment).verdict
                assert verdict.accepted and len(verdict.trials) == count
                walls.append(time.perf_counter() - wall)
                cpus.append(time.process_time() - own + ground.pool.cpu_s - theirs)
            found |= {f"expectations_{count}_wall_s": min(walls), f"expectations_{count}_s": min(cpus)}
    finally:
        ground.close()
    return found


def _append_wall_s(schedule: Schedule, verdict: Verdict) -> float:
    """One decision made durable: proposal, verdict, release and all syncs; the median, for a disk has its moods."""
    sha256 = hashlib.sha256(resolved_yaml(load_scenario(DAY)).encode()).hexdigest()
    of_site = Schedule(HORIZON, schedule.setpoints, schedule.origin, sha256, "", "")
    walls = []
    with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder) / LEDGER, key()) as ledger:
        for number in range(APPENDS):
            released = Signer(key()).release(
                of_site, verdict_sha256=verdict.sha256, snapshot_sha256="", scenario_sha256=sha256, forecast_sha256="",
                code_version=str(number), issued_s=NOON_S, expires_s=NOON_S + 3600, bands={}, state_band={})
            began = time.perf_counter()
            ledger.append_all([ledger_entries.proposed(NOON_S, of_site), ledger_entries.judged(NOON_S, verdict),
                               ledger_entries.released(NOON_S, released, "gate")])
            walls.append(time.perf_counter() - began)
    return float(np.median(walls))


def _best(work: Callable[[], Any]) -> float:
    """CPU seconds of the quickest round, after one round to warm up."""
    work()
    times = []
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times)


def add_rows(table: Table, runs: Runs, peer_step_s: float, verdict: Callable[[float, float], str]) -> None:
    """The rows of ``make bench``.

    Parameters
    ----------
    peer_step_s : of one power flow and one steady heat network by pandapower and pandapipes.
    """
    found = measure()
    replay_s, naive_s = found["replay_s"], STEPS * peer_step_s
    table.add_row(f"gate: a replay of {STEPS} steps of the park", f"{replay_s:.3f} s",
                  f"{REPLAY_S} s, aim {REPLAY_AIM_S}", verdict(replay_s, REPLAY_S),
                  f"runpp + pipeflow loop alone {naive_s:.1f} s", f"{naive_s / replay_s:.0f}")
    for name, label in (("rollout_s", "rollout of the operators"), ("judge_s", "judging it"),
                        ("hash_s", "hash of the state"), ("transport_s", "state and series there and back")):
        table.add_row(f"  {label}", f"{found[name] * 1e3:.1f} ms", "", "", "", "")
    table.add_row("  a decision made durable (wall)", f"{found['append_wall_s'] * 1e3:.1f} ms", "", "", "", "")
    for count in (3, 5):
        wall_s, cpu_s = found[f"expectations_{count}_wall_s"], found[f"expectations_{count}_s"]
        table.add_row(f"gate: {count} expectations, 2 processes (wall)", f"{wall_s:.2f} s", f"{EXPECTATIONS_S} s",
                      verdict(wall_s, EXPECTATIONS_S),
                      f"(CPU {cpu_s:.2f} s; the loop {count * naive_s:.0f} s)", f"{count * naive_s / cpu_s:.0f}")
    run = runs.of(DAY)
    naive_day_s = DECISIONS_PER_DAY * 3 * naive_s
    table.add_row("gate: closed-loop day, start-up too (wall)", f"{run.wall_s:.0f} s", f"{DAY_S:.0f} s",
                  verdict(run.wall_s, DAY_S),
                  f"(CPU of all processes {run.process_cpu_s:.0f} s; the loop for its trials {naive_day_s:.0f} s)",
                  f"{naive_day_s / run.process_cpu_s:.0f}")


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:24s} {value:.4f}")
