"""The release gate as a component of the run: it stands between operators and assets and lets only releases through.

Every ``gate.interval_s`` it takes a snapshot of the twin, lets the site's operators make a schedule for the horizon in
a shadow twin, tries it under every expectation, repairs it or falls back (``twin.gate.decision``), writes down what
happened (``twin.gate.ledger.writer``), signs, and publishes the release in the book. In every step it hands on what the
release says, or the safe values where nothing holds; what the operators say directly never passes.

It also decides anew when the measured charge of a storage has left the band in which the release was proved, and when
a person takes over, gives back, releases or rejects (``twin.gate.takeover``). The wall clock counts in three things
alone: when a person's request arrives, a trial that takes longer than ``gate.timeout_s``, which is a rejection, and a
ledger that cannot be written. Else the same scenario gives the same releases, also in a continued run.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import twin
from twin.component import Component, ComponentParams, Layer, Role, Section
from twin.context import Context
from twin.errors import ComponentError, ParkTwinError
from twin.gate.decision import Decision, GateStatus, Tried, in_words
from twin.gate.expectation import Expectation, expecter_of
from twin.gate.fallback import FallbackLibrary
from twin.gate.ledger.format import LedgerBusy, LedgerWriteError
from twin.gate.ports import Inputs, Outputs, State
from twin.gate.release.book import LeasedBand
from twin.gate.release.refusal import ReleaseRefused
from twin.gate.setpoints import (
    OPERATED,
    PORTS,
    latched_values,
    proved_exchange,
    safe_values,
    state_bands,
    storages_of,
)
from twin.gate.shadow.jobs import Failure
from twin.gate.shadow.shadow import operators
from twin.gate.takeover.desk import DeskState, Lease, Ruling, TakeoverDesk, ruling_of
from twin.gate.takeover.inbox import FileInbox
from twin.gate.takeover.request import Request, RequestKind, leasable
from twin.nameplate import GeneratorNameplate
from twin.schedule import Horizon, Schedule

if TYPE_CHECKING:
    from twin.cosim.view import RunView
    from twin.gate.proving import Moment, ProvingGround
    from twin.gate.question import Question
    from twin.gate.records import GateRecords

NAME = "gate"
FIRST_RELEASE_INTERVALS = 2
"""Intervals, of the gate or of who expects, within which there must be a first release: it needs a measurement."""
ASK_AGAIN_S = 300
"""Shortest time between two questions because the state has left its band."""


class ReleaseGate(Component[ComponentParams, Inputs, Outputs, State]):
    """Lets nothing through to the assets that the shadow twin has not proved."""

    section = Section.CONTROLLERS
    role = Role.CONTROLLER
    layer = Layer.DISPATCHER
    sees_plant_before_its_step = True

    def __init__(self, name: str, params: ComponentParams, context: Context) -> None:
        self._plates = {n: p for n, p in context.nameplates.items() if isinstance(p, OPERATED)}
        self._assets = tuple(self._plates)
        self._safe = safe_values(self._assets)
        self._emergency = [f"{n}.p_set_mw" for n, p in self._plates.items()
                           if isinstance(p, GeneratorNameplate) and p.emergency_only]
        self._ground: ProvingGround | None = None
        self._records: GateRecords | None = None
        self._operators: dict[str, Any] = {}
        """States of the operators before their next step."""
        super().__init__(name, params, context)

    def initial_state(self) -> State:
        return State(DeskState())

    def terminals(self) -> dict[str, tuple[str, ...]]:
        """Everything that a controller may command."""
        return {"asset": self._assets}

    def attach(self, run: RunView) -> None:
        """Start the shadow twins, open the ledger, and take up what held when the run was interrupted."""
        from twin.gate.proving import ProvingGround
        from twin.gate.records import GateRecords, acts_of_scenario

        self._run, self._rules = run, run.scenario.model.gate
        self._steps = max(round(self._rules.horizon_h * 3600 / self._rules.step_s), 1)
        self._expecter = expecter_of(run.components)
        self._measured_s = 0 if self._expecter is None else self._expecter.interval_s
        self._operator_names = list(operators(run.components))
        self._ground = ProvingGround(run.scenario, self._rules, run.components, run.edges)
        self._records = records = GateRecords(run, self._ground.scenario_sha256, self._safe)
        run.book, run.note, run.refused = records.book, records.note_once, self.state.refused
        self._desk = TakeoverDesk(
            leasable(self._plates), records.note, script=acts_of_scenario(run, self.context), past=records.past,
            inbox=FileInbox(run.directory) if run.directory is not None else None)
        self._desk.state = self.state.desk
        if self.state.release_json:
            records.take_up(self.state.release_json, run.start_s)
        self._keep_operators()

    def detach(self) -> None:
        """End the shadow twins and close the ledger."""
        for what in (self._ground, self._records):
            if what is not None:
                what.close()
        self._ground = self._records = None

    def step(self, t_s: int, dt_s: int, inputs: Inputs) -> Outputs:
        """Decide where it is time to, and hand on what holds."""
        if self._ground is None or self._records is None:
            raise ComponentError(f"{self.name} steps only in a run: it tries schedules in copies of the whole twin")
        self._ground.history.note(t_s, self._run.outputs_before(t_s), self.state.lived)
        try:
            changed = self._serve_persons(t_s)
            left = self._has_left_its_band(t_s, inputs) and t_s - self.state.asked_s >= ASK_AGAIN_S
            if changed or left or t_s % self._rules.interval_s == 0:
                self._decide(t_s)
                self.state.unrecorded = False
        except (LedgerBusy, LedgerWriteError, ReleaseRefused) as error:
            self._not_recorded(t_s, error)
        self._void_what_expired(t_s)
        self._keep_operators()
        return self._outputs(t_s, inputs)

    # ---- deciding -------------------------------------------------------------------------------------------------

    def _decide(self, t_s: int, propose: Callable[[Moment], Schedule | Failure] | None = None,
                by: str = "") -> Decision | None:
        """Find what is to hold from here on.

        Parameters
        ----------
        propose : default: a rollout of the operators.
        by : a person who releases; then nothing is repaired and no fallback is tried.
        """
        records, state = self._its_records, self.state
        question = self._question(t_s)
        if question is None:  # nothing was measured yet: nothing can be tried, and nothing is released
            return None
        decision = question.answer(
            question.rolled_out if propose is None else lambda: propose(question.moment),
            0 if by else self._rules.repair_rounds, may_fall_back=not by)
        if decision.status is GateStatus.SAFE_STATE and question.leases and not by:
            records.story(t_s, decision, question.told)
            self._end_leases(t_s, question.leases, in_words(decision, self._clock))
            state.trials_count += question.trials_count
            return self._decide(t_s, propose)
        if self._rules.release == "by_hand" and not by and decision.status in (GateStatus.RELEASED,
                                                                              GateStatus.REPAIRED):
            assert decision.chosen is not None
            records.story(t_s, decision, question.told)
            state.waiting_json = json.dumps(decision.chosen.schedule.as_plain())
            self.emit(t_s, "schedule_waits", "a schedule is proved and waits for a person: twin release")
            decision = self._waits(question, decision)
        if t_s - state.refreshed_s >= self._rules.fallback_refresh_s:
            state.refreshed_s, state.fallbacks_json = t_s, json.dumps(question.refreshed_fallbacks())
        state.trials_count += question.trials_count
        if decision.status is GateStatus.WAITING:
            state.asked_s = t_s
        else:
            self._conclude(t_s, decision, question.moment, question.told, by)
        return decision

    def _question(self, t_s: int) -> Question | None:
        """What may hold from now on; None before anything is expected."""
        from twin.gate.question import Question, moment_of

        run, horizon, expectations = self._run, Horizon(t_s, self._rules.step_s, self._steps), self._expectations(t_s)
        if not expectations:
            return None
        lived = self._its_ground.history.history(t_s, self.state.lived)
        moment = moment_of(run, self._operators, t_s, expectations, lived)
        latched = {key: value for key, value in latched_values(run.components, run.outputs_before(t_s)).items()
                   if value > 0.0 or key not in self._emergency}  # one that stands may still be started
        library = FallbackLibrary(self._safe_now(), storages_of(self._plates), horizon.steps,
                                  json.loads(self.state.fallbacks_json))
        leases = [lease for lease in self._desk.leases(t_s) if lease.key not in latched]
        return Question(self._its_ground, moment, horizon, self._operator_names, leases, latched, library,
                        self._its_records.book.current, self._clock)

    def _waits(self, question: Question, decision: Decision) -> Decision:
        """By hand: what holds goes on while it is proved and not void before the next decision; else a fallback."""
        current, next_s = question.current, question.horizon.start_s + self._rules.interval_s
        if current is not None and not self.state.outside and current.expires_s > next_s:
            return dataclasses.replace(decision, status=GateStatus.WAITING)
        return question.answer(lambda: Failure("waits", "what was proposed waits for a person"), 0)

    def _end_leases(self, t_s: int, leases: Sequence[Lease], why: str) -> None:
        """Limits stay enforced: a takeover with which nothing can be proved any more is over."""
        for lease in leases:
            self._desk.withdraw(lease, t_s)
            self.emit(t_s, "lease_withdrawn", f"{lease.key}: the lease of {lease.who} ends early: {why}", "alarm")
        self._publish_leases(t_s)

    def _conclude(self, t_s: int, decision: Decision, moment: Moment, told: list[tuple[str, Tried]], by: str) -> None:
        """Write down, sign and publish, or let it wait; then tell."""
        records, state, chosen = self._its_records, self.state, decision.chosen
        state.asked_s, state.outside = t_s, False
        if decision.proposed is not None:
            state.violations_count = len(decision.proposed.verdict.hard_violations)
        state.rounds_count = len(decision.rounds)
        if by and chosen is None:
            records.story(t_s, decision, told)
            return
        status = GateStatus.BY_HAND if by else decision.status
        if chosen is None:
            records.safe_state(t_s, decision, told)
            state.release_json = ""
        else:
            until_s = min(t_s + self._rules.expiry_s, chosen.schedule.horizon.end_s)
            released = records.release(
                t_s, decision, told, moment, expires_s=until_s, code_version=twin.__version__, by=by,
                bands=self._its_ground.bands(self._plates, chosen, moment, until_s), state_band=state_bands(
                    self._plates, t_s, chosen, self._run.outputs_before(t_s)),
                promise=self._its_ground.promise(chosen, moment, until_s))
            state.release_json = json.dumps(released.as_plain())
            state.proved_exchange_mw = proved_exchange(self._run.components, chosen)
        if status is not GateStatus.RELEASED or state.status_code > GateStatus.REPAIRED:
            severity = {GateStatus.FALLBACK: "warning", GateStatus.SAFE_STATE: "alarm"}.get(status, "info")
            self.emit(t_s, f"gate_{status.name.lower()}", in_words(decision, self._clock), severity)
        state.status_code, state.decisions_count = int(status), state.decisions_count + 1

    def _expectations(self, t_s: int) -> Sequence[Expectation | None]:
        if self._expecter is None:
            return [None]
        courses = list(self._expecter.expectations(t_s, self._rules.step_s, self._steps))
        return courses[:1] if self._rules.expectations == "nominal" else courses

    def _keep_operators(self) -> None:
        """Their states now are those before their next step."""
        self._operators = {name: self._run.components[name].snapshot() for name in self._operator_names}

    # ---- persons --------------------------------------------------------------------------------------------------

    def _serve_persons(self, t_s: int) -> bool:
        """Deal with what persons ask for; whether a decision has to follow."""
        before = self._desk.active(t_s - 1) if t_s else {}
        for request in self._desk.due(t_s):
            answer = self._desk.handle(request, t_s, lambda lease: self._rule_lease(t_s, lease),
                                       lambda asked: self._rule_by_hand(t_s, asked))
            self.emit(t_s, f"request_{request.kind.value}", f"{request.who}: {answer.text}",
                      "info" if answer.accepted else "warning")
        for complaint in self._desk.complaints:
            self.emit(t_s, "request_unreadable", complaint, "warning")
        self._desk.complaints.clear()
        self._publish_leases(t_s)
        return self._desk.active(t_s) != before

    def _publish_leases(self, t_s: int) -> None:
        self._its_records.book.leases = {
            lease.key: LeasedBand(lease.value, lease.value, lease.until_s) for lease in self._desk.leases(t_s)}

    def _rule_lease(self, t_s: int, lease: Lease) -> Ruling:
        """The gate's proof of what holds, with this lease."""
        question = self._question(t_s)
        if question is None:
            return Ruling(False, "nothing was measured yet, so that nothing can be proved; ask again in a minute")
        question.leases = [held for held in question.leases if held.lease_id != lease.lease_id]
        ruling = ruling_of(question.with_lease(lease).verdict)
        self.state.trials_count += question.trials_count
        return ruling

    def _rule_by_hand(self, t_s: int, request: Request) -> Ruling:
        """Release what waits, or reject what waits or holds."""
        state, records = self.state, self._its_records
        if request.kind is RequestKind.RELEASE:
            if not state.waiting_json:
                return Ruling(False, "no schedule waits for a release")
            waiting = Schedule.from_plain(json.loads(state.waiting_json))
            decision = self._decide(t_s, lambda moment: waiting, by=request.who)
            if decision is None or decision.chosen is None:
                return Ruling(False, "the schedule that waited no longer passes the gate; another will be proposed")
            state.waiting_json = ""
            return Ruling(True, f"released by {request.who}", {"schedule_sha256": waiting.sha256})
        if state.waiting_json:
            state.waiting_json = ""
            return Ruling(True, "what waited is rejected; another will be proposed")
        if records.book.current is None:
            return Ruling(False, "nothing waits and nothing holds that could be rejected")
        name = records.book.current.release_id
        records.book.withdraw()
        self._decide(t_s, lambda moment: Failure("rejected", f"{request.who} rejected release {name}"))
        return Ruling(True, f"release {name} is withdrawn", {"release_id": name})

    # ---- handing on -----------------------------------------------------------------------------------------------

    def _not_recorded(self, t_s: int, error: ParkTwinError) -> None:
        """What the ledger has not acknowledged is not released: what held before goes on until it is void."""
        current = self._its_records.book.current
        self._publish_leases(t_s)
        if current is None:
            self.state.release_json, self.state.status_code = "", int(GateStatus.SAFE_STATE)
        way_on = "the assets go to their safe state" if current is None else \
            f"release {current.release_id} holds on until {self._clock(current.expires_s)}"
        if not self.state.unrecorded:
            self.emit(t_s, "not_recorded", f"nothing new is released: {error}; {way_on}", "alarm")
        self.state.unrecorded = True

    def _void_what_expired(self, t_s: int) -> None:
        book, state = self._its_records.book, self.state
        if book.current is None or t_s < book.current.expires_s:
            return
        book.withdraw()
        state.release_json, state.status_code = "", int(GateStatus.SAFE_STATE)
        self.emit(t_s, "release_expired", "the release is void and there is no other: the assets go to their safe "
                                          "state", "alarm")

    def _safe_now(self) -> dict[str, float]:
        """Safe values; an emergency unit goes on as it was last released: it may be carrying a hospital."""
        return {**self._safe, **self.state.emergency_mw}

    def _keep_emergency_units(self, t_s: int) -> None:
        book, state = self._its_records.book, self.state
        if book.current is not None:
            now = book.current.schedule.at(t_s)
            state.emergency_mw = {key: now[key] for key in self._emergency if key in now}
        latched = latched_values(self._run.components, self._run.outputs_before(t_s))
        book.safe.update({key: value for key, value in state.emergency_mw.items() if key not in latched})

    def _outputs(self, t_s: int, inputs: Inputs) -> Outputs:
        book, state, desk = self._its_records.book, self.state, self._desk
        state.heartbeat_count += 1
        self._keep_emergency_units(t_s)
        leased = desk.active(t_s)
        now = {**self._safe_now(), **(book.current.schedule.at(t_s) if book.current is not None else {}), **leased}
        p_set, p_limit, interrupt = (np.array([now[f"{asset}.{name}"] for asset in self._assets]) for name in PORTS)
        bands = np.array([book.band(f"{asset}.p_set_mw", t_s) for asset in self._assets]).reshape(-1, 2)
        held = np.array([float(any(key.startswith(f"{asset}.") for key in leased)) for asset in self._assets])
        resets = np.array([float(desk.state.reset_counts.get(asset, 0)) for asset in self._assets])
        expires_s = math.nan
        if book.current is not None:
            expires_s = float(book.current.expires_s)
        elif state.status_code == GateStatus.WAITING:  # at the start: by then there must be a first one
            expires_s = float(FIRST_RELEASE_INTERVALS * max(self._rules.interval_s, self._measured_s))
        as_asked = all(np.array_equal(np.broadcast_to(asked, holds.shape), holds) for asked, holds in (
            (inputs.p_set_mw, p_set), (inputs.p_limit_mw, p_limit), (inputs.interrupt_frac, interrupt)))
        return Outputs(p_set, p_limit, interrupt, bands[:, 0], bands[:, 1],
                       inputs.planned_exchange_mw if as_asked else self._proved_exchange_mw(t_s),
                       resets, held, float(state.heartbeat_count), expires_s, state.status_code,
                       state.violations_count, state.rounds_count, state.trials_count, state.decisions_count)

    def _proved_exchange_mw(self, t_s: int) -> float:
        release, proved = self._its_records.book.current, self.state.proved_exchange_mw
        return math.nan if release is None or not len(proved) else float(proved[release.schedule.horizon.index(t_s)])

    def _has_left_its_band(self, t_s: int, inputs: Inputs) -> bool:
        """Whether a measured charge is not where the proof holds; an unknown one says nothing."""
        release = self._its_records.book.current
        if release is None or t_s >= release.expires_s:
            return False
        index = release.schedule.horizon.index(t_s)
        for asset, soc in zip(self._assets, np.broadcast_to(inputs.soc, len(self._assets)).tolist(), strict=True):
            band = release.state_band.get(f"{asset}.soc")
            if band is None or math.isnan(soc):
                continue
            low, high = band.at(index)
            if low <= soc <= high:
                continue
            if not self.state.outside:
                self.emit(t_s, "state_left_its_band", f"{asset}: the charge is {soc:.3f}, the release was proved for "
                                                      f"{low:.3f} to {high:.3f}; the gate decides anew", "warning")
            self.state.outside = True
            return True
        return False

    def _clock(self, t_s: int) -> str:
        return f"{self.context.calendar.local(t_s):%H:%M}"

    @property
    def _its_ground(self) -> ProvingGround:
        assert self._ground is not None
        return self._ground

    @property
    def _its_records(self) -> GateRecords:
        assert self._records is not None
        return self._records
