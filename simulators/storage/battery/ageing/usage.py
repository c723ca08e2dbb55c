"""What is remembered of the use of a block between steps: one record, and a short list of turning points.

Shared by rainflow counting (rainflow.py), its alternative (reversals.py) and spans (spans.py). Of fixed size.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Records: TypeAlias = NDArray[np.void]
Record: TypeAlias = Any
"""One element of Records: compiled code reads its fields as attributes."""

USAGE = np.dtype([
    ("soc", np.float64),
    ("points", np.int64),
    ("fec", np.float64),
    ("age_s", np.float64),
    ("span_s", np.float64),
    ("span_moved", np.float64),
    ("span_low", np.float64),
    ("span_high", np.float64),
])
"""State of charge now; turning points in the list; full cycles and time so far; open span: time, sum of |changes|,
lowest and highest state of charge."""

SOC, MOVED_RATE, MOVED_DEGC = range(3)
"""Columns of a turning point: its state of charge, and of the leg that begins there: C-rate and temperature, summed
over its way. The last leg ends at the present state of charge."""
TURNING_POINTS = 64
"""Rows. Real use seldom leaves more than twenty unclosed; what happens when it does: rainflow.py."""


def fresh_usage(soc: float) -> tuple[Records, Floats]:
    """Memory of a block without history, at a state of charge."""
    usage = np.zeros(1, USAGE)
    usage["soc"] = usage["span_low"] = usage["span_high"] = soc
    usage["points"] = 1
    turning = np.zeros((1, TURNING_POINTS, 3))
    turning[0, 0, SOC] = soc
    return usage, turning
