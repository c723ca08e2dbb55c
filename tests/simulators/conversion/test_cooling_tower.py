"""Cooling tower: heat rejected, approach, fan law and water, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.conversion.cooling_tower import fan_mw, rejected_mw, water_degc, water_kg_s


def test_absorption_rejects_more_than_compression_for_the_same_cold() -> None:
    assert rejected_mw(2.8, 2.8 / 0.7) == pytest.approx(2.8 * (1 + 1 / 0.7))
    assert rejected_mw(2.8, 2.8 / 4.0) == pytest.approx(2.8 * 1.25)


def test_water_leaves_above_wet_bulb_in_proportion_to_the_heat() -> None:
    assert water_degc(5.0, 24.0, 5.0, 4.0) == 28.0
    assert water_degc(2.5, 24.0, 5.0, 4.0) == 26.0
    assert water_degc(0.0, 24.0, 5.0, 4.0) == 24.0


def test_fans_follow_the_cube_and_saturate() -> None:
    assert fan_mw(2.5, 5.0, 0.01) == pytest.approx(0.05 / 8)
    assert fan_mw(5.0, 5.0, 0.01) == pytest.approx(0.05)
    assert fan_mw(9.0, 5.0, 0.01) == pytest.approx(0.05)


def test_water_use_by_hand() -> None:
    # 2.45 MW evaporates 1 kg/s; 85 % of it, 4 cycles: blowdown a third of it, drift 1 %
    assert water_kg_s(2.45, 0.85, 4.0, 0.01) == pytest.approx(0.85 * (1 + 1 / 3 + 0.01), rel=1e-12)


def test_equations_take_arrays() -> None:
    heat = np.array([0.0, 2.0, 7.0])

    assert fan_mw(heat, 5.0, 0.01).tolist() == [float(fan_mw(q, 5.0, 0.01)) for q in heat]
    assert water_kg_s(heat, 0.85, 4.0, 0.01).tolist() == [water_kg_s(q, 0.85, 4.0, 0.01) for q in heat]
