"""Electric chillers: rating point, best part load, wet bulb, convexity, number of units."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from simulators.conversion.electric_chiller import (
    ElectricChillerParams,
    electricity_mw,
    units_needed,
    wet_bulb_factor,
)


def electricity(cooling_mw: float, units_on: int = 1, wet_bulb_degc: float = 24.0) -> float:
    return float(
        electricity_mw(cooling_mw, units_on, 1.0, 4.0, 0.12, 0.28, wet_bulb_factor(wet_bulb_degc, 0.025, 24.0, 10.0))
    )


@pytest.mark.parametrize("units", [1, 3])
def test_cop_is_the_rated_one_at_rated_load_and_wet_bulb(units: int) -> None:
    assert units * 1.0 / electricity(units * 1.0, units) == pytest.approx(4.0, rel=1e-14)


def test_electricity_by_hand_at_half_load_and_18_degrees() -> None:
    # 0.25 MW rated · (0.12 + 0.6 · 0.5 + 0.28 · 0.25) · (1 - 0.025 · 6)
    assert electricity(0.5, 1, 18.0) == pytest.approx(0.25 * 0.49 * 0.85, rel=1e-14)


def test_condenser_is_kept_warm_below_the_lowest_wet_bulb() -> None:
    assert electricity(0.5, 1, -10.0) == electricity(0.5, 1, 10.0)


def test_best_part_load_is_where_the_no_load_share_balances_the_quadratic_one() -> None:
    loads = np.linspace(0.05, 1.0, 2000)
    cop = loads / np.array([electricity(q) for q in loads])

    assert loads[cop.argmax()] == pytest.approx(np.sqrt(0.12 / 0.28), abs=1e-3)
    assert cop.max() == pytest.approx(4.0 / (0.6 + 2 * np.sqrt(0.12 * 0.28)), rel=1e-6)


@given(st.floats(0.0, 2.0), st.floats(0.0, 2.0), st.floats(0.0, 1.0))
def test_electricity_is_convex_in_cooling_with_units_given(a: float, b: float, share: float) -> None:
    between = electricity(share * a + (1 - share) * b, 2)
    assert between <= share * electricity(a, 2) + (1 - share) * electricity(b, 2) + 1e-12


def test_equations_take_arrays() -> None:
    cooling, wet_bulb = np.array([0.2, 0.5, 1.0]), np.array([5.0, 20.0, 28.0])

    many = electricity_mw(cooling, 1, 1.0, 4.0, 0.12, 0.28, wet_bulb_factor(wet_bulb, 0.025, 24.0, 10.0))

    assert many.tolist() == [electricity(q, 1, t) for q, t in zip(cooling, wet_bulb, strict=True)]


@pytest.mark.parametrize(
    ("cooling_mw", "running", "expected"),
    [
        (0.0, 0, 0), (0.01, 0, 1), (1.0, 0, 1), (1.01, 1, 2), (3.9, 2, 4), (9.0, 4, 4),
        (0.9, 2, 2),  # one unit would run at 90 %: stay
        (0.84, 2, 1),  # one unit at 84 %: step down
        (1.69, 3, 2), (1.71, 3, 3), (0.0, 3, 0),
    ],
)  # fmt: skip
def test_as_few_units_run_as_can_with_hysteresis(cooling_mw: float, running: int, expected: int) -> None:
    assert units_needed(cooling_mw, running, 4, 1.0) == expected


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"no_load_frac": 0.6, "quadratic_frac": 0.5}, ["0.6", "0.5", "linear"]),
        ({"wet_bulb_gain_per_k": 0.09, "min_wet_bulb_degc": 10.0}, ["min_wet_bulb_degc"]),
        ({"units": 0}, ["units"]),
    ],
)
def test_impossible_curves_are_refused(change: dict, words: list[str]) -> None:
    with pytest.raises(ValidationError) as caught:
        ElectricChillerParams.model_validate({"rated_mw": 1.0} | change)

    assert [w for w in words if w not in str(caught.value)] == []
