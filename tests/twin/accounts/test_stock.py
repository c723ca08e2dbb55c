"""Drawing a storage down is not a saving: the change of its content has a price."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twin.accounts.builders import battery, closed_run, load, sun, tariff
from twin.accounts import Rules, StockPrice, settle

PURCHASE = Rules(stock_price=StockPrice.PURCHASE)
PRICES = st.floats(0.0, 2000.0)


def test_an_emptied_battery_by_hand() -> None:
    """Town 4 MW for two hours at 1,000 then 200; the battery (one-way 0.9) gives 1.8 MW in the first hour, for which
    its content falls by 2 MWh; its wear of 100 per MWh discharged is 180.

    Bill 2.2 x 1,000 + 4 x 200 + 180 = 3,180. To put 2 MWh back takes 2 / 0.9 MWh. They displaced a price of 1,000:
    2,222.22. The mean purchase was 3,000 / 6.2 = 483.87: 1,075.27. Buying all would have cost 4,800: at the mean
    purchase price the run would show a saving.
    """
    run = closed_run(load([-4.0, -4.0]), battery([1.8, 0.0], start_mwh=10.0), tariff(buy_price_per_mwh=[1000, 200]))
    accounts = settle(run)
    assert accounts.money.net_cost == pytest.approx(3180)
    assert accounts.money.stock is not None
    assert accounts.money.stock.cost == pytest.approx(2 / 0.9 * 1000)
    assert accounts.money.stock.quantity == pytest.approx(-2.0)
    assert accounts.money.stock_at_purchase_cost == pytest.approx(2 / 0.9 * 3000 / 6.2)
    assert accounts.kpi["net_cost_stock_adjusted_cny"] == pytest.approx(3180 + 2000 / 0.9)
    assert accounts.kpi["saving_cny"] == pytest.approx(4800 - 3180 - 2000 / 0.9)
    assert settle(run, PURCHASE).kpi["net_cost_stock_adjusted_cny"] == pytest.approx(3180 + 2 / 0.9 * 3000 / 6.2)


def test_a_filled_battery_by_hand() -> None:
    """No load; 2 MWh bought at 300 charge 1.8 MWh, worth what they cost: 2 x 300. The town's 1 MWh at 700 before raises
    the mean purchase to 1,300 / 3, which does not count."""
    run = closed_run(load([-1.0, 0.0]), battery([0.0, -2.0], start_mwh=0.0), tariff(buy_price_per_mwh=[700, 300]))
    accounts = settle(run)
    assert accounts.money.stock is not None
    assert accounts.money.stock.cost == pytest.approx(-600)
    assert accounts.kpi["saving_cny"] == pytest.approx(0.0)
    assert settle(run, PURCHASE).kpi["net_cost_stock_adjusted_cny"] == pytest.approx(1300 - 2 * 1300 / 3)


def test_carbon_of_the_purchase_counts_where_it_is_charged() -> None:
    """0.5 t/MWh at 80 make a purchase of 1,000 cost 1,040; 0.9 MW empty 1 MWh."""
    run = closed_run(load([-4.0]), battery([0.9], start_mwh=10.0), tariff(
        buy_price_per_mwh=[1000], grid_emission_t_per_mwh=[0.5], carbon_price_per_t=[80]))
    charged, free = settle(run).money.stock, settle(run, Rules(carbon_charged=False)).money.stock
    assert charged is not None and charged.cost == pytest.approx(1040 / 0.9)
    assert free is not None and free.cost == pytest.approx(1000 / 0.9)


@given(st.lists(st.tuples(st.floats(0.0, 5.0), st.floats(0.0, 8.0), PRICES, PRICES), min_size=1, max_size=8))
def test_a_run_that_only_empties_a_battery_saves_nothing(hours: list[tuple[float, float, float, float]]) -> None:
    """Whatever the prices, the load and whether the discharge is used or sold."""
    give, town, buy, sell = (np.array(column) for column in zip(*hours, strict=True))
    kpi = settle(closed_run(
        load(-town), battery(give, start_mwh=100.0, capacity_mwh=100.0),
        tariff(buy_price_per_mwh=buy, sell_price_per_mwh=np.minimum(sell, buy)),
    )).kpi
    assert kpi["saving_cny"] <= 1e-6


@given(st.lists(st.tuples(st.floats(0.0, 5.0), st.floats(0.0, 8.0), PRICES), min_size=1, max_size=8))
def test_a_run_that_only_fills_a_battery_saves_nothing(hours: list[tuple[float, float, float]]) -> None:
    take, town, buy = (np.array(column) for column in zip(*hours, strict=True))
    kpi = settle(closed_run(
        load(-town), battery(-take, start_mwh=0.0, capacity_mwh=100.0), tariff(buy_price_per_mwh=buy))).kpi
    assert kpi["saving_cny"] <= 1e-6


def test_a_battery_back_at_its_start_has_nothing_to_value() -> None:
    """1 MW in and 0.81 MW out bring the content back: the adjusted cost is the net cost, without any tariff."""
    accounts = settle(closed_run(sun([1.0, 0.0]), load([0.0, -0.81]), battery([-1.0, 0.81], start_mwh=5.0)))
    assert accounts.kpi["net_cost_stock_adjusted_cny"] == pytest.approx(accounts.kpi["net_cost_cny"])


def test_without_a_purchase_price_no_adjusted_figure_is_made_up() -> None:
    accounts = settle(closed_run(load([-1.0]), battery([0.9], start_mwh=10.0)))
    assert accounts.money.stock is None
    assert "change of stored energy: the run records no buy_price_per_mwh" in accounts.money.unpriced
    assert "net_cost_stock_adjusted_cny" not in accounts.kpi
    assert "saving_cny" not in accounts.kpi
