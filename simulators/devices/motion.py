"""How an output goes to its target: along a ramp, or as a first-order lag; exact over any interval.

Powers in MW, times in s, rates in MW/s.
"""

from __future__ import annotations

import math

SETTLED_MW = 1e-6
"""A watt: nearer to its target a lag counts as having arrived."""
ROUNDING_MW = 1e-9
"""Of a ramp in many pieces: what is left of the way by rounding is not worth another piece."""


def ramp(value_mw: float, target_mw: float, rate_mw_per_s: float, dt_s: float) -> tuple[float, float]:
    """Value after ``dt_s`` and its mean over them; the rate may be infinite.

    >>> ramp(0.0, 1.0, 2.0, 1.0)   # there after half a second: 0.5 on the way, 1.0 for the other half
    (1.0, 0.75)
    """
    gap_mw = target_mw - value_mw
    if abs(gap_mw) <= rate_mw_per_s * dt_s + ROUNDING_MW:
        moving_s = min(abs(gap_mw) / rate_mw_per_s, dt_s)
        return target_mw, target_mw - 0.5 * gap_mw * moving_s / dt_s
    end_mw = value_mw + math.copysign(rate_mw_per_s * dt_s, gap_mw)
    return end_mw, 0.5 * (value_mw + end_mw)


def lag(value_mw: float, target_mw: float, time_constant_s: float, dt_s: float) -> tuple[float, float]:
    """Value after ``dt_s`` of dP/dt = (target - P) / τ, and its mean over them.

    >>> end, mean = lag(0.0, 1.0, 1.0, 1.0)
    >>> round(end, 6), round(mean, 6)   # 1 - 1/e, 1/e
    (0.632121, 0.367879)
    """
    gap_mw = target_mw - value_mw
    left = math.exp(-dt_s / time_constant_s)
    mean_mw = target_mw - gap_mw * (1.0 - left) * time_constant_s / dt_s
    end_mw = target_mw - gap_mw * left
    return (target_mw if abs(target_mw - end_mw) <= SETTLED_MW else end_mw), mean_mw
