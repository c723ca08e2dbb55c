"""What a weather-driven plant delivers after its rating and the operator's limit, in MW."""

from __future__ import annotations

from typing import NamedTuple

from twin.component import Limit


class Delivery(NamedTuple):
    """Delivered and available power, and why less than asked for was delivered."""

    p_mw: float
    available_mw: float
    limit: Limit


def curtail(unlimited_mw: float, rated_mw: float, p_limit_mw: float) -> Delivery:
    """Apply the rating, then the limit; a negative limit means 0, no number (NaN) means no limit.

    The operator asks for ``p_limit_mw``, or for all there is (infinity). Falling short of it is put down to ``POWER``
    where the rating cuts, else to ``RESOURCE``; against an infinite limit only the rating counts.
    """
    available = min(unlimited_mw, rated_mw)
    if p_limit_mw <= available:
        return Delivery(max(p_limit_mw, 0.0), available, Limit.NONE)
    if unlimited_mw > rated_mw:
        return Delivery(available, available, Limit.POWER)
    asked_for_more = p_limit_mw != float("inf") and p_limit_mw == p_limit_mw
    return Delivery(available, available, Limit.RESOURCE if asked_for_more else Limit.NONE)
