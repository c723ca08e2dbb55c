"""The branches of a pandapower network that can fail, as what they add to the equations: for outages one by one.

Like :mod:`simulators.networks.equations` this looks inside pandapower, at the matrices of the last solved power flow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pandapower.auxiliary import pandapowerNet

WINDINGS = 3
"""A three-winding transformer is a star of as many branches."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One line or transformer in service."""

    row: int
    """Among the lines and transformers of the loadings, lines first."""
    admittance: Any
    """(n, n) sparse: its part of the admittance matrix."""


def branches_of(net: pandapowerNet) -> list[Branch]:
    """All lines and transformers in service of a network that ``runpp`` has just solved."""
    inside, lookups = net._ppc["internal"], net._pd2ppc_lookups["branch"]
    in_service = np.asarray(inside["branch_is"], dtype=bool)
    place = np.where(in_service, np.cumsum(in_service) - 1, -1)
    groups = [[row] for kind in ("line", "trafo") if kind in lookups for row in range(*lookups[kind])]
    if "trafo3w" in lookups:
        first, count = lookups["trafo3w"][0], len(net.trafo3w)
        groups += [[first + k + winding * count for winding in range(WINDINGS)] for k in range(count)]
    return [_branch(inside, number, place[rows].tolist()) for number, rows in enumerate(groups)
            if (place[rows] >= 0).all()]


def _branch(inside: Any, number: int, rows: list[int]) -> Branch:
    from pandapower.pypower.idx_brch import F_BUS, T_BUS
    from scipy.sparse import csr_matrix

    n = inside["Ybus"].shape[0]
    ends = [(int(inside["branch"][row, F_BUS].real), int(inside["branch"][row, T_BUS].real)) for row in rows]
    total = csr_matrix((n, n), dtype=complex)
    for row, (begin, end) in zip(rows, ends, strict=True):
        for bus, currents in ((begin, inside["Yf"]), (end, inside["Yt"])):
            total = total + csr_matrix(([1.0], ([bus], [0])), shape=(n, 1)) @ currents.tocsr()[row]
    return Branch(number, total)
