"""The order in which the water passes the nodes, so that each is mixed after all that flows into it is known."""

from __future__ import annotations

import numpy as np

from simulators.jit import compiled
from simulators.networks.heat.records import NONE, Floats, Ints, Record, Records


@compiled
def order_nodes(nodes: Records, pipes: Records, node_pipes: Ints, flow_kg_s: Floats, order: Ints) -> None:
    """Fill ``order`` with all nodes, upstream before downstream in the supply (the return runs the other way).

    Pressure fields have no circles; one that is left from round-off in the loop solver is stopped (node balances are
    kept).
    """
    while _place(nodes, pipes, node_pipes, flow_kg_s, order) < order.size:
        _stop_circle(nodes, pipes, node_pipes, flow_kg_s, order)


@compiled
def downstream(pipe: Record, flow_kg_s: float, node: int) -> int:
    """Node to which a pipe takes the supply water of ``node``, NONE if it takes none."""
    if flow_kg_s > 0.0 and pipe.from_node == node:
        return pipe.to_node
    if flow_kg_s < 0.0 and pipe.to_node == node:
        return pipe.from_node
    return NONE


@compiled
def _place(nodes: Records, pipes: Records, node_pipes: Ints, flow_kg_s: Floats, order: Ints) -> int:
    """Kahn's algorithm; returns how many nodes could be placed."""
    waiting = np.zeros(order.size, np.int64)
    for p in range(flow_kg_s.size):
        if flow_kg_s[p] > 0.0:
            waiting[pipes[p].to_node] += 1
        elif flow_kg_s[p] < 0.0:
            waiting[pipes[p].from_node] += 1
    placed = 0
    for node in range(order.size):
        if waiting[node] == 0:
            order[placed] = node
            placed += 1
    done = 0
    while done < placed:
        node = order[done]
        done += 1
        for j in range(nodes[node].first_pipe, nodes[node].end_pipe):
            p = node_pipes[j]
            other = downstream(pipes[p], flow_kg_s[p], node)
            if other != NONE:
                waiting[other] -= 1
                if waiting[other] == 0:
                    order[placed] = other
                    placed += 1
    return placed


@compiled
def _stop_circle(nodes: Records, pipes: Records, node_pipes: Ints, flow_kg_s: Floats, order: Ints) -> None:
    """Follow the water upstream among the nodes not placed until a node comes back; cancel that circle."""
    placed = np.zeros(order.size, np.bool_)
    for k in range(_place(nodes, pipes, node_pipes, flow_kg_s, order)):
        placed[order[k]] = True
    node = 0
    while placed[node]:
        node += 1
    seen_at = np.zeros(order.size, np.int64)
    path = np.empty(order.size, np.int64)
    length = 0
    while seen_at[node] == 0:
        path[length], upstream = _inflow(nodes, pipes, node_pipes, flow_kg_s, placed, node)
        length += 1
        seen_at[node] = length
        node = upstream
    smallest = np.inf
    for k in range(seen_at[node] - 1, length):
        smallest = min(smallest, abs(flow_kg_s[path[k]]))
    for k in range(seen_at[node] - 1, length):
        flow_kg_s[path[k]] -= smallest if flow_kg_s[path[k]] > 0.0 else -smallest


@compiled
def _inflow(nodes: Records, pipes: Records, node_pipes: Ints, flow_kg_s: Floats, placed: Ints,
            node: int) -> tuple[int, int]:
    """A pipe that brings water from a node that could not be placed, and that node; every such node has one."""
    for j in range(nodes[node].first_pipe, nodes[node].end_pipe):
        p = node_pipes[j]
        other = pipes[p].from_node if pipes[p].to_node == node else pipes[p].to_node
        if not placed[other] and downstream(pipes[p], flow_kg_s[p], other) == node:
            return p, other
    return NONE, node
