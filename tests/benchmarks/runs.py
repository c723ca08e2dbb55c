"""Whole runs, each in a process of its own: the park for a day and a year, the ERIGrid benchmark for a day.

All runs of a benchmark share one empty cache of compiled code, so that the first is a newcomer's and the others have
nothing to compile, whatever the machine did before. CPU seconds.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from simulators.validation.erigrid import FOLDER, INPUTS, SCENARIO
from tests.validation.published_data import published_data
from twin.errors import ExitCode

HELP_TRIES = 5
KB_PER_MB = 1024


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took."""

    cpu_s: float
    """Of the simulation; start-up is not in it."""
    startup_cpu_s: float
    """Reading, building and wiring."""
    process_cpu_s: float
    """From the call to the end, with everything."""
    wall_s: float
    """The same on the clock: where several processes share the work."""
    memory_mb: float
    simulated_s: int


class Runs:
    """Runs scenarios with an empty cache of compiled code."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self._environment = {**os.environ, "NUMBA_CACHE_DIR": str(scratch / "compiled")}
        self._count = 0
        self.calibrations_s: list[float] = []
        """Before each run: where they differ, other work on the machine has changed the figures."""

    def of(self, scenario: str, *changes: str) -> Run:
        """One run; changes are those of ``--set``."""
        self._count += 1
        script = ("import resource, sys; from twin.cli import main\n"
                  "try: main()\n"
                  "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)")
        call = [sys.executable, "-c", script, "run", scenario, "--json", "--no-report",
                "--out", str(self.scratch / f"run_{self._count}")]
        for change in changes:
            call += ["--set", change]
        self.calibrations_s.append(calibration_s())
        before, began = _children_cpu_s(), time.perf_counter()
        done = subprocess.run(call, capture_output=True, text=True, env=self._environment)
        if done.returncode != ExitCode.VIOLATIONS:  # the plant left a limit: a result like any other
            done.check_returncode()
        process_cpu_s, wall_s = _children_cpu_s() - before, time.perf_counter() - began
        result = json.loads(done.stdout)
        return Run(result["cpu_s"], result["startup_cpu_s"], process_cpu_s, wall_s,
                   int(done.stderr.split()[-1]) / KB_PER_MB, result["simulated_s"])

    def erigrid_day(self) -> Run | str:
        """The benchmark's first day with its published profiles, or why there is none."""
        try:
            for name in INPUTS:
                data = published_data(FOLDER, name)
        except pytest.skip.Exception as absent:
            return str(absent)
        profiles = f"data_dir={(data / FOLDER).resolve()}"
        self.of(SCENARIO, profiles, "time.duration_h=1")   # what the park has not compiled
        return self.of(SCENARIO, profiles, "time.duration_h=24")


def help_wall_s() -> float:
    """Best of a few calls: the disk cache of the first one is not ours."""
    times = []
    for _ in range(HELP_TRIES):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "twin", "--help"], capture_output=True, check=True)
        times.append(time.perf_counter() - started)
    return min(times)


def calibration_s() -> float:
    """Ten million additions by a plain script: how fast this machine is at this moment."""
    started = time.process_time()
    exec("total = 0\nfor number in range(10_000_000):\n    total += number", {})
    return time.process_time() - started


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
