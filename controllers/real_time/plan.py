"""Which exchange is aimed at: the planned one, else the mean of the last plan interval [MW, import positive]."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(slots=True)
class ExchangeMemory:
    """What was measured of the exchange in this plan interval and in the one before."""

    sum_mw: float = 0.0
    readings_count: int = 0
    last_mean_mw: float = math.nan
    """Of the interval before; NaN: nothing was measured yet."""


def remember(memory: ExchangeMemory, exchange_mw: float, interval_begins: bool) -> None:
    """Add a reading (NaN: none), which belongs to the step before; close the interval where a new one begins."""
    if math.isfinite(exchange_mw):
        memory.sum_mw += exchange_mw
        memory.readings_count += 1
    if interval_begins:
        if memory.readings_count:
            memory.last_mean_mw = memory.sum_mw / memory.readings_count
        memory.sum_mw, memory.readings_count = 0.0, 0


def aim_mw(planned_mw: float, memory: ExchangeMemory) -> float:
    """The planned exchange; without one the last interval's mean; NaN where there is neither."""
    return planned_mw if math.isfinite(planned_mw) else memory.last_mean_mw
