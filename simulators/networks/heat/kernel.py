"""One sub-step of a thermal network. Inside: W, J, kg/s, Pa, °C, s.

In this order
1. consumers' valves, from the supply temperature they last saw; a shortage of flow goes to the lowest priority
2. flows of feeds, sources and all pipes
3. supply, node by node in the direction of flow: mix what arrives, push it into the pipes that leave
4. consumers take their heat
5. return, in the opposite order: feeds draw from it, an extraction cools the rest, which goes into pipes and sources
6. pressures and pumps

Arrays, not objects, and each function takes only those it needs: counted references to grouped arrays cost ten times
the physics. What the arrays hold stands in records.py; ``mass_in`` and ``heat_in`` [nodes] gather kg/s and kg/s · °C.
"""

from __future__ import annotations

from simulators.jit import compiled
from simulators.networks.heat.closing import report
from simulators.networks.heat.hydraulics import path_drops, solve_flows
from simulators.networks.heat.order import downstream, order_nodes
from simulators.networks.heat.parcels import end_degc
from simulators.networks.heat.pipe import advance_line
from simulators.networks.heat.producers import lift_pumps, limit_feeds, ramp, reached_degc, share_flow, source_limit
from simulators.networks.heat.records import NONE, Floats, Ints, Record, Records, set_all
from simulators.networks.heat.status import NETWORK_NO_FLOW, NO_DIFFERENTIAL, NO_LOOP_FLOWS, SUPPLY_BEYOND_RETURN
from simulators.networks.heat.substations import (
    NIL_K,
    NIL_KG_S,
    NIL_W,
    W_PER_MW,
    beyond_degc,
    ration,
    take_heat,
    valve_flow,
)


@compiled
def sub_step(
    k: int, sign: float, density: float, heat_capacity: float,
    nodes: Records, pipes: Records, line_data: Records, node_pipes: Ints, tree_order: Ints, loops: Records,
    loop_pipes: Records, consumers: Records, by_priority: Ints, sources: Records, feeds: Records,
    parcels: Records, rings: Records, lines: Records, node_state: Records,
    source_set_degc: Floats, consumer_kg_s: Floats, pipe_kg_s: Floats,
    ground_degc: float, consumer_in: Records, source_in: Records, feed_in: Records, extractions: Records,
    extraction_in: Records, node_out: Records, consumer_out: Records, pipe_out: Records, source_out: Records,
    feed_out: Records, extraction_out: Records, total: Record,
    order: Ints, direction: Floats, bypass_kg_s: Floats, feed_kg_s: Floats, source_kg_s: Floats, source_degc: Floats,
    mass_in: Floats, heat_in: Floats, drop_pa: Floats, lift_pa: Floats, left_kg_s: Floats, circulated_kg_s: Floats,
    dt_s: float,
) -> None:
    """Advance the state by one sub-step, the ``k``-th of a step, and add to the outputs.

    The arrays from ``order`` on are scratch; ``source_kg_s`` and ``source_degc`` then hold what the sources gave.
    """
    for c in range(consumers.size):
        consumer_kg_s[c] = valve_flow(
            consumers[c], consumer_in[c], sign, heat_capacity, dt_s, node_state[consumers[c].node].supply_degc,
            consumer_kg_s[c])
    _share_out(nodes, consumers, by_priority, sources, feeds, consumer_in, source_in, feed_in, consumer_kg_s,
               bypass_kg_s, feed_kg_s, source_kg_s, left_kg_s, circulated_kg_s)
    _withdrawals(consumers, sources, feeds, consumer_kg_s, bypass_kg_s, source_kg_s, feed_kg_s, mass_in)
    if not solve_flows(nodes, pipes, tree_order, loops, loop_pipes, mass_in, pipe_kg_s):
        report(total, NO_LOOP_FLOWS, NONE, k)
    if _turned(pipe_kg_s, direction, pipe_out):
        order_nodes(nodes, pipes, node_pipes, pipe_kg_s, order)

    _produce(sign, heat_capacity, sources, feeds, source_in, feed_in, node_state, source_set_degc, source_kg_s,
             feed_kg_s, source_degc, source_out, mass_in, heat_in, dt_s)
    _stand(parcels, rings, lines, line_data, pipe_kg_s, total, ground_degc, heat_capacity, dt_s)
    _supply(nodes, pipes, node_pipes, order, parcels, rings, lines, line_data, node_state, pipe_kg_s, mass_in,
            heat_in, node_out, total, ground_degc, heat_capacity, dt_s)
    _consume(sign, heat_capacity, consumers, consumer_in, node_state, consumer_kg_s, bypass_kg_s, mass_in, heat_in,
             consumer_out, total, k)
    _charge(heat_capacity, feeds, feed_in, node_state, feed_kg_s, mass_in, heat_in, feed_out)
    _return(nodes, pipes, node_pipes, order, parcels, rings, lines, line_data, node_state, extractions, feeds,
            pipe_kg_s, feed_kg_s, mass_in, heat_in, extraction_in, node_out, extraction_out, total, ground_degc,
            heat_capacity, dt_s)
    _settle(heat_capacity, sources, feeds, feed_in, node_state, source_kg_s, source_degc, feed_kg_s, source_out,
            feed_out)

    path_drops(nodes, pipes, tree_order, pipe_kg_s, drop_pa)
    worst_pa, place = lift_pumps(sources, nodes, consumers, consumer_kg_s, bypass_kg_s, drop_pa, lift_pa)
    if worst_pa < total.worst_differential_pa:
        total.worst_differential_pa = worst_pa
        total.worst_consumer = place
    if worst_pa <= 0.0:
        report(total, NO_DIFFERENTIAL, place, k)
    _pump(density, nodes, sources, feeds, source_kg_s, feed_kg_s, drop_pa, lift_pa, node_out, source_out, feed_out)


@compiled
def _share_out(nodes: Records, consumers: Records, by_priority: Ints, sources: Records, feeds: Records,
               consumer_in: Records, source_in: Records, feed_in: Records, consumer_kg_s: Floats, bypass_kg_s: Floats,
               feed_kg_s: Floats, source_kg_s: Floats, left_kg_s: Floats, circulated_kg_s: Floats) -> None:
    """Flows of consumers, feeds and sources, part by part: what circulates must be pumped by someone."""
    set_all(left_kg_s, 0.0)
    for s in range(sources.size):
        left_kg_s[nodes[sources[s].node].part] += source_limit(sources[s], source_in[s])
    for f in range(feeds.size):
        if nodes[feeds[f].node].part != NONE:
            left_kg_s[nodes[feeds[f].node].part] += max(0.0, feed_in[f].flow_kg_s)
    ration(consumers, by_priority, nodes, consumer_in, left_kg_s, consumer_kg_s, bypass_kg_s)
    set_all(circulated_kg_s, 0.0)
    for c in range(consumers.size):
        if nodes[consumers[c].node].part != NONE:
            circulated_kg_s[nodes[consumers[c].node].part] += consumer_kg_s[c] + bypass_kg_s[c]
    limit_feeds(feeds, nodes, feed_in, left_kg_s, circulated_kg_s, feed_kg_s)
    for f in range(feeds.size):
        if feed_kg_s[f] > 0.0:
            circulated_kg_s[nodes[feeds[f].node].part] -= feed_kg_s[f]
    for part in range(circulated_kg_s.size):
        share_flow(sources, nodes, source_in, part, max(circulated_kg_s[part], 0.0), source_kg_s)


@compiled
def _withdrawals(consumers: Records, sources: Records, feeds: Records, consumer_kg_s: Floats, bypass_kg_s: Floats,
                 source_kg_s: Floats, feed_kg_s: Floats, withdrawal_kg_s: Floats) -> None:
    """What each node takes out of the supply."""
    set_all(withdrawal_kg_s, 0.0)
    for c in range(consumers.size):
        withdrawal_kg_s[consumers[c].node] += consumer_kg_s[c] + bypass_kg_s[c]
    for s in range(sources.size):
        withdrawal_kg_s[sources[s].node] -= source_kg_s[s]
    for f in range(feeds.size):
        withdrawal_kg_s[feeds[f].node] -= feed_kg_s[f]


@compiled
def _turned(pipe_kg_s: Floats, direction: Floats, pipe_out: Records) -> bool:
    """Whether a flow changed its direction; the place where pipe flows are recorded."""
    turned = False
    for p in range(pipe_kg_s.size):
        if abs(pipe_kg_s[p]) < NIL_KG_S:
            pipe_kg_s[p] = 0.0
        flow = pipe_kg_s[p]
        now = 1.0 if flow > 0.0 else (-1.0 if flow < 0.0 else 0.0)
        turned = turned or now != direction[p]
        direction[p] = now
        pipe_out[p].flow_kg_s += flow
        pipe_out[p].velocity_m_s = max(pipe_out[p].velocity_m_s, abs(flow))
    return turned


@compiled
def _produce(sign: float, heat_capacity: float, sources: Records, feeds: Records, source_in: Records, feed_in: Records,
             node_state: Records, source_set_degc: Floats, source_kg_s: Floats, feed_kg_s: Floats, source_degc: Floats,
             source_out: Records, mass_in: Floats, heat_in: Floats, dt_s: float) -> None:
    """Water from sources and feeds into the supply."""
    set_all(mass_in, 0.0)
    set_all(heat_in, 0.0)
    for s in range(sources.size):
        node = sources[s].node
        source_set_degc[s] = ramp(source_set_degc[s], source_in[s].supply_degc, sources[s].gradient_k_s, dt_s)
        source_degc[s] = source_set_degc[s]
        if not sources[s].as_given:
            source_degc[s] = reached_degc(sign, source_set_degc[s], node_state[node].cooled_degc,
                                          source_kg_s[s] * heat_capacity, source_in[s].limit_mw * W_PER_MW)
        mass_in[node] += source_kg_s[s]
        heat_in[node] += source_kg_s[s] * source_degc[s]
        source_out[s].flow_kg_s += source_kg_s[s]
        source_out[s].supply_degc += source_degc[s]
    for f in range(feeds.size):
        if feed_kg_s[f] > 0.0:
            mass_in[feeds[f].node] += feed_kg_s[f]
            heat_in[feeds[f].node] += feed_kg_s[f] * feed_in[f].degc


@compiled
def _stand(parcels: Records, rings: Records, lines: Records, line_data: Records, pipe_kg_s: Floats, total: Record,
           ground_degc: float, heat_capacity: float, dt_s: float) -> None:
    """Pipes without flow only cool."""
    n = pipe_kg_s.size
    for p in range(n):
        if pipe_kg_s[p] == 0.0:
            _, loss_j = advance_line(parcels[p], rings[p], lines[p], line_data[p], 0.0, 0.0, dt_s, ground_degc,
                                     heat_capacity)
            total.loss_supply_j += loss_j
            _, loss_j = advance_line(parcels[n + p], rings[n + p], lines[n + p], line_data[n + p], 0.0, 0.0, dt_s,
                                     ground_degc, heat_capacity)
            total.loss_return_j += loss_j


@compiled
def _standing_degc(nodes: Records, pipes: Records, node_pipes: Ints, parcels: Records, rings: Records, lines: Records,
                   first_line: int, node: int, before_degc: float) -> float:
    """Temperature at a node without flow: the mean of the water at the pipe ends that meet there."""
    first, end = nodes[node].first_pipe, nodes[node].end_pipe
    if first == end:
        return before_degc
    total = 0.0
    for j in range(first, end):
        i = first_line + node_pipes[j]
        total += end_degc(parcels[i], rings[i], lines[i], pipes[node_pipes[j]].to_node == node)
    return total / (end - first)


@compiled
def _supply(nodes: Records, pipes: Records, node_pipes: Ints, order: Ints, parcels: Records, rings: Records,
            lines: Records, line_data: Records, node_state: Records, pipe_kg_s: Floats, mass_in: Floats,
            heat_in: Floats, node_out: Records, total: Record, ground_degc: float, heat_capacity: float,
            dt_s: float) -> None:
    for k in range(order.size):
        node = order[k]
        if mass_in[node] > 0.0:
            supply_degc = heat_in[node] / mass_in[node]
        else:
            supply_degc = _standing_degc(
                nodes, pipes, node_pipes, parcels, rings, lines, 0, node, node_state[node].supply_degc)
        node_state[node].supply_degc = supply_degc
        node_out[node].supply_degc += supply_degc
        for j in range(nodes[node].first_pipe, nodes[node].end_pipe):
            p = node_pipes[j]
            other = downstream(pipes[p], pipe_kg_s[p], node)
            if other != NONE:
                outlet_degc, loss_j = advance_line(
                    parcels[p], rings[p], lines[p], line_data[p], pipe_kg_s[p] * dt_s, supply_degc, dt_s, ground_degc,
                    heat_capacity)
                total.loss_supply_j += loss_j
                mass_in[other] += abs(pipe_kg_s[p])
                heat_in[other] += abs(pipe_kg_s[p]) * outlet_degc


@compiled
def _consume(sign: float, heat_capacity: float, consumers: Records, consumer_in: Records, node_state: Records,
             consumer_kg_s: Floats, bypass_kg_s: Floats, mass_in: Floats, heat_in: Floats, consumer_out: Records,
             total: Record, k: int) -> None:
    """Heat exchangers and bypasses; their water flows into the return."""
    set_all(mass_in, 0.0)
    set_all(heat_in, 0.0)
    for c in range(consumers.size):
        node, flow = consumers[c].node, consumer_kg_s[c]
        supply_degc = node_state[node].supply_degc
        demand_w = consumer_in[c].heat_mw * W_PER_MW
        taken_w, return_degc, state = take_heat(consumers[c], sign, heat_capacity, demand_w, flow, supply_degc)
        mass_in[node] += flow + bypass_kg_s[c]
        heat_in[node] += flow * return_degc + bypass_kg_s[c] * supply_degc
        out = consumer_out[c]
        out.delivered_mw += taken_w
        out.flow_kg_s += flow
        out.supply_degc += supply_degc
        out.return_degc += flow * return_degc
        out.state_code = max(out.state_code, state)
        if sign * demand_w > NIL_W:
            if flow <= 0.0:
                report(total, NETWORK_NO_FLOW, c, k)
            elif sign * (supply_degc - beyond_degc(consumers[c])) <= NIL_K:
                report(total, SUPPLY_BEYOND_RETURN, c, k)


@compiled
def _charge(heat_capacity: float, feeds: Records, feed_in: Records, node_state: Records, feed_kg_s: Floats,
            mass_in: Floats, heat_in: Floats, feed_out: Records) -> None:
    """Feeds that take water out of the supply and give it back to the return."""
    for f in range(feeds.size):
        if feed_kg_s[f] < 0.0:
            node = feeds[f].node
            mass_in[node] -= feed_kg_s[f]
            heat_in[node] -= feed_kg_s[f] * feed_in[f].degc
            drawn_degc = node_state[node].supply_degc
            feed_out[f].heat_mw += feed_kg_s[f] * heat_capacity * (drawn_degc - feed_in[f].degc)
            feed_out[f].drawn_degc += drawn_degc


@compiled
def _return(nodes: Records, pipes: Records, node_pipes: Ints, order: Ints, parcels: Records, rings: Records,
            lines: Records, line_data: Records, node_state: Records, extractions: Records, feeds: Records,
            pipe_kg_s: Floats, feed_kg_s: Floats, mass_in: Floats, heat_in: Floats, extraction_in: Records,
            node_out: Records, extraction_out: Records, total: Record, ground_degc: float, heat_capacity: float,
            dt_s: float) -> None:
    n = pipes.size
    for k in range(order.size - 1, -1, -1):
        node = order[k]
        if mass_in[node] > 0.0:
            return_degc = heat_in[node] / mass_in[node]
        else:
            return_degc = _standing_degc(
                nodes, pipes, node_pipes, parcels, rings, lines, n, node, node_state[node].return_degc)
        cooled_degc = return_degc
        e = nodes[node].extraction
        if e != NONE:
            through_kg_s = mass_in[node]
            for f in range(feeds.size):
                if feeds[f].node == node:
                    through_kg_s -= max(feed_kg_s[f], 0.0)
            cooled_degc = _extract(extractions[e], extraction_in[e].heat_mw * W_PER_MW, through_kg_s, return_degc,
                                   heat_capacity, extraction_out[e])
        node_state[node].return_degc = return_degc
        node_state[node].cooled_degc = cooled_degc
        node_out[node].return_degc += return_degc
        for j in range(nodes[node].first_pipe, nodes[node].end_pipe):
            p = node_pipes[j]
            other = downstream(pipes[p], -pipe_kg_s[p], node)
            if other != NONE:
                outlet_degc, loss_j = advance_line(
                    parcels[n + p], rings[n + p], lines[n + p], line_data[n + p], -pipe_kg_s[p] * dt_s, cooled_degc,
                    dt_s, ground_degc, heat_capacity)
                total.loss_return_j += loss_j
                mass_in[other] += abs(pipe_kg_s[p])
                heat_in[other] += abs(pipe_kg_s[p]) * outlet_degc


@compiled
def _extract(extraction: Record, wish_w: float, through_kg_s: float, inlet_degc: float, heat_capacity: float,
             out: Record) -> float:
    """Temperature behind an evaporator in the return."""
    out.inlet_degc += inlet_degc
    if through_kg_s <= 0.0:
        return inlet_degc
    out.flow_kg_s += through_kg_s
    through_w_k = through_kg_s * heat_capacity
    coldest, hottest = min(extraction.min_degc, inlet_degc), max(extraction.max_degc, inlet_degc)
    outlet_degc = min(max(inlet_degc - wish_w / through_w_k, coldest), hottest)
    out.heat_mw += through_w_k * (inlet_degc - outlet_degc)
    return outlet_degc


@compiled
def _settle(heat_capacity: float, sources: Records, feeds: Records, feed_in: Records, node_state: Records,
            source_kg_s: Floats, source_degc: Floats, feed_kg_s: Floats, source_out: Records,
            feed_out: Records) -> None:
    """What sources and feeds took out of the return closes their balances."""
    for s in range(sources.size):
        inlet_degc = node_state[sources[s].node].cooled_degc
        source_out[s].heat_mw += source_kg_s[s] * heat_capacity * (source_degc[s] - inlet_degc)
        source_out[s].return_degc += inlet_degc
    for f in range(feeds.size):
        feed_out[f].flow_kg_s += feed_kg_s[f]
        if feed_kg_s[f] >= 0.0:
            drawn_degc = node_state[feeds[f].node].return_degc
            feed_out[f].heat_mw += feed_kg_s[f] * heat_capacity * (feed_in[f].degc - drawn_degc)
            feed_out[f].drawn_degc += drawn_degc


@compiled
def _pump(density: float, nodes: Records, sources: Records, feeds: Records, source_kg_s: Floats, feed_kg_s: Floats,
          drop_pa: Floats, lift_pa: Floats, node_out: Records, source_out: Records, feed_out: Records) -> None:
    """Differential pressures and the electrical power of the pumps."""
    for node in range(nodes.size):
        if nodes[node].part != NONE:
            node_out[node].differential_bar += lift_pa[nodes[node].part] - 2.0 * drop_pa[node]
    for s in range(sources.size):
        node = sources[s].node
        lift = lift_pa[nodes[node].part] - 2.0 * drop_pa[node]
        source_out[s].lift_bar += lift
        source_out[s].pump_mw += source_kg_s[s] * max(lift, 0.0) / (density * sources[s].pump_efficiency)
    for f in range(feeds.size):
        if feed_kg_s[f] > 0.0:
            node = feeds[f].node
            lift = lift_pa[nodes[node].part] - 2.0 * drop_pa[node]
            feed_out[f].pump_mw += feed_kg_s[f] * max(lift, 0.0) / (density * feeds[f].pump_efficiency)
