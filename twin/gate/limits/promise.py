"""What a release promises: the values that its nominal replay saw while it is to hold, written beside it.

Only these can say afterwards in what a proof and reality differed: the signals of hard limits, and what nature and
people decide (sun, wind, demand). Means over the steps of the trial; six digits are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.gate.expectation import Expectation
from twin.gate.limits.limits import LimitSet
from twin.gate.limits.rows import LimitClass
from twin.gate.shadow.trajectory import Trajectories
from twin.units import unit_of

DIGITS = 6
UNIT_OF_CAUSES = "MW"
"""Sun, wind and demand act on the networks by their power; the weather behind them explains nothing more."""


def promise_of(nominal: Trajectories | None, limits: LimitSet, expectation: Expectation | None, *, step_s: int,
               from_s: int, until_s: int) -> dict[str, Any]:
    """JSON-ready; empty where no replay is known.

    Parameters
    ----------
    nominal : the replay under ``expectation``.
    """
    if nominal is None:
        return {}
    judged = [key for limit in limits.limits
              if limit.row.hard and not limit.is_setpoint and limit.row.limit_class is not LimitClass.SOLVER
              for key in (*limit.signals, *limit.minus)]
    given = [] if expectation is None else [k for k in expectation.series if unit_of(k) == UNIT_OF_CAUSES]
    times_s = np.arange(from_s, until_s, step_s) - nominal.start_s
    series = {}
    for key in dict.fromkeys([*judged, *given]):
        if nominal.has(key):
            values, own_step_s = nominal.series(key), nominal.steps_s[key.partition(".")[0]]
            rows = np.minimum(times_s // own_step_s, len(values) - 1)
            series[key] = [_shortened(value) for value in values[rows].tolist()]
    return {"start_s": from_s, "step_s": step_s, "series": series, "given": [key for key in given if key in series]}


@dataclass(frozen=True)
class Promise:
    """What :func:`promise_of` wrote, for readers."""

    start_s: int
    step_s: int
    series: Mapping[str, Any]
    given: tuple[str, ...]
    """Keys of what nature and people decide."""

    @classmethod
    def of(cls, body: Any) -> Promise | None:
        """None where a release says nothing."""
        try:
            return cls(int(body["start_s"]), int(body["step_s"]), dict(body["series"]),
                       tuple(map(str, body["given"])))
        except (KeyError, TypeError, ValueError):
            return None

    def value(self, key: str, t_s: int) -> float | None:
        """What was expected; None where nothing was."""
        values, row = self.series.get(key), (t_s - self.start_s) // self.step_s
        return float(values[row]) if values is not None and 0 <= row < len(values) else None


def _shortened(value: float) -> float | str:
    """Six digits; JSON knows neither infinity nor NaN."""
    text = f"{value:.{DIGITS}g}"
    return float(text) if np.isfinite(value) else text
