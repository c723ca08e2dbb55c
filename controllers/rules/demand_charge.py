"""Demand charge: the month's billed peak, how far storage may charge without lifting it, and what a MW above it costs.

The peak that counts is the import the site had *without* its own charging: with the charging in it, every forecast
error would lift the ceiling and the next charge would fill it. An import counts once two measurements in a row, which
bound a metering interval, have shown it: a moment's import is not billed. Charging stays below that peak by a margin
for the drift between a measurement and the interval it decides: the largest drift seen so far, one cloud sets a month's
bill, but no more than the loss of all renewables of the moment and an unsteady load could cause. MW, money.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from controllers.rules.residual_load import renewable_mw
from controllers.rules.site_view import SiteView

DAY_S = 86_400
LOAD_DRIFT_FRAC = 0.1
"""Rise of a site's load from one interval to the next that is not expected from yesterday: three deviations of 3 %."""


def import_without_charging_mw(view: SiteView) -> float:
    """Import less what the storages charge; what they discharge stays counted, so a shaved peak stays shaved."""
    return view.exchange_mw + sum(min(s.p_mw, 0.0) for s in view.storages)


def counted_peak_mw(peak_mw: float, import_mw: float, import_before_mw: float) -> float:
    """The month's peak after one more measurement; measurements that are missing (NaN) do not count."""
    both_known = math.isfinite(import_mw) and math.isfinite(import_before_mw)
    return max(peak_mw, min(import_mw, import_before_mw)) if both_known else peak_mw


def largest_drift_mw(largest_mw: float, residual_mw: float, assumed_mw: float) -> float:
    """Largest excess of a residual load over what was assumed for it (NaN: nothing was)."""
    return max(largest_mw, residual_mw - assumed_mw) if math.isfinite(assumed_mw) else largest_mw


def drift_margin_mw(largest_mw: float, residual_mw: float, view: SiteView) -> float:
    """Drift to allow for in the interval to be decided."""
    renewables_mw = sum(renewable_mw(p) for p in view.renewables)
    possible_mw = renewables_mw + LOAD_DRIFT_FRAC * max(residual_mw + renewables_mw, 0.0)
    return min(largest_mw, possible_mw) if math.isfinite(possible_mw) else largest_mw


def worth_per_mw(charge_per_mw_month: float, seen_s: float, left_s: float) -> float:
    """Demand charge that a MW above the counted peak is expected to cost in the end.

    A later day may exceed it anyway. Of D exchangeable days the highest of the first d is the highest of all with the
    probability d/D: a new peak on the first of a month hardly costs anything, on the last it costs the charge.
    """
    seen_s = max(seen_s, DAY_S)
    return charge_per_mw_month * seen_s / (seen_s + left_s)


def seconds_left_of_month(now: datetime) -> float:
    """Until the billing period ends, a calendar month of local time."""
    next_month = (now.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=32)).replace(day=1)
    return (next_month - now).total_seconds()
