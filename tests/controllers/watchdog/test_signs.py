"""Every sign by a table: what is seen from which cycle on, and in which cycle the asset is stopped for it.

Cycles of 60 s: a sign that must last 3 s is there in two readings. Battery 10 MW / 40 MWh, band 0.1 to 0.9.
"""

from __future__ import annotations

import pytest

from controllers.watchdog.image import Sign
from controllers.watchdog.thresholds import Thresholds
from tests.controllers.watchdog.cases import NAN, Bench

CALM = 3
"""Cycles in which all is well, before."""


@pytest.mark.parametrize(("asset", "seen", "cycles", "sign"), [
    # an SOC that cannot be (SunSpec "not implemented" 0xFFFF), and a power three times the rated one
    ("bess", [{"soc": 6.5535}] * 2, 2, Sign.IMPLAUSIBLE),
    ("bess", [{"p_mw": 30.0}] * 2, 2, Sign.IMPLAUSIBLE),
    # 15 MW over 60 s move 40 MWh by 0.7 %: a jump of 20 % is none of the battery's
    ("bess", [{"soc": 0.3}] * 2, 2, Sign.IMPLAUSIBLE),
    # without a reading: 60 s old is usual, 120 s is more than 1.5 steps
    ("bess", [{"p_mw": NAN, "soc": NAN}] * 2, 2, Sign.STALE),
    ("pv", [{"p_mw": NAN}] * 2, 2, Sign.STALE),
    ("dc", [{"p_mw": NAN}] * 2, 2, Sign.STALE),
    # 5 MW should move the charge by 0.208 % a minute: more than 1 % after five minutes of the same number
    ("bess", [{"soc": 0.5}] * 6, 6, Sign.FROZEN),
    # below 0.1 - 0.03 and still discharging; 0.5 → 0.06 in steps that could be
    ("bess", [{"soc": s} for s in (0.41, 0.32, 0.23, 0.14, 0.065, 0.064)], 6, Sign.SOC_LIMIT),
    ("bess", [{"vm_pu": 0.89}] * 2, 2, Sign.VOLTAGE_LIMIT),
    ("bess", [{"vm_pu": 1.11}] * 2, 2, Sign.VOLTAGE_LIMIT),
    # told 5 MW: -1 MW is in the other direction by less than the tolerance of 2 MW, -3 MW is not
    ("bess", [{"p_mw": -3.0}] * 3, 3, Sign.OVERSHOOT),
    ("bess", [{"p_mw": 8.0}] * 3, 3, Sign.OVERSHOOT),
    # told 4 MW, gives none, with the minimum down time of 2 h and 15 min gone: a failed start
    ("chp", [{"p_mw": 0.0}] * 136, 136, Sign.SHORTFALL),
    # told 5 MW, gives 1 MW from a half-full battery for 15 min
    ("bess", [{"p_mw": 1.0}] * 16, 16, Sign.SHORTFALL),
    # curtailed to 1 MW, gives 3 MW for 10 min
    ("pv", [{"p_limit_mw": 1.0, "p_mw": 3.0}] * 12, 12, Sign.OVERSHOOT),
])
def test_an_asset_is_stopped_in_the_cycle_in_which_its_sign_has_lasted(asset, seen, cycles, sign):
    bench = Bench()
    for _ in range(CALM):
        bench.look()
    stopped = None
    for cycle, changed in enumerate(seen, start=1):
        actions = bench.look(**{asset: changed})
        if actions[asset].sign and stopped is None:
            stopped = cycle
    assert (stopped, bench.sign(asset)) == (cycles, sign)
    assert [h.asset for h in bench.happened] == [asset], "only this asset, told once"


def test_cells_above_60_degrees_stop_the_battery_at_the_second_reading():
    bench = Bench(("bess",))
    signs = [bench.look(bess={"temperature_degc": d})["bess"].sign for d in (59.0, 59.9, 60.1, 59.9, 60.1, 60.1)]
    assert signs == [0, 0, 0, 0, 0, Sign.TEMPERATURE_HIGH]


def test_a_rise_is_taken_over_five_minutes():
    # 6 K in 300 s are 72 K/h, above 60; 4 K are 48 K/h
    for rise_k, sign in ((6.0, Sign.TEMPERATURE_RISE), (4.0, Sign.NONE)):
        bench = Bench(("bess",))
        for cycle in range(11):
            bench.look(bess={"temperature_degc": 25.0 + rise_k * min(cycle, 5) / 5})
        assert bench.sign("bess") is sign


def test_warming_at_rest_is_a_sign_that_the_same_warming_in_use_is_not():
    # 7 K in half an hour: 14 K/h, above the 10 K/h at rest and far below the 60 K/h in use
    for p_mw, sign in ((0.0, Sign.HEATING_AT_REST), (5.0, Sign.NONE)):
        bench = Bench(("bess",))
        for cycle in range(32):
            bench.look(bess={"p_set_mw": p_mw, "p_mw": p_mw, "temperature_degc": 25.0 + 7.0 * cycle / 30})
        assert bench.sign("bess") is sign


@pytest.mark.parametrize("changed", [
    {"temperature_degc": 66.0}, {"soc": 6.5535}, {"p_mw": NAN, "soc": NAN}, {"p_mw": 40.0}, {"vm_pu": 0.5},
    {"soc": 0.1}, {"p_mw": -9.0},
])
def test_one_wild_reading_stops_nothing(changed):
    bench = Bench()
    for cycle in range(10):
        bench.look(bess=changed if cycle == 4 else {})
    assert bench.sign("bess") is Sign.NONE


@pytest.mark.parametrize(("changed", "why"), [
    ({"p_set_mw": 5.0, "p_mw": 0.0, "soc": 0.15}, "nearly empty: a battery gives less than told"),
    ({"p_set_mw": -5.0, "p_mw": 0.0, "soc": 0.85}, "nearly full: it takes less"),
    ({"p_set_mw": 0.0, "p_mw": -0.4, "soc": 0.95}, "outside its band, but at rest: auxiliaries"),
    ({"p_set_mw": -5.0, "p_mw": -5.0, "soc": 0.05}, "below its band and on the way back"),
    ({"p_set_mw": 1e6, "p_mw": 10.0, "soc": 0.5}, "no more than rated power can be expected"),
    ({"p_set_mw": NAN, "p_mw": 0.0, "soc": 0.5}, "no number is no command"),
])
def test_what_has_a_reason_is_no_sign(changed, why):
    bench = Bench(("bess",))
    for cycle in range(40):
        bench.look(bess={**changed, "soc": changed["soc"] + 1e-6 * cycle})
    assert bench.sign("bess") is Sign.NONE, why


def test_a_charge_that_stays_equal_is_frozen_only_while_power_flows():
    bench = Bench(("bess",))
    for _ in range(100):
        bench.look(bess={"p_set_mw": 0.0, "p_mw": -0.3, "soc": 0.5})
    assert bench.sign("bess") is Sign.NONE


def test_a_unit_may_run_on_for_its_minimum_up_time_and_ramp_down():
    bench = Bench(("chp",))
    bench.look(chp={"p_set_mw": 0.0, "p_mw": 0.0})
    for _ in range(3):
        bench.look(chp={"p_set_mw": 4.0, "p_mw": 4.0})
    for cycle in range(150):
        running_mw = 1.2 if cycle < 118 else 0.0  # 2 h after its start it may stop
        bench.look(chp={"p_set_mw": 0.0, "p_mw": running_mw})
    assert bench.sign("chp") is Sign.NONE
    for _ in range(12):
        bench.look(chp={"p_set_mw": 0.0, "p_mw": 4.0})
    assert bench.sign("chp") is Sign.OVERSHOOT


SILENT = {"bess": Sign.NO_HEARTBEAT, "chp": Sign.NO_HEARTBEAT, "pv": Sign.NO_HEARTBEAT, "dc": Sign.NO_HEARTBEAT}


def test_a_heartbeat_that_was_heard_must_go_on():
    bench = Bench(tuple(SILENT))
    for cycle in range(15):
        bench.look(site={"heartbeat_count": float(cycle // 15)})
    for _ in range(31):  # 30 min are allowed
        bench.look(site={"heartbeat_count": 0.0})
    stopped = {name: bench.sign(name) for name in SILENT}
    assert stopped == SILENT


def test_nobody_is_missed_who_never_spoke():
    bench = Bench(("bess",))
    for _ in range(100):
        bench.look(site={"heartbeat_count": NAN, "release_expires_s": NAN, "exchange_mw": NAN})
    assert bench.sign("bess") is Sign.NONE


def test_an_expired_release_is_a_sign_after_the_grace_in_which_a_fallback_may_come():
    bench = Bench(("bess",))
    signs = [bench.look(site={"release_expires_s": 180.0})["bess"].sign for _ in range(6)]
    assert signs == [0, 0, 0, 0, Sign.NO_RELEASE, Sign.NO_RELEASE]  # void from 180 s, 60 s of grace


def test_a_release_may_be_required():
    bench = Bench(("bess",), Thresholds(require_release=True))
    signs = [bench.look()["bess"].sign for _ in range(3)]
    assert signs == [0, Sign.NO_RELEASE, Sign.NO_RELEASE]


@pytest.mark.parametrize(("on_meter_loss", "signs"), [
    ("keep", dict.fromkeys(("bess", "chp", "diesel", "pv", "dc"), Sign.NONE)),
    ("no_export", {"bess": Sign.METER_LOST, "chp": Sign.METER_LOST, "pv": Sign.METER_LOST,
                   "diesel": Sign.NONE, "dc": Sign.NONE}),
])
def test_a_lost_meter_stops_what_could_export_where_the_site_wants_it(on_meter_loss, signs):
    bench = Bench(limits=Thresholds(on_meter_loss=on_meter_loss))
    bench.look()
    for _ in range(3):
        actions = bench.look(site={"exchange_mw": NAN})
    assert {name: bench.sign(name) for name in signs} == signs
    assert (actions["pv"].p_limit_mw == 0.0) is (on_meter_loss == "no_export")


def test_readings_of_a_slow_asset_are_not_stale_between_its_steps():
    # the watchdog looks each second at an asset whose readings come each minute
    bench = Bench(("bess",), step_s=60.0)
    for second in range(300):
        bench.t_s = float(second)
        bench.look(bess={"reading_s": float(second // 60 * 60), "soc": 0.5 - second // 60 * 1e-3})
    assert bench.sign("bess") is Sign.NONE


def test_a_reading_from_the_future_cannot_be():
    bench = Bench(("bess",))
    bench.look()
    for _ in range(2):
        bench.look(bess={"reading_s": bench.t_s + 3600.0})
    assert bench.sign("bess") is Sign.IMPLAUSIBLE


@pytest.mark.parametrize(("lost", "word"), [("soc", "state of charge"), ("temperature_degc", "temperature")])
def test_one_reading_of_a_storage_lost_alone_is_a_sign_after_one_and_a_half_steps(lost, word):
    """The last one came at 120 s, and power is read on; 90 s later is before the second cycle without it."""
    bench = Bench(("bess",))
    for _ in range(CALM):
        bench.look()
    assert [bench.look(bess={lost: NAN})["bess"].sign for _ in range(3)] == [0, Sign.STALE, Sign.STALE]
    assert f"no new {word} for more than 90 s" in bench.happened[0].message


def test_a_storage_whose_charge_was_never_read_is_stopped_and_one_without_thermometer_is_not():
    bench = Bench(("bess", "flywheel"))
    actions = [bench.look(bess={"soc": NAN}) for _ in range(10)]
    assert [a["bess"].sign for a in actions[:3]] == [0, 0, Sign.STALE]
    assert bench.sign("flywheel") is Sign.NONE, "it never had a temperature"


@pytest.mark.parametrize(("said", "stopped"), [
    ([NAN] * 9, None),  # nobody releases anything on this site
    ([180.0, NAN, NAN], None),  # by 180 s there would have been a first one; it is 60 s, and there was none yet
    ([180.0, NAN, NAN, NAN, NAN, NAN], 5),  # present from 180 s on, for 60 s
    ([120.0, 600.0, NAN, NAN, NAN], 4),  # a release, withdrawn at 120 s
    ([180.0, 180.0, 180.0, 180.0, 180.0], 5),  # void from 180 s on
    ([120.0, 600.0, NAN, 900.0, NAN, NAN], 6),  # another one in time
])
def test_a_release_that_was_and_is_no_longer_is_a_sign_without_being_required(said, stopped):
    bench = Bench(("bess",))
    signs = [bench.look(site={"release_expires_s": expires_s})["bess"].sign for expires_s in said]
    assert next((cycle for cycle, sign in enumerate(signs, start=1) if sign), None) == stopped
    assert all(sign in (Sign.NONE, Sign.NO_RELEASE) for sign in signs)
