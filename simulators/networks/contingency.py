"""N-1: what the network would carry if any one line or transformer were out of service.

Each outage takes its branch out of the admittance matrix, and lightsim2grid solves the rest from the voltages of the
present step. Tap changers stand still, and nothing is switched over: what the next minutes see. An outage that cuts off
a bus on which something can stand is no contingency of a meshed network but an interruption; it is left out and named.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulators.networks.branches import Branch, branches_of
from simulators.networks.equations import MAX_ENDS, GridEquations
from simulators.networks.fast import NewtonProblem, newton_solver, prepared, solved
from simulators.networks.grid_model import GridModel
from simulators.networks.power_flow import PowerFlowDiverged
from simulators.networks.reference import ReferencePowerFlow
from twin.errors import ComponentError

NOTHING_LEFT = 1e-9
"""Of an admittance: less is the rounding of a branch that was taken out."""


@dataclass(frozen=True, slots=True)
class WorstOutage:
    """The worst over all outages that are looked at."""

    loading_percent: float
    """Of any line or transformer in any outage; infinite if one has no solution."""
    vm_min_pu: float
    """0 if one has no solution."""
    vm_max_pu: float
    position: int
    """The line or transformer whose outage loads another most; lines first, from 0; -1: there is none."""


UNSOLVED = WorstOutage(math.inf, 0.0, 0.0, -1)
"""The network has no solution even with everything in service."""


@dataclass(frozen=True, slots=True)
class _Outage:
    position: int
    problem: NewtonProblem


class Contingencies:
    """All outages of a network, prepared once per combination of tap positions.

    Parameters
    ----------
    labels : of the lines, then of the transformers.
    buses : labels of the terminals.
    """

    def __init__(self, reference: ReferencePowerFlow, tolerance_mva: float, labels: Sequence[str],
                 buses: Sequence[str]) -> None:
        self._reference, self._tolerance_mva, self._newton = reference, tolerance_mva, newton_solver()
        self._labels, self._buses = labels, buses
        self._prepared: dict[tuple[int, ...], tuple[list[_Outage], dict[str, tuple[str, ...]]]] = {}

    def radial(self, taps: Sequence[int]) -> dict[str, tuple[str, ...]]:
        """Line or transformer that is left out → the buses its outage cuts off."""
        return self._outages(taps)[1]

    def worst(self, p_mw: np.ndarray, q_mvar: np.ndarray, taps: Sequence[int], v_pu: np.ndarray) -> WorstOutage:
        """Try all outages; arguments as in :class:`~simulators.networks.power_flow.PowerFlow`."""
        loading, position, lowest, highest = 0.0, -1, math.inf, 0.0
        for outage in self._outages(taps)[0]:
            try:
                found = solved(self._newton, outage.problem, p_mw, q_mvar, v_pu)
            except PowerFlowDiverged:
                return WorstOutage(math.inf, 0.0, highest, outage.position)
            lowest, highest = min(lowest, float(found.vm_pu.min())), max(highest, float(found.vm_pu.max()))
            most = max(float(found.line_loading_percent.max(initial=0.0)),
                       float(found.transformer_loading_percent.max(initial=0.0)))
            if most > loading:
                loading, position = most, outage.position
        return WorstOutage(loading, lowest, highest, position) if position >= 0 else WorstOutage(0.0, 1.0, 1.0, -1)

    def _outages(self, taps: Sequence[int]) -> tuple[list[_Outage], dict[str, tuple[str, ...]]]:
        key = tuple(taps)
        if key not in self._prepared:
            self._prepared[key] = self._prepare(key)
        return self._prepared[key]

    def _prepare(self, taps: tuple[int, ...]) -> tuple[list[_Outage], dict[str, tuple[str, ...]]]:
        equations = self._reference.equations(taps)
        outages: list[_Outage] = []
        radial: dict[str, tuple[str, ...]] = {}
        for branch in branches_of(self._reference.net):
            y_bus = (equations.y_bus.tocsr() - branch.admittance).tocsc()
            supplied = _supplied(equations.y_bus, y_bus, equations.reference)
            connected = supplied[equations.bus_of_terminal]
            if not connected.all():
                radial[self._labels[branch.row]] = tuple(
                    bus for bus, on in zip(self._buses, connected, strict=True) if not on)
                continue
            without = _without(equations, branch, y_bus, supplied)
            outages.append(_Outage(branch.row, prepared(without, self._tolerance_mva)))
        return outages, radial


def checked_contingencies(model: GridModel, tolerance_mva: float) -> Contingencies:
    """Contingencies of a network that the fast solver can do.

    Raises
    ------
    ComponentError
        If it cannot: dozens of power flows with pandapower in each step would take a second.
    """
    if model.slow_because is not None:
        raise ComponentError(f"N-1 needs the fast solver, which cannot be used for this network: {model.slow_because}; "
                             "leave out 'n_minus_1' and limits on it")
    labels = [*model.terminals["line"], *model.terminals["transformer"]]
    return Contingencies(model.reference, tolerance_mva, labels, model.terminals["bus"])


def _supplied(before: Any, after: Any, reference: np.ndarray) -> np.ndarray:
    """(n,) whether each bus of the equations is still connected to a reference bus.

    Parameters
    ----------
    before, after : admittance matrices; what is only rounding of a difference joins nothing.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    left = after.tocoo()
    joins = np.abs(left.data) > NOTHING_LEFT * np.abs(np.asarray(before[left.row, left.col]).ravel())
    graph = csr_matrix((np.ones(joins.sum()), (left.row[joins], left.col[joins])), shape=after.shape)
    _, part = connected_components(graph, directed=False)
    return np.isin(part, part[reference])


def _without(equations: GridEquations, branch: Branch, y_bus: Any, supplied: np.ndarray) -> GridEquations:
    """The equations without a branch; buses without supply keep their voltage and are in no list of the solver."""
    count = len(equations.v_pu)
    rows = [count + end * (equations.currents.shape[0] - count) // MAX_ENDS + branch.row for end in range(MAX_ENDS)]
    return dataclasses.replace(
        equations, y_bus=y_bus, currents=_without_rows(equations.currents, [*rows]),
        pv=equations.pv[supplied[equations.pv]], pq=equations.pq[supplied[equations.pq]])


def _without_rows(matrix: Any, rows: list[int]) -> Any:
    """The matrix with 0 in some rows; dense or sparse as it was."""
    if isinstance(matrix, np.ndarray):
        matrix = matrix.copy()
        matrix[rows] = 0.0
        return matrix
    from scipy.sparse import diags

    keep = np.ones(matrix.shape[0])
    keep[rows] = 0.0
    return (diags(keep) @ matrix).tocsr()
