"""What the operator's decisions make of the exchange with the public grid, as far as it can tell beforehand [MW]."""

from __future__ import annotations

import math
from collections.abc import Iterable

from controllers.rules.residual_load import load_mw, renewable_mw
from controllers.rules.site_view import Decision, SiteView


def planned_exchange_mw(residual_mw: float, view: SiteView, decisions: Iterable[Decision]) -> float:
    """Import (positive) if the residual load stays as expected and every asset does as told.

    Parameters
    ----------
    residual_mw : expected load less available renewables, without interruption, storage and generators.
    """
    told = {d.name: d for d in decisions}
    dispatched_mw = sum(d.p_set_mw for d in told.values())
    interrupted_mw = sum(_known(load_mw(load)) * told[load.name].interrupt_frac for load in view.loads)
    curtailed_mw = sum(max(_known(renewable_mw(p)) - told[p.name].p_limit_mw, 0.0) for p in view.renewables)
    return residual_mw - dispatched_mw - interrupted_mw + curtailed_mw


def _known(power_mw: float) -> float:
    """What is not measured is not counted in the residual load either."""
    return power_mw if math.isfinite(power_mw) else 0.0
