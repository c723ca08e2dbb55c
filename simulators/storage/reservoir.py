"""A store of energy with one-way efficiencies, self-discharge and a standing loss.

The content E [MWh] follows dE/dt = -k E - c - P, with self-discharge k [1/h], standing loss c [MW] and the power P
taken out inside the converters [MW, discharge positive]. With P constant over a step this has an exact solution, so one
step of an hour and four of a quarter end at the same content. ``advance`` is for numbers, ``internal_power_mw`` also
for arrays and symbols.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from twin.component import Limit


@dataclass(frozen=True, slots=True)
class Reservoir:
    """What does not change. Efficiencies are one-way."""

    charge_power_mw: float
    discharge_power_mw: float
    capacity_mwh: float
    charge_efficiency: float
    discharge_efficiency: float
    min_energy_mwh: float
    max_energy_mwh: float
    self_discharge_per_h: float
    standing_loss_mw: float


NO_SELF_DISCHARGE = 1e-18
"""A smaller loss of a step, relative to the content, is below the last digit of any result."""


@dataclass(frozen=True, slots=True)
class ReservoirStep:
    """What happened in a step."""

    p_mw: float
    """Delivered at the terminals, charging negative."""
    energy_mwh: float
    """At the end."""
    loss_mw: float
    """All losses: converters, self-discharge and standing; the content fell by (p_mw + loss_mw) * dt_h."""
    limited_by: Limit


def internal_power_mw(p_mw: Any, charge_efficiency: float, discharge_efficiency: float) -> Any:
    """Power taken out of the content for ``p_mw`` at the terminals (charging negative in both).

    Discharging takes p/η_d > p, charging brings only p·η_c: the larger of the two lines, written with ``abs`` so that
    numbers, arrays and symbols all do.
    """
    discharging = 0.5 * (p_mw + abs(p_mw))
    return discharging / discharge_efficiency + (p_mw - discharging) * charge_efficiency


def retention(self_discharge_per_h: float, dt_h: float) -> tuple[float, float]:
    """Part of the content that is left after ``dt_h`` and the hours a constant power counts for (dt_h if no loss)."""
    exponent = self_discharge_per_h * dt_h
    if exponent < NO_SELF_DISCHARGE:
        return 1.0, dt_h
    return math.exp(-exponent), -math.expm1(-exponent) / self_discharge_per_h


def advance(store: Reservoir, energy_mwh: float, request_mw: float, dt_h: float) -> ReservoirStep:
    """Deliver what can be delivered of a request, held constant over the step.

    Limits in this order: 1. POWER, the rated charge and discharge power; 2. ENERGY, the content at the end of the step
    within the band. A content outside the band, wherever it came from, may only move towards it; standing losses go on
    below the lower end, down to empty.
    """
    p_mw, limited_by = request_mw, Limit.NONE
    if not -store.charge_power_mw <= p_mw <= store.discharge_power_mw:
        p_mw = min(max(p_mw, -store.charge_power_mw), store.discharge_power_mw)
        limited_by = Limit.POWER

    kept, effective_h = retention(store.self_discharge_per_h, dt_h)
    at_rest_mwh = energy_mwh * kept - store.standing_loss_mw * effective_h
    internal_mw = internal_power_mw(p_mw, store.charge_efficiency, store.discharge_efficiency)
    end_mwh = at_rest_mwh - internal_mw * effective_h
    if internal_mw > 0.0 and end_mwh < store.min_energy_mwh:
        internal_mw = max(at_rest_mwh - store.min_energy_mwh, 0.0) / effective_h
        p_mw = internal_mw * store.discharge_efficiency
        end_mwh = min(at_rest_mwh, store.min_energy_mwh)
        limited_by = limited_by or Limit.ENERGY
    elif internal_mw < 0.0 and end_mwh > store.max_energy_mwh:
        internal_mw = min(at_rest_mwh - store.max_energy_mwh, 0.0) / effective_h
        p_mw = internal_mw / store.charge_efficiency
        end_mwh = max(at_rest_mwh, store.max_energy_mwh)
        limited_by = limited_by or Limit.ENERGY
    end_mwh = max(end_mwh, 0.0)

    # the balance defines the loss, so it closes whatever the rounding; a lossless store may round to -1e-16
    loss_mw = max((energy_mwh - end_mwh) / dt_h - p_mw, 0.0)
    return ReservoirStep(p_mw, end_mwh, loss_mw, limited_by)
