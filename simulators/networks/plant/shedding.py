"""Who goes without when an energy centre cannot give what is asked: the lowest priority first, the highest never.

A shortage of heat lowers the supply temperature for everyone, the hospital included. After a while of grace, in which
the warmth of pipes and buildings carries everyone over, valves of lower priority are throttled until the plants can
keep their reference for the rest. Compiled; powers in MW, without the sign of the service.
"""

from __future__ import annotations

import math

import numpy as np

from simulators.jit import compiled
from simulators.networks.heat.records import Floats, Ints, Records

SHORT_FRAC = 0.1
"""A smaller part of the need that is missing is no shortage: plants start, tanks give the last of their heat."""
RELEASE_S = 1800.0
"""Time constant with which throttled valves open again."""
NOTHING_FRAC = 1e-3
"""Of what can be shed: less is none."""

SHORT_S, CUT_MW = 0, 1
"""Fields of the memory: how long there has been a shortage, and how much is cut."""


def new_memory() -> np.ndarray:
    """No shortage."""
    return np.zeros(2)


@compiled
def throttle(consumer_in: Records, asked_mw: Floats, lowest_first: Ints, cut_mw: float) -> None:
    """Take ``cut_mw`` off the demands, in the given order; the others get what they asked for."""
    for c in range(consumer_in.size):
        consumer_in[c].heat_mw = asked_mw[c]
    left = cut_mw
    for k in range(lowest_first.size):
        c = lowest_first[k]
        cut = min(left, abs(asked_mw[c]))
        consumer_in[c].heat_mw = asked_mw[c] - math.copysign(cut, asked_mw[c])
        left -= cut


@compiled
def remember(memory: Floats, asked_mw: Floats, lowest_first: Ints, given_mw: float, missing_mw: float,
             grace_s: float, dt_s: float) -> None:
    """How much to cut in the next sub-step, from what was missing in this one."""
    sheddable_mw = 0.0
    for k in range(lowest_first.size):
        sheddable_mw += abs(asked_mw[lowest_first[k]])
    if missing_mw > SHORT_FRAC * (given_mw + missing_mw):
        memory[SHORT_S] += dt_s
        if memory[SHORT_S] > grace_s:
            memory[CUT_MW] += missing_mw
    else:
        memory[CUT_MW] *= math.exp(-dt_s / RELEASE_S)
        if memory[CUT_MW] <= NOTHING_FRAC * sheddable_mw:
            memory[CUT_MW] = 0.0
            memory[SHORT_S] = 0.0
    memory[CUT_MW] = min(memory[CUT_MW], sheddable_mw)
