"""What heat and cold cost and emit, what they would cost if all were bought, and what a full tank is worth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twin.accounts.builders import closed_run, load, part, tariff, thermal_network
from tests.twin.accounts.thermal_site import heat, prices, site
from twin.accounts import Rules, StockPrice, settle
from twin.component import Role
from twin.errors import ScenarioError
from twin.fuels import NATURAL_GAS_EMISSION_T_PER_MWH

GAS_T_PER_MWH = 56.1 * 3.6 / 1000
"""IPCC 2006 default of natural gas, 56.1 kg/GJ on the lower heating value."""


def test_boiler_gas_is_paid_and_emitted() -> None:
    """Engine 20 and boilers 4.95 MWh at 360; the boilers emit by the rules' factor, the engine by its own 0.2."""
    accounts = settle(site())
    items = {i.key: i for i in accounts.money.items}
    assert items["fuel_gas"].quantity == pytest.approx(24.95)
    assert items["fuel_gas"].cost == pytest.approx(24.95 * 360)
    sources, boilers_t = {s.name: s.emission_t for s in accounts.carbon.sources}, 4.95 * GAS_T_PER_MWH
    assert sources == pytest.approx({"grid import": 2.3, "engine (gas)": 4.0, "heat boilers (gas)": boilers_t})
    assert items["carbon"].cost == pytest.approx(100 * (6.3 + boilers_t))
    assert pytest.approx(GAS_T_PER_MWH) == NATURAL_GAS_EMISSION_T_PER_MWH


def test_the_factor_of_boiler_gas_is_a_rule() -> None:
    carbon = settle(site(), Rules(gas_emission_t_per_mwh=0.1)).carbon
    assert {s.name: s.emission_t for s in carbon.sources}["heat boilers (gas)"] == pytest.approx(0.495)


def test_boilers_alone_are_billed() -> None:
    """No plant in the run: 2 MWh gas at 400."""
    network = thermal_network("heating", {"a": ([1.8], [1.8])}, boiler_mw=[1.8], gas_mw=[-2.0], boiler_loss_mw=[0.2])
    run = closed_run(load([-1.0]), network, tariff(gas_price_per_mwh=[400.0]))
    assert {i.key: i.cost for i in settle(run).money.items} == pytest.approx({"fuel_gas": 800.0})


def test_gas_without_a_price_is_named() -> None:
    assert "fuel: gas: the run records no gas_price_per_mwh" in settle(closed_run(heat())).money.unpriced


def test_all_bought_by_hand() -> None:
    """Town 12 MWh and 5 / 4 MWh for cold at 1,000; 10.5 / 0.9 MWh of gas at 360 for the heat that was delivered; carbon
    at 100 of 13.25 x 0.5 t and of the gas."""
    gas = 10.5 / 0.9
    expected = 13_250 + gas * 360 + 100 * (13.25 * 0.5 + gas * GAS_T_PER_MWH)
    assert settle(site()).money.grid_only_cost == pytest.approx(expected)


def test_the_reference_follows_the_rules() -> None:
    """A boiler of 0.8 and chillers of COP 2.5, without carbon: 12 + 2 MWh at 1,000 and 10.5 / 0.8 MWh at 360."""
    rules = Rules(carbon_charged=False, reference_boiler_efficiency=0.8, reference_chiller_cop=2.5)
    assert settle(site(), rules).money.grid_only_cost == pytest.approx(14_000 + 13.125 * 360)


def test_what_was_not_served_saves_nothing() -> None:
    """A boiler as good as the reference serves 1 of 3 MWh heat, chillers as good 2 of 4 MWh cold: buying the same costs
    the same, 2,000 for the town, 360 / 0.9 for the heat and 2,000 / 4 for the cold."""
    heating = thermal_network("heating", {"a": ([3.0], [1.0])}, boiler_mw=[1.0], gas_mw=[-1 / 0.9])
    cooling = thermal_network("cooling", {"a": ([4.0], [2.0])}, chiller_mw=[2.0], p_mw=[-0.5])
    run = closed_run(load([-2.0]), heating, cooling, tariff(buy_price_per_mwh=[1000.0], gas_price_per_mwh=[360.0]))
    accounts = settle(run)
    assert accounts.money.grid_only_cost == pytest.approx(2900)
    assert accounts.kpi["saving_cny"] == pytest.approx(0.0, abs=1e-9)
    assert (accounts.kpi["heat_unserved_mwh"], accounts.kpi["cooling_unserved_mwh"]) == (2.0, 2.0)


def test_heat_that_nobody_got_needs_no_gas_price() -> None:
    network = thermal_network("heating", {"a": ([3.0], [0.0])})
    run = closed_run(load([-2.0]), network, tariff(buy_price_per_mwh=[1000.0]))
    assert settle(run).money.grid_only_cost == pytest.approx(2000)


def test_references_are_declared_in_the_scenario_and_must_give_something() -> None:
    declared = {"reference_boiler_efficiency": 0.8, "reference_chiller_cop": 3, "gas_emission_t_per_mwh": 0.25}
    assert Rules.of_scenario({"accounts": declared}) == Rules(
        gas_emission_t_per_mwh=0.25, reference_boiler_efficiency=0.8, reference_chiller_cop=3.0)
    with pytest.raises(ScenarioError, match="reference_chiller_cop is 0; it must be above 0"):
        Rules(reference_chiller_cop=0.0)


def test_without_a_gas_price_nothing_is_compared_or_made_up() -> None:
    """Heat was delivered and the reference has no price for it; nor has the heat that was stored."""
    accounts = settle(closed_run(load([-1.0, -1.0]), heat(), tariff(buy_price_per_mwh=[1000.0, 1000.0])))
    assert accounts.money.grid_only_cost is None
    assert "change of stored heat: the run records no gas_price_per_mwh" in accounts.money.unpriced
    assert "saving_cny" not in accounts.kpi
    assert "net_cost_stock_adjusted_cny" not in accounts.kpi


def test_the_reference_needs_no_heat_pump() -> None:
    """A pump of 1 MW delivers 3 MW: bought, that is 3 / 0.9 MWh of gas at 360 and no electricity of the pump; the town
    takes 2 MWh at 1,000."""
    pump = part("pump", "heat_pump", Role.LOAD, {"p_mw": [-1.0], "condenser_heat_mw": [3.0]})
    network = thermal_network("heating", {"a": ([3.0], [3.0])}, feed_mw=[3.0])
    run = closed_run(load([-2.0]), pump, network, tariff(buy_price_per_mwh=[1000.0], gas_price_per_mwh=[360.0]))
    accounts = settle(run)
    assert accounts.money.grid_only_cost == pytest.approx(2000 + 3 / 0.9 * 360)
    assert accounts.money.net_cost == pytest.approx(3000)


def test_bought_heat_is_paid_and_emits() -> None:
    """2 MWh at 450 money and 0.3 t per MWh."""
    network = thermal_network("heating", {"a": ([2.0], [2.0])}, external_mw=[2.0])
    accounts = settle(closed_run(network, tariff(heat_price_per_mwh=[450.0], heat_emission_t_per_mwh=[0.3])))
    assert {i.key: (i.label, i.cost) for i in accounts.money.items} == {
        "heat_purchase": ("Bought heat", pytest.approx(900))}
    assert {s.name: s.emission_t for s in accounts.carbon.sources} == pytest.approx({"bought heat": 0.6})
    assert accounts.kpi["heat_bought_mwh"] == pytest.approx(2.0)


def test_bought_heat_and_cold_of_unknown_price_and_factor_are_named() -> None:
    networks = [thermal_network(s, {"a": ([2.0], [2.0])}, external_mw=[2.0]) for s in ("heating", "cooling")]
    accounts = settle(closed_run(*networks))
    assert accounts.money.unpriced == ("bought heat: the run records no heat_price_per_mwh",
                                       "bought cold: the run records no cooling_price_per_mwh")
    assert accounts.carbon.unknown == ("bought heat: the run records no heat_emission_t_per_mwh",
                                       "bought cold: the run records no cooling_emission_t_per_mwh")
    assert "emission_t" not in accounts.kpi


def test_no_saving_is_stated_while_bought_heat_has_no_price() -> None:
    network = thermal_network("heating", {"a": ([2.0], [2.0])}, external_mw=[2.0])
    prices = {"buy_price_per_mwh": [1000.0], "gas_price_per_mwh": [360.0]}
    unknown = settle(closed_run(load([-1.0]), network, tariff(**prices, heat_price_per_mwh=[0.0])))
    assert unknown.money.unpriced == ("bought heat: heat_price_per_mwh is not given in the tariff",)
    assert unknown.money.grid_only_cost is None and "saving_cny" not in unknown.kpi
    known = settle(closed_run(load([-1.0]), network, tariff(**prices, heat_price_per_mwh=[450.0])))
    # 1,000 for the town; 2 / 0.9 MWh of gas at 360 would have been 800, the heat cost 900
    assert known.kpi["saving_cny"] == pytest.approx(-100.0)


def test_costs_per_mwh_count_all_that_was_consumed() -> None:
    """12 MWh electricity, 10.5 heat and 5 cold."""
    kpi = settle(site()).kpi
    assert kpi["emission_t_per_mwh"] == pytest.approx(kpi["emission_t"] / 27.5)
    assert kpi["net_cost_cny_per_mwh"] == pytest.approx(kpi["net_cost_cny"] / 27.5)


def test_a_heat_pump_that_feeds_a_network_is_consumed_once() -> None:
    """A pump of 1 MW gives 3 MW to a network that delivers them, the town takes 2 MWh: 5 MWh were consumed and cost
    3 x 1,000. Without a network the pump's electricity is all that is known of it: 3 MWh."""
    pump = part("pump", "heat_pump", Role.LOAD, {"p_mw": [-1.0], "condenser_heat_mw": [3.0]})
    network = thermal_network("heating", {"a": ([3.0], [3.0])}, feed_mw=[3.0])
    price = tariff(buy_price_per_mwh=[1000.0])
    kpi = settle(closed_run(load([-2.0]), pump, network, price)).kpi
    assert kpi["consumption_mwh"] == pytest.approx(3.0)
    assert kpi["net_cost_cny_per_mwh"] == pytest.approx(3000 / 5)
    alone = settle(closed_run(load([-2.0]), pump, price)).kpi
    assert alone["net_cost_cny_per_mwh"] == pytest.approx(1000)


def test_a_fuller_tank_by_hand() -> None:
    """0.5 MWh heat at (360 + 100 x 0.20196) / 0.9 and 0.1 MWh cold at (1,000 + 100 x 0.5) / 4."""
    accounts = settle(site())
    worth = {i.key: (i.quantity, i.cost) for i in accounts.money.thermal_stock}
    of_heat, of_cold = 0.5 * (360 + 100 * GAS_T_PER_MWH) / 0.9, 0.1 * 1050 / 4
    assert worth["stored_heat_change"] == pytest.approx((0.5, -of_heat))
    assert worth["stored_cold_change"] == pytest.approx((0.1, -of_cold))
    assert accounts.kpi["net_cost_stock_adjusted_cny"] == pytest.approx(
        accounts.kpi["net_cost_cny"] - of_heat - of_cold)


def test_carbon_that_costs_nothing_more_gives_stored_heat_no_worth() -> None:
    """Below its free allowance the site would not have paid for the carbon of the heat it stored: 0.5 x 360 / 0.9."""
    stock = settle(site(), Rules(carbon_allowance_t=1000.0)).money.thermal_stock[0]
    assert stock.cost == pytest.approx(-200.0)


def test_an_emptied_cold_tank_costs_what_it_displaced() -> None:
    """1 MWh cold out of the tank at 1,200, chillers of COP 4 make 1 MWh at 400: 300 displaced; the mean purchase of
    1 MWh town in the first and 1.25 MWh in the second hour is 1,700 / 2.25, over 4."""
    network = thermal_network("cooling", {"labs": ([1.0, 1.0], [1.0, 1.0])}, chiller_mw=[0.0, 1.0], p_mw=[0.0, -0.25],
                              chiller_p_mw=[0.0, -0.25], tank_mw=[1.0, 0.0])
    run = closed_run(load([-1.0, -1.0]), network, tariff(buy_price_per_mwh=[1200.0, 400.0]))
    assert settle(run).money.thermal_stock[0].cost == pytest.approx(300.0)
    at_mean = settle(run, Rules(stock_price=StockPrice.PURCHASE)).money.thermal_stock[0]
    assert at_mean.cost == pytest.approx(1700 / 2.25 / 4)


HOURS = st.lists(st.tuples(st.floats(0.0, 3.0), st.floats(0.0, 3.0), st.floats(0.0, 2000.0), st.floats(0.0, 900.0)),
                 min_size=1, max_size=6)


@given(HOURS)
def test_a_run_that_only_empties_its_tanks_saves_nothing(hours: list[tuple[float, float, float, float]]) -> None:
    """Plants as good as those of the reference, whatever the prices: what the tanks gave is paid for."""
    asked, given_, buy, gas = (np.array(column) for column in zip(*hours, strict=True))
    tank = np.minimum(asked, given_)
    made = asked - tank
    heating = thermal_network("heating", {"a": (asked, asked)}, boiler_mw=made, gas_mw=-made / 0.9,
                              boiler_loss_mw=made / 0.9 - made, tank_mw=tank)
    cooling = thermal_network("cooling", {"a": (asked, asked)}, chiller_mw=made, p_mw=-made / 4, tank_mw=tank)
    run = closed_run(load(-np.ones(len(asked))), heating, cooling, tariff(
        buy_price_per_mwh=buy, gas_price_per_mwh=gas, carbon_price_per_t=80.0 + 0 * buy,
        grid_emission_t_per_mwh=0.5 + 0 * buy))
    assert settle(run).kpi["saving_cny"] <= 1e-6


def test_contents_that_end_as_they_began_need_no_price() -> None:
    """A network without any price: nothing stored, nothing to value."""
    money = settle(closed_run(thermal_network("cooling", {"a": ([1.0], [1.0])}, chiller_mw=[1.0]))).money
    assert [(i.quantity, i.cost) for i in money.thermal_stock] == [(0.0, 0.0)]
    assert money.unpriced == ()


def test_prices_of_other_things_change_nothing() -> None:
    """A price of heat in a run that buys none."""
    assert settle(site(prices(heat_price_per_mwh=[450.0, 450.0]))).money.net_cost == settle(site()).money.net_cost
