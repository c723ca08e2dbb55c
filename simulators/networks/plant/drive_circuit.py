"""The drive circuit of absorption chillers: a store between what a heating network gave and what they use. Compiled.

The heat arrives one step late (see ``cooling_step``). The chillers are offered about what flows in, and what is stored
above it over an hour, so that they run steadily; less than their minimum load is saved up until it lasts for a while,
and then used at minimum load. MWh, MW, s.
"""

from __future__ import annotations

import numpy as np

from simulators.jit import compiled
from simulators.networks.heat.records import Floats

STORED_MWH, RUNNING, INFLOW_MW, REQUESTED_MW = 0, 1, 2, 3
"""Fields of the memory: content, whether the chillers are being fed (1), what the last step brought, what was asked."""
START_H = 0.25
"""Content with which feeding starts, in hours at minimum load."""
SPREAD_H = 1.0
"""What is stored beyond the inflow is spent over this time, and asked for over this time where it is missing."""
S_PER_H = 3600.0
ROUNDED_UP = 1.0 + 1e-9
"""So that minimum load is still that after a division."""


def new_memory() -> np.ndarray:
    """Empty."""
    return np.zeros(4)


def fill(memory: np.ndarray, granted_frac: float, dt_s: float) -> None:
    """The granted share of the last request arrives for a step of ``dt_s``."""
    memory[INFLOW_MW] = granted_frac * memory[REQUESTED_MW]
    memory[STORED_MWH] += memory[INFLOW_MW] * dt_s / S_PER_H


def request_mw(memory: np.ndarray, wanted_mw: float, least_mw: float) -> float:
    """Heat to ask for: what could be used, and what brings the store to its level for starting; remembered."""
    memory[REQUESTED_MW] = max(0.0, wanted_mw + (least_mw * START_H - float(memory[STORED_MWH])) / SPREAD_H)
    return float(memory[REQUESTED_MW])


@compiled
def offer_mw(memory: Floats, least_mw: float, left_s: float, dt_s: float) -> float:
    """Drive heat for a sub-step of ``dt_s``, when ``left_s`` of the step are left; ``least_mw`` at minimum load."""
    stored_mwh = memory[STORED_MWH]
    most_mw = stored_mwh * S_PER_H / dt_s
    spare_mwh = stored_mwh - memory[INFLOW_MW] * left_s / S_PER_H
    even_mw = memory[INFLOW_MW] + spare_mwh / SPREAD_H
    if memory[RUNNING] == 0.0 and stored_mwh >= least_mw * START_H and stored_mwh > 0.0:
        memory[RUNNING] = 1.0
    if memory[RUNNING] == 1.0 and most_mw < least_mw:
        memory[RUNNING] = 0.0
    if memory[RUNNING] == 0.0:
        return 0.0
    return min(max(even_mw, least_mw * ROUNDED_UP), most_mw)


@compiled
def take(memory: Floats, drive_mw: float, dt_s: float) -> None:
    """Heat used in a sub-step."""
    memory[STORED_MWH] = max(0.0, memory[STORED_MWH] - drive_mw * dt_s / S_PER_H)
