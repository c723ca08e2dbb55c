"""Power flow in tens of microseconds: lightsim2grid's Newton-Raphson on pandapower's equations.

The solver is reset before each call. Reusing its factorisation would save a few microseconds, but nothing promises that
the last bits are then independent of what was solved before, and a restored run must equal an unbroken one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulators.networks.equations import GridEquations, Solution
from simulators.networks.power_flow import PowerFlowDiverged
from simulators.networks.reference import ReferencePowerFlow

MAX_ITERATIONS = 20
ROUNDING = 8.0 * float(np.finfo(float).eps)
"""A mismatch below this fraction of the largest admittance is rounding, not error: no tolerance may ask for less."""


@dataclass(frozen=True, slots=True)
class NewtonProblem:
    """What the Newton solver needs, prepared once per topology and combination of tap positions."""

    equations: GridEquations
    tolerance_pu: float
    slack: np.ndarray
    """One reference bus; the voltages of further ones stay because no list of the solver names them."""
    weights: np.ndarray
    vm_held_pu: np.ndarray
    """Voltage magnitudes at the ``pv`` buses."""


class FastPowerFlow:
    """Solves on the equations of a reference power flow, one set per combination of tap positions.

    Parameters
    ----------
    reference : gives the equations.
    tolerance_mva : largest mismatch at a bus that counts as solved [MVA].
    """

    def __init__(self, reference: ReferencePowerFlow, tolerance_mva: float) -> None:
        self._newton = newton_solver()
        self._reference = reference
        self._tolerance_mva = tolerance_mva
        self._problems: dict[tuple[int, ...], NewtonProblem] = {}

    def equations(self, taps: Sequence[int]) -> GridEquations:
        """The equations at these tap positions."""
        return self._problem(taps).equations

    def _problem(self, taps: Sequence[int]) -> NewtonProblem:
        key = tuple(taps)
        known = self._problems.get(key)
        if known is None:
            known = self._problems[key] = prepared(self._reference.equations(key), self._tolerance_mva)
        return known

    def solve(self, p_mw: np.ndarray, q_mvar: np.ndarray, taps: Sequence[int], v_pu: np.ndarray) -> Solution:
        """Power flow; arguments and errors as in :class:`~simulators.networks.power_flow.PowerFlow`."""
        return solved(self._newton, self._problem(taps), p_mw, q_mvar, v_pu)


def newton_solver() -> Any:
    """lightsim2grid's Newton-Raphson for one reference bus."""
    from lightsim2grid import algorithm

    return getattr(algorithm, "NRSing_KLU", algorithm.NRSing_SparseLU)()


def solved(newton: Any, problem: NewtonProblem, p_mw: np.ndarray, q_mvar: np.ndarray, v_pu: np.ndarray) -> Solution:
    """Power flow of a prepared problem, from ``v_pu`` or else from the voltages without injections.

    Raises
    ------
    PowerFlowDiverged
        If there is no solution.
    """
    equations = problem.equations
    bus, n, pv = equations.bus_of_terminal, len(v_pu), equations.pv
    injection_pu = np.bincount(bus, p_mw, n) + 1j * np.bincount(bus, q_mvar, n)
    injection_pu /= equations.sn_mva
    injection_pu += equations.base_pu
    for start in (v_pu, equations.v_pu):
        if len(pv):  # each iteration rounds the magnitude it should hold; do not let that add up
            start = start.copy()
            start[pv] *= problem.vm_held_pu / np.abs(start[pv])
        newton.reset()
        if newton.compute_pf(equations.y_bus, start, injection_pu, problem.slack, problem.weights, pv,
                             equations.pq, MAX_ITERATIONS, problem.tolerance_pu):
            return equations.solution(np.array(newton.get_V()), injection_pu)
    raise PowerFlowDiverged


def prepared(equations: GridEquations, tolerance_mva: float) -> NewtonProblem:
    finest = ROUNDING * float(np.abs(equations.y_bus.diagonal()).max())
    slack, weights = equations.reference[:1], np.zeros(len(equations.v_pu))
    weights[slack] = 1.0
    return NewtonProblem(equations, max(tolerance_mva / equations.sn_mva, finest), slack, weights,
                    np.abs(equations.v_pu[equations.pv]))
