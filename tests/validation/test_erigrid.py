"""The ERIGrid 2.0 benchmark from its scenario: against the published results, and with made-up profiles."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from simulators.validation.erigrid import (
    INPUTS,
    PUBLISHED_RMSE,
    Published,
    compare_series,
    ours,
    read_published,
    simulate,
)
from tests.validation.published_data import published_data
from twin.errors import ParkTwinError
from twin.store.run_data import RunData

START = datetime(2019, 2, 1)
HOUR = timedelta(hours=1)
REFERENCE = "reference_disheatlib_2d_60s.csv"
RESIDUAL = 1e-9
"""Of what passes through the heating network."""


@pytest.fixture(scope="module")
def published() -> Published:
    return read_published(published_data("erigrid", REFERENCE) / "erigrid")


@pytest.fixture(scope="module")
def run(published: Published) -> RunData:
    folder = published_data("erigrid", REFERENCE) / "erigrid"
    return simulate(folder, published.start + timedelta(minutes=len(published.values["hp_p_el_w"])))


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> RunData:
    """Three hours of constant profiles."""
    folder = tmp_path_factory.mktemp("profiles")
    stamps = pd.date_range(START, periods=5, freq="h")
    for name, columns in zip(INPUTS, (
        {"consumer1_kw_th": 400.0, "consumer2_kw_th": 300.0}, {"load_1_mw": 0.05, "load_2_mw": 0.02},
        {"pv_1_mw": 0.01, "pv_2_mw": 0.03},
    ), strict=True):
        pd.DataFrame({"time": stamps, **columns}).to_csv(folder / name, index=False)
    return simulate(folder, START + 3 * HOUR)


def energy_mwh(run: RunData, series: str) -> float:
    return float(run.native(series).sum()) / 60.0


def switching_minutes(power_w: np.ndarray) -> list[int]:
    return (np.flatnonzero(np.diff(power_w > 10_000.0)) + 1).tolist()


def test_no_signal_is_worse_than_the_second_published_implementation(run: RunData, published: Published) -> None:
    rows = compare_series(ours(run, published), published.values)

    assert len(rows) == len(PUBLISHED_RMSE) + 2
    assert [f"{row.quantity}: {row.ours:.4g} {row.unit}" for row in rows if not row.passed] == []


def test_the_heat_pump_starts_and_stops_in_the_published_minutes(run: RunData, published: Published) -> None:
    found = ours(run, published)

    assert switching_minutes(found["hp_p_el_w"]) == switching_minutes(published.values["hp_p_el_w"])


def test_all_heat_is_delivered_and_none_is_lost_on_the_way(run: RunData) -> None:
    through_mwh = (run.native("heat.delivered_mw") + run.native("heat.loss_mw")) / 60.0

    assert run.native("heat.unserved_mw").max() == 0.0
    assert np.abs(run.native("heat.residual_mwh")).max() < RESIDUAL * through_mwh.min()
    assert [event.message for event in run.events if event.severity != "info"] == []


def test_streams_of_heat_pump_tank_and_network_are_the_same_water(made_up: RunData) -> None:
    run = made_up
    evaporator_mw = run.native("heat_pump.evaporator_heat_mw")
    assert evaporator_mw.min() < -0.05
    assert np.allclose(run.native("heat.extraction_mw"), -evaporator_mw, rtol=1e-9, atol=0.0)
    # what the network gets from the tank is what the condenser gave and the tank lost, up to the minute's delays
    given_mwh, fed_mwh = energy_mwh(run, "heat_pump.condenser_heat_mw"), energy_mwh(run, "heat.feed_mw")
    assert min(given_mwh, fed_mwh) > 0.5
    assert energy_mwh(run, "tank.heat_mw") == pytest.approx(fed_mwh - given_mwh, abs=0.02 * given_mwh)


def test_no_heat_is_made_between_heat_pump_tank_and_network(run: RunData) -> None:
    """Over four days of charging and feeding at once: tank discharge - charge = feed - condenser, up to the delays."""
    given_mwh, fed_mwh = energy_mwh(run, "heat_pump.condenser_heat_mw"), energy_mwh(run, "heat.feed_mw")
    assert min(given_mwh, fed_mwh) > 10.0
    assert energy_mwh(run, "tank.heat_mw") == pytest.approx(fed_mwh - given_mwh, abs=0.005 * given_mwh)


def test_the_grid_sees_the_heat_pump_one_step_later(made_up: RunData) -> None:
    """Exchange + injections - losses = 0: loads 70 kW, PV 1.2 · 10 + 30 kW, heat pump of the minute before."""
    run = made_up
    heat_pump_mw = np.concatenate([[0.0], run.native("heat_pump.p_mw")[:-1]])
    pumps_mw = np.concatenate([[0.0], run.native("heat.p_mw")[:-1]])
    balance_mw = (run.native("grid.exchange_mw") - run.native("grid.loss_mw") - 0.07 + 0.042 + heat_pump_mw + pumps_mw)

    assert np.abs(balance_mw).max() < 1e-9


def test_the_heat_pump_meets_its_set_point_in_the_same_minute(made_up: RunData) -> None:
    asked_mw, taken_mw = made_up.native("voltage.p_set_mw"), made_up.native("heat_pump.p_mw")

    assert asked_mw[0] == -0.04000000000000001
    assert np.abs(taken_mw - asked_mw).max() < 1e-5


def test_a_profile_for_each_consumer(made_up: RunData) -> None:
    labels = made_up.components["heat"].vectors["substation_demand_mw"]
    demand = dict(zip(labels, made_up.native("heat.substation_demand_mw")[-1].tolist(), strict=True))

    assert demand == pytest.approx({"hex_1": 0.4, "hex_2": 0.3, "bypass": 0.0})


def test_the_same_results_pass_and_worse_ones_fail() -> None:
    same = {name: np.full(10, 50.0) for name in (*PUBLISHED_RMSE, "flex_heat_state")}
    worse = same | {"tank_high_degc": np.full(10, 52.2), "hp_p_el_w": np.full(10, 47.9),
                    "flex_heat_state": np.arange(10)}

    assert all(row.passed for row in compare_series(same, same))
    # 2.2 K is more than 2.12; 4.2 % is more than 4 %
    assert [row.quantity for row in compare_series(worse, same) if not row.passed] == [
        "tank_high_degc, RMSE", "energy of the heat pump", "share of minutes in another mode"]


def test_missing_and_damaged_results_are_named(tmp_path: Path) -> None:
    with pytest.raises(ParkTwinError, match="holds no reference_disheatlib"):
        read_published(tmp_path)
    table = pd.DataFrame({"time": pd.date_range("2019-02-03", periods=3, freq="min"), "hp_p_el_w": 0.0})
    table.to_csv(tmp_path / REFERENCE, index=False)
    with pytest.raises(ParkTwinError, match="lacks column 'bus_1_voltage_pu'"):
        read_published(tmp_path)
    for name in (*PUBLISHED_RMSE, "flex_heat_state"):
        table[name] = 0.0
    table.drop(index=1).to_csv(tmp_path / REFERENCE, index=False)
    with pytest.raises(ParkTwinError, match="not a series of values every 60 s"):
        read_published(tmp_path)


def test_a_run_that_is_too_short_is_refused(made_up: RunData) -> None:
    beyond = Published(START + 2 * HOUR, {"hp_p_el_w": np.zeros(61)})

    with pytest.raises(ParkTwinError, match="the run covers 3 h"):
        ours(made_up, beyond)
