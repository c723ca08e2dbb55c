"""Wind farm: limits of the wind, density, wakes, curtailment."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from windpowerlib import density, power_output, temperature, wind_speed

from simulators.generation.wind_farm import Inputs, Params, WindFarm
from tests.simulators.environment.files import SHANGHAI, build
from twin.component import Limit
from twin.context import Context
from twin.errors import ComponentError
from twin.nameplate import RenewableNameplate

CONTEXT = Context(datetime.fromisoformat("2025-01-01T00:00+08:00"), 86_400, 900, 1, SHANGHAI)
HUB_FACTOR = 11 ** (1 / 7)
"""Wind at 110 m over wind at 10 m."""
BREEZE = Inputs(wind_speed_m_s=8.0 / HUB_FACTOR, air_temperature_degc=15.0, pressure_pa=101_325.0)


def farm(**params: Any) -> WindFarm:
    return WindFarm("wind", Params.model_validate({"turbines": 3, "rated_mw": 2.5} | params), CONTEXT)


def at_hub(v: float) -> Inputs:
    """Standard air; ``v`` at 110 m."""
    return replace(BREEZE, wind_speed_m_s=v / HUB_FACTOR)


def test_a_breeze_by_hand() -> None:
    # GE 2.5-120 gives 1674 kW at 8 m/s; air at 110 m is 1.7 % thinner than the curve's at the ground
    bare = farm(wind_spread_frac=0, wake_loss_frac=0, availability_frac=1)
    assert bare.step(0, 900, at_hub(8.0)).p_mw == pytest.approx(3 * 1.674, rel=0.02)
    behind = farm(wind_spread_frac=0, wake_loss_frac=0.1, availability_frac=0.9)
    assert behind.step(0, 900, at_hub(8.0)).p_mw == pytest.approx(0.81 * bare.step(0, 900, at_hub(8.0)).p_mw)


@pytest.mark.parametrize("spread", [0.0, 0.1])
def test_no_power_below_cut_in_some_above(spread: float) -> None:
    unit = farm(wind_spread_frac=spread)
    dense = {"air_temperature_degc": 0.0, "pressure_pa": 103_000.0}
    assert unit.step(0, 900, replace(at_hub(2.799), **dense)).p_mw == 0.0
    assert unit.step(0, 900, replace(at_hub(2.801), **dense)).p_mw > 0.0


def test_no_power_above_cut_out() -> None:
    unit = farm(cut_out_m_s=22.0, wind_spread_frac=0)
    assert unit.step(0, 900, at_hub(21.9)).p_mw == pytest.approx(7.5 * 0.92 * 0.97)
    assert unit.step(0, 900, at_hub(22.1)).p_mw == 0.0


def test_a_week_equals_windpowerlib_at_every_step() -> None:
    weather = build("tmy3", "2025-03-01T00:00+08:00", 168, 900)
    unit = farm()
    rows = [weather.step(k * 900, 900, weather.Inputs()) for k in range(len(weather.table))]
    delivered = np.array([unit.step(k * 900, 900, Inputs(r.wind_speed_m_s, r.air_temperature_degc, r.pressure_pa)).p_mw
                          for k, r in enumerate(rows)])
    hub = wind_speed.hellman(np.array([r.wind_speed_m_s for r in rows]), 10, 110, hellman_exponent=1 / 7)
    kelvin = temperature.linear_gradient(np.array([r.air_temperature_degc for r in rows]) + 273.15, 0, 110)
    air = density.ideal_gas(np.array([r.pressure_pa for r in rows]), 0, 110, kelvin)
    expected = power_output.power_curve(hub, np.array(unit.curve.speeds), np.array(unit.curve.powers), air,
                                        density_correction=True)
    np.testing.assert_allclose(delivered, np.where(hub < 2.8, 0.0, expected), rtol=1e-9, atol=1e-12)
    assert delivered.max() > 3.0


def test_own_power_curve_replaces_the_library() -> None:
    unit = farm(power_curve=[[3, 0], [5, 500], [12, 2500]], wind_spread_frac=0, wake_loss_frac=0, availability_frac=1)
    assert unit.curve.power(5.0, 1.225) == pytest.approx(1.5)
    assert unit.curve.power(20.0, 1.225) == pytest.approx(7.5)


def test_curtailment_and_reactive_power() -> None:
    free = farm(power_factor=0.95).step(0, 900, BREEZE)
    held = farm().step(0, 900, replace(BREEZE, p_limit_mw=1.0))
    assert (held.p_mw, held.available_mw, held.limited_by_code) == (1.0, free.available_mw, Limit.NONE)
    assert held.curtailed_mw == pytest.approx(free.p_mw - 1.0)
    assert math.cos(math.atan2(free.q_mvar, free.p_mw)) == pytest.approx(0.95)
    assert farm().step(0, 900, replace(BREEZE, p_limit_mw=7.0)).limited_by_code == Limit.RESOURCE
    assert farm().nameplate() == RenewableNameplate(peak_mw=7.5)


@pytest.mark.parametrize(("params", "message"), [
    ({"power_curve": [[3, 0], [3, 100]]}, "rise from row to row"),
    ({"power_curve": [[-3, 0], [3, 100]]}, "start at 0 or above"),
    ({"power_curve": [[3, 0], [8, -100]]}, "negative power"),
    ({"power_curve": [[3, 0], [12, 2_500_000]]}, "powers are in kW"),
    ({"power_curve": [[3, 0]]}, "at least 2 items"),
    ({"turbines": 0}, "greater than 0"),
    ({"cut_in": 2.8}, "Extra inputs"),
])
def test_wrong_parameters(params: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        farm(**params)


def test_unknown_turbine_is_refused() -> None:
    with pytest.raises(ComponentError, match="turbine 'Enercon' has no power curve"):
        farm(turbine="Enercon")


@given(st.floats(0, 60), st.floats(-40, 50), st.floats(60_000, 108_000))
def test_any_weather_gives_a_power_between_zero_and_the_rating(wind: float, air: float, pressure: float) -> None:
    assert 0.0 <= UNIT.step(0, 60, Inputs(wind, air, pressure)).p_mw <= UNIT.peak_mw


UNIT = farm()
