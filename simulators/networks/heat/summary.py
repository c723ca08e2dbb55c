"""What a step of a network means for a site: sums, and what each substation got. Compiled.

Heat and cold are positive here: ``sign`` is that of the service.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from simulators.jit import compiled
from simulators.networks.heat.records import Floats, Ints, Records

UNSERVED_FRAC = 1e-6
"""Of the demand: less is round-off of the substations' limits."""
DEMAND, DELIVERED, UNSERVED, RETURN, DIFFERENTIAL = range(5)
"""Rows of ``substations``."""
SUBSTATION_ROWS = 5


class Sums(NamedTuple):
    """Over all elements; MW, m/s, Pa/m."""

    demand_mw: float
    delivered_mw: float
    unserved_mw: float
    external_mw: float
    feed_mw: float
    extraction_mw: float
    pump_mw: float
    max_velocity_m_s: float
    max_pressure_gradient_pa_m: float


@compiled
def summarise(
    sign: float, consumer_in: Records, consumer_out: Records, node_out: Records, pipe_out: Records,
    source_out: Records, feed_out: Records, extraction_out: Records, consumer_node: Ints, bought: Floats,
    substations: Floats, source_mw: Floats,
) -> tuple[float, float, float, float, float, float, float, float, float]:
    """Fill ``substations`` [rows, consumers] and ``source_mw`` [sources]; returns ``Sums``.

    ``bought`` [sources] is 1 where there is no plant. A substation without flow has the supply temperature as its
    return, one without a way to a pump no pressure difference.
    """
    demand = delivered = unserved = external = feed = extraction = pump = fastest = steepest = 0.0
    for c in range(consumer_out.size):
        out = consumer_out[c]
        asked, got = abs(consumer_in[c].heat_mw), sign * out.delivered_mw
        missing = asked - got if asked - got >= UNSERVED_FRAC * asked else 0.0
        differential = node_out[consumer_node[c]].differential_bar
        substations[DEMAND, c], substations[DELIVERED, c], substations[UNSERVED, c] = asked, got, missing
        substations[RETURN, c] = out.return_degc if out.flow_kg_s > 0.0 else out.supply_degc
        substations[DIFFERENTIAL, c] = 0.0 if math.isnan(differential) else differential
        demand += asked
        delivered += got
        unserved += missing
    for s in range(source_out.size):
        source_mw[s] = sign * source_out[s].heat_mw
        external += bought[s] * source_mw[s]
        pump += source_out[s].pump_mw
    for f in range(feed_out.size):
        feed += sign * feed_out[f].heat_mw
        pump += feed_out[f].pump_mw
    for e in range(extraction_out.size):
        extraction += sign * extraction_out[e].heat_mw
    for p in range(pipe_out.size):
        fastest = max(fastest, pipe_out[p].velocity_m_s)
        steepest = max(steepest, pipe_out[p].gradient_pa_m)
    return demand, delivered, unserved, external, feed, extraction, pump, fastest, steepest
