"""Chooses the solver of a network: the fast one where it agrees with pandapower, else pandapower itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulators.networks.equations import Solution
from simulators.networks.fast import FastPowerFlow
from simulators.networks.power_flow import PowerFlow, PowerFlowDiverged
from simulators.networks.reference import ReferencePowerFlow

AGREEMENT_PU = 1e-8
"""Voltages of the two solvers must agree this well; healthy networks agree to 1e-11."""
AGREEMENT_PERCENT = 1e-4
"""Loadings, which magnify differences of voltage by the admittances."""
AGREEMENT_MW = 1e-5
PROBE_DEPTH_PU = 0.05
"""The two are compared under a load that moves no voltage by more than this."""
PROBE_MW = 16.0
"""First guess of the probing load at a bus; halved until the network can carry it."""
PROBE_HALVINGS = 30
PROBE_REACTIVE_FRAC = 0.3


def verified_power_flow(reference: ReferencePowerFlow, taps: Sequence[int],
                        tolerance_mva: float) -> tuple[PowerFlow, str | None]:
    """The fast solver, or the reference and the reason why the fast one cannot be used."""
    try:
        fast = FastPowerFlow(reference, tolerance_mva)
        reason = _disagreement(fast, reference, taps)
    except Exception as error:  # whatever a compiled library or pandapower's inside may raise, runpp still works
        reason = f"{type(error).__name__}: {error}"
    return (fast, None) if reason is None else (reference, reason)


def _disagreement(fast: FastPowerFlow, reference: ReferencePowerFlow, taps: Sequence[int]) -> str | None:
    equations = fast.equations(taps)
    nothing = np.zeros(len(reference.terminals))
    at_rest = fast.solve(nothing, nothing, taps, equations.v_pu)
    pattern = 1.0 + np.arange(len(nothing)) % 3
    for halving in range(PROBE_HALVINGS):
        p_mw = -PROBE_MW / 2**halving * pattern
        q_mvar = PROBE_REACTIVE_FRAC * p_mw
        try:
            under_load = fast.solve(p_mw, q_mvar, taps, equations.v_pu)
            if np.abs(under_load.vm_pu - at_rest.vm_pu).max() > PROBE_DEPTH_PU:
                continue
            expected = reference.solve(p_mw, q_mvar, taps, equations.v_pu)
        except PowerFlowDiverged:
            continue
        return difference(at_rest, reference.solve(nothing, nothing, taps, equations.v_pu)) or difference(
            under_load, expected)
    return "no load was found that both solvers can carry"


def difference(found: Solution, expected: Solution) -> str | None:
    """Where two solutions differ by more than solvers may."""
    pairs = (
        ("voltages", "p.u.", AGREEMENT_PU, found.vm_pu, expected.vm_pu),
        ("line loadings", "%", AGREEMENT_PERCENT, found.line_loading_percent, expected.line_loading_percent),
        ("transformer loadings", "%", AGREEMENT_PERCENT, found.transformer_loading_percent,
         expected.transformer_loading_percent),
        ("exchanges", "MW", AGREEMENT_MW, np.array([found.exchange_mw]), np.array([expected.exchange_mw])),
        ("losses", "MW", AGREEMENT_MW, np.array([found.loss_mw]), np.array([expected.loss_mw])),
        ("own injections", "MW", AGREEMENT_MW, np.array([found.base_mw]), np.array([expected.base_mw])),
    )
    for what, unit, allowed, one, other in pairs:
        apart = float(np.abs(one - other).max(initial=0.0))
        if not apart <= allowed:
            return f"{what} differ from runpp by {apart:.2g} {unit} (allowed {allowed:g})"
    return None
