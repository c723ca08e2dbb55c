"""The open-circuit voltage against measured cells, and its integral against itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.storage.battery.open_circuit import content_v, mean_voltage_v, open_circuit_v, voltage_v

MEASURED = {
    # % charge: V, mean of charging and discharging at C/100; Sony US26650FTC1 and Haidi 18650 (data set of SimSES)
    10: (3.197, 3.206), 20: (3.234, 3.252), 30: (3.270, 3.288), 40: (3.292, 3.297), 50: (3.299, 3.300),
    60: (3.303, 3.307), 70: (3.311, 3.338), 80: (3.334, 3.340), 90: (3.342, 3.342), 95: (3.345, 3.344),
    97: (3.346, 3.345),
}  # fmt: skip
charges = st.floats(0.0, 1.0)


@pytest.mark.parametrize(("percent", "cells_v"), MEASURED.items())
def test_curve_is_near_two_measured_cells(percent: int, cells_v: tuple[float, float]) -> None:
    assert voltage_v(percent / 100) == pytest.approx(cells_v[0], abs=0.025)
    assert voltage_v(percent / 100) == pytest.approx(cells_v[1], abs=0.025)


def test_voltage_rises_all_the_way_and_hardly_on_the_plateau() -> None:
    curve_v = np.array([voltage_v(soc) for soc in np.linspace(0.0, 1.0, 5001)])

    assert np.all(np.diff(curve_v) > 0.0)
    assert 2.5 < curve_v[0] < 2.8
    assert voltage_v(0.95) - voltage_v(0.3) < 0.07


def test_table_is_the_curve() -> None:
    soc = np.linspace(0.005, 1.0, 777)

    assert [voltage_v(s) for s in soc] == pytest.approx(open_circuit_v(soc), abs=1e-3)


def test_a_cell_of_280_ah_holds_918_wh() -> None:
    # the mean voltage of the curve, 3.28 V; the data sheet's 896 Wh are at 3.2 V, after losses
    fine = open_circuit_v(np.linspace(0.0, 1.0, 100_001))

    assert content_v(1.0) == pytest.approx(np.trapezoid(fine) / 100_000, rel=1e-5)
    assert 280.0 * content_v(1.0) == pytest.approx(918, abs=1)


@given(st.floats(-0.1, 1.1), st.floats(-0.1, 1.1))
def test_charge_times_mean_voltage_is_the_change_of_content(start: float, end: float) -> None:
    change_v = content_v(end) - content_v(start)

    assert mean_voltage_v(start, end) * (end - start) == pytest.approx(change_v, abs=1e-14)
    assert mean_voltage_v(start, end) == mean_voltage_v(end, start)


@given(charges)
def test_mean_over_nothing_is_the_voltage_itself(soc: float) -> None:
    assert mean_voltage_v(soc, soc) == voltage_v(soc)


def test_voltage_stays_beyond_the_ends() -> None:
    assert (voltage_v(-0.5), voltage_v(1.5)) == (voltage_v(0.0), voltage_v(1.0))
    assert content_v(-0.5) == pytest.approx(-0.5 * voltage_v(0.0))
