"""Set-points as they arrive: refused where they are no number, cut to the power a unit has.

Powers in MW; into the network is positive.
"""

from __future__ import annotations

import math

from twin.component import Component

SETPOINT_TOLERANCE_MW = 1e-6
"""One watt: below it a set-point is a rounding error of a controller and means off."""


def finite_request_mw(component: Component, t_s: int, p_set_mw: float, already_invalid: bool) -> tuple[float, bool]:
    """The power asked for; a set-point that is NaN or infinite counts as 0 and is reported once per streak.

    Parameters
    ----------
    already_invalid : whether the previous set-point was refused too.

    Returns
    -------
    Request [MW] and whether the set-point was refused.
    """
    if math.isfinite(p_set_mw):
        return p_set_mw, False
    if not already_invalid:
        component.emit(
            t_s,
            "invalid_setpoint",
            f"{component.name}: p_set_mw is {p_set_mw}; held at 0 MW until a finite set-point arrives",
            "warning",
        )
    return 0.0, True
