"""From the drawing of a pipe to its numbers: heat loss per metre and heat capacity of the steel wall.

Diameters and thicknesses in m, conductivities in W/(m K), films in W/(m² K), resistances per metre of pipe in m K/W.
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

FloatOrArray = TypeVar("FloatOrArray", float, NDArray[np.float64])

STEEL_DENSITY_KG_M3 = 7850.0
STEEL_HEAT_CAPACITY_J_KG_K = 480.0
"""Unalloyed steel at 20–100 °C (EN 1993-1-2, 3.2 gives 440–490 J/(kg K))."""


def circle_area_m2(diameter_m: FloatOrArray) -> FloatOrArray:
    """Area of a circle."""
    return math.pi / 4.0 * diameter_m * diameter_m


def layer_resistance_mk_w(inner_diameter_m: float, outer_diameter_m: float, conductivity_w_mk: float) -> float:
    """Resistance of a cylindrical layer (insulation, plastic pipe wall)."""
    return math.log(outer_diameter_m / inner_diameter_m) / (2.0 * math.pi * conductivity_w_mk)


def film_resistance_mk_w(diameter_m: float, film_w_m2k: float) -> float:
    """Resistance between a pipe's surface and the air around it."""
    return 1.0 / (math.pi * diameter_m * film_w_m2k)


def ground_resistance_mk_w(casing_diameter_m: float, depth_m: float, conductivity_w_mk: float) -> float:
    """Resistance of the ground around a pipe whose axis lies ``depth_m`` deep (Kusuda; EN 13941-1, annex D)."""
    ratio = 2.0 * depth_m / casing_diameter_m
    return math.log(ratio + math.sqrt(ratio * ratio - 1.0)) / (2.0 * math.pi * conductivity_w_mk)


def wall_capacity_j_mk(
    inner_diameter_m: float,
    outer_diameter_m: float,
    density_kg_m3: float = STEEL_DENSITY_KG_M3,
    heat_capacity_j_kg_k: float = STEEL_HEAT_CAPACITY_J_KG_K,
) -> float:
    """Heat capacity of the wall per metre of pipe, J/(m K)."""
    area_m2 = circle_area_m2(outer_diameter_m) - circle_area_m2(inner_diameter_m)
    return density_kg_m3 * heat_capacity_j_kg_k * area_m2
