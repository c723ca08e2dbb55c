"""What the release gate of a run decided: statuses from the run's series, reasons from its ledger, as plain data.

The gate is found by what it states, a status with the numbers of its trials and decisions; of the ledger only decisions
are told in which something else was released than proposed, or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.gate.decision import GateStatus
from twin.gate.ledger.format import Kind, LedgerError
from twin.gate.ledger.reader import Entry, LedgerReader
from twin.schedule import Schedule, ScheduleError, floats_of_plain
from twin.store.layout import LEDGER
from twin.store.run_data import ComponentRecord, RunData

STATED = {"status_code", "trials_count", "decisions_count"}
BY_GATE = "gate"
STEPS = (Kind.PROPOSAL, Kind.REPAIR, Kind.FALLBACK, Kind.VERDICT, Kind.REFUSAL)


@dataclass(frozen=True)
class Change:
    """One set-point that was released otherwise than proposed."""

    key: str
    steps: int
    """Of the schedule, in which it differs."""
    t_s: int
    """Where it differs most."""
    before: float
    after: float


@dataclass(frozen=True)
class Decided:
    """One decision that was not a plain release."""

    t_s: int
    status: GateStatus
    outcome: str
    """Of the proposal's verdict; empty where nothing was proposed."""
    reason: str
    """Why the proposal was not released, where no limit is the reason."""
    violation: Mapping[str, Any] | None
    """The first hard one of the proposal."""
    violations_count: int
    """Hard ones of the proposal."""
    rounds: int
    name: str
    """Who made what was released; empty in the safe state."""
    changed: tuple[str, ...]
    """What the last repair changed, in sentences."""
    cost: float | None
    """Of that repair."""
    proposed: Mapping[str, np.ndarray]
    """Set-points; empty where the ledger does not have them."""
    released: Schedule | None

    def changes(self) -> list[Change]:
        """Set-points that were released otherwise than proposed, the largest difference first."""
        if self.released is None:
            return []
        times_s, found = self.released.horizon.times_s(), []
        for key, before in self.proposed.items():
            after = self.released.setpoints.get(key)
            if after is None or len(after) != len(before):
                continue
            steps = np.flatnonzero(after != before)
            if len(steps):
                with np.errstate(invalid="ignore"):  # a limit that is lifted: infinite
                    size = np.nan_to_num(np.abs(after - before), nan=0.0)
                most = int(steps[size[steps].argmax()])
                found.append((float(size[most]), Change(key, len(steps), int(times_s[most]), float(before[most]),
                                                        float(after[most]))))
        return [change for _, change in sorted(found, key=lambda pair: (-pair[0], pair[1].key))]


def gate_of(run: RunData) -> ComponentRecord | None:
    """The gate of a run, if it has one."""
    return next((c for c in run.components.values() if set(c.outputs) >= STATED), None)


def decisions_by_status(run: RunData, gate: ComponentRecord) -> dict[GateStatus, int]:
    """How many decisions led to which status."""
    status, decisions = run.native(f"{gate.name}.status_code"), run.native(f"{gate.name}.decisions_count")
    decided = np.diff(decisions, prepend=0.0) > 0.0
    return {one: int((status[decided] == one).sum()) for one in GateStatus if one is not GateStatus.WAITING}


def trials_count(run: RunData, gate: ComponentRecord) -> int:
    """Schedules tried in the run."""
    trials = run.native(f"{gate.name}.trials_count")
    return int(trials[-1]) if len(trials) else 0


def decided_otherwise(run: RunData) -> tuple[list[Decided], str]:
    """Decisions that were no plain release, in time; and why the ledger cannot be read, if so."""
    if run.directory is None or not (run.directory / LEDGER).is_file():
        return [], ""
    try:
        with LedgerReader(run.directory / LEDGER) as reader:
            return decisions_of(reader.entries()), ""
    except (LedgerError, ScheduleError) as error:
        return [], str(error)


def decisions_of(entries: Sequence[Entry]) -> list[Decided]:
    """Decisions of a ledger that were no plain release."""
    found: list[Decided] = []
    steps: list[Entry] = []
    for entry in entries:
        if entry.kind in STEPS:
            steps.append(entry)
        elif entry.kind in (Kind.RELEASE, Kind.SAFE_STATE):
            decided = _decided(steps, entry)
            if decided.status is not GateStatus.RELEASED:
                found.append(decided)
            steps = []
    return found


def _decided(steps: Sequence[Entry], end: Entry) -> Decided:
    made = [e for e in steps if e.kind in (Kind.PROPOSAL, Kind.REPAIR, Kind.FALLBACK)]
    proposal = next((e for e in reversed(made) if e.kind == Kind.PROPOSAL), None)
    verdict: Mapping[str, Any] = {} if proposal is None else next(
        (e.body for e in steps if e.kind == Kind.VERDICT and e.seq > proposal.seq), {})
    hard = [v for v in verdict.get("violations", ()) if v.get("hard")]
    repairs = [e.body for e in made if e.kind == Kind.REPAIR]
    body = end.body
    released = Schedule.from_plain(body["release"]["schedule"]) if end.kind == Kind.RELEASE else None
    reasons = [str(e.body.get("message", "")) for e in steps if e.kind == Kind.REFUSAL]
    reasons += [str(t["message"]) for t in verdict.get("trials", ()) if t.get("message")]
    return Decided(
        int(body["t_s"]), _status(made, end), str(verdict.get("outcome", "")), "; ".join(dict.fromkeys(reasons)),
        hard[0] if hard else None, len(hard), len(repairs), "" if released is None else released.origin.name,
        tuple(map(str, repairs[-1]["changes"])) if repairs else (), repairs[-1].get("cost") if repairs else None,
        {} if proposal is None else {key: floats_of_plain(v) for key, v in proposal.body.get("setpoints", {}).items()},
        released)


def _status(made: Sequence[Entry], end: Entry) -> GateStatus:
    if end.kind == Kind.SAFE_STATE:
        return GateStatus.SAFE_STATE
    if end.body.get("by", BY_GATE) != BY_GATE:
        return GateStatus.BY_HAND
    last = made[-1].kind if made else Kind.PROPOSAL
    return {Kind.REPAIR: GateStatus.REPAIRED, Kind.FALLBACK: GateStatus.FALLBACK}.get(Kind(last), GateStatus.RELEASED)
