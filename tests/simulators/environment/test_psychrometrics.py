"""Wet-bulb temperature."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.environment.psychrometrics import wet_bulb_degc

PSYCHROMETER_PER_K = 6.62e-4
"""Of a ventilated psychrometer (WMO No. 8, annex 4.B)."""


def saturation_hpa(t: float) -> float:
    """Magnus' formula over water (WMO No. 8, annex 4.B)."""
    return 6.112 * np.exp(17.62 * t / (243.12 + t))


def wet_bulb_by_psychrometer(t: float, rh: float) -> float:
    """Root of e = es(Tw) - A p (T - Tw) at sea level, by bisection."""
    low, high = t - 40.0, t
    for _ in range(60):
        middle = 0.5 * (low + high)
        vapour = saturation_hpa(middle) - PSYCHROMETER_PER_K * 1013.25 * (t - middle)
        low, high = (middle, high) if vapour < rh / 100 * saturation_hpa(t) else (low, middle)
    return 0.5 * (low + high)


def test_example_of_the_paper() -> None:
    # Stull 2011, below eq. 1: 20 °C and 50 % give 13.7 °C
    assert float(wet_bulb_degc(np.float64(20.0), np.float64(50.0))) == pytest.approx(13.7, abs=0.05)


@given(st.floats(0, 35), st.floats(20, 99))
def test_agrees_with_the_psychrometer_equation(t: float, rh: float) -> None:
    # the fit is stated to be within -1.0 … +0.65 K
    assert -1.0 < float(wet_bulb_degc(np.float64(t), np.float64(rh))) - wet_bulb_by_psychrometer(t, rh) < 0.7


@given(st.floats(-40, 55), st.floats(0, 100))
def test_never_above_the_air_temperature(t: float, rh: float) -> None:
    assert float(wet_bulb_degc(np.float64(t), np.float64(rh))) <= t
