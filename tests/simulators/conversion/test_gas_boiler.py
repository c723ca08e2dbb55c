"""Gas boiler: fuel by hand, condensing, cycling, and a state machine as a table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.conversion.gas_boiler import (
    LONG_AGO_S,
    OFF,
    ON,
    STARTING,
    BoilerMemory,
    cycling_gas_mw,
    efficiency,
    gas_mw,
    next_mode,
)

BOILER = {"rated_mw": 4.5, "full_load_efficiency": 0.95, "standby_frac": 0.01}


def test_rated_load_has_the_rated_efficiency() -> None:
    assert gas_mw(4.5, 1, **BOILER) == pytest.approx(4.5 / 0.95, rel=1e-14)


def test_part_load_pays_the_standby_loss_in_full() -> None:
    # 1 % of 4.5 MW whatever the load; the rest in proportion
    assert gas_mw(0.9, 1, **BOILER) == pytest.approx(0.045 + 0.9 * (1 / 0.95 - 0.01), rel=1e-14)
    assert gas_mw(0.0, 0, **BOILER) == 0.0


@given(st.floats(0.0, 4.5), st.floats(0.0, 4.5), st.floats(0.0, 1.0))
def test_fuel_is_convex_in_heat(a: float, b: float, share: float) -> None:
    between = gas_mw(share * a + (1 - share) * b, 1, **BOILER)
    assert between <= share * gas_mw(a, 1, **BOILER) + (1 - share) * gas_mw(b, 1, **BOILER) + 1e-12


@pytest.mark.parametrize(
    ("return_degc", "expected"),
    [
        (70.0, 0.95),
        (54.0, 0.95),  # dew point
        (44.0, 0.95 + 10 * 0.0036),
        (27.0, 1.0472),  # 96 % on HHV in the source is 1.064 on LHV for a boiler that has 0.964 when dry: + 0.10
    ],
)
def test_condensing_starts_below_the_dew_point(return_degc: float, expected: float) -> None:
    assert efficiency(return_degc, 0.95, 0.0036, 54.0) == pytest.approx(expected, rel=1e-12)


def test_cycling_is_the_minimum_load_for_part_of_the_time() -> None:
    at_minimum = cycling_gas_mw(0.9, 0.9, **BOILER)

    assert at_minimum == pytest.approx(gas_mw(0.9, 1, **BOILER), rel=1e-14)
    assert cycling_gas_mw(0.3, 0.9, **BOILER) == pytest.approx(at_minimum / 3, rel=1e-14)
    assert cycling_gas_mw(2.0, 0.9, **BOILER) == pytest.approx(gas_mw(2.0, 1, **BOILER), rel=1e-14)


def test_equations_take_arrays() -> None:
    heat = np.array([0.0, 0.3, 0.9, 4.5])
    returns = np.array([30.0, 50.0, 55.0, 70.0])

    fuels = cycling_gas_mw(heat, 0.9, 4.5, efficiency(returns, 0.95, 0.0036, 54.0), 0.01)

    one_by_one = [
        cycling_gas_mw(q, 0.9, 4.5, efficiency(t, 0.95, 0.0036, 54.0), 0.01) for q, t in zip(heat, returns, strict=True)
    ]
    assert fuels.tolist() == one_by_one


@pytest.mark.parametrize(
    ("before", "wanted", "may_stop", "after"),
    [
        ((OFF, LONG_AGO_S, 0), False, True, (OFF, LONG_AGO_S, 0)),
        ((OFF, LONG_AGO_S, 0), True, False, (STARTING, 0.0, 1)),
        ((OFF, 599.0, 3), True, False, (OFF, 599.0, 3)),  # shortest time off 600 s
        ((OFF, 600.0, 3), True, False, (STARTING, 0.0, 4)),
        ((STARTING, 120.0, 1), True, False, (STARTING, 120.0, 1)),
        ((STARTING, 180.0, 1), False, True, (ON, 0.0, 1)),  # a start once begun is finished
        ((ON, 1799.0, 1), False, True, (ON, 1799.0, 1)),  # shortest time on 1800 s
        ((ON, 1800.0, 1), False, True, (OFF, 0.0, 1)),
        ((ON, 9000.0, 1), True, False, (ON, 9000.0, 1)),
    ],
)
def test_start_and_stop(before: tuple, wanted: bool, may_stop: bool, after: tuple) -> None:
    assert next_mode(BoilerMemory(*before), wanted, may_stop, 180.0, 1800.0, 600.0) == BoilerMemory(*after)


def test_boiler_without_start_time_is_on_at_once() -> None:
    assert next_mode(BoilerMemory(OFF, LONG_AGO_S, 0), True, False, 0.0, 0.0, 0.0) == BoilerMemory(ON, 0.0, 1)
