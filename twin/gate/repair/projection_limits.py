"""Limits as linear inequalities in the set-points, for the projection.

*Points* come from the linearised twin: what is violated shall come back by 1.1 times its violation, what is near its
limit shall stay. Where set-points act late (heat), a violation tightens the limit two steps to either side as well.
*Ramps* and *energies* of set-points are linear as they stand. A limit is in force where it can be kept: one that not
even all set-points together can move by a tenth of what is missing is named as out of reach instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twin.gate.limits.limits import Limit
from twin.gate.limits.quantities import Used, used_before
from twin.gate.limits.rows import LimitClass, Quantity
from twin.gate.repair.projection_qp import FEASIBILITY, LinearLimit
from twin.gate.repair.projection_variables import NOWHERE, ROUNDING_FRAC, Variables, delivered_signal, followers
from twin.gate.repair.repair import RepairContext
from twin.gate.shadow.player import PLAYER
from twin.gate.slopes.sensitivity import Point, Sensitivities

TIGHTENING = 1.1
"""Times the violation by which a limit is drawn in: the twin bends where the line goes straight."""
LATE_STEPS = 2
"""So many steps to either side share a correction that acts late."""
WITHIN_REACH = 0.1
"""Part of a violation that set-points must at least be able to take away."""
EQUIPMENT, SUPPLY, CONTRACT, WISHES = 1e5, 1e4, 1e3, 1e2
"""Prices of missing a limit, in ratings moved: each class gives way to the one before it, and none to a change that is
merely large."""
PRICE: Mapping[str, float] = {
    **dict.fromkeys((LimitClass.VOLTAGE, LimitClass.LOADING, LimitClass.PRESSURE, LimitClass.VELOCITY,
                     LimitClass.STORAGE, LimitClass.COMMITMENT, LimitClass.RAMP), EQUIPMENT),
    **dict.fromkeys((LimitClass.UNSERVED, LimitClass.RESERVE, LimitClass.SUPPLY_TEMPERATURE, LimitClass.GRADIENT),
                    SUPPLY),
    **dict.fromkeys((LimitClass.EXCHANGE, LimitClass.INTERRUPTION), CONTRACT),
}
"""By limit class; the others are wishes."""
LIMITED_WAYS: Mapping[Quantity, Mapping[str, float]] = {
    Quantity.CHANGE_PER_H: {"rise": 1.0, "fall": -1.0}, Quantity.RISE_PER_H: {"rise": 1.0},
    Quantity.FALL_PER_H: {"fall": -1.0},
}
"""What is limited by a rate, with the sign of a change in that direction."""


@dataclass(frozen=True, slots=True)
class About:
    """What a linear limit is about: its identity in the projection, and its name in sentences."""

    limit: str
    signal: str
    t_s: int
    side: str
    detail: object = None
    """Tells apart what is about the same."""

    def __str__(self) -> str:
        return f"{self.limit} ({self.signal})"


class Stated:
    """A source of limits that are all known beforehand."""

    def __init__(self, limits: Sequence[LinearLimit], scale: np.ndarray) -> None:
        self._limits = tuple(limits)
        if not self._limits:
            return
        self._columns = np.concatenate([limit.columns for limit in limits])
        self._values = np.concatenate([limit.values for limit in limits])
        self._starts = np.cumsum([0, *(len(limit.columns) for limit in limits[:-1])])
        self._bounds = np.array([limit.bound for limit in limits])
        flat = scale.ravel()
        self._slack = FEASIBILITY * np.array([np.linalg.norm(li.values * flat[li.columns]) for li in limits])

    def __call__(self, x: np.ndarray) -> list[LinearLimit]:
        """Those that a point violates."""
        if not self._limits:
            return []
        left = np.add.reduceat(self._values * x[self._columns], self._starts)
        return [self._limits[n] for n in np.flatnonzero(left > self._bounds + self._slack)]


def linear(about: About, columns: np.ndarray, values: np.ndarray, bound: float, price: float,
           v: Variables) -> LinearLimit | None:
    """A limit on what can move; None where nothing in it can."""
    low, high = v.low.ravel()[columns], v.high.ravel()[columns]
    free = (high > low) & (values != 0.0)
    if not free.any():
        return None
    fixed = float(values[~free] @ low[~free])
    return LinearLimit(about, columns[free], values[free], bound - fixed, price)


def point_limits(v: Variables, context: RepairContext) -> tuple[list[LinearLimit], list[str]]:
    """Of the linearised twin, newest first; a point of an earlier round holds until it is seen anew.

    What follows a set-point that itself breaks the limit is left out: the set-point must be mended in any case, and a
    network that follows it only as fast as it can says nothing of how far it would go.

    Returns
    -------
    The limits, and in words those that are out of reach.
    """
    found: list[LinearLimit] = []
    beyond: dict[str, int] = {}
    seen: set[tuple[str, str, int]] = set()
    apart = _led_astray(v, context) | _timed(context)
    for age, sensitivities in enumerate((context.sensitivities, *reversed(context.earlier))):
        limits, unreachable = _of_points(sensitivities, age, seen, apart, v)
        found += limits
        beyond = unreachable if age == 0 else beyond
        seen.update((p.limit, p.signal, p.t_s) for p in sensitivities.points)
    return found, [f"no set-point reaches {what}, from {context.clock(t_s)} on" for what, t_s in beyond.items()]


def _led_astray(v: Variables, context: RepairContext) -> set[tuple[str, str]]:
    """(limit, signal) of what follows a set-point that breaks the limit by itself."""
    flat = v.now.ravel()
    found: set[tuple[str, str]] = set()
    for limit in context.limits.limits:
        if not limit.row.hard or limit.minus:
            continue
        for row, key in enumerate(v.keys):
            signals, ways = followers(key, limit), LIMITED_WAYS.get(limit.row.of)
            if not signals:
                continue
            broken = limit.row.of is Quantity.VALUE and (
                (v.now[row] < v.low[row]) | (v.now[row] > v.high[row])).any()
            if ways is not None and math.isfinite(limit.high):
                broken = any(ramp.values @ flat[ramp.columns] > ramp.bound
                             for ramp in _ramps_of(key, limit, ways, v, context))
            if broken:
                found.update((limit.name, signal) for signal in signals)
    return found


def _timed(context: RepairContext) -> set[tuple[str, str]]:
    """(limit, signal) of times on and off, which have no slope: the patterns of units see to them."""
    return {(limit.name, signal) for limit in context.limits.limits for signal in limit.signals
            if limit.row.of in (Quantity.UP_TIME_H, Quantity.DOWN_TIME_H)}


def _of_points(sensitivities: Sensitivities, age: int, seen: set[tuple[str, str, int]], apart: set[tuple[str, str]],
               v: Variables) -> tuple[list[LinearLimit], dict[str, int]]:
    """The limits of the points of one linearisation, and when each that is out of reach is first violated."""
    first = {key: n * v.horizon.steps for n, key in enumerate(v.keys)}
    place = np.array([first[c.key] + c.step if c.key in first else NOWHERE for c in sensitivities.columns], dtype=int)
    base = np.array([c.base for c in sensitivities.columns], dtype=float)
    order = np.argsort(sensitivities.row, kind="stable")
    edges = np.searchsorted(sensitivities.row[order], np.arange(len(sensitivities.points) + 1))
    margins = _margins(sensitivities.points, v.horizon.step_s)
    limits: list[LinearLimit] = []
    beyond: dict[str, int] = {}
    for n, point in enumerate(sensitivities.points):
        if not point.hard or (point.limit, point.signal) in apart or (point.limit, point.signal, point.t_s) in seen:
            continue
        entries = order[edges[n]:edges[n + 1]]
        columns = sensitivities.column[entries]
        usable = (place[columns] != NOWHERE) & np.isfinite(base[columns])
        columns, values = columns[usable], sensitivities.value[entries][usable]
        for side, sign, bound in (("high", 1.0, point.high), ("low", -1.0, -point.low)):
            value = sign * point.value
            if not math.isfinite(bound):
                continue
            target = max(bound, value) if margins[n] == 0.0 and value <= bound + point.tolerance \
                else bound - margins[n]
            about = About(point.limit, point.signal, point.t_s, side, (age, n))
            row = linear(about, place[columns], sign * values, target - value + float(sign * values @ base[columns]),
                         PRICE.get(point.limit_class, WISHES), v)
            if row is not None and _reachable(row, v):
                limits.append(row)
            elif value > bound + point.tolerance:
                beyond.setdefault(str(about), point.t_s)
    return limits, beyond


def _margins(points: Sequence[Point], step_s: int) -> list[float]:
    """By how much each limit is drawn in: a tenth of the violation, of late ones the largest in the neighbourhood."""
    violation = [max(p.value - p.high, p.low - p.value, 0.0) for p in points]
    own = [by if by > p.tolerance else 0.0 for p, by in zip(points, violation, strict=True)]
    margins = []
    for n, point in enumerate(points):
        near = [own[m] for m, other in enumerate(points)
                if (other.limit, other.signal) == (point.limit, point.signal)
                and abs(other.t_s - point.t_s) <= LATE_STEPS * step_s] if point.late else [own[n]]
        margins.append(min((TIGHTENING - 1.0) * max(near), (point.high - point.low) / 2.0))
    return margins


def _reachable(limit: LinearLimit, v: Variables) -> bool:
    """Whether the set-points can do a good part of what the limit asks of them."""
    now = v.now.ravel()[limit.columns]
    missing = float(limit.values @ now) - limit.bound
    if missing <= 0.0:
        return True
    low, high = v.low.ravel()[limit.columns], v.high.ravel()[limit.columns]
    best = float(np.minimum(limit.values * low, limit.values * high).sum())
    return float(limit.values @ now) - best >= WITHIN_REACH * missing


def ramp_limits(v: Variables, context: RepairContext) -> Iterator[LinearLimit]:
    """Hard limits on how fast a set-point, or what its asset delivers of it, may change."""
    for limit in context.limits.limits:
        ways = LIMITED_WAYS.get(limit.row.of)
        if ways is None or not limit.row.hard or limit.minus or not math.isfinite(limit.high):
            continue
        for key in v.keys:
            if followers(key, limit):
                yield from _ramps_of(key, limit, ways, v, context)


def _ramps_of(key: str, limit: Limit, ways: Mapping[str, float], v: Variables,
              context: RepairContext) -> Iterator[LinearLimit]:
    """Between steps that lie ``lag`` apart; against the steps before the start as far as they are known."""
    step_s, columns = v.horizon.step_s, v.columns(key)
    lag_s = round(limit.row.window_h * 3600.0) if limit.row.window_h is not None else \
        context.trajectories.steps_s.get(PLAYER if limit.is_setpoint else limit.owner, step_s)
    lag = max(1, round(lag_s / step_s))
    scale = float(v.scale.flat[columns[0]])
    most = max(limit.high * lag_s / 3600.0 - ROUNDING_FRAC * scale, 0.0)
    earlier = _earlier(key, limit, lag, v, context)
    for k in range(v.horizon.steps):
        for side, sign in ways.items():
            about = About(limit.name, key, v.horizon.start_s + k * step_s, side)
            if k >= lag:
                row = linear(about, columns[[k, k - lag]], np.array([sign, -sign]), most, EQUIPMENT, v)
            elif math.isfinite(earlier[k]):
                row = linear(about, columns[[k]], np.array([sign]), most + sign * float(earlier[k]), EQUIPMENT, v)
            else:
                continue
            if row is not None:
                yield row


def _earlier(key: str, limit: Limit, lag: int, v: Variables, context: RepairContext) -> np.ndarray:
    """(lag,) the steps before the start, as the judge sees them; of what follows a set-point if that is limited."""
    at_start = context.before.of_limit(limit, v.horizon.step_s)
    if at_start.lived is None:
        return np.full(lag, context.before.values.get(delivered_signal(key), math.nan))
    return at_start.earlier(lag)[:, limit.signals.index(followers(key, limit)[0])]


def energy_limits(v: Variables, context: RepairContext) -> Iterator[LinearLimit]:
    """Hard limits on the integral of a set-point over a running window, what was used of it before included."""
    step_h = v.horizon.step_s / 3600.0
    for limit in context.limits.limits:
        if limit.row.of is not Quantity.ENERGY or not limit.row.hard or limit.minus or not limit.is_setpoint:
            continue
        length = v.horizon.steps if limit.row.window_h is None else max(1, round(limit.row.window_h / step_h))
        used = used_before(limit.row, context.before.of_limit(limit, v.horizon.step_s), v.horizon.steps,
                           v.horizon.step_s)
        for key in (key for key in v.keys if key in limit.signals):
            columns, price = v.columns(key), PRICE.get(limit.row.limit_class, WISHES)
            for last in range(v.horizon.steps):
                inside = columns[max(0, last - length + 1):last + 1]
                for side, sign, bound in _left_of(limit, used, last, limit.signals.index(key), len(inside) == length):
                    about = About(limit.name, key, v.horizon.start_s + last * v.horizon.step_s, side)
                    row = linear(about, inside, np.full(len(inside), sign * step_h), bound, price, v)
                    if row is not None:
                        yield row


def _left_of(limit: Limit, used: Used | None, last: int, column: int, begun_in_horizon: bool,
             ) -> Iterator[tuple[str, float, float]]:
    """(side, sign, what the horizon may add to a budget whose window ends with this step)."""
    for side, sign, bound in (("high", 1.0, limit.high), ("low", -1.0, limit.low)):
        whole = begun_in_horizon or (used is not None and bool(used.whole[column]))
        if not math.isfinite(bound) or (side == "low" and not whole):
            continue
        past, at = 0.0, bound
        if used is not None:
            past, at = float(np.nan_to_num(used.past[last, column])), float(used.bound(bound, sign, 0.0)[last, column])
        yield side, sign, sign * (at - past) - (ROUNDING_FRAC if at == bound else 0.0)
