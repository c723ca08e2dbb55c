"""Pre-insulated pipes against EN 253 and a maker's heat losses."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pandapipes
import pytest

from simulators.networks.pipe_types import PIPES, inner_diameter_m, loss_w_mk, wall_j_mk

MAKERS_FOAM_W_MK = 0.024
"""Foam of isoplus' single pipes, to which its published losses belong."""


def published_w_mk() -> dict[int, float]:
    """Heat losses of isoplus single pipes, once reinforced (series 2), as pandapipes ships them."""
    library = Path(pandapipes.__file__).parent / "std_types" / "library" / "Pipe.csv"
    with library.open(encoding="utf-8") as stream:
        rows = csv.DictReader(stream, delimiter=";")
        return {int(row["nominal_width_mm"]): float(row["u_w_per_mk"]) for row in rows
                if row["std_type"].startswith("ISOPLUS_DRE") and row["std_type"].endswith("_1x") and row["u_w_per_mk"]}


@pytest.mark.parametrize(("dn", "inner_mm"), [
    (20, 21.7), (32, 37.2), (50, 54.5), (80, 82.5), (100, 107.1), (150, 160.3), (200, 210.1), (250, 263.0),
    (300, 312.7), (400, 393.8)])
def test_inner_diameters_are_those_of_en_253(dn: int, inner_mm: float) -> None:
    assert inner_diameter_m(dn) == pytest.approx(inner_mm / 1e3, abs=1e-9)


def test_each_size_is_larger_than_the_one_before() -> None:
    assert list(PIPES) == sorted(PIPES)
    for smaller, larger in zip(PIPES.values(), list(PIPES.values())[1:], strict=False):
        assert smaller.inner_mm < larger.inner_mm and smaller.casing_mm <= larger.casing_mm
    assert all(dn < 1.2 * pipe.inner_mm < 1.3 * 1.2 * dn for dn, pipe in PIPES.items())


@pytest.mark.parametrize("dn", PIPES)
def test_heat_losses_agree_with_a_makers(dn: int) -> None:
    assert loss_w_mk(dn, 0.8, foam_w_mk=MAKERS_FOAM_W_MK) == pytest.approx(published_w_mk()[dn], rel=0.04)


def test_heat_loss_of_dn_100_by_hand() -> None:
    """Foam ln(218.2/114.3)/(2π 0.027), casing ln(225/218.2)/(2π 0.4), ground acosh(1.6/0.225)/(2π 1.5)."""
    resistance_mk_w = (math.log(218.2 / 114.3) / 0.027 + math.log(225.0 / 218.2) / 0.4
                       + math.acosh(1.6 / 0.225) / 1.5) / (2.0 * math.pi)
    assert loss_w_mk(100, 0.8) == pytest.approx(1.0 / resistance_mk_w, rel=1e-12)
    assert loss_w_mk(100, 0.8) == pytest.approx(0.2436, abs=1e-4)


def test_deeper_pipes_lose_less() -> None:
    assert loss_w_mk(200, 2.0) < loss_w_mk(200, 0.8) < loss_w_mk(200, 0.4)


def test_heat_capacity_of_the_steel_by_its_mass() -> None:
    """DN 200 weighs 23.8 kg/m (EN 10220), times 480 J/(kg K)."""
    assert wall_j_mk(200) == pytest.approx(23.8 * 480.0, rel=0.005)
