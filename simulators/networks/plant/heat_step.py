"""A step of a heat network with its energy centres: plants act between the sub-steps of the water. Compiled.

The water in an energy centre's own pipes (its header) lies between plant and network. In a sub-step the network takes
water at the header's temperature and gives its return to the plant; the plant heats exactly that flow and pushes it
into the header, where it mixes. So both meet without iteration and no joule is lost; the price is a delay of at most
one sub-step at full flow.
"""

from __future__ import annotations

import numpy as np

from simulators.conversion.gas_boiler import STARTING
from simulators.jit import compiled
from simulators.networks.heat.closing import balance, check_end, finish
from simulators.networks.heat.kernel import sub_step
from simulators.networks.heat.records import Floats, Ints, Records, set_all
from simulators.networks.heat.step import are_numbers, begin, scratch, stored_j
from simulators.networks.plant.bought import HEADER_DEGC, buy, count_ideal, supply_headers_mwh
from simulators.networks.plant.content import (
    BOUGHT,
    HEADERS_AFTER,
    HEADERS_BEFORE,
    TANKS_AFTER,
    TANKS_BEFORE,
    headers_mwh,
    tanks_mwh,
)
from simulators.networks.plant.heat_dispatch import advance_records, is_usable, keep, recall
from simulators.networks.plant.shedding import CUT_MW, homes, remember, throttle

SUPPLY, NETWORK, SHORTFALL = 0, 1, 9
"""Places in ``HeatDelivery``."""


@compiled
def run_heat_step(
    sign: float, density: float, heat_capacity: float, freezing_degc: float, parts: int,
    nodes: Records, pipes: Records, line_data: Records, node_pipes: Ints, tree_order: Ints, loops: Records,
    loop_pipes: Records, consumers: Records, by_priority: Ints, sources: Records, feeds: Records, extractions: Records,
    parcels: Records, rings: Records, lines: Records, node_state: Records,
    source_set_degc: Floats, consumer_kg_s: Floats, pipe_kg_s: Floats,
    ground_degc: float, consumer_in: Records, source_in: Records, feed_in: Records, extraction_in: Records,
    node_out: Records, consumer_out: Records, pipe_out: Records, source_out: Records, feed_out: Records,
    extraction_out: Records, totals: Records, substeps: int, dt_s: float,
    plant_source: Ints, plants: Records, memories: Records, plain: Floats, layers_degc: Floats, layer_count: Ints,
    calls: Records, header_degc: Floats, header_kg: Floats, supplies: Records, bought_degc: Floats, shed: Floats,
    lowest_first: Ints, priority: Ints, grace_s: float, delivery: Floats, deliveries: Floats, notes: Floats,
) -> bool:
    """As ``run_step``; then the plants' arrays.

    ``memories`` is scratch for ``plain``, the memory of each plant; ``supplies`` are bought (``bought``),
    ``bought_degc`` their memory; ``deliveries`` receives means over the step, ``notes`` what ``content`` says. False
    also for a call that is not a number.
    """
    for p in range(plant_source.size):
        if not is_usable(calls[p]):
            return False
    if not are_numbers(ground_degc, consumer_in, source_in, feed_in, extraction_in):
        return False
    for p in range(plant_source.size):
        recall(memories[p], plain[p])
    notes[HEADERS_BEFORE] = headers_mwh(header_degc, header_kg, heat_capacity) + supply_headers_mwh(
        supplies, bought_degc, heat_capacity)
    notes[TANKS_BEFORE] = tanks_mwh(plants, layers_degc, layer_count)
    (order, direction, bypass_kg_s, feed_kg_s, source_kg_s, source_degc, mass_in, heat_in, drop_pa, lift_pa, left_kg_s,
     circulated_kg_s) = scratch(nodes.size, pipes.size, consumers.size, feeds.size, sources.size, parts)
    total = totals[0]
    begin(total, stored_j(lines, line_data, heat_capacity))
    asked_mw, target_degc = consumer_in["heat_mw"].copy(), source_in["supply_degc"].copy()
    source_home, consumer_home = homes(nodes, sources, consumers, priority)
    given_mw, missing_mw, starting = np.empty(sources.size), np.empty(sources.size), np.zeros(sources.size)
    for k in range(substeps):
        throttle(consumer_in, asked_mw, lowest_first, consumer_home, shed[CUT_MW])
        for p in range(plant_source.size):
            source_in[plant_source[p]].supply_degc = header_degc[p]
        for b in range(supplies.size):
            source_in[supplies[b].source].supply_degc = bought_degc[b, HEADER_DEGC]
        sub_step(
            k, sign, density, heat_capacity, nodes, pipes, line_data, node_pipes, tree_order, loops, loop_pipes,
            consumers, by_priority, sources, feeds, parcels, rings, lines, node_state, source_set_degc, consumer_kg_s,
            pipe_kg_s, ground_degc, consumer_in, source_in, feed_in, extractions, extraction_in, node_out, consumer_out,
            pipe_out, source_out, feed_out, extraction_out, total, order, direction, bypass_kg_s, feed_kg_s,
            source_kg_s, source_degc, mass_in, heat_in, drop_pa, lift_pa, left_kg_s, circulated_kg_s, dt_s)
        set_all(given_mw, 0.0)
        set_all(missing_mw, 0.0)
        set_all(starting, 0.0)
        count_ideal(sign, heat_capacity, sources, node_state, source_kg_s, source_degc, source_set_degc, source_home,
                    given_mw, missing_mw)
        notes[BOUGHT] += buy(sign, heat_capacity, supplies, bought_degc, target_degc, source_in, sources, node_state,
                             source_kg_s, source_home, given_mw, missing_mw, dt_s) / substeps
        for p in range(plant_source.size):
            s = plant_source[p]
            call = calls[p : p + 1]
            call[0].network_kg_s = source_kg_s[s]
            call[0].return_degc = node_state[sources[s].node].cooled_degc
            advance_records(plants[p : p + 1], memories[p : p + 1], layers_degc[p, : layer_count[p]], call, delivery,
                            dt_s)
            header_degc[p] += source_kg_s[s] * dt_s / header_kg[p] * (delivery[SUPPLY] - source_degc[s])
            given_mw[source_home[s]] += delivery[NETWORK]
            missing_mw[source_home[s]] += delivery[SHORTFALL]
            starting[source_home[s]] += memories[p].boiler.mode == STARTING
            for i in range(delivery.size):
                deliveries[p, i] += delivery[i] / substeps
        remember(shed, asked_mw, consumer_home, given_mw, missing_mw, starting, grace_s, dt_s)
    for p in range(plant_source.size):
        keep(memories[p], plain[p])
    notes[HEADERS_AFTER] = headers_mwh(header_degc, header_kg, heat_capacity) + supply_headers_mwh(
        supplies, bought_degc, heat_capacity)
    notes[TANKS_AFTER] = tanks_mwh(plants, layers_degc, layer_count)
    for c in range(consumer_in.size):
        consumer_in[c].heat_mw = asked_mw[c]
    total.stored_after_j = stored_j(lines, line_data, heat_capacity)
    finish(nodes, pipes, node_state, consumer_in, node_out, consumer_out, pipe_out, source_out, feed_out,
           extraction_out, substeps)
    balance(consumer_out, source_out, feed_out, extraction_out, total, substeps * dt_s)
    check_end(density, freezing_degc, nodes, sources, lines, line_data, node_state, drop_pa, lift_pa, node_out, total,
              substeps - 1)
    return True
