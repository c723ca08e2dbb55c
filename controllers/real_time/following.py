"""Whether storages do as told: one that does not (tripped, derated, stuck) is not counted on for a while.

Found from the measured power alone, so that no device has to confess. Powers in MW, arrays of shape (n,).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controllers.real_time.storages import Range

TOLERANCE_FRAC = 0.05
"""Of rated power: losses of auxiliaries and errors of meters are no disobedience."""
PATIENCE_S = 5.0
"""A converter that is merely ramping, or a reading that is a second or two late, has caught up by then."""
RETRY_S = 60.0
"""After this time a storage is counted on again."""


@dataclass(slots=True)
class Following:
    """What is remembered of each storage."""

    below_s: np.ndarray
    """For how long it has given less than told (or taken more)."""
    above_s: np.ndarray
    """For how long it has given more than told."""
    found_low_mw: np.ndarray
    found_high_mw: np.ndarray
    """Limits found; infinite where it follows."""
    low_left_s: np.ndarray
    high_left_s: np.ndarray
    """Time until they are forgotten."""

    @classmethod
    def of(cls, n: int) -> Following:
        """All follow."""
        return cls(np.zeros(n), np.zeros(n), np.full(n, -np.inf), np.full(n, np.inf), np.zeros(n), np.zeros(n))


def observe(memory: Following, told_mw: np.ndarray, measured_mw: np.ndarray, rated_mw: np.ndarray, dt_s: float) -> None:
    """Learn from one reading; a missing one (NaN) says nothing."""
    missing_mw = told_mw - measured_mw
    tolerance_mw = TOLERANCE_FRAC * rated_mw
    memory.below_s = np.where(missing_mw > tolerance_mw, memory.below_s + dt_s, 0.0)
    memory.above_s = np.where(missing_mw < -tolerance_mw, memory.above_s + dt_s, 0.0)
    memory.high_left_s = np.maximum(memory.high_left_s - dt_s, 0.0)
    memory.low_left_s = np.maximum(memory.low_left_s - dt_s, 0.0)
    patience_s = max(PATIENCE_S, dt_s)
    disobeys_high, disobeys_low = memory.below_s >= patience_s, memory.above_s >= patience_s
    memory.high_left_s = np.where(disobeys_high, RETRY_S, memory.high_left_s)
    memory.low_left_s = np.where(disobeys_low, RETRY_S, memory.low_left_s)
    memory.found_high_mw = np.where(disobeys_high, measured_mw, memory.found_high_mw)
    memory.found_low_mw = np.where(disobeys_low, measured_mw, memory.found_low_mw)
    memory.found_high_mw = np.where(memory.high_left_s > 0.0, memory.found_high_mw, np.inf)
    memory.found_low_mw = np.where(memory.low_left_s > 0.0, memory.found_low_mw, -np.inf)


def counted_on(possible: Range, base_mw: np.ndarray, memory: Following) -> Range:
    """The part of a range that a storage is trusted with; its set-point stays in it."""
    low_mw = np.maximum(possible.low_mw, np.minimum(memory.found_low_mw, base_mw))
    high_mw = np.minimum(possible.high_mw, np.maximum(memory.found_high_mw, base_mw))
    return Range(np.minimum(low_mw, base_mw), np.maximum(high_mw, base_mw))


def disobedient(memory: Following) -> np.ndarray:
    """(n,) whether a limit was found and still counts."""
    return (memory.high_left_s > 0.0) | (memory.low_left_s > 0.0)
