"""Rows for consumers."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.component_specs import ComponentSpec

OFFICE: dict[str, Any] = {
    "peak_mw": 3.2,
    "daily_energy_mwh": 48.0,
    "profile": [3, 3, 3, 3, 3, 3, 4, 6, 9, 10, 10, 9.8, 9.5, 9.8, 10, 10, 9.8, 9, 7, 5, 4, 4, 3, 3],
    "non_working_day_frac": 0.3,
    "noise_frac": 0.02,
    "interruptible_frac": 0.1,
}


def some_interruption(rng: np.random.Generator, t_s: int) -> dict[str, Any]:
    """A controller that interrupts now and then."""
    return {"interrupt_frac": float(rng.uniform(-0.2, 1.2))}


def stays_below_peak(component: Any, inputs: Any, outputs: Any, previous_state: Any) -> None:
    """No more than the peak is consumed and no more than the interruptible part is shed."""
    p = component.params
    assert -p.peak_mw * (1 + 1e-12) <= outputs.baseline_mw <= outputs.p_mw <= 0.0
    assert outputs.p_mw <= outputs.baseline_mw * (1 - p.interruptible_frac) * (1 - 1e-12)
    assert outputs.q_mvar <= 0.0


SPECS = [
    ComponentSpec(
        "electric_load",
        OFFICE,
        inputs=some_interruption,
        check_limits=stays_below_peak,
        label="office",
        stochastic=True,
        duration_h=72,
    ),
    ComponentSpec(
        "electric_load",
        {"peak_mw": 1.2, "daily_energy_mwh": 28.8, "interruptible_frac": 0.3},
        inputs=some_interruption,
        check_limits=stays_below_peak,
        label="data_centre",
        step_s=60,
        duration_h=2,
    ),
]
