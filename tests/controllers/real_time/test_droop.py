"""P = -P_droop·clip(Δf/200 mHz), nothing within 10 mHz; energy decides who keeps it ready."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.real_time.droop import droop_frac, lasting_mw
from controllers.real_time.storages import Storages
from tests.controllers.real_time.plant import BATTERY, FLYWHEEL

FCR = (50.0, 0.01, 0.2)


@pytest.mark.parametrize(("frequency_hz", "expected"), [
    (50.0, 0.0), (49.99, 0.0), (50.01, 0.0), (49.98, 0.1), (50.1, -0.5), (49.8, 1.0), (49.0, 1.0), (50.2, -1.0),
    (51.5, -1.0), (math.nan, 0.0), (math.inf, 0.0),
])
def test_published_characteristic(frequency_hz: float, expected: float) -> None:
    assert droop_frac(frequency_hz, *FCR) == pytest.approx(expected, abs=1e-9)


@given(st.floats(0.0, 5.0))
def test_it_is_symmetric(deviation_hz: float) -> None:
    assert droop_frac(50.0 + deviation_hz, *FCR) == pytest.approx(-droop_frac(50.0 - deviation_hz, *FCR), abs=1e-9)


def test_a_flywheel_keeps_little_ready() -> None:
    """15 min: 16 MWh either way for the battery (its power binds), 7.5 kWh for the flywheel: 0.03 MW."""
    assert lasting_mw(Storages.of([BATTERY, FLYWHEEL]), 0.25) == pytest.approx([10.0, 0.03])
    assert lasting_mw(Storages.of([BATTERY, FLYWHEEL]), 0.0) == pytest.approx([10.0, 1.0])
