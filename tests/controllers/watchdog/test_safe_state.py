"""What reaches an asset that is stopped, by its kind; and that only a person lets it go, once the cause is gone."""

from __future__ import annotations

import math

import pytest

from controllers.watchdog.asset import SafeState
from controllers.watchdog.image import Sign
from controllers.watchdog.thresholds import Thresholds
from tests.controllers.watchdog.cases import NAN, SOUND, Bench

LOST = {"p_mw": NAN, "soc": NAN}


def stopped(bench: Bench, **changed):
    """The action in the first cycle in which all assets are stopped for lost readings."""
    for _ in range(2):
        actions = bench.look(**{name: {**LOST, **changed.get(name, {})} for name in bench.names})
    assert all(action.sign for action in actions.values())
    return actions


@pytest.mark.parametrize(("asset", "value"), [
    ("bess", (0.0, math.inf, 0.0)),
    ("flywheel", (0.0, math.inf, 0.0)),
    ("diesel", (1.0, math.inf, 0.0)),  # it may carry the hospital: it goes on as it was told
    ("dc", (0.0, math.inf, 0.0)),  # was interrupted by 30 %
])
def test_safe_state_by_kind(asset, value):
    bench = Bench()
    bench.look()
    action = stopped(bench)[asset]
    assert (action.p_set_mw, action.p_limit_mw, action.interrupt_frac) == value


def test_a_chp_unit_completes_its_minimum_up_time_at_minimum_load_and_then_goes_off():
    bench = Bench(("chp",))
    bench.look(chp={"p_set_mw": 0.0, "p_mw": 0.0})
    bench.look()  # runs since t = 0, for this reading is the mean over the step before
    stopped(bench)
    given_mw = [bench.look(chp=LOST)["chp"].p_set_mw for _ in range(130)]
    # the first of these cycles is at 240 s; 2 h are over at 7200 s
    assert given_mw == [1.2 if 240 + 60 * k < 7200 else 0.0 for k in range(130)]


def test_a_chp_unit_that_stands_stays_off():
    bench = Bench(("chp",))
    for _ in range(3):
        bench.look(chp={"p_set_mw": 0.0, "p_mw": 0.0})
    assert stopped(bench, chp={"p_set_mw": 4.0})["chp"].p_set_mw == 0.0


def test_a_renewable_keeps_the_limit_it_had():
    bench = Bench(("pv",))
    bench.look(pv={"p_limit_mw": 4.0})
    bench.look(pv={"p_limit_mw": 4.0})
    assert stopped(bench, pv={"p_limit_mw": 4.0})["pv"].p_limit_mw == 4.0
    assert bench.look(pv={"p_limit_mw": math.inf})["pv"].p_limit_mw == 4.0


def released_until(t_s: float) -> dict[str, float]:
    return {"release_expires_s": t_s}


GATE_CLOSED = {"release_expires_s": NAN}


def test_without_a_release_a_diesel_goes_on_as_it_was_told_under_it_and_not_as_the_gate_says_then():
    """The gate commands 0 as soon as nothing holds; one cycle of grace later the diesel is latched."""
    bench = Bench(("diesel",))
    for _ in range(3):
        bench.look(site=released_until(180.0))
    given = [bench.look(site=GATE_CLOSED, diesel={"p_set_mw": 0.0})["diesel"] for _ in range(4)]
    assert [action.p_set_mw for action in given] == [0.0, 1.0, 1.0, 1.0]
    assert bench.sign("diesel") is Sign.NO_RELEASE


def test_without_a_release_a_renewable_keeps_the_limit_that_it_had_under_it():
    bench = Bench(("pv",))
    for _ in range(3):
        bench.look(site=released_until(180.0), pv={"p_limit_mw": 4.0})
    given = [bench.look(site=GATE_CLOSED)["pv"] for _ in range(3)]
    assert [action.p_limit_mw for action in given] == [math.inf, 4.0, 4.0]


def test_a_stopped_diesel_that_stands_may_be_started_and_then_goes_on_at_what_was_measured():
    bench = Bench(("diesel",), Thresholds(require_release=True, release_grace_s=0.0))
    stands, starts = {"p_set_mw": 0.0, "p_mw": 0.0}, {"p_set_mw": 1.6, "p_mw": 0.0}
    runs, told_to_stop = {"p_set_mw": 1.6, "p_mw": 1.5}, {"p_set_mw": 0.0, "p_mw": 1.5}
    given = [bench.look(diesel=seen)["diesel"] for seen in (stands, starts, runs, told_to_stop, told_to_stop)]
    assert all(action.sign == Sign.NO_RELEASE for action in given)
    assert [action.p_set_mw for action in given] == [0.0, 1.6, 1.6, 1.5, 1.5]


def test_a_stopped_diesel_that_stands_is_not_started_by_what_is_no_command_to_run():
    bench = Bench(("diesel",), Thresholds(require_release=True, release_grace_s=0.0))
    for asked in (0.0, NAN, math.inf, -1.0):
        assert bench.look(diesel={"p_set_mw": asked, "p_mw": 0.0})["diesel"].p_set_mw == 0.0


def test_a_site_may_choose_another_safe_state():
    bench = Bench(("diesel", "pv"), safe={"diesel": SafeState.ZERO, "pv": SafeState.NO_INFEED})
    bench.look()
    actions = stopped(bench)
    assert actions["diesel"].p_set_mw == 0.0 and actions["pv"].p_limit_mw == 0.0


def test_a_lost_meter_curtails_a_renewable_also_where_it_was_stopped_before():
    bench = Bench(("pv",), Thresholds(on_meter_loss="no_export"))
    bench.look()
    stopped(bench)
    for _ in range(2):
        action = bench.look(site={"exchange_mw": NAN})["pv"]
    assert bench.sign("pv") is Sign.STALE and action.p_limit_mw == 0.0


def test_what_is_no_number_is_not_held():
    bench = Bench(("diesel",))
    bench.look(diesel={"p_set_mw": NAN})
    assert stopped(bench, diesel={"p_set_mw": NAN})["diesel"].p_set_mw == 0.0


def test_an_asset_stays_stopped_when_the_cause_is_gone():
    bench = Bench(("bess",))
    bench.look()
    stopped(bench)
    for _ in range(20):
        assert bench.look(bess={"p_mw": 0.0})["bess"].p_set_mw == 0.0
    assert bench.sign("bess") is Sign.STALE


def test_a_person_lets_it_go_once_the_cause_is_gone():
    bench = Bench(("bess",))
    bench.look()
    stopped(bench)
    refused = bench.look(bess={**LOST, "reset_count": 1.0})["bess"]
    assert refused.p_set_mw == 0.0 and bench.happened[-1].kind == "watchdog_reset_refused"
    assert "no new reading" in bench.happened[-1].message
    bench.look(bess={"p_mw": 0.0, "reset_count": 1.0})
    assert bench.sign("bess") is Sign.STALE, "a reset that was refused is used up"
    passed = bench.look(bess={"p_mw": 0.0, "reset_count": 2.0})["bess"]
    assert passed.p_set_mw == SOUND["bess"]["p_set_mw"] and bench.happened[-1].kind == "watchdog_reset"


def test_a_reset_of_what_follows_its_commands_is_nothing():
    bench = Bench(("bess",))
    for cycle in range(5):
        bench.look(bess={"reset_count": float(cycle)})
    assert bench.happened == []


def test_the_most_urgent_of_several_signs_is_told():
    bench = Bench(("bess",))
    bench.look()
    for _ in range(3):
        bench.look(bess={"vm_pu": 0.8, "p_mw": -9.0})
    assert bench.sign("bess") is Sign.VOLTAGE_LIMIT
    assert "voltage 0.800 p.u. is outside 0.9 to 1.1 p.u." in bench.happened[0].message
