"""The process of a shadow twin: ``python -m twin.gate.shadow.process``, spoken to over stdin and stdout.

The first message is the scenario; each later one a job, each answered by its result or a ``Failure``. At the end of the
input the process ends, so it never outlives the run that started it.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from twin.gate.shadow.jobs import Done, Failure, Job, Linearise, Rollout
from twin.gate.shadow.pipe import PipeClosed, receive, send
from twin.gate.shadow.shadow import Shadow


def shadow_of(scenario_text: str, step_s: int | None) -> Shadow:
    """A shadow twin from the text of a resolved scenario."""
    from twin.scenario.loader import load_scenario

    with tempfile.TemporaryDirectory(prefix="parktwin-shadow-") as folder:
        file = Path(folder) / "scenario.yaml"
        file.write_text(scenario_text, encoding="utf-8")
        return Shadow(load_scenario(file, trust_paths=True), step_s)


def do(shadow: Shadow, job: Job) -> Done:
    """Carry out a job; raises what the twin raises."""
    began = time.process_time()
    if isinstance(job, Rollout):
        setpoints, trajectories = shadow.rollout(job.start, job.expectation, job.horizon)
        return Done(trajectories, setpoints, time.process_time() - began)
    if isinstance(job, Linearise):
        from twin.gate.slopes.linearise import linearise  # only where something is to be repaired

        found = linearise(shadow, job.replayed, job.limits)
        return Done(job.replayed.trajectories, {}, time.process_time() - began, found)
    trajectories = shadow.replay(job.start, job.horizon, job.setpoints, job.expectation, job.until_s)
    return Done(trajectories, {}, time.process_time() - began)


def answer(shadow: Shadow, job: Job) -> Done | Failure:
    """The result of a job, or why there is none: a shadow that cannot be stepped must never stop the run."""
    try:
        return do(shadow, job)
    except MemoryError:
        return Failure("failed", "the shadow twin ran out of memory")
    except Exception as error:  # a stranger's component may fail in any way
        return Failure("failed", f"{type(error).__name__}: {error}")


def main() -> None:
    """Serve until the input ends."""
    inbox, outbox = os.dup(0), os.dup(1)
    os.dup2(2, 1)  # what a library prints must not get between the messages
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdin = None
    try:
        scenario_text, step_s = receive(inbox)
        try:
            shadow: Shadow | Failure = shadow_of(scenario_text, step_s)
        except Exception as error:
            shadow = Failure("failed", f"the shadow twin cannot be built: {type(error).__name__}: {error}")
        send(outbox, tuple(shadow.commands) if isinstance(shadow, Shadow) else shadow)
        while True:
            job: Any = receive(inbox)
            send(outbox, shadow if isinstance(shadow, Failure) else answer(shadow, job))
    except (PipeClosed, KeyboardInterrupt):
        return


if __name__ == "__main__":
    main()
