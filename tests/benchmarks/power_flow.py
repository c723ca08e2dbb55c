"""One power flow of the park's grid: ours, and ``runpp`` in a loop, on the same injections in the same process.

CPU milliseconds; the best of several rounds, because other work on the machine can only make a round slower. ``runpp``
runs as it comes (it uses numba where that is installed).
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandapower as pp

import scenarios
from simulators.networks.electrical_grid import ElectricalGrid, Inputs, Params
from simulators.networks.fast import FastPowerFlow
from simulators.networks.network_source import from_file
from twin.context import Context, Location

PARK = str(Path(scenarios.__file__).parent / "networks" / "park_10kv.yaml")
ROUNDS = 5
OUR_STEPS = 2000
PEER_STEPS = 10
STEP_S = 900
NO_CROSSCHECK = 0
AGREEMENT_PU = 1e-8
RECYCLE = {"bus_pq": True, "trafo": False, "gen": False}


def measure() -> dict[str, float]:
    """Milliseconds per call.

    ``ours_ms`` is the solver with all results, ``ours_step_ms`` the whole component step; ``runpp_*`` are the peer.
    """
    grid = _grid()
    p_mw, q_mvar = _injections(grid, OUR_STEPS)
    found = {
        "ours_ms": _best(lambda: _solve_all(grid, p_mw, q_mvar), OUR_STEPS),
        "ours_step_ms": _best(lambda: _step_all(grid, p_mw, q_mvar), OUR_STEPS),
        "numba_installed": float(find_spec("numba") is not None),
    }
    variants: dict[str, dict[str, Any]] = {
        "runpp_default_ms": {},
        "runpp_init_results_ms": {"init": "results"},
        "runpp_recycle_ms": {"init": "results", "recycle": RECYCLE},
    }
    net, loads = _peer(grid)
    for name, options in variants.items():
        found[name] = _best(partial(_runpp_all, net, loads, p_mw, q_mvar, options), PEER_STEPS, rounds=2)
        _assert_same_voltages(grid, net, p_mw[PEER_STEPS - 1], q_mvar[PEER_STEPS - 1])
    return found


def _grid() -> ElectricalGrid:
    site = Location(31.23, 121.47, 5.0, "Asia/Shanghai", "CN")
    context = Context(datetime(2025, 7, 14, 16, tzinfo=UTC), 86_400, STEP_S, 1, site)
    # a wide dead band keeps the taps, so that both solve the same network
    changes = {"transformers": {"T1": {"voltage_control": {"deadband_pu": 0.2}}}}
    return ElectricalGrid("grid", Params(file=PARK, changes=changes, crosscheck_every_steps=NO_CROSSCHECK), context)


def _injections(grid: ElectricalGrid, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Loads and plants that change in every step, shapes (steps, buses)."""
    rng = np.random.default_rng(1)
    peaks = {"OFFICE": -3.2, "HOSPITAL": -1.8, "DATA_CENTRE": -1.2, "EC": 8.0, "PV": 8.5, "WIND": 7.5}
    p_mw = np.zeros((steps, len(grid.terminals()["bus"])))
    for bus, peak in peaks.items():
        p_mw[:, grid.terminals()["bus"].index(bus)] = peak * rng.uniform(0.3, 1.0, steps)
    return p_mw, 0.3 * np.minimum(p_mw, 0.0)


def _solve_all(grid: ElectricalGrid, p_mw: np.ndarray, q_mvar: np.ndarray) -> None:
    v_pu, taps = grid.state.v_pu, [tap.position for tap in grid.state.taps]
    for p, q in zip(p_mw, q_mvar, strict=True):
        v_pu = grid._flow.solve(p, q, taps, v_pu).v_pu


def _step_all(grid: ElectricalGrid, p_mw: np.ndarray, q_mvar: np.ndarray) -> None:
    for k, (p, q) in enumerate(zip(p_mw, q_mvar, strict=True)):
        outputs = grid.step(k * STEP_S, STEP_S, Inputs(p, q))
        assert outputs.converged_code == 1


def _peer(grid: ElectricalGrid) -> tuple[Any, list[int]]:
    net = from_file(PARK, {}).net
    loads = [int(pp.create_load(net, bus, 0.0, 0.0)) for bus in net.bus.index]
    return net, loads


def _runpp_all(net: Any, loads: list[int], p_mw: np.ndarray, q_mvar: np.ndarray, options: dict[str, Any]) -> None:
    for k in range(PEER_STEPS):
        net.load.loc[loads, "p_mw"] = -p_mw[k]
        net.load.loc[loads, "q_mvar"] = -q_mvar[k]
        pp.runpp(net, numba=find_spec("numba") is not None, **options)


def _assert_same_voltages(grid: ElectricalGrid, net: Any, p_mw: np.ndarray, q_mvar: np.ndarray) -> None:
    """Speed counts only for the right answer."""
    taps = [tap.position for tap in grid.state.taps]
    ours = grid._flow.solve(p_mw, q_mvar, taps, grid.state.v_pu).vm_pu
    assert isinstance(grid._flow, FastPowerFlow)
    assert np.abs(ours - net.res_bus.vm_pu.to_numpy()).max() < AGREEMENT_PU


def _best(work: Callable[[], None], calls: int, rounds: int = ROUNDS) -> float:
    """Milliseconds of CPU per call in the quickest round, after one round to warm up."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        work()
        times = []
        for _ in range(rounds):
            started = time.process_time()
            work()
            times.append(time.process_time() - started)
    return min(times) / calls * 1e3


if __name__ == "__main__":
    for key, value in measure().items():
        print(f"{key:24s} {value:.4f}")
