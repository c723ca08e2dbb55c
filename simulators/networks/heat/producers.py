"""Sources and feeds: how they share the flow, which supply temperature they reach, how far the pumps must lift.

W, J, kg/s, Pa, °C, s.
"""

from __future__ import annotations

import math

import numpy as np

from simulators.jit import compiled
from simulators.networks.heat.records import NONE, Floats, Record, Records, set_all


@compiled
def source_limit(source: Record, given: Record) -> float:
    """Flow a source's pump can circulate in this step."""
    return min(source.max_kg_s, given.max_kg_s)


@compiled
def limit_feeds(feeds: Records, nodes: Records, given: Records, left_kg_s: Floats, circulated_kg_s: Floats,
                flow_kg_s: Floats) -> None:
    """Flows of the feeds: charging gets what the consumers leave over; what nobody takes is not fed (check valve).

    ``left_kg_s`` and ``circulated_kg_s`` [parts] are what the consumers left over and what they took.
    """
    if feeds.size == 0:
        return
    charge = np.zeros(left_kg_s.size)
    feed = np.zeros(left_kg_s.size)
    for f in range(feeds.size):
        part = nodes[feeds[f].node].part
        if part != NONE:
            charge[part] += max(0.0, -given[f].flow_kg_s)
            feed[part] += max(0.0, given[f].flow_kg_s)
    for part in range(left_kg_s.size):
        if charge[part] > 0.0:
            share = min(1.0, left_kg_s[part] / charge[part])
            circulated_kg_s[part] += share * charge[part]
            charge[part] = share
        if feed[part] > 0.0:
            feed[part] = min(1.0, circulated_kg_s[part] / feed[part])
    for f in range(feeds.size):
        part = nodes[feeds[f].node].part
        wish = given[f].flow_kg_s
        flow_kg_s[f] = 0.0 if part == NONE else wish * (feed[part] if wish > 0.0 else charge[part])


@compiled
def share_flow(sources: Records, nodes: Records, given: Records, part: int, total_kg_s: float,
               flow_kg_s: Floats) -> None:
    """Distribute the flow of a part over its sources: given shares, the first source takes the rest.

    Shares above one in sum are scaled; what exceeds the first source's pump goes to the others in turn.
    """
    first = NONE
    shared = 0.0
    for s in range(sources.size):
        if nodes[sources[s].node].part == part:
            if first == NONE:
                first = s
            else:
                flow_kg_s[s] = min(max(given[s].share_frac, 0.0) * total_kg_s, source_limit(sources[s], given[s]))
                shared += flow_kg_s[s]
    scale = total_kg_s / shared if shared > total_kg_s else 1.0
    rest = total_kg_s - scale * shared
    excess = max(0.0, rest - source_limit(sources[first], given[first]))
    flow_kg_s[first] = rest - excess
    for s in range(first + 1, sources.size):
        if nodes[sources[s].node].part == part:
            flow_kg_s[s] *= scale
            more = min(excess, source_limit(sources[s], given[s]) - flow_kg_s[s])
            flow_kg_s[s] += more
            excess -= more


@compiled
def ramp(set_degc: float, target_degc: float, gradient_k_s: float, dt_s: float) -> float:
    """Supply set-point after ``dt_s``, no faster than the gradient limit."""
    change = gradient_k_s * dt_s
    return min(max(target_degc, set_degc - change), set_degc + change)


@compiled
def reached_degc(sign: float, set_degc: float, return_degc: float, through_w_k: float, limit_w: float) -> float:
    """Supply temperature a source reaches with the heat it has. It does not cool: a return beyond the set-point
    passes through.

    ``return_degc`` is that of the sub-step before, so the heat given keeps the limit only as far as the return
    temperature does not change within one sub-step; where a limit must hold, a header is needed (``plant.bought``).
    """
    lift_k = max(0.0, sign * (set_degc - return_degc))
    if through_w_k > 0.0:
        lift_k = min(lift_k, limit_w / through_w_k)
    return return_degc + sign * lift_k


@compiled
def lift_pumps(sources: Records, nodes: Records, consumers: Records, consumer_kg_s: Floats, bypass_kg_s: Floats,
               drop_pa: Floats, lift_pa: Floats) -> tuple[float, int]:
    """Lift of each part's first pump; returns the worst differential pressure at a substation with flow, and which.

    A controlled pump keeps its differential at the substation that has the longest way.
    """
    set_all(lift_pa, 0.0)
    for c in range(consumers.size):
        part = nodes[consumers[c].node].part
        if part != NONE and consumer_kg_s[c] + bypass_kg_s[c] > 0.0:
            lift_pa[part] = max(lift_pa[part], 2.0 * drop_pa[consumers[c].node])
    for s in range(sources.size):
        part = nodes[sources[s].node].part
        if is_first(sources, nodes, s):
            lift_pa[part] = min(lift_pa[part] + sources[s].min_differential_pa, sources[s].max_lift_pa)
            if not math.isnan(sources[s].lift_pa):
                lift_pa[part] = sources[s].lift_pa
    worst = math.inf
    place = NONE
    for c in range(consumers.size):
        part = nodes[consumers[c].node].part
        if part != NONE and consumer_kg_s[c] + bypass_kg_s[c] > 0.0:
            differential = lift_pa[part] - 2.0 * drop_pa[consumers[c].node]
            if differential < worst:
                worst = differential
                place = c
    return worst, place


@compiled
def is_first(sources: Records, nodes: Records, s: int) -> bool:
    """Whether a source is the first of its part: it holds the pressure and takes the flow that is left over."""
    first = True
    for other in range(s):
        first = first and nodes[sources[other].node].part != nodes[sources[s].node].part
    return first
