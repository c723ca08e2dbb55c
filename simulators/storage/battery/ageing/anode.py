"""Potential of the graphite anode against lithium [V] over the state of charge of the cell.

Fit of M. Safari, C. Delacourt, J. Electrochem. Soc. 158 (2011) A562; range of stoichiometry of M. Schimpe et al.,
J. Electrochem. Soc. 165 (2018) A181. Used by the BLAST-Lite laws as a stress of storage. Works on floats, arrays and
symbols.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simulators.jit import compiled

STOICHIOMETRY_EMPTY = 8.5e-3
STOICHIOMETRY_FULL = 0.78
"""Lithium in the graphite at 0 and at 100 % state of charge."""


def anode_potential_v(soc: Any) -> Any:
    """Open-circuit potential of the anode; falls with the state of charge."""
    x = STOICHIOMETRY_EMPTY + soc * (STOICHIOMETRY_FULL - STOICHIOMETRY_EMPTY)
    return (0.6379 + 0.5416 * np.exp(-305.5309 * x)
            - 0.044 * np.tanh((x - 0.1958) / 0.1088)
            - 0.1978 * np.tanh((x - 1.0571) / 0.0854)
            - 0.6875 * np.tanh((x + 0.0117) / 0.0529)
            - 0.0175 * np.tanh((x - 0.5692) / 0.0875))


anode = compiled(anode_potential_v)
"""The same, compiled for floats."""
