"""The integrator: how fast, how stable under delay, and that it forgets what could not be done."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.real_time.balance import corrected_mw
from controllers.real_time.params import Params

FREE = {"deadband_mw": 0.0, "low_mw": -math.inf, "high_mw": math.inf}


def largest_gain(further_delay: int) -> float:
    """Levin and May 1976."""
    return 2.0 * math.cos(further_delay * math.pi / (2 * further_delay + 1))


def left_after_a_step(gain: float, further_delay: int, steps: int) -> np.ndarray:
    """Deviation in each step after a disturbance of 1 MW, its reading late by 1 + ``further_delay`` steps."""
    deviations, correction = [1.0], 0.0
    for k in range(1, steps):
        read = k - 1 - further_delay
        seen = deviations[read] if read >= 0 else 0.0
        correction, _ = corrected_mw(correction, seen, gain_frac=gain, **FREE)
        deviations.append(1.0 - correction)
    return np.array(deviations)


def test_a_step_is_covered_by_the_gain_each_second() -> None:
    """Default gain 0.8: 20 % left after one second, 4 % after two, 0.8 % after three."""
    assert left_after_a_step(Params().gain_frac, 0, 4) == pytest.approx([1.0, 0.2, 0.04, 0.008])


@pytest.mark.parametrize("further_delay", [0, 1, 2, 3])
def test_the_loop_is_stable_up_to_the_published_gain_and_not_beyond(further_delay: int) -> None:
    """Poles of z^(m+1) - z^m + g inside the unit circle, and the law itself decays or grows accordingly."""
    limit = largest_gain(further_delay)
    for gain, stable in ((0.98 * limit, True), (1.02 * limit, False)):
        poles = np.roots([1.0, -1.0, *[0.0] * (further_delay - 1), gain] if further_delay else [1.0, gain - 1.0])
        assert (np.abs(poles).max() < 1.0) == stable
        deviation = np.abs(left_after_a_step(gain, further_delay, 2000))
        assert (deviation[-100:].max() < deviation[:100].max()) == stable


def test_the_default_gain_bears_a_further_second_of_delay() -> None:
    """Poles of z² - z + 0.8 have the modulus √0.8 = 0.894: what is left after 60 s is below 0.894^60·const < 1 %."""
    assert Params().gain_frac < largest_gain(1)
    assert np.abs(left_after_a_step(Params().gain_frac, 1, 80)[60:]).max() < 0.01


def test_what_is_out_of_reach_is_told_and_not_remembered() -> None:
    """2 MW possible, 5 MW wanted for a minute; when the disturbance goes the correction is undone at once."""
    limits = {"gain_frac": 1.0, "deadband_mw": 0.0, "low_mw": -2.0, "high_mw": 2.0}
    correction = 0.0
    for _ in range(60):
        correction, missing = corrected_mw(correction, 5.0 - correction, **limits)
        assert correction == 2.0
        assert missing == pytest.approx(3.0)
    correction, missing = corrected_mw(correction, 0.0 - correction, **limits)
    assert (correction, missing) == (0.0, 0.0)


@given(st.floats(-20, 20), st.floats(allow_nan=True, allow_infinity=True), st.floats(-20, 0), st.floats(0, 20))
def test_the_correction_never_leaves_its_limits(before: float, deviation: float, low: float, high: float) -> None:
    given_mw, _ = corrected_mw(before, deviation, gain_frac=0.8, deadband_mw=0.02, low_mw=low, high_mw=high)
    assert low <= given_mw <= high


@pytest.mark.parametrize(("deviation", "expected"), [(0.02, 1.5004), (-0.02, 1.4996), (0.0, 1.5), (math.nan, 1.5)])
def test_little_moves_within_the_dead_band_and_nothing_without_a_reading(deviation: float, expected: float) -> None:
    """2 % of 20 kW are 0.4 kW."""
    limits = {"gain_frac": 0.8, "deadband_mw": 0.02, "low_mw": -9.0, "high_mw": 9.0}
    assert corrected_mw(1.5, deviation, **limits) == (pytest.approx(expected), 0.0)


def test_a_rest_within_the_dead_band_is_halved_in_35_steps() -> None:
    """0.98^35 = 0.49."""
    correction = 0.0
    for _ in range(35):
        correction, _ = corrected_mw(correction, 0.02 - correction, gain_frac=0.8, deadband_mw=0.02, low_mw=-9.0,
                                     high_mw=9.0)
    assert correction == pytest.approx(0.02 * (1.0 - 0.98**35))
