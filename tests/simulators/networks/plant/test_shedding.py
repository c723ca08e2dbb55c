"""Who goes without in a shortage: never the first priority, the lowest first, nobody within the grace if it is small,
and nobody for a shortage in another part of the network."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.networks.heat.records import CONSUMER, CONSUMER_IN, NODE, NONE, SOURCE
from simulators.networks.plant.shedding import CUT_MW, RELEASE_S, SHORT_S, homes, new_memory, remember, throttle

POOL_THEN_HOUSE = np.array([2, 1, 0], np.int64)
"""Of hospital 0, house 1 and pool 2."""
HOMES = np.array([NONE, 0, 0], np.int64)
"""The hospital is never cut; the others belong to source 0."""
ASKED_MW = np.array([0.5, 0.4, 0.3])
MINUTE_S = 60.0


def throttled(cut_mw: float, asked_mw: np.ndarray = ASKED_MW, order: np.ndarray = POOL_THEN_HOUSE,
              home: np.ndarray = HOMES) -> list[float]:
    consumers = np.zeros(asked_mw.size, CONSUMER_IN)
    throttle(consumers, asked_mw, order, home, np.array([cut_mw]))
    return list(consumers["heat_mw"].tolist())


def after(memory: np.ndarray, missing_mw: float, *, given_mw: float = 1.0, grace_s: float = 600.0, times: int = 1,
          starting: float = 0.0, asked_mw: np.ndarray = ASKED_MW) -> list[float]:
    """Duration of the shortage and cut, after so many minutes."""
    for _ in range(times):
        remember(memory, asked_mw, HOMES, np.array([given_mw]), np.array([missing_mw]), np.array([starting]), grace_s,
                 MINUTE_S)
    return [float(memory[SHORT_S, 0]), float(memory[CUT_MW, 0])]


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
    order = list(range(len(asked)))
    shuffle.shuffle(order)  # type: ignore[attr-defined]
    asked_mw = sign * np.array(asked)
    home = np.array([NONE] + [0] * (len(asked) - 1), np.int64)
    left = np.array(throttled(cut_mw, asked_mw, np.array(order, np.int64), home))
    sheddable_mw = sum(asked[1:])
    assert np.all(sign * left >= 0.0) and np.all(np.abs(left) <= np.abs(asked_mw))
    assert np.abs(asked_mw).sum() - np.abs(left).sum() == pytest.approx(min(cut_mw, sheddable_mw), abs=1e-9)
    assert left[0] == asked_mw[0]


def test_nobody_is_cut_for_a_small_shortage_within_the_grace() -> None:
    """A sixth is missing; 600 s are ten minutes of shortage, with the eleventh what is missing is cut."""
    memory = new_memory(1)
    assert after(memory, 0.2, times=10) == [600.0, 0.0]
    assert after(memory, 0.2) == [660.0, pytest.approx(0.2)]


def test_a_large_shortage_is_cut_at_once_and_so_is_what_is_still_missing() -> None:
    """A third; then a ninth, which alone would be waited for."""
    memory = new_memory(1)
    assert after(memory, 0.5) == [60.0, pytest.approx(0.5)]
    assert after(memory, 0.125) == [120.0, pytest.approx(0.625)]


def test_the_grace_holds_for_a_large_shortage_too_while_a_plant_starts() -> None:
    memory = new_memory(1)
    assert after(memory, 1.0, times=10, starting=1.0) == [600.0, 0.0]
    assert after(memory, 1.0, starting=1.0) == [660.0, pytest.approx(0.7)]


def test_without_grace_the_first_shortage_counts() -> None:
    assert after(new_memory(1), 0.2, grace_s=0.0) == [60.0, pytest.approx(0.2)]


def test_what_is_still_missing_is_cut_as_well_up_to_all_that_can_be() -> None:
    memory = new_memory(1)
    assert after(memory, 0.2, grace_s=0.0, times=2)[1] == pytest.approx(0.4)
    assert after(memory, 5.0, grace_s=0.0, times=3)[1] == pytest.approx(0.7)


def test_less_than_a_tenth_is_no_shortage() -> None:
    """Plants start, tanks switch: 0.11 MW of 1.11 MW are 9.9 %."""
    assert after(new_memory(1), 0.11, grace_s=0.0, times=20) == [0.0, 0.0]


def test_valves_open_again_by_and_by_and_the_grace_starts_anew() -> None:
    """Exponentially, and to the end: below a thousandth of what can be cut, nothing is cut."""
    memory = new_memory(1)
    after(memory, 0.5, grace_s=0.0)
    short_s, cut_mw = after(memory, 0.0, times=30)
    assert cut_mw == pytest.approx(0.5 * math.exp(-30 * MINUTE_S / RELEASE_S))
    assert short_s > 0.0, "a shortage that comes back meanwhile is cut without a new grace"
    assert after(memory, 0.0, times=300) == [0.0, 0.0]


def test_a_demand_that_falls_takes_the_cut_down_with_it() -> None:
    memory = new_memory(1)
    after(memory, 0.6, grace_s=0.0)
    assert after(memory, 0.5, grace_s=0.0, asked_mw=ASKED_MW / 10.0)[1] == pytest.approx(0.07)


def homes_of(part_of_source: list[int], part_of_consumer: list[int], priority: list[int]) -> list[list[int]]:
    """A node for each source, then for each consumer."""
    nodes = np.zeros(len(part_of_source) + len(part_of_consumer), NODE)
    nodes["part"] = part_of_source + part_of_consumer
    sources, consumers = np.zeros(len(part_of_source), SOURCE), np.zeros(len(part_of_consumer), CONSUMER)
    sources["node"] = range(len(part_of_source))
    consumers["node"] = np.arange(len(part_of_consumer)) + len(part_of_source)
    return [found.tolist() for found in homes(nodes, sources, consumers, np.array(priority, np.int64))]


def test_the_first_priority_is_that_of_each_part() -> None:
    """West (part 0, sources 0 and 2): hospital 1 and house 2; east (part 1, source 1): shop 2 and pool 3; a hut out of
    reach. House and pool can be cut, each by its own part; the shop is the first of the east."""
    sources, consumers = homes_of([0, 1, 0], [0, 0, 1, 1, NONE], [1, 2, 2, 3, 9])
    assert sources == [0, 1, 0]
    assert consumers == [NONE, 0, NONE, 1, NONE]


def test_with_one_priority_alone_nobody_can_be_cut() -> None:
    assert homes_of([0], [0, 0], [2, 2])[1] == [NONE, NONE]


def test_a_shortage_of_one_part_is_none_of_the_others() -> None:
    """Missing 0.2 MW at source 0, whose only consumer that can be cut is 0; source 1 gives what it should to 1."""
    memory, home = new_memory(2), np.array([0, 1], np.int64)
    asked_mw = np.array([0.5, 0.5])
    remember(memory, asked_mw, home, np.array([0.3, 0.5]), np.array([0.2, 0.0]), np.zeros(2), 0.0, MINUTE_S)
    assert memory.tolist() == [[60.0, 0.0], [pytest.approx(0.2), 0.0]]
    consumers = np.zeros(2, CONSUMER_IN)
    throttle(consumers, asked_mw, np.array([1, 0], np.int64), home, memory[CUT_MW])
    assert consumers["heat_mw"].tolist() == pytest.approx([0.3, 0.5])
