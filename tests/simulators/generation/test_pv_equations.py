"""Each closed form equals the pvlib function it names."""

from __future__ import annotations

import math

import numpy as np
import pvlib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.generation import pv_equations as pv

N = 4000
EXACT = {"rtol": 1e-12, "atol": 1e-9}
"""Agreement of two ways to write one formula; the absolute part is a billionth of a W/m²."""


@pytest.fixture(scope="module")
def sky() -> dict[str, np.ndarray]:
    """Random suns, skies and modules."""
    rng = np.random.default_rng(3)
    values = {
        "zenith": rng.uniform(0, 110, N), "azimuth": rng.uniform(0, 360, N), "tilt": rng.uniform(0, 90, N),
        "plane_azimuth": rng.uniform(0, 360, N), "dni": rng.uniform(0, 1000, N), "dhi": rng.uniform(0, 500, N),
        "ghi": rng.uniform(0, 1200, N), "dni_extra": rng.uniform(1320, 1415, N), "air": rng.uniform(-20, 40, N),
        "wind": rng.uniform(0, 25, N), "cell": rng.uniform(-20, 80, N), "dc": rng.uniform(0, 12, N),
    }
    values["zenith"][:3] = 0.0, 90.0, 89.9
    values["dc"][0] = 0.0
    radians = {k: np.radians(values[k]) for k in ("zenith", "azimuth", "tilt", "plane_azimuth")}
    values |= {"cos_zenith": np.cos(radians["zenith"]), "cos_tilt": np.cos(radians["tilt"])}
    values["cos_aoi"] = pv.cos_incidence(
        values["cos_tilt"], np.sin(radians["tilt"]), values["cos_zenith"], np.sin(radians["zenith"]),
        np.cos(radians["azimuth"] - radians["plane_azimuth"]))
    return values


def test_angle_of_incidence(sky: dict[str, np.ndarray]) -> None:
    expected = pvlib.irradiance.aoi_projection(sky["tilt"], sky["plane_azimuth"], sky["zenith"], sky["azimuth"])
    np.testing.assert_allclose(sky["cos_aoi"], expected, rtol=0, atol=1e-12)


def test_hay_davies(sky: dict[str, np.ndarray]) -> None:
    expected = pvlib.irradiance.haydavies(
        sky["tilt"], sky["plane_azimuth"], sky["dhi"], sky["dni"], sky["dni_extra"], sky["zenith"], sky["azimuth"],
        return_components=True)
    isotropic, circumsolar = pv.sky_diffuse_haydavies(
        sky["dhi"], sky["dni"], sky["dni_extra"], sky["cos_aoi"], sky["cos_zenith"], sky["cos_tilt"])
    np.testing.assert_allclose(isotropic, expected["poa_isotropic"], **EXACT)
    np.testing.assert_allclose(circumsolar, expected["poa_circumsolar"], **EXACT)


def test_ground(sky: dict[str, np.ndarray]) -> None:
    np.testing.assert_allclose(pv.ground_diffuse(sky["ghi"], 0.2, sky["cos_tilt"]),
                               pvlib.irradiance.get_ground_diffuse(sky["tilt"], sky["ghi"], 0.2), **EXACT)


def test_reflection_at_the_glass(sky: dict[str, np.ndarray]) -> None:
    aoi = pvlib.irradiance.aoi(sky["tilt"], sky["plane_azimuth"], sky["zenith"], sky["azimuth"])
    # near grazing incidence pvlib's way through the angle costs digits: 1e-12 of 1 - b (1/c - 1) is 1e-12 / c
    np.testing.assert_allclose(pv.incidence_modifier(sky["cos_aoi"]), pvlib.iam.ashrae(aoi, b=pv.ASHRAE_B0),
                               rtol=0, atol=1e-11)


def test_cell_temperature(sky: dict[str, np.ndarray]) -> None:
    np.testing.assert_allclose(pv.cell_temperature(sky["ghi"], sky["air"], sky["wind"]),
                               pvlib.temperature.faiman(sky["ghi"], sky["air"], sky["wind"]), **EXACT)


def test_module_power(sky: dict[str, np.ndarray]) -> None:
    np.testing.assert_allclose(pv.dc_power(sky["ghi"], sky["cell"], 8.5, -0.0035),
                               pvlib.pvsystem.pvwatts_dc(sky["ghi"], sky["cell"], 8.5, -0.0035), **EXACT)


def test_inverter(sky: dict[str, np.ndarray]) -> None:
    ac = pv.smaller(pv.inverter_power(sky["dc"], 7.0, 0.96), 7.0)
    np.testing.assert_allclose(ac, pvlib.inverter.pvwatts(sky["dc"], 7.0 / 0.96, eta_inv_nom=0.96), **EXACT)


def test_module_that_is_too_hot_delivers_nothing() -> None:
    assert pv.dc_power(1000.0, 400.0, 8.5, -0.0035) == 0.0


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_maximum_and_minimum_without_comparison(a: float, b: float) -> None:
    assert pv.positive(a) == max(a, 0.0)
    assert pv.smaller(a, b) == pytest.approx(min(a, b), rel=1e-12, abs=1e-9)


def test_floats_and_arrays_give_the_same_bits(sky: dict[str, np.ndarray]) -> None:
    arrays = pv.sky_diffuse_haydavies(sky["dhi"], sky["dni"], sky["dni_extra"], sky["cos_aoi"], sky["cos_zenith"],
                                      sky["cos_tilt"])
    one = pv.sky_diffuse_haydavies(*(float(sky[k][7]) for k in (
        "dhi", "dni", "dni_extra", "cos_aoi", "cos_zenith", "cos_tilt")))
    assert one == (arrays[0][7], arrays[1][7])
    assert all(isinstance(v, float) and math.isfinite(v) for v in one)
