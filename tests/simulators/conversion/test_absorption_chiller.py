"""Absorption chiller: drive heat is not cooling, derating by drive temperature, warming up."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from simulators.conversion.absorption_chiller import (
    AbsorptionChillerParams,
    capacity_frac,
    drive_heat_mw,
    warmth_after,
)


def test_cooling_of_2_8_mw_takes_4_mw_of_heat() -> None:
    assert drive_heat_mw(2.8, 0.7) == pytest.approx(4.0, rel=1e-14)


@pytest.mark.parametrize(
    ("drive_degc", "expected"), [(95.0, 1.0), (90.0, 1.0), (84.0, 0.5), (78.0, 0.0), (60.0, 0.0)]
)
def test_capacity_falls_from_90_to_78_degrees(drive_degc: float, expected: float) -> None:
    assert capacity_frac(drive_degc, 78.0, 90.0) == pytest.approx(expected, abs=1e-15)


def test_unknown_drive_temperature_gives_no_cooling() -> None:
    assert capacity_frac(float("nan"), 78.0, 90.0) == 0.0


def test_equations_take_arrays() -> None:
    drive = np.array([60.0, 81.0, 100.0])

    assert capacity_frac(drive, 78.0, 90.0).tolist() == [float(capacity_frac(t, 78.0, 90.0)) for t in drive]


def test_start_takes_half_an_hour_and_cooling_down_four() -> None:
    warm = 0.0
    for _ in range(29):
        warm = warmth_after(warm, True, 1800.0, 14_400.0, 60.0)
    assert warm == pytest.approx(29 / 30)
    assert warmth_after(warm, True, 1800.0, 14_400.0, 120.0) == 1.0
    assert warmth_after(1.0, False, 1800.0, 14_400.0, 3600.0) == pytest.approx(0.75)
    assert warmth_after(0.1, False, 1800.0, 14_400.0, 3600.0) == 0.0
    assert warmth_after(0.0, True, 0.0, 14_400.0, 60.0) == 1.0


def test_drive_temperatures_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"75.*above min_drive_degc 80"):
        AbsorptionChillerParams(rated_mw=1.0, full_drive_degc=75.0, min_drive_degc=80.0)
