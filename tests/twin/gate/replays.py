"""Tiny replays by hand, and limits on them: one component, one set-point, an interval of a quarter of an hour."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from twin.gate.expectation import Expectation
from twin.gate.limits.limits import Limit, LimitSet
from twin.gate.limits.quantities import unit_of_quantity
from twin.gate.limits.rows import LimitRow
from twin.gate.limits.signals import Signal
from twin.gate.shadow.trajectory import Trajectories

QUARTER_S = 900


def replay(start_s: int = 0, step_s: int = QUARTER_S, setpoints: dict[str, Any] | None = None,
           **series: Any) -> Trajectories:
    """Series by name with ``__`` for the dot (``bess__soc=[0.5, 0.6]``); set-points by their key."""
    by_owner: dict[str, dict[str, Any]] = {}
    for name, values in series.items():
        owner, _, output = name.partition("__")
        by_owner.setdefault(owner, {})[f"{owner}.{output}"] = values
    if setpoints:
        by_owner["schedule"] = {f"schedule.value[{key}]": values for key, values in setpoints.items()}
    tables = {owner: np.column_stack([np.asarray(v, dtype=float) for v in columns.values()])
              for owner, columns in by_owner.items()}
    steps = max(len(table) for table in tables.values())
    return Trajectories(start_s, start_s + steps * step_s, dict.fromkeys(tables, step_s),
                        {owner: tuple(columns) for owner, columns in by_owner.items()}, tables)


def row(signal: str = "bess.soc", **fields: Any) -> LimitRow:
    """A row with class and source filled in."""
    return LimitRow(**{"signal": signal, "limit_class": "other", "source": "a test", **fields})


def limit(signal: str = "bess.soc", *, name: str = "kept", setpoint: bool = False, **fields: Any) -> Limit:
    """A resolved limit on one signal, with numbers for bounds."""
    r = row(signal, **fields)
    minus = () if r.minus is None else (r.minus,)
    low, high = -math.inf if r.low is None else float(r.low), math.inf if r.high is None else float(r.high)
    found = Signal(signal, signal.partition(".")[0], setpoint)
    return Limit(name, r, found.owner, (signal,), minus, setpoint, low, high, unit_of_quantity(r.of, found.unit))


def limits(*each: Limit) -> LimitSet:
    """A set of them."""
    return LimitSet(each)


def expectation(name: str = "nominal", probability_frac: float = 1.0) -> Expectation:
    """Of nothing in particular."""
    return Expectation(name, 0, QUARTER_S, {}, probability_frac)
