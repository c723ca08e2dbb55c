"""Rows for the LFP battery system: by the minute and by the quarter hour, worn, cold, and with exact instruments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simulators.storage.battery.open_circuit import content_v
from tests.component_specs import ComponentSpec

ROUNDING = 1e-9
EXACT: dict[str, Any] = {
    "current_offset_frac": 0, "current_gain_frac": 0, "noise_soc": 0, "recalibration_error_soc": 0,
    "temperature_noise_k": 0, "temperature_delay_s": 0, "power_noise_frac": 0, "power_delay_s": 0,
}  # fmt: skip
PARK: dict[str, Any] = {"power_mw": 10, "energy_mwh": 40, "wear_cost_per_mwh": 200}
SILENT = frozenset({"law_soh_resistance_factor"})
"""NaN for a law that says nothing of the resistance."""
EXTENDED: dict[str, Any] = {
    "laws": ["blast_prismatic_lfp", "naumann_lfp", "xu_lmo"], "replacement_cost_per_mwh": 1_200_000,
    "additions": [
        {"at": "2025-07-15T03:00:00+08:00", "energy_mwh": 8},
        {"at": "2025-07-15T09:20:00+08:00", "energy_mwh": 30, "replaces": "oldest"},
        {"at": "2025-07-15T20:00:00+08:00", "energy_mwh": 20, "replaces": "all"},
    ],
}  # fmt: skip
"""Grows by a fifth, then shrinks to 38 MWh and to 20 MWh."""


def any_power_in_summer(rng: np.random.Generator, t_s: int) -> dict[str, Any]:
    """Requests within and beyond the rating, on a hot day."""
    return {"p_set_mw": float(rng.uniform(-15, 15)), "air_temperature_degc": 35.0}


def any_power_in_frost(rng: np.random.Generator, t_s: int) -> dict[str, Any]:
    """Requests within and beyond the rating, on a cold day."""
    return {"p_set_mw": float(rng.uniform(-15, 15)), "air_temperature_degc": -15.0}


def stays_within_limits(component: Any, inputs: Any, outputs: Any, previous_state: Any) -> None:
    """Rating, band, voltage window and temperature are kept; the losses have causes; the balance is closed."""
    p, y, before = component.params, outputs, previous_state
    assert abs(y.converter_mw) <= p.power_mw
    assert abs(y.converter_mw) <= abs(y.p_requested_mw)
    assert y.converter_mw * y.p_requested_mw >= 0.0
    assert min(p.min_soc, before.soc) - 1e-12 <= y.soc <= max(p.max_soc, before.soc) + 1e-12
    assert y.temperature_degc <= p.derating.none_above_degc
    assert p.converter.min_dc_v <= y.voltage_v <= p.converter.max_dc_v
    causes = (y.converter_loss_mw, y.standby_loss_mw, y.ohmic_loss_mw, y.hysteresis_loss_mw, y.auxiliary_mw,
              y.fade_loss_mw)
    assert min(causes) >= 0.0
    assert y.loss_mw == pytest.approx(sum(causes), abs=ROUNDING)
    at_start = component._capacity_mah * before.soh_capacity_frac * content_v(before.soc)
    assert at_start - y.energy_mwh == pytest.approx((y.p_mw + y.loss_mw) * component.step_s / 3600, abs=ROUNDING)
    assert 0.0 <= y.measured_soc <= 1.0
    if p.ageing.laws:
        assert p.wear_cost_per_mwh > 0.0 or y.wear_cost == y.law_ageing_cost[0] >= 0.0
        lost = y.law_calendar_loss_frac + y.law_cyclic_loss_frac
        assert y.law_soh_capacity_frac[0] == pytest.approx(y.soh_capacity_frac, abs=ROUNDING)
        assert sum(component.state.health.ageing.shares) - lost == pytest.approx(y.law_soh_capacity_frac, abs=ROUNDING)


SPECS = [
    ComponentSpec(
        "lfp_battery", PARK, inputs=any_power_in_summer, check_limits=stays_within_limits, stochastic=True,
        non_finite_outputs=SILENT,
    ),
    ComponentSpec(
        "lfp_battery",
        PARK | {"initial_soc": 0.01, "initial_degc": -5, "power_factor": 0.9},
        inputs=any_power_in_frost,
        check_limits=stays_within_limits,
        label="empty_and_cold",
        step_s=60,
        duration_h=4,
        stochastic=True,
        non_finite_outputs=SILENT,
    ),
    ComponentSpec(
        "lfp_battery",
        {"power_mw": 10, "energy_mwh": 11, "initial_degc": 44, "initial_capacity_frac": 0.8,
         "initial_resistance_factor": 1.5, "cell": {"max_charge_per_h": 1.0}, "bms": EXACT},
        inputs=any_power_in_summer,
        check_limits=stays_within_limits,
        label="worn_and_hot",
        step_s=1,
        duration_h=0.1,
        non_finite_outputs=SILENT,
    ),
    ComponentSpec(
        "lfp_battery", {"power_mw": 10, "energy_mwh": 40, "ageing": EXTENDED}, inputs=any_power_in_summer,
        check_limits=stays_within_limits, label="extended", stochastic=True, non_finite_outputs=SILENT,
    ),
    ComponentSpec(
        "lfp_battery", PARK | {"ageing": {"laws": []}}, inputs=any_power_in_summer, check_limits=stays_within_limits,
        label="ageless", stochastic=True,
    ),
]  # fmt: skip
