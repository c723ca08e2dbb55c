"""Rows for diesel generators."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.component_specs import ComponentSpec
from tests.component_specs.conversion import ROUNDING, any_request

PARK_DIESEL: dict[str, Any] = {"rated_mw": 2, "start_cost": 100}


def keeps_its_limits(component: Any, inputs: Any, outputs: Any, previous_state: Any) -> None:
    """Load range while running, no power before the start is over, and the energy balance."""
    p = component.params
    assert 0.0 <= outputs.p_mw <= p.rated_mw
    assert outputs.loss_mw >= 0.0
    assert outputs.diesel_mw + outputs.p_mw + outputs.loss_mw == pytest.approx(0.0, abs=ROUNDING)
    if previous_state.ordered_on and previous_state.start_left_s == 0.0 and not inputs.running_frac < 1.0:
        assert outputs.p_mw == 0.0 or outputs.p_mw >= p.min_mw
    if not math.isnan(inputs.running_frac):
        assert outputs.p_mw <= p.rated_mw * inputs.running_frac
        return
    left_s = previous_state.start_left_s if previous_state.ordered_on else p.start_s
    assert outputs.p_mw <= p.rated_mw * max(0.0, 1.0 - left_s / component.step_s) + ROUNDING


def request_behind_a_device(rng: np.random.Generator, t_s: int) -> dict[str, Any]:
    """The device lets the unit run through the step, in a part of it, or not at all."""
    return any_request(rng, t_s) | {"running_frac": float(rng.choice([0.0, rng.uniform(), 1.0, 1.0]))}


SPECS = [
    ComponentSpec("diesel_generator", PARK_DIESEL, inputs=any_request, check_limits=keeps_its_limits),
    ComponentSpec(
        "diesel_generator",
        PARK_DIESEL,
        inputs=any_request,
        check_limits=keeps_its_limits,
        label="steps_shorter_than_start",
        step_s=10,
        duration_h=0.5,
    ),
    ComponentSpec(
        "diesel_generator",
        PARK_DIESEL,
        inputs=request_behind_a_device,
        check_limits=keeps_its_limits,
        label="behind_a_device",
        step_s=60,
        duration_h=6,
    ),
]
