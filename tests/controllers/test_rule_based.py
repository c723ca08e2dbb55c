"""The operator as a component: what it reads, remembers, tells and announces."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from controllers.rule_based import Inputs, Outputs, RuleBasedOperator
from controllers.rules.generators import is_run_by_others
from controllers.rules.site_view import GeneratorView, Reason
from tests.controllers.closed_loop import (
    BATTERY,
    CHP,
    FLAT,
    STEP_S,
    context,
    operator,
    park,
    shanghai_prices,
    tariff,
)
from twin.errors import ComponentError
from twin.nameplate import ConnectionNameplate, GeneratorNameplate, LoadNameplate, Nameplate, RenewableNameplate

SMALL: dict[str, Nameplate] = {
    "grid": ConnectionNameplate(20.0, 20.0), "bess": BATTERY, "chp": CHP, "pv": RenewableNameplate(8.0),
    "dc": LoadNameplate(1.2, 0.3, 2)}
WITH_TARIFF = SMALL | {"market": tariff()}
TEN_O_CLOCK_S, THREE_O_CLOCK_S = 10 * 3600, 3 * 3600
FIELDS = ("p_mw", "baseline_mw", "available_mw", "energy_mwh", "soc")


def inputs(t_s: int = 0, *, exchange_mw: float = math.nan, **per_asset: Any) -> Inputs:
    """Present prices of the tariff; measurements of bess, chp, pv, dc in this order; NaN where not given."""
    now = {name: float(row[0]) for name, row in shanghai_prices(np.array([t_s])).items()}
    seen = {name: np.array(per_asset.pop(name, [math.nan] * 4)) for name in FIELDS}
    return Inputs(**now | per_asset, exchange_mw=exchange_mw, **seen)


def measured(t_s: int, exchange_mw: float = 5.0, energy_mwh: float = 36.0, **more: Any) -> Inputs:
    """Everything measured: no sun, a load of 1.2 MW and 3.8 MW that nobody operates."""
    nan = math.nan
    return inputs(t_s, exchange_mw=exchange_mw, p_mw=[0.0, 0.0, 0.0, -1.2], baseline_mw=[nan, nan, nan, -1.2],
                  available_mw=[nan, nan, 0.0, nan], energy_mwh=[energy_mwh, nan, nan, nan],
                  soc=[energy_mwh / 40, nan, nan, nan], **more)


def test_operates_everything_that_can_be_operated_in_scenario_order() -> None:
    assert operator(WITH_TARIFF).terminals()["asset"] == ("bess", "chp", "pv", "dc")


def test_operates_only_the_assets_it_is_given() -> None:
    assert operator(WITH_TARIFF, assets=["dc", "bess"]).terminals()["asset"] == ("bess", "dc")


def test_steps_every_quarter_of_an_hour_by_default_whatever_the_scenario_step() -> None:
    unit = RuleBasedOperator("op", RuleBasedOperator.Params(), context(WITH_TARIFF, step_s=60))
    assert unit.step_s == 900


def test_first_step_without_measurements_moves_nothing() -> None:
    told = operator(WITH_TARIFF).step(0, STEP_S, inputs())
    assert told.p_set_mw.tolist() == [0.0] * 4
    assert told.p_limit_mw.tolist() == [math.inf] * 4
    assert told.interrupt_frac.tolist() == [0.0] * 4
    assert [Reason(c).name for c in told.reason_code] == [
        "NO_MEASUREMENT", "NO_MEASUREMENT", "UNRESTRICTED", "UNRESTRICTED"]


@pytest.mark.parametrize("lost", ["exchange_mw", *FIELDS])
def test_any_lost_measurement_gives_finite_commands(lost: str) -> None:
    seen = measured(TEN_O_CLOCK_S)
    setattr(seen, lost, math.nan if lost == "exchange_mw" else np.full(4, math.nan))
    told = operator(WITH_TARIFF).step(TEN_O_CLOCK_S, STEP_S, seen)
    assert np.isfinite(told.p_set_mw).all()
    assert not np.isnan(told.p_limit_mw).any()


def test_discharges_at_the_peak_and_announces_it_in_one_sentence() -> None:
    unit = operator(WITH_TARIFF, assets=["bess"])
    nan = math.nan
    seen = inputs(TEN_O_CLOCK_S, exchange_mw=5.0)
    seen.p_mw, seen.energy_mwh, seen.soc = np.array([0.0]), np.array([36.0]), np.array([0.9])
    seen.baseline_mw = seen.available_mw = np.array([nan])
    told = unit.step(TEN_O_CLOCK_S, STEP_S, seen)
    assert told.p_set_mw.tolist() == [pytest.approx(5.0)]
    [event] = unit.pending_events
    # with 82 · 0.5366 = 44 of carbon: 1480 + 44; the noon valley replaces at (320 + 44) / 0.8464 + 56
    assert (event.kind, event.severity, event.message) == (
        "decision", "info", "bess discharges 5.00 MW: buying (carbon included) costs 1524 CNY/MWh, "
        "stored energy costs 486 CNY/MWh to replace")


def test_announces_a_decision_once() -> None:
    unit = operator(WITH_TARIFF)
    unit.step(TEN_O_CLOCK_S, STEP_S, measured(TEN_O_CLOCK_S))
    unit.pending_events = []
    unit.step(TEN_O_CLOCK_S + STEP_S, STEP_S, measured(TEN_O_CLOCK_S + STEP_S))
    assert unit.pending_events == []


def test_losing_the_measurement_is_a_warning() -> None:
    unit = operator(WITH_TARIFF)
    unit.step(TEN_O_CLOCK_S, STEP_S, measured(TEN_O_CLOCK_S))
    unit.pending_events = []
    unit.step(TEN_O_CLOCK_S + STEP_S, STEP_S, inputs(TEN_O_CLOCK_S + STEP_S))
    assert {(e.severity, e.message) for e in unit.pending_events} >= {
        ("warning", "bess rests: the load is not measured")}


def test_carbon_of_purchased_electricity_counts_unless_told_otherwise() -> None:
    # the engine costs 870; at 860 it pays only if the grid's 44 of carbon count: 2 h · 4 MW · 34 earn its start of 200
    def engine(charged: bool) -> float:
        seen = measured(THREE_O_CLOCK_S, energy_mwh=4.0)
        seen.buy_price_per_mwh = 860.0
        return float(operator(SMALL, grid_carbon_charged=charged).step(THREE_O_CLOCK_S, STEP_S, seen).p_set_mw[1])
    assert (engine(True), engine(False)) == (4.0, 0.0)


def test_present_price_as_received_goes_before_the_published_one() -> None:
    seen = measured(TEN_O_CLOCK_S)
    seen.buy_price_per_mwh = 200.0  # less than what replacing costs
    assert operator(WITH_TARIFF).step(TEN_O_CLOCK_S, STEP_S, seen).p_set_mw[0] <= 0.0


def test_without_published_prices_the_present_ones_persist_and_nothing_is_arbitraged() -> None:
    unit = operator(SMALL)
    for t_s in range(0, 86_400, STEP_S):
        told = unit.step(t_s, STEP_S, measured(t_s, energy_mwh=20.0))
        assert told.p_set_mw[0] == 0.0


def test_remembers_when_a_unit_was_switched() -> None:
    unit = operator(WITH_TARIFF)
    seen = measured(TEN_O_CLOCK_S, energy_mwh=4.0)
    assert unit.step(TEN_O_CLOCK_S, STEP_S, seen).p_set_mw[1] > 0.0
    # the load is gone, but the minimum up time of two hours is not over
    later = TEN_O_CLOCK_S + STEP_S
    told = unit.step(later, STEP_S, measured(later, exchange_mw=-8.0, energy_mwh=4.0))
    assert (told.p_set_mw[1], Reason(told.reason_code[1])) == (1.2, Reason.RUN_MIN_UP)


def test_a_unit_that_others_started_keeps_its_minimum_up_time() -> None:
    """At three in the morning the CHP does not pay; found running, by hand or by an older release, it stays on for two
    hours; where it is not measured, or its meter shows a little at rest, it stays off."""
    unit = operator(WITH_TARIFF)
    running = replace(measured(THREE_O_CLOCK_S), p_mw=np.array([0.0, CHP.min_mw, 0.0, -1.2]))
    told = [unit.step(THREE_O_CLOCK_S + k * STEP_S, STEP_S, running) for k in range(9)]
    assert all(t.p_set_mw[1] == CHP.min_mw for t in told[:8])
    assert [t.reason_code[1] == Reason.RUN_MIN_UP for t in told] == [True] * 8 + [False]
    for p_mw in (0.0, 0.05 * CHP.min_mw, math.nan):
        resting = replace(measured(THREE_O_CLOCK_S), p_mw=np.array([0.0, p_mw, 0.0, -1.2]))
        assert operator(WITH_TARIFF).step(THREE_O_CLOCK_S, STEP_S, resting).p_set_mw[1] == 0.0


@pytest.mark.parametrize(("told_off_h", "expected"), [(0.25, False), (0.5, True)])
def test_a_unit_that_was_told_to_stop_has_two_intervals_to_come_to_rest(told_off_h: float, expected: bool) -> None:
    assert is_run_by_others(GeneratorView("chp", CHP, CHP.min_mw, 0.0, told_off_h), 0.25) is expected
    emergency = replace(CHP, emergency_only=True)  # starts by itself when the grid fails
    assert not is_run_by_others(GeneratorView("diesel", emergency, CHP.min_mw, 0.0, told_off_h), 0.25)


def test_charges_for_the_load_of_yesterday() -> None:
    unit = operator(WITH_TARIFF, 2)
    for t_s in range(0, 86_400, STEP_S):
        busy = 18 <= t_s / 3600 < 21
        unit.step(t_s, STEP_S, measured(t_s, exchange_mw=5.0 if busy else 0.0, energy_mwh=4.0))
    # 3 h · 5 MW in the evening: at noon 15 / 0.8464 MWh are bought, over the two cheapest hours
    noon = 86_400 + 12 * 3600
    told = unit.step(noon, STEP_S, measured(noon, exchange_mw=0.0, energy_mwh=4.0))
    assert told.p_set_mw[0] == pytest.approx(-15.0 / 0.8464 / 2)


def test_demand_charge_keeps_charging_below_the_peak_of_the_month() -> None:
    unit = operator(SMALL | {"market": tariff(demand_charge_per_mw_month=40_000.0)}, 2)
    for t_s in range(0, 86_400, STEP_S):
        busy = 18 <= t_s / 3600 < 21
        unit.step(t_s, STEP_S, measured(t_s, exchange_mw=6.0 if busy else 0.0, energy_mwh=4.0))
    noon = 86_400 + 12 * 3600
    told = unit.step(noon, STEP_S, measured(noon, exchange_mw=1.0, energy_mwh=4.0))
    # 1 MW is drawn already; no sun that could be lost, but a tenth of the load may come on top
    assert told.p_set_mw[0] == pytest.approx(-(6.0 - 1.0 - 0.1))


def test_a_new_month_starts_a_new_peak() -> None:
    unit = operator(SMALL | {"market": tariff(demand_charge_per_mw_month=40_000.0)}, 20)
    august_s = 17 * 86_400  # 1 August
    peaks = []
    for t_s, exchange_mw in ((0, 9.0), (STEP_S, 9.0), (august_s - STEP_S, 2.0), (august_s, 2.0),
                             (august_s + STEP_S, 2.0)):
        unit.step(t_s, STEP_S, measured(t_s, exchange_mw=exchange_mw))
        peaks.append(unit.state.month_peak_mw)
    assert peaks == [0.0, 9.0, 9.0, 0.0, 2.0]  # two measurements bound the first metering interval


def test_late_in_a_month_storage_stays_below_its_peak_at_a_loss() -> None:
    # at 3 h buying costs 424 and replacing (320 + 44) / 0.8464 + 56 = 486: only the peak is a reason to discharge
    def battery_mw(charge_per_mw_month: float) -> float:
        unit = operator(SMALL | {"market": tariff(demand_charge_per_mw_month=charge_per_mw_month)}, 12)
        for t_s in range(0, 86_400, STEP_S):
            unit.step(t_s, STEP_S, measured(t_s, exchange_mw=4.0 if t_s < 3600 else 2.0))
        t_s = 10 * 86_400 + THREE_O_CLOCK_S
        return float(unit.step(t_s, STEP_S, measured(t_s, exchange_mw=5.0)).p_set_mw[0])
    assert battery_mw(40_800.0) == pytest.approx(1.0)
    assert battery_mw(0.0) <= 0.0


def test_without_a_demand_charge_no_peak_is_watched() -> None:
    unit = operator(WITH_TARIFF)
    for t_s in (0, STEP_S):
        unit.step(t_s, STEP_S, measured(t_s, exchange_mw=9.0))
    assert (unit.state.month_count, unit.state.month_peak_mw) == (0, 0.0)


def test_own_charging_and_a_single_high_measurement_lift_no_ceiling() -> None:
    unit = operator(SMALL | {"market": tariff(demand_charge_per_mw_month=40_000.0)}, 2)
    for k, (exchange_mw, bess_mw) in enumerate(((12.0, -8.0), (12.0, -8.0), (7.0, 0.0), (4.0, 0.0))):
        seen = measured(k * STEP_S, exchange_mw=exchange_mw)
        seen.p_mw[0] = bess_mw
        unit.step(k * STEP_S, STEP_S, seen)
    assert unit.state.month_peak_mw == pytest.approx(4.0)


def test_on_its_first_noon_it_buys_for_an_evening_without_sun() -> None:
    noon = 12 * 3600
    seen = measured(noon, exchange_mw=0.0, energy_mwh=4.0)
    seen.p_mw[2] = seen.available_mw[2] = 5.0  # 5 MW of sun serve the whole load; at 18 h there is none
    told = operator(WITH_TARIFF).step(noon, STEP_S, seen)
    assert (Reason(told.reason_code[0]), told.p_set_mw[0] < -1.0) == (Reason.VALLEY_CHARGE, True)


def test_interrupts_while_demand_response_pays() -> None:
    seen = measured(TEN_O_CLOCK_S, demand_response_price_per_mwh=850.0)
    told = operator(WITH_TARIFF).step(TEN_O_CLOCK_S, STEP_S, seen)
    assert told.interrupt_frac.tolist() == [0.0, 0.0, 0.0, 0.3]


def test_a_site_with_nothing_to_operate_is_no_error() -> None:
    told = operator({"market": tariff()}).step(0, STEP_S, Inputs(FLAT))
    assert told.p_set_mw.shape == (0,)


@pytest.mark.parametrize(("nameplates", "params", "words"), [
    (WITH_TARIFF, {"assets": ["bes"]}, "'bes', which is no storage.*did you mean 'bess'"),
    (WITH_TARIFF | {"other": tariff()}, {}, "several .market, other.; choose one with 'tariff:'"),
    (WITH_TARIFF, {"tariff": "markt"}, "tariff 'markt' does not exist; did you mean 'market'"),
    (WITH_TARIFF | {"grid_2": ConnectionNameplate(1.0, 1.0)}, {}, "choose one with 'connection:'"),
    ({"engine": GeneratorNameplate(4.0, 1.2, "hydrogen", 0.45, 0.4, 0.0, 0.0, 0.0, 0.0, 0.0, False)}, {},
     "'engine' burns 'hydrogen' but no market publishes 'hydrogen_price_per_mwh'"),
])
def test_mistakes_are_named_with_a_remedy(nameplates: dict[str, Nameplate], params: dict[str, Any], words: str) -> None:
    with pytest.raises(ComponentError, match=words):
        operator(nameplates, **params)


def test_an_unknown_price_is_an_error_that_names_it() -> None:
    seen = measured(TEN_O_CLOCK_S)
    seen.gas_price_per_mwh = math.nan
    with pytest.raises(ComponentError, match="gas_price_per_mwh is not known at 36000 s"):
        operator(SMALL).step(TEN_O_CLOCK_S, STEP_S, seen)


def test_emergency_units_need_no_fuel_price() -> None:
    seen = measured(TEN_O_CLOCK_S)
    seen.diesel_price_per_mwh = math.nan
    assert isinstance(operator(SMALL).step(TEN_O_CLOCK_S, STEP_S, seen), Outputs)


def test_networks_and_markets_are_not_operated() -> None:
    names = operator(park()).terminals()["asset"]
    assert names == ("bess", "fw", "chp_1", "chp_2", "diesel", "pv", "wind", "office", "hospital", "dc")
