"""Rows for what plays back a file: consumers and plants, on steps finer and coarser than the series."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from tests.component_specs import ComponentSpec
from tests.component_specs.demand import some_interruption
from tests.component_specs.renewables import within_rating
from tests.simulators.profile_files import stamps, write_series

_FOLDER = tempfile.TemporaryDirectory(prefix="parktwin_profiles_")  # removed when the process ends
QUARTERS = 97
"""A day and its last edge."""


def _day() -> str:
    """Quarter hours of the specs' day in Shanghai, with zeros among them."""
    rng = np.random.default_rng(11)
    load = rng.uniform(0, 900, QUARTERS) * (rng.uniform(size=QUARTERS) > 0.2)
    return write_series(Path(_FOLDER.name) / "day.csv", stamps("2025-07-15T00:00", QUARTERS, 900),
                        load_kw=load.round(3))


SERIES: dict[str, Any] = {"file": _day(), "column": "load_kw", "unit": "kw"}


def load_stays_within_its_file(component: Any, inputs: Any, outputs: Any, previous_state: Any) -> None:
    """No more than the file has and no more than the interruptible part is shed."""
    plate = component.nameplate()
    assert -plate.peak_mw <= outputs.baseline_mw <= outputs.p_mw <= 0.0
    assert outputs.p_mw <= outputs.baseline_mw * (1 - plate.interruptible_frac) * (1 - 1e-12)
    assert outputs.q_mvar <= 0.0


def demand_stays_within_its_file(component: Any, inputs: Any, outputs: Any, previous_state: Any) -> None:
    """Between nothing and the largest value."""
    demand = -outputs.heat_mw if hasattr(outputs, "heat_mw") else -outputs.cooling_mw
    assert 0.0 <= demand <= 0.9


SPECS = [
    ComponentSpec("electric_load_profile", SERIES | {"interruptible_frac": 0.3}, inputs=some_interruption,
                  check_limits=load_stays_within_its_file),
    ComponentSpec("electric_load_profile", SERIES | {"interpolation": "pchip", "q_mvar": 0.03}, label="benchmark",
                  step_s=60, duration_h=3, inputs=some_interruption, check_limits=load_stays_within_its_file),
    ComponentSpec("renewable_profile", SERIES | {"power_factor": 0.98}, check_limits=within_rating,
                  inputs=lambda rng, t_s: {"p_limit_mw": float(rng.uniform(-0.1, 1.0))}),
    ComponentSpec("renewable_profile", SERIES | {"interpolation": "linear", "scale_factor": 1.2}, label="linear",
                  step_s=420, duration_h=7, check_limits=within_rating),
    ComponentSpec("heat_load_profile", SERIES | {"interpolation": "linear"}, step_s=60, duration_h=3,
                  check_limits=demand_stays_within_its_file),
    ComponentSpec("cooling_load_profile", SERIES, step_s=3600, check_limits=demand_stays_within_its_file),
]
