"""Part-load curves against the data sheet they come from, and the shape an optimiser relies on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.conversion.chp_curves import fuel_mw, heat_mw, smallest_loss_frac, usable_rated_heat_mw

DATA_SHEET_KW = [(330.0, 851.0), (247.0, 657.0), (163.0, 463.0)]
"""GE Jenbacher J 208 GS, 2016: electrical output, energy input (lower heating value) at 100, 75 and 50 %."""


@pytest.mark.parametrize(("power_kw", "fuel_kw"), DATA_SHEET_KW)
def test_fuel_follows_the_data_sheet(power_kw: float, fuel_kw: float) -> None:
    assert fuel_mw(power_kw / 1000, 0.330, 330 / 851) * 1000 == pytest.approx(fuel_kw, rel=0.005)


def test_rated_point_meets_the_efficiencies() -> None:
    assert 4.0 / fuel_mw(4.0, 4.0, 0.45) == pytest.approx(0.45)
    assert heat_mw(4.0, 4.0, 3.5) == pytest.approx(3.5)


def test_nameplate_limits_the_heat_of_the_efficiencies() -> None:
    # 4 / 0.45 * 0.40 = 3.556
    assert usable_rated_heat_mw(4.0, 3.5, 0.45, 0.40) == 3.5
    assert usable_rated_heat_mw(4.0, 5.0, 0.45, 0.40) == pytest.approx(3.5556, abs=1e-4)


def test_curves_take_arrays_and_a_fractional_commitment() -> None:
    p_mw = np.array([0.0, 1.2, 4.0])
    on = np.array([0.0, 1.0, 1.0])

    fuel, heat = fuel_mw(p_mw, 4.0, 0.45, on), heat_mw(p_mw, 4.0, 3.5, on)

    assert (fuel[0], heat[0]) == (0.0, 0.0)
    assert fuel[1:] == pytest.approx([fuel_mw(1.2, 4.0, 0.45), 4 / 0.45])
    assert heat[1:] == pytest.approx([heat_mw(1.2, 4.0, 3.5), 3.5])


def test_fuel_is_convex_and_heat_concave_and_rising() -> None:
    p_mw = np.linspace(0.0, 4.0, 50)

    assert np.all(np.diff(fuel_mw(p_mw, 4.0, 0.45), 2) > 0.0)
    assert np.all(np.diff(heat_mw(p_mw, 4.0, 3.5), 2) < 0.0)
    assert np.all(np.diff(heat_mw(p_mw, 4.0, 3.5)) > 0.0)


@given(st.floats(0.2, 0.6), st.floats(0.1, 0.7))
def test_smallest_loss_is_the_smallest_of_all_loads(electrical: float, thermal: float) -> None:
    x = np.linspace(0.0, 1.0, 2001)
    fuel = fuel_mw(x, 1.0, electrical)
    loss_frac = (fuel - x - heat_mw(x, 1.0, thermal / electrical)) * electrical

    assert smallest_loss_frac(electrical, thermal) == pytest.approx(loss_frac.min(), abs=1e-7)
