"""Who goes without when the producers cannot give what is asked: the lowest priority first, the highest never.

A shortage, in an energy centre or of what can be bought, spoils the supply temperature for everyone behind it, the
hospital included, and long after it is over: the cold water still has to travel. So a large shortage is answered at
once, by throttling valves of lower priority until the producers can keep their set-points for the rest. A small one, or
one that lasts until a plant has started, is carried for a while by the warmth of pipes and buildings.

Each connected part of a network has its own shortage, told under the number of its first source (its *home*): nobody is
cut for want of heat that could not have come to him.

Compiled; powers in MW, without the sign of the service.
"""

from __future__ import annotations

import math

import numpy as np

from simulators.jit import compiled
from simulators.networks.heat.records import NONE, Floats, Ints, Records

SHORT_FRAC = 0.1
"""A smaller part of the need that is missing is no shortage: plants start, tanks give the last of their heat."""
LARGE_FRAC = 0.25
"""A larger part that is missing is not waited for: the water would arrive some 10 K colder and more (assumption)."""
RELEASE_S = 1800.0
"""Time constant with which throttled valves open again."""
NOTHING_FRAC = 1e-3
"""Of what can be shed: less is none."""

SHORT_S, CUT_MW = 0, 1
"""Rows of the memory, [2, sources]: how long there has been a shortage, and how much is cut."""


def new_memory(sources: int) -> np.ndarray:
    """No shortage."""
    return np.zeros((2, sources))


@compiled
def homes(nodes: Records, sources: Records, consumers: Records, priority: Ints) -> tuple[Ints, Ints]:
    """Home of each source, and of each consumer that may be cut: one that is not of the highest priority (the lowest
    number) in its part; ``NONE`` for the others and for those no source reaches."""
    of_source, of_consumer = np.empty(sources.size, np.int64), np.empty(consumers.size, np.int64)
    for s in range(sources.size):
        of_source[s] = s
        for other in range(s - 1, -1, -1):
            if nodes[sources[other].node].part == nodes[sources[s].node].part:
                of_source[s] = other
    first = np.empty(sources.size, np.int64)
    for c in range(consumers.size):
        of_consumer[c] = NONE
        for s in range(sources.size):
            if of_source[s] == s and nodes[sources[s].node].part == nodes[consumers[c].node].part:
                of_consumer[c] = s
                first[s] = priority[c]
    for c in range(consumers.size):
        if of_consumer[c] != NONE:
            first[of_consumer[c]] = min(first[of_consumer[c]], priority[c])
    for c in range(consumers.size):
        if of_consumer[c] != NONE and priority[c] == first[of_consumer[c]]:
            of_consumer[c] = NONE
    return of_source, of_consumer


@compiled
def throttle(consumer_in: Records, asked_mw: Floats, lowest_first: Ints, home: Ints, cut_mw: Floats) -> None:
    """Take ``cut_mw`` [sources] off the demands of each home, in the given order; the rest get what they asked for."""
    left_mw = cut_mw.copy()
    for c in range(consumer_in.size):
        consumer_in[c].heat_mw = asked_mw[c]
    for k in range(lowest_first.size):
        c = lowest_first[k]
        if home[c] != NONE:
            cut = min(left_mw[home[c]], abs(asked_mw[c]))
            consumer_in[c].heat_mw = asked_mw[c] - math.copysign(cut, asked_mw[c])
            left_mw[home[c]] -= cut


@compiled
def remember(memory: Floats, asked_mw: Floats, home: Ints, given_mw: Floats, missing_mw: Floats, starting: Floats,
             grace_s: float, dt_s: float) -> None:
    """How much to cut in the next sub-step, from what was missing in this one; [sources], at the homes.

    ``starting`` counts the plants that are about to give more.
    """
    for s in range(given_mw.size):
        sheddable_mw = 0.0
        for c in range(home.size):
            if home[c] == s:
                sheddable_mw += abs(asked_mw[c])
        need_mw = given_mw[s] + missing_mw[s]
        if missing_mw[s] > SHORT_FRAC * need_mw:
            memory[SHORT_S, s] += dt_s
            large = missing_mw[s] > LARGE_FRAC * need_mw and starting[s] == 0.0
            if large or memory[SHORT_S, s] > grace_s or memory[CUT_MW, s] > 0.0:
                memory[CUT_MW, s] += missing_mw[s]
        else:
            memory[CUT_MW, s] *= math.exp(-dt_s / RELEASE_S)
            if memory[CUT_MW, s] <= NOTHING_FRAC * sheddable_mw:
                memory[CUT_MW, s] = 0.0
                memory[SHORT_S, s] = 0.0
        memory[CUT_MW, s] = min(memory[CUT_MW, s], sheddable_mw)
