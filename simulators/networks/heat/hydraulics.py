"""Flows and pressures of a mirrored supply and return network. kg/s, Pa, m.

On a tree flows are sums. Every further pipe closes a loop; the loop flows follow from Newton's method on Kirchhoff's
second law, which has one solution because a pressure drop always grows with its flow (H. Cross's loop equations,
solved all at once). Cross-checked against pandapipes in crosscheck.py. Arrays: see records.py and topology.py.
"""

from __future__ import annotations

import numpy as np

from simulators.jit import compiled
from simulators.networks.heat.friction import pressure_drop_pa, pressure_drop_slope
from simulators.networks.heat.records import NONE, Floats, Ints, Records, set_all

MAX_ITERATIONS = 60
MAX_HALVINGS = 30
LOOP_TOLERANCE = 1e-10
"""Largest sum of pressure drops around a loop, relative to the sum of their absolute values."""
LOOP_TOLERANCE_PA = 1e-9
"""And in absolute terms: below, the flow around the loop is nil."""
STALLED_TOLERANCE = 1e-6
"""Still a solution when round-off keeps the search from getting any closer."""


@compiled
def solve_flows(nodes: Records, pipes: Records, tree_order: Ints, loops: Records, loop_pipes: Records,
                withdrawal_kg_s: Floats, flow_kg_s: Floats) -> bool:
    """Flows in all pipes from what each node takes out of the supply; ``flow_kg_s`` also gives the first guess.

    ``withdrawal_kg_s`` is used up. The first source of each part takes what is left over. Returns False if the loops
    did not converge.
    """
    if loops.size == 0:
        _tree_flows(nodes, pipes, tree_order, withdrawal_kg_s, flow_kg_s)
        return True
    loop_flow = np.empty(loops.size)
    for k in range(loops.size):
        loop_flow[k] = flow_kg_s[loops[k].chord]
    tree = np.empty(flow_kg_s.size)
    _tree_flows(nodes, pipes, tree_order, withdrawal_kg_s, tree)
    return _solve_loops(pipes, loops, loop_pipes, tree, loop_flow, flow_kg_s)


@compiled
def _tree_flows(nodes: Records, pipes: Records, tree_order: Ints, carried_kg_s: Floats, flow_kg_s: Floats) -> None:
    set_all(flow_kg_s, 0.0)
    for k in range(tree_order.size - 1, -1, -1):
        node = tree_order[k]
        p = nodes[node].parent_pipe
        if p != NONE:
            flow_kg_s[p] = carried_kg_s[node] if pipes[p].to_node == node else -carried_kg_s[node]
            carried_kg_s[nodes[node].parent_node] += carried_kg_s[node]


@compiled
def _solve_loops(pipes: Records, loops: Records, loop_pipes: Records, tree: Floats, loop_flow: Floats,
                 flow_kg_s: Floats) -> bool:
    """Damped Newton on the loop flows."""
    imbalance = np.empty(loops.size)
    step = np.zeros(loops.size)
    _superpose(loops, loop_pipes, tree, loop_flow, step, 0.0, flow_kg_s)
    error, scale = _loop_imbalance(pipes, loops, loop_pipes, flow_kg_s, imbalance)
    for _ in range(MAX_ITERATIONS):
        if error <= LOOP_TOLERANCE * scale + LOOP_TOLERANCE_PA:
            return True
        _solve_positive_definite(_loop_slopes(pipes, loops, loop_pipes, flow_kg_s), imbalance, step)
        share = 1.0
        reached = np.inf
        for _halving in range(MAX_HALVINGS):
            _superpose(loops, loop_pipes, tree, loop_flow, step, share, flow_kg_s)
            reached, scale = _loop_imbalance(pipes, loops, loop_pipes, flow_kg_s, imbalance)
            if reached < error:
                break
            share *= 0.5
        if not reached < error:
            _superpose(loops, loop_pipes, tree, loop_flow, step, 0.0, flow_kg_s)
            return error <= STALLED_TOLERANCE * scale
        for k in range(loops.size):
            loop_flow[k] -= share * step[k]
        error = reached
    return False


@compiled
def _superpose(loops: Records, loop_pipes: Records, tree: Floats, loop_flow: Floats, step: Floats, share: float,
               flow_kg_s: Floats) -> None:
    """Flows of the tree plus those around the loops, ``share`` of a Newton step ahead."""
    for p in range(flow_kg_s.size):
        flow_kg_s[p] = tree[p]
    for k in range(loops.size):
        for j in range(loops[k].first, loops[k].end):
            flow_kg_s[loop_pipes[j].pipe] += loop_pipes[j].sign * (loop_flow[k] - share * step[k])


@compiled
def _loop_imbalance(pipes: Records, loops: Records, loop_pipes: Records, flow_kg_s: Floats,
                    imbalance: Floats) -> tuple[float, float]:
    """Sum of the pressure drops around each loop; returns the largest, and the largest sum of absolute values."""
    error = 0.0
    scale = 0.0
    for k in range(loops.size):
        total = 0.0
        absolute = 0.0
        for j in range(loops[k].first, loops[k].end):
            p = loop_pipes[j].pipe
            drop = pressure_drop_pa(pipes[p], flow_kg_s[p])
            total += loop_pipes[j].sign * drop
            absolute += abs(drop)
        imbalance[k] = total
        error = max(error, abs(total))
        scale = max(scale, absolute)
    return error, scale


@compiled
def _loop_slopes(pipes: Records, loops: Records, loop_pipes: Records, flow_kg_s: Floats) -> Floats:
    """Derivative of each loop's imbalance with respect to each loop's flow."""
    along = np.zeros((loops.size, flow_kg_s.size))
    used = np.zeros(flow_kg_s.size, np.bool_)
    for k in range(loops.size):
        for j in range(loops[k].first, loops[k].end):
            along[k, loop_pipes[j].pipe] = loop_pipes[j].sign
            used[loop_pipes[j].pipe] = True
    slopes = np.zeros((loops.size, loops.size))
    for p in range(flow_kg_s.size):
        if used[p]:
            slope = pressure_drop_slope(pipes[p], flow_kg_s[p])
            for k in range(loops.size):
                for m in range(loops.size):
                    slopes[k, m] += along[k, p] * along[m, p] * slope
    return slopes


@compiled
def _solve_positive_definite(matrix: Floats, right: Floats, x: Floats) -> None:
    """Gauss elimination without pivoting (the matrix is symmetric and positive definite); fills ``x``."""
    n = right.size
    for i in range(n):
        x[i] = right[i]
    for i in range(n):
        for j in range(i + 1, n):
            factor = matrix[j, i] / matrix[i, i]
            for k in range(i, n):
                matrix[j, k] -= factor * matrix[i, k]
            x[j] -= factor * x[i]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            x[i] -= matrix[i, k] * x[k]
        x[i] /= matrix[i, i]


@compiled
def path_drops(nodes: Records, pipes: Records, tree_order: Ints, flow_kg_s: Floats, drop_pa: Floats) -> None:
    """One-way pressure drop from each part's first source to its nodes (height not included)."""
    for k in range(tree_order.size):
        node = tree_order[k]
        p = nodes[node].parent_pipe
        if p == NONE:
            drop_pa[node] = 0.0
        else:
            drop = pressure_drop_pa(pipes[p], flow_kg_s[p])
            drop_pa[node] = drop_pa[nodes[node].parent_node] + (drop if pipes[p].to_node == node else -drop)
