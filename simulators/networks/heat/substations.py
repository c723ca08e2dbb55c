"""Consumers: the valve that sets the flow, the heat exchanger that takes the heat. W, kg/s, °C, s.

Written for heating; ``sign`` = -1 exchanges hot and cold for chilled water.
"""

from __future__ import annotations

import enum
import math

from simulators.jit import compiled
from simulators.networks.heat.records import NONE, Floats, Ints, Record, Records

MIN_SPREAD_K = 2.0
"""A supply closer than this to the return set-point opens the valve no further: Q/(c_p · 2 K) at most."""
UNSERVED_RELATIVE = 1e-9
"""Demand met up to round-off counts as served."""
NIL_KG_S = 1e-12
"""Less flow is none: it would carry less than a microwatt."""
NIL_W = 1e-6
"""A smaller demand is none."""
NIL_K = 1e-6
"""A supply that helps by less is of no use."""
W_PER_MW = 1e6


class ConsumerState(enum.IntEnum):
    """Why a consumer got less than it asked for, in its worst sub-step."""

    SERVED = 0
    FLOW_LIMIT = 1
    """Valve fully open, or the network's flow did not suffice."""
    TEMPERATURE = 2
    """The supply temperature is too close to the return limit."""
    NO_FLOW = 3


SERVED, FLOW_LIMIT, TEMPERATURE, NO_FLOW = (state.value for state in ConsumerState)


@compiled
def valve_flow(consumer: Record, given: Record, sign: float, heat_capacity: float, dt_s: float, supply_degc: float,
               before_kg_s: float) -> float:
    """Flow the valve lets through the exchanger."""
    if given.open_frac <= 0.0:
        return 0.0
    if not math.isnan(given.flow_kg_s):
        return max(given.flow_kg_s, 0.0)
    spread = consumer.delta_k
    if math.isnan(spread):
        spread = max(sign * (supply_degc - consumer.target_degc), MIN_SPREAD_K)
    wanted = max(0.0, sign * given.heat_mw * W_PER_MW) / (heat_capacity * spread)
    reserve = min(max(1.0, consumer.design_k / spread), consumer.reserve_factor)
    wanted = min(max(wanted, consumer.min_kg_s), consumer.max_kg_s * reserve * given.open_frac)
    if consumer.valve_time_s > 0.0:
        wanted += (before_kg_s - wanted) * math.exp(-dt_s / consumer.valve_time_s)
    return wanted if wanted >= NIL_KG_S else 0.0


@compiled
def ration(consumers: Records, by_priority: Ints, nodes: Records, given: Records, left_kg_s: Floats,
           flow_kg_s: Floats, bypass_kg_s: Floats) -> None:
    """Fit the flows to what each part can circulate, highest priority first; ``left_kg_s`` [parts] shrinks."""
    for k in range(by_priority.size):
        c = by_priority[k]
        part = nodes[consumers[c].node].part
        if part == NONE:
            flow_kg_s[c] = 0.0
            bypass_kg_s[c] = 0.0
            continue
        flow_kg_s[c] = min(flow_kg_s[c], left_kg_s[part])
        left_kg_s[part] -= flow_kg_s[c]
        bypass_kg_s[c] = min(consumers[c].bypass_kg_s * given[c].open_frac, left_kg_s[part])
        left_kg_s[part] -= bypass_kg_s[c]


@compiled
def beyond_degc(consumer: Record) -> float:
    """A supply no warmer than this is of no use: the return set-point, or, with a fixed drop, the return limit."""
    return consumer.limit_degc if math.isnan(consumer.target_degc) else consumer.target_degc


@compiled
def take_heat(consumer: Record, sign: float, heat_capacity: float, demand_w: float, flow_kg_s: float,
              supply_degc: float) -> tuple[float, float, int]:
    """Heat taken by a consumer (sign of the demand), its return temperature, its :class:`ConsumerState`."""
    wanted = max(0.0, sign * demand_w)
    if flow_kg_s <= 0.0:
        return 0.0, supply_degc, NO_FLOW if wanted > 0.0 else SERVED
    usable_k = max(0.0, sign * (supply_degc - consumer.limit_degc))
    taken = min(wanted, flow_kg_s * heat_capacity * usable_k)
    return_degc = supply_degc - sign * taken / (flow_kg_s * heat_capacity)
    state = SERVED
    if taken < wanted * (1.0 - UNSERVED_RELATIVE):
        state = TEMPERATURE if usable_k < MIN_SPREAD_K else FLOW_LIMIT
    return sign * taken, return_degc, state
