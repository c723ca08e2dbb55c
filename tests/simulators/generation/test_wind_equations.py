"""Each equation equals the windpowerlib function it names."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from windpowerlib import density, power_output, temperature, wind_speed

from simulators.generation.wind_equations import PowerCurve, density_exponent, hub_air_density, hub_wind_speed

SPEEDS = [0.0, 2.8, 3.0, 4.0, 6.0, 8.0, 10.0, 12.0, 13.5, 25.0]
POWERS = [0.0, 0.01, 0.025, 0.17, 0.7, 1.67, 2.4, 2.5, 2.5, 2.5]


@given(st.floats(0, 40), st.floats(5, 100), st.floats(30, 200), st.floats(0, 0.5))
def test_wind_at_the_hub(v: float, measured: float, hub: float, exponent: float) -> None:
    assert hub_wind_speed(v, measured, hub, exponent) == pytest.approx(
        wind_speed.hellman(v, measured, hub, hellman_exponent=exponent), rel=1e-12)


@given(st.floats(60_000, 108_000), st.floats(-40, 50), st.floats(30, 200))
def test_air_density(pressure: float, air: float, hub: float) -> None:
    at_hub = temperature.linear_gradient(air + 273.15, 0.0, hub)
    assert hub_air_density(pressure, air, hub) == pytest.approx(
        density.ideal_gas(pressure, 0.0, hub, at_hub), rel=1e-12)


def test_standard_atmosphere_at_the_ground() -> None:
    # ISO 2533: 15 °C and 101 325 Pa have 1.225 kg/m³
    assert hub_air_density(101_325.0, 15.0, 0.0) == pytest.approx(1.225, abs=1e-4)


@given(st.lists(st.floats(0, 40), min_size=1, max_size=20), st.floats(0.8, 1.5))
def test_density_corrected_power(winds: list[float], rho: float) -> None:
    curve = PowerCurve(SPEEDS, POWERS)
    expected = power_output.power_curve_density_correction(
        np.array(winds), np.array(SPEEDS), np.array(POWERS), np.full(len(winds), rho))
    np.testing.assert_allclose([curve.power(v, rho) for v in winds], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("v", SPEEDS)
def test_reference_density_returns_the_curve_itself(v: float) -> None:
    assert PowerCurve(SPEEDS, POWERS).power(v, 1.225) == pytest.approx(POWERS[SPEEDS.index(v)])


def test_outside_the_curve_is_zero() -> None:
    curve = PowerCurve(SPEEDS[1:], POWERS[1:])
    assert (curve.power(2.7, 1.225), curve.power(25.01, 1.225)) == (0.0, 0.0)


def test_thin_air_gives_less() -> None:
    curve = PowerCurve(SPEEDS, POWERS)
    assert curve.power(8.0, 1.0) < curve.power(8.0, 1.225) < curve.power(8.0, 1.3)


def test_exponent_rises_from_a_third_to_two_thirds() -> None:
    exponents = [density_exponent(v) for v in (3.0, 7.5, 10.0, 12.5, 20.0)]
    assert exponents == pytest.approx([1 / 3, 1 / 3, 1 / 2, 2 / 3, 2 / 3])
