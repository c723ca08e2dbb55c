"""Contexts of repairs by hand: a toy site of one battery, two units and one wind farm, and what its twin answers."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tests.twin.gate.replays import QUARTER_S, limits, replay
from twin.gate.limits.limits import Limit
from twin.gate.limits.series import Before
from twin.gate.limits.verdict import Outcome, Trial, Verdict
from twin.gate.repair.repair import RepairContext
from twin.gate.slopes.sensitivity import Column, Point, Sensitivities
from twin.nameplate import GeneratorNameplate, RenewableNameplate, StorageNameplate
from twin.schedule import Horizon, Origin, OriginKind, Schedule

BATTERY = StorageNameplate(
    charge_power_mw=2.0, discharge_power_mw=2.0, energy_mwh=4.0, charge_efficiency=0.8, discharge_efficiency=0.8,
    min_soc=0.0, max_soc=1.0, wear_cost_per_mwh=0.0)
"""2 MW, 4 MWh; 0.8 each way, so that figures by hand are short."""
UNIT = GeneratorNameplate(
    rated_mw=4.0, min_mw=1.0, fuel="gas", electrical_efficiency=0.4, thermal_efficiency=0.4,
    fuel_emission_t_per_mwh=0.2, start_cost=0.0, running_cost_per_mwh=0.0, min_up_h=0.5, min_down_h=0.5,
    emergency_only=False)
FLYWHEEL = dataclasses.replace(BATTERY, energy_mwh=0.02)
PLATES = {"bess": BATTERY, "chp": UNIT, "wheel": FLYWHEEL, "wind": RenewableNameplate(3.0)}


def schedule(**setpoints: Any) -> Schedule:
    """Set-points by name with ``__`` for the dot, in quarters from 0 on."""
    values = {name.replace("__", "."): np.array(series, dtype=float) for name, series in setpoints.items()}
    horizon = Horizon(0, QUARTER_S, len(next(iter(values.values()))))
    return Schedule(horizon, values, Origin(OriginKind.FILE, "by hand"), "", "", "")


def point(step: int, value: float, *, high: float = math.inf, low: float = -math.inf, name: str = "line",
          limit_class: str = "loading", late: bool = False, tolerance: float = 0.0) -> Point:
    """What is limited, in one step."""
    return Point(name, limit_class, "grid.line_percent", step * QUARTER_S, value, low, high, tolerance, True, "%", late)


def sensitivities(points: Sequence[Point], *slopes: tuple[int, str, int, float],
                  base: Mapping[str, float]) -> Sensitivities:
    """Slopes as (point, key, step, value) where each key has one value, ``base``."""
    places = list(dict.fromkeys((key, step) for _, key, step, _ in slopes))
    columns = tuple(Column(key, step, base[key]) for key, step in places)
    return Sensitivities(
        tuple(points), columns, np.array([s[0] for s in slopes], dtype=int),
        np.array([places.index((key, step)) for _, key, step, _ in slopes], dtype=int),
        np.array([s[3] for s in slopes], dtype=float))


NOTHING = sensitivities([], base={})


def context(current: Schedule, found: Sensitivities = NOTHING, *rows: Limit, **fields: Any) -> RepairContext:
    """With a battery that did as it was told from 2 MWh on, where it was told anything."""
    told = {"trajectories": _battery_replay(current), "plates": PLATES, "before": Before.nothing()}
    return RepairContext(**{"proposed": current, "sensitivities": found, "limits": limits(*rows), **told, **fields})


def _battery_replay(current: Schedule) -> Any:
    steps = current.horizon.steps
    p_mw = current.setpoints.get("bess.p_set_mw", np.zeros(steps))
    change_mwh = np.where(p_mw > 0.0, -p_mw / 0.8, -p_mw * 0.8) * 0.25
    energy_mwh = 2.0 + np.cumsum(change_mwh)
    return replay(bess__p_mw=p_mw, bess__energy_mwh=energy_mwh, bess__soc=energy_mwh / 4.0,
                  setpoints=dict(current.setpoints))


def verdict(outcome: Outcome = Outcome.REJECTED, *violations: Any) -> Verdict:
    """Of a nominal trial alone."""
    return Verdict(outcome, (Trial("nominal", "", 1.0, outcome),), tuple(violations), (), (), 1.0, 1.0, "", "", "", "",
                   "0")
