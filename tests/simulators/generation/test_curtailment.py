"""What a weather-driven plant delivers, and why not more."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.generation.curtailment import curtail
from twin.component import Limit


@pytest.mark.parametrize(("unlimited", "rated", "asked", "delivered", "reason"), [
    (3.0, 5.0, math.inf, 3.0, Limit.NONE),      # all there is
    (3.0, 5.0, 2.0, 2.0, Limit.NONE),           # curtailed as asked
    (3.0, 5.0, 4.0, 3.0, Limit.RESOURCE),       # too little sun or wind
    (6.0, 5.0, math.inf, 5.0, Limit.POWER),     # the rating cuts
    (6.0, 5.0, 5.5, 5.0, Limit.POWER),
    (6.0, 5.0, 4.0, 4.0, Limit.NONE),
    (3.0, 5.0, 3.0, 3.0, Limit.NONE),
    (3.0, 5.0, -2.0, 0.0, Limit.NONE),          # a generator does not consume
    (3.0, 5.0, -math.inf, 0.0, Limit.NONE),
    (3.0, 5.0, math.nan, 3.0, Limit.NONE),      # no number is no limit
])
def test_delivery_by_hand(unlimited: float, rated: float, asked: float, delivered: float, reason: Limit) -> None:
    result = curtail(unlimited, rated, asked)
    assert (result.p_mw, result.limit) == (delivered, reason)
    assert result.available_mw == min(unlimited, rated)


@given(st.floats(0, 100), st.floats(0, 100), st.floats())
def test_never_more_than_available_rated_or_asked(unlimited: float, rated: float, asked: float) -> None:
    result = curtail(unlimited, rated, asked)
    assert 0.0 <= result.p_mw <= result.available_mw <= rated
    assert not result.p_mw > max(asked, 0.0)
