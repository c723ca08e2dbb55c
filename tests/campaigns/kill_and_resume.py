"""kill -9 at random moments: the run stays readable, loses nothing acknowledged and, resumed, ends bit-identical."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from twin.errors import RunStoreError
from twin.store.reader import read_run
from twin.store.snapshot import Snapshot

CHECKPOINT_EVERY_S = 0.1
"""Wall seconds; short, so that most kills find a snapshot."""


@dataclass
class Report:
    """What the kills did."""

    kills: int = 0
    before_the_run: int = 0
    continued_from_snapshot: int = 0
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (f"{self.kills} kills ({self.before_the_run} before there was a run, {self.continued_from_snapshot} "
                f"continued from a snapshot), {len(self.failures)} failures"
                + "".join(f"\n  {f}" for f in self.failures))


def _twin(*args: str) -> list[str]:
    return [sys.executable, "-m", "twin", *args]


KILL_AFTER = """
import os, signal, sys
from twin.store.writer import RunWriter
calls, inner = [0], RunWriter.after_step
def after_step(self, *told):
    inner(self, *told)
    calls[0] += 1
    if calls[0] == {calls}:
        os.kill(os.getpid(), signal.SIGKILL)
RunWriter.after_step = after_step
from twin.cli import main
main()
"""
"""A run that kills itself after so many component steps: the same moment on every machine."""


def run(kills: int, seed: int, scenario: str, folder: Path, sets: tuple[str, ...] = (), *,
        after_steps: tuple[int, int] | None = None) -> Report:
    """Start, kill and resume ``kills`` runs of a scenario and compare each with an unbroken one.

    Killed at a random wall-clock moment, or after a random number of component steps in ``after_steps``.
    """
    rng = np.random.default_rng(seed)
    settings = [part for text in (f"run.checkpoint_every_s={CHECKPOINT_EVERY_S}", *sets) for part in ("--set", text)]
    call = ["run", scenario, *settings, "--json", "--no-report", "--out"]
    started = time.monotonic()
    subprocess.run(_twin(*call, str(folder / "whole")), check=True, capture_output=True)
    longest_s = time.monotonic() - started
    expected = read_run(folder / "whole")
    report = Report()
    for number in range(kills):
        directory = folder / f"killed-{number}"
        if after_steps is not None:
            script = KILL_AFTER.format(calls=rng.integers(*after_steps))
            subprocess.run([sys.executable, "-c", script, *call, str(directory)], capture_output=True)
        else:
            process = subprocess.Popen(_twin(*call, str(directory)), stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            time.sleep(float(rng.uniform(0.2, 0.95)) * longest_s)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        report.kills += 1
        try:
            _check_one(directory, expected.values, expected.events, report)
        except (RunStoreError, AssertionError, subprocess.CalledProcessError) as error:
            report.failures.append(f"{directory.name}: {type(error).__name__}: {error}")
    return report


def _check_one(directory: Path, expected: dict[str, np.ndarray], events: list, report: Report) -> None:
    if not (directory / "meta.json").is_file():
        report.before_the_run += 1
        refused = subprocess.run(_twin("resume", str(directory)), capture_output=True, text=True)
        assert refused.returncode == 2 and "twin run SCENARIO" in refused.stderr, refused.stderr
        return
    acknowledged_s = 0
    if (directory / "checkpoint.json").is_file():
        acknowledged_s = Snapshot.read(directory / "checkpoint.json").t_s
        report.continued_from_snapshot += 1
    if (directory / "run.h5").is_file():
        broken = read_run(directory)
        assert broken.duration_s >= acknowledged_s, f"rows to {broken.duration_s} s, acknowledged {acknowledged_s} s"
        for key, series in broken.values.items():
            unbroken = expected[key][: len(series)]
            assert np.array_equal(series, unbroken, equal_nan=True), f"{key} differs before the kill"
    subprocess.run(_twin("resume", str(directory), "--json", "--no-report"), check=True, capture_output=True)
    resumed = read_run(directory)
    for key, series in expected.items():
        assert np.array_equal(resumed.values[key], series, equal_nan=True), f"{key} differs after resume"
    assert resumed.events == events, "events differ after resume"
