"""Uses of a battery for the tests of ageing: a day as a way of the state of charge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DAY_S = 86_400


def sampled(hours: list[float], soc: list[float], dt_s: int, days: int) -> Floats:
    """State of charge at the start and after each step, a day of straight lines over and over."""
    time_h = np.arange(0, days * DAY_S + dt_s, dt_s) / 3600.0 % 24.0
    return np.interp(time_h, [*hours, 24.0], [*soc, soc[0]])


def one_cycle_a_day(dt_s: int, days: int) -> Floats:
    """10 to 90 % and back, 0.2 C, rests between."""
    return sampled([0, 10, 14, 18, 22], [0.1, 0.1, 0.9, 0.9, 0.1], dt_s, days)


def with_ripple(way: Floats, height: float) -> Floats:
    """Every second sample on the ramps raised: a sawtooth."""
    ramp = (way > 0.1 + 1e-9) & (way < 0.9 - 1e-9) & (np.arange(way.size) % 2 == 1)
    return np.where(ramp, way + height, way)
