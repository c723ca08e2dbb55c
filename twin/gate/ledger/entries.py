"""What entries of the ledger say, kind by kind: bodies with the keys that ``twin ledger why`` reads.

Each function gives kind and body for ``Ledger.append_all``. Every body has ``t_s``, seconds from the scenario's start.
Schedules are named by their hash; verdicts and releases are written whole, so that anybody can check them and a release
can be taken up again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from twin.gate.ledger.format import Kind
from twin.gate.ledger.writer import Told
from twin.gate.limits.verdict import Verdict
from twin.gate.release.release import ReleasedSchedule
from twin.schedule import Schedule, plain_floats


def scenario_loaded(t_s: int, *, name: str, scenario_sha256: str, start: str, timezone: str, code_version: str) -> Told:
    """The run begins, or continues at ``t_s``; ``start`` (ISO 8601 with offset) is where times count from."""
    return Kind.SCENARIO_LOADED, {"t_s": t_s, "scenario": name, "scenario_sha256": scenario_sha256, "start": start,
                                  "timezone": timezone, "code_version": code_version}


def proposed(t_s: int, schedule: Schedule, *, whole: bool = False) -> Told:
    """Somebody proposes a schedule; ``whole`` with its set-points, which no release will show if it is rejected."""
    setpoints = {"setpoints": {key: plain_floats(v) for key, v in schedule.setpoints.items()}} if whole else {}
    return Kind.PROPOSAL, {"t_s": t_s, **_about(schedule), **setpoints}


def fallen_back(t_s: int, schedule: Schedule) -> Told:
    """A schedule from the library of fallbacks is tried."""
    return Kind.FALLBACK, {"t_s": t_s, **_about(schedule)}


def repaired(t_s: int, before: Schedule, after: Schedule, *, changes: Sequence[str], cost: float | None) -> Told:
    """A repair proposes another schedule: what it changed, in sentences and per set-point, and what that costs."""
    return Kind.REPAIR, {"t_s": t_s, **_about(after), "from_sha256": before.sha256, "changes": list(changes),
                         "cost": cost, "setpoints": differences(before, after)}


def judged(t_s: int, verdict: Verdict) -> Told:
    """What trying a schedule has shown."""
    return Kind.VERDICT, {"t_s": t_s, "verdict_sha256": verdict.sha256, **verdict.as_plain()}


def released(t_s: int, release: ReleasedSchedule, by: str, promise: Mapping[str, Any] | None = None) -> Told:
    """The gate, or through it a person, released a schedule; with what its proof expects while it is to hold."""
    promised = {"promise": promise} if promise else {}
    return Kind.RELEASE, {"t_s": t_s, "by": by, "release_id": release.release_id, "release": release.as_plain(),
                          **promised}


def noted(kind: Kind, t_s: int, message: str, *, release_id: str | None = None,
          about: Mapping[str, Any] | None = None) -> Told:
    """Anything else, in a sentence; with the release that it concerns, it becomes part of that one's story."""
    concerned = {} if release_id is None else {"release_id": release_id}
    return kind, {**(about or {}), "t_s": t_s, "message": message, **concerned}


def differences(before: Schedule, after: Schedule) -> list[dict[str, Any]]:
    """Per set-point that differs: in how many steps, and where most. Of another horizon all steps count as others."""
    found = []
    for key, values in after.setpoints.items():
        old = before.setpoints.get(key)
        if old is None or before.horizon != after.horizon:
            found.append({"key": key, "steps_count": after.horizon.steps})
            continue
        steps = np.flatnonzero(values != old)
        if len(steps) == 0:
            continue
        most = int(steps[np.argmax(np.abs(values[steps] - old[steps]))])
        found.append({"key": key, "steps_count": len(steps), "t_s": int(after.horizon.times_s()[most]),
                      "before": _plain(old[most]), "after": _plain(values[most])})
    return found


def _about(schedule: Schedule) -> dict[str, Any]:
    horizon = schedule.horizon
    return {
        "schedule_sha256": schedule.sha256, "origin": str(schedule.origin), "state_sha256": schedule.state_sha256,
        "forecast_sha256": schedule.forecast_sha256, "objective": schedule.objective,
        "start_s": horizon.start_s, "end_s": horizon.end_s, "step_s": horizon.step_s,
    }


def _plain(value: float) -> float | str:
    """JSON knows no infinity."""
    return float(value) if math.isfinite(value) else str(float(value))
