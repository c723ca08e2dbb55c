"""Every item by hand; the items sum to the net cost; a cost is positive."""

from __future__ import annotations

import math

import pytest
from hypothesis import given

from tests.twin.accounts.builders import battery, closed_run, engine, load, make_run, sun, tariff
from tests.twin.accounts.sites import Site, sites
from twin.accounts import Rules, settle
from twin.accounts.money import Money, MoneyItem
from twin.store.run_data import RunData


def item(run: RunData, key: str, rules: Rules | None = None) -> MoneyItem:
    return next(i for i in settle(run, rules).money.items if i.key == key)


def keys(money: Money) -> set[str]:
    return {i.key for i in money.items}


def test_purchase_and_feed_in_use_the_price_of_the_step() -> None:
    """Import 2 MWh at 1,480 and export 3 MWh at 400: 2,960 paid, 1,200 earned."""
    run = closed_run(load([-2.0, -1.0]), sun([0.0, 4.0]),
                     tariff(buy_price_per_mwh=[1480, 320], sell_price_per_mwh=[450, 400]))
    assert item(run, "energy_purchase").cost == pytest.approx(2960)
    assert item(run, "feed_in").cost == pytest.approx(-1200)
    assert settle(run).money.net_cost == pytest.approx(1760)


def test_a_quarter_hour_costs_a_quarter() -> None:
    run = closed_run(load([-2.0] * 4), tariff(buy_price_per_mwh=[1000] * 4), step_s=900)
    assert item(run, "energy_purchase").cost == pytest.approx(2000)


def test_fuel_running_and_starts() -> None:
    """An engine gives 4.5 MW for one hour: 10 MWh gas at 366 = 3,660; 4.5 MWh at 20 = 90; one start at 500."""
    run = closed_run(load([-4.5, 0.0]), engine([4.5, 0.0]), tariff(gas_price_per_mwh=[366, 366]))
    assert item(run, "fuel_gas").cost == pytest.approx(3660)
    assert item(run, "running").cost == pytest.approx(90)
    assert item(run, "starts").cost == pytest.approx(500)


def test_booked_money_wins_over_the_nameplate() -> None:
    """The engine books 450 for its start, the battery 70 for its wear in one step of a longer own step."""
    store = battery([1.0, 1.0], start_mwh=10.0, wear=[40.0, 30.0])
    run = closed_run(load([-5.5, -5.5]), engine([4.5, 4.5], start_cost=[450.0, 0.0]), store)
    assert item(run, "starts").cost == pytest.approx(450)
    assert item(run, "wear").cost == pytest.approx(70)


def test_booked_money_is_not_multiplied_by_a_finer_grid() -> None:
    """A battery stepped hourly that books 40 money beside a load of half-hour steps: 40, not 80."""
    store = (*battery([1.0], start_mwh=10.0, wear=[40.0])[:-1], 3600)
    run = make_run(load([-1.0, -1.0]), store, step_s=1800)
    assert item(run, "wear").cost == pytest.approx(40)


def test_wear_from_the_nameplate() -> None:
    """Two hours of 1 MW discharge at 100 money per MWh discharged."""
    assert item(closed_run(load([-1.0] * 2), battery([1.0] * 2, start_mwh=10.0)), "wear").cost == pytest.approx(200)


def carbon_run() -> RunData:
    return closed_run(load([-10.0, -10.0]), tariff(grid_emission_t_per_mwh=[0.6, 0.4], carbon_price_per_t=[80, 90]))


def test_carbon_as_internal_price_with_allowance_and_switched_off() -> None:
    """6 t at 80 and 4 t at 90 = 840; with 5 t free half of it; a site without obligation may leave it out."""
    assert item(carbon_run(), "carbon").cost == pytest.approx(840)
    assert item(carbon_run(), "carbon", Rules(carbon_allowance_t=5.0)).cost == pytest.approx(420)
    assert item(carbon_run(), "carbon", Rules(carbon_allowance_t=50.0)).cost == 0.0
    assert "carbon" not in keys(settle(carbon_run(), Rules(carbon_charged=False)).money)


def test_certificates_are_sold_whole_at_the_price_of_their_step() -> None:
    """0.7 MWh green export an hour: certificates in hours 1 and 2, sold at 78 and 60."""
    run = closed_run(sun([1.7] * 3), load([-1.0] * 3), tariff(certificate_price_per_mwh=[90, 78, 60]))
    assert item(run, "certificates").cost == pytest.approx(-138)
    assert item(run, "certificates").quantity == 2


def test_demand_response_pays_the_reduction_against_the_baseline() -> None:
    """Baseline 4 MW, event at 850 in the second hour, load 3 MW there: 1 MWh. The reduction before it earns nothing."""
    run = closed_run(load([-3.5, -3.0, -4.0], baseline=[-4, -4, -4]), tariff(demand_response_price_per_mwh=[0, 850, 0]))
    assert item(run, "demand_response").cost == pytest.approx(-850)
    assert item(run, "demand_response").quantity == pytest.approx(1.0)


def test_a_site_without_market_has_plant_costs_only() -> None:
    accounts = settle(closed_run(load([-4.5]), engine([4.5])))
    assert keys(accounts.money) == {"running", "starts"}
    assert accounts.money.unpriced == ("fuel: gas: the run records no gas_price_per_mwh",)
    assert accounts.money.grid_only_cost is None


def test_what_the_site_would_pay_without_its_own_plants() -> None:
    """Town with a baseline of 4 MW for two hours at 1,000, carbon 0.5 t/MWh at 80: 8,000 + 320."""
    run = closed_run(load([-4.0, -3.0], baseline=[-4, -4]), sun([4.0, 3.0]), tariff(
        buy_price_per_mwh=[1000, 1000], grid_emission_t_per_mwh=[0.5, 0.5], carbon_price_per_t=[80, 80]))
    money = settle(run).money
    assert money.grid_only_cost == pytest.approx(8320)
    assert money.net_cost == pytest.approx(0.0)


@given(sites())
def test_items_sum_to_the_net_cost(site: Site) -> None:
    accounts = settle(site.run())
    assert math.fsum(i.cost for i in accounts.money.items) == pytest.approx(accounts.kpi["net_cost_cny"], abs=0.01)
    assert len({i.key for i in accounts.money.items}) == len(accounts.money.items)


@given(sites())
def test_accounts_do_not_depend_on_how_time_is_cut(site: Site) -> None:
    """Each step cut into two halves of the same power: the same account of energy, green, carbon and money."""
    whole, halves = settle(site.run()), settle(site.run(cuts=2))
    rounding = {"energy_residual_rel", "tag_residual_rel", "certificates_count", "net_cost_cny", "saving_cny",
                "net_cost_cny_per_mwh", "net_cost_stock_adjusted_cny"}
    for name in whole.kpi.keys() - rounding:
        assert halves.kpi[name] == pytest.approx(whole.kpi[name], rel=1e-9, abs=1e-9), name
    # demand intervals and certificates: an integer reached within an hour is reached in one of its halves
    one, two = ({i.key: i.cost for i in a.money.items} for a in (whole, halves))
    assert two == pytest.approx(one, rel=1e-9, abs=1e-6)
