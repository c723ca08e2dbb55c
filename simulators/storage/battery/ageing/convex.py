"""Convex piecewise-linear functions of one variable, for linear programs.

What a law gives may be concave in places; an optimiser needs a convex cost or integers. The greatest convex function
below the points keeps the ends exactly, and its slopes are those of the points averaged where they fall (pool adjacent
violators: R. E. Barlow et al., Statistical Inference under Order Restrictions, 1972).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulators.storage.battery.ageing.usage import Floats


@dataclass(frozen=True, slots=True)
class ConvexCurve:
    """A convex function as straight pieces: value at the first breakpoint, slopes that never fall."""

    breakpoints: Floats
    """(N + 1,) rising."""
    slopes: Floats
    """(N,) not falling."""
    start: float
    """Value at the first breakpoint."""

    def __call__(self, x: Any) -> Any:
        """Value at floats, arrays or symbols: the highest of the lines, beyond the breakpoints too."""
        value = self.start + self.slopes[0] * (x - self.breakpoints[0])
        height = self.start
        for k in range(1, self.slopes.size):
            height += self.slopes[k - 1] * (self.breakpoints[k] - self.breakpoints[k - 1])
            value = np.fmax(value, height + self.slopes[k] * (x - self.breakpoints[k]))
        return value


def convex_minorant(x: Floats, y: Floats) -> ConvexCurve:
    """Greatest convex function through or below points.

    Parameters
    ----------
    x : (N + 1,) rising, N ≥ 1.
    y : (N + 1,).
    """
    widths = np.diff(x)
    if x.shape != y.shape or widths.size == 0 or not (widths > 0.0).all():
        raise ValueError("a curve needs at least two points with rising x")
    pools: list[tuple[float, float, int]] = []
    for width, slope in zip(widths.tolist(), (np.diff(y) / widths).tolist(), strict=True):
        pieces = 1
        while pools and pools[-1][0] > slope:
            before, before_width, before_pieces = pools.pop()
            slope = (before * before_width + slope * width) / (before_width + width)
            width += before_width
            pieces += before_pieces
        pools.append((slope, width, pieces))
    slopes = np.concatenate([np.full(pieces, slope) for slope, _, pieces in pools])
    return ConvexCurve(np.asarray(x, float), slopes, float(y[0]))
