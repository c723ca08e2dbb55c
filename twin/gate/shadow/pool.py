"""Shadow twins in processes of their own: started once and kept warm, given jobs in parallel, replaced when they fail.

A World cannot run inside the event loop of another, and a replay must not be able to take the run down with it: a
process that crashes, hangs or eats the memory costs a validation (which is then a rejection) and is started anew.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from twin.errors import ExitCode, ParkTwinError
from twin.gate.shadow.jobs import Done, Failure, Job
from twin.gate.shadow.pipe import PipeClosed, PipeTimeout, receive, send

MODULE = "twin.gate.shadow.process"
START_TIMEOUT_S = 300.0
"""Importing, building, and on a new machine compiling."""


class _Process:
    """One shadow twin in its process."""

    def __init__(self, scenario_text: str, step_s: int | None) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        self._child = subprocess.Popen([sys.executable, "-m", MODULE], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, env=environment, start_new_session=True)
        assert self._child.stdin is not None and self._child.stdout is not None
        self._to, self._from = self._child.stdin.fileno(), self._child.stdout.fileno()
        self._built: tuple[str, ...] | Failure | None = None
        self._deadline = time.monotonic() + START_TIMEOUT_S
        with contextlib.suppress(PipeClosed, PipeTimeout):
            send(self._to, (scenario_text, step_s), self._deadline)

    def built(self) -> tuple[str, ...] | Failure:
        """Command keys of the site, once it is built."""
        if self._built is None:
            try:
                self._built = receive(self._from, self._deadline)
            except PipeTimeout:
                self._built = Failure("timed_out", f"the shadow twin was not built within {START_TIMEOUT_S:g} s")
            except PipeClosed:
                self._built = Failure("died", f"the process of the shadow twin ended while it was built{self._how()}")
        return self._built

    def start(self, job: Any, deadline: float) -> Failure | None:
        """Hand over a job."""
        built = self.built()
        if isinstance(built, Failure):
            return built
        try:
            send(self._to, job, deadline)
        except PipeTimeout:
            return Failure("timed_out", "the shadow twin took no job in time")
        except PipeClosed:
            return Failure("died", f"the process of the shadow twin is gone{self._how()}")
        return None

    def result(self, deadline: float) -> Done | Failure:
        """Wait for what the job gives."""
        try:
            return receive(self._from, deadline)
        except PipeTimeout:
            return Failure("timed_out", "the shadow twin gave no answer in time")
        except PipeClosed:
            return Failure("died", f"the process of the shadow twin ended during the job{self._how()}")

    def _how(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self._child.wait(timeout=1.0)
            return f" (killed by signal {-code})" if code < 0 else f" (exit code {code})"
        return ""

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._child.pid

    def end(self) -> None:
        """At once."""
        with contextlib.suppress(OSError):
            self._child.kill()
        for stream in (self._child.stdin, self._child.stdout):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr]
        self._child.wait()


class ShadowPool:
    """Shadow twins of one scenario.

    Parameters
    ----------
    scenario_text : resolved scenario.
    step_s : step of the shadows; None: as in the scenario.
    workers : processes.
    timeout_s : longest time for one job.
    """

    def __init__(self, scenario_text: str, step_s: int | None, *, workers: int = 2, timeout_s: float = 60.0) -> None:
        self._scenario_text, self._step_s, self.timeout_s = scenario_text, step_s, timeout_s
        self._processes: list[_Process | None] = [None] * max(workers, 1)
        self.restarts = 0
        """Processes that had to be replaced."""
        self.cpu_s = 0.0
        """Of all jobs so far."""

    def start(self) -> None:
        """Begin to build; returns at once."""
        for place in range(len(self._processes)):
            self._process(place)

    def commands(self) -> tuple[str, ...]:
        """Keys that a schedule of the site may have; waits until a shadow is built.

        Raises
        ------
        ShadowError
            If none can be built.
        """
        built = self._process(0).built()
        if isinstance(built, Failure):
            raise ShadowError(built.message)
        return built

    def run(self, jobs: Sequence[Job]) -> list[Done | Failure]:
        """Carry out jobs, as many at a time as there are processes; results in the order of the jobs."""
        results: list[Done | Failure | None] = [None] * len(jobs)
        waiting = list(range(len(jobs)))
        while waiting:
            now, waiting = waiting[:len(self._processes)], waiting[len(self._processes):]
            for place in range(len(now)):  # building has a time limit of its own, which is not the job's
                self._process(place).built()
            deadline = time.monotonic() + self.timeout_s
            refused = {number: self._process(place).start(jobs[number], deadline) for place, number in enumerate(now)}
            for place, number in enumerate(now):
                failure = refused[number]
                results[number] = result = failure or self._process(place).result(deadline)
                if isinstance(result, Done):
                    self.cpu_s += result.cpu_s
                elif failure is not None or result.kind != "failed":
                    self._replace(place)
        return [r for r in results if r is not None]

    def pids(self) -> tuple[int, ...]:
        """Of the processes that run."""
        return tuple(p.pid for p in self._processes if p is not None)

    def _process(self, place: int) -> _Process:
        process = self._processes[place]
        if process is None:
            process = self._processes[place] = _Process(self._scenario_text, self._step_s)
        return process

    def _replace(self, place: int) -> None:
        process = self._processes[place]
        if process is not None:
            process.end()
            self.restarts += 1
        self._processes[place] = None

    def close(self) -> None:
        """End all processes."""
        for place, process in enumerate(self._processes):
            if process is not None:
                process.end()
                self._processes[place] = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()


class ShadowError(ParkTwinError):
    """There is no shadow twin to try anything in."""

    exit_code = ExitCode.NO_VALID_SCHEDULE
