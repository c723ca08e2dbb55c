"""The battery with its ageing over many steps in one call, for studies: the same compiled step as in the component.

MW, discharging positive. Without instruments, events and additions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from simulators.records import record_array
from simulators.storage.battery.aged_step import AGED_FIELDS, aged_run_into
from simulators.storage.battery.ageing.usage import Floats
from simulators.storage.battery.feedback import AgeingFeedback, BatteryHealth, arrays_of
from simulators.storage.battery.lfp_params import Params

_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class BatteryRun:
    """What happened."""

    results: Floats
    """(n, 15) by ``AGED_FIELDS``: means over a step, states at its end."""
    health: BatteryHealth
    """At the end."""

    def column(self, name: str) -> Floats:
        """One of ``AGED_FIELDS``, shape (n,)."""
        return self.results[:, AGED_FIELDS.index(name)]


def run_battery(params: Params, request_mw: Floats, outside_degc: float | Floats, dt_s: float) -> BatteryRun:
    """Run a battery from its start.

    Parameters
    ----------
    params : with at least one law of ageing.
    request_mw : (n,) at the converter's AC terminals; what is no number counts as 0.
    outside_degc : one for all steps, or (n,).

    Raises
    ------
    ValueError
        If there is no law, or additions, which need a date.
    """
    if not params.ageing.laws or params.ageing.additions:
        raise ValueError("a battery is run at once with at least one law of ageing and without additions")
    feedback = AgeingFeedback(params.ageing, params.energy_mwh, _NO_DATE)
    health = feedback.fresh(params.initial_soc, params.initial_capacity_frac, params.initial_resistance_factor)
    requests = np.ascontiguousarray(request_mw, float)
    outside = np.ascontiguousarray(np.broadcast_to(outside_degc, requests.shape), float)
    results = np.empty((requests.size, len(AGED_FIELDS)))
    aged_run_into(
        record_array(params.constants()), *feedback.constants(), *arrays_of(health.ageing), health.stock,
        params.initial_soc, params.initial_degc, requests, outside, float(dt_s), results,
    )  # fmt: skip
    return BatteryRun(results, health)
