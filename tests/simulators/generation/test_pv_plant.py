"""PV plant against pvlib's chain, and what limits it."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pvlib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from simulators.generation.pv_plant import SECONDS_PER_YEAR, Inputs, Params, PvPlant
from tests.simulators.environment.files import SHANGHAI, build
from twin.component import Limit
from twin.context import Context
from twin.nameplate import RenewableNameplate

CONTEXT = Context(datetime.fromisoformat("2025-01-01T00:00+08:00"), 86_400, 900, 1, SHANGHAI)
BRIGHT = Inputs(ghi_w_m2=800.0, dni_w_m2=850.0, dhi_w_m2=100.0, dni_extra_w_m2=1367.0, air_temperature_degc=20.0,
                wind_speed_m_s=3.0, solar_zenith_deg=34.0, solar_azimuth_deg=180.0)
NIGHT = replace(BRIGHT, ghi_w_m2=0.0, dni_w_m2=0.0, dhi_w_m2=0.0, solar_zenith_deg=120.0)


def plant(**params: Any) -> PvPlant:
    return PvPlant("pv", Params.model_validate({"peak_mw": 8.5} | params), CONTEXT)


def by_pvlib(weather: dict[str, np.ndarray], p: Params, tilt: float, azimuth: float) -> np.ndarray:
    """AC power [MW] of a new plant with one orientation, by pvlib's own functions on arrays."""
    up = weather["solar_zenith_deg"] < 90
    dni = np.where(up, weather["dni_w_m2"], 0.0)
    aoi = pvlib.irradiance.aoi(tilt, azimuth, weather["solar_zenith_deg"], weather["solar_azimuth_deg"])
    sky = pvlib.irradiance.haydavies(tilt, azimuth, weather["dhi_w_m2"], dni, weather["dni_extra_w_m2"],
                                     weather["solar_zenith_deg"], weather["solar_azimuth_deg"], return_components=True)
    ground = pvlib.irradiance.get_ground_diffuse(tilt, weather["ghi_w_m2"], p.albedo_frac)
    poa = pvlib.irradiance.poa_components(aoi, dni, sky, ground)
    diffuse = pvlib.iam.marion_diffuse("ashrae", tilt)
    effective = ((poa["poa_direct"] + poa["poa_circumsolar"]) * pvlib.iam.ashrae(aoi)
                 + poa["poa_isotropic"] * diffuse["sky"] + ground * diffuse["ground"])
    cell = pvlib.temperature.faiman(poa["poa_global"], weather["air_temperature_degc"], weather["wind_speed_m_s"])
    dc = pvlib.pvsystem.pvwatts_dc(effective * (1 - p.soiling_frac), cell, p.peak_mw, p.temperature_coefficient_per_k)
    dc = dc * (1 - p.system_loss_frac)
    return pvlib.inverter.pvwatts(dc, p.peak_mw / 1.2 / p.inverter_efficiency, eta_inv_nom=p.inverter_efficiency)


def test_two_weeks_equal_pvlib_at_every_step() -> None:
    weather = build("tmy3", "2025-06-20T00:00+08:00", 14 * 24, 900)
    unit = plant(tilt_deg=30, azimuth_deg=200, degradation_per_year=0.0)
    rows = [weather.step(k * 900, 900, weather.Inputs()) for k in range(len(weather.table))]
    names = Inputs.__dataclass_fields__.keys() - {"p_limit_mw"}
    delivered = [unit.step(k * 900, 900, Inputs(**{n: getattr(row, n) for n in names})).p_mw
                 for k, row in enumerate(rows)]
    columns = {n: np.array([getattr(row, n) for row in rows]) for n in names}
    np.testing.assert_allclose(delivered, by_pvlib(columns, unit.params, 30, 200), rtol=1e-12, atol=1e-12)
    assert max(delivered) > 5.0


def test_default_losses_are_those_of_pvwatts_without_dirt() -> None:
    assert Params(peak_mw=1).system_loss_frac == pytest.approx(pvlib.pvsystem.pvwatts_losses(soiling=0) / 100, abs=5e-4)
    assert Params(peak_mw=1).soiling_frac == 0.02


def test_bright_noon_by_hand() -> None:
    # module plane faces the sun: beam 850, circumsolar 100 * 0.622 / 0.829 = 75, isotropic 100 * 0.378 * 0.915 = 34.6,
    # ground 800 * 0.2 * 0.0855 = 13.7; all 973 W/m²; cell at 20 + 973 / (25 + 20.5) = 41.4 °C
    unit = plant(tilt_deg=34, ac_mw=20)
    poa = 850 + 75.0 + 34.6 + 13.7
    expected = 8.5 * poa / 1000 * 0.98 * (1 - 0.0035 * 16.4) * 0.877  # 2 % dirt, heat, 12.3 % losses
    assert unit.dc_mw(0, BRIGHT) == pytest.approx(expected, rel=5e-3)  # diffuse light loses a little at the glass


def test_night_delivers_nothing() -> None:
    out = plant().step(0, 900, NIGHT)
    assert (out.p_mw, out.q_mvar, out.available_mw, out.curtailed_mw, out.limited_by_code) == (0, 0, 0, 0, Limit.NONE)


def test_inverter_clips_at_its_rating() -> None:
    out = plant(ac_mw=3.0).step(0, 900, BRIGHT)
    assert (out.p_mw, out.available_mw, out.limited_by_code) == (3.0, 3.0, Limit.POWER)
    assert plant(ac_mw=3.0).nameplate() == RenewableNameplate(peak_mw=3.0)
    assert plant().nameplate().peak_mw == pytest.approx(8.5 / 1.2)


def test_curtailment_is_booked() -> None:
    free = plant().step(0, 900, BRIGHT)
    held = plant().step(0, 900, replace(BRIGHT, p_limit_mw=2.0))
    assert (held.p_mw, held.available_mw) == (2.0, free.p_mw)
    assert held.curtailed_mw == free.p_mw - 2.0
    assert free.curtailed_mw == 0.0


def test_modules_lose_042_percent_of_the_new_plant_each_year() -> None:
    new = plant().dc_mw(0, BRIGHT)
    assert plant(age_years=10).dc_mw(0, BRIGHT) == pytest.approx(new * (1 - 0.042))
    assert plant(age_years=9).dc_mw(round(SECONDS_PER_YEAR), BRIGHT) == pytest.approx(new * (1 - 0.042))
    assert plant(age_years=50, degradation_per_year=0.05).dc_mw(0, BRIGHT) == 0.0


def test_reactive_power_follows_the_power_factor() -> None:
    out = plant(power_factor=0.95).step(0, 900, BRIGHT)
    assert math.cos(math.atan2(out.q_mvar, out.p_mw)) == pytest.approx(0.95)
    assert out.q_mvar > 0  # delivered


def test_two_equal_arrays_are_one_plant() -> None:
    halves = plant(arrays=[{"share_frac": 0.5, "tilt_deg": 25, "azimuth_deg": 180}] * 2)
    assert halves.dc_mw(0, BRIGHT) == pytest.approx(plant().dc_mw(0, BRIGHT), rel=1e-12)


def test_east_and_west_peak_in_the_morning_and_afternoon() -> None:
    east_west = plant(arrays=[{"share_frac": 0.5, "tilt_deg": 15, "azimuth_deg": a} for a in (90, 270)])
    east = plant(arrays=[{"share_frac": 1, "tilt_deg": 15, "azimuth_deg": 90}])
    morning, evening = (replace(BRIGHT, solar_zenith_deg=60.0, solar_azimuth_deg=a) for a in (100.0, 260.0))
    assert east.dc_mw(0, morning) > east_west.dc_mw(0, morning) > east.dc_mw(0, evening)
    assert east_west.dc_mw(0, morning) == pytest.approx(east_west.dc_mw(0, evening), rel=1e-9)


def test_horizontal_modules_see_no_ground() -> None:
    assert plant(tilt_deg=0, albedo_frac=0.9).dc_mw(0, BRIGHT) == plant(tilt_deg=0, albedo_frac=0.0).dc_mw(0, BRIGHT)


def test_beam_from_below_the_horizon_is_ignored() -> None:
    dusk = replace(BRIGHT, ghi_w_m2=5.0, dni_w_m2=200.0, dhi_w_m2=5.0, solar_zenith_deg=90.5)
    assert plant(tilt_deg=60).dc_mw(0, dusk) == plant(tilt_deg=60).dc_mw(0, replace(dusk, dni_w_m2=0.0))


@pytest.mark.parametrize(("params", "message"), [
    ({"arrays": [{"share_frac": 0.5, "tilt_deg": 25, "azimuth_deg": 180}]}, "must add up to 1, not 0.5"),
    ({"peak_mw": -1}, "greater than 0"),
    ({"tilt_deg": 120}, "less than or equal to 90"),
    ({"power_factor": 0}, "greater than 0"),
    ({"peak_kw": 8500}, "Extra inputs"),
])
def test_wrong_parameters(params: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        plant(**params)


@given(st.floats(0, 1500), st.floats(0, 1400), st.floats(0, 800), st.floats(-40, 50), st.floats(0, 40),
       st.floats(0, 180), st.floats(0, 360))
def test_any_weather_gives_a_power_between_zero_and_the_rating(
        ghi: float, dni: float, dhi: float, air: float, wind: float, zenith: float, azimuth: float) -> None:
    out = UNIT.step(0, 60, Inputs(ghi, dni, dhi, 1367.0, air, wind, zenith, azimuth))
    assert 0.0 <= out.p_mw <= UNIT.ac_mw


UNIT = plant()
