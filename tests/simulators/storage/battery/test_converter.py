"""Losses of the power electronics by hand, and their inverse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simulators.storage.battery.converter import (
    LINEAR_FRAC,
    NO_LOAD_FRAC,
    QUADRATIC_FRAC,
    ConverterConstants,
    ac_power_mw,
    dc_power_mw,
    loss_mw,
)

PCS = ConverterConstants(10.0, NO_LOAD_FRAC, LINEAR_FRAC, QUADRATIC_FRAC, 0.005)


def test_loss_at_rated_power_is_the_sum_of_its_parts() -> None:
    assert loss_mw(PCS, 10.0) == pytest.approx(10 * (0.0025 + 0.0065 + 0.0065))
    assert loss_mw(PCS, -10.0) == loss_mw(PCS, 10.0)
    assert loss_mw(PCS, 0.0) == pytest.approx(0.025)


def test_best_efficiency_is_where_no_load_and_quadratic_loss_are_equal() -> None:
    best_mw = 10.0 * math.sqrt(0.0025 / 0.0065)
    loss_frac = 0.0065 + 2 * math.sqrt(0.0025 * 0.0065)

    power_mw = np.linspace(0.1, 10.0, 10_000)
    efficiency = power_mw / dc_power_mw(PCS, power_mw)

    assert power_mw[np.argmax(efficiency)] == pytest.approx(best_mw, abs=0.002)
    assert efficiency.max() == pytest.approx(1 / (1 + loss_frac), abs=1e-9)
    assert efficiency.max() == pytest.approx(0.985, abs=0.001)
    assert efficiency[np.argmin(abs(power_mw - 1.0))] == pytest.approx(0.97, abs=0.002)


def test_charging_below_the_no_load_loss_takes_from_the_battery() -> None:
    # 10 kW of 25 kW: the battery gives the other 15 kW
    assert dc_power_mw(PCS, -0.01) == pytest.approx(-0.01 + 0.025 + 0.000065 + 0.000000065)


@example(0.0)
@example(-0.025)
@given(st.floats(-12.0, 12.0))
def test_inverse_is_exact(power_mw: float) -> None:
    assert ac_power_mw(PCS, dc_power_mw(PCS, power_mw)) == pytest.approx(power_mw, abs=1e-13)


@given(st.floats(-9.0, 9.0), st.floats(-9.0, 9.0))
def test_more_on_one_side_is_more_on_the_other(one_mw: float, other_mw: float) -> None:
    lower, upper = sorted((one_mw, other_mw))

    assert ac_power_mw(PCS, lower) <= ac_power_mw(PCS, upper)


def test_a_converter_without_losses_changes_nothing() -> None:
    ideal = ConverterConstants(10.0, 0.0, 0.0, 0.0, 0.0)

    assert [ac_power_mw(ideal, p) for p in (-10.0, 0.0, 7.0)] == [-10.0, 0.0, 7.0]
