"""Who goes without in a shortage: never the first priority, the lowest first, and nobody within the grace."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.networks.heat.records import CONSUMER_IN
from simulators.networks.plant.shedding import CUT_MW, RELEASE_S, SHORT_S, new_memory, remember, throttle

POOL_THEN_HOUSE = np.array([2, 1], np.int64)
"""Of hospital 0, house 1 and pool 2; the hospital is never on the list."""
ASKED_MW = np.array([0.5, 0.4, 0.3])
MINUTE_S = 60.0


def throttled(cut_mw: float, asked_mw: np.ndarray = ASKED_MW, order: np.ndarray = POOL_THEN_HOUSE) -> list[float]:
    consumers = np.zeros(asked_mw.size, CONSUMER_IN)
    throttle(consumers, asked_mw, order, cut_mw)
    return list(consumers["heat_mw"].tolist())


def after(memory: np.ndarray, missing_mw: float, *, given_mw: float = 1.0, grace_s: float = 600.0,
          times: int = 1) -> np.ndarray:
    for _ in range(times):
        remember(memory, ASKED_MW, POOL_THEN_HOUSE, given_mw, missing_mw, grace_s, MINUTE_S)
    return memory


@pytest.mark.parametrize(("cut_mw", "expected"), [
    (0.0, [0.5, 0.4, 0.3]), (0.1, [0.5, 0.4, 0.2]), (0.3, [0.5, 0.4, 0.0]), (0.5, [0.5, 0.2, 0.0]),
    (0.7, [0.5, 0.0, 0.0]), (9.0, [0.5, 0.0, 0.0]),
])
def test_the_lowest_priority_is_cut_first_and_the_first_never(cut_mw: float, expected: list[float]) -> None:
    assert throttled(cut_mw) == pytest.approx(expected)


def test_demands_of_a_cooling_network_are_cut_towards_zero_too() -> None:
    assert throttled(0.5, -ASKED_MW) == pytest.approx([-0.5, -0.2, 0.0])


@given(st.lists(st.floats(0.0, 10.0), min_size=1, max_size=6), st.floats(0.0, 100.0), st.sampled_from([1.0, -1.0]),
       st.randoms(use_true_random=False))
def test_what_is_cut_is_what_was_to_be_cut_or_all_there_is(
    asked: list[float], cut_mw: float, sign: float, shuffle: object
) -> None:
    order = list(range(1, len(asked)))
    shuffle.shuffle(order)  # type: ignore[attr-defined]
    asked_mw = sign * np.array(asked)
    left = np.array(throttled(cut_mw, asked_mw, np.array(order, np.int64)))
    sheddable_mw = sum(asked[1:])
    assert np.all(sign * left >= 0.0) and np.all(np.abs(left) <= np.abs(asked_mw))
    assert np.abs(asked_mw).sum() - np.abs(left).sum() == pytest.approx(min(cut_mw, sheddable_mw), abs=1e-9)
    assert left[0] == asked_mw[0]


def test_nobody_is_cut_within_the_grace() -> None:
    """600 s are ten minutes of shortage; with the eleventh what is missing is cut."""
    memory = after(new_memory(), 0.2, times=10)
    assert (memory[SHORT_S], memory[CUT_MW]) == (600.0, 0.0)
    assert after(memory, 0.2)[CUT_MW] == pytest.approx(0.2)


def test_without_grace_the_first_shortage_counts() -> None:
    assert after(new_memory(), 0.2, grace_s=0.0)[CUT_MW] == pytest.approx(0.2)


def test_what_is_still_missing_is_cut_as_well_up_to_all_that_can_be() -> None:
    memory = after(new_memory(), 0.2, grace_s=0.0, times=2)
    assert memory[CUT_MW] == pytest.approx(0.4)
    assert after(memory, 5.0, grace_s=0.0, times=3)[CUT_MW] == pytest.approx(0.7)


def test_less_than_a_hundredth_is_no_shortage() -> None:
    """Plants start, tanks switch: 9 kW of 1.009 MW are 0.9 %."""
    assert after(new_memory(), 0.009, grace_s=0.0, times=20).tolist() == [0.0, 0.0]


def test_valves_open_again_by_and_by_and_the_grace_starts_anew() -> None:
    """Exponentially, and to the end: below a thousandth of what can be cut, nothing is cut."""
    memory = after(new_memory(), 0.5, grace_s=0.0)
    after(memory, 0.0, times=30)
    assert memory[CUT_MW] == pytest.approx(0.5 * math.exp(-30 * MINUTE_S / RELEASE_S))
    assert memory[SHORT_S] > 0.0, "a shortage that comes back meanwhile is cut without a new grace"
    after(memory, 0.0, times=300)
    assert memory.tolist() == [0.0, 0.0]


def test_a_demand_that_falls_takes_the_cut_down_with_it() -> None:
    memory = after(new_memory(), 0.6, grace_s=0.0)
    remember(memory, ASKED_MW / 10.0, POOL_THEN_HOUSE, 1.0, 0.5, 0.0, MINUTE_S)
    assert memory[CUT_MW] == pytest.approx(0.07)


def test_with_one_priority_alone_nobody_can_be_cut() -> None:
    memory = new_memory()
    remember(memory, ASKED_MW, np.zeros(0, np.int64), 0.0, 1.0, 0.0, MINUTE_S)
    assert memory[CUT_MW] == 0.0
