"""The state of ageing: copies go on bit for bit, blocks keep their own wear."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.storage.battery.ageing import LAWS, Ageing, augmented, removed, replaced, worn
from simulators.storage.battery.ageing.state import same
from tests.simulators.storage.ageing.uses import Floats, one_cycle_a_day

AGEING = Ageing(list(LAWS))
USE = st.lists(st.tuples(st.floats(0, 1), st.floats(-10, 50)), min_size=1, max_size=80)


def year(days: int = 200) -> Floats:
    return one_cycle_a_day(3600, days)[1:]


@settings(max_examples=30, deadline=None)
@given(USE, st.integers(0, 80), st.sampled_from([60.0, 900.0, 40_000.0]))
def test_run_and_run_copy_run_agree_bit_for_bit(use: list[tuple[float, float]], stop: int, dt_s: float) -> None:
    straight = AGEING.fresh(0.5, (0.6, 0.4))
    for soc, degc in use:
        AGEING.advance(straight, soc, degc, dt_s)
    first = AGEING.fresh(0.5, (0.6, 0.4))
    for soc, degc in use[:stop]:
        AGEING.advance(first, soc, degc, dt_s)
    second = copy.deepcopy(first)
    for soc, degc in use[stop:]:
        AGEING.advance(second, soc, degc, dt_s)
    assert same(straight, second)


@settings(max_examples=20, deadline=None)
@given(USE)
def test_many_steps_in_one_call_are_the_same_steps(use: list[tuple[float, float]]) -> None:
    one_by_one, at_once = AGEING.fresh(0.5), AGEING.fresh(0.5)
    for soc, degc in use:
        AGEING.advance(one_by_one, soc, degc, 900.0)
    AGEING.run(at_once, np.array([soc for soc, _ in use]), np.array([degc for _, degc in use]), 900.0)
    assert same(one_by_one, at_once)


def test_reporting_changes_nothing_and_counts_nothing_twice() -> None:
    """Asked after every step or never: the same battery. And what is provisional now is final once its loops close."""
    asked, silent = AGEING.fresh(0.1), AGEING.fresh(0.1)
    for soc in year(20):
        AGEING.advance(asked, soc, 25.0, 3600.0)
        AGEING.advance(silent, soc, 25.0, 3600.0)
        AGEING.health(asked)
    assert same(asked, silent)
    naumann = Ageing(["naumann_lfp"])
    state = naumann.fresh(0.1)
    naumann.run(state, np.array([0.5, 0.9]), 25.0, 3600.0)
    open_leg = naumann.losses(state)[0, 0]
    assert open_leg[1] > 0.0 and state.losses[0, 0, 1] == 0.0
    naumann.advance(state, 0.1, 25.0, 3600.0)
    assert state.losses[0, 0, 1] == open_leg[1]


def test_health_over_time_is_that_of_the_moment() -> None:
    state = AGEING.fresh(0.1)
    history = AGEING.run(state, year(30), 25.0, 3600.0, every=24 * 10)
    assert history.time_s.tolist() == [864_000.0, 1_728_000.0, 2_592_000.0]
    assert history.capacity[-1].tolist() == AGEING.health(state).capacity.tolist()
    assert (np.diff(history.capacity, axis=0) < 0.0).all()


def test_throughput_time_and_histogram_of_two_hundred_days() -> None:
    state = AGEING.fresh(0.1)
    AGEING.run(state, year(), 25.0, 3600.0)
    assert state.usage["fec"][0] == pytest.approx(200 * 0.8)
    assert state.usage["age_s"][0] == 200 * 86_400
    closed = state.histogram[0]
    assert closed.sum() == pytest.approx(199.5)
    assert np.argwhere(closed > 0)[:, 1].tolist() == [5] * len(np.argwhere(closed > 0))
    assert set(np.argwhere(closed > 0)[:, 0].tolist()) <= {15, 16}


def test_a_block_added_later_starts_new_and_leaves_the_old_one_as_it_is() -> None:
    alone, joined = AGEING.fresh(0.1), AGEING.fresh(0.1)
    AGEING.run(alone, year(), 30.0, 3600.0)
    AGEING.run(joined, year(), 30.0, 3600.0)
    joined = augmented(joined, 0.25)
    assert joined.losses[0].tobytes() == alone.losses[0].tobytes() and joined.losses[1].sum() == 0.0
    AGEING.run(alone, year(), 30.0, 3600.0)
    AGEING.run(joined, year(), 30.0, 3600.0)
    new = AGEING.fresh(0.1)
    AGEING.run(new, year(), 30.0, 3600.0)
    assert joined.losses[0].tobytes() == alone.losses[0].tobytes()
    assert joined.losses[1].tobytes() == new.losses[0].tobytes()


def test_replacing_a_block_does_not_reset_the_others() -> None:
    state = AGEING.fresh(0.1, (0.7, 0.3))
    AGEING.run(state, year(), 30.0, 3600.0)
    kept = state.losses[0].copy()
    changed = replaced(state, 1)
    assert changed.shares.tolist() == [0.7, 0.3]
    assert changed.losses[0].tobytes() == kept.tobytes() and changed.losses[1].sum() == 0.0
    assert changed.usage["fec"].tolist() == [state.usage["fec"][0], 0.0]
    assert state.losses[1].sum() > 0.0


def test_capacity_is_the_sum_and_resistance_the_parallel_of_the_blocks() -> None:
    """0.8 of the first block's 1.0 and 0.9 of an added 0.5: 1.25; conductances 1 / 1.6 + 0.5 / 1.25 = 1.025."""
    ageing = Ageing(["naumann_lfp"])
    state = augmented(ageing.fresh(0.5, losses=worn(0.2, 0.6)), 0.5, worn(0.1, 0.25))
    health = ageing.health(state)
    assert health.capacity == pytest.approx([1.25])
    assert health.resistance == pytest.approx([1 / 1.025])


def test_a_law_without_resistance_says_nothing_of_it() -> None:
    ageing = Ageing(["naumann_lfp", "blast_prismatic_lfp"])
    state = ageing.fresh(0.1)
    history = ageing.run(state, year(), 30.0, 3600.0)
    assert np.isnan(history.resistance).tolist() == [[False, True]]
    assert np.isnan(ageing.health(state).resistance).tolist() == [False, True]


def test_a_battery_has_at_least_one_block() -> None:
    state = AGEING.fresh(0.5)
    with pytest.raises(ValueError, match="the only block"):
        removed(state, 0)
    with pytest.raises(ValueError, match="no block 3; this battery has blocks 0 to 0"):
        removed(state, 3)
    with pytest.raises(ValueError, match="no block -1"):
        replaced(state, -1)


@pytest.mark.parametrize("shares", [(), (0.5, 0.0), (float("nan"),), (-1.0,)])
def test_shares_that_are_none_are_refused(shares: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="positive numbers"):
        AGEING.fresh(0.5, shares)


def test_memory_does_not_grow() -> None:
    state = AGEING.fresh(0.5)
    sizes = [field.nbytes for field in (state.usage, state.turning, state.losses, state.rates, state.histogram)]
    shrinking = 0.5 + 0.4 * np.resize([1.0, -1.0], 500) * np.linspace(1.0, 0.01, 500)
    AGEING.run(state, shrinking, 25.0, 900.0)
    assert [field.nbytes for field in (state.usage, state.turning, state.losses, state.rates, state.histogram)] == sizes
    assert state.usage["points"][0] <= state.turning.shape[1]
    assert state.usage["fec"][0] == pytest.approx(np.abs(np.diff(np.r_[0.5, shrinking])).sum() / 2)
