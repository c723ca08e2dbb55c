"""The plug-flow pipe beside temperatures measured on the Liège test bench."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from simulators.validation.pipe_ulg import compare, outlet_degc
from tests.validation.published_data import published_data


def made_up_experiment(flow_kg_s: float) -> pd.DataFrame:
    """A step from 18 to 50 °C, the outlet as measured: nothing happens."""
    time_s = np.arange(0.0, 600.0, 3.0)
    return pd.DataFrame({
        "time_s": time_s, "m_flow_kg_s": flow_kg_s, "T_water_in_degC": np.where(time_s < 30.0, 18.0, 50.0),
        "T_water_out_degC": 18.0})


def test_every_measured_experiment_is_met_with_one_set_of_parameters() -> None:
    rows = compare(published_data("pipe_ulg", "ulg_151202.csv"))
    assert len(rows) >= 6
    assert [str(row) for row in rows if not row.passed] == []


def test_without_the_wall_the_measurement_would_be_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    root = published_data("pipe_ulg", "ulg_151202.csv")
    monkeypatch.setattr("simulators.validation.pipe_ulg.WALL_HEAT_CAPACITY_J_KG_K", 1e-3)
    assert not compare(root)[-1].passed


def test_a_front_leaves_the_bench_after_length_over_speed() -> None:
    flow = 1.0
    outlet = outlet_degc(made_up_experiment(flow))
    travel_s = 998.2 * np.pi / 4 * 0.05248**2 * 39.0 / flow
    assert abs(int(np.argmax(outlet > 19.0)) * 3.0 - (30.0 + travel_s)) < 6.0
    assert outlet[-1] == pytest.approx(18.0 + 32.0 * np.exp(-0.462 * 39.0 / (flow * 4184.0)), abs=0.05)


def test_an_experiment_that_is_not_met_fails(tmp_path: Path) -> None:
    (tmp_path / "pipe_ulg").mkdir()
    made_up_experiment(1.0).to_csv(tmp_path / "pipe_ulg" / "ulg_made_up.csv", index=False)
    assert [row.passed for row in compare(tmp_path)] == [False, False]


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no ulg_\*\.csv"):
        compare(tmp_path)
