"""What every power-flow solver of a grid promises, and what can be said where there is no solution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from simulators.networks.equations import Solution

BISECTIONS = 10
"""The solvable fraction is found to 0.1 %."""


class PowerFlowDiverged(Exception):
    """No solution was found: an outcome of a step, not a mistake of the user."""


class PowerFlow(Protocol):
    """Solves one step. A result depends on the arguments alone, to the last bit."""

    def solve(self, p_mw: np.ndarray, q_mvar: np.ndarray, taps: Sequence[int], v_pu: np.ndarray) -> Solution:
        """Solve one power flow.

        Parameters
        ----------
        p_mw, q_mvar : (b,) injections at the terminals; into the network is positive.
        taps : position of each controlled tap changer.
        v_pu : (n,) complex voltages to start from.

        Raises
        ------
        PowerFlowDiverged
            If there is no solution.
        """


def last_solvable(flow: PowerFlow, p_mw: np.ndarray, q_mvar: np.ndarray, taps: Sequence[int],
                  v_pu: np.ndarray) -> tuple[float, Solution | None]:
    """How far the injections can be scaled up before the power flow is lost, and the solution there.

    At the limit the weakest bus has the lowest voltage, which the last iterate of a failed solver does not tell.
    """
    solvable, impossible, best = 0.0, 1.0, None
    for _ in range(BISECTIONS):
        middle = (solvable + impossible) / 2.0
        try:
            best = flow.solve(middle * p_mw, middle * q_mvar, taps, v_pu)
            solvable = middle
        except PowerFlowDiverged:
            impossible = middle
    return solvable, best
