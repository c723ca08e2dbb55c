"""Who goes without when the producers cannot give what is asked: the lowest priority first, the highest never.

A shortage, in an energy centre or of what can be bought, spoils the supply temperature for everyone, the hospital
included. After a while of grace, in which the warmth of pipes and buildings carries everyone over, valves of lower
priority are throttled until the producers can keep their set-points for the rest. Compiled; powers in MW, without the
sign of the service.
"""

from __future__ import annotations

import math

import numpy as np

from simulators.jit import compiled
from simulators.networks.heat.records import Floats, Ints, Records
from simulators.networks.heat.substations import W_PER_MW

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
def bought_mw(sign: float, heat_capacity: float, sources: Records, node_state: Records, source_kg_s: Floats,
              source_degc: Floats, source_set_degc: Floats) -> tuple[float, float]:
    """What sources without a plant gave in a sub-step, and what their set-points would have taken besides."""
    given = missing = 0.0
    for s in range(sources.size):
        if not sources[s].as_given:
            mw_per_k = sign * source_kg_s[s] * heat_capacity / W_PER_MW
            given += mw_per_k * (source_degc[s] - node_state[sources[s].node].cooled_degc)
            missing += max(0.0, mw_per_k * (source_set_degc[s] - source_degc[s]))
    return given, missing


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
