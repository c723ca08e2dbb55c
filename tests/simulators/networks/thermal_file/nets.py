"""Small pandapipes nets for tests: supply junctions 0, 1, 2, ..., their return twins 100 higher."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandapipes as pp
from pandapipes.pandapipes_net import pandapipesNet
from pandapipes.properties.fluids import create_constant_fluid

RETURN = 100
SUPPLY_K = 363.15
RETURN_K = 328.15
DENSITY_KG_M3 = 975.0
HEAT_CAPACITY_J_KG_K = 4190.0
VISCOSITY_PA_S = 3.8e-4

Way = tuple[int, int, float, float]
"""Junction, junction, length in m, inner diameter in mm."""

TREE: tuple[Way, ...] = ((0, 1, 400.0, 107.1), (1, 2, 150.0, 82.5), (1, 3, 220.0, 70.3), (3, 4, 90.0, 54.5))
RING: tuple[Way, ...] = ((0, 1, 300.0, 107.1), (1, 2, 200.0, 82.5), (2, 3, 210.0, 82.5), (3, 4, 220.0, 82.5),
                         (4, 1, 230.0, 82.5), (2, 4, 260.0, 54.5))
HEIGHTS = {0: 12.0, 1: 15.0, 2: 9.0, 3: 20.0, 4: 18.0}


def empty(ways: Iterable[Way], **pipe: Any) -> pandapipesNet:
    """Supply and return pipes with the pressure pump at junction 0, no consumers."""
    ways = list(ways)
    net = pp.create_empty_network(fluid="water")
    net["fluid"] = create_constant_fluid("carrier", "liquid", density=DENSITY_KG_M3, viscosity=VISCOSITY_PA_S,
                                         heat_capacity=HEAT_CAPACITY_J_KG_K, molar_mass=18.0, compressibility=1.0)
    for junction in sorted({end for way in ways for end in way[:2]}):
        for index, name in ((junction, f"S{junction}"), (junction + RETURN, f"R{junction}")):
            pp.create_junction(net, 5.0, SUPPLY_K, height_m=HEIGHTS.get(junction, 10.0), name=name, index=index,
                               geodata=(100.0 * junction, 50.0))
    figures = {"k_mm": 0.1, "outer_diameter_mm": 120.0, "u_w_per_m2k": 0.7, "text_k": 281.15, **pipe}
    for a, b, length_m, diameter_mm in ways:
        for shift in (0, RETURN):
            start, end = (a, b) if shift == 0 else (b + RETURN, a + RETURN)
            pp.create_pipe_from_parameters(net, start, end, length_m / 1e3, inner_diameter_mm=diameter_mm,
                                           name=f"{a}-{b}", **figures)
    pp.create_circ_pump_const_pressure(net, RETURN, 0, p_flow_bar=9.0, plift_bar=5.0, t_flow_k=SUPPLY_K, name="EC")
    return net


def tree() -> pandapipesNet:
    """Three consumers, one of each kind: return temperature, temperature drop, heat and flow."""
    net = empty(TREE)
    pp.create_heat_consumer(net, 2, 2 + RETURN, qext_w=600e3, treturn_k=RETURN_K, name="hall")
    pp.create_heat_consumer(net, 3, 3 + RETURN, qext_w=300e3, deltat_k=40.0, name="school")
    pp.create_heat_consumer(net, 4, 4 + RETURN, qext_w=200e3, controlled_mdot_kg_per_s=1.5)
    return net


def ring() -> pandapipesNet:
    """A ring with a way across and three consumers."""
    net = empty(RING, loss_coefficient=2.0)
    for junction, heat_w in ((2, 300e3), (3, 700e3), (4, 250e3)):
        pp.create_heat_consumer(net, junction, junction + RETURN, qext_w=heat_w, treturn_k=RETURN_K)
    return net
