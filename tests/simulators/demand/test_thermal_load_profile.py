"""Heat and cooling consumers from a file."""

from __future__ import annotations

from pathlib import Path

from simulators.demand.thermal_load_profile import (
    CoolingLoadProfile,
    CoolingParams,
    HeatLoadProfile,
    HeatParams,
)
from tests.simulators.profile_files import context, stamps, write_series
from twin.component import Nothing, ports_of


def test_demand_is_negative_and_goes_to_its_network(tmp_path: Path) -> None:
    file = write_series(tmp_path / "s.csv", stamps("2025-03-01T00:00", 4, 900), q=[400, 0, 200, 100])
    series = {"file": file, "column": "q", "unit": "kw"}
    heat = HeatLoadProfile("h", HeatParams.model_validate(series | {"heat_node": "A"}), context())
    cold = CoolingLoadProfile("c", CoolingParams.model_validate(series | {"cooling_node": "B"}), context())

    assert [heat.step(t_s, 900, Nothing()).heat_mw for t_s in range(0, 3600, 900)] == [-0.4, 0.0, -0.2, -0.1]
    assert [cold.step(t_s, 900, Nothing()).cooling_mw for t_s in range(0, 3600, 900)] == [-0.4, 0.0, -0.2, -0.1]
    assert ports_of(heat.Outputs)["heat_mw"].carrier == "heat"
    assert ports_of(cold.Outputs)["cooling_mw"].carrier == "cooling"
