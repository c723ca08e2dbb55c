"""Generator rules with a 4 MW engine (minimum 1.2): gas 366.1 / 0.45 + running 20 = 833.6 per MWh without carbon.

Hourly prices; 2 h minimum up and down time; 200 a start.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from controllers.rules.params import Params
from controllers.rules.site_view import Decision, Reason
from tests.controllers.closed_loop import GAS_PRICE_PER_MWH
from tests.controllers.rules.sites import chp, diesel, prices, told

COST = GAS_PRICE_PER_MWH / 0.45 + 20.0


def engine(
    residual_mw: Any, buy: list[float], params: Params | None = None, *, sell: float = 0.0, **unit: Any
) -> Decision:
    """Decision on a single engine."""
    return told(residual_mw, prices(buy, sell), params, generators=(chp(**unit),))["chp"]


@pytest.mark.parametrize(("buy", "reason", "p_mw"), [
    (1480.0, Reason.RUN_PAYS, 3.0), (920.0, Reason.RUN_PAYS, 3.0),
    (380.0, Reason.DOES_NOT_PAY, 0.0), (320.0, Reason.DOES_NOT_PAY, 0.0)])
def test_runs_at_flat_and_peak_prices_and_not_in_the_valleys(buy: float, reason: Reason, p_mw: float) -> None:
    # at 920: 2 h · 3 MW · 86.4 = 519 earn the start of 200
    decision = engine(3.0, [buy] * 3)
    assert (decision.reason, decision.p_set_mw) == (reason, p_mw)


def test_threshold_is_the_marginal_cost() -> None:
    assert engine(3.0, [COST + 0.01] * 3, start_cost=0.0).p_set_mw == 3.0
    assert engine(3.0, [COST - 0.01] * 3, start_cost=0.0).p_set_mw == 0.0


def test_start_must_be_earned_within_the_minimum_up_time() -> None:
    # at rated power 2 h · 4 MW · margin = 200 asks for a margin of 25: the amortised start cost
    assert engine(6.0, [COST + 25.1] * 6).p_set_mw == 4.0
    refused = engine(6.0, [COST + 24.9] * 6)
    assert (refused.reason, refused.p_set_mw) == (Reason.START_NOT_EARNED, 0.0)


def test_looks_ahead_over_the_minimum_up_time_before_it_starts() -> None:
    # the first hour earns 3 · 86.4 = 259, the second one loses 1.2 · 453.6 = 544 at minimum load
    assert engine(3.0, [920.0, 380.0, 920.0]).reason is Reason.START_NOT_EARNED


def test_follows_the_load_up_to_rated_power() -> None:
    assert engine(2.5, [1480.0] * 3).p_set_mw == 2.5
    assert engine(7.0, [1480.0] * 3).p_set_mw == 4.0


def test_a_load_below_the_minimum_is_served_only_if_that_pays() -> None:
    # 0.5 · 1480 − 1.2 · 833.6 < 0; with 1 MW 1480 − 1000 > 0, also over the start
    small = engine(0.5, [1480.0] * 3)
    assert (small.reason, small.p_set_mw) == (Reason.LOAD_TOO_SMALL, 0.0)
    assert engine(1.0, [1480.0] * 3).p_set_mw == 1.2


def test_exports_only_if_selling_pays() -> None:
    assert engine(2.0, [1480.0] * 3, sell=COST - 1).p_set_mw == 2.0
    assert engine(2.0, [1480.0] * 3, sell=COST + 1).p_set_mw == 4.0


def test_export_limit_caps_a_unit_that_sells() -> None:
    unit = told(2.0, prices([1480.0] * 3, COST + 1), generators=(chp(),), export_limit_mw=0.5)["chp"]
    assert unit.p_set_mw == 2.5


def test_used_heat_lowers_the_threshold() -> None:
    # 600 per MWh of heat is worth 533 per MWh of electricity: 300 < 320
    assert engine(3.0, [320.0] * 3, Params(heat_value_per_mwh=600.0), start_cost=0.0).p_set_mw == 3.0


def test_runs_on_through_its_minimum_up_time() -> None:
    early = engine(3.0, [380.0] * 9, p_set_mw=3.0, held_h=1.0)
    assert (early.reason, early.p_set_mw) == (Reason.RUN_MIN_UP, 1.2)
    late = engine(3.0, [380.0] * 9, p_set_mw=3.0, held_h=2.0)
    assert (late.reason, late.p_set_mw) == (Reason.DOES_NOT_PAY, 0.0)


def test_waits_out_its_minimum_down_time() -> None:
    early = engine(3.0, [1480.0] * 3, held_h=1.0)
    assert (early.reason, early.p_set_mw) == (Reason.WAIT_MIN_DOWN, 0.0)
    assert engine(3.0, [1480.0] * 3, held_h=2.0).p_set_mw == 3.0


def test_bridges_a_gap_that_costs_less_than_a_restart() -> None:
    # one hour at minimum load loses 1.2 · (833.6 − 700) = 160 < 200
    bridging = engine(3.0, [700.0, 1480.0, 1480.0], p_set_mw=3.0, min_down_h=0.0)
    assert (bridging.reason, bridging.p_set_mw) == (Reason.RUN_BRIDGES, 1.2)


def test_stops_for_a_gap_that_costs_more_than_a_restart() -> None:
    # two such hours lose 320 > 200
    assert engine(3.0, [700.0, 700.0, 1480.0], p_set_mw=3.0, min_down_h=0.0).p_set_mw == 0.0


def test_bridges_if_the_minimum_down_time_would_miss_dear_hours() -> None:
    # the second hour down would miss 3 · (1480 − 833.6)
    assert engine(3.0, [600.0, 1480.0, 1480.0], p_set_mw=3.0, min_down_h=2.0).reason is Reason.RUN_BRIDGES


def test_cheapest_unit_is_loaded_first() -> None:
    units = (chp("old", electrical_efficiency=0.40), chp("new"))
    both = told(6.0, prices([1480.0] * 3), generators=units)
    assert both["new"].p_set_mw == 4.0
    assert both["old"].p_set_mw == 2.0


def test_of_equal_units_the_running_one_goes_on() -> None:
    both = told(3.0, prices([1480.0] * 3), generators=(chp("a"), chp("b", p_set_mw=3.0)))
    assert (both["a"].p_set_mw, both["b"].p_set_mw) == (0.0, 3.0)


def test_must_run_output_behind_in_merit_order_is_respected() -> None:
    # the dear unit must stay at 1.2, the cheap one serves the other 1.8
    units = (chp("dear", electrical_efficiency=0.30, p_set_mw=3.0, held_h=0.5), chp("cheap"))
    both = told(3.0, prices([1000.0] * 3), generators=units)
    assert both["dear"].p_set_mw == pytest.approx(1.2)
    assert both["cheap"].p_set_mw == pytest.approx(1.8)


def test_follows_the_load_within_its_minimum_up_time_too() -> None:
    assert engine(3.0, [1480.0] * 3, p_set_mw=2.0, held_h=0.5).p_set_mw == 3.0


def test_emergency_unit_is_not_dispatched_on_price() -> None:
    unit = told(3.0, prices([1e5] * 3), generators=(diesel(),))["diesel"]
    assert (unit.reason, unit.p_set_mw) == (Reason.STANDBY, 0.0)


def test_carbon_price_counts_with_the_fuel_factor() -> None:
    # 100 · 0.202 / 0.45 = 44.9 on top of 833.6
    def at(buy: float) -> float:
        return told(3.0, prices([buy] * 3, carbon=100.0), generators=(chp(start_cost=0.0),))["chp"].p_set_mw
    assert at(COST + 44.0) == 0.0
    assert at(COST + 46.0) == 3.0


def test_future_residual_load_decides_whether_a_start_is_earned() -> None:
    # the load is gone in the second hour: 3 · 86.4 earn the start, running empty at minimum load loses it
    assert engine(np.array([3.0, 0.0, 0.0]), [920.0] * 3).reason is Reason.START_NOT_EARNED
