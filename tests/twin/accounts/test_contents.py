"""Heat and cold that a run leaves behind, wherever it is held: emptying a tank saves nothing."""

from __future__ import annotations

import pytest

from tests.twin.accounts.builders import Part, closed_run, load, make_run, part, tariff, thermal_network
from tests.twin.accounts.thermal_site import site
from twin.accounts import settle
from twin.accounts.contents import DRIVE_CONTENT, contents_of
from twin.accounts.thermal import settle_thermal
from twin.component import Role
from twin.store.run_data import RunData

MONEY = {"buy_price_per_mwh": [1000.0, 1000.0], "gas_price_per_mwh": [360.0, 360.0]}
"""A MWh of boiler heat costs 360 / 0.9 = 400, one of chiller cold 1,000 / 4 = 250."""


def tank(energy: list[float], heat_mw: list[float], loss_mw: list[float], step_s: int | None = None) -> Part:
    return part("tank", "water_tank", Role.STORAGE, {"energy_mwh": energy, "heat_mw": heat_mw, "loss_mw": loss_mw},
                step_s=step_s)


def changes(run: RunData) -> dict[tuple[str, str], float]:
    return {(c.name, c.service): c.change_mwh for c in contents_of(run, settle_thermal(run))}


EMPTIED = tank([7.9, 7.8], [2.0, 0.0], [0.1, 0.1])
"""10 MWh at the start; 2 are given in the first hour, 0.1 lost in each."""


def test_an_emptied_tank_is_paid_for() -> None:
    """The town costs 2,000 either way; the 2.2 MWh that are missing cost 880."""
    accounts = settle(closed_run(load([-1.0, -1.0]), EMPTIED, tariff(**MONEY)))
    assert accounts.kpi["heat_stored_change_mwh"] == pytest.approx(-2.2)
    assert [(i.key, i.quantity, i.cost) for i in accounts.money.thermal_stock] == [
        ("stored_heat_change", pytest.approx(-2.2), pytest.approx(880.0))]
    assert accounts.kpi["net_cost_stock_adjusted_cny"] == pytest.approx(2880.0)
    assert accounts.kpi["saving_cny"] == pytest.approx(-880.0)


def test_a_network_that_lives_on_a_tank_saves_nothing() -> None:
    """2 MWh out of the tank are delivered: bought, they cost 800; the tank without loss lacks the same 800."""
    network = thermal_network("heating", {"a": ([2.0, 0.0], [2.0, 0.0])}, feed_mw=[2.0, 0.0])
    kpi = settle(closed_run(load([-1.0, -1.0]), tank([8.0, 8.0], [2.0, 0.0], [0.0, 0.0]), network,
                            tariff(**MONEY))).kpi
    assert kpi["saving_cny"] == pytest.approx(0.0, abs=1e-9)


def test_a_tank_counts_beside_pipes_and_their_tank() -> None:
    """The site's network ends with 0.5 MWh more, the tank with 2.2 less."""
    assert settle(site(EMPTIED)).kpi["heat_stored_change_mwh"] == pytest.approx(0.5 - 2.2)


def test_a_tank_of_cold_that_is_warm_has_given_its_cold() -> None:
    """Where only cold is delivered: 3 MWh of heat were put into the tank, 0.2 came through its walls: 3.2 MWh of cold
    are gone, at 250."""
    network = thermal_network("cooling", {"a": ([3.0, 0.0], [3.0, 0.0])}, feed_mw=[3.0, 0.0])
    run = closed_run(load([-1.0, -1.0]), tank([13.1, 13.2], [-3.0, 0.0], [-0.1, -0.1]), network, tariff(**MONEY))
    assert changes(run)["tank", "cooling"] == pytest.approx(-3.2)
    accounts = settle(run)
    assert accounts.kpi["cooling_stored_change_mwh"] == pytest.approx(-3.2)
    assert {i.key: i.cost for i in accounts.money.thermal_stock} == {"stored_cold_change": pytest.approx(800.0)}


def test_beside_both_networks_a_tank_serves_the_one_it_is_connected_to() -> None:
    """Heat, where nothing is said."""
    run = site(EMPTIED)
    assert changes(run)["tank", "heating"] == pytest.approx(-2.2)
    run.scenario["connections"] = [{"from": "tank.delivered_degc", "to": "heat.store.feed_degc"}]
    assert changes(run)["tank", "heating"] == pytest.approx(-2.2)
    run.scenario["connections"] = [{"from": "cold.store.feed_flow_kg_s", "to": "tank.charge_kg_s"}]
    assert changes(run)["tank", "cooling"] == pytest.approx(2.2)


def test_the_first_step_of_a_tank_is_as_long_as_its_own() -> None:
    """Two hours at 2 MW and 0.1 MW of loss: 4.2 of 10 MWh, beside a town of hourly steps."""
    run = make_run(load([-1.0, -1.0]), tank([5.8], [2.0], [0.1], step_s=7200))
    assert changes(run) == {("tank", "heating"): pytest.approx(-4.2)}


def test_a_tank_without_a_gas_price_is_named() -> None:
    accounts = settle(closed_run(load([-1.0, -1.0]), EMPTIED, tariff(buy_price_per_mwh=[1000.0, 1000.0])))
    assert "change of stored heat: the run records no gas_price_per_mwh" in accounts.money.unpriced
    assert "saving_cny" not in accounts.kpi


def test_drive_heat_in_the_circuit_and_under_way_is_held() -> None:
    """Given 1, 2 and 0.5 MWh, used 0, 0.6 and 2.1, an hour late: 0.3 MWh are left in the circuit and 0.5 under way;
    together they cost 0.8 x 400 less. The heating network itself gave all that it made."""
    giver = thermal_network("heating", {"a": ([0.0] * 3, [0.0] * 3)}, name="heat", boiler_mw=[1.0, 2.0, 0.5],
                            drive_mw=[1.0, 2.0, 0.5])
    taker = thermal_network("cooling", {"labs": ([0.0] * 3, [0.0] * 3)}, name="cold", drive_used_mw=[0.0, 0.6, 2.1],
                            drive_stored_mwh=[0.0, 0.4, 0.3])
    run = closed_run(load([-1.0] * 3), giver, taker, tariff(
        buy_price_per_mwh=[1000.0] * 3, gas_price_per_mwh=[360.0] * 3))
    assert changes(run)[DRIVE_CONTENT, "heating"] == pytest.approx(0.8)
    accounts = settle(run)
    assert accounts.kpi["heat_stored_change_mwh"] == pytest.approx(0.8)
    assert {i.key: i.cost for i in accounts.money.thermal_stock} == {
        "stored_heat_change": pytest.approx(-320.0), "stored_cold_change": 0.0}


def test_drive_heat_held_at_the_start_is_drawn() -> None:
    """Nothing arrives in the first hour: the 0.7 MWh it uses were in the circuit."""
    taker = thermal_network("cooling", {"labs": ([0.0] * 2, [0.0] * 2)}, name="cold", drive_used_mw=[0.7, 0.0],
                            drive_stored_mwh=[0.1, 0.1])
    assert changes(closed_run(load([-1.0] * 2), taker))[DRIVE_CONTENT, "heating"] == pytest.approx(-0.7)


def test_a_site_without_drive_heat_holds_none() -> None:
    idle = thermal_network("cooling", {"labs": ([1.0], [1.0])}, name="cold", chiller_mw=[1.0], drive_stored_mwh=[0.0])
    run = closed_run(load([-1.0]), idle)
    assert set(changes(run)) == {("cold", "cooling")}
    assert "heat_stored_change_mwh" not in settle(run).kpi
