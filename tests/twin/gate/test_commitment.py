"""The nearest pattern of a unit is feasible and as cheap as the best of all patterns, which small horizons can list."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.gate.repair.commitment import UnitTimes, nearest_pattern

FREE = UnitTimes(1, 1, on_before=False, locked_steps=0)


def feasible(pattern: tuple[bool, ...], unit: UnitTimes) -> bool:
    """By the words of the law: a state entered within the horizon lasts its minimum, unless the horizon ends it."""
    runs = [(on, len(list(members))) for on, members in itertools.groupby(pattern)]
    if runs[0][0] is unit.on_before:
        if len(runs) > 1 and runs[0][1] < unit.locked_steps:
            return False
        inner = runs[1:-1]
    elif unit.locked_steps > 0:
        return False
    else:
        inner = runs[:-1]
    return all(length >= (unit.min_up_steps if on else unit.min_down_steps) for on, length in inner)


def cost(pattern, on: list[float], off: list[float]) -> float:
    return sum(on[k] if runs else off[k] for k, runs in enumerate(pattern))


@given(st.data())
def test_no_feasible_pattern_is_cheaper(data: st.DataObject) -> None:
    steps = data.draw(st.integers(1, 8))
    costs = st.lists(st.integers(0, 20).map(float), min_size=steps, max_size=steps)
    on, off = data.draw(costs), data.draw(costs)
    unit = UnitTimes(data.draw(st.integers(0, 4)), data.draw(st.integers(0, 4)), data.draw(st.booleans()),
                     data.draw(st.integers(0, 5)))
    found = tuple(bool(x) for x in nearest_pattern(on, off, unit))
    all_feasible = [p for p in itertools.product((False, True), repeat=steps) if feasible(p, unit)]
    assert found in all_feasible
    assert cost(found, on, off) == min(cost(p, on, off) for p in all_feasible)


def test_a_stop_too_short_is_bridged_where_that_is_nearer_than_stopping_longer() -> None:
    # 8 quarters on but for one; standing must last 4: bridging costs 1 step, standing on costs 3
    wanted = np.array([1, 1, 1, 0, 1, 1, 1, 1.0])
    unit = UnitTimes(4, 4, on_before=True, locked_steps=0)
    assert nearest_pattern((wanted - 1) ** 2, wanted**2, unit).all()


def test_a_unit_just_started_stays_on() -> None:
    unit = UnitTimes(8, 8, on_before=True, locked_steps=3)
    assert nearest_pattern([1.0] * 6, [0.0] * 6, unit).tolist() == [True] * 3 + [False] * 3


def test_what_the_horizon_cuts_off_need_not_be_complete() -> None:
    unit = UnitTimes(8, 8, on_before=False, locked_steps=0)
    assert nearest_pattern([9, 9, 0, 0], [0, 0, 9, 9], unit).tolist() == [False, False, True, True]


def test_of_equal_patterns_the_one_that_switches_latest() -> None:
    assert nearest_pattern([0.0] * 3, [0.0] * 3, FREE).tolist() == [False] * 3


@pytest.mark.parametrize(("in_state_h", "locked"), [(0.0, 8), (0.5, 6), (0.6, 6), (0.75, 5), (2.0, 0), (24.0, 0)])
def test_hours_become_steps_a_part_of_one_being_a_whole_one(in_state_h: float, locked: int) -> None:
    unit = UnitTimes.of_hours(2.0, 1.0, on_before=True, in_state_h=in_state_h, dt_h=0.25)
    assert (unit.min_up_steps, unit.min_down_steps, unit.locked_steps) == (8, 4, locked)
