"""Dry cooler: capacity by temperature difference, fan law."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.conversion.heat_rejection import capacity_mw, fan_mw


@pytest.mark.parametrize(
    ("hot_degc", "air_degc", "expected"), [(80.0, 35.0, 3.0), (80.0, -10.0, 6.0), (57.5, 35.0, 1.5), (30.0, 35.0, 0.0)]
)
def test_capacity_is_proportional_to_the_temperature_difference(
    hot_degc: float, air_degc: float, expected: float
) -> None:
    assert capacity_mw(hot_degc, air_degc, 3.0, 45.0) == pytest.approx(expected, rel=1e-14)


def test_fans_follow_the_cube_of_the_load() -> None:
    assert fan_mw(3.0, 3.0, 3.0, 0.015) == pytest.approx(0.045)
    assert fan_mw(3.0, 6.0, 3.0, 0.015) == pytest.approx(0.045 / 8)  # half speed on a cold day


def test_equations_take_arrays() -> None:
    hot = np.array([20.0, 60.0, 90.0])

    assert capacity_mw(hot, 35.0, 3.0, 45.0).tolist() == [float(capacity_mw(t, 35.0, 3.0, 45.0)) for t in hot]
