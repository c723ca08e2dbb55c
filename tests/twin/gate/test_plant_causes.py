"""Why reality left a limit although the gate had accepted: what the release promised beside what came."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.twin.gate.releases import release
from tests.twin.gate.replays import limit, limits, replay
from twin.gate.expectation import Expectation
from twin.gate.ledger.entries import noted, released
from twin.gate.ledger.format import Kind
from twin.gate.ledger.reader import Entry
from twin.gate.limits.plant_causes import Explanation
from twin.gate.limits.plant_judge import judge_plant
from twin.gate.limits.promise import Promise, promise_of
from twin.gate.rules import GateRules

IMPORT = limit("grid.exchange_mw", name="import", high=2.0)
START_S = 3600
"""The release of ``tests.twin.gate.releases`` holds from 1 h for an hour; its battery: -2, -0.1, 1.5, 3 MW."""


def entry(seq: int, told) -> Entry:
    kind, body = told
    return Entry(seq, "", kind.value, body, "", "")


def promise(**series) -> dict:
    expected = Expectation("nominal", START_S, 900, {"wind.available_mw": np.zeros(4)})
    return promise_of(replay(start_s=START_S, **series), limits(IMPORT), expected, step_s=900, from_s=START_S,
                      until_s=START_S + 1800)


def explained(exchange, wind, battery, *others, promised=None):
    """The one breach of a run of two hours in quarters."""
    plant = replay(grid__exchange_mw=exchange, wind__available_mw=wind, bess__p_mw=battery,
                   bess__p_requested_mw=battery)
    entries = [entry(1, released(START_S, release(), "gate", promised)), *others]
    [breach] = judge_plant(plant, limits(IMPORT), GateRules(), Explanation(entries, plant)).breaches
    return breach


def quarters(**at) -> np.ndarray:
    values = np.zeros(8)
    for name, value in at.items():
        values[int(name.removeprefix("q"))] = value
    return values


PLAN = np.array([0, 0, 0, 0, -2.0, -0.1, 1.5, 3.0])


def test_a_promise_holds_the_limited_signals_and_what_nature_gives_until_the_release_is_void() -> None:
    plain = promise(grid__exchange_mw=[1.23456789, 2, 3, 4], wind__available_mw=[5, 6, 7, 8], bess__soc=[0, 0, 0, 0])
    assert plain == {"start_s": 3600, "step_s": 900, "given": ["wind.available_mw"],
                     "series": {"grid.exchange_mw": [1.23457, 2.0], "wind.available_mw": [5.0, 6.0]}}
    read = Promise.of(plain)
    assert read is not None and read.value("grid.exchange_mw", 5399) == 2.0
    assert read.value("grid.exchange_mw", 5400) is None and read.value("bess.soc", 3600) is None


def test_without_a_replay_nothing_is_promised() -> None:
    assert promise_of(None, limits(IMPORT), None, step_s=900, from_s=0, until_s=900) == {}
    assert Promise.of(None) is None and Promise.of({}) is None


def test_the_expected_value_stands_beside_the_real_one_with_what_nature_did_otherwise() -> None:
    promised = promise(grid__exchange_mw=[1.0, 1.5, 0, 0], wind__available_mw=[5.0, 4.0, 0, 0])
    breach = explained(quarters(q5=3.0), quarters(q4=5.0, q5=2.5), PLAN, promised=promised)
    assert breach.release_id == release().release_id and breach.accepted and breach.expected_value == 1.5
    assert breach.causes == ("the proof expected 1.5 MW, it was 3 MW", "wind.available_mw was 2.5 instead of 4 MW")


def test_an_asset_that_did_not_deliver_what_was_released_is_named() -> None:
    promised = promise(grid__exchange_mw=[0, 1.0, 0, 0], wind__available_mw=[0.0, 0, 0, 0])
    gave = PLAN.copy()
    gave[5] = 2.0
    breach = explained(quarters(q5=3.0), np.zeros(8), gave, promised=promised)
    assert breach.causes[-1] == "bess delivered 2 MW, released were -0.1 MW"


def test_a_peak_within_a_step_of_the_proof_is_told_as_such() -> None:
    exchange = np.full(120, 1.0)
    exchange[80] = 3.0                                        # a minute in the quarter from 75 to 90 min: mean 1.13
    plant = replay(step_s=60, grid__exchange_mw=exchange)
    promised = promise(grid__exchange_mw=[1.0, 1.0, 0, 0])
    explain = Explanation([entry(1, released(START_S, release(), "gate", promised))], plant)
    [breach] = judge_plant(plant, limits(IMPORT), GateRules(), explain).breaches
    assert "was 1.133 MW, within the limit" in breach.causes[1]


@pytest.mark.parametrize("quarter", [3, 7])
def test_before_a_release_and_after_the_safe_state_nothing_was_accepted(quarter) -> None:
    safe = entry(2, noted(Kind.SAFE_STATE, START_S + 1800, "nothing could be proved"))
    breach = explained(quarters(**{f"q{quarter}": 3.0}), np.zeros(8), PLAN, safe)
    assert not breach.accepted and breach.causes == () and math.isnan(breach.expected_value)


def test_of_a_stretch_what_was_released_is_told_apart_from_what_was_not() -> None:
    """Outside from 0:45 to 2:00, under a release from 1:00 to 1:30, then in the safe state, which is worst."""
    plant = replay(grid__exchange_mw=quarters(q3=2.5, q4=3.0, q5=4.0, q6=9.0, q7=8.0))
    safe = entry(2, noted(Kind.SAFE_STATE, START_S + 1800, "nothing could be proved"))
    explain = Explanation([entry(1, released(START_S, release(), "gate")), safe], plant)
    found = judge_plant(plant, limits(IMPORT), GateRules(), explain)
    assert [(b.t_s, b.end_s, b.accepted, b.worst_value) for b in found.breaches] == [
        (2700, 3600, False, 2.5), (3600, 5400, True, 4.0), (5400, 7200, False, 9.0)]
    assert (found.accepted_count, found.hard_s, found.accepted_s) == (1, 4500, 1800)


def test_a_release_that_had_expired_had_accepted_nothing() -> None:
    body = released(START_S, release(expires_s=START_S + 900), "gate")
    plant = replay(grid__exchange_mw=quarters(q5=3.0))
    [breach] = judge_plant(plant, limits(IMPORT), GateRules(), Explanation([entry(1, body)], plant)).breaches
    assert not breach.accepted


def test_where_all_came_as_promised_that_is_said() -> None:
    breach = explained(quarters(q5=3.0), np.zeros(8), PLAN)
    assert breach.accepted and breach.causes == ("nothing that was promised came otherwise",)
