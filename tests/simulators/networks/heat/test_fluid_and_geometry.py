"""Water and pipe data against tables and formulas by hand."""

from __future__ import annotations

import math

import pytest

from simulators.networks.heat.fluid import vapour_pressure_bar, water
from simulators.networks.heat.geometry import (
    film_resistance_mk_w,
    ground_resistance_mk_w,
    layer_resistance_mk_w,
    wall_capacity_j_mk,
)


@pytest.mark.parametrize(
    ("t_degc", "density", "heat_capacity", "viscosity"),
    [(20.0, 998.2, 4184.0, 1.002e-3), (60.0, 983.2, 4185.0, 0.466e-3), (80.0, 971.8, 4197.0, 0.354e-3)])
def test_water_agrees_with_the_steam_tables(
    t_degc: float, density: float, heat_capacity: float, viscosity: float
) -> None:
    fluid = water(t_degc)
    assert fluid.density_kg_m3 == pytest.approx(density, rel=2e-4)
    assert fluid.heat_capacity_j_kg_k == pytest.approx(heat_capacity, rel=5e-4)
    assert fluid.viscosity_pa_s == pytest.approx(viscosity, rel=5e-3)


@pytest.mark.parametrize(("t_degc", "bar"), [(20.0, 0.02339), (80.0, 0.4741), (99.97, 1.01325), (120.0, 1.9867)])
def test_water_boils_at_its_vapour_pressure(t_degc: float, bar: float) -> None:
    assert vapour_pressure_bar(t_degc) == pytest.approx(bar, rel=5e-3)


def test_documented_resistance_of_the_liege_test_bench() -> None:
    outer, insulation = 0.0603, 0.013
    casing = outer + 2 * insulation
    resistance = layer_resistance_mk_w(outer, casing, 0.04) + film_resistance_mk_w(casing, 5.0)
    assert resistance == pytest.approx(2.164, abs=2e-3)


def test_resistance_of_deep_ground_is_that_of_a_cylinder_twice_as_far() -> None:
    by_hand = math.log(4 * 5.0 / 0.2) / (2 * math.pi * 1.5)
    assert ground_resistance_mk_w(0.2, 5.0, 1.5) == pytest.approx(by_hand, rel=1e-3)


def test_wall_capacity_is_mass_times_heat_capacity() -> None:
    assert wall_capacity_j_mk(0.1, 0.11, 8000.0, 500.0) == pytest.approx(math.pi / 4 * 0.0021 * 4e6)
