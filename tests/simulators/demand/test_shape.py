"""A daily shape is bent to a load factor without moving its peak."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simulators.demand.shape import calibrated_shape, load_factor_range, shape_at

profiles = st.lists(st.floats(0.01, 10.0), min_size=24, max_size=24).map(np.array)


NEARLY_EQUAL = np.array([1.0] * 22 + [np.nextafter(10.0, 0.0), 10.0])
"""Only a very large power tells the last two hours apart."""


@example(NEARLY_EQUAL, 0.03125)
@given(profiles, st.floats(0.001, 0.999))
def test_mean_is_the_load_factor_and_maximum_is_one(profile: np.ndarray, position: float) -> None:
    low, high = load_factor_range(profile)
    load_factor = low + position * (high - low)

    shape = calibrated_shape(profile, load_factor)

    assert shape.mean() == pytest.approx(load_factor, rel=1e-12)
    assert shape.max() == 1.0
    assert shape.min() >= 0.0


@given(profiles)
def test_order_of_the_hours_is_kept(profile: np.ndarray) -> None:
    low, _ = load_factor_range(profile)
    shape = calibrated_shape(profile, 0.5 * (low + 1.0))

    assert np.all(np.diff(shape[np.argsort(profile, kind="stable")]) >= 0.0)


def test_load_factor_one_is_flat() -> None:
    assert calibrated_shape(np.arange(1.0, 25.0), 1.0).tolist() == [1.0] * 24


def test_curve_passes_through_the_middle_of_each_hour_and_round_midnight() -> None:
    values = np.zeros(24)
    values[23], values[0] = 1.0, 3.0

    # half past eleven, midnight half way, half past midnight, then down to hour 1
    assert shape_at(values, np.array([23.5, 0.0, 24.0, 0.5, 1.0])).tolist() == [1.0, 2.0, 2.0, 3.0, 1.5]
