"""Why the real plant left a limit although the gate had released what was being done.

Compares the worst moment of a breach with what the release promised (``twin.gate.limits.promise``): the violated signal
itself; sun, wind and demand; and whether the assets did what the release says. What stands here are differences, the
largest first; which of them was decisive is left to the reader.
"""

from __future__ import annotations

import bisect
import dataclasses
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from twin.gate.ledger.format import Kind
from twin.gate.ledger.reader import Entry
from twin.gate.limits.limits import Limit
from twin.gate.limits.plant_verdict import Breach
from twin.gate.limits.promise import Promise
from twin.gate.limits.rows import Quantity
from twin.gate.shadow.trajectory import Trajectories
from twin.schedule import Schedule
from twin.units import with_unit

MOST_CAUSES = 3
"""Of each kind that are named."""
LEAST_CAUSE_MW = 0.05
"""Smaller differences are noise of meters and loads."""
P_SET, P, P_REQUESTED = ".p_set_mw", "p_mw", "p_requested_mw"


class Explanation:
    """Explains breaches of one run.

    Parameters
    ----------
    entries : of the ledger.
    trajectories : of the real plant.
    """

    def __init__(self, entries: Sequence[Entry], trajectories: Trajectories) -> None:
        self._conclusions = [e for e in entries if e.kind in (Kind.RELEASE, Kind.SAFE_STATE)]
        self._times_s = [int(e.body["t_s"]) for e in self._conclusions]
        self._plant = trajectories

    def __call__(self, breach: Breach, limit: Limit) -> Breach:
        """The breach with what was released, what that promised, and what came otherwise."""
        release = self._holding_at(breach.worst_t_s)
        if release is None:
            return breach
        promise = Promise.of(release.get("promise"))
        causes: list[str] = []
        expected = math.nan
        if promise is not None:
            keys = [breach.signal, *(m for s, m in zip(limit.signals, limit.minus, strict=False) if s == breach.signal)]
            expected = _expected(limit, promise, keys, breach.worst_t_s)
            causes += self._of_signal(breach, limit, promise, expected)
            causes += self._of_nature(promise, breach.worst_t_s)
        causes += self._of_assets(release, breach.worst_t_s)
        return dataclasses.replace(
            breach, release_id=str(release["release_id"]), expected_value=expected,
            causes=tuple(causes) or ("nothing that was promised came otherwise",))

    def accepted_at(self, t_s: int) -> bool:
        """Whether a release held at an instant."""
        return self._holding_at(t_s) is not None

    def _holding_at(self, t_s: int) -> dict[str, Any] | None:
        """Body of the release that held at an instant."""
        place = bisect.bisect_right(self._times_s, t_s)
        if not place or self._conclusions[place - 1].kind != Kind.RELEASE:
            return None
        body = self._conclusions[place - 1].body
        return body if t_s < int(body["release"]["expires_s"]) else None

    def _of_signal(self, breach: Breach, limit: Limit, promise: Promise, expected: float) -> Iterator[str]:
        if limit.row.of not in (Quantity.VALUE, Quantity.ABS) or math.isnan(expected):
            return
        yield (f"the proof expected {with_unit(f'{expected:.4g}', breach.unit)}, it was "
               f"{with_unit(f'{breach.worst_value:.4g}', breach.unit)}")
        mean = self._mean(breach.signal, promise, breach.worst_t_s)
        if limit.minus or mean is None:
            return
        mean = abs(mean) if limit.row.of is Quantity.ABS else mean
        beyond = mean - breach.bound if breach.worst_value > breach.bound else breach.bound - mean
        if beyond <= limit.row.tolerance:
            yield (f"the mean over the proof's step of {promise.step_s} s was "
                   f"{with_unit(f'{mean:.4g}', breach.unit)}, within the limit: "
                   "the proof does not see what fluctuates within a step")

    def _of_nature(self, promise: Promise, t_s: int) -> list[str]:
        found = []
        for key in promise.given:
            was, expected = self._mean(key, promise, t_s), promise.value(key, t_s)
            if was is not None and expected is not None and abs(was - expected) > LEAST_CAUSE_MW:
                found.append((abs(was - expected), f"{key} was {was:.3g} instead of {expected:.3g} MW"))
        return _largest(found)

    def _of_assets(self, release: dict[str, Any], t_s: int) -> list[str]:
        plan = Schedule.from_plain(release["release"]["schedule"])
        found = []
        for key, planned in plan.at(t_s).items():
            asset = key.removesuffix(P_SET)
            if asset == key or not self._plant.has(f"{asset}.{P_REQUESTED}"):
                continue
            gave = float(self._plant.series(f"{asset}.{P}")[t_s // self._plant.steps_s[asset]])
            if abs(gave - planned) > LEAST_CAUSE_MW:
                found.append((abs(gave - planned), f"{asset} delivered {gave:.3g} MW, released were {planned:.3g} MW"))
        return _largest(found)

    def _mean(self, key: str, promise: Promise, t_s: int) -> float | None:
        """Of the real plant over the step of the proof around an instant."""
        owner = key.partition(".")[0]
        if not self._plant.has(key):
            return None
        begin_s = promise.start_s + (t_s - promise.start_s) // promise.step_s * promise.step_s
        step_s = self._plant.steps_s[owner]
        rows = self._plant.series(key)[begin_s // step_s:max(-(-(begin_s + promise.step_s) // step_s), 1)]
        return float(np.mean(rows)) if len(rows) else None


def _expected(limit: Limit, promise: Promise, keys: Sequence[str], t_s: int) -> float:
    """Of the limited signal, less its second one."""
    values = [promise.value(key, t_s) for key in keys]
    if any(value is None for value in values):
        return math.nan
    first, *rest = (float(value) for value in values if value is not None)
    total = first - math.fsum(rest)
    return abs(total) if limit.row.of is Quantity.ABS else total


def _largest(found: list[tuple[float, str]]) -> list[str]:
    return [text for _, text in sorted(found, reverse=True)[:MOST_CAUSES]]
