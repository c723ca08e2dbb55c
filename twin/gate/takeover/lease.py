"""Leases: who holds which set-point at which value until when. Times in s from the scenario's start, powers in MW."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from twin.schedule import Horizon, Origin, OriginKind, Schedule


class LeaseState(StrEnum):
    """How far a takeover has come."""

    REQUESTED = "requested"
    VALIDATED = "validated"
    """Proved by the gate; so it stands in the ledger before it acts."""
    ACTIVE = "active"
    ENDED = "ended"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    """By the gate: nothing could be proved with it any more."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Lease:
    """A person holds ``key`` at ``value`` on [from_s, until_s)."""

    lease_id: str
    who: str
    key: str
    """``asset.port``."""
    value: float
    from_s: int
    until_s: int
    reason: str = ""
    state: LeaseState = LeaseState.REQUESTED

    def holds(self, t_s: int) -> bool:
        """Whether the set-point is this person's at ``t_s``; never at ``until_s`` or after, whatever the state says."""
        return self.state is LeaseState.ACTIVE and self.from_s <= t_s < self.until_s

    def in_state(self, state: LeaseState) -> Lease:
        """The same lease, further on."""
        return dataclasses.replace(self, state=state)

    def as_plain(self) -> dict[str, Any]:
        """JSON-ready data."""
        return {**dataclasses.asdict(self), "state": self.state.value}

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Lease:
        """What :meth:`as_plain` gave."""
        known = {f.name: data[f.name] for f in dataclasses.fields(cls)}
        return cls(**{**known, "state": LeaseState(known["state"])})


def with_leases(schedule: Schedule, leases: Sequence[Lease]) -> Schedule:
    """The schedule as it is with what persons hold: each lease in every step that it touches."""
    if not leases:
        return schedule
    starts = schedule.horizon.times_s()
    changed = dict(schedule.setpoints)
    for lease in leases:
        touched = (starts < lease.until_s) & (starts + schedule.horizon.step_s > lease.from_s)
        before = changed.get(lease.key)
        if before is None or not touched.any():
            continue
        changed[lease.key] = np.where(touched, lease.value, before)
    who = ", ".join(dict.fromkeys(lease.who for lease in leases))
    return schedule.changed(changed, Origin(OriginKind.PERSON, who))


def held_steps(horizon: Horizon, leases: Sequence[Lease], latched: Iterable[str] = ()) -> dict[str, np.ndarray]:
    """Key → (steps,) where nobody but a person, or the watchdog, may change the set-point.

    Parameters
    ----------
    latched : keys that the watchdog holds, in all steps.
    """
    starts = horizon.times_s()
    held = {key: np.ones(horizon.steps, dtype=bool) for key in latched}
    for lease in leases:
        touched = (starts < lease.until_s) & (starts + horizon.step_s > lease.from_s)
        held[lease.key] = held.get(lease.key, np.zeros(horizon.steps, dtype=bool)) | touched
    return held
