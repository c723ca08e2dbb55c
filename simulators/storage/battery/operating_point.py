"""One-way efficiency of a system at a stated point: half charged, cells at 25 °C, new, a given power.

Between AC terminals and energy content, without the auxiliaries, which are drawn at rest as well.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulators.records import record_array
from simulators.storage.battery.step import StepResult, SystemConstants, step_into

SOC, TEMPERATURE_DEGC, DURATION_S = 0.5, 25.0, 1.0
LEAST_LOAD, LOADS = 0.1, 19
"""Powers at which the range of the round trip is looked for: a tenth of the rating to all of it, in steps of 5 %."""


class OperatingPoint(NamedTuple):
    """What the system delivers of a request, and how well."""

    power_mw: float
    """At the AC terminals, discharging positive."""
    efficiency: float
    """One-way; charging: content over AC, discharging: AC over content."""


def operating_point(system: SystemConstants, request_mw: float) -> OperatingPoint:
    """Power and efficiency for a request, at the point of the module docstring."""
    out = np.zeros(len(StepResult._fields))
    step_into(record_array(system), SOC, TEMPERATURE_DEGC, 1.0, 1.0, request_mw, TEMPERATURE_DEGC, DURATION_S, out)
    done = StepResult._make(out.tolist())
    content_mw = done.converter_mw + done.converter_loss_mw + done.ohmic_loss_mw + done.hysteresis_loss_mw
    ratio = done.converter_mw / content_mw
    return OperatingPoint(done.converter_mw, ratio if request_mw > 0.0 else 1.0 / ratio)


def round_trip_range(system: SystemConstants) -> tuple[float, float]:
    """Lowest and highest round trip of new cells between a tenth of the rated power and all of it."""
    rated_mw = system.converter.rated_mw
    trips = []
    for load in np.linspace(LEAST_LOAD, 1.0, LOADS):
        charging, discharging = (operating_point(system, float(sign * load * rated_mw)) for sign in (-1.0, 1.0))
        trips.append(charging.efficiency * discharging.efficiency)
    return min(trips), max(trips)
