"""The nearest point under linear limits is that of geometry, and what is missed is missed by price."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.gate.repair.projection_qp import LinearLimit, nearest_point


def limit(values, bound: float, price: float = 1e4, label: str = "limit") -> LinearLimit:
    return LinearLimit(label, np.arange(len(values)), np.array(values, dtype=float), bound, price)


def source(*limits: LinearLimit):
    """What a point violates."""
    return lambda x: [one for one in limits if one.values @ x[one.columns] > one.bound + 1e-9]


def nearest(anchor, *limits: LinearLimit, low=-100.0, high=100.0, scale=None):
    n = len(anchor)
    return nearest_point(np.array(anchor, dtype=float), np.full(n, low), np.full(n, high),
                         np.ones(n) if scale is None else np.array(scale, dtype=float), [source(*limits)])


def test_without_a_violated_limit_nothing_moves() -> None:
    found = nearest([1.0, 2.0], limit([1, 1], 5.0))
    assert found.x.tolist() == [1.0, 2.0]
    assert found.binding == () and found.missed == ()


def test_on_a_half_space_the_nearest_point_is_the_foot_of_the_perpendicular() -> None:
    # (3, 4) to 3x + 4y ≤ 20: outside by 5 lengths of 25/5, so 1 × (3, 4)/5 back
    assert nearest([3.0, 4.0], limit([3, 4], 20.0)).x == pytest.approx([3 - 0.6, 4 - 0.8], abs=1e-9)


def test_distances_count_in_scales() -> None:
    # moves go with scale²: of 5 to be taken off, 4/5 by the one with twice the rating
    assert nearest([5.0, 5.0], limit([1, 1], 5.0), scale=[2, 1]).x == pytest.approx([1.0, 4.0], abs=1e-9)


def test_where_one_bound_stops_another_set_point_does_the_rest() -> None:
    assert nearest([5.0, 5.0], limit([1, 1], 5.0), low=2.0).x == pytest.approx([2.5, 2.5], abs=1e-9)
    assert nearest([5.0, 5.0], limit([1, 0.5], 3.0), low=2.0, high=9.0).x == pytest.approx([2.0, 2.0], abs=1e-9)


def test_of_contradictory_limits_the_dear_one_holds_and_the_cheap_one_is_told() -> None:
    found = nearest([0.0], limit([1], -2.0, price=1e3, label="dear"), limit([-1], -3.0, price=1e2, label="cheap"))
    assert found.x == pytest.approx([-2.0], abs=1e-6)
    [missed] = found.missed
    assert missed.limit.label == "cheap"
    assert missed.excess == pytest.approx(5.0, abs=1e-6)


def test_a_limit_stated_twice_is_no_harder() -> None:
    one, two = limit([1, 1], 4.0, label="a"), limit([2, 2], 8.0, label="b")
    assert nearest([3.0, 3.0], one, two).x == pytest.approx([2.0, 2.0], abs=1e-9)


@given(st.data())
def test_no_admissible_point_is_nearer(data: st.DataObject) -> None:
    """Along the way to any admissible point the distance grows: the law of the nearest point of a convex set."""
    n = data.draw(st.integers(1, 4))
    numbers = st.floats(-4, 4).map(lambda x: round(x, 2))
    rows = data.draw(st.lists(st.lists(numbers, min_size=n, max_size=n).filter(lambda r: max(map(abs, r)) > 0.1),
                              min_size=1, max_size=4))
    inside = np.array(data.draw(st.lists(numbers, min_size=n, max_size=n)))
    limits = [limit(row, float(np.dot(row, inside)) + data.draw(st.floats(0.0, 1.0)), price=math.inf, label=str(k))
              for k, row in enumerate(rows)]
    anchor = np.array(data.draw(st.lists(numbers, min_size=n, max_size=n)))
    found = nearest(anchor, *limits)
    for one in limits:
        assert one.values @ found.x <= one.bound + 1e-6
    assert (inside - found.x) @ (found.x - anchor) >= -1e-5
