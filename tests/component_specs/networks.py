"""Rows for electrical networks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.component_specs import ComponentSpec

PARK = str(Path(__file__).parents[2] / "scenarios" / "networks" / "park_10kv.yaml")
PARK_BUSES = 12
STEP_S = 900
MISMATCH_MW = 1e-9
"""Twelve buses at the default tolerance of 1e-10 MVA each."""


def feeders_and_an_overload(rng: np.random.Generator, t_s: int) -> dict[str, Any]:
    """Loads and plants anywhere in their range; now and then far more than any cable carries."""
    p_mw = rng.uniform(-4.0, 8.0, PARK_BUSES)
    if t_s // STEP_S % 8 in (5, 6):
        p_mw *= -40.0
    return {"p_mw": p_mw, "q_mvar": 0.3 * rng.uniform(-1.0, 1.0, PARK_BUSES)}


def injections(buses: int, largest_mw: float) -> Callable[[np.random.Generator, int], dict[str, Any]]:
    """Independent injections of both signs at every bus."""
    def inputs(rng: np.random.Generator, t_s: int) -> dict[str, Any]:
        return {"p_mw": rng.uniform(-largest_mw, largest_mw, buses),
                "q_mvar": rng.uniform(-0.3, 0.3, buses) * largest_mw}
    return inputs


def power_is_conserved(component: Any, inputs: Any, outputs: Any, previous_state: Any) -> None:
    """What comes in goes out or is lost, whether the power flow was solved or not; a network makes no energy."""
    residual = inputs.p_mw.sum() + outputs.base_mw + outputs.exchange_mw - outputs.loss_mw
    assert abs(residual) < MISMATCH_MW
    assert outputs.loss_mw >= 0.0
    assert np.all(outputs.line_loading_percent >= 0.0)
    assert np.all(outputs.transformer_loading_percent >= 0.0)
    changers = component._model.changers
    for before, after, changer in zip(previous_state.taps, component.state.taps, changers, strict=True):
        assert changer.lowest <= after.position <= changer.highest
        assert outputs.converged_code or before.position == after.position


def nothing_is_lost(component: Any, inputs: Any, outputs: Any, previous_state: Any) -> None:
    """A copper plate."""
    assert outputs.exchange_mw == -inputs.p_mw.sum()
    assert outputs.loss_mw == 0.0


UNASKED = frozenset({"n_minus_1_loading_percent", "n_minus_1_vm_min_pu", "n_minus_1_vm_max_pu",
                     "n_minus_1_outage_position"})
"""NaN unless somebody asks; infinite where an outage has no solution."""

SPECS = [
    ComponentSpec(
        "electrical_grid",
        {"file": PARK, "crosscheck_every_steps": 8},
        inputs=feeders_and_an_overload,
        check_limits=power_is_conserved,
        label="park_with_overloads",
        duration_h=8,
        non_finite_outputs=UNASKED,
    ),
    ComponentSpec(
        "electrical_grid",
        {"file": PARK, "crosscheck_every_steps": 0, "n_minus_1": True},
        inputs=feeders_and_an_overload,
        check_limits=power_is_conserved,
        label="park_with_outages",
        duration_h=4,
        non_finite_outputs=UNASKED,
    ),
    ComponentSpec(
        "electrical_grid",
        {"network": "case14", "crosscheck_every_steps": 0},
        inputs=injections(14, 5.0),
        check_limits=power_is_conserved,
        label="generators_that_hold_voltages",
        duration_h=8,
        non_finite_outputs=UNASKED,
    ),
    ComponentSpec(
        "single_bus",
        {"buses": ["HOUSE", "BARN"]},
        inputs=injections(2, 1.0),
        check_limits=nothing_is_lost,
        duration_h=2,
    ),
]
