"""Which powers a storage can move to: rating, band, content and reserve, in this order; numbers by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from controllers.real_time.storages import (
    Range,
    Storages,
    content_range,
    measured_capacity,
    plausible,
    reachable,
    without_reserve,
)
from twin.nameplate import StorageNameplate

HALF = StorageNameplate(4.0, 5.0, 2.0, 0.8, 0.5, 0.1, 0.9, 0.0)
"""2 MWh between 10 and 90 %; charging keeps 80 %, discharging delivers 50 %."""
ONE = Storages.of([HALF])
QUARTER_H = 0.25


def reach(soc: float = 0.5, low: float = -math.inf, high: float = math.inf, set_mw: float = 0.0) -> tuple[float, float]:
    band = Range(np.array([low]), np.array([high]))
    found = reachable(ONE, np.array([set_mw]), np.array([soc]), band, QUARTER_H)
    return float(found.low_mw[0]), float(found.high_mw[0])


def test_content_limits_power_over_the_step() -> None:
    """Half charge: 0.4·2 MWh·0.5 = 0.4 MWh to give, 1.6 MW for a quarter; 0.4·2/0.8 = 1 MWh to take: 4 MW."""
    assert reach(0.5) == pytest.approx((-4.0, 1.6))
    assert reach(0.8) == pytest.approx((-1.0, 2.8))


def test_outside_its_limits_of_charge_a_storage_only_returns() -> None:
    assert reach(0.05)[1] == 0.0
    assert reach(0.95)[0] == 0.0


@pytest.mark.parametrize(("band", "expected"), [
    ((-1.0, 1.0), (-1.0, 1.0)), ((0.5, 9.0), (0.5, 1.6)), ((7.0, 9.0), (5.0, 5.0)), ((2.0, 3.0), (2.0, 2.0)),
    ((-9.0, -7.0), (-4.0, -4.0)),
])
def test_a_band_is_never_left_and_one_beyond_the_rating_leaves_the_nearest_power(
    band: tuple[float, float], expected: tuple[float, float]
) -> None:
    """Also where the content does not last: (2, 3) MW are released, 1.6 MW would last, 2 MW it is."""
    assert reach(0.5, *band) == pytest.approx(expected)


@pytest.mark.parametrize(
    "values", [{"soc": math.nan}, {"low": math.nan}, {"high": math.nan}, {"low": 2.0, "high": 1.0}])
def test_without_content_or_a_band_the_set_point_stays(values: dict[str, float]) -> None:
    assert reach(set_mw=1.25, **values) == (1.25, 1.25)


def test_a_reserve_takes_power_and_content() -> None:
    """1 MW for a quarter is 0.25 MWh: 0.4 - 0.25 = 0.15 MWh left to give, 0.6 MW; and 1 - 0.25 MWh to take: 3 MW."""
    possible = Range(np.array([-4.0]), np.array([1.6]))
    content = content_range(ONE, np.array([0.5]), np.array([0.25]), QUARTER_H)
    free = without_reserve(possible, content, np.array([1.0]))
    assert (float(free.low_mw[0]), float(free.high_mw[0])) == pytest.approx((-3.0, 0.6))


@pytest.mark.parametrize("possible", [(-4.0, 0.0), (-0.5, 0.2), (1.0, 2.0), (-2.0, -1.0), (-2.0, -2.0)])
def test_a_reserve_that_is_not_there_moves_nothing(possible: tuple[float, float]) -> None:
    """An empty storage is not told to charge, one whose band lies on one side stays in it."""
    content = Range(np.array([0.0]), np.array([0.0]))
    free = without_reserve(Range(*(np.array([v]) for v in possible)), content, np.array([1.0]))
    low, high = float(free.low_mw[0]), float(free.high_mw[0])
    assert possible[0] <= low <= high <= possible[1]
    if possible[0] <= 0.0 <= possible[1]:
        assert low <= 0.0 <= high


def test_a_reading_that_cannot_be_true_is_none() -> None:
    """An estimate may err a little beyond the ends."""
    read = plausible(np.array([0.5, -0.02, 1.03, 7.0, -1.0, math.inf, math.nan]))
    assert np.isnan(read).tolist() == [False, False, False, True, True, True, True]


@pytest.mark.parametrize(("energy_mwh", "soc", "expected_mwh"), [
    (0.7, 0.5, 1.372),       # holds 1.4 MWh of 2; 2 % less for the errors of two readings
    (1.1, 0.5, 2.0),         # more than the nameplate says is not counted on
    (math.nan, 0.5, 1.9), (0.7, math.nan, 1.9), (0.02, 0.02, 1.9), (-0.7, 0.5, 1.9),   # says nothing: as known before
])
def test_capacity_is_measured_energy_over_measured_charge(energy_mwh: float, soc: float, expected_mwh: float) -> None:
    found = measured_capacity(ONE, np.array([1.9]), np.array([energy_mwh]), np.array([soc]))
    assert found == pytest.approx([expected_mwh])


def test_an_aged_storage_gives_and_takes_less() -> None:
    """70 % of 2 MWh: 0.4·1.4·0.5 = 0.28 MWh to give, 0.4·1.4/0.8 = 0.7 MWh to take."""
    aged = content_range(ONE.holding(np.array([1.4])), np.array([0.5]), np.zeros(1), QUARTER_H)
    assert (float(aged.low_mw[0]), float(aged.high_mw[0])) == pytest.approx((-2.8, 1.12))
