"""Temperature of the cells by hand: exponential, steady state, and a thermostat that holds the edge of its band."""

from __future__ import annotations

import math

import pytest

from simulators.storage.battery.thermal import (
    ThermalConstants,
    at_rest_degc,
    electricity_w,
    gain_k_w,
    management_w,
)

CONTAINER = ThermalConstants(
    heat_capacity_j_k=3.6e6, loss_w_k=100.0, cooling_w=4000.0, heating_w=2000.0, cooling_cop=3.0, heating_cop=0.9,
    cool_above_degc=28.0, heat_below_degc=18.0,
)  # fmt: skip
HOUR_S, LONG_S = 3600.0, 1e7


def after(temperature_degc: float, outside_degc: float, heat_w: float, dt_s: float) -> tuple[float, float]:
    """Temperature at the end, and heat from the thermal management."""
    gain = gain_k_w(CONTAINER, dt_s)
    free_degc = at_rest_degc(CONTAINER, temperature_degc, outside_degc, gain) + heat_w * gain
    given_w = management_w(CONTAINER, free_degc, gain)
    return free_degc + given_w * gain, given_w


def test_a_container_left_alone_nears_the_outside_with_its_time_constant() -> None:
    # 3.6 MJ/K over 100 W/K is 10 h
    end_degc, given_w = after(27.0, 20.0, 0.0, 10 * HOUR_S)

    assert (end_degc, given_w) == (pytest.approx(20.0 + 7.0 * math.exp(-1.0)), 0.0)


def test_steady_state_carries_the_heat_to_the_outside() -> None:
    end_degc, given_w = after(20.0, 20.0, 500.0, LONG_S)

    assert (end_degc, given_w) == (pytest.approx(20.0 + 500.0 / 100.0), 0.0)


def test_cooling_holds_the_upper_edge_and_draws_its_share() -> None:
    # 2000 W of heat less 100 W/K · (28 - 25) K through the walls
    end_degc, given_w = after(28.0, 25.0, 2000.0, HOUR_S)

    assert (end_degc, given_w) == (pytest.approx(28.0), pytest.approx(-1700.0))
    assert electricity_w(CONTAINER, given_w) == pytest.approx(1700.0 / 3.0)


def test_cooling_at_its_rating_lets_the_temperature_rise() -> None:
    end_degc, given_w = after(28.0, 30.0, 6000.0, LONG_S)

    assert (end_degc, given_w) == (pytest.approx(30.0 + (6000.0 - 4000.0) / 100.0), -4000.0)


def test_heating_holds_the_lower_edge_in_frost() -> None:
    end_degc, given_w = after(18.0, 0.0, 0.0, HOUR_S)

    assert (end_degc, given_w) == (pytest.approx(18.0), pytest.approx(1800.0))
    assert electricity_w(CONTAINER, given_w) == pytest.approx(2000.0)


def test_an_hour_is_sixty_minutes() -> None:
    temperature = 20.0
    for _ in range(60):
        temperature, _ = after(temperature, 5.0, 700.0, 60.0)

    assert temperature == pytest.approx(after(20.0, 5.0, 700.0, HOUR_S)[0], abs=1e-10)


def test_without_losses_heat_over_capacity_is_warming() -> None:
    perfect = CONTAINER._replace(loss_w_k=0.0)
    nearly = CONTAINER._replace(loss_w_k=1e-6)

    assert gain_k_w(perfect, HOUR_S) == 1e-3
    assert gain_k_w(nearly, HOUR_S) == pytest.approx(1e-3, rel=1e-8)
    assert at_rest_degc(perfect, 20.0, -10.0, 1e-3) == 20.0
