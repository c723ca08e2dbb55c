"""From the size of a system to its cells: how many in series for the DC voltage, how many strings for the energy.

The nominal energy is that of all cells between empty and full at their open-circuit voltage. The strings are an
equivalent number that meets it exactly, not a whole one: 40 MWh are 104.6 strings of 416 cells of 280 Ah.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from simulators.storage.battery.open_circuit import content_v

WATT_PER_MW = 1e6


class Pack(NamedTuple):
    """Cells of a system; all carry the same current."""

    series: int
    strings: float

    @property
    def cells(self) -> float:
        """Number of cells."""
        return self.series * self.strings

    def voltage_v(self, cell_v: float) -> float:
        """Of the DC link."""
        return self.series * cell_v

    def current_a(self, cell_a: float) -> float:
        """Of the DC link."""
        return self.strings * cell_a


def cells_in_series(most_dc_v: float, most_cell_v: float) -> int:
    """As many as the DC voltage allows when all are full; 0 if it does not even allow one."""
    return math.floor(most_dc_v / most_cell_v)


def pack_for(energy_mwh: float, capacity_ah: float, series: int) -> Pack:
    """The strings that ``energy_mwh`` takes."""
    cell_mwh = capacity_ah * content_v(1.0) / WATT_PER_MW
    return Pack(series, energy_mwh / (cell_mwh * series))
