"""Rows for heat and cold: consumers, heat pump, tank."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.component_specs import ComponentSpec

ROUNDING = 1e-12
HEAT: dict[str, Any] = {
    "peak_mw": 4.5,
    "daily_energy_mwh": 72.0,
    "profile": [5, 5, 5, 5, 5, 6, 8, 10, 10, 9, 8, 8, 8, 8, 8, 8, 8, 9, 9, 9, 8, 7, 6, 5],
    "noise_frac": 0.03,
}
COLD: dict[str, Any] = {
    "peak_mw": 3.8,
    "daily_energy_mwh": 60.0,
    "profile": [4, 4, 4, 4, 4, 4, 5, 6, 8, 9, 9, 10, 10, 10, 10, 10, 10, 9, 8, 7, 6, 5, 5, 4],
    "base_frac": 0.2,
}


def any_outdoor_temperature(rng: np.random.Generator, t_s: int) -> dict[str, Any]:
    """From a hard winter to a hot summer within hours."""
    return {"air_temperature_degc": float(rng.uniform(-15.0, 38.0))}


def demand_is_between_base_and_peak(component: Any, inputs: Any, outputs: Any, previous_state: Any) -> None:
    """Never more than the peak, never less than nothing."""
    demand = -outputs.heat_mw if hasattr(outputs, "heat_mw") else -outputs.cooling_mw
    assert 0.0 <= demand <= component.params.peak_mw * (1 + ROUNDING)
    assert -15.0 <= outputs.felt_degc <= 38.0


def any_streams(rng: np.random.Generator, t_s: int) -> dict[str, Any]:
    """Water of any temperature, standing still now and then."""
    return {
        "evaporator_in_degc": float(rng.uniform(5.0, 60.0)),
        "evaporator_kg_s": float(rng.choice([0.0, 0.5, 3.5, 10.0])),
        "condenser_in_degc": float(rng.uniform(20.0, 90.0)),
        "condenser_kg_s": float(rng.choice([0.0, 0.5, 1.5, 5.0])),
    }


def any_set_point(rng: np.random.Generator, t_s: int) -> dict[str, Any]:
    """Water of any temperature and an electricity asked for; the condenser flow is found."""
    streams = any_streams(rng, t_s)
    return streams | {"condenser_kg_s": np.inf, "p_set_mw": -float(rng.uniform(0.0, 0.15))}


def heat_pump_keeps_its_energy(component: Any, inputs: Any, outputs: Any, previous_state: Any) -> None:
    """First law, rating, and no heat without water."""
    p = component.params
    taken = -outputs.p_mw - outputs.evaporator_heat_mw
    assert taken == pytest.approx(outputs.condenser_heat_mw + outputs.loss_mw, abs=ROUNDING)
    assert p.standby_mw <= -outputs.p_mw <= p.rated_mw + p.standby_mw + ROUNDING
    assert outputs.evaporator_heat_mw <= 0.0 <= outputs.condenser_heat_mw
    if outputs.condenser_kg_s == 0.0 or inputs.evaporator_kg_s == 0.0:
        assert outputs.condenser_heat_mw == 0.0


def any_circuits(rng: np.random.Generator, t_s: int) -> dict[str, Any]:
    """Both circuits, any temperature, now and then more than the tank holds."""
    return {
        "charge_kg_s": float(rng.choice([0.0, 1.0, 10.0, 300.0])),
        "charge_degc": float(rng.uniform(40.0, 95.0)),
        "discharge_kg_s": float(rng.choice([0.0, 1.0, 10.0, 300.0])),
        "return_degc": float(rng.uniform(20.0, 70.0)),
    }


def tank_keeps_its_energy(component: Any, inputs: Any, outputs: Any, previous_state: Any) -> None:
    """Energy law; no temperature beyond those that were there; warm water on top."""
    tank = component._constants
    before_k = previous_state.layers_degc.sum() - component.params.reference_degc * previous_state.layers_degc.size
    before_mwh = before_k * tank.layer_kg * tank.heat_capacity_j_kg_k / 3.6e9
    change_mwh = -(outputs.heat_mw + outputs.loss_mw) * component.step_s / 3600
    assert outputs.energy_mwh - before_mwh == pytest.approx(change_mwh, abs=1e-10)
    there = (*previous_state.layers_degc, inputs.charge_degc, inputs.return_degc, component.params.ambient_degc)
    assert min(there) - 1e-9 <= outputs.bottom_degc <= outputs.top_degc <= max(there) + 1e-9


SPECS = [
    ComponentSpec(
        "heat_load",
        HEAT,
        inputs=any_outdoor_temperature,
        check_limits=demand_is_between_base_and_peak,
        stochastic=True,
        duration_h=48,
    ),
    ComponentSpec(
        "cooling_load", COLD, inputs=any_outdoor_temperature, check_limits=demand_is_between_base_and_peak, step_s=60,
        duration_h=4,
    ),
    ComponentSpec("heat_pump", {"rated_mw": 0.1}, inputs=any_streams, check_limits=heat_pump_keeps_its_energy),
    ComponentSpec(
        "heat_pump",
        {"rated_mw": 0.05, "log_mean": "taylor", "evaporator_water_m3": 0.3, "lag_s": 60.0},
        inputs=any_streams,
        label="benchmark_code",
        step_s=60,
        duration_h=2,
    ),
    ComponentSpec(
        "heat_pump", {"rated_mw": 0.1, "max_condenser_kg_s": 4.0}, inputs=any_set_point,
        check_limits=heat_pump_keeps_its_energy, label="by_power", step_s=60, duration_h=4,
    ),
    ComponentSpec(
        "water_tank", {"volume_m3": 86, "height_m": 7.9, "layer_count": 10, "reference_degc": 40.0},
        inputs=any_circuits, check_limits=tank_keeps_its_energy,
    ),
    ComponentSpec(
        "water_tank", {"volume_m3": 300, "height_m": 12, "anti_diffusion_frac": 0.0, "ambient_degc": -10.0},
        inputs=any_circuits, check_limits=tank_keeps_its_energy, label="upwind", step_s=60, duration_h=4,
    ),
]  # fmt: skip
