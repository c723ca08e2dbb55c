"""PV plants and wind farms under random weather."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tests.component_specs import ComponentSpec
from twin.component import Component


def sky(rng: np.random.Generator, t_s: int) -> dict[str, Any]:
    """Random irradiance under a sun that culminates at noon."""
    height = max(-math.cos(2 * math.pi * t_s / 86_400), 0.0)
    dni, dhi = rng.uniform(0, 900) * (height > 0), rng.uniform(0, 300) * height
    return {
        "ghi_w_m2": dni * height + dhi, "dni_w_m2": dni, "dhi_w_m2": dhi, "dni_extra_w_m2": 1367.0,
        "air_temperature_degc": rng.uniform(-10, 38), "wind_speed_m_s": rng.uniform(0, 15),
        "solar_zenith_deg": math.degrees(math.acos(height)) if height > 0 else 110.0,
        "solar_azimuth_deg": 360.0 * (t_s % 86_400) / 86_400,
    }


def wind(rng: np.random.Generator, t_s: int) -> dict[str, Any]:
    """Random wind, from calm to storm."""
    return {"wind_speed_m_s": rng.uniform(0, 25), "air_temperature_degc": rng.uniform(-10, 38),
            "pressure_pa": rng.uniform(95_000, 104_000)}


def within_rating(component: Component, inputs: Any, outputs: Any, previous_state: Any) -> None:
    """Neither more than rated, available or allowed; what is not delivered is booked as curtailed."""
    assert 0.0 <= outputs.p_mw <= outputs.available_mw <= component.nameplate().peak_mw
    assert not outputs.p_mw > max(inputs.p_limit_mw, 0.0)
    assert math.isclose(outputs.p_mw + outputs.curtailed_mw, outputs.available_mw, abs_tol=1e-12)


SPECS = [
    ComponentSpec("pv_plant", {"peak_mw": 8.5, "power_factor": 0.98}, inputs=sky, check_limits=within_rating),
    ComponentSpec("pv_plant", {"peak_mw": 2.0, "ac_mw": 0.8, "age_years": 7.5, "arrays": [
        {"share_frac": 0.4, "tilt_deg": 10, "azimuth_deg": 90},
        {"share_frac": 0.6, "tilt_deg": 10, "azimuth_deg": 270}]},
        step_s=60, duration_h=12, inputs=sky, check_limits=within_rating, label="east-west"),
    ComponentSpec("wind_farm", {"turbines": 3, "rated_mw": 2.5, "cut_in_m_s": 2.8}, inputs=wind,
                  check_limits=within_rating),
    ComponentSpec("wind_farm", {"turbines": 1, "rated_mw": 0.8, "power_curve": [[3, 5], [7, 250], [13, 800]],
                                "wind_spread_frac": 0, "cut_out_m_s": 20}, inputs=wind, check_limits=within_rating,
                  label="own-curve"),
]
