"""Losses that grow with a power of time, carried on beyond the run.

A loss that has grown as ``a (t + t₀) ** p`` is known by three evenly spaced values: to the power 1/p it is a straight
line. t₀ > 0 is wear from before the run.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEAST_POWER, MOST_POWER = 0.5, 5.0
"""Of 1/p: growth between the square and the fifth root of time."""
HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Growth:
    """A loss from now on."""

    now: float
    power: float
    """1/p."""
    slope: float
    """Of the loss to that power, per step."""

    def at(self, steps: float) -> float:
        """The loss after some more steps."""
        return float((self.now**self.power + self.slope * steps) ** (1.0 / self.power))


def growth_of(loss: np.ndarray) -> Growth:
    """The growth of a series (n,) with n ≥ 3, from its first, middle and last value."""
    half = (len(loss) - 1) // 2
    first, middle, last = (float(max(loss[i], 0.0)) for i in (len(loss) - 1 - 2 * half, len(loss) - 1 - half, -1))
    if not last > middle >= first:
        return Growth(last, 1.0, 0.0)

    def bend(power: float) -> float:
        return 2.0 * (middle / last) ** power - (first / last) ** power - 1.0

    low, high = LEAST_POWER, MOST_POWER
    for _ in range(HALVINGS):
        power = 0.5 * (low + high)
        if bend(power) > 0.0:
            low = power
        else:
            high = power
    return Growth(last, low, (last**low - first**low) / (2 * half))


def steps_until(parts: list[Growth], total: float, longest: float) -> float | None:
    """Steps until the parts add up to a total; None if not within ``longest``."""
    if sum(part.at(longest) for part in parts) < total:
        return None
    low, high = 0.0, longest
    for _ in range(HALVINGS):
        steps = 0.5 * (low + high)
        if sum(part.at(steps) for part in parts) < total:
            low = steps
        else:
            high = steps
    return high
