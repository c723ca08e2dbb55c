"""The periodic comparison of a network's flows and pressures with pandapipes, on a copy of its state."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from simulators.networks.heat.crosscheck import cross_check
from simulators.networks.heat.results import NetworkInputs

FLOW_ALARM_FRAC = 1e-4
PRESSURE_ALARM_FRAC = 0.02
"""Flows agree to the solvers' tolerances, pressures to the friction law near the edge of turbulence."""
NEVER_S = -1


@dataclass(slots=True)
class Crosscheck:
    """When it was done last, and the largest deviation found then."""

    done_s: int = NEVER_S
    pressure_frac: float = 0.0

    def run_if_due(self, component: Any, t_s: int, inputs: NetworkInputs) -> None:
        """Compare one sub-step on a copy of the water, where flows are constant; an alarm where they disagree."""
        every_h = component.params.crosscheck_every_h
        if not every_h or (self.done_s != NEVER_S and t_s - self.done_s < every_h * 3600.0):
            return
        network, substep_s = component.network, component.params.substep_s
        water = copy.deepcopy(component.state.water)
        result = network.advance(water, substep_s, substep_s, inputs)
        if not result.sources["flow_kg_s"].any():
            return
        self.done_s = t_s
        found = cross_check(network, inputs, result)
        if found.pressure_frac == found.pressure_frac:
            self.pressure_frac = found.pressure_frac
        if not found.converged:
            component.emit(t_s, "crosscheck_failed", "pandapipes finds no flows where the network's own solver does",
                           "warning")
        elif found.flow_frac > FLOW_ALARM_FRAC or found.pressure_frac > PRESSURE_ALARM_FRAC:
            component.emit(t_s, "crosscheck_deviation", f"flows differ from pandapipes by {found.flow_frac:.2e}, "
                           f"pressure drops by {found.pressure_frac:.2%} of the largest", "alarm")
