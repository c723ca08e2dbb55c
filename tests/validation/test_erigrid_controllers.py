"""The benchmark's two controllers replayed: published measurements in, published decisions out, minute by minute."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from controllers.flexible_heat import FlexibleHeat
from controllers.flexible_heat import Inputs as HeatInputs
from controllers.flexible_heat import Params as HeatParams
from controllers.voltage_band_setpoint import Inputs as VoltageInputs
from controllers.voltage_band_setpoint import Params as VoltageParams
from controllers.voltage_band_setpoint import VoltageBandSetpoint
from simulators.networks.electrical_grid import ElectricalGrid
from simulators.networks.electrical_grid import Inputs as GridInputs
from simulators.networks.electrical_grid import Params as GridParams
from simulators.profiles import resample
from tests.validation.published_data import published_data
from twin.context import Context, Location

MINUTE_S = 60
MINUTES = 2880
START = datetime(2019, 2, 3, tzinfo=UTC)
CONTEXT = Context(START, MINUTES * MINUTE_S, MINUTE_S, 1, Location(48.2, 16.4, 0.0, "UTC"))
GRID_FILE = Path(__file__).parents[2] / "scenarios" / "networks" / "erigrid_lv.yaml"
REFERENCE = "reference_disheatlib_2d_60s.csv"
PV_1_SCALING = 1.2
LOAD_MVAR = np.array([0.0, -0.029172589874744, -0.010939721203029])
PUBLISHED_MIN_MW = 0.4 * 0.1


@pytest.fixture(scope="module")
def folder() -> Path:
    return published_data("erigrid", REFERENCE) / "erigrid"


@pytest.fixture(scope="module")
def published(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / REFERENCE).iloc[:MINUTES]


@pytest.fixture(scope="module")
def grid_results(folder: Path, published: pd.DataFrame) -> dict[str, np.ndarray]:
    """Our grid with the published heat pump, one step late as published: the voltages with all their digits."""
    grid = ElectricalGrid("grid", GridParams.model_validate({"file": str(GRID_FILE)}), CONTEXT)
    assert grid.terminals()["bus"] == ("BUS_0", "BUS_1", "BUS_2")
    load, pv = profile(folder / "input_power_demand_900s.csv"), profile(folder / "input_pv_900s.csv")
    heat_pump_mw = published["hp_p_el_w"].to_numpy() / 1e6
    late_mw = np.concatenate([heat_pump_mw[:1], heat_pump_mw[:-1]])
    bus_1 = PV_1_SCALING * pv["pv_1_mw"] - load["load_1_mw"] - late_mw
    bus_2 = pv["pv_2_mw"] - load["load_2_mw"]
    steps = [grid.step(k * MINUTE_S, MINUTE_S, GridInputs(np.array([0.0, bus_1[k], bus_2[k]]), LOAD_MVAR))
             for k in range(MINUTES)]
    return {"bus_1_voltage_pu": np.array([y.vm_pu[1] for y in steps]),
            "bus_2_voltage_pu": np.array([y.vm_pu[2] for y in steps]),
            "line_1_loading_percent": np.array([y.line_loading_percent[0] for y in steps]),
            "line_2_loading_percent": np.array([y.line_loading_percent[1] for y in steps])}


def profile(file: Path) -> dict[str, np.ndarray]:
    """The columns of a file at each minute, by PCHIP."""
    table = pd.read_csv(file, parse_dates=["time"])
    point_s = (table["time"] - pd.Timestamp(START.replace(tzinfo=None))).dt.total_seconds().to_numpy()
    return {name: resample(point_s, table[name].to_numpy(), MINUTE_S, MINUTES, "pchip") for name in table.columns[1:]}


def set_points_kw(voltages_pu: np.ndarray, min_load: float) -> np.ndarray:
    """Decisions of a controller that has been running for long, for minute by minute voltages."""
    unit = VoltageBandSetpoint("voltage", VoltageParams(rated_mw=0.1, min_load=min_load), CONTEXT)
    unit.state.demand_mw, unit.state.switched_s = PUBLISHED_MIN_MW, 1e6
    return np.array([-1e3 * unit.step(k * MINUTE_S, MINUTE_S, VoltageInputs(v)).p_set_mw
                     for k, v in enumerate(voltages_pu.tolist())])


def test_the_grid_is_the_published_one(published: pd.DataFrame, grid_results: dict[str, np.ndarray]) -> None:
    for name, digits in (("bus_1_voltage_pu", 3), ("bus_2_voltage_pu", 3)):
        assert np.abs(grid_results[name] - published[name]).max() <= 0.5 * 10.0**-digits + 1e-6
    # the first minute's heat pump is that of a minute before the published results
    for name in ("line_1_loading_percent", "line_2_loading_percent"):
        assert np.abs(grid_results[name] - published[name])[1:].max() <= 0.5e-3 + 1e-4


def test_every_published_set_point_is_met(published: pd.DataFrame, grid_results: dict[str, np.ndarray]) -> None:
    found = set_points_kw(grid_results["bus_1_voltage_pu"], 0.4)

    assert np.abs(found - published["hp_setpoint_kw"]).max() < 1e-9


def test_a_minimum_without_the_last_digit_parts_from_the_published_results_on_the_second_afternoon(
    published: pd.DataFrame, grid_results: dict[str, np.ndarray]
) -> None:
    found = set_points_kw(grid_results["bus_1_voltage_pu"], math.nextafter(0.4, 0.0))
    apart = np.abs(found - published["hp_setpoint_kw"]) > 1e-9

    assert published["time"][int(np.argmax(apart))] == "2019-02-04 16:34:00"


def test_the_document_s_35_kw_are_not_what_was_published(
    published: pd.DataFrame, grid_results: dict[str, np.ndarray]
) -> None:
    found = set_points_kw(grid_results["bus_1_voltage_pu"], 0.35)

    assert np.mean(np.abs(found - published["hp_setpoint_kw"]) > 1e-9) > 0.3


def test_every_published_mode_is_met(published: pd.DataFrame) -> None:
    unit = FlexibleHeat("heat", HeatParams(initial_mode_code=6), CONTEXT)
    set_mw = -published["hp_setpoint_kw"].to_numpy() / 1e3
    late = published[["hp_p_el_w", "tank_high_degc"]].shift(1).bfill().to_numpy()
    modes = [unit.step(k * MINUTE_S, MINUTE_S, HeatInputs(float(set_mw[k]), -late[k, 0] / 1e6, late[k, 1])).mode_code
             for k in range(MINUTES)]

    assert modes == published["flex_heat_state"].tolist()
