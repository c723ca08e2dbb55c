"""Taking over by hand: a lease is proved, written down, held to its time and no longer, whatever happens in between."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.component_specs.controllers import SITE
from twin.codec import decode, encode
from twin.gate.ledger.format import Kind
from twin.gate.takeover.desk import DeskState, Ruling, TakeoverDesk
from twin.gate.takeover.lease import Lease, LeaseState, with_leases
from twin.gate.takeover.request import Answer, Request, RequestKind, TakeoverError, leasable, request_of_plain
from twin.schedule import Horizon, Origin, OriginKind, Schedule

RANGES = leasable(SITE)
STEP_S = 900


def takeover(number: int, *, key: str = "bess.p_set_mw", value: float = -3.0, duration_s: int = 1800,
             who: str = "Ada") -> Request:
    asset, _, port = key.partition(".")
    return request_of_plain({"request_id": f"request-{number:04d}", "kind": "takeover", "who": who, "asset": asset,
                             "port": port, "value": value, "duration_s": duration_s})


def other(number: int, kind: str, **what: Any) -> Request:
    return request_of_plain({"request_id": f"request-{number:04d}", "kind": kind, "who": "Ada", **what})


class Ledger(list):
    """Entries as (kind, body), through JSON as in a real one."""

    def append_entry(self, kind: Kind, body: dict[str, Any]) -> None:
        self.append((kind.value, json.loads(json.dumps(body))))

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self]


class Inbox:
    """Requests that were put into it, and the answers."""

    def __init__(self) -> None:
        self.new: list[Request] = []
        self.answers: dict[str, Answer] = {}

    def take(self) -> tuple[list[Request], list[str]]:
        new, self.new = self.new, []
        return new, []

    def answer(self, answer: Answer) -> None:
        self.answers[answer.request_id] = answer


def proved(lease: Lease) -> Ruling:
    return Ruling(True, "proved by the gate")


def rejected(lease: Lease) -> Ruling:
    return Ruling(False, "heat.unserved_mw would be 0.4 MW, the limit is 0")


def no_hand(request: Request) -> Ruling:
    return Ruling(False, "nothing waits")


class Office:
    """A desk with its ledger and inbox."""

    def __init__(self, **how: Any) -> None:
        self.ledger, self.inbox = Ledger(), Inbox()
        self.desk = TakeoverDesk(RANGES, self.ledger.append_entry, inbox=self.inbox, **how)

    def at(self, t_s: int, *requests: Request, validate=proved, by_hand=no_hand) -> list[Answer]:
        self.inbox.new += requests
        return [self.desk.handle(request, t_s, validate, by_hand) for request in self.desk.due(t_s)]

    def restarted(self) -> Office:
        """Killed and started again without any snapshot: the ledger is all there is."""
        again = Office(past=list(self.ledger))
        again.ledger[:] = self.ledger
        again.desk._record_entry = again.ledger.append_entry
        return again


def test_a_lease_holds_from_the_step_that_finds_it_until_its_time_and_not_a_second_longer():
    office = Office()
    (answer,) = office.at(900, takeover(1))
    assert (answer.accepted, answer.t_s, answer.until_s) == (True, 900, 2700)
    held = {t_s: office.desk.active(t_s) for t_s in (899, 900, 2699, 2700)}
    assert held == {899: {}, 900: {"bess.p_set_mw": -3.0}, 2699: {"bess.p_set_mw": -3.0}, 2700: {}}
    office.at(2700)
    assert office.ledger.kinds() == ["takeover_request", "takeover", "takeover_end"]
    end = office.ledger[-1][1]
    assert (end["t_s"], end["lease"]["state"]) == (2700, "expired")


def test_a_lease_stands_in_the_ledger_as_validated_before_it_acts():
    office = Office()
    seen = []
    office.at(0, takeover(1), validate=lambda lease: seen.append((lease.state, office.ledger.kinds())) or proved(lease))
    assert seen == [(LeaseState.REQUESTED, ["takeover_request"])]
    assert office.ledger[-1][1]["lease"]["state"] == "validated"
    (lease,) = office.desk.leases(0)
    assert lease.state is LeaseState.ACTIVE


def test_what_the_gate_rejects_is_refused_with_its_reason():
    office = Office()
    (answer,) = office.at(0, takeover(1), validate=rejected)
    assert not answer.accepted and "unserved" in answer.text and office.desk.active(0) == {}
    assert office.ledger.kinds() == ["takeover_request", "refusal"]
    assert office.ledger[-1][1]["lease"]["state"] == "refused"


@pytest.mark.parametrize(("key", "value", "words"), [
    ("bess.p_set_mw", -30.0, "bess.p_set_mw -30 is outside -10 to 10"),
    ("chp.p_set_mw", -1.0, "outside 0 to 4"),
    ("pv.p_limit_mw", 9.0, "outside 0 to 8.5"),
    ("dc.interrupt_frac", 0.5, "outside 0 to 0.3"),
    ("bes.p_set_mw", 1.0, "did you mean 'bess.p_set_mw'?"),
    ("pv.p_set_mw", 1.0, "there is no 'pv.p_set_mw' to take over"),
])
def test_limits_of_the_nameplate_are_enforced_before_the_gate_is_asked(key, value, words):
    def never(lease):
        raise AssertionError("the gate was asked")

    (answer,) = Office().at(0, takeover(1, key=key, value=value), validate=never)
    assert not answer.accepted and words in answer.text


def test_a_second_lease_on_a_key_is_refused_with_who_holds_it():
    office = Office()
    office.at(0, takeover(1))
    (answer,) = office.at(900, takeover(2, who="Bob"))
    assert not answer.accepted and "bess.p_set_mw is held by Ada until 1800 s (lease request-0001)" in answer.text
    (answer,) = office.at(1800, takeover(3, who="Bob"))
    assert answer.accepted, "it is free again"
    (answer,) = office.at(1800, takeover(4, key="chp.p_set_mw", value=2.0))
    assert answer.accepted, "another key was free all the time"
    assert office.desk.active(1800) == {"bess.p_set_mw": -3.0, "chp.p_set_mw": 2.0}


def test_a_lease_may_be_given_back_before_its_time():
    office = Office()
    office.at(0, takeover(1))
    (answer,) = office.at(900, other(2, "end", target="request-0001"))
    assert answer.accepted and office.desk.active(900) == {}
    assert office.ledger[-1][1]["lease"]["state"] == "ended"
    (answer,) = office.at(900, other(3, "end", target="request-0001"))
    assert not answer.accepted and "active: none" in answer.text


def test_a_person_releases_or_rejects_a_schedule():
    office = Office()

    def by_hand(request: Request) -> Ruling:
        return Ruling(request.target is None, f"{request.kind.value} done", {"release_id": "abc"})

    answers = office.at(0, other(1, "release"), other(2, "reject"), other(3, "reject", target="gone"), by_hand=by_hand)
    assert [a.accepted for a in answers] == [True, True, False]
    assert office.ledger.kinds() == [*["takeover_request"] * 3, "release_by_hand", "reject_by_hand", "refusal"]
    assert office.ledger[3][1]["release_id"] == "abc"


def test_resets_of_the_watchdog_are_counted_by_asset():
    office = Office()
    office.at(0, other(1, "reset", asset="bess"))
    office.at(900, other(2, "reset", asset="bess"), other(3, "reset", asset="nothing"))
    assert office.desk.state.reset_counts == {"bess": 2}
    assert office.inbox.answers["request-0003"].accepted is False


def test_scripted_requests_are_due_at_their_time():
    script = [(1000, takeover(2, key="chp.p_set_mw", value=2.0)), (100, takeover(1))]
    office = Office(script=script)
    assert office.at(0) == []
    assert [a.t_s for a in office.at(900)] == [900], "in the first step after it"
    assert [a.t_s for a in office.at(1800)] == [1800]


def test_a_request_is_dealt_with_once():
    office = Office()
    office.at(0, takeover(1))
    assert office.at(3600, takeover(1)) == []


def test_a_lease_survives_kill_9_and_ends_on_time():
    office = Office()
    office.at(900, takeover(1))
    again = office.restarted()
    (answer,) = again.at(1800)  # the clock went on meanwhile
    assert (answer.t_s, answer.until_s) == (900, 2700), "not begun anew"
    assert again.desk.active(2699) == {"bess.p_set_mw": -3.0} and again.desk.active(2700) == {}
    again.at(2700)
    assert again.ledger.kinds() == ["takeover_request", "takeover", "takeover_end"], "nothing is told twice"


def test_a_request_that_was_written_but_not_decided_when_the_run_was_killed_is_decided_afterwards():
    office = Office()
    office.inbox.new.append(takeover(1))
    office.desk.due(900)  # killed here
    again = office.restarted()
    (answer,) = again.at(1800)
    assert (answer.t_s, answer.until_s) == (1800, 3600)


def test_what_was_done_or_refused_in_the_life_before_is_not_done_again_later():
    office = Office()
    released: list[int] = []

    def by_hand(request: Request) -> Ruling:
        released.append(1)
        return Ruling(True, "released")

    office.at(0, other(1, "release"), other(2, "reset", asset="bess"), takeover(3), by_hand=by_hand, validate=rejected)
    again = office.restarted()
    answers = again.at(900, by_hand=by_hand)
    assert [a.accepted for a in answers] == [True, True, False]
    assert released == [1] and again.desk.state.reset_counts == {} and again.desk.active(900) == {}


def test_a_repeated_run_takes_requests_from_the_ledger_at_the_moments_at_which_they_took_effect():
    first = Office()
    plan = {900: [takeover(1)], 1800: [other(2, "end", target="request-0001"), takeover(3, value=4.0)]}
    steps = range(0, 5400, STEP_S)
    held = []
    for t_s in steps:
        first.at(t_s, *plan.get(t_s, []))
        held.append(first.desk.active(t_s))
    again = first.restarted()
    repeated = []
    for t_s in steps:
        again.at(t_s)
        repeated.append(again.desk.active(t_s))
    assert repeated == held and list(again.ledger) == list(first.ledger)
    assert encode(again.desk.state) == encode(first.desk.state)


def test_a_run_goes_on_from_a_snapshot_and_repeats_what_came_after_it():
    first = Office()
    first.at(0, takeover(1, duration_s=7200))
    snapshot = encode(first.desk.state)
    first.at(900, takeover(2, key="chp.p_set_mw", value=2.0))
    again = first.restarted()
    again.desk.state = decode(json.loads(json.dumps(snapshot)), DeskState())
    again.at(900)
    assert again.desk.active(900) == first.desk.active(900) == {"bess.p_set_mw": -3.0, "chp.p_set_mw": 2.0}
    assert encode(again.desk.state) == encode(first.desk.state)


def test_a_schedule_with_leases_holds_them_in_every_step_that_they_touch():
    horizon = Horizon(0, STEP_S, 4)
    schedule = Schedule(horizon, {"bess.p_set_mw": np.ones(4), "pv.p_limit_mw": np.full(4, np.inf)},
                        Origin(OriginKind.CONTROLLER, "rules"), "scenario", "", "")
    lease = Lease("request-0001", "Ada", "bess.p_set_mw", -3.0, 900, 1801, state=LeaseState.ACTIVE)
    changed = with_leases(schedule, [lease])
    np.testing.assert_array_equal(changed.setpoints["bess.p_set_mw"], [1.0, -3.0, -3.0, 1.0])
    np.testing.assert_array_equal(changed.setpoints["pv.p_limit_mw"], np.full(4, np.inf))
    assert changed.origin == Origin(OriginKind.PERSON, "Ada")
    assert with_leases(schedule, []) is schedule


@pytest.mark.parametrize(("changed", "words"), [
    ({"kind": "conquest"}, "kind"),
    ({"who": " "}, "who"),
    ({"who": "Ada\nBob"}, "who"),
    ({"who": "x" * 81}, "who"),
    ({"value": float("nan")}, "value"),
    ({"value": "3"}, "value"),
    ({"duration_s": 0}, "duration_s"),
    ({"duration_s": 86_401}, "duration_s"),
    ({"port": "q_set_mvar"}, "port"),
    ({"asset": "../bess"}, "asset"),
    ({"asset": None}, "a takeover needs asset"),
    ({"target": "request-0000"}, "a takeover takes no target"),
    ({"request_id": "../../etc/passwd"}, "request_id"),
    ({"more": 1}, "more"),
])
def test_a_wrong_request_is_told_what_is_wrong(changed, words):
    plain = {**takeover(1).as_plain(), **changed}
    with pytest.raises(TakeoverError, match="no valid request: ") as caught:
        request_of_plain(plain)
    assert words in str(caught.value)


def test_requests_come_through_json_as_they_were():
    for request in (takeover(1, value=0.1 + 0.2), other(2, "end", target="request-0001"), other(3, "release")):
        assert request_of_plain(json.loads(json.dumps(request.as_plain()))) == request
    assert other(3, "release").kind is RequestKind.RELEASE


class AnyDay(RuleBasedStateMachine):
    """Persons take over and give back, time goes on, the run is killed: no lease exceeds its time, no key has two."""

    @initialize()
    def begin(self) -> None:
        self.office, self.t_s, self.number = Office(), 0, 0
        self.granted: dict[str, tuple[str, int, int]] = {}

    @rule(key=st.sampled_from(sorted(RANGES)), frac=st.floats(-0.2, 1.2), duration_s=st.integers(1, 5000),
          passes=st.booleans())
    def take_over(self, key, frac, duration_s, passes):
        self.number += 1
        low, high = RANGES[key]
        request = takeover(self.number, key=key, value=low + frac * (high - low), duration_s=duration_s)
        for answer in self.office.at(self.t_s, request, validate=proved if passes else rejected):
            if answer.accepted:
                assert passes and low <= request.value <= high
                self.granted[answer.request_id] = key, self.t_s, self.t_s + duration_s

    @rule(data=st.data())
    def give_back(self, data):
        self.number += 1
        target = data.draw(st.sampled_from([*self.granted, "request-none"]))
        for answer in self.office.at(self.t_s, other(self.number, "end", target=target)):
            if answer.accepted:
                key, from_s, _ = self.granted[target]
                self.granted[target] = key, from_s, self.t_s

    @rule(later_s=st.integers(1, 4000))
    def wait(self, later_s):
        self.t_s += later_s
        self.office.at(self.t_s)

    @rule()
    def kill(self):
        self.office = self.office.restarted()
        self.office.at(self.t_s)

    @invariant()
    def exactly_what_was_granted_is_held(self):
        held = {lease.lease_id for lease in self.office.desk.leases(self.t_s)}
        assert held == {i for i, (_, from_s, until_s) in self.granted.items() if from_s <= self.t_s < until_s}
        keys = [lease.key for lease in self.office.desk.leases(self.t_s)]
        assert len(keys) == len(set(keys)) == len(self.office.desk.active(self.t_s))


AnyDay.TestCase.settings = settings(max_examples=50, stateful_step_count=20, deadline=None)
TestAnyDay = AnyDay.TestCase
