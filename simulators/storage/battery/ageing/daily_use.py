"""What a cycle costs in the usual use of a battery: one cycle a day, at rest for the remaining time.

Calendar and cyclic losses add up to the final one, so each alone would take longer: pricing a cycle by the life under
cycling alone (cost.py) leaves out that it falls due earlier. Here the life T in daily use is solved for,

    calendar loss after T + cyclic loss after T cycles = final loss,

a day costs 1/T of the price, as the booking of the stock spreads it, and the cycle carries its part of the loss. For
laws with a root that is the price by cycling alone over the cyclic part of the loss: about three times as much for
Naumann's law, whose calendar part is two thirds. Where time and cycles share one curve, what they take of it adds up
instead of the losses: 1/T is the sum of those of rest and of cycles alone.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from simulators.storage.battery.ageing.law import Counting, Law

HALVINGS = 60
"""Of the calendar part: it is then known to the last digit."""
HOURS_PER_DAY = 24.0
MEAN_OVER_FINAL_LOSS = 2.0 / 3.0
"""Of a loss that grows with the root of time. Throughput and C-rate of laws of spans shrink with the capacity."""


class DailyUse(NamedTuple):
    """A life of one cycle a day."""

    life_days: float
    cyclic_part: float
    """Of the final loss, 0 to 1."""

    @property
    def life_per_cycle(self) -> float:
        """Part of the life that a cycle takes."""
        return self.cyclic_part / self.life_days


def counted_c_rate(law: Law, depth: Any, c_rate: float) -> Any:
    """C-rate of one full cycle a day as a law counts it [1/h].

    For laws of spans the way there and back over 24 h.
    """
    return 2.0 * depth / HOURS_PER_DAY if law.counting == Counting.SPAN else c_rate + 0.0 * depth


def daily_use(law: Law, depth: float, c_rate: float, temperature_degc: float, end_loss: float,
              mean_soc: float = 0.5) -> DailyUse:
    """Life with one full cycle of a depth (above 0) a day; ``c_rate`` is that on the way [1/h]."""
    left = 1.0 - MEAN_OVER_FINAL_LOSS * end_loss if law.counting == Counting.SPAN else 1.0
    counted = left * counted_c_rate(law, depth, c_rate)

    def days_at_rest(loss: float) -> float:
        hours = float(law.hours_to_loss(mean_soc, temperature_degc, loss))
        return math.inf if math.isnan(hours) else hours / HOURS_PER_DAY

    def days_of_cycles(loss: float) -> float:
        return float(law.cycles_to_loss(depth, counted, mean_soc, temperature_degc, loss)) / left

    if law.shares_curve:
        rests, cycles = 1.0 / days_at_rest(end_loss), 1.0 / days_of_cycles(end_loss)
        return DailyUse(1.0 / (rests + cycles), cycles / (rests + cycles))
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        calendar_part = 0.5 * (low + high)
        if days_at_rest(calendar_part * end_loss) < days_of_cycles((1.0 - calendar_part) * end_loss):
            low = calendar_part
        else:
            high = calendar_part
    return DailyUse(days_of_cycles((1.0 - low) * end_loss), 1.0 - low)
