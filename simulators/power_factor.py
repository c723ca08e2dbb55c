"""Reactive power from a constant power factor (cos φ)."""

from __future__ import annotations

import math


def tan_phi(power_factor: float) -> float:
    """Reactive power over active power for a power factor in (0, 1].

    A load (``p_mw`` ≤ 0) with an inductive power factor takes reactive power: ``q_mvar = p_mw * tan_phi`` ≤ 0. A
    generator with the same formula delivers it.
    """
    return math.sqrt(1.0 - power_factor**2) / power_factor
