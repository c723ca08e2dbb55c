"""Rows for electricity stores."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.component_specs import ComponentSpec

ROUNDING = 1e-12


def any_power(rng: np.random.Generator, t_s: int) -> dict[str, Any]:
    """Requests within and beyond the rating of the park's battery."""
    return {"p_set_mw": float(rng.uniform(-15, 15))}


def stays_within_rating_and_band(component: Any, inputs: Any, outputs: Any, previous_state: Any) -> None:
    """Power within the rating, content within the band or on its way to it, and the balance closed."""
    plate = component.nameplate()
    dt_h = component.step_s / 3600
    assert -plate.charge_power_mw - ROUNDING <= outputs.p_mw <= plate.discharge_power_mw + ROUNDING
    before, after = previous_state.energy_mwh, outputs.energy_mwh
    assert 0.0 <= outputs.soc <= 1.0
    lowest, highest = plate.min_soc * plate.energy_mwh, plate.max_soc * plate.energy_mwh
    if outputs.p_mw > 0.0:
        assert after >= lowest - ROUNDING
    if outputs.p_mw < 0.0:
        assert after <= highest + ROUNDING
    assert outputs.loss_mw >= 0.0
    assert after - before == pytest.approx(-(outputs.p_mw + outputs.loss_mw) * dt_h, abs=ROUNDING)
    assert outputs.p_mw * outputs.p_requested_mw >= 0.0
    assert abs(outputs.p_mw) <= abs(outputs.p_requested_mw)


PARK_BATTERY: dict[str, Any] = {"power_mw": 10, "energy_mwh": 40, "wear_cost_per_mwh": 200}
PARK_FLYWHEELS: dict[str, Any] = {"units": 4, "power_mw": 1, "energy_mwh": 0.015}

SPECS = [
    ComponentSpec("battery", PARK_BATTERY, inputs=any_power, check_limits=stays_within_rating_and_band),
    ComponentSpec(
        "battery",
        PARK_BATTERY | {"initial_soc": 0.0, "standby_mw": 0.05, "self_discharge_per_h": 0.01, "power_factor": 0.9},
        inputs=any_power,
        check_limits=stays_within_rating_and_band,
        label="empty_and_leaking",
        step_s=60,
        duration_h=4,
    ),
    ComponentSpec("flywheel", PARK_FLYWHEELS, inputs=any_power, check_limits=stays_within_rating_and_band),
    ComponentSpec(
        "flywheel",
        PARK_FLYWHEELS,
        inputs=any_power,
        check_limits=stays_within_rating_and_band,
        label="seconds",
        step_s=5,
        duration_h=0.25,
    ),
]
