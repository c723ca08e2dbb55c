"""Taking over by hand: a person holds one set-point for a time, within the limits, proved by the gate, in the ledger.

A lease goes requested → validated → active → expired (on time, by itself) or ended (given back before), or it is
refused. ``TakeoverDesk`` knows the requests and the leases of a run; whoever runs the gate asks it in each step
(``due``, ``active``) and lends it the proof (``validate``). The desk knows no clock: a request takes effect at the step
in which it is found, that moment stands in the ledger, and a run that is repeated takes it from there. So does a run
that was killed: leases are as durable as the ledger, and end when they would have ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from twin.gate.ledger.format import Kind
from twin.gate.takeover.lease import Lease, LeaseState, with_leases
from twin.gate.takeover.request import Answer, Request, RequestKind, refusal_of_value
from twin.units import with_unit

if TYPE_CHECKING:
    from twin.gate.limits.verdict import Verdict

__all__ = ["DeskState", "Inbox", "Lease", "LeaseState", "Ruling", "TakeoverDesk", "ruling_of", "with_leases"]

MOST_TOLD = 3
"""Violations that a person is told of in an answer; the ledger has the others."""


DECISIONS = frozenset({
    Kind.TAKEOVER, Kind.REFUSAL, Kind.RELEASE_BY_HAND, Kind.REJECT_BY_HAND, Kind.WATCHDOG_RESET})
"""Entries that say what became of a request."""
DONE_ONCE = frozenset({RequestKind.RELEASE, RequestKind.REJECT, RequestKind.RESET})
"""What was done in its moment, and is not done again in a later one after a restart."""


class Ruling(NamedTuple):
    """What the gate says of a request."""

    accepted: bool
    text: str
    """Why, in a sentence."""
    about: Mapping[str, Any] = {}
    """For the ledger: hashes of verdict and schedule, a release's name."""


class Inbox(Protocol):
    """Where requests arrive while the run goes on."""

    def take(self) -> tuple[list[Request], list[str]]:
        """New requests in the order of their names, and complaints about what was none."""

    def answer(self, answer: Answer) -> None:
        """Tell the person."""


@dataclass(slots=True)
class DeskState:
    """All that the desk remembers; plain, for snapshots."""

    taken: list[str] = field(default_factory=list)
    """Requests that were dealt with."""
    leases: list[dict[str, Any]] = field(default_factory=list)
    """Those that have not ended."""
    reset_counts: dict[str, int] = field(default_factory=dict)
    """Asset → resets of the watchdog that persons asked for so far."""


class TakeoverDesk:
    """Requests and leases of one run.

    Parameters
    ----------
    ranges : key → lowest and highest value that may be leased (``takeover_request.leasable``).
    record : writes kind and body to the ledger, durably.
    inbox : requests from outside; None: there are none.
    script : (time [s], request) from the scenario.
    past : (kind, body) of entries that the ledger has already: what they tell happens again at their time and is not
        written twice.
    """

    def __init__(self, ranges: Mapping[str, tuple[float, float]], record: Callable[[Kind, dict[str, Any]], object], *,
                 inbox: Inbox | None = None, script: Iterable[tuple[int, Request]] = (),
                 past: Iterable[tuple[str, Mapping[str, Any]]] = ()) -> None:
        self.state = DeskState()
        self.complaints: list[str] = []
        """About what came in and was no request; for whoever tells events, who empties it."""
        self._ranges, self._record_entry, self._inbox = dict(ranges), record, inbox
        self._decided: dict[str, tuple[str, Mapping[str, Any]]] = {}
        """Request → kind and body of what was decided in the life before."""
        self._written: set[tuple[str, str]] = set()
        told: list[tuple[int, Request]] = []
        for kind, body in past:
            self._written.add((kind, str(body.get("request_id"))))
            if kind == Kind.TAKEOVER_REQUEST:
                told.append((int(body["t_s"]), Request.model_validate(body["request"])))
            elif kind in DECISIONS and "request_id" in body:
                self._decided[str(body["request_id"])] = kind, body
        known = {request.request_id for _, request in told}
        waiting = told + [(at_s, request) for at_s, request in script if request.request_id not in known]
        self._waiting = sorted(waiting, key=lambda item: item[0])

    def due(self, t_s: int) -> list[Request]:
        """End what is over, then the requests to be dealt with now (:meth:`handle`), each already in the ledger.

        Raises
        ------
        LedgerError
            If something cannot be written down; requests wait for the next step then, none is lost.
        """
        self._expire(t_s)
        self._waiting = [item for item in self._waiting if item[1].request_id not in self.state.taken]
        if self._inbox is not None:
            known = {request.request_id for _, request in self._waiting} | set(self.state.taken)
            arrived, complaints = self._inbox.take()
            self.complaints += complaints
            self._waiting += [(t_s, request) for request in arrived if request.request_id not in known]
        new = list({request.request_id: request for at_s, request in self._waiting if at_s <= t_s}.values())
        for request in new:
            self._record(Kind.TAKEOVER_REQUEST, request, t_s, {"request": request.as_plain()})
        return new

    def handle(self, request: Request, t_s: int, validate: Callable[[Lease], Ruling],
               by_hand: Callable[[Request], Ruling]) -> Answer:
        """Deal with one request, write down what became of it, and answer.

        Parameters
        ----------
        validate : the gate's proof of the schedule with this lease besides those that hold.
        by_hand : releases or rejects a schedule for a person.
        """
        before = self._decided.get(request.request_id)
        if before is not None and int(before[1]["t_s"]) < t_s and request.kind in DONE_ONCE:
            answer = Answer(request.request_id, before[0] != Kind.REFUSAL, _answer_in(before[1]), before[1]["t_s"])
        elif request.kind is RequestKind.TAKEOVER:
            answer = self._take_over(request, t_s, validate)
        elif request.kind is RequestKind.END:
            answer = self._give_back(request, t_s)
        elif request.kind is RequestKind.RESET:
            answer = self._reset(request, t_s)
        else:
            answer = self._by_hand(request, t_s, by_hand(request))
        self.state.taken.append(request.request_id)
        if self._inbox is not None:
            self._inbox.answer(answer)
        return answer

    def active(self, t_s: int) -> dict[str, float]:
        """Key → value that persons hold at ``t_s``."""
        return {lease.key: lease.value for lease in self.leases(t_s)}

    def leases(self, t_s: int) -> list[Lease]:
        """Those that hold at ``t_s``."""
        return [lease for lease in map(Lease.from_plain, self.state.leases) if lease.holds(t_s)]

    def _take_over(self, request: Request, t_s: int, validate: Callable[[Lease], Ruling]) -> Answer:
        assert request.value is not None and request.duration_s is not None
        lease = Lease(request.request_id, request.who, request.key, float(request.value), t_s,
                      t_s + request.duration_s, request.reason)
        refused = refusal_of_value(lease.key, lease.value, self._ranges) or self._conflict(lease, t_s)
        ruling = Ruling(False, refused) if refused else validate(lease)
        kind, body = self._decided.get(request.request_id, ("", {}))
        if kind:  # the ledger has the last word, also where the gate would decide otherwise by now
            ruling = ruling._replace(accepted=kind == Kind.TAKEOVER, text=_answer_in(body))
        if not ruling.accepted:
            return self._refuse(request, t_s, ruling, {"lease": lease.in_state(LeaseState.REFUSED).as_plain()})
        lease = Lease.from_plain(body["lease"]) if kind else lease.in_state(LeaseState.VALIDATED)
        self._record(Kind.TAKEOVER, request, t_s, {"lease": lease.as_plain(), **ruling.about, "answer": ruling.text}, (
            f"{lease.who} holds {lease.key} at {lease.value:g} until {lease.until_s} s: {ruling.text}"))
        self.state.leases.append(lease.in_state(LeaseState.ACTIVE).as_plain())
        return Answer(request.request_id, True, ruling.text, lease.from_s, lease.until_s)

    def _conflict(self, lease: Lease, t_s: int) -> str | None:
        for other in self.leases(t_s):
            if other.key == lease.key and other.lease_id != lease.lease_id:
                return (f"{other.key} is held by {other.who} until {other.until_s} s (lease {other.lease_id}); wait, "
                        "or end that lease first")
        return None

    def _give_back(self, request: Request, t_s: int) -> Answer:
        lease = next((held for held in self.leases(t_s) if held.lease_id == request.target), None)
        if lease is None:
            held = ", ".join(lease.lease_id for lease in self.leases(t_s)) or "none"
            ruling = Ruling(False, f"there is no lease {request.target!r}; active: {held}")
            return self._refuse(request, t_s, ruling, {})
        self._close(lease, LeaseState.ENDED, t_s, request.who)
        return Answer(request.request_id, True, f"{lease.key} is back with the operator", t_s)

    def _reset(self, request: Request, t_s: int) -> Answer:
        asset, counts = str(request.asset), self.state.reset_counts
        if not any(key.startswith(f"{asset}.") for key in self._ranges):
            return self._refuse(request, t_s, Ruling(False, f"there is no asset {asset!r} to reset"), {})
        text = f"the watchdog is asked to release {asset}; it refuses while the cause is there, see the run's events"
        self._record(Kind.WATCHDOG_RESET, request, t_s, {"asset": asset, "answer": text}, f"{request.who}: {text}")
        counts[asset] = counts.get(asset, 0) + 1
        return Answer(request.request_id, True, text, t_s)

    def _by_hand(self, request: Request, t_s: int, ruling: Ruling) -> Answer:
        if not ruling.accepted:
            return self._refuse(request, t_s, ruling, {})
        kind = Kind.RELEASE_BY_HAND if request.kind is RequestKind.RELEASE else Kind.REJECT_BY_HAND
        self._record(kind, request, t_s, {**ruling.about, "answer": ruling.text}, f"{request.who}: {ruling.text}")
        return Answer(request.request_id, True, ruling.text, t_s)

    def _refuse(self, request: Request, t_s: int, ruling: Ruling, about: Mapping[str, Any]) -> Answer:
        self._record(Kind.REFUSAL, request, t_s, {**about, **ruling.about}, ruling.text)
        return Answer(request.request_id, False, ruling.text, t_s)

    def withdraw(self, lease: Lease, t_s: int) -> None:
        """End a lease with which nothing can be proved any more."""
        self._close(lease, LeaseState.WITHDRAWN, t_s, "the gate")

    def _expire(self, t_s: int) -> None:
        for plain in list(self.state.leases):
            lease = Lease.from_plain(plain)
            if t_s >= lease.until_s:
                self._close(lease, LeaseState.EXPIRED, lease.until_s, "")

    def _close(self, lease: Lease, state: LeaseState, at_s: int, who: str) -> None:
        """The lease is over; it is forgotten here, the ledger keeps it."""
        self.state.leases = [held for held in self.state.leases if held["lease_id"] != lease.lease_id]
        by = f" by {who}" if who else ""
        self._write(Kind.TAKEOVER_END, lease.lease_id, {
            "t_s": at_s, "request_id": lease.lease_id, "lease": lease.in_state(state).as_plain(),
            "message": f"{lease.key}: the lease of {lease.who} is over ({state.value}{by})"})

    def _record(self, kind: Kind, request: Request, t_s: int, about: Mapping[str, Any], message: str = "") -> None:
        text = message or f"{request.who} asks: {request.kind.value} {request.target or request.asset or ''}".strip()
        why = {"reason": request.reason} if request.reason else {}
        self._write(kind, request.request_id, {
            "t_s": t_s, "request_id": request.request_id, "who": request.who, **why, "message": text, **about})

    def _write(self, kind: Kind, name: str, body: dict[str, Any]) -> None:
        """Once, however often the moment is lived through again."""
        if (kind.value, name) not in self._written:
            self._record_entry(kind, body)
            self._written.add((kind.value, name))


def _answer_in(body: Mapping[str, Any]) -> str:
    """What the person was told; in a refusal the message itself."""
    return str(body.get("answer", body["message"]))


def ruling_of(verdict: Verdict) -> Ruling:
    """What a verdict means for a request."""
    about = {"verdict_sha256": verdict.sha256, "schedule_sha256": verdict.schedule_sha256}
    if verdict.accepted:
        return Ruling(True, "proved by the gate", about)
    worst = [f"{v.signal} would be {with_unit(f'{v.worst_value:.4g}', v.unit)}, the limit is {v.bound:.4g} ({v.name})"
             for v in verdict.hard_violations[:MOST_TOLD]]
    why = "; ".join(worst or [trial.message for trial in verdict.trials if trial.message][:MOST_TOLD])
    return Ruling(False, f"{verdict.outcome.value.replace('_', ' ')} by the gate: {why}", about)
