"""The shipped 10 kV network carries the shipped plants: voltages and loadings in the extreme cases.

Limits: supply voltages of GB/T 12325 (10 kV ± 7 %, 380 V three-phase ± 7 %), and 100 % of every rating.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import scenarios
from simulators.networks.electrical_grid import ElectricalGrid, Inputs, Outputs
from tests.component_specs import ComponentSpec

PARK = str(Path(scenarios.__file__).parent / "networks" / "park_10kv.yaml")
VOLTAGE_BAND_PU = 0.07
STEP_S = 900
STEPS_TO_SETTLE_TAPS = 6
PEAK = {"OFFICE": -3.2, "HOSPITAL": -1.8, "DATA_CENTRE": -1.2}
NIGHT = {bus: 0.25 * p for bus, p in PEAK.items()}
ALL_PLANTS = {"EC": 8.0, "PV": 8.5, "WIND": 7.5, "BESS": 10.0}
REACTIVE_OF_LOADS = 0.33
"""Power factor 0.95."""


def settled(p_mw: dict[str, float], **changes: Any) -> tuple[ElectricalGrid, Outputs]:
    grid = ComponentSpec("electrical_grid", {"file": PARK, "changes": changes, "crosscheck_every_steps": 0}).build()
    assert isinstance(grid, ElectricalGrid)
    p = np.array([p_mw.get(bus, 0.0) for bus in grid.terminals()["bus"]])
    inputs = Inputs(p, REACTIVE_OF_LOADS * np.array([p_mw[b] if b in PEAK and b in p_mw else 0.0
                                                     for b in grid.terminals()["bus"]]))
    for k in range(STEPS_TO_SETTLE_TAPS):
        outputs = grid.step(k * STEP_S, STEP_S, inputs)
    assert outputs.converged_code == 1
    return grid, outputs


def supply_voltages(grid: ElectricalGrid, outputs: Outputs) -> np.ndarray:
    """All buses but the connection point, whose voltage is the public grid's affair."""
    return np.array([v for bus, v in zip(grid.terminals()["bus"], outputs.vm_pu, strict=True) if bus != "PCC_110KV"])


@pytest.mark.parametrize(
    ("p_mw", "changes"),
    [
        (PEAK, {}),
        ({**PEAK, "BESS": -14.0}, {}),                                              # battery and flywheels charge
        ({**NIGHT, **ALL_PLANTS}, {}),
        ({**NIGHT, **ALL_PLANTS, "EC": 12.0}, {}),                                  # and the diesel units
        ({**NIGHT, "WIND": 22.5}, {}),                                              # a park on the coast
        (PEAK, {"external_grid": {"vm_pu": 0.95}}),
        ({**NIGHT, **ALL_PLANTS}, {"external_grid": {"vm_pu": 1.05}}),
        (PEAK, {"lines": {"RING-1": {"in_service": False}}, "open_points": []}),    # a ring head out, ring closed
        (PEAK, {"lines": {"RING-4": {"in_service": False}}, "open_points": []}),
        ({**PEAK, **ALL_PLANTS, "EC": 12.0}, {"lines": {"SS-EC": {"count": 2}}}),   # a cable of the energy centre out
    ],
)
def test_extreme_cases_stay_within_limits(p_mw: dict[str, float], changes: dict[str, Any]) -> None:
    grid, outputs = settled(p_mw, **changes)
    voltages = supply_voltages(grid, outputs)
    assert voltages.min() >= 1.0 - VOLTAGE_BAND_PU
    assert voltages.max() <= 1.0 + VOLTAGE_BAND_PU
    assert outputs.max_line_loading_percent <= 100.0
    assert outputs.max_transformer_loading_percent <= 100.0


def test_the_tap_changer_is_needed_at_low_grid_voltage() -> None:
    fixed = {"T1": {"voltage_control": {"deadband_pu": 0.2}}}
    grid, outputs = settled(PEAK, external_grid={"vm_pu": 0.95}, transformers=fixed)
    assert supply_voltages(grid, outputs).min() < 1.0 - VOLTAGE_BAND_PU


def test_losses_at_peak_are_those_of_a_park_of_this_size() -> None:
    _, outputs = settled(PEAK)
    assert 0.01 < outputs.loss_mw / outputs.exchange_mw < 0.03       # one to three percent


def test_every_bus_the_site_uses_exists() -> None:
    grid, _ = settled({})
    assert {"EC", "BESS", "PV", "WIND", *PEAK} <= set(grid.terminals()["bus"])
