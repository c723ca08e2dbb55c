"""Power flow by ``pandapower.runpp``: slow, and right for whatever pandapower can model.

It gives the fast solver its equations, checks it, and takes its place where it cannot follow. Every call starts from
the same voltages (those without injections), so that a result never depends on what was solved before.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from simulators.networks.equations import (
    GridEquations,
    Solution,
    exchange_mva,
    live_buses,
    read_equations,
    voltages_and_loss,
)
from simulators.networks.pandapower_checks import own_load
from simulators.networks.power_flow import PowerFlowDiverged
from twin.errors import ComponentError

if TYPE_CHECKING:
    from pandapower.auxiliary import pandapowerNet

STARTS: tuple[str, ...] = ("dc", "auto", "flat")
"""Starting points to try where no earlier solution is at hand; ``flat`` fails across phase-shifting transformers."""
MAX_ITERATIONS = 30


class ReferencePowerFlow:
    """A pandapower network with one extra injection per terminal.

    Parameters
    ----------
    net : the network; this object keeps it and changes it.
    tap_rows : row numbers (from 0) in ``net.trafo`` of each controlled tap changer.
    """

    def __init__(self, net: pandapowerNet, tap_rows: Sequence[Sequence[int]] = ()) -> None:
        import pandapower as pp

        self.net = net
        self._tap_rows = [net.trafo.index[list(rows)] for rows in tap_rows]
        self._start: dict[str, Any] = {}
        if not self._run(STARTS):
            raise ComponentError(f"the network has no power flow solution even without the site's injections; "
                                 f"{own_load(net)}: check loads, impedances and external grid")
        if "baseMVA" not in net._ppc["internal"]:
            raise ComponentError("only the bus of the external grid is supplied: no line or transformer in service "
                                 "leaves it; put one in service, or use type: single_bus")
        self.terminals = live_buses(net)
        """(b,) indices of ``net.bus``; buses without voltage have no terminal."""
        if not len(self.terminals):
            raise ComponentError("no bus of the network is connected to an external grid or slack generator")
        self.loads = [pp.create_load(net, bus, 0.0, 0.0, name=f"injection at {bus}") for bus in self.terminals]
        self._start = {name: net[name].copy() for name in net if str(name).startswith("res_")}
        self._no_injection = np.zeros(len(self.terminals))

    def equations(self, taps: Sequence[int]) -> GridEquations:
        """The equations at these tap positions."""
        self._set(self._no_injection, self._no_injection, taps)
        if not self._run(("results", *STARTS)):
            raise PowerFlowDiverged
        return read_equations(self.net, self.terminals)

    def solve(self, p_mw: np.ndarray, q_mvar: np.ndarray, taps: Sequence[int], v_pu: np.ndarray) -> Solution:
        """Power flow; arguments and errors as in :class:`~simulators.networks.power_flow.PowerFlow`.

        ``v_pu`` is ignored: every solution starts from the same voltages.
        """
        self._set(p_mw, q_mvar, taps)
        if not self._run(("results", *STARTS)):
            raise PowerFlowDiverged
        net = self.net
        v_pu, loss_mw = voltages_and_loss(net)
        exchange = exchange_mva(net)
        three_windings = net.res_trafo3w.loading_percent.to_numpy() if len(net.trafo3w) else np.zeros(0)
        transformers = np.concatenate([net.res_trafo.loading_percent.to_numpy(), three_windings])
        return Solution(
            v_pu=v_pu,
            vm_pu=net.res_bus.vm_pu.loc[self.terminals].to_numpy(dtype=float, copy=True),
            line_loading_percent=np.nan_to_num(net.res_line.loading_percent.to_numpy(dtype=float)),
            transformer_loading_percent=np.nan_to_num(transformers.astype(float)),
            exchange_mw=exchange.real,
            exchange_mvar=exchange.imag,
            loss_mw=loss_mw,
            base_mw=loss_mw - exchange.real - float(p_mw.sum()),
        )

    def _set(self, p_mw: np.ndarray, q_mvar: np.ndarray, taps: Sequence[int]) -> None:
        """A load is a negative injection: the only place where signs turn."""
        self.net.load.loc[self.loads, "p_mw"] = -p_mw
        self.net.load.loc[self.loads, "q_mvar"] = -q_mvar
        for rows, position in zip(self._tap_rows, taps, strict=True):
            self.net.trafo.loc[rows, "tap_pos"] = position

    def _run(self, starts: Sequence[str]) -> bool:
        import pandapower as pp

        for start in starts:
            if start == "results":
                self.net.update({name: table.copy() for name, table in self._start.items()})
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    pp.runpp(self.net, init=start, max_iteration=MAX_ITERATIONS, numba=False, lightsim2grid=False)
            except pp.LoadflowNotConverged:
                continue
            return True
        return False
