"""The heat pump on the test bench of the ERIGrid benchmark, beside figures of the published result."""

from __future__ import annotations

import csv
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from simulators.validation.heat_pump import (
    CASE,
    COLUMNS,
    DOCUMENT_CASE,
    EVAPORATOR_WATER_M3,
    FILE,
    BenchResult,
    compare,
    read_reference,
    run_bench,
)
from twin.errors import ParkTwinError

bench = cache(run_bench)


def written(directory: Path, result: BenchResult) -> Path:
    """A result as a file in the published layout, with the event at 450 s as two rows."""
    (directory / FILE).parent.mkdir(exist_ok=True)
    with (directory / FILE).open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["PI_setpoint", *COLUMNS])
        for t in range(901):
            row = [
                25e3, t, result.electricity_w[t], result.evaporator_out_degc[t] + 273.15,
                result.condenser_out_degc[t] + 273.15, result.condenser_kg_s[t],
            ]  # fmt: skip
            writer.writerow(row)
            if t == 450:
                writer.writerow([50e3, t, *row[2:5], 3.0])
    return directory


@pytest.mark.parametrize(
    ("second", "published_w"), [(449, 25_000.0), (451, 29_586.1), (455, 40_992.7), (460, 46_876.5), (900, 50_000.0)]
)
def test_electricity_follows_the_published_course(second: int, published_w: float) -> None:
    assert bench(EVAPORATOR_WATER_M3).electricity_w[second] == pytest.approx(published_w, abs=2.0)


@pytest.mark.parametrize(
    ("second", "flow_kg_s", "evaporator_degc"),
    [(449, 1.19046, 26.0788), (500, 2.34819, 24.5016), (900, 2.29248, 22.5631)],
)
def test_flow_and_evaporator_follow_the_published_course(
    second: int, flow_kg_s: float, evaporator_degc: float
) -> None:
    ours = bench(EVAPORATOR_WATER_M3)

    assert ours.condenser_kg_s[second] == pytest.approx(flow_kg_s, abs=0.003)
    assert ours.evaporator_out_degc[second] == pytest.approx(evaporator_degc, abs=0.09)


def test_without_water_in_the_evaporator_the_settled_state_is_the_same() -> None:
    ours = bench(0.0)

    assert ours.condenser_kg_s[900] == pytest.approx(2.29248, abs=0.003)
    assert ours.evaporator_out_degc[900] == pytest.approx(22.5631, abs=0.02)
    assert ours.condenser_out_degc[900] == pytest.approx(75.0, abs=1e-6)


def test_comparison_passes_on_itself_and_fails_on_another_machine(tmp_path: Path) -> None:
    ours = bench(EVAPORATOR_WATER_M3)

    same = compare(written(tmp_path, ours))
    other = compare(written(tmp_path, replace(ours, electricity_w=ours.electricity_w * 1.01)))

    assert all(c.passed for c in same)
    assert [(c.name, c.quantity) for c in other if not c.passed] == [
        (CASE, "electricity, RMSE"), (CASE, "electricity 5 s after the step"), (DOCUMENT_CASE, "electricity, RMSE")
    ]  # fmt: skip


def test_an_event_given_twice_counts_once(tmp_path: Path) -> None:
    ours = bench(EVAPORATOR_WATER_M3)

    read = read_reference(written(tmp_path, ours) / FILE)

    assert np.array_equal(read.electricity_w, ours.electricity_w)
    assert read.condenser_kg_s[450] == ours.condenser_kg_s[450]


def test_missing_and_damaged_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(ParkTwinError, match=f"{FILE} does not exist"):
        compare(tmp_path)
    (tmp_path / FILE).parent.mkdir()
    (tmp_path / FILE).write_text("time,P_effective\n0,1\n")
    with pytest.raises(ParkTwinError, match="lacks column 'T_evap_out'"):
        compare(tmp_path)
    (tmp_path / FILE).write_text(",".join(COLUMNS) + "\n0,1,300,340,1\n")
    with pytest.raises(ParkTwinError, match="does not cover 0 to 900 s"):
        compare(tmp_path)
