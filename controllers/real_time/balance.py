"""The balancing law: an integrator of the measured deviation, limited to what the storages can do.

The deviation e (import above plan, MW) is measured one step late; the correction u (discharge above set-points) acts
from the next step on, so that e_k = d_k - u_k for a disturbance d and

    u_k = clip(u_{k-1} + g e_{k-1}),

which without limits is u_k = (1 - g) u_{k-1} + g d_{k-1}: the pole 1 - g. With m further steps of delay the
characteristic equation is z^{m+1} - z^m + g = 0, stable for 0 < g < 2 cos(m π / (2m + 1)) (Levin and May 1976, "A note
on difference-delay equations", Theor. Popul. Biol. 9, 178): 2, 1 and 0.62 for m = 0, 1, 2. The default of 0.8 covers
80 % of a step after one second and 96 % after two, and stays stable where something is another second late.

The clip is the anti-windup: what the storages could not do is not remembered. Inside the dead band g is small: noise
moves nothing, while a rest that lasts, which would empty a storage or the plan within hours, is gone within minutes.
"""

from __future__ import annotations

import math

DEADBAND_GAIN_FRAC = 0.02
"""Gain inside the dead band: a rest is halved in 35 steps."""


def corrected_mw(
    before_mw: float, deviation_mw: float, *, gain_frac: float, deadband_mw: float, low_mw: float, high_mw: float
) -> tuple[float, float]:
    """Correction for the next step, and what of it is out of reach.

    Parameters
    ----------
    before_mw : correction of the step in which the deviation was measured.
    deviation_mw : measured less planned exchange; NaN: nothing is known yet, the correction stays.
    low_mw, high_mw : what all storages together can do.
    """
    wanted_mw = before_mw
    if math.isfinite(deviation_mw):
        gain = gain_frac if abs(deviation_mw) > deadband_mw else min(DEADBAND_GAIN_FRAC, gain_frac)
        wanted_mw += gain * deviation_mw
    given_mw = min(max(wanted_mw, low_mw), high_mw)
    return given_mw, wanted_mw - given_mw
