"""Rows for the frequency of the public grid: by the second and by the quarter hour."""

from __future__ import annotations

from typing import Any

from tests.component_specs import ComponentSpec

OFTEN: dict[str, Any] = {"events_per_year": 50_000}
"""So that a short run has some."""


def is_a_frequency(component: Any, inputs: Any, outputs: Any, previous_state: Any) -> None:
    """Within what the grid's protection leaves connected."""
    assert 47.5 < outputs.frequency_hz < 51.5


SPECS = [
    ComponentSpec("grid_frequency", OFTEN, duration_h=0.3, step_s=1, check_limits=is_a_frequency, stochastic=True),
    ComponentSpec("grid_frequency", OFTEN, check_limits=is_a_frequency, stochastic=True, label="quarter_hours"),
]
