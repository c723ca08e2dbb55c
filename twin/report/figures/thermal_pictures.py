"""At which instants the map of a thermal network is drawn: few, and none of the bad ones left out."""

from __future__ import annotations

import numpy as np

from twin.report.figures.thermal_series import ThermalSeries

MOST_PICTURES = 24
MOST_PIPES_DRAWN = 1_200
"""Pipes of all pictures together: a large network gets fewer pictures, so that the page stays small."""
LONGEST_EVEN_S = 3_600
"""Up to this interval the pictures show its first step, so that a front is seen moving; beyond it they would show the
same hour of the day again and again, and the step of highest demand says more."""
WIDEST_STEP = 5
"""Between two handy intervals; a run whose step divides none of them nearby gets an odd one."""
INTERVALS_S = (60, 300, 600, 900, 1800, *(3600 * h for h in (1, 2, 3, 4, 6, 8, 12, 24, 48, 96, 168, 384)))


def pictures_of(network: ThermalSeries) -> np.ndarray:
    """Steps to draw, one of each interval: that with most unserved; where all is served see :data:`LONGEST_EVEN_S`."""
    n, step_s = len(network.run.grid_t_s), network.run.grid_step_s
    most = int(np.clip(MOST_PIPES_DRAWN // max(len(network.plate.pipes), 1), 1, MOST_PICTURES))
    length = interval_steps(n, step_s, most)
    unserved, demand = network.worst_unserved(), network.power("demand_mw")
    chosen = []
    for begin in range(0, n, length):
        part = slice(begin, begin + length)
        bad = unserved[part].any() or length * step_s <= LONGEST_EVEN_S
        chosen.append(begin + int(np.argmax(unserved[part] if bad else demand[part])))
    return np.array(chosen, dtype=int)


def interval_steps(n: int, step_s: int, most: int) -> int:
    """Steps of the shortest handy interval that gives at most so many pictures of ``n`` steps."""
    fewest = max(-(-n // most), 1)
    handy = (seconds // step_s for seconds in INTERVALS_S if seconds % step_s == 0)
    return next((steps for steps in handy if fewest <= steps <= WIDEST_STEP * fewest), fewest)


def first_shown(network: ThermalSeries, pictures: np.ndarray) -> int:
    """The picture the map opens with: most unserved, else highest demand."""
    unserved = network.worst_unserved()[pictures]
    return int(np.argmax(unserved if unserved.any() else network.power("demand_mw")[pictures]))
