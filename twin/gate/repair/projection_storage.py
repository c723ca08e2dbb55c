"""The content of a storage as a limit on its set-points: an integral with one-way efficiencies.

What a power p (discharge positive) does to the content in a step, f(p) = -p / η_d for p > 0 and -η_c p for p < 0, is
concave. So a *lower* bound of the content is exact by tangents, stated where a candidate violates it, and an *upper*
bound holds for certain if f is replaced by its tangent at the present set-points. The content is counted from the
replay: its losses, and what was delivered instead of what was asked, are the twin's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import SupportsInt

import numpy as np

from twin.gate.limits.limits import LimitSet
from twin.gate.limits.rows import Quantity
from twin.gate.repair.projection_limits import EQUIPMENT, TIGHTENING, About, linear
from twin.gate.repair.projection_qp import LinearLimit
from twin.gate.repair.projection_variables import Variables, asset_of, port_of
from twin.gate.repair.repair import RepairContext
from twin.gate.shadow.trajectory import Trajectories
from twin.nameplate import StorageNameplate

CONTENT_TOLERANCE_FRAC = 1e-6
"""Of the capacity: a content this near to its bound is at it."""


@dataclass(frozen=True)
class StoreContent:
    """One storage over the horizon; a source of limits."""

    key: str
    plate: StorageNameplate
    variables: Variables
    rest_mwh: np.ndarray
    """(steps,) content at the end of each step if nothing were charged or discharged, with the replay's losses."""
    low_mwh: np.ndarray
    """(steps,) bounds of the content at the end of each step."""
    high_mwh: np.ndarray
    why: str
    """The limits that bound it."""

    def content_mwh(self, x: np.ndarray) -> np.ndarray:
        """At the end of each step, for a flat point."""
        p_mw = x[self.variables.columns(self.key)]
        return self.rest_mwh + np.cumsum(self._slope(p_mw) * p_mw)

    def __call__(self, x: np.ndarray) -> list[LinearLimit]:
        """Lower bounds that a point violates, by the tangent there."""
        content = self.content_mwh(x)
        columns = self.variables.columns(self.key)
        p_mw = x[columns]
        slope = self._slope(p_mw)
        found = []
        for k in np.flatnonzero(content < self.low_mwh - CONTENT_TOLERANCE_FRAC * self.plate.energy_mwh):
            about = self._about(k, "low", (p_mw[:k + 1] > 0.0).tobytes())
            found.append(linear(about, columns[:k + 1], -slope[:k + 1], float(self.rest_mwh[k] - self.low_mwh[k]),
                                EQUIPMENT, self.variables))
        return [limit for limit in found if limit is not None]

    def upper_limits(self) -> Iterator[LinearLimit]:
        """Upper bounds, by the tangent at the present set-points."""
        columns = self.variables.columns(self.key)
        slope = self._slope(self.variables.now.ravel()[columns])
        for k in range(self.variables.horizon.steps):
            limit = linear(self._about(k, "high"), columns[:k + 1], slope[:k + 1],
                           float(self.high_mwh[k] - self.rest_mwh[k]), EQUIPMENT, self.variables)
            if limit is not None:
                yield limit

    def _slope(self, p_mw: np.ndarray) -> np.ndarray:
        """Content per power in a step [MWh/MW]."""
        dt_h = self.variables.horizon.step_s / 3600.0
        return np.where(p_mw > 0.0, -dt_h / self.plate.discharge_efficiency, -dt_h * self.plate.charge_efficiency)

    def _about(self, k: SupportsInt, side: str, detail: object = None) -> About:
        horizon = self.variables.horizon
        return About(self.why, f"{asset_of(self.key)}.energy_mwh", horizon.start_s + int(k) * horizon.step_s, side,
                     detail)


def stores_of(v: Variables, context: RepairContext) -> Iterator[StoreContent]:
    """All storages that a schedule commands and that tell their content."""
    for key in v.keys:
        asset, plate = asset_of(key), context.plates.get(asset_of(key))
        if not isinstance(plate, StorageNameplate) or port_of(key) != "p_set_mw":
            continue
        columns = context.trajectories.columns.get(asset, ())
        if f"{asset}.p_mw" in columns and f"{asset}.energy_mwh" in columns:
            yield _store(key, plate, v, context)


def _store(key: str, plate: StorageNameplate, v: Variables, context: RepairContext) -> StoreContent:
    asset, steps = asset_of(key), v.horizon.steps
    replay = context.trajectories
    ends_mwh = _per_step(replay, f"{asset}.energy_mwh", v)[:, -1]
    delivered_mw = _per_step(replay, f"{asset}.p_mw", v).mean(axis=1)
    low_mwh, high_mwh, why = _bounds(asset, plate, context.limits, replay)
    open_ended = StoreContent(key, plate, v, np.zeros(steps), np.full(steps, low_mwh), np.full(steps, high_mwh), why)
    rest_mwh = ends_mwh - np.cumsum(open_ended._slope(delivered_mw) * delivered_mw)
    now = StoreContent(key, plate, v, rest_mwh, open_ended.low_mwh, open_ended.high_mwh, why)
    promised_mwh = now.content_mwh(v.now.ravel())
    lows, highs = (_in_force(sign * bound, sign * ends_mwh, sign * promised_mwh, plate.energy_mwh) * sign
                   for sign, bound in ((1.0, low_mwh), (-1.0, high_mwh)))
    return StoreContent(key, plate, v, rest_mwh, lows, highs, why)


def _in_force(low_mwh: float, ends_mwh: np.ndarray, promised_mwh: np.ndarray, capacity_mwh: float) -> np.ndarray:
    """What shall be kept: a bound that the twin violates, drawn in; else the bound, or what is promised if that is
    less already (an empty storage that is asked for more delivers nothing, which may be, but shall not get worse)."""
    violation = low_mwh - ends_mwh
    return np.where(violation > CONTENT_TOLERANCE_FRAC * capacity_mwh, low_mwh + (TIGHTENING - 1.0) * violation,
                    np.minimum(low_mwh, promised_mwh))


def _bounds(asset: str, plate: StorageNameplate, limits: LimitSet, replay: Trajectories) -> tuple[float, float, str]:
    """Tightest content by nameplate and hard limits on state of charge or energy, and by which."""
    capacity = {f"{asset}.energy_mwh": 1.0, f"{asset}.soc": _capacity_mwh(asset, plate, replay)}
    low_mwh, high_mwh = plate.min_soc * plate.energy_mwh, plate.max_soc * plate.energy_mwh
    names = []
    for limit in limits.limits:
        signal = next((s for s in capacity if s in limit.signals), None)
        if signal is None or limit.row.of is not Quantity.VALUE or not limit.row.hard or limit.minus:
            continue
        low, high = limit.low * capacity[signal], limit.high * capacity[signal]
        if low > low_mwh or high < high_mwh:
            names.append(limit.name)
        low_mwh, high_mwh = max(low_mwh, low), min(high_mwh, high)
    return low_mwh, high_mwh, ", ".join(names) or "its nameplate"


def _capacity_mwh(asset: str, plate: StorageNameplate, replay: Trajectories) -> float:
    """As the storage counts it, which may have aged."""
    if f"{asset}.soc" not in replay.columns[asset]:
        return plate.energy_mwh
    soc, energy_mwh = replay.series(f"{asset}.soc")[-1], replay.series(f"{asset}.energy_mwh")[-1]
    return float(energy_mwh / soc) if soc > 0.0 and math.isfinite(soc) else plate.energy_mwh


def _per_step(replay: Trajectories, signal: str, v: Variables) -> np.ndarray:
    """A series cut into the steps of the schedule, (steps, n)."""
    return replay.series(signal).reshape(v.horizon.steps, -1)
