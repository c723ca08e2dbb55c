"""Shortest storages first, equals alike, each within its room."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.real_time.sharing import by_duration, fill, room_around
from controllers.real_time.storages import Range, Storages
from twin.nameplate import StorageNameplate


def plate(power_mw: float, energy_mwh: float) -> StorageNameplate:
    return StorageNameplate(power_mw, power_mw, energy_mwh, 1.0, 1.0, 0.0, 1.0, 0.0)


def test_order_is_by_duration_whatever_the_order_of_the_assets() -> None:
    """4 h, 54 s, 4 h, 1 h: the 54 s one, the 1 h one, then both of 4 h together."""
    storages = Storages.of([plate(10, 40), plate(1, 0.015), plate(5, 20), plate(2, 2)])
    assert [group.tolist() for group in by_duration(storages)] == [[1], [3], [0, 2]]


@pytest.mark.parametrize(("amount", "expected"), [
    (0.5, [0.0, 0.5, 0.0]), (1.0, [0.0, 1.0, 0.0]), (4.0, [2.0, 1.0, 1.0]), (99.0, [6.0, 1.0, 3.0]),
    (-0.5, [0.0, -0.5, 0.0]), (-7.0, [-4.0, -1.0, -2.0]), (0.0, [0.0, 0.0, 0.0]),
])
def test_the_first_group_takes_what_it_can_and_equals_share_by_room(amount: float, expected: list[float]) -> None:
    room = Range(np.array([-6.0, -1.0, -3.0]), np.array([6.0, 1.0, 3.0]))
    assert fill(amount, room, (np.array([1]), np.array([0, 2]))).tolist() == pytest.approx(expected)


@given(st.floats(-50, 50), st.lists(st.tuples(st.floats(0, 10), st.floats(0, 10)), min_size=1, max_size=5))
def test_all_is_given_that_fits(amount: float, rooms: list[tuple[float, float]]) -> None:
    room = Range(-np.array([low for low, _ in rooms]), np.array([high for _, high in rooms]))
    given_mw = fill(amount, room, tuple(np.array([i]) for i in range(len(rooms))))
    assert (room.low_mw <= given_mw).all()
    assert (given_mw <= room.high_mw).all()
    possible = min(max(amount, room.low_mw.sum()), room.high_mw.sum())
    assert given_mw.sum() == pytest.approx(possible, abs=1e-9)


def test_room_is_what_is_left_around_a_power() -> None:
    room = room_around(np.array([3.0, -1.0]), Range(np.array([-10.0, -1.0]), np.array([10.0, 1.0])))
    assert room.low_mw.tolist() == [-13.0, 0.0]
    assert room.high_mw.tolist() == [7.0, 2.0]
