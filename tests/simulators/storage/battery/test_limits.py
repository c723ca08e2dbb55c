"""Each limit of the battery as a current, by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.storage.battery.cell import CellConstants
from simulators.storage.battery.limits import (
    LimitConstants,
    current_for_band_a,
    current_for_heat_a,
    current_for_voltage_a,
    temperature_factor,
)
from simulators.storage.battery.open_circuit import voltage_v

LIMITS = LimitConstants(0.5, 1.0, 0.0, 10.0, -20.0, -10.0, 40.0, 45.0, 0.05, 0.95)
CELL = CellConstants(280.0, 0.25e-3, 0.25e-3, 0.02, 2.5, 3.6)
MINUTE = 1.0 / (60.0 * 280.0)
"""Charge that 1 A moves in a minute."""


@pytest.mark.parametrize(
    ("temperature_degc", "charging", "factor"),
    [
        (-5.0, True, 0.0), (0.0, True, 0.0), (5.0, True, 0.5), (10.0, True, 1.0), (25.0, True, 1.0),
        (42.5, True, 0.5), (45.0, True, 0.0), (60.0, True, 0.0),
        (-25.0, False, 0.0), (-15.0, False, 0.5), (0.0, False, 1.0), (41.0, False, 0.8), (45.0, False, 0.0),
    ],
)  # fmt: skip
def test_derating_is_a_ramp_at_both_ends(temperature_degc: float, charging: bool, factor: float) -> None:
    assert temperature_factor(LIMITS, temperature_degc, charging) == pytest.approx(factor)


@given(st.floats(1e-3, 100.0), st.floats(1e-5, 1e-2), st.floats(-0.2, 0.2))
def test_current_for_a_heat_makes_that_heat(heat_w: float, ohm: float, volt: float) -> None:
    current = current_for_heat_a(heat_w, ohm, volt)

    assert current >= 0.0
    assert ohm * current**2 + volt * current == pytest.approx(heat_w, rel=1e-9)


def test_no_heat_allowed_is_no_current() -> None:
    assert current_for_heat_a(0.0, 5e-4, 0.02) == 0.0
    assert current_for_heat_a(-1.0, 5e-4, 0.02) == 0.0


def test_current_within_the_window_is_left_alone() -> None:
    assert current_for_voltage_a(CELL, 140.0, 0.5, MINUTE, 5e-4, True) == 140.0


def test_a_cold_cell_is_charged_up_to_its_voltage_and_no_further() -> None:
    # 5 mΩ, as in hard frost: 3.6 V less open circuit less hysteresis over the resistance, about 54 A
    current = current_for_voltage_a(CELL, 140.0, 0.5, MINUTE, 5e-3, True)

    assert voltage_v(0.5 + current * MINUTE) + 5e-3 * current + 0.02 == pytest.approx(3.6, abs=1e-9)
    assert current == pytest.approx((3.6 - 0.02 - voltage_v(0.5)) / 5e-3, abs=0.5)


def test_an_empty_cell_gives_nothing_below_its_lowest_voltage() -> None:
    high = CELL._replace(min_v=3.0)

    assert current_for_voltage_a(high, 50.0, 0.01, MINUTE, 5e-4, False) == pytest.approx(0.0, abs=1e-9)


def test_band_ends_the_step_on_its_edge_and_lets_back_in() -> None:
    # 1 % of 280 Ah in a minute is 168 A
    assert current_for_band_a(LIMITS, 0.06, MINUTE, False) == pytest.approx(168.0)
    assert current_for_band_a(LIMITS, 0.94, MINUTE, True) == pytest.approx(168.0)
    assert current_for_band_a(LIMITS, 0.02, MINUTE, False) == 0.0
    assert current_for_band_a(LIMITS, 0.02, MINUTE, True) == pytest.approx(0.93 * 16800)
