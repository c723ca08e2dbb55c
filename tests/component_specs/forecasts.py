"""Row of the forecaster, with models of a tiny site."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.component_specs import ComponentSpec
from tests.controllers.forecasting import tiny_models
from tests.controllers.forecasting.toy_site import SHANGHAI

SIGNALS = [f"{owner}.{output}" for owner, outputs in tiny_models.SIGNALS.items() for output in outputs]
LARGEST = {"weather.air_temperature_degc": 40.0, "pv.available_mw": 8.0, "wind.available_mw": 10.0,
           "office.baseline_mw": -4.0}


def measurements(rng: np.random.Generator, t_s: int) -> dict[str, Any]:
    """Any physical value, at times not measured."""
    value = rng.uniform(0.0, 1.0, len(SIGNALS)) * np.array([LARGEST[signal] for signal in SIGNALS])
    value[rng.random(len(SIGNALS)) < 0.05] = np.nan
    return {"value": value}


def quantiles_are_ordered_and_possible(component: Any, inputs: Any, outputs: Any, previous_state: Any) -> None:
    """Supply between nothing and its capacity, demand between its capacity and nothing; nothing crosses."""
    if outputs.history_frac == 0.0:
        return
    assert (outputs.q10_value <= outputs.q50_value).all() and (outputs.q50_value <= outputs.q90_value).all()
    for label, low, high in zip(component.terminals()["course"], outputs.q10_value, outputs.q90_value, strict=True):
        edge = LARGEST[label.split("+")[0]]
        assert min(edge, 0.0) <= low <= high <= max(edge, 0.0), label


SPECS = [
    ComponentSpec(
        "forecaster", {"models": tiny_models.models_file()}, inputs=measurements, duration_h=30,
        check_limits=quantiles_are_ordered_and_possible,
        non_finite_outputs=frozenset({"q10_value", "q50_value", "q90_value"}),
        context={"exogenous": tiny_models.SIGNALS, "location": SHANGHAI},
    ),
]
