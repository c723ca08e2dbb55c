"""One-way efficiency of a system at a stated point: half charged, cells at 25 °C, new, a given power.

Between AC terminals and energy content, without the auxiliaries, which are drawn at rest as well.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from simulators.records import record_array
from simulators.storage.battery.step import StepResult, SystemConstants, step_into

SOC, TEMPERATURE_DEGC, DURATION_S = 0.5, 25.0, 1.0
LEAST_LOAD, LOADS = 0.1, 10
"""Powers at which the range of the round trip is looked for: a tenth of the rating to all of it, in steps of 10 %."""
PLACES_IN_BAND = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Charges, likewise, from the lower edge of the band to the upper."""


class OperatingPoint(NamedTuple):
    """What the system delivers of a request, and how well."""

    power_mw: float
    """At the AC terminals, discharging positive."""
    efficiency: float
    """One-way; charging: content over AC, discharging: AC over content."""


def operating_point(
    system: SystemConstants, request_mw: float, soc: float = SOC, temperature_degc: float = TEMPERATURE_DEGC
) -> OperatingPoint:
    """Power and efficiency for a request; by default at the point of the module docstring."""
    out = np.zeros(len(StepResult._fields))
    step_into(record_array(system), soc, temperature_degc, 1.0, 1.0, request_mw, temperature_degc, DURATION_S, out)
    done = StepResult._make(out.tolist())
    content_mw = done.converter_mw + done.converter_loss_mw + done.ohmic_loss_mw + done.hysteresis_loss_mw
    ratio = done.converter_mw / content_mw if content_mw else math.nan
    return OperatingPoint(done.converter_mw, ratio if request_mw > 0.0 else 1.0 / ratio)


def round_trip_range(system: SystemConstants) -> tuple[float, float]:
    """Lowest and highest round trip of new cells, between a tenth of the rated power and all of it.

    Lowest at 25 °C, highest with cells as warm as they may be at full power; each at several charges within the band.
    """
    rated_mw, limits = system.converter.rated_mw, system.limits
    charges = limits.min_soc + np.array(PLACES_IN_BAND) * (limits.max_soc - limits.min_soc)

    def trips(temperature_degc: float) -> list[float]:
        return [
            operating_point(system, -load * rated_mw, soc, temperature_degc).efficiency
            * operating_point(system, load * rated_mw, soc, temperature_degc).efficiency
            for load in np.linspace(LEAST_LOAD, 1.0, LOADS).tolist() for soc in charges.tolist()
        ]  # fmt: skip

    return float(np.nanmin(trips(TEMPERATURE_DEGC))), float(np.nanmax(trips(limits.full_below_degc)))
