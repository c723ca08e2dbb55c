"""Coming back: to half charge at the expense of others, to the plan before it ends, never against a droop."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.real_time.restoration import (
    exchanged,
    handed_over_mw,
    not_against,
    ramped,
    to_plan_mw,
    to_rest_mw,
)
from controllers.real_time.storages import Range, Storages
from tests.controllers.real_time.plant import FLYWHEEL

PARTNERS = (np.array([1]),)


def test_a_fast_storage_returns_by_an_exponential() -> None:
    """80 % of 15 kWh is 4.5 kWh above half; with 600 s = 1/6 h that is 0.027 MW; below half it charges alike."""
    wheel = Storages.of([FLYWHEEL])
    assert to_rest_mw(wheel, np.array([0.8]), 600.0) == pytest.approx([0.027])
    assert to_rest_mw(wheel, np.array([0.2]), 600.0) == pytest.approx([-0.027])


def test_a_lasting_deviation_is_handed_over_without_swinging() -> None:
    """Continuous law after a step B: given content B·t·exp(-2t/T), here at t = T/2 (its largest, B·T/2e) and t = 3T."""
    big, restoration_s, step_s = 1.0, 240.0, 0.1
    passed_on, given_mws, seen = np.zeros(1), 0.0, []
    for _ in range(round(3 * restoration_s / step_s)):
        rest_mw = np.array([-given_mws / restoration_s])
        passed_on = handed_over_mw(passed_on, np.array([big]), rest_mw, step_s, restoration_s)
        given_mws += (big + float(passed_on[0])) * step_s
        seen.append(given_mws)
    half = round(0.5 * restoration_s / step_s)
    assert seen[half - 1] == pytest.approx(big * restoration_s / (2.0 * math.e), rel=0.01)
    assert max(seen) == pytest.approx(seen[half - 1], rel=0.01)
    assert seen[-1] == pytest.approx(3.0 * restoration_s * math.exp(-6.0), rel=0.05)
    assert min(seen) > 0.0, "it does not swing beyond half charge"
    assert passed_on[0] == pytest.approx(-big, abs=0.02)


def test_the_drift_is_back_when_the_plan_ends() -> None:
    """0.1 MWh given beyond the plan, ten minutes left: charge with 0.6 MW."""
    assert to_plan_mw(np.array([0.1]), 600.0) == pytest.approx([-0.6])


def test_it_comes_and_goes_slowly() -> None:
    assert ramped(np.array([0.0]), np.array([3.0]), np.array([0.05])) == pytest.approx([0.05])
    assert ramped(np.array([0.0]), np.array([-3.0]), np.array([0.05])) == pytest.approx([-0.05])
    assert ramped(np.array([0.48]), np.array([0.5]), np.array([0.05])) == pytest.approx([0.5])


def test_nothing_works_against_a_droop() -> None:
    powers = np.array([-0.1, 0.2])
    assert not_against(powers, 1.0).tolist() == [0.0, 0.2]
    assert not_against(powers, -1.0).tolist() == [-0.1, 0.0]
    assert not_against(powers, 0.0).tolist() == [-0.1, 0.2]


@pytest.mark.parametrize(("room_mw", "expected"), [(9.0, [0.3, -0.3]), (0.1, [0.1, -0.1]), (0.0, [0.0, 0.0])])
def test_what_one_gives_the_other_takes(room_mw: float, expected: list[float]) -> None:
    room = Range(np.array([-1.0, -room_mw]), np.array([1.0, room_mw]))
    assert exchanged(np.array([0.3, 0.0]), room, PARTNERS).tolist() == pytest.approx(expected)


@given(st.lists(st.floats(-2, 2), min_size=3, max_size=3), st.lists(st.floats(0, 2), min_size=4, max_size=4))
def test_the_sum_is_nothing_whatever_the_room(wanted: list[float], rooms: list[float]) -> None:
    room = Range(-np.array(rooms), np.array(rooms[::-1]))
    moved = exchanged(np.array([*wanted, 0.0]), room, (np.array([3]),))
    assert moved.sum() == pytest.approx(0.0, abs=1e-9)
    assert (room.low_mw - 1e-12 <= moved).all()
    assert (moved <= room.high_mw + 1e-12).all()
