"""Pressure drop against Hagen-Poiseuille and Colebrook's implicit equation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simulators.networks.heat.build import constants
from simulators.networks.heat.friction import friction_factor, pressure_drop_pa, pressure_drop_slope
from tests.simulators.networks.heat.builders import WATER, street


def test_slow_flow_follows_hagen_and_poiseuille() -> None:
    length, diameter, flow = 250.0, 0.05, 0.01
    record = constants(street(length, inner_diameter_m=diameter)).pipes[0]
    by_hand = 128 * WATER.viscosity_pa_s * length * flow / (math.pi * WATER.density_kg_m3 * diameter**4)
    assert pressure_drop_pa(record, flow) == pytest.approx(by_hand, rel=1e-12)
    assert pressure_drop_slope(record, 0.0) == pytest.approx(by_hand / flow, rel=1e-9)


@pytest.mark.parametrize("reynolds", [4e3, 2e4, 3e5, 1e7])
@pytest.mark.parametrize("roughness", [0.0, 1e-5, 1e-3, 2e-2])
def test_turbulent_friction_solves_colebrook(reynolds: float, roughness: float) -> None:
    factor = friction_factor(reynolds, roughness)
    right = -2 * math.log10(roughness / 3.7 + 2.51 / (reynolds * math.sqrt(factor)))
    assert 1 / math.sqrt(factor) == pytest.approx(right, rel=3e-5)


def test_pressure_drop_is_odd_continuous_and_grows_with_the_flow() -> None:
    record = constants(street(100.0, zeta=2.0)).pipes[0]
    flows = np.linspace(0.0, 1.5, 4000)
    drops = np.array([pressure_drop_pa(record, m) for m in flows])
    assert np.all(np.diff(drops) > 0.0)
    assert np.diff(drops).max() < 0.01 * drops[-1]
    assert [pressure_drop_pa(record, -m) for m in flows[::500]] == pytest.approx(-drops[::500])


def test_minor_losses_by_hand() -> None:
    flow, diameter = 8.0, 0.1
    area = math.pi / 4 * diameter**2
    dynamic = WATER.density_kg_m3 / 2 * (flow / WATER.density_kg_m3 / area) ** 2
    plain = pressure_drop_pa(constants(street(100.0)).pipes[0], flow)
    with_zeta = pressure_drop_pa(constants(street(100.0, zeta=3.0)).pipes[0], flow)
    with_factor = pressure_drop_pa(constants(street(100.0, minor_factor=1.2)).pipes[0], flow)
    assert with_zeta - plain == pytest.approx(3.0 * dynamic, rel=1e-12)
    assert with_factor == pytest.approx(1.2 * plain, rel=1e-12)
