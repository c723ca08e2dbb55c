"""Resistance of the cell over temperature and charge, against published ratios."""

from __future__ import annotations

import pytest

from simulators.storage.battery.cell import (
    CAPACITY_AH,
    HYSTERESIS_V,
    MAX_V,
    MIN_V,
    OHMIC_OHM,
    POLARISATION_OHM,
    CellConstants,
    entropy_v_k,
    resistance_ohm,
)
from simulators.storage.battery.open_circuit import voltage_v

CELL = CellConstants(CAPACITY_AH, OHMIC_OHM, POLARISATION_OHM, HYSTERESIS_V, MIN_V, MAX_V)


def test_new_cell_half_charged_at_25_degrees_has_half_a_milliohm_both_ways() -> None:
    assert resistance_ohm(CELL, 0.5, 25.0, False, 1.0) == pytest.approx(0.5e-3)
    assert resistance_ohm(CELL, 0.5, 25.0, True, 1.0) == pytest.approx(0.5e-3)


@pytest.mark.parametrize(
    ("temperature_degc", "charge_mohm", "discharge_mohm"), [(10.0, 62.648, 69.390), (40.0, 35.247, 38.376)]
)
def test_change_with_temperature_is_that_of_naumann(
    temperature_degc: float, charge_mohm: float, discharge_mohm: float
) -> None:
    at_25_mohm = 44.767 + 47.828
    published = (charge_mohm + discharge_mohm) / at_25_mohm

    ratio = resistance_ohm(CELL, 0.5, temperature_degc, False, 1.0) / resistance_ohm(CELL, 0.5, 25.0, False, 1.0)

    assert ratio == pytest.approx(published, rel=0.015)


@pytest.mark.parametrize(
    ("soc", "charge_mohm", "discharge_mohm"), [(0.1, 37.584, 61.686), (0.2, 41.399, 50.375), (0.9, 53.422, 42.547)]
)
def test_change_with_charge_is_that_of_naumann(soc: float, charge_mohm: float, discharge_mohm: float) -> None:
    assert resistance_ohm(CELL, soc, 25.0, True, 1.0) / 0.5e-3 == pytest.approx(charge_mohm / 44.767, abs=0.005)
    assert resistance_ohm(CELL, soc, 25.0, False, 1.0) / 0.5e-3 == pytest.approx(discharge_mohm / 47.828, abs=0.005)


def test_wear_multiplies_the_resistance() -> None:
    assert resistance_ohm(CELL, 0.3, 5.0, True, 1.4) == pytest.approx(1.4 * resistance_ohm(CELL, 0.3, 5.0, True, 1.0))


def test_round_trip_at_half_the_1_h_rate_is_that_of_data_sheets() -> None:
    # 94 to 95 %: 140 A · 0.5 mΩ + 20 mV = 90 mV of 3.3 V each way
    drop_v = 140.0 * 0.5e-3 + 0.02

    assert 0.94 < (voltage_v(0.5) - drop_v) / (voltage_v(0.5) + drop_v) < 0.95


def test_entropy_is_a_straight_line_between_the_tenths() -> None:
    assert entropy_v_k(0.5) == pytest.approx(1.1e-4)
    assert entropy_v_k(0.05) == pytest.approx(-3.25e-4)
