"""The power-flow equations of a pandapower network as plain arrays: the one place that looks inside pandapower.

Solving with pandapower's own admittance matrices, instead of a second conversion of its tables, makes everything that
pandapower models available to the fast solver: three-winding transformers, switches, parallel rows, impedances, wards,
tap-dependent impedances. Measured against ``runpp`` the voltages agree to 1e-11 p.u.

Units: per unit on ``sn_mva`` and the buses' nominal voltages; loadings in percent. Buses are those of the equations;
buses joined by closed switches are one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pandapower.auxiliary import pandapowerNet

SQRT3 = 3.0**0.5
MAX_ENDS = 3
"""A line has two ends, a three-winding transformer three windings."""
DENSE_BELOW_ENTRIES = 20_000
"""Below this size a dense product is faster than a sparse one."""


@dataclass(slots=True)
class Solution:
    """Result of one power flow. Exchange: import from the public grid is positive.

    Injections + ``base_mw`` + ``exchange_mw`` - ``loss_mw`` = 0 up to the solver's tolerance.
    """

    v_pu: np.ndarray
    """(n,) complex, buses of the equations."""
    vm_pu: np.ndarray
    """(b,) terminals."""
    line_loading_percent: np.ndarray
    transformer_loading_percent: np.ndarray
    """Two-winding transformers first."""
    exchange_mw: float
    exchange_mvar: float
    loss_mw: float
    """What lines, transformers and constant impedances consume."""
    base_mw: float
    """Injection of the network's own loads and generators; consumption is negative."""


@dataclass(frozen=True, slots=True)
class GridEquations:
    """One topology with one set of tap positions; n buses, b terminals, k lines and transformers."""

    sn_mva: float
    y_bus: Any
    """(n, n) complex, CSC."""
    currents: Any
    """(n + 3k, n) complex: currents into the buses [p.u.], then currents at the first, second and third end of every
    line and transformer in percent of what it may carry."""
    line_count: int
    bus_of_terminal: np.ndarray
    """(b,) index of the bus of each terminal."""
    base_pu: np.ndarray
    """(n,) complex injections that belong to the network itself; 0 at reference buses."""
    base_at_reference_pu: complex
    """What the network's own loads and generators inject at the reference buses."""
    base_mw: float
    reference: np.ndarray
    pv: np.ndarray
    pq: np.ndarray
    """Bus numbers, int32."""
    v_pu: np.ndarray
    """(n,) complex voltages without injections at the terminals: a good start."""

    def solution(self, v_pu: np.ndarray, injection_pu: np.ndarray) -> Solution:
        """Powers and loadings that belong to voltages; ``injection_pu`` (n,) includes ``base_pu``."""
        n, sn_mva = len(v_pu), self.sn_mva
        current = self.currents @ v_pu
        into_bus = v_pu * current[:n].conjugate()
        loading = np.abs(current[n:]).reshape(MAX_ENDS, -1).max(axis=0)
        exchange = -self.base_at_reference_pu
        for bus in self.reference.tolist():
            exchange += complex(into_bus[bus]) - complex(injection_pu[bus])
        return Solution(
            v_pu=v_pu,
            vm_pu=np.abs(v_pu)[self.bus_of_terminal],
            line_loading_percent=loading[: self.line_count],
            transformer_loading_percent=loading[self.line_count:],
            exchange_mw=exchange.real * sn_mva,
            exchange_mvar=exchange.imag * sn_mva,
            loss_mw=float(into_bus.real.sum()) * sn_mva,
            base_mw=self.base_mw,
        )


def read_equations(net: pandapowerNet, terminals: np.ndarray) -> GridEquations:
    """The equations of a network that ``runpp`` has just solved.

    Parameters
    ----------
    net : solved network, with zero injection at the terminals.
    terminals : (b,) indices of ``net.bus``.
    """
    inside, lookups = net._ppc["internal"], net._pd2ppc_lookups
    y_bus, sn_mva = inside["Ybus"], float(inside["baseMVA"])
    reference, pv, pq = (np.asarray(inside[kind], dtype=np.int32).ravel() for kind in ("ref", "pv", "pq"))
    v_pu = np.asarray(inside["V"], dtype=complex).copy()
    base_pu = np.asarray(inside["Sbus"], dtype=complex).copy()
    base_pu[reference] = 0.0
    into_reference = (v_pu * np.conjugate(y_bus @ v_pu))[reference].sum()
    base_at_reference_pu = complex(into_reference - exchange_mva(net) / sn_mva)
    return GridEquations(
        sn_mva=sn_mva,
        y_bus=y_bus.tocsc(),
        currents=_product_matrix([y_bus, *_loading_matrices(net, inside, lookups)]),
        line_count=len(net.line),
        bus_of_terminal=np.asarray(lookups["bus"])[terminals],
        base_pu=base_pu,
        base_at_reference_pu=base_at_reference_pu,
        base_mw=(float(base_pu.real.sum()) + base_at_reference_pu.real) * sn_mva,
        reference=reference, pv=pv, pq=pq,
        v_pu=v_pu,
    )


def exchange_mva(net: pandapowerNet) -> complex:
    """Power taken from all external grids and slack generators of a solved network."""
    power = complex(net.res_ext_grid.p_mw.sum(), net.res_ext_grid.q_mvar.sum())
    if len(net.gen):
        slack = net.res_gen[net.gen.slack.to_numpy(dtype=bool)]
        power += complex(slack.p_mw.sum(), slack.q_mvar.sum())
    return power


def voltages_and_loss(net: pandapowerNet) -> tuple[np.ndarray, float]:
    """Complex voltages at the buses of the equations [p.u.] and what all impedances consume [MW], solved network."""
    inside = net._ppc["internal"]
    v_pu = np.asarray(inside["V"], dtype=complex).copy()
    into_bus = v_pu * np.conjugate(inside["Ybus"] @ v_pu)
    return v_pu, float(into_bus.real.sum()) * float(inside["baseMVA"])


def live_buses(net: pandapowerNet) -> np.ndarray:
    """Indices of the buses of a solved network that have a voltage."""
    return net.bus.index.to_numpy()[np.isfinite(net.res_bus.vm_pu.to_numpy())]


def _product_matrix(blocks: list[Any]) -> Any:
    from scipy.sparse import vstack

    stacked = vstack(blocks, format="csr")
    return stacked.toarray() if stacked.shape[0] * stacked.shape[1] < DENSE_BELOW_ENTRIES else stacked


def _loading_matrices(net: pandapowerNet, inside: Any, lookups: Any) -> list[Any]:
    """For the first, second and third ends: rows of lines, two- and three-winding transformers, from V to percent.

    Transformers by current against the rated current of each winding, as pandapower's ``trafo_loading="current"``.
    """
    ends: list[list[Any]] = [[], [], []]
    if len(net.line):
        limit_ka = (net.line.max_i_ka * net.line.df * net.line.parallel).to_numpy(dtype=float)
        rows = slice(*lookups["branch"]["line"])
        ends[0].append(_percent_rows(inside, rows, "from", limit_ka))
        ends[1].append(_percent_rows(inside, rows, "to", limit_ka))
        ends[2].append(0.0 * ends[1][-1])
    if len(net.trafo):
        table, rows = net.trafo, slice(*lookups["branch"]["trafo"])
        rated_mva = table.sn_mva * table.parallel * table.df
        ends[0].append(_percent_rows(inside, rows, "from", _rated_ka(rated_mva, table.vn_hv_kv)))
        ends[1].append(_percent_rows(inside, rows, "to", _rated_ka(rated_mva, table.vn_lv_kv)))
        ends[2].append(0.0 * ends[1][-1])
    if len(net.trafo3w):
        # a star of three branches: from the high-voltage bus to the star point, from there to the other two
        table, count, first = net.trafo3w, len(net.trafo3w), lookups["branch"]["trafo3w"][0]
        for winding, (side, end) in enumerate((("hv", "from"), ("mv", "to"), ("lv", "to"))):
            rows = slice(first + winding * count, first + (winding + 1) * count)
            limit_ka = _rated_ka(table[f"sn_{side}_mva"], table[f"vn_{side}_kv"])
            ends[winding].append(_percent_rows(inside, rows, end, limit_ka))
    return [block for blocks in ends for block in blocks]


def _rated_ka(rated_mva: Any, rated_kv: Any) -> np.ndarray:
    return (rated_mva / (SQRT3 * rated_kv)).to_numpy(dtype=float)


def _percent_rows(inside: Any, branches: slice, end: str, limit_ka: np.ndarray) -> Any:
    """(branches, n) matrix from voltages to currents in percent of a limit; 0 out of service or without a limit."""
    from pandapower.pypower.idx_brch import F_BUS, T_BUS
    from pandapower.pypower.idx_bus import BASE_KV
    from scipy.sparse import diags

    matrix, bus_column = (inside["Yf"], F_BUS) if end == "from" else (inside["Yt"], T_BUS)
    in_service = np.asarray(inside["branch_is"], dtype=bool)
    row = np.where(in_service, np.cumsum(in_service) - 1, -1)[branches]
    counts = (row >= 0) & np.isfinite(limit_ka) & (limit_ka > 0)
    row = np.maximum(row, 0)
    bus = inside["branch"][row, bus_column].real.astype(int)
    ka_per_pu = inside["baseMVA"] / (SQRT3 * inside["bus"][bus, BASE_KV].real)
    return diags(np.where(counts, 100.0 * ka_per_pu / np.where(counts, limit_ka, 1.0), 0.0)) @ matrix.tocsr()[row]
