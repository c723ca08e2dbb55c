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
    before_first_row: int = 0
    continued_from_snapshot: int = 0
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (f"{self.kills} kills ({self.before_first_row} before the first row, {self.continued_from_snapshot} "
                f"continued from a snapshot), {len(self.failures)} failures"
                + "".join(f"\n  {f}" for f in self.failures))


def _twin(*args: str) -> list[str]:
    return [sys.executable, "-m", "twin", *args]


def run(kills: int, seed: int, scenario: str, folder: Path, sets: tuple[str, ...] = ()) -> Report:
    """Start, kill and resume ``kills`` runs of a scenario and compare each with an unbroken one."""
    rng = np.random.default_rng(seed)
    settings = [part for text in (f"run.checkpoint_every_s={CHECKPOINT_EVERY_S}", *sets) for part in ("--set", text)]
    whole = folder / "whole"
    started = time.monotonic()
    subprocess.run(_twin("run", scenario, *settings, "--json", "--no-report", "--out", str(whole)), check=True,
                   capture_output=True)
    longest_s = time.monotonic() - started
    expected = read_run(whole)
    report = Report()
    for number in range(kills):
        directory = folder / f"killed-{number}"
        process = subprocess.Popen(_twin("run", scenario, *settings, "--json", "--no-report", "--out", str(directory)),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
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
    if not (directory / "run.h5").is_file():
        report.before_first_row += 1
        return
    acknowledged_s = 0
    if (directory / "checkpoint.json").is_file():
        acknowledged_s = Snapshot.read(directory / "checkpoint.json").t_s
        report.continued_from_snapshot += 1
    broken = read_run(directory)
    assert broken.duration_s >= acknowledged_s, f"rows up to {broken.duration_s} s, acknowledged {acknowledged_s} s"
    for key, series in broken.values.items():
        assert np.array_equal(series, expected[key][: len(series)]), f"{key} differs before the kill"
    subprocess.run(_twin("resume", str(directory), "--json", "--no-report"), check=True, capture_output=True)
    resumed = read_run(directory)
    for key, series in expected.items():
        assert np.array_equal(resumed.values[key], series), f"{key} differs after resume"
    assert resumed.events == events, "events differ after resume"
