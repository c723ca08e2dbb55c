"""Rows for the real-time balancer: by the second with a droop, and with readings lost."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.component_specs import ComponentSpec
from twin.nameplate import Nameplate, StorageNameplate

SITE: dict[str, Nameplate] = {
    "bess": StorageNameplate(10.0, 10.0, 40.0, 0.92, 0.92, 0.1, 0.9, 60.0),
    "wheels": StorageNameplate(4.0, 4.0, 0.06, 0.96, 0.96, 0.0, 1.0, 0.0),
}
BAND_MW = (-6.0, 3.0)
"""Released of the battery."""


def readings(lost_frac: float) -> Callable[[np.random.Generator, int], dict[str, Any]]:
    """Any exchange, frequency and content, some of them missing; the operator changes its mind every second."""

    def draw(rng: np.random.Generator, t_s: int) -> dict[str, Any]:
        def some(values: np.ndarray) -> np.ndarray:
            values[rng.random(len(values)) < lost_frac] = np.nan
            return values

        plan, exchange = some(rng.uniform(-5.0, 5.0, 2))
        return {
            "planned_exchange_mw": float(plan), "exchange_mw": float(exchange),
            "frequency_hz": float(some(rng.normal(50.0, 0.05, 1))[0]), "p_set_mw": rng.uniform(-12.0, 12.0, 2),
            "p_mw": some(rng.uniform(-10.0, 10.0, 2)), "soc": some(rng.uniform(0.0, 1.0, 2)),
            "energy_mwh": some(rng.uniform(0.0, 1.0, 2) * np.array([40.0, 0.06])),
            "band_low_mw": np.array([BAND_MW[0], -math.inf]), "band_high_mw": np.array([BAND_MW[1], math.inf])}

    return draw


def stays_within_nameplate_and_band(component: Any, inputs: Any, outputs: Any, previous_state: Any) -> None:
    """Whatever is read, and whatever the operator asks for."""
    battery_mw, wheels_mw = outputs.p_set_mw
    assert BAND_MW[0] <= battery_mw <= BAND_MW[1]
    assert -4.0 <= wheels_mw <= 4.0


SPECS = [
    ComponentSpec(
        "real_time_balancer", {"droop_mw": 1.0, "plan_interval_s": 300}, inputs=readings(lost_frac),
        check_limits=stays_within_nameplate_and_band, step_s=1, duration_h=0.3, label=label,
        non_finite_outputs=frozenset({"target_mw", "deviation_mw"}), context={"nameplates": SITE},
    )
    for label, lost_frac in (("measured", 0.0), ("some_readings_lost", 0.1))
]  # fmt: skip
