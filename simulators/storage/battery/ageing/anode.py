"""Potential of the graphite anode against lithium [V] over the state of charge of the cell.

The curve and its stoichiometry are those of the cell model (``open_circuit``). Used by the BLAST-Lite laws as a stress
of storage. Works on floats, arrays and symbols.
"""

from __future__ import annotations

from typing import Any

from simulators.jit import compiled
from simulators.storage.battery.open_circuit import GRAPHITE_EMPTY, GRAPHITE_FULL, graphite_v

_graphite_v = compiled(graphite_v)


def anode_potential_v(soc: Any) -> Any:
    """Open-circuit potential of the anode; falls with the state of charge."""
    return graphite_v(GRAPHITE_EMPTY + soc * (GRAPHITE_FULL - GRAPHITE_EMPTY))


@compiled
def anode(soc: float) -> float:
    """The same, compiled for floats."""
    return _graphite_v(GRAPHITE_EMPTY + soc * (GRAPHITE_FULL - GRAPHITE_EMPTY))
