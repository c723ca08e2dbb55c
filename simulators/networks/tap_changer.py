"""Automatic voltage control of an on-load tap changer: dead band and delay, as a state machine over whole positions.

The voltage of a step decides the position of the next one. While the voltage stays outside the dead band on one side a
timer runs; each full delay allows one movement. A step longer than the delay therefore moves several positions at
once, but never more than bring the voltage back into the dead band.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TapChanger:
    """One tap changer, or several that move together. Voltages in p.u., times in seconds."""

    name: str
    rows: tuple[int, ...]
    """Row numbers (from 0) in ``net.trafo``."""
    bus: int
    """Index in ``net.bus`` of the bus whose voltage is held."""
    lowest: int
    highest: int
    start: int
    voltage_per_step_pu: float
    """Change of the held voltage for one position up, about; negative for taps on the high-voltage winding."""
    target_pu: float
    deadband_pu: float
    delay_s: float


@dataclass(slots=True)
class TapState:
    """What a tap changer remembers."""

    position: int
    outside_s: float
    """Time outside the dead band; positive above it, negative below."""
    at_stop: bool
    """It should move on but has no position left."""


def after_step(
    changer: TapChanger, state: TapState, vm_pu: float, dt_s: float, moves_count: float = math.inf
) -> TapState:
    """State after a step of ``dt_s`` at voltage ``vm_pu``; its drive can move ``moves_count`` positions in it.

    >>> oltc = TapChanger("T1", (0,), 0, -9, 9, 0, -0.015, target_pu=1.0, deadband_pu=0.01, delay_s=60)
    >>> after_step(oltc, TapState(0, 0.0, False), vm_pu=0.95, dt_s=900)   # 0.05 below: 3 steps bring it to 0.995
    TapState(position=-3, outside_s=0.0, at_stop=False)
    """
    error_pu = vm_pu - changer.target_pu
    if abs(error_pu) <= changer.deadband_pu:
        return TapState(state.position, 0.0, False)
    same_side = state.outside_s * error_pu > 0.0
    outside_s = (abs(state.outside_s) if same_side else 0.0) + dt_s
    step_pu = abs(changer.voltage_per_step_pu)
    needed = max(1, math.ceil((abs(error_pu) - changer.deadband_pu) / step_pu))
    allowed = needed if changer.delay_s == 0.0 else int(outside_s // changer.delay_s)
    allowed = int(min(allowed, moves_count, needed))
    if allowed <= 0:
        return TapState(state.position, math.copysign(outside_s, error_pu), state.at_stop and same_side)
    down = (error_pu > 0.0) == (changer.voltage_per_step_pu > 0.0)
    wanted = state.position + (-1 if down else 1) * allowed
    position = min(max(wanted, changer.lowest), changer.highest)
    return TapState(position, 0.0, position == state.position)
