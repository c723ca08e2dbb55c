"""The set-points of a schedule as the unknowns of a projection: where they are, where they may go, how far is far.

An unknown is one set-point in one step. An infinite limit (no limit) is represented by what is delivered under it,
which only the sensitivities know; where they do not, and for set-points that are no numbers, it cannot be moved.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from twin.gate.limits.limits import Limit, LimitSet
from twin.gate.limits.rows import Quantity
from twin.gate.repair.repair import RepairContext
from twin.gate.setpoints import is_short
from twin.gate.slopes.sensitivity import Sensitivities
from twin.nameplate import GeneratorNameplate, LoadNameplate, Nameplate, RenewableNameplate, StorageNameplate
from twin.schedule import UNLIMITED_PORT, Horizon, Schedule
from twin.units import unit_of

SCALE_BY_UNIT = {"°C": 10.0, "–": 1.0}
"""What counts as a large change where no nameplate states a rating."""
LEAST_SCALE = 1.0
"""Of set-points without a nameplate whose own size is less (a limit of 0 MW)."""
ROUNDING_FRAC = 1e-6
"""Part of its scale by which a set-point may move without having changed."""
NOWHERE = -1
"""Index of what is no unknown."""
SET = "_set_"
"""In the name of what is followed: ``p_mw`` follows ``p_set_mw``, ``source_supply_degc`` ``supply_set_degc``."""


@dataclass(frozen=True)
class Variables:
    """All set-points, (keys, steps) each; flat index = key number × steps + step."""

    keys: tuple[str, ...]
    horizon: Horizon
    anchor: np.ndarray
    """As proposed."""
    now: np.ndarray
    """Of the schedule that is to be repaired."""
    low: np.ndarray
    high: np.ndarray
    scale: np.ndarray
    was_unlimited: np.ndarray
    """Where the proposal says "no limit"."""
    bounded_by: tuple[str, ...]
    """Of each key, the limits that leave it less than its nameplate; empty: none does."""

    def columns(self, key: str) -> np.ndarray:
        """Flat indices of a key, (steps,)."""
        first = self.keys.index(key) * self.horizon.steps
        return np.arange(first, first + self.horizon.steps)

    def written(self, x: np.ndarray, current: Schedule, proposed: Schedule) -> dict[str, np.ndarray]:
        """Set-points of a flat point (n,) that differ from the current schedule; unmoved ones keep every digit."""
        points = x.reshape(self.now.shape)
        changed = {}
        for row, key in enumerate(self.keys):
            values = _written(points[row], self, row, _values(current, key), _values(proposed, key))
            if key not in current.setpoints and np.isinf(values).all():
                continue
            if not np.array_equal(values, _values(current, key)):
                changed[key] = values
        return changed


def variables_of(current: Schedule, context: RepairContext) -> Variables:
    """The unknowns of a schedule."""
    horizon, proposed = current.horizon, context.proposed
    known = (*context.earlier, context.sensitivities)
    keys = tuple(sorted({*current.setpoints, *(c.key for s in known for c in s.columns if UNLIMITED_PORT in c.key)}))
    asked = np.array([_values(proposed, key) for key in keys])
    held = np.array([_values(current, key) for key in keys])
    anchor = np.where(np.isfinite(asked), asked, _bases(keys, known, asked.shape))
    now = np.where(np.isfinite(held), held, _bases(keys, known[::-1], held.shape))
    anchor, unmovable = np.where(np.isfinite(anchor), anchor, now), ~np.isfinite(now)
    for row, key in enumerate(keys):
        if _is_for_balancing(context.plates.get(asset_of(key))):
            unmovable[row] = True
        unmovable[row] |= context.held.get(key, False)
    bounds = [_bounds(key, context.plates, context.limits) for key in keys]
    low, high = (np.repeat(np.array([[float(b[side])] for b in bounds]), horizon.steps, axis=1) for side in (0, 1))
    high = np.where(np.isinf(asked), np.minimum(high, anchor), high)
    low = np.minimum(low, high)
    for part in (low, high):
        part[unmovable] = np.where(np.isfinite(now), now, 0.0)[unmovable]
    for part in (anchor, now):
        part[unmovable] = low[unmovable]
    scale = np.array([_scale(key, context.plates, values) for key, values in zip(keys, anchor, strict=True)])
    return Variables(keys, horizon, anchor, now, low, high, np.repeat(scale[:, None], horizon.steps, axis=1),
                     np.isinf(asked), tuple(str(b[2]) for b in bounds))


def port_of(key: str) -> str:
    """The port in a key: ``heat.EC.supply_set_degc`` → ``supply_set_degc``."""
    return key.rpartition(".")[2]


def asset_of(key: str) -> str:
    """The asset or network in a key."""
    return key.partition(".")[0]


def followers(key: str, limit: Limit) -> tuple[str, ...]:
    """The signals of a limit through which it is one on this set-point too: itself, or what follows it.

    What follows has the name of the port without ``_set``; at a terminal of a network it has that as its label, and a
    word for the kind of terminal before its name. What follows is never further out, nor changes faster, than what it
    follows.
    """
    if limit.is_setpoint or SET not in port_of(key):
        return tuple(signal for signal in limit.signals if signal == key)
    owner, _, rest = key.partition(".")
    terminal, name = rest.rpartition(".")[0], port_of(key).replace(SET, "_")
    if not terminal:
        return tuple(signal for signal in limit.signals if signal == f"{owner}.{name}")
    shape = re.compile(rf"{re.escape(owner)}\.(\w+_)?{re.escape(name)}\[{re.escape(terminal)}\]")
    return tuple(signal for signal in limit.signals if shape.fullmatch(signal))


def delivered_signal(key: str) -> str:
    """What shows how an asset follows a set-point: ``bess.p_set_mw`` → ``bess.p_mw``."""
    return key.replace(SET, "_")


def _values(schedule: Schedule, key: str) -> np.ndarray:
    return schedule.setpoints.get(key, np.full(schedule.horizon.steps, math.inf))


def _bases(keys: tuple[str, ...], known: tuple[Sensitivities, ...], shape: tuple[int, ...]) -> np.ndarray:
    """Where sensitivities hold; of several the first in order; NaN where there are none."""
    row = {key: n for n, key in enumerate(keys)}
    bases = np.full(shape, np.nan)
    for one in known[::-1]:
        for column in one.columns:
            if column.key in row and math.isfinite(column.base):
                bases[row[column.key], column.step] = column.base
    return bases


def _is_for_balancing(plate: Nameplate | None) -> bool:
    """A storage of seconds: what it holds cannot be planned."""
    return isinstance(plate, StorageNameplate) and is_short(plate)


def _bounds(key: str, plates: Mapping[str, Nameplate], limits: LimitSet) -> tuple[float, float, str]:
    """What a set-point may be, by nameplate and by hard limits on it; and which limits leave it less."""
    low, high = _plate_bounds(port_of(key), plates.get(asset_of(key)))
    names = []
    for limit, lowest, highest in _limit_bounds(key, limits):
        if lowest > low or highest < high:
            names.append(f"{limit.name} ({', '.join(followers(key, limit))})")
        low, high = max(low, lowest), min(high, highest)
    return low, max(low, high), ", ".join(names)


def _plate_bounds(name: str, plate: Nameplate | None) -> tuple[float, float]:
    if isinstance(plate, StorageNameplate) and name == "p_set_mw":
        return -plate.charge_power_mw, plate.discharge_power_mw
    if isinstance(plate, GeneratorNameplate) and name == "p_set_mw":
        return 0.0, plate.rated_mw
    if isinstance(plate, RenewableNameplate) and name == "p_limit_mw":
        return 0.0, plate.peak_mw
    if isinstance(plate, LoadNameplate) and name == "interrupt_frac":
        return 0.0, plate.interruptible_frac
    if unit_of(name) == "–":
        return 0.0, 1.0
    return (0.0 if UNLIMITED_PORT in name else -math.inf), math.inf


def _limit_bounds(key: str, limits: LimitSet) -> Iterator[tuple[Limit, float, float]]:
    for limit in limits.limits:
        if limit.row.hard and not limit.minus and followers(key, limit):
            if limit.row.of is Quantity.VALUE:
                yield limit, limit.low, limit.high
            elif limit.row.of is Quantity.ABS and not math.isfinite(limit.low):
                yield limit, -limit.high, limit.high


def _scale(key: str, plates: Mapping[str, Nameplate], values: np.ndarray) -> float:
    plate, name = plates.get(asset_of(key)), port_of(key)
    low, high = _plate_bounds(name, plate)
    if plate is not None and math.isfinite(low) and math.isfinite(high) and high > low:
        return max(abs(low), abs(high))
    return SCALE_BY_UNIT.get(unit_of(name) or "", max(LEAST_SCALE, float(np.abs(values).max())))


def _written(points: np.ndarray, v: Variables, row: int, current: np.ndarray, proposed: np.ndarray) -> np.ndarray:
    """Values of one key: as proposed, or as they are, where they have not moved from there."""
    near = ROUNDING_FRAC * v.scale[row]
    values = np.where(np.abs(points - v.now[row]) <= near, current, points)
    values = np.where(np.abs(points - v.anchor[row]) <= near, proposed, values)
    return np.where(v.was_unlimited[row] & (points >= v.high[row] - near), math.inf, values)
