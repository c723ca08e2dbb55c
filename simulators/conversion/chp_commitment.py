"""From a request to the power a unit may run at: minimum load, minimum up and down times, ramp.

A power holds for a whole step; the ramp bounds its change from one step to the next. Powers in MW, times in hours.
Behind a device (:func:`follow`) starting, minimum times and ramp are the device's.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulators.setpoint import SETPOINT_TOLERANCE_MW
from twin.component import Limit

TIME_TOLERANCE_H = 1e-9
"""Rounding of summed-up steps."""


@dataclass(frozen=True, slots=True)
class UnitLimits:
    """What does not change."""

    rated_mw: float
    min_mw: float
    ramp_mw_per_h: float
    min_up_h: float
    min_down_h: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What a unit does in a step; 0 MW is off."""

    p_mw: float
    limited_by: Limit


def decide(unit: UnitLimits, request_mw: float, p_before_mw: float, in_state_h: float, dt_h: float) -> Decision:
    """Power of the next step.

    Limits in this order; the first that binds is reported, the later ones may bind as well:

    1. POWER: no less than 0, no more than rated.
    2. MINIMUM_LOAD: a request between off and minimum load runs a running unit at minimum load and starts no other.
    3. MINIMUM_UP_TIME: a running unit that is asked to stop too early runs at minimum load.
    4. MINIMUM_DOWN_TIME: a standing unit that is asked to start too early stays off.
    5. RAMP: the change from the step before; a start reaches minimum load at once, a stop is made from minimum load.

    Parameters
    ----------
    p_before_mw : power of the step before, 0 where the unit stood.
    in_state_h : hours since the unit last started or stopped.
    """
    limited_by = Limit.NONE
    running = p_before_mw > 0.0

    target_mw = min(max(request_mw, 0.0), unit.rated_mw)
    if target_mw != request_mw:
        limited_by = Limit.POWER

    if target_mw <= SETPOINT_TOLERANCE_MW:
        target_mw = 0.0
    elif target_mw < unit.min_mw:
        if target_mw < unit.min_mw - SETPOINT_TOLERANCE_MW:
            limited_by = limited_by or Limit.MINIMUM_LOAD
            target_mw = unit.min_mw if running else 0.0
        else:
            target_mw = unit.min_mw

    if running and target_mw == 0.0 and in_state_h < unit.min_up_h - TIME_TOLERANCE_H:
        limited_by = limited_by or Limit.MINIMUM_UP_TIME
        target_mw = unit.min_mw
    if not running and target_mw > 0.0 and in_state_h < unit.min_down_h - TIME_TOLERANCE_H:
        limited_by = limited_by or Limit.MINIMUM_DOWN_TIME
        target_mw = 0.0

    reach_mw = unit.ramp_mw_per_h * dt_h
    lowest_mw = max(p_before_mw - reach_mw, unit.min_mw if running else 0.0)
    highest_mw = max(p_before_mw + reach_mw, unit.min_mw)
    may_stop = p_before_mw - reach_mw <= unit.min_mw + SETPOINT_TOLERANCE_MW
    if target_mw > highest_mw:
        limited_by = limited_by or Limit.RAMP
        target_mw = highest_mw
    elif running and target_mw < lowest_mw and not (target_mw == 0.0 and may_stop):
        limited_by = limited_by or Limit.RAMP
        target_mw = lowest_mw
    return Decision(target_mw, limited_by)


def follow(unit: UnitLimits, request_mw: float, running_frac: float) -> Decision:
    """Power while the unit runs, as its device wants it; 0 where it does not run at all in the step.

    Limits in this order: 1. POWER, 2. MINIMUM_LOAD as in :func:`decide`, 3. DEVICE: it runs in part of the step only.
    """
    target_mw = min(max(request_mw, 0.0), unit.rated_mw)
    limited_by = Limit.NONE if target_mw == request_mw else Limit.POWER
    if target_mw <= SETPOINT_TOLERANCE_MW or running_frac <= 0.0:
        return Decision(0.0, limited_by)
    if target_mw < unit.min_mw - SETPOINT_TOLERANCE_MW:
        limited_by = limited_by or Limit.MINIMUM_LOAD
    if running_frac < 1.0:
        limited_by = limited_by or Limit.DEVICE
    return Decision(max(target_mw, unit.min_mw), limited_by)
