"""Limits of a unit, one at a time and for any sequence of requests.

Each row: power before [MW], hours in that state, request [MW] → delivered [MW] and the limit that is reported.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.conversion.chp_commitment import UnitLimits, decide
from twin.component import Limit

UNIT = UnitLimits(rated_mw=4.0, min_mw=1.2, ramp_mw_per_h=8.0, min_up_h=2.0, min_down_h=2.0)
QUARTER_H = 0.25
"""The ramp allows 2 MW in it."""


@pytest.mark.parametrize(
    ("before_mw", "in_state_h", "request_mw", "delivered_mw", "limit"),
    [
        (3.0, 5.0, 3.5, 3.5, Limit.NONE),
        (3.0, 5.0, 5.0, 4.0, Limit.POWER),
        (0.0, 5.0, -1.0, 0.0, Limit.POWER),
        (2.0, 5.0, 0.5, 1.2, Limit.MINIMUM_LOAD),
        (0.0, 5.0, 0.5, 0.0, Limit.MINIMUM_LOAD),
        (0.0, 5.0, 1.2 - 1e-9, 1.2, Limit.NONE),  # an optimiser's rounding is no other request
        (2.0, 5.0, 1e-9, 0.0, Limit.NONE),
        (2.0, 1.75, 0.0, 1.2, Limit.MINIMUM_UP_TIME),
        (2.0, 2.0, 0.0, 0.0, Limit.NONE),
        (0.0, 1.75, 3.0, 0.0, Limit.MINIMUM_DOWN_TIME),
        (0.0, 2.0, 2.0, 2.0, Limit.NONE),
        (0.0, 5.0, 3.0, 2.0, Limit.RAMP),
        (1.2, 5.0, 4.0, 3.2, Limit.RAMP),
        (4.0, 5.0, 1.2, 2.0, Limit.RAMP),
        (4.0, 5.0, 0.0, 2.0, Limit.RAMP),  # first down, then off
        (3.2, 5.0, 0.0, 0.0, Limit.NONE),
        (4.0, 1.0, 0.0, 2.0, Limit.MINIMUM_UP_TIME),  # the first that binds is told; the ramp binds as well
    ],
)
def test_limit(before_mw: float, in_state_h: float, request_mw: float, delivered_mw: float, limit: Limit) -> None:
    decision = decide(UNIT, request_mw, before_mw, in_state_h, QUARTER_H)

    assert decision.p_mw == pytest.approx(delivered_mw, abs=1e-12)
    assert decision.limited_by is limit


def test_start_reaches_minimum_load_however_slow_the_ramp() -> None:
    slow = UnitLimits(4.0, 1.2, 0.1, 0.0, 0.0)

    assert decide(slow, 4.0, 0.0, 0.0, QUARTER_H).p_mw == 1.2


@given(
    st.lists(st.one_of(st.just(0.0), st.floats(-10.0, 10.0)), min_size=1, max_size=200),
    st.sampled_from([1 / 60, 0.25, 1.0]),
)
def test_minimum_times_hold_for_any_requests(requests: list[float], dt_h: float) -> None:
    p_mw, in_state_h, run_lengths_h, states = 0.0, 24.0, [], []
    for request in requests:
        decision = decide(UNIT, request, p_mw, in_state_h, dt_h)
        if (decision.p_mw > 0.0) != (p_mw > 0.0):
            run_lengths_h.append(in_state_h)
            states.append(p_mw > 0.0)
            in_state_h = 0.0
        in_state_h += dt_h
        p_mw = decision.p_mw
        assert p_mw == 0.0 or UNIT.min_mw <= p_mw <= UNIT.rated_mw

    for running, length_h in zip(states, run_lengths_h, strict=True):
        assert length_h >= (UNIT.min_up_h if running else UNIT.min_down_h) - 1e-9
