"""One step of a thermal network: all its sub-steps in one compiled call.

What comes before and after the sub-steps stands here as functions of its own, because the energy centres drive the same
sub-steps with their plants in between (``simulators.networks.plant``).
"""

from __future__ import annotations

import math

import numpy as np

from simulators.jit import compiled
from simulators.networks.heat.closing import balance, check_end, finish
from simulators.networks.heat.kernel import sub_step
from simulators.networks.heat.pipe import line_heat_j
from simulators.networks.heat.records import NONE, Floats, Ints, Record, Records, set_all


@compiled
def run_step(
    sign: float, density: float, heat_capacity: float, freezing_degc: float, parts: int,
    nodes: Records, pipes: Records, line_data: Records, node_pipes: Ints, tree_order: Ints, loops: Records,
    loop_pipes: Records, consumers: Records, by_priority: Ints, sources: Records, feeds: Records, extractions: Records,
    parcels: Records, rings: Records, lines: Records, node_state: Records,
    source_set_degc: Floats, consumer_kg_s: Floats, pipe_kg_s: Floats,
    ground_degc: float, consumer_in: Records, source_in: Records, feed_in: Records, extraction_in: Records,
    node_out: Records, consumer_out: Records, pipe_out: Records, source_out: Records, feed_out: Records,
    extraction_out: Records, totals: Records, substeps: int, dt_s: float,
) -> bool:
    """Advance the state by ``substeps`` sub-steps of ``dt_s`` and fill the outputs, which come zeroed.

    Returns False, with nothing done, if an input is not a number.
    """
    if not are_numbers(ground_degc, consumer_in, source_in, feed_in, extraction_in):
        return False
    (order, direction, bypass_kg_s, feed_kg_s, source_kg_s, source_degc, mass_in, heat_in, drop_pa, lift_pa, left_kg_s,
     circulated_kg_s) = scratch(nodes.size, pipes.size, consumers.size, feeds.size, sources.size, parts)
    total = totals[0]
    begin(total, stored_j(lines, line_data, heat_capacity))
    for k in range(substeps):
        sub_step(
            k, sign, density, heat_capacity, nodes, pipes, line_data, node_pipes, tree_order, loops, loop_pipes,
            consumers, by_priority, sources, feeds, parcels, rings, lines, node_state, source_set_degc, consumer_kg_s,
            pipe_kg_s, ground_degc, consumer_in, source_in, feed_in, extractions, extraction_in, node_out, consumer_out,
            pipe_out, source_out, feed_out, extraction_out, total, order, direction, bypass_kg_s, feed_kg_s,
            source_kg_s, source_degc, mass_in, heat_in, drop_pa, lift_pa, left_kg_s, circulated_kg_s, dt_s)
    total.stored_after_j = stored_j(lines, line_data, heat_capacity)
    finish(nodes, pipes, node_state, consumer_in, node_out, consumer_out, pipe_out, source_out, feed_out,
           extraction_out, substeps)
    balance(consumer_out, source_out, feed_out, extraction_out, total, substeps * dt_s)
    check_end(density, freezing_degc, nodes, sources, lines, line_data, node_state, drop_pa, lift_pa, node_out, total,
              substeps - 1)
    return True


@compiled
def scratch(nodes: int, pipes: int, consumers: int, feeds: int, sources: int, parts: int) -> tuple[
        Ints, Floats, Floats, Floats, Floats, Floats, Floats, Floats, Floats, Floats, Floats, Floats]:
    """Working arrays of the sub-steps, in the order of ``sub_step``."""
    direction, drop_pa = np.empty(pipes), np.empty(nodes)
    set_all(direction, math.nan)
    set_all(drop_pa, math.nan)
    return (np.empty(nodes, np.int64), direction, np.zeros(consumers), np.zeros(feeds), np.zeros(sources),
            np.zeros(sources), np.empty(nodes), np.empty(nodes), drop_pa, np.empty(parts), np.empty(parts),
            np.empty(parts))


@compiled
def begin(total: Record, stored_before_j: float) -> None:
    """Nothing is wrong yet."""
    total.stored_before_j = stored_before_j
    total.worst_differential_pa = math.inf
    total.place = NONE
    total.worst_consumer = NONE


@compiled
def are_numbers(ground_degc: float, consumer_in: Records, source_in: Records, feed_in: Records,
                extraction_in: Records) -> bool:
    """Whether all inputs are finite and limits are 0 or more (a given flow may be nan: not given)."""
    good = math.isfinite(ground_degc)
    for c in range(consumer_in.size):
        given = consumer_in[c]
        good = good and math.isfinite(given.heat_mw) and not math.isinf(given.flow_kg_s) and given.open_frac >= 0.0
    for s in range(source_in.size):
        plant = source_in[s]
        good = good and math.isfinite(plant.supply_degc) and math.isfinite(plant.share_frac)
        good = good and plant.limit_mw >= 0.0 and plant.max_kg_s >= 0.0
    for f in range(feed_in.size):
        good = good and math.isfinite(feed_in[f].flow_kg_s) and math.isfinite(feed_in[f].degc)
    for e in range(extraction_in.size):
        good = good and math.isfinite(extraction_in[e].heat_mw)
    return good


@compiled
def stored_j(lines: Records, line_data: Records, heat_capacity: float) -> float:
    """Heat in water and walls above 0 °C."""
    total = 0.0
    for i in range(lines.size):
        total += line_heat_j(lines[i], line_data[i], heat_capacity)
    return total
