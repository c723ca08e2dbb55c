"""Motions are exact over any interval: cut into pieces they end and add up the same."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.devices.motion import SETTLED_MW, lag, ramp

powers = st.floats(-10.0, 10.0)


def test_a_ramp_that_does_not_arrive_is_a_trapezium() -> None:
    # 2 MW/s for 3 s from 1 MW towards 10 MW
    assert ramp(1.0, 10.0, 2.0, 3.0) == (7.0, 4.0)
    assert ramp(1.0, -10.0, 2.0, 3.0) == (-5.0, -2.0)


def test_an_infinite_rate_is_there_at_once() -> None:
    assert ramp(0.0, 5.0, math.inf, 0.1) == (5.0, 5.0)


def test_a_lag_has_come_63_percent_after_its_time_constant() -> None:
    end, mean = lag(0.0, 1.0, 0.01, 0.01)
    assert end == pytest.approx(1.0 - math.exp(-1.0))
    assert mean == pytest.approx(math.exp(-1.0))


def test_a_lag_arrives_within_a_watt() -> None:
    # ln(1e7) time constants bring 10 MW within a watt
    assert lag(0.0, 10.0, 0.01, 0.01 * math.log(1e7) + 1e-6)[0] == 10.0
    assert lag(0.0, 10.0, 0.01, 0.01 * math.log(1e7) - 1e-3)[0] < 10.0 - SETTLED_MW


@given(value=powers, target=powers, speed=st.floats(0.01, 100.0), dt_s=st.floats(0.1, 60.0),
       cut=st.floats(0.05, 0.95))
def test_two_pieces_are_one_whole(value: float, target: float, speed: float, dt_s: float, cut: float) -> None:
    for move in (ramp, lag):
        end, mean = move(value, target, speed, dt_s)
        middle, first = move(value, target, speed, cut * dt_s)
        end_of_two, second = move(middle, target, speed, (1.0 - cut) * dt_s)
        assert end_of_two == pytest.approx(end, abs=2 * SETTLED_MW)
        assert cut * first + (1.0 - cut) * second == pytest.approx(mean, abs=2 * SETTLED_MW)
        assert min(value, target) <= end <= max(value, target), "never past the target"
