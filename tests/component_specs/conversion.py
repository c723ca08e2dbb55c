"""Rows for converters of fuel to heat and power."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.component_specs import ComponentSpec

ROUNDING = 1e-12
PARK_CHP: dict[str, Any] = {"rated_mw": 4, "rated_heat_mw": 3.5, "start_cost": 500, "running_cost_per_mwh": 80}


def any_request(rng: np.random.Generator, t_s: int) -> dict[str, Any]:
    """Off in two steps of five, else anything up to more than rated."""
    return {"p_set_mw": 0.0 if rng.random() < 0.4 else float(rng.uniform(-1.0, 6.0))}


def keeps_its_limits(component: Any, inputs: Any, outputs: Any, previous_state: Any) -> None:
    """Load range, nameplate heat, ramp, minimum times and the energy balance."""
    p = component.params
    before = previous_state.p_mw
    assert outputs.p_mw == 0.0 or p.min_mw <= outputs.p_mw <= p.rated_mw
    assert 0.0 <= outputs.heat_mw <= p.rated_heat_mw
    assert outputs.loss_mw >= 0.0
    assert outputs.gas_mw + outputs.p_mw + outputs.heat_mw + outputs.loss_mw == pytest.approx(0.0, abs=ROUNDING)
    reach_mw = component.step_s / 60 * (p.ramp_mw_per_min or p.rated_mw / 5)
    assert outputs.p_mw <= max(before + reach_mw, p.min_mw) + ROUNDING
    assert outputs.p_mw >= min(before - reach_mw, p.min_mw) - ROUNDING or before - reach_mw <= p.min_mw
    if before > 0.0 and outputs.p_mw == 0.0:
        assert previous_state.in_state_s >= p.min_up_h * 3600
        assert outputs.start_cost == 0.0
    if before == 0.0 and outputs.p_mw > 0.0:
        assert previous_state.in_state_s >= p.min_down_h * 3600
        assert outputs.start_cost == p.cost_per_start
        assert outputs.start_count == previous_state.start_count + 1


def request_behind_a_device(rng: np.random.Generator, t_s: int) -> dict[str, Any]:
    """The device lets the unit run through the step, in a part of it, or not at all."""
    return any_request(rng, t_s) | {"running_frac": float(rng.choice([0.0, rng.uniform(), 1.0, 1.0]))}


def does_as_its_device_says(component: Any, inputs: Any, outputs: Any, previous_state: Any) -> None:
    """Load range for the part of the step in which it runs, pro rata energies that add up, starts that are counted."""
    p, running = component.params, inputs.running_frac
    assert outputs.p_mw == 0.0 or p.min_mw * running <= outputs.p_mw <= p.rated_mw * running
    assert 0.0 <= outputs.heat_mw <= p.rated_heat_mw * running
    assert outputs.loss_mw >= 0.0
    assert outputs.gas_mw + outputs.p_mw + outputs.heat_mw + outputs.loss_mw == pytest.approx(0.0, abs=ROUNDING)
    started = previous_state.p_mw == 0.0 and outputs.p_mw > 0.0
    assert outputs.start_cost == (p.cost_per_start if started else 0.0)
    assert outputs.start_count == previous_state.start_count + started


SPECS = [
    ComponentSpec("chp", PARK_CHP, inputs=any_request, check_limits=keeps_its_limits, duration_h=72),
    ComponentSpec(
        "chp",
        PARK_CHP | {"initial_p_mw": 2.0, "initial_in_state_h": 0.5, "ramp_mw_per_min": 0.1, "power_factor": 0.95},
        inputs=any_request,
        check_limits=keeps_its_limits,
        label="slow_ramp",
        step_s=60,
        duration_h=6,
    ),
    ComponentSpec(
        "chp",
        PARK_CHP,
        inputs=request_behind_a_device,
        check_limits=does_as_its_device_says,
        label="behind_a_device",
        step_s=60,
        duration_h=6,
    ),
]
