"""Generator rules: run where generating undercuts what it displaces, long enough to earn the start.

An interval's worth of running is the purchase it avoids, plus the sale of what exceeds the residual load, less marginal
cost. A unit starts if the present interval and the minimum up time as a whole pay, start cost included; it stops unless
an unprofitable gap costs less than stopping and starting again. Units are loaded in merit order. One that does not pay
by its energy may still run against the demand charge (:mod:`controllers.rules.peak_engines`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from controllers.marginal_cost import amortised_start_cost_per_mwh
from controllers.rules.peak_engines import peak_run
from controllers.rules.peak_shaving import Shaving
from controllers.rules.site_view import (
    TIME_TOLERANCE_H,
    Decision,
    GeneratorView,
    PriceTable,
    Reason,
    SiteView,
)
from controllers.rules.supply_stack import PricedUnit
from twin.nameplate import GeneratorNameplate

WORTH_TOLERANCE_PER_H = 1e-6
"""Money per hour below which running and not running are worth the same."""
RUNNING_FRAC = 0.5
"""Of the minimum load: less may be a meter's error."""
INFEASIBLE_PER_H = -1e12
"""Worth [money/h] of running where not even the minimum load finds a taker."""


@dataclass(frozen=True, slots=True)
class Running:
    """Best output of a unit if it runs, and what that is worth; shape (intervals,)."""

    p_mw: np.ndarray
    worth_per_h: np.ndarray
    """Money per hour over not running."""


def must_run_mw(view: SiteView) -> float:
    """Output that minimum up times force into the network."""
    return sum(u.nameplate.min_mw for u in view.generators if u.on and u.must_stay)


def worth_of_running(
    priced: PricedUnit, residual_mw: np.ndarray, prices: PriceTable, export_limit_mw: float
) -> Running:
    """Best output between minimum and rated load: follow the load, or go beyond it where selling pays."""
    plate, cost = priced.unit.nameplate, priced.cost_per_mwh
    buy, sell = prices.buy_price_per_mwh, prices.sell_price_per_mwh
    load = np.maximum(residual_mw, 0.0)
    most = np.minimum(np.maximum(residual_mw + export_limit_mw, 0.0), plate.rated_mw)
    follow = np.maximum(np.minimum(load, most), plate.min_mw)
    p_mw = np.where(sell > cost, np.maximum(most, plate.min_mw), np.where(buy > cost, follow, plate.min_mw))
    own_use = np.minimum(p_mw, load)
    worth = buy * own_use + sell * (p_mw - own_use) - cost * p_mw
    return Running(p_mw, np.where(most < plate.min_mw, INFEASIBLE_PER_H, worth))


def expected_output_mw(
    units: list[PricedUnit], residual_mw: np.ndarray, prices: PriceTable, export_limit_mw: float
) -> dict[str, np.ndarray]:
    """What the running units are expected to give over the look-ahead, in merit order: whatever pays."""
    remaining, expected = residual_mw, {}
    for priced in units:
        if not priced.unit.on:
            continue
        running = worth_of_running(priced, remaining, prices, export_limit_mw)
        p_mw = np.where(running.worth_per_h > 0.0, running.p_mw, 0.0)
        if priced.unit.must_stay:
            p_mw[0] = running.p_mw[0]
        expected[priced.unit.name] = p_mw
        remaining = remaining - p_mw
    return expected


def decide_generators(
    view: SiteView,
    units: list[PricedUnit],
    residual_mw: np.ndarray,
    prices: PriceTable,
    shaving: Shaving | None = None,
) -> list[Decision]:
    """One decision per unit dispatched on price; ``units`` in merit order, ``residual_mw`` after storage."""
    remaining = residual_mw.copy()
    must_run_behind = must_run_mw(view)
    decisions = []
    for priced in units:
        forced = priced.unit.on and priced.unit.must_stay
        must_run_behind -= priced.unit.nameplate.min_mw if forced else 0.0
        offered = remaining.copy()
        offered[0] -= must_run_behind
        decision, running = _decide_unit(priced, offered, prices, view.export_limit_mw)
        if shaving is not None:
            decision, shaving = _against_peak(decision, priced, offered, shaving, prices, view.export_limit_mw)
        decisions.append(decision)
        if decision.p_set_mw > 0.0:
            running = running or worth_of_running(priced, offered, prices, view.export_limit_mw)
            now_mw = remaining[0] - decision.p_set_mw
            remaining = remaining - np.where(running.worth_per_h > 0.0, running.p_mw, 0.0)
            remaining[0] = now_mw
    return decisions


def _against_peak(
    decision: Decision,
    priced: PricedUnit,
    offered_mw: np.ndarray,
    shaving: Shaving,
    prices: PriceTable,
    export_limit_mw: float,
) -> tuple[Decision, Shaving]:
    """A unit that does not pay by its energy runs where it saves demand charge; and what the next unit then sees."""
    unit, plate = priced.unit, priced.unit.nameplate
    running = worth_of_running(priced, offered_mw, prices, export_limit_mw)
    if decision.reason in (Reason.RUN_PAYS, Reason.RUN_BRIDGES):
        starting = 0.0 if unit.on else np.where(running.worth_per_h > 0.0, running.p_mw, 0.0)
        return decision, replace(shaving, net_mw=shaving.net_mw - starting)
    cannot = running.worth_per_h[0] <= INFEASIBLE_PER_H or (not unit.on and unit.must_stay)
    run = None if cannot else peak_run(priced, shaving, prices)
    if run is None:
        return decision, shaving
    above_mw = float(offered_mw[:2].max()) - run.level_mw
    p_mw = max(float(running.p_mw[0]), min(above_mw, plate.rated_mw))
    told = Decision(unit.name, Reason.PEAK_SHAVING, p_set_mw=p_mw, message=(
        f"{unit.name} {'runs on' if unit.on else 'starts'} at {p_mw:.1f} MW: {run.words}"))
    return told, replace(shaving, net_mw=shaving.net_mw - run.added_mw)


def standby(view: SiteView) -> list[Decision]:
    """Emergency units stay off on price; once started they run their minimum time at minimum load."""
    return [
        Decision(u.name, Reason.RUN_MIN_UP, f"{u.name} runs on at {u.nameplate.min_mw:.1f} MW: minimum up time",
                 p_set_mw=u.nameplate.min_mw)
        if u.on and u.must_stay else Decision(u.name, Reason.STANDBY, f"{u.name} stands by for emergencies")
        for u in view.generators if u.nameplate.emergency_only
    ]


def is_run_by_others(unit: GeneratorView, dt_h: float) -> bool:
    """Runs without the operator's order: by hand, by an older schedule that a gate released, by a repair.

    A unit that was told to stop may take its time, up to two intervals.
    """
    plate = unit.nameplate
    least_mw = RUNNING_FRAC * (plate.min_mw or plate.rated_mw)
    return not plate.emergency_only and not unit.on and unit.held_h >= 2.0 * dt_h and unit.p_mw > least_mw


def keep_as_is(unit: GeneratorView) -> Decision:
    """Without a measurement: a running unit goes on (a silent meter is no reason to stop), others stay off."""
    return Decision(unit.name, Reason.NO_MEASUREMENT,
                    f"{unit.name} stays {f'at {unit.p_set_mw:.1f} MW' if unit.on else 'off'}: the load is not measured",
                    p_set_mw=unit.p_set_mw)


def _decide_unit(
    priced: PricedUnit, residual_mw: np.ndarray, prices: PriceTable, export_limit_mw: float
) -> tuple[Decision, Running | None]:
    unit, plate = priced.unit, priced.unit.nameplate
    cost, buy, sell = (float(row[0]) for row in (
        priced.cost_per_mwh, prices.buy_price_per_mwh, prices.sell_price_per_mwh))
    numbers = (f"generating costs {cost:.0f} {prices.currency}/MWh, {prices.buying} {buy:.0f}, "
               f"selling earns {sell:.0f}")
    if not unit.on and cost >= max(buy, sell):
        return Decision(unit.name, Reason.DOES_NOT_PAY, f"{unit.name} stays off: {numbers}"), None

    running = worth_of_running(priced, residual_mw, prices, export_limit_mw)
    p_mw = float(running.p_mw[0])
    pays_now = float(running.worth_per_h[0]) > WORTH_TOLERANCE_PER_H

    def told(reason: Reason, what: str, set_mw: float) -> tuple[Decision, Running]:
        return Decision(unit.name, reason, f"{unit.name} {what}: {numbers}", p_set_mw=set_mw), running

    if unit.on:
        if pays_now:
            return told(Reason.RUN_PAYS, f"runs at {p_mw:.1f} MW", p_mw)
        if unit.must_stay:
            return told(Reason.RUN_MIN_UP, f"runs on at {p_mw:.1f} MW for its minimum up time", p_mw)
        if _bridging_beats_restart(priced, running, prices.dt_h):
            return told(Reason.RUN_BRIDGES, f"runs on at {p_mw:.1f} MW, cheaper than a restart", p_mw)
        return told(*_why_not(plate, cost >= buy, float(residual_mw[0]), "stops"), 0.0)
    if not pays_now:
        return told(*_why_not(plate, cost >= buy, float(residual_mw[0]), "stays off"), 0.0)
    if not _start_is_earned(priced, running, prices.dt_h):
        start = amortised_start_cost_per_mwh(plate, prices.dt_h)
        return told(Reason.START_NOT_EARNED, f"stays off, a start adds {start:.0f} over the shortest run", 0.0)
    if unit.must_stay:
        return told(Reason.WAIT_MIN_DOWN, "waits for its minimum down time", 0.0)
    return told(Reason.RUN_PAYS, f"starts at {p_mw:.1f} MW", p_mw)


def _why_not(plate: GeneratorNameplate, too_dear: bool, residual_mw: float, what: str) -> tuple[Reason, str]:
    """Too dear, or the load is too small for its minimum."""
    if too_dear:
        return Reason.DOES_NOT_PAY, what
    left = f"{max(residual_mw, 0.0):.2f} MW are left to serve"
    return Reason.LOAD_TOO_SMALL, f"{what}, {left} and its minimum is {plate.min_mw:.2f} MW"


def _start_is_earned(priced: PricedUnit, running: Running, dt_h: float) -> bool:
    """Whether the minimum up time pays for the start."""
    plate = priced.unit.nameplate
    shortest = max(1, math.ceil(plate.min_up_h / dt_h - TIME_TOLERANCE_H))
    return float(running.worth_per_h[:shortest].sum()) * dt_h > plate.start_cost


def _bridging_beats_restart(priced: PricedUnit, running: Running, dt_h: float) -> bool:
    """Whether a gap costs less than a restart and what the minimum down time would miss after it."""
    plate, worth = priced.unit.nameplate, running.worth_per_h
    pays = worth > WORTH_TOLERANCE_PER_H
    if not pays.any():
        return False
    gap = int(pays.argmax())
    shortest = math.ceil(plate.min_down_h / dt_h - TIME_TOLERANCE_H)
    missed = float(np.maximum(worth[gap:shortest], 0.0).sum()) * dt_h
    return -float(worth[:gap].sum()) * dt_h < plate.start_cost + missed
