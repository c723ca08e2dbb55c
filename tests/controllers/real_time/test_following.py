"""A storage that does not do as told is found from its power, left alone for a minute, and tried again."""

from __future__ import annotations

import math

import numpy as np
import pytest

from controllers.real_time.following import PATIENCE_S, RETRY_S, Following, counted_on, disobedient, observe
from controllers.real_time.storages import Range

RATED_MW = np.array([10.0])
FULL = Range(np.array([-10.0]), np.array([10.0]))


def after(seconds: float, told_mw: float, measured_mw: float, memory: Following | None = None) -> Following:
    memory = memory or Following.of(1)
    for _ in range(round(seconds)):
        observe(memory, np.array([told_mw]), np.array([measured_mw]), RATED_MW, 1.0)
    return memory


def trusted(memory: Following, base_mw: float = 0.0) -> tuple[float, float]:
    found = counted_on(FULL, np.array([base_mw]), memory)
    return float(found.low_mw[0]), float(found.high_mw[0])


@pytest.mark.parametrize(("told", "measured", "expected"), [
    (4.0, 0.0, (-10.0, 0.0)), (4.0, 3.0, (-10.0, 3.0)), (-4.0, -1.0, (-1.0, 10.0)), (4.0, 3.6, (-10.0, 10.0)),
    (4.0, math.nan, (-10.0, 10.0)),
])
def test_what_was_found_limits_one_side(told: float, measured: float, expected: tuple[float, float]) -> None:
    """Tripped, derated, charging weakly; 0.4 MW off is within 5 % of 10 MW, a lost reading says nothing."""
    assert trusted(after(PATIENCE_S, told, measured)) == expected


def test_a_late_reading_is_no_disobedience() -> None:
    assert not disobedient(after(PATIENCE_S - 1, 4.0, 0.0)).any()


def test_it_is_counted_on_again_after_its_time() -> None:
    memory = after(PATIENCE_S, 4.0, 0.0)
    after(RETRY_S - 1, 0.0, 0.0, memory)
    assert disobedient(memory).all()
    after(1, 0.0, 0.0, memory)
    assert not disobedient(memory).any()
    assert trusted(memory) == (-10.0, 10.0)


def test_the_set_point_stays_within_what_is_counted_on() -> None:
    """Told 4 MW by the operator and tripped: it stays told 4 MW, and is given no more."""
    assert trusted(after(PATIENCE_S, 4.0, 0.0), base_mw=4.0) == (-10.0, 4.0)
