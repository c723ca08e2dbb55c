"""What the gate of a run writes and publishes: entries of the ledger, signed releases, the book.

The order is that of trust: what led to a release is written first and the release with it, durably; only then is it
published. A continued run lives again what came after its last snapshot; what the ledger has of it already, known by
kind, time and contents, is not written twice.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import twin
from twin.context import Calendar, Context
from twin.gate.decision import Decision, Tried, in_words
from twin.gate.ledger import entries as ledger_entries
from twin.gate.ledger.check import missing_ledger
from twin.gate.ledger.format import Kind
from twin.gate.ledger.reader import LedgerReader
from twin.gate.ledger.trust import next_key_id
from twin.gate.ledger.writer import Ledger
from twin.gate.ledger.writer import Told as Entries
from twin.gate.release.bands import Bands
from twin.gate.release.book import ReleaseBook
from twin.gate.release.keys import KEY_FILE_VARIABLE, KEY_VARIABLE, SigningKey, load_signing_key, make_run_key
from twin.gate.release.release import ReleasedSchedule, Signer, Verifier
from twin.gate.release.run_keys import RunKeys
from twin.gate.takeover.request import Request
from twin.scenario.takeovers import acts_of
from twin.schedule import canonical_json
from twin.store.layout import LEDGER, NEXT_KEY

if TYPE_CHECKING:
    from twin.cosim.view import RunView
    from twin.gate.proving import Moment

BY_GATE = "gate"
CPU_S = "cpu_s"
"""In a verdict: the only thing that differs when the same is lived again."""
Told: TypeAlias = list[tuple[str, Tried]]
"""("proposal" | "repair" | "fallback", what was tried), in order."""


class GateRecords:
    """Ledger, signer and book of one run.

    Parameters
    ----------
    safe : key → its value in the safe state.
    """

    def __init__(self, run: RunView, scenario_sha256: str, safe: Mapping[str, float]) -> None:
        self.site = run.scenario.model.name
        key, run_keys = _keys_of(run, self.site)
        self._signer = Signer(key)
        time, place = run.scenario.model.time, run.scenario.model.location
        self._calendar = Calendar(time.start, place.timezone, None)
        self._scenario_sha256 = scenario_sha256
        self._ledger: Ledger | None = None
        self._reader: LedgerReader | None = None
        self._written: dict[str, ReleasedSchedule] = {}
        """Releases that are announced, by their name; of a continued run those from before too."""
        self._to_live_again: Counter[bytes] = Counter()
        """What the ledger has from the snapshot on, each as often as it is there."""
        self.past: list[tuple[str, Mapping[str, Any]]] = []
        """Kind and body of all that the ledger held when the run was continued."""
        keys = [key.public]
        if run.directory is not None:
            file = run.directory / LEDGER
            if run.start_s > 0 and not file.exists():
                raise missing_ledger(file)
            self._ledger = Ledger(file, key, next_key_id=run_keys.next.key_id if run_keys else None)
            if run_keys:
                run_keys.settle()
            self._reader = LedgerReader(file)
            keys = list(self._reader.trusted_keys().values())
            self.past = [(entry.kind, entry.body) for entry in self._reader.entries()]
            self._to_live_again = _counted((k, b) for k, b in self.past if b.get("t_s", -1) >= run.start_s)
            for kind, body in self.past:
                if kind == Kind.RELEASE:
                    one = ReleasedSchedule.from_plain(body["release"])
                    self._written[one.release_id] = one
            self._ledger.append(*ledger_entries.scenario_loaded(
                run.start_s, name=self.site, scenario_sha256=scenario_sha256, start=time.start.isoformat(),
                timezone=place.timezone, code_version=twin.__version__))
        self.verifier = Verifier(keys, self._is_written)
        self.book = ReleaseBook(self.verifier, self.site, safe)

    def take_up(self, release_json: str, now_s: int) -> None:
        """Publish the release that held when the run was interrupted."""
        self.book.publish(ReleasedSchedule.from_plain(json.loads(release_json)), now_s)

    def release(self, t_s: int, decision: Decision, told: Told, moment: Moment, *, expires_s: int, bands: Bands,
                state_band: Bands, code_version: str, promise: Mapping[str, Any], by: str = "") -> ReleasedSchedule:
        """Sign what was chosen, write the whole story down, publish."""
        chosen = decision.chosen
        assert chosen is not None
        released = self._signer.release(
            chosen.schedule, verdict_sha256=chosen.verdict.sha256, snapshot_sha256=moment.state_sha256,
            scenario_sha256=self._scenario_sha256, forecast_sha256=moment.forecast_sha256, code_version=code_version,
            issued_s=t_s, expires_s=expires_s, bands=bands, state_band=state_band)
        before, story = self._written.get(released.release_id), _story(t_s, decision, told)
        if before is not None:
            released = before
            self._to_live_again -= _counted(story)
        else:
            self._write([*story, ledger_entries.released(t_s, released, by or BY_GATE, promise)])
            self._written[released.release_id] = released
        self.book.publish(released, t_s)
        return released

    def story(self, t_s: int, decision: Decision, told: Told) -> None:
        """Write down what was tried, where nothing follows from it yet."""
        self._write(_story(t_s, decision, told))

    def note(self, kind: Kind, body: Mapping[str, Any]) -> None:
        """Write down something that a person did."""
        self._write([(kind, body)])

    def note_once(self, kind: str, body: Mapping[str, Any]) -> None:
        """Write down what happened to the plant."""
        self._write([(Kind(kind), body)])

    def safe_state(self, t_s: int, decision: Decision, told: Told) -> None:
        """Withdraw what held, which needs no record, and write down that nothing could be released."""
        self.book.withdraw()
        why = in_words(decision, lambda at_s: f"{self._calendar.local(at_s):%H:%M}")
        self._write([*_story(t_s, decision, told), ledger_entries.noted(Kind.SAFE_STATE, t_s, why)])

    def close(self) -> None:
        """Release the ledger."""
        if self._ledger is not None:
            self._ledger.close()
        if self._reader is not None:
            self._reader.close()

    def _write(self, entries: list[Entries]) -> None:
        """All of them, unless all of them stand there already."""
        if self._ledger is None:
            return
        again = _counted(entries)
        if again <= self._to_live_again:
            self._to_live_again -= again
        else:
            self._ledger.append_all(entries)

    def _is_written(self, released: ReleasedSchedule) -> bool:
        if self._reader is None:
            return self._written.get(released.release_id) is released
        return self._reader.holds_release(released)


def _counted(entries: Iterable[tuple[str, Mapping[str, Any]]]) -> Counter[bytes]:
    """What entries say, but for how long the computer took; each as often as it is there."""
    return Counter(canonical_json([kind, {name: value for name, value in body.items() if name != CPU_S}])
                   for kind, body in entries)


def _keys_of(run: RunView, site: str) -> tuple[SigningKey, RunKeys | None]:
    """The site's key where the scenario or the environment names one, else the run's own."""
    expected = run.scenario.model.gate.key_id
    if expected is not None or KEY_VARIABLE in os.environ or KEY_FILE_VARIABLE in os.environ:
        return load_signing_key(site, expected), None
    if run.directory is None:
        return make_run_key(site), None
    keys = RunKeys(run.directory / NEXT_KEY, site, next_key_id(run.directory / LEDGER))
    return keys.own, keys


def _story(t_s: int, decision: Decision, told: Told) -> list[Entries]:
    """Each trial with its verdict, in order."""
    entries: list[Entries] = []
    if decision.problem:
        entries.append(ledger_entries.noted(Kind.REFUSAL, t_s, f"nothing could be proposed: {decision.problem}"))
    rounds, before = iter(decision.rounds), None
    for what, tried in told:
        if what == "proposal":
            entries.append(ledger_entries.proposed(t_s, tried.schedule, whole=not tried.verdict.accepted))
        elif what == "repair" and before is not None:
            done = next(rounds)
            entries.append(ledger_entries.repaired(t_s, before, tried.schedule, changes=done.changes, cost=done.cost))
        else:
            entries.append(ledger_entries.fallen_back(t_s, tried.schedule))
        entries.append(ledger_entries.judged(t_s, tried.verdict))
        before = tried.schedule
    return entries


def acts_of_scenario(run: RunView, context: Context) -> list[tuple[int, Request]]:
    """What persons do by the scenario, and when."""
    model = run.scenario.model
    return acts_of(context, takeovers=model.takeovers, hand_releases=model.hand_releases,
                   watchdog_resets=model.watchdog_resets)
