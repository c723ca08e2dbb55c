"""Which pipe leads where: spanning tree, loops, connected parts. Computed once, and anew when a valve is opened or
closed."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.networks.heat.records import LOOP, LOOP_PIPE, NODE, NONE, Ints, Records


@dataclass(frozen=True, slots=True)
class Topology:
    """Index arrays of a network."""

    nodes: Records
    """[nodes] NODE, without elevation and extraction"""
    node_pipes: Ints
    """Open pipes at node 0, then at node 1 ..."""
    tree_order: Ints
    """Connected nodes, parents before children"""
    loops: Records
    """[loops] LOOP"""
    loop_pipes: Records
    """LOOP_PIPE: the chord, then the way back through the tree, loop by loop"""
    parts: int
    """Number of connected parts that have a source"""


def build_topology(from_node: Ints, to_node: Ints, n_nodes: int, roots: Sequence[int],
                   is_open: NDArray[np.bool_]) -> Topology:
    """Breadth-first spanning trees from the nodes of the sources; ``roots`` in order of precedence."""
    nodes = np.zeros(n_nodes, NODE)
    for name in ("part", "parent_pipe", "parent_node", "extraction"):
        nodes[name] = NONE
    pipes_at: list[list[int]] = [[] for _ in range(n_nodes)]
    for p in np.flatnonzero(is_open).tolist():
        pipes_at[from_node[p]].append(p)
        pipes_at[to_node[p]].append(p)
    depth = [0] * n_nodes
    order: list[int] = []
    parts = 0
    for root in roots:
        if nodes["part"][root] != NONE:
            continue
        nodes["part"][root] = parts
        queue = deque([root])
        while queue:
            node = queue.popleft()
            order.append(node)
            for p in pipes_at[node]:
                other = int(to_node[p] if from_node[p] == node else from_node[p])
                if nodes["part"][other] == NONE:
                    nodes["part"][other] = parts
                    nodes["parent_pipe"][other], nodes["parent_node"][other] = p, node
                    depth[other] = depth[node] + 1
                    queue.append(other)
        parts += 1
    counts = [len(at) for at in pipes_at]
    nodes["end_pipe"] = np.cumsum(counts)
    nodes["first_pipe"] = nodes["end_pipe"] - counts
    in_tree = set(nodes["parent_pipe"].tolist())
    chords = [p for p in np.flatnonzero(is_open).tolist()
              if p not in in_tree and nodes["part"][from_node[p]] != NONE]
    ways = [_loop(p, from_node, to_node, nodes, depth) for p in chords]
    lengths = [len(way) for way in ways]
    loops = np.zeros(len(chords), LOOP)
    loops["chord"] = chords
    loops["end"] = np.cumsum(lengths)
    loops["first"] = loops["end"] - lengths
    return Topology(
        nodes=nodes, node_pipes=np.array([p for at in pipes_at for p in at], np.int64),
        tree_order=np.array(order, np.int64), loops=loops,
        loop_pipes=np.array([entry for way in ways for entry in way], LOOP_PIPE), parts=parts)


def _loop(chord: int, from_node: Ints, to_node: Ints, nodes: Records, depth: list[int]) -> list[tuple[int, float]]:
    """The chord from its start to its end, then back through the tree."""
    way = [(chord, 1.0)]
    ahead, behind = int(to_node[chord]), int(from_node[chord])
    while ahead != behind:
        if depth[ahead] >= depth[behind]:
            p = int(nodes["parent_pipe"][ahead])
            way.append((p, 1.0 if from_node[p] == ahead else -1.0))
            ahead = int(nodes["parent_node"][ahead])
        else:
            p = int(nodes["parent_pipe"][behind])
            way.append((p, 1.0 if to_node[p] == behind else -1.0))
            behind = int(nodes["parent_node"][behind])
    return way
