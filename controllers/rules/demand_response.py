"""Demand response: interrupt what may be interrupted while it is paid for. Energy counts against the baseline."""

from __future__ import annotations

import math

from controllers.rules.params import Params
from controllers.rules.residual_load import load_mw
from controllers.rules.site_view import Decision, LoadView, PriceTable, Reason, unrestricted


def decide_loads(loads: tuple[LoadView, ...], prices: PriceTable, params: Params) -> list[Decision]:
    """One decision per load: its interruptible part while the event pays more than the interruption costs."""
    paid = float(prices.demand_response_price_per_mwh[0])
    if not paid > params.interruption_cost_per_mwh:  # also without a price
        return [unrestricted(load.name) for load in loads]
    return [_interrupt(load, paid, prices.currency) if load.nameplate.interruptible_frac > 0.0
            else unrestricted(load.name) for load in loads]


def interrupted_mw(loads: tuple[LoadView, ...], decisions: list[Decision]) -> float:
    """Power (≥ 0) by which the decisions lower the measured loads."""
    parts = (load_mw(load) * d.interrupt_frac for load, d in zip(loads, decisions, strict=True))
    return sum(p for p in parts if math.isfinite(p))


def _interrupt(load: LoadView, paid: float, currency: str) -> Decision:
    part = load.nameplate.interruptible_frac
    baseline = load_mw(load)
    of = f" of {baseline:.2f} MW" if math.isfinite(baseline) else ""
    return Decision(load.name, Reason.DEMAND_RESPONSE,
                    f"{load.name} is interrupted by {part:.0%}{of}: demand response pays {paid:.0f} {currency}/MWh",
                    interrupt_frac=part)
