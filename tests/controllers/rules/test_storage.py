"""Storage rules with a 10 MW / 40 MWh battery, 0.92 each way (0.8464 round trip), wear 56 per MWh, hourly prices.

At 380 per MWh stored energy costs 380 / 0.8464 + 56 = 505 to replace.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.rules.params import Params
from controllers.rules.site_view import Reason, StorageView
from controllers.rules.storage import required_mwh
from tests.controllers.closed_loop import BATTERY
from tests.controllers.rules.sites import ROUND_TRIP, battery, chp, flywheel, prices, told


def test_peak_displaces_purchase_at_full_load_and_says_why() -> None:
    bess = told(6.2, prices([1480, 920, 380, 380]), storages=(battery(36.0),))["bess"]
    assert bess.reason is Reason.PEAK_DISCHARGE
    assert bess.p_set_mw == pytest.approx(6.2)
    assert bess.message == ("bess discharges 6.20 MW: buying costs 1480 CNY/MWh, "
                            "stored energy costs 505 CNY/MWh to replace")


def test_holds_where_replacing_costs_more_than_buying() -> None:
    # 450 < 505
    bess = told(5.0, prices([450, 380, 380]), storages=(battery(36.0),))["bess"]
    assert (bess.reason, bess.p_set_mw) == (Reason.HOLD, 0.0)


@pytest.mark.parametrize(("residual_mw", "buy", "content_mwh", "words"), [
    # 900 / 0.8464 + 56 = 1119 > 1000
    (5.0, [1000, 900], 20.0, "it would displace purchase at 1000 CNY/MWh, stored energy costs 1119 CNY/MWh to replace"),
    (0.0, [1480, 380], 20.0, "own supply covers the site"),
    (5.0, [1480, 1480], 4.0, "nothing above its reserve to spend"),
    (9.0, [1300, 1480, 1480, 380], 20.0, "it would displace purchase at 1300 CNY/MWh, but later hours need it"),
])
def test_says_what_keeps_it_from_moving(residual_mw: float, buy: list[int], content_mwh: float, words: str) -> None:
    bess = told(residual_mw, prices(buy), storages=(battery(content_mwh),))["bess"]
    assert (bess.reason, bess.p_set_mw) == (Reason.HOLD, 0.0)
    assert words in bess.message


@pytest.mark.parametrize(("load_mw", "expected_mw"), [(0.11, 0.11), (0.09, 0.0)])
def test_trades_below_a_hundredth_of_its_power_are_left(load_mw: float, expected_mw: float) -> None:
    bess = told(load_mw, prices([1480, 380]), storages=(battery(36.0),))["bess"]
    assert bess.p_set_mw == pytest.approx(expected_mw)


def test_keeps_energy_for_dearer_hours_before_the_refill() -> None:
    # 20 MWh hold (20 − 4) · 0.92 = 14.72 deliverable; the peak needs 2 · 6 = 12; 2.72 are left for the flat hour
    bess = told(6.0, prices([920, 1480, 1480, 380, 380]), storages=(battery(20.0),))["bess"]
    assert bess.p_set_mw == pytest.approx(14.72 - 12.0)


def test_keeps_nothing_for_dearer_hours_after_a_refill() -> None:
    # the valley in between refills: 10 MW · 0.8464 in one hour, more than the 6 needed
    bess = told(6.0, prices([920, 380, 1480, 380]), storages=(battery(20.0),))["bess"]
    assert bess.p_set_mw == pytest.approx(6.0)


def test_spreads_over_equally_dear_hours() -> None:
    # 14.72 MWh over four peak hours
    bess = told(6.0, prices([1480] * 4 + [380] * 4), storages=(battery(20.0),))["bess"]
    assert bess.p_set_mw == pytest.approx(14.72 / 4)


def test_reserve_is_not_spent_on_price() -> None:
    bess = told(6.0, prices([1480, 380]), Params(reserve_soc=0.3), storages=(battery(0.3 * 40),))["bess"]
    assert bess.p_set_mw == 0.0


def test_never_discharges_beyond_the_load_where_selling_earns_less_than_replacing() -> None:
    bess = told(2.0, prices([1480, 380], sell=500), storages=(battery(36.0),))["bess"]
    assert bess.p_set_mw == pytest.approx(2.0)


def test_discharges_to_export_where_selling_earns_more_than_replacing() -> None:
    table = prices([1480, 380, 380], sell=600)
    bess = told(2.0, table, storages=(battery(36.0),), export_limit_mw=3.0)["bess"]
    assert bess.p_set_mw == pytest.approx(2.0 + 3.0)


def test_valley_buys_what_the_peak_needs_over_equally_cheap_hours() -> None:
    # peak: 3 h · 6 MW = 18; (20 − 4) · 0.92 = 14.72 are there; 3.28 / 0.8464 are missing, in two cheap hours
    bess = told(6.0, prices([380, 380, 1480, 1480, 1480]), storages=(battery(20.0),))["bess"]
    assert bess.reason is Reason.VALLEY_CHARGE
    assert bess.p_set_mw == pytest.approx(-(18.0 - 14.72) / ROUND_TRIP / 2)


def test_buys_no_more_than_it_can_hold() -> None:
    # 32 usable: (36 − 20) / 0.92 to fill, in two hours
    bess = told(6.0, prices([380, 380] + [1480] * 10), storages=(battery(20.0),))["bess"]
    assert bess.p_set_mw == pytest.approx(-(36.0 - 20.0) / 0.92 / 2)


def test_waits_for_a_cheaper_hour_before_the_need() -> None:
    bess = told(6.0, prices([380, 320, 320, 1480]), storages=(battery(4.0),))["bess"]
    assert bess.p_set_mw == 0.0


def test_buys_now_what_the_cheaper_hour_cannot_deliver() -> None:
    # 2 h · 6 MW needed; the cheaper hour gives 10 · 0.8464 at most
    bess = told(6.0, prices([380, 320, 1480, 1480]), storages=(battery(4.0),))["bess"]
    assert bess.p_set_mw == pytest.approx(-(12.0 - 10.0 * ROUND_TRIP) / ROUND_TRIP)


def test_does_not_buy_if_losses_and_wear_eat_the_difference() -> None:
    # 920 / 0.8464 + 56 = 1143 > 1100
    bess = told(6.0, prices([920, 1100, 1100]), storages=(battery(4.0),))["bess"]
    assert (bess.reason, bess.p_set_mw) == (Reason.HOLD, 0.0)


def test_expected_surplus_need_not_be_bought() -> None:
    # surplus of 8 MW in hour 1 gives 8 · 0.8464; the peak needs 6
    residual = [5.0, -8.0, 6.0, 5.0]
    assert told(residual, prices([380, 900, 1480, 380]), storages=(battery(4.0),))["bess"].p_set_mw == 0.0


def test_buying_stays_below_the_import_limit() -> None:
    bess = told(6.0, prices([380] + [1480] * 10), storages=(battery(4.0),), import_limit_mw=8.5)["bess"]
    assert bess.p_set_mw == pytest.approx(-2.5)


def test_buying_causes_no_new_demand_peak() -> None:
    bess = told(6.0, prices([380] + [1480] * 10), storages=(battery(4.0),), demand_ceiling_mw=7.0)["bess"]
    assert bess.p_set_mw == pytest.approx(-1.0)


def test_surplus_is_stored_if_worth_more_later() -> None:
    # 0.8464 · (1480 − 56) = 1205 > 415
    bess = told([-3.0, 5.0], prices([920, 1480], sell=415), storages=(battery(20.0),))["bess"]
    assert (bess.reason, bess.p_set_mw) == (Reason.SURPLUS_CHARGE, pytest.approx(-3.0))


def test_surplus_is_sold_if_that_earns_more() -> None:
    # 0.8464 · (500 − 56) = 376 < 415
    bess = told([-3.0, 5.0], prices([480, 500], sell=415), storages=(battery(20.0),))["bess"]
    assert bess.p_set_mw == 0.0


def test_surplus_that_cannot_be_sold_is_stored_at_any_worth() -> None:
    bess = told([-3.0, 5.0], prices([480, 500], sell=415), storages=(battery(20.0),), export_limit_mw=1.0)["bess"]
    assert bess.p_set_mw == pytest.approx(-2.0)


def test_full_battery_takes_no_surplus() -> None:
    assert told([-3.0, 5.0], prices([920, 1480]), storages=(battery(36.0),))["bess"].p_set_mw == 0.0


def test_surplus_makes_stored_energy_cheap_even_on_a_flat_tariff() -> None:
    # surplus ahead is replaced at 400 / 0.8464 + 56 = 529 < 920
    bess = told([5.0, 5.0, -9.0], prices([920] * 3, sell=400), storages=(battery(36.0),))["bess"]
    assert bess.p_set_mw == pytest.approx(5.0)


@given(st.floats(1.0, 2000.0), st.floats(0.0, 20.0), st.floats(4.0, 36.0), st.floats(0.0, 1.0))
def test_never_moves_on_a_flat_tariff_without_surplus(
    price: float, load: float, energy: float, sell_frac: float
) -> None:
    table = prices([price] * 24, sell=price * sell_frac)
    assert told(load, table, storages=(battery(energy),))["bess"].p_set_mw == 0.0


def test_reserve_is_bought_back_when_cheapest() -> None:
    # 2 MWh below the reserve of 4: 2 / 0.92 from the network
    bess = told(1.0, prices([380, 400]), storages=(battery(2.0),))["bess"]
    assert (bess.reason, bess.p_set_mw) == (Reason.RESERVE_CHARGE, pytest.approx(-2.0 / 0.92))
    assert told(1.0, prices([400, 380]), storages=(battery(2.0),))["bess"].p_set_mw == 0.0


def test_storages_share_the_load_by_power() -> None:
    both = told(6.0, prices([1480, 380]), storages=(
        battery(36.0, "big"), battery(18.0, "small", energy_mwh=20.0, charge_power_mw=5.0, discharge_power_mw=5.0)))
    assert both["big"].p_set_mw == pytest.approx(4.0)
    assert both["small"].p_set_mw == pytest.approx(2.0)


def test_a_full_storage_does_not_sell_while_another_one_stores_surplus() -> None:
    # selling earns 600, more than the 505 of replacing, but the empty one stores for 1480
    both = told([-3.0, 5.0, 5.0], prices([1480, 1480, 380], sell=600), storages=(
        battery(36.0, "full"), battery(20.0, "empty")))
    assert both["full"].p_set_mw == 0.0
    assert both["empty"].p_set_mw == pytest.approx(-1.5)


def test_surplus_counts_towards_what_is_bought() -> None:
    # 2 h · 3 MW need 6 / 0.8464 from the network, 2 of it surplus
    bess = told([-2.0, 3.0, 3.0], prices([380, 1480, 1480]), storages=(battery(4.0),))["bess"]
    assert (bess.reason, bess.p_set_mw) == (Reason.VALLEY_CHARGE, pytest.approx(-6.0 / ROUND_TRIP))


def test_energy_is_kept_for_a_dear_hour_whose_load_no_engine_can_serve() -> None:
    # next hour 0.6 MW are below the engine's minimum and cost 1480; of 1 MWh 0.4 are left to displace the engine now
    bess = told([3.0, 0.6, 3.0], prices([920, 1480, 380]), storages=(battery(4.0 + 1.0 / 0.92),),
                generators=(chp(start_cost=0.0, min_up_h=0.0),))["bess"]
    assert bess.p_set_mw == pytest.approx(0.4)


def test_displaces_the_dearest_supply_which_may_be_an_engine() -> None:
    # the engine at 834 (no carbon) serves the load in both hours, so energy is spread over them
    both = told(3.0, prices([1480, 1480, 380]), storages=(battery(5.0),), generators=(chp(p_set_mw=3.0),))
    assert "generating with chp costs 834" in both["bess"].message
    assert both["bess"].p_set_mw == pytest.approx(0.92 / 2)
    assert both["chp"].p_set_mw == pytest.approx(3.0 - 0.46)


@pytest.mark.parametrize(("soc", "expected"), [(0.3, -0.2 * 0.015 / 0.95), (0.8, 0.3 * 0.015 * 0.95), (0.5, 0.0)])
def test_flywheels_rest_at_half_charge(soc: float, expected: float) -> None:
    wheel = told(3.0, prices([1480, 380]), storages=(flywheel(soc),))["fw"]
    assert wheel.reason is Reason.HOLD
    assert wheel.p_set_mw == pytest.approx(expected)


def test_storage_that_does_not_report_rests() -> None:
    silent = battery(float("nan"))
    both = told(3.0, prices([1480, 380]), storages=(silent, battery(36.0, "other")))
    assert (both["bess"].reason, both["bess"].p_set_mw) == (Reason.NO_MEASUREMENT, 0.0)
    assert both["other"].p_set_mw == pytest.approx(3.0)


def test_aged_battery_is_planned_with_what_it_holds_today() -> None:
    aged = StorageView("bess", BATTERY, 0.0, 15.0, 0.5)  # 30 MWh left
    assert aged.capacity_mwh == pytest.approx(30.0)


def test_required_content_counts_backwards() -> None:
    # hour 2 needs 5, hour 1 regains 3, hour 0 needs 1
    assert required_mwh(np.array([1.0, 0.0, 5.0]), np.array([0.0, 3.0, 0.0]), 10.0) == pytest.approx(3.0)


def test_required_content_is_what_fits() -> None:
    # hour 2 needs 50 of which 10 fit; hour 1 regains 8
    assert required_mwh(np.array([0.0, 0.0, 50.0]), np.array([0.0, 8.0, 0.0]), 10.0) == pytest.approx(2.0)
