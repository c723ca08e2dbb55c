"""Entries of a ledger in sentences, and the story of one release from its proposal to what became of it.

The story reads what stands between the release and the decision before it, in the order in which it was written.
Entries that lack a part are told without it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from twin.context import Calendar
from twin.errors import ParkTwinError
from twin.gate.ledger.format import Kind
from twin.gate.ledger.reader import Entry
from twin.units import with_unit

SHORTEST_NAME = 4
"""Digits of a name that are enough where they are unambiguous."""
SHOWN_DIGITS = 12
"""Of a hash."""
SHOWN_VIOLATIONS = 5
LATEST_SHOWN = 5
CONCLUSIONS = (Kind.RELEASE, Kind.SAFE_STATE)
"""With these a decision ends."""
STEPS = (Kind.PROPOSAL, Kind.VERDICT, Kind.REPAIR, Kind.FALLBACK, Kind.REFUSAL, Kind.RELEASE_BY_HAND,
         Kind.REJECT_BY_HAND)
"""Of these a decision consists."""


class NoSuchRelease(ParkTwinError):
    """The ledger holds nothing of this name, or several things."""


def story_of(name: str, entries: Sequence[Entry]) -> list[str]:
    """Tell how a release came to be and what became of it, or why a proposal was not released.

    Parameters
    ----------
    name : a release's name, or the hash of a proposed schedule; the first digits are enough.
    entries : of the whole ledger.

    Raises
    ------
    NoSuchRelease
        If there is none, or several begin so.
    """
    tell = Teller(entries).sentence
    release = _find(name, entries, Kind.RELEASE, "release_id")
    if release is not None:
        return [tell(e) for e in [*_steps_to(release, entries), release]] + _aftermath(release, entries, tell)
    proposal = _find(name, entries, Kind.PROPOSAL, "schedule_sha256")
    if proposal is None:
        latest = [str(e.body.get("release_id")) for e in entries if e.kind == Kind.RELEASE][-LATEST_SHOWN:]
        raise NoSuchRelease(f"no release {name!r} in this ledger; the latest are {', '.join(latest) or 'none'} "
                            "(`twin ledger show RUN --kind release` lists all)")
    end = _next(proposal, entries, CONCLUSIONS)
    if end is None:
        steps = [e for e in entries if e.seq > proposal.seq and e.kind in STEPS]
        return [tell(e) for e in [proposal, *steps]] + ["Nothing was decided after it."]
    return [tell(e) for e in [*_steps_to(end, entries), end]]


class Teller:
    """Puts entries into words; times on the site's clock, where the ledger knows it."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        loaded = next((e.body for e in reversed(entries) if e.kind == Kind.SCENARIO_LOADED), {})
        self._calendar: Calendar | None = None
        with contextlib.suppress(KeyError, ValueError, TypeError):
            self._calendar = Calendar(datetime.fromisoformat(loaded["start"]), loaded["timezone"], None)

    def sentence(self, entry: Entry) -> str:
        """``[12] 2025-07-15 10:00:00 …``."""
        body = entry.body
        tellers: dict[str, Callable[[dict[str, Any]], str]] = {
            Kind.PROPOSAL: self._proposal, Kind.FALLBACK: self._proposal, Kind.REPAIR: self._repair,
            Kind.VERDICT: self._verdict, Kind.RELEASE: self._release}
        told = tellers.get(entry.kind, self._anything)(body)
        return f"[{entry.seq}] {self.at(body.get('t_s'))} {entry.kind.replace('_', ' ')}: {told}"

    def at(self, t_s: Any) -> str:
        """An instant on the site's clock."""
        if not isinstance(t_s, int):
            return "–"
        return f"{t_s} s" if self._calendar is None else f"{self._calendar.local(t_s):%Y-%m-%d %H:%M:%S}"

    def _proposal(self, body: dict[str, Any]) -> str:
        if "schedule_sha256" not in body:
            return self._anything(body)
        span = (f" for {self.at(body['start_s'])} to {self.at(body.get('end_s'))} in steps of {body.get('step_s')} s"
                if "start_s" in body else "")
        worth = "" if body.get("objective") is None else f"; its maker promised {body['objective']:g}"
        made_from = f"state {_short(body.get('state_sha256'))} and the forecast {_short(body.get('forecast_sha256'))}"
        return (f"{body.get('origin')} proposed the schedule {_short(body['schedule_sha256'])}{span}, made from the "
                f"{made_from}{worth}")

    def _repair(self, body: dict[str, Any]) -> str:
        changed = [
            f"{c.get('key')} in {c.get('steps_count')} steps" + (
                f", most at {self.at(c['t_s'])} from {_figure(c.get('before'))} to {_figure(c.get('after'))}"
                if "t_s" in c else "")
            for c in _dicts(body.get("setpoints"))]
        why = "; ".join(map(str, body.get("changes") or ()))
        cost = "not stated" if body.get("cost") is None else f"{body['cost']:g}"
        return (f"{body.get('origin')} changed it to the schedule {_short(body.get('schedule_sha256'))}"
                f"{': ' + why if why else ''}{'; changed: ' + '; '.join(changed) if changed else ''}; cost {cost}")

    def _verdict(self, body: dict[str, Any]) -> str:
        trials, violations = _dicts(body.get("trials")), _dicts(body.get("violations"))
        passed = sum(trial.get("outcome") == "accepted" for trial in trials)
        parts = [f"{str(body.get('outcome')).replace('_', ' ')}, {passed} of {len(trials)} expectations passed"]
        parts += [str(trial["message"]) for trial in trials if trial.get("message")]
        parts += [f"{v.get('signal')} ({v.get('name')}) is "
                  f"{with_unit(_figure(v.get('worst_value')), v.get('unit'))} at {self.at(v.get('worst_t_s'))}, "
                  f"limit {_figure(v.get('bound'))}, margin {_figure(v.get('margin'))}"
                  for v in violations[:SHOWN_VIOLATIONS]]
        more = len(violations) - SHOWN_VIOLATIONS
        return "; ".join([*parts, *([f"and {more} more violations"] if more > 0 else [])])

    def _release(self, body: dict[str, Any]) -> str:
        release = body.get("release")
        if not isinstance(release, dict):
            return self._anything(body)
        bands = sorted(release.get("state_band") or ())
        stays = "stays in its band" if len(bands) == 1 else "stay in their bands"
        band = f" while {', '.join(bands)} {stays}" if bands else ""
        return (f"{body.get('by', 'the gate')} released it as {body.get('release_id')} for {release.get('site')}, to "
                f"hold from {self.at(release.get('issued_s'))} until {self.at(release.get('expires_s'))}"
                f"{band}; proved from the state "
                f"{_short(release.get('snapshot_sha256'))} with the forecast {_short(release.get('forecast_sha256'))}, "
                f"scenario {_short(release.get('scenario_sha256'))}, code {release.get('code_version')}; verdict "
                f"{_short(release.get('verdict_sha256'))}, signed by the key {_short(release.get('key_id'))}")

    def _anything(self, body: dict[str, Any]) -> str:
        told = body.get("message") or body.get("why")
        if told:
            return f"{body['reason']}: {told}" if "reason" in body else str(told)
        return ", ".join(f"{name} {_short(value)}" for name, value in body.items()
                         if name != "t_s" and not isinstance(value, dict | list))


def _find(name: str, entries: Sequence[Entry], kind: Kind, key: str) -> Entry | None:
    """The last entry of this name."""
    named = {str(e.body.get(key)): e for e in entries if e.kind == kind}
    if name in named:
        return named[name]
    near = [full for full in named if full.startswith(name)] if len(name) >= SHORTEST_NAME else []
    if len(near) > 1:
        raise NoSuchRelease(f"{name!r} is the beginning of {len(near)} names: {', '.join(near[:LATEST_SHOWN])}; write "
                            "more digits")
    return named[near[0]] if near else None


def _steps_to(end: Entry, entries: Sequence[Entry]) -> list[Entry]:
    """What led to a decision."""
    before = max((e.seq for e in entries if e.kind in CONCLUSIONS and e.seq < end.seq), default=0)
    return [e for e in entries if before < e.seq < end.seq and e.kind in STEPS]


def _next(entry: Entry, entries: Sequence[Entry], kinds: Sequence[Kind]) -> Entry | None:
    return next((e for e in entries if e.seq > entry.seq and e.kind in kinds), None)


def _aftermath(release: Entry, entries: Sequence[Entry], tell: Callable[[Entry], str]) -> list[str]:
    """What became of a release."""
    name = release.body.get("release_id")
    lines = [tell(e) for e in entries if e.seq > release.seq and e.body.get("release_id") == name]
    successor = _next(release, entries, CONCLUSIONS)
    if successor is None:
        return [*lines, "Nothing has taken its place so far."]
    if successor.kind == Kind.SAFE_STATE:
        return [*lines, f"Then nothing could be released: {tell(successor)}"]
    return [*lines, f"Release {successor.body.get('release_id')} (entry {successor.seq}) took its place."]


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _figure(value: Any) -> str:
    """Four digits of a number; the ledger itself keeps all."""
    return f"{value:.4g}" if isinstance(value, int | float) else str(value)


def _short(value: Any) -> str:
    """The first digits of a hash; what is shorter, whole."""
    text = str(value if value is not None else "")
    return f"{text[:SHOWN_DIGITS]}…" if len(text) > 2 * SHOWN_DIGITS else text or "(none)"
