"""Peak shaving: what storage can hold, what it keeps and gives for it, and when an engine is worth its run.

Hourly intervals. The engine costs 366.1 / 0.45 + 20 = 833.6 per MWh and 200 a start, and runs 1.2 to 4 MW for 2 h.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controllers.rules.demand_charge import seconds_left_of_month, worth_per_mw
from controllers.rules.peak_shaving import LEVEL_TOLERANCE_MW, ChargingRoom, Shaving, charging_room, with_target
from controllers.rules.site_view import Decision, DemandCharge, Reason
from controllers.rules.storage_stock import Stock
from controllers.rules.supply_stack import supply_stack
from tests.controllers.closed_loop import CHP, GAS_PRICE_PER_MWH
from tests.controllers.rules.sites import battery, chp, diesel, prices, told

ENGINE_COST_PER_MWH = GAS_PRICE_PER_MWH / CHP.electrical_efficiency + CHP.running_cost_per_mwh
STOCK = Stock(content_mwh=2.0, usable_mwh=10.0, charge_mw=0.0, discharge_mw=10.0, round_trip=1.0,
              wear_cost_per_mwh=0.0)
ANY_PRICE = 1e9


def charge(counted_mw: float = 0.0, worth: float = ANY_PRICE, **more: float) -> DemandCharge:
    """A peak counted so far and what a MW above it costs."""
    return DemandCharge(counted_mw, worth, **{"margin_mw": 0.0} | more)


def shaving(net_mw: Any, stock: Stock = STOCK, demand: DemandCharge | None = None, **changes: Any) -> Shaving:
    """Where nothing is lost by keeping energy and charging gains nothing, unless it is said."""
    net = np.asarray(net_mw, dtype=float)
    demand, nothing = demand or charge(), np.zeros(len(net))
    given: dict[str, Any] = {
        "loss_per_mwh": nothing, "room": ChargingRoom(nothing, np.zeros(0), np.zeros(0))} | changes
    return with_target(Shaving(demand, stock, 1.0, net_mw=net, running_mw={}, level_mw=demand.counted_mw, **given))


@pytest.mark.parametrize(("net_mw", "changes", "level_mw"), [
    ([2, 4, 4, 2], {}, 3.0),                                 # 2 MWh over two hours of 4 MW
    ([4, 1, 4], {"content_mwh": 1.0, "charge_mw": 9.0}, 3.0),                # 1 MWh, regained in between
    ([4, 2, 4], {"content_mwh": 1.0, "charge_mw": 0.25}, 3.375),             # 2 · (4 − x) = 1 + 0.25
    ([4, 2, 4], {"content_mwh": 0.8, "charge_mw": 9.0, "round_trip": 0.5}, 3.28),   # 2 · (4 − x) = 0.8 + 0.5 · (x − 2)
    ([0, 4, 4, 4], {"content_mwh": 3.0, "usable_mwh": 3.0, "charge_mw": 9.0}, 3.0),  # full: nothing more to gain
    ([2, 4, 4, 2], {"discharge_mw": 0.5}, 3.5),              # power
    ([2, 4, 4, 2], {"content_mwh": 0.0}, 4.0),               # nothing to shave with
])
def test_level_is_the_lowest_that_storage_can_hold(net_mw: list[float], changes: Any, level_mw: float) -> None:
    assert shaving(net_mw, replace(STOCK, **changes)).level_mw == pytest.approx(level_mw, abs=2 * LEVEL_TOLERANCE_MW)


def test_level_is_never_below_the_peak_that_is_billed_anyway() -> None:
    assert shaving([2, 4, 4, 2], demand=charge(counted_mw=3.5)).level_mw == 3.5


@pytest.mark.parametrize(("worth", "level_mw"), [(1001.0, 3.0), (999.0, 4.0)])
def test_energy_is_not_kept_for_a_peak_that_is_worth_less_than_it_loses(worth: float, level_mw: float) -> None:
    # a MW less in the two hours takes 2 MWh, each worth 500 more elsewhere
    loss = np.array([0.0, 500.0, 500.0, 0.0])
    held = shaving([2, 4, 4, 2], demand=charge(worth=worth), loss_per_mwh=loss)
    assert held.level_mw == pytest.approx(level_mw, abs=2 * LEVEL_TOLERANCE_MW)


@pytest.mark.parametrize(("worth", "level_mw"), [(601.0, 3.0), (599.0, 4.0)])
def test_a_level_that_leaves_storage_empty_is_not_held_where_charging_earns_more(worth: float, level_mw: float) -> None:
    # hours 0 and 3 gain 300 by each MWh bought and each MW of room, as long as 20 MWh can be displaced
    room = ChargingRoom(np.array([100.0, 900.0, 900.0, 100.0]), np.array([400.0]), np.array([20.0]))
    stock = replace(STOCK, charge_mw=9.0, content_mwh=2.0)
    held = shaving([3, 4, 4, 3], stock, charge(worth=worth), room=room)
    assert held.level_mw == pytest.approx(level_mw, abs=2 * LEVEL_TOLERANCE_MW)


loads = st.lists(st.floats(-5.0, 10.0), min_size=2, max_size=24)


@settings(max_examples=200, deadline=None)
@given(loads, st.floats(0.0, 5.0), st.floats(0.0, 20.0), st.floats(0.0, 1.0))
def test_a_storage_that_follows_the_level_holds_it(
    net_mw: list[float], counted_mw: float, content_mwh: float, margin_mw: float
) -> None:
    stock = replace(STOCK, content_mwh=content_mwh, usable_mwh=20.0, discharge_mw=6.0, charge_mw=4.0, round_trip=0.8)
    held = shaving(net_mw, stock, charge(counted_mw, margin_mw=margin_mw))
    assert counted_mw <= held.level_mw <= max(counted_mw, *net_mw)
    for net in net_mw:
        given_mw = max(net - held.level_mw, 0.0)
        assert given_mw <= 6.0 + 1e-9
        content_mwh -= given_mw
        assert content_mwh >= -1e-9
        taken_mw = min(max(held.level_mw - margin_mw - net, 0.0), 4.0)
        content_mwh = min(content_mwh + 0.8 * taken_mw, 20.0)


@pytest.mark.parametrize("surprise_mw", [0.0, 0.3, 1.0])
def test_what_is_only_possible_does_not_empty_the_storage_before_the_peak_is_over(surprise_mw: float) -> None:
    """16 quarter hours of 5 MW come as expected, 2 MWh are there: 0.5 MW less in each is all that can be held."""
    content_mwh, peak_mw, imports = 2.0, 0.0, []
    for k in range(16):
        net = np.array([5.0] * (16 - k) + [2.0] * 8)
        nothing = np.zeros(len(net))
        held = with_target(Shaving(
            charge(peak_mw, surprise_mw=surprise_mw), replace(STOCK, content_mwh=content_mwh), 0.25, nothing, net,
            ChargingRoom(nothing, np.zeros(0), np.zeros(0)), {}, peak_mw))
        given_mw = min(held.above_now_mw, content_mwh / 0.25)
        content_mwh -= 0.25 * given_mw
        imports.append(5.0 - given_mw)
        peak_mw = max(imports)
    assert max(imports) == pytest.approx(4.5, abs=2 * LEVEL_TOLERANCE_MW)


def test_a_cheap_hour_that_holds_the_peak_loses_its_energy_once() -> None:
    """A MWh given in the hour of 300 is missing in one of 1400, 1100; there is no room to charge in above the level."""
    buy = np.array([300.0, 1400.0, 1400.0, 1400.0])
    stock = Stock(content_mwh=1.0, usable_mwh=4.0, charge_mw=2.0, discharge_mw=2.0, round_trip=1.0,
                  wear_cost_per_mwh=0.0)
    for worth, level_mw in ((1099.0, 4.0), (1101.0, 3.0)):
        held = shaving([4, 2, 2, 2], stock, charge(worth=worth), loss_per_mwh=1400.0 - buy,
                       room=ChargingRoom(buy, np.array([1400.0]), np.array([4.0])))
        assert held.level_mw == pytest.approx(level_mw, abs=2 * LEVEL_TOLERANCE_MW)


def test_room_to_charge_is_worth_what_power_and_content_can_displace() -> None:
    """10 MW at 1400 for a quarter of an hour, then at 300: of a storage of 4 MW, 1 MWh may displace the dear supply;
    one that holds 0.6 MWh displaces 0.6."""
    load, buy = np.array([10.0, 10.0]), np.array([1400.0, 300.0])
    stack = supply_stack(load, [], prices(buy.tolist(), dt_h=0.25), 0.0)
    small = replace(STOCK, discharge_mw=4.0, usable_mwh=0.6)
    assert charging_room(stack, buy, small, 0.25).up_to_mwh.tolist() == [0.6]
    room = charging_room(stack, buy, replace(small, usable_mwh=1.5), 0.25)
    assert room.up_to_mwh.tolist() == [1.0, 1.5] and room.displaced_per_mwh.tolist() == [1400.0, 300.0]


def test_a_peak_is_worth_the_charge_times_the_chance_that_it_stays_the_highest() -> None:
    day_s = 86_400.0
    # of 30 days: after the first, half way, on the last
    assert worth_per_mw(30_000.0, 1 * day_s, 29 * day_s) == pytest.approx(1_000.0)
    assert worth_per_mw(30_000.0, 15 * day_s, 15 * day_s) == pytest.approx(15_000.0)
    assert worth_per_mw(30_000.0, 30 * day_s, 0.0) == pytest.approx(30_000.0)


def test_the_month_ends_at_local_midnight() -> None:
    assert seconds_left_of_month(datetime(2024, 2, 28, 18, tzinfo=ZoneInfo("Asia/Shanghai"))) == (6 + 24) * 3600


# --- storage

DEAR, EVEN = 1480.0, 1000.0


def test_storage_keeps_what_a_later_peak_needs_though_supply_is_dearer_now() -> None:
    # (20 − 4) · 0.92 = 14.72 MWh; without a demand charge 4 MW go into the dear hour
    load, table = [4.0, 4.0, 9.0, 9.0, 2.0], prices([DEAR, EVEN, EVEN, EVEN, EVEN])
    assert told(load, table, storages=(battery(20.0),))["bess"].p_set_mw == pytest.approx(4.0)
    kept = told(load, table, storages=(battery(20.0),), demand_charge=charge(counted_mw=3.0), demand_ceiling_mw=0.0)
    # 1 + 1 + 6 + 6 = 14 MWh hold the peak of 3 MW: 1 MW now, 0.72 MWh are free for the dear hour
    assert kept["bess"].p_set_mw == pytest.approx(14.72 - 13.0)


def test_storage_gives_what_exceeds_the_billed_peak_and_says_what_it_would_cost() -> None:
    bess = told([5.0, 5.0, 2.0], prices([450, 380, 380]), storages=(battery(36.0),),
                demand_charge=charge(counted_mw=4.0, worth=20_000.0))["bess"]
    assert (bess.reason, bess.p_set_mw) == (Reason.PEAK_SHAVING, pytest.approx(1.0))
    assert bess.message == ("bess discharges 1.00 MW: import may reach 5.00 MW, and each MW above 4.00 is expected to "
                            "cost 20000 CNY of demand charge")


def test_storage_gives_what_the_forecast_holds_possible() -> None:
    bess = told([3.5, 3.5, 2.0], prices([450, 380, 380]), storages=(battery(36.0),),
                demand_charge=charge(counted_mw=4.0, surprise_mw=0.8))["bess"]
    assert bess.p_set_mw == pytest.approx(3.5 + 0.8 - 4.0)


def test_a_full_storage_gives_for_an_empty_one() -> None:
    """2 MW exceed the peak; the empty one holds what is not spent."""
    table, demand = prices([450, 380, 380]), charge(counted_mw=4.0)
    both = told([6.0, 6.0, 2.0], table, storages=(battery(36.0, "full"), battery(4.0, "empty")), demand_charge=demand)
    assert both["full"].p_set_mw == pytest.approx(2.0) and both["empty"].p_set_mw <= 0.0
    alike = told([6.0, 6.0, 2.0], table, storages=(battery(36.0, "a"), battery(36.0, "b")), demand_charge=demand)
    assert [alike[name].p_set_mw for name in "ab"] == pytest.approx([1.0, 1.0])


def test_the_reserve_for_the_import_limit_is_not_spent_on_the_demand_charge() -> None:
    bess = told([5.0, 5.0], prices([450, 450]), storages=(battery(4.0),), demand_charge=charge(counted_mw=4.0))["bess"]
    assert bess.p_set_mw <= 0.0


# --- engines

MORNING = [2.0, 5.0, 5.0, 2.0, 2.0, 2.0]
"""Two hours of 5 MW are coming."""
CHEAP = prices([700.0] * 6)
"""Energy alone is no reason to run: 700 < 833.6."""


def engine(load_mw: Any = MORNING, worth: float = 10_000.0, **view: Any) -> Decision:
    """What the engine is told where 3 MW are counted."""
    view = {"generators": (chp(),)} | view
    return told(load_mw, CHEAP, demand_charge=charge(counted_mw=3.0, worth=worth), **view)["chp"]


def test_engine_starts_before_the_peak_where_that_saves_more_than_it_costs() -> None:
    # 2 h · 2 MW · 133.6 + 200 = 734 against 2 MW; it is ordered an hour before it delivers
    extra = 2 * 2 * (ENGINE_COST_PER_MWH - 700.0) + 200.0
    assert engine(worth=1.01 * extra / 2).reason is Reason.PEAK_SHAVING
    assert engine(worth=0.99 * extra / 2).p_set_mw == 0.0


def test_engine_says_in_money_why_it_starts() -> None:
    assert engine().message == ("chp starts at 2.0 MW: import would reach 5.00 MW instead of 3.00 MW, which is "
                                "expected to save 20000 CNY of demand charge and costs 734")


def test_engine_waits_as_long_as_waiting_saves_as_much() -> None:
    assert engine([2.0, *MORNING[:5]]).p_set_mw == 0.0


def test_engine_does_not_start_for_what_storage_can_hold() -> None:
    assert engine(storages=(battery(36.0),)).p_set_mw == 0.0


def test_engine_does_not_start_for_a_peak_that_it_cannot_lower_any_more() -> None:
    assert engine([5.0, 5.0, 5.0, 2.0, 2.0, 2.0]).p_set_mw == 0.0


def test_engine_keeps_its_minimum_down_time_whatever_the_peak_costs() -> None:
    assert engine(generators=(chp(held_h=1.0),)).p_set_mw == 0.0


def test_running_engine_goes_up_against_the_peak_and_stays_on_for_it() -> None:
    now = [5.0, 5.0, 2.0, 2.0, 2.0, 2.0]
    for held_h in (1.0, 5.0):  # within its minimum up time, and free to stop
        unit = engine(now, generators=(chp(p_set_mw=1.2, held_h=held_h),))
        assert (unit.reason, unit.p_set_mw) == (Reason.PEAK_SHAVING, pytest.approx(2.0))


def test_second_engine_starts_for_what_the_first_leaves() -> None:
    units = (chp("a"), chp("b"))
    high = told([2.0, 9.0, 9.0, 2.0], prices([700.0] * 4), generators=units,
                demand_charge=charge(counted_mw=3.0, worth=10_000.0))
    assert {d.reason for d in high.values()} == {Reason.PEAK_SHAVING}
    low = told([2.0, 6.0, 6.0, 2.0], prices([700.0] * 4), generators=units,
               demand_charge=charge(counted_mw=3.0, worth=10_000.0))
    assert sum(d.p_set_mw > 0.0 for d in low.values()) == 1


def test_emergency_sets_do_not_run_against_the_demand_charge() -> None:
    unit = told(MORNING, CHEAP, generators=(diesel(),), demand_charge=charge(counted_mw=3.0))["diesel"]
    assert (unit.reason, unit.p_set_mw) == (Reason.STANDBY, 0.0)
