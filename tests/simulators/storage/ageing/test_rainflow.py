"""Rainflow counting along the way beside the norm, which counts afterwards."""

from __future__ import annotations

import itertools
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.storage.battery.ageing import rainflow_cycles
from tests.simulators.storage.ageing.uses import Floats, one_cycle_a_day, with_ripple

Counts = dict[tuple[float, float], float]

FEC, DEPTH, MEAN, RATE, HEAT = range(5)
WAYS = st.lists(st.integers(0, 64), min_size=2, max_size=120)
"""In 64ths: differences are exact, and equal ranges (the ties of the norm) are frequent."""


def turning_points(way: list[float]) -> list[float]:
    """Peaks and valleys, first and last sample."""
    points = [way[0]]
    for value in way[1:]:
        if value == points[-1]:
            continue
        if len(points) > 1 and (value - points[-1]) * (points[-1] - points[-2]) > 0:
            points[-1] = value
        else:
            points.append(value)
    return points


def norm(way: list[float]) -> Counts:
    """ASTM E1049-85 §5.4.4, steps 1 to 6, on a whole record: (range, mean) → counts."""
    counts: Counts = defaultdict(float)
    left: list[float] = []
    for point in turning_points(way):
        left.append(point)
        while len(left) >= 3:
            x, y = abs(left[-1] - left[-2]), abs(left[-2] - left[-3])
            if x < y:
                break
            key = (y, (left[-2] + left[-3]) / 2)
            if len(left) == 3:
                counts[key] += 0.5
                del left[0]
            else:
                counts[key] += 1.0
                del left[-3:-1]
    for a, b in itertools.pairwise(left):
        counts[abs(b - a), (a + b) / 2] += 0.5
    return counts


def counted(cycles: Floats) -> Counts:
    """The same from our table."""
    counts: Counts = defaultdict(float)
    for fec, depth, mean in cycles[:, :3].tolist():
        counts[depth, mean] += fec / depth
    return counts


def test_the_worked_example_of_the_norm() -> None:
    """ASTM E1049-85 figure 6: A to I = -2, 1, -3, 5, -1, 3, -4, 4, -2."""
    cycles = counted(rainflow_cycles(np.array([-2.0, 1, -3, 5, -1, 3, -4, 4, -2])))
    assert cycles == {(3, -0.5): 0.5, (4, -1): 0.5, (4, 1): 1.0, (8, 1): 0.5, (9, 0.5): 0.5, (8, 0): 0.5, (6, 1): 0.5}


@given(WAYS)
def test_counting_along_the_way_gives_what_the_norm_gives_afterwards(way: list[int]) -> None:
    soc = np.array(way) / 64.0
    assert counted(rainflow_cycles(soc)) == norm(soc.tolist())


@given(WAYS, st.sampled_from([2, 3, 5]))
def test_no_way_is_lost_even_when_the_memory_is_full(way: list[int], rows: int) -> None:
    soc = np.array(way) / 64.0
    cycles = rainflow_cycles(soc, turning_points=rows)
    assert cycles[:, FEC].sum() == np.abs(np.diff(soc)).sum() / 2.0


def test_a_full_memory_counts_its_oldest_and_deepest_leg_as_half_a_cycle() -> None:
    shrinking = np.array([0.0, 1.0, 0.125, 0.875, 0.25, 0.75])
    first = rainflow_cycles(shrinking, residue=False, turning_points=4)
    assert first[:, :2].tolist() == [[0.5, 1.0]]


def test_the_residue_is_left_out_on_request() -> None:
    assert rainflow_cycles(np.array([0.1, 0.9]), residue=False).shape == (0, 5)
    assert rainflow_cycles(np.array([0.1, 0.9]))[:, FEC] == pytest.approx([0.4])


@given(WAYS, st.lists(st.floats(-10, 50), min_size=120, max_size=120))
def test_rate_and_temperature_are_shared_out_without_remainder(way: list[int], heat: list[float]) -> None:
    """Each is a mean over the way: weighted with it, the cycles hold what the steps held."""
    soc, degc = np.array(way) / 64.0, np.array(heat[: len(way)])
    cycles = rainflow_cycles(soc, degc, dt_s=900.0)
    moved = np.abs(np.diff(soc))
    assert (2 * cycles[:, FEC] * cycles[:, RATE]).sum() == pytest.approx((moved * moved / 0.25).sum(), abs=1e-9)
    assert (2 * cycles[:, FEC] * cycles[:, HEAT]).sum() == pytest.approx((moved * degc[1:]).sum(), abs=1e-9)


def test_a_small_loop_takes_its_own_rate_and_temperature_with_it() -> None:
    """Up at 1 C and 20 °C; a dip of 0.25 at 0.5 C and 40 °C, back at 1 C and 20 °C; then half a day of rest."""
    soc = np.array([0.0, 0.25, 0.5, 0.375, 0.25, 0.5, 0.75, 1.0] + [1.0] * 48)
    degc = np.array([20.0, 20, 20, 40, 40, 20, 20, 20] + [0.0] * 48)
    cycles = rainflow_cycles(soc, degc, dt_s=900.0)
    assert cycles[0].tolist() == pytest.approx([0.25, 0.25, 0.375, 0.75, 30.0])
    assert cycles[1].tolist() == pytest.approx([0.5, 1.0, 0.5, 1.0, 20.0])


def test_ripple_adds_small_cycles_and_leaves_the_deep_ones_of_the_day() -> None:
    smooth = one_cycle_a_day(900, 30)
    rippled = with_ripple(smooth, 0.06)
    assert sum(counted(rainflow_cycles(rippled)).values()) > sum(counted(rainflow_cycles(smooth)).values())
    for way in (smooth, rippled):
        deep = [count for (depth, _), count in counted(rainflow_cycles(way)).items() if depth > 0.75]
        assert sum(deep) == pytest.approx(30.0)
