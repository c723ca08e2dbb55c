"""Thresholds computed by hand from the park's prices: gas 3.65 per m³ at 9.97 kWh/m³, carbon 82 per tonne."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.marginal_cost import (
    amortised_start_cost_per_mwh,
    generation_cost_per_mwh,
    purchase_cost_per_mwh,
    replacement_cost_per_mwh,
    round_trip_efficiency,
    worth_of_storing_per_mwh,
)
from tests.controllers.closed_loop import (
    BATTERY,
    CHP,
    DEEP_VALLEY,
    DIESEL,
    FLAT,
    GAS_PRICE_PER_MWH,
    PEAK,
    VALLEY,
)

CARBON = 82.0


def chp_cost(heat_credit_per_mwh: float = 0.0) -> float:
    return generation_cost_per_mwh(CHP, fuel_price_per_mwh=GAS_PRICE_PER_MWH, carbon_price_per_t=CARBON,
                                   heat_credit_per_mwh=heat_credit_per_mwh)


def test_engine_costs_fuel_over_efficiency_plus_carbon_plus_running() -> None:
    # 366.098 / 0.45 = 813.55; 82 · 0.202 / 0.45 = 36.81; running 20
    assert chp_cost() == pytest.approx(870.36, abs=0.01)


def test_engine_pays_at_flat_and_peak_but_not_in_the_valleys() -> None:
    assert DEEP_VALLEY < VALLEY < chp_cost() < FLAT < PEAK


def test_used_heat_is_credited() -> None:
    assert chp_cost() - chp_cost(300.0) == pytest.approx(300.0)


def test_diesel_at_eight_per_litre_loses_money_even_at_peak() -> None:
    # about 800 per MWh LHV: 800 / 0.40 = 2000, carbon 82 · 0.266 / 0.40 = 54.5, running 30
    cost = generation_cost_per_mwh(DIESEL, fuel_price_per_mwh=800.0, carbon_price_per_t=CARBON)
    assert cost == pytest.approx(2084.53, abs=0.01)
    assert cost > PEAK


def test_start_is_spread_over_the_minimum_up_time_at_rated_power() -> None:
    assert amortised_start_cost_per_mwh(CHP, 0.25) == pytest.approx(200.0 / (4.0 * 2.0))


def test_start_of_a_unit_without_minimum_up_time_is_spread_over_one_interval() -> None:
    assert amortised_start_cost_per_mwh(DIESEL, 0.25) == pytest.approx(50.0 / (2.0 * 0.25))


def test_stored_energy_is_worth_what_it_costs_to_replace() -> None:
    # one-way 0.92 twice gives 0.8464; 380 / 0.8464 = 448.96; wear 56
    assert round_trip_efficiency(BATTERY) == pytest.approx(0.8464)
    assert replacement_cost_per_mwh(BATTERY, VALLEY) == pytest.approx(504.96, abs=0.01)


def test_storing_for_the_peak_pays_up_to_a_purchase_price_of_1205() -> None:
    # 0.8464 · (1480 − 56)
    assert worth_of_storing_per_mwh(BATTERY, PEAK) == pytest.approx(1205.27, abs=0.01)


def test_grid_carbon_raises_the_purchase_cost() -> None:
    assert purchase_cost_per_mwh(FLAT, CARBON, 0.5366) == pytest.approx(920.0 + 44.0012)


@given(st.floats(-500, 5000), st.floats(0.5, 1.0), st.floats(0.5, 1.0), st.floats(0, 500))
def test_storing_breaks_even_exactly_at_the_replacement_cost(
    price: float, charge: float, discharge: float, wear: float
) -> None:
    plate = replace(BATTERY, charge_efficiency=charge, discharge_efficiency=discharge, wear_cost_per_mwh=wear)
    assert worth_of_storing_per_mwh(plate, replacement_cost_per_mwh(plate, price)) == pytest.approx(price, abs=1e-6)


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=5))
def test_arrays_give_what_floats_give(gas: list[float]) -> None:
    together = generation_cost_per_mwh(
        CHP, fuel_price_per_mwh=np.array(gas), carbon_price_per_t=np.full(len(gas), CARBON))
    apart = [generation_cost_per_mwh(CHP, fuel_price_per_mwh=g, carbon_price_per_t=CARBON) for g in gas]
    assert together.tolist() == pytest.approx(apart)
