"""What ageing costs: money per MWh of cycling by depth, money per hour of storage by state of charge and temperature.

A capacity loss of ``end_loss`` uses up a battery whose replacement costs so much per MWh; a use costs the part of that
life it takes. By default a part of life is the life under that use alone (``1 / cycles_to_loss(end_loss)``), the fair
price over a whole life. With ``at_loss`` it is the slope at that loss instead: what the next cycle or hour takes now,
for a law with a root high when new and low when old (equal to the first at half of the final loss).

**Cycle depth** (B. Xu et al., IEEE Trans. Power Syst. 33 (2018) 2248, doi 10.1109/TPWRS.2017.2733339). The cost of a
cycle as a function of its depth is cut into segments; a segment is a slice of *depth*, not of the state of charge: the
first MWh out after any charging is cheap, wherever the battery stands, and only a deep discharge reaches the dear ones.
Because the cost per MWh rises from segment to segment, an optimiser fills and empties the cheap ones first by itself:
no integers, and the sum is the rainflow cost of the half cycles. An LP gives each segment its own content
0 … width · capacity, charging and discharging; the cost stands on discharging. Laws are not convex throughout
(Naumann's is concave from about 0.3 to 0.6): the segments are the greatest convex function below, exact at depth 1.

Energies are those of the cells; the price per MWh at the terminals is higher by 1 / discharge efficiency.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulators.storage.battery.ageing.convex import ConvexCurve, convex_minorant
from simulators.storage.battery.ageing.law import Law

END_LOSS = 0.2
SLOPE_STEP = 1e-4
"""Relative; half-width of the difference that gives a slope, whose error is its square."""
SMALLEST_DEPTH = 1e-9
"""Depth 0 has no cycles to count."""


@dataclass(frozen=True, slots=True)
class AgeingCost:
    """A law priced.

    >>> from simulators.storage.battery.ageing.naumann import NAUMANN
    >>> cost = AgeingCost(NAUMANN, replacement_per_mwh=200_000.0)
    >>> [round(float(price), 1) for price in cost.depth_segments(count=4).slopes]
    [5.4, 9.0, 9.0, 23.1]
    """

    law: Law
    replacement_per_mwh: float
    """Money per MWh of capacity."""
    end_loss: float = END_LOSS
    """Capacity loss at which the battery is replaced, p.u."""
    at_loss: float | None = None
    """Loss at which the price holds, p.u.; default: mean over the life."""

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        if not (self.replacement_per_mwh >= 0.0 and 0.0 < self.end_loss <= 1.0):
            raise ValueError(f"a replacement of {self.replacement_per_mwh:g} per MWh at a loss of {self.end_loss:g} "
                             f"has no ageing cost; give a price ≥ 0 and a loss above 0, up to 1")
        if self.at_loss is not None and not 0.0 < self.at_loss < 1.0:
            raise ValueError(f"at_loss {self.at_loss:g} is no capacity loss; give 0 < at_loss < 1, or None")

    def calendar_per_mwh_h(self, soc: Any, temperature_degc: Any) -> Any:
        """Money per hour and MWh of capacity at rest; floats, arrays or symbols."""
        law = self.law
        return self.replacement_per_mwh * self._life(lambda loss: law.hours_to_loss(soc, temperature_degc, loss))

    def cycle_per_mwh(self, depth: Any, c_rate: Any, temperature_degc: Any, mean_soc: Any = 0.5) -> Any:
        """Money per MWh of capacity for one full cycle of a depth (above 0); floats, arrays or symbols."""
        law = self.law
        return self.replacement_per_mwh * self._life(
            lambda loss: law.cycles_to_loss(depth, c_rate, mean_soc, temperature_degc, loss))

    def depth_segments(self, count: int = 10, c_rate: Any = 0.25, temperature_degc: float = 25.0,
                       mean_soc: float = 0.5) -> ConvexCurve:
        """Cost of one full cycle over its depth, convex, in segments of equal depth.

        Its ``slopes`` are the prices of the segments: money per MWh discharged from the cells. ``c_rate`` as the law
        counts it, one for all depths or (count + 1,).
        """
        depth = np.linspace(0.0, 1.0, count + 1)
        money = self.cycle_per_mwh(np.maximum(depth, SMALLEST_DEPTH), c_rate, temperature_degc, mean_soc)
        money[0] = 0.0
        return convex_minorant(depth, money)

    def calendar_curve(self, temperature_degc: float, count: int = 10) -> ConvexCurve:
        """Cost per hour and MWh of capacity over the state of charge at one temperature, convex."""
        soc = np.linspace(0.0, 1.0, count + 1)
        return convex_minorant(soc, np.asarray(self.calendar_per_mwh_h(soc, temperature_degc), float))

    def _life(self, needed: Any) -> Any:
        """Part of the life that one unit (hour, cycle) takes; ``needed`` gives the units until a loss."""
        if self.at_loss is None:
            return 1.0 / needed(self.end_loss)
        step = SLOPE_STEP * self.at_loss
        return 2.0 * step / self.end_loss / (needed(self.at_loss + step) - needed(self.at_loss - step))
