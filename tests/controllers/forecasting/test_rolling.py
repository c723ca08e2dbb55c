"""Days that roll by target."""

from __future__ import annotations

import numpy as np

from controllers.forecasting.rolling import with_day

NAN = np.nan


def test_each_target_forgets_by_its_own_days() -> None:
    """Two targets, three days kept; the second is not measured on the third and fourth day."""
    days = np.empty((0, 2))
    for newest in ([1.0, 10.0], [2.0, 20.0], [3.0, NAN], [4.0, NAN], [5.0, 50.0]):
        days = with_day(days, np.array(newest), 3)
    assert days.tolist() == [[3.0, 10.0], [4.0, 20.0], [5.0, 50.0]]


def test_an_unknown_day_of_a_young_target_stands_first() -> None:
    days = with_day(with_day(np.empty((0, 1, 2)), np.array([[1.0, NAN]]), 5), np.array([[NAN, NAN]]), 5)
    assert np.array_equal(days, [[[NAN, NAN]], [[1.0, NAN]]], equal_nan=True)
