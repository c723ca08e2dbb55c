"""One pipe: plug flow, heat loss towards the ground and the heat capacity of its wall. W, J, kg, °C, s.

The wall is one stirred mass at whichever end the water leaves (first order, as in the IBPSA and AixLib plug-flow
pipes). After a reversal of the flow the same mass, with the temperature it has, acts at the other end: heat is kept,
and no temperature can leave the range of those present. Measured on the ULg test bench, where the wall holds 31 % of
the water's heat capacity: the outlet temperature is wrong by 1.6 K (RMSE) without a wall, by 1.2 K if the wall merely
delays the whole front, by 0.5 K with half the wall at each end, and by 0.4 K with this element.

Water and wall share the heat loss in proportion to their capacities and cool with one time constant, (C_water +
C_wall)/U'. A stagnant pipe then cools as slowly as water and steel together do, and in steady flow the loss is U' L
(T - T_ground), as it should be.
"""

from __future__ import annotations

import math

import numpy as np

from simulators.jit import compiled
from simulators.networks.heat.fluid import Fluid
from simulators.networks.heat.geometry import circle_area_m2
from simulators.networks.heat.parcels import cool, fill, heat_content, push_pop
from simulators.networks.heat.records import LINE, LINE_DATA, PARCEL, RING, Floats, Record, Records

DEFAULT_PARCELS = 256
"""Ring buffer of a line. 2.6 km at 0.1 m/s hold 430 pushes of 60 s: the most alike are merged then."""
INITIAL_PARCELS = 32
"""Resolution of an initial temperature profile."""


@compiled
def advance_line(parcels: Records, ring: Record, line: Record, data: Record, moved_kg: float, inlet_degc: float,
                 dt_s: float, ground_degc: float, heat_capacity: float) -> tuple[float, float]:
    """Let a line cool for ``dt_s`` while ``moved_kg`` (sign: direction) flow through; returns outlet °C and loss J.

    Without flow the inlet temperature is not used and the outlet means nothing.
    """
    cooling = data.loss_rate_1_s * dt_s
    cooled_frac = -math.expm1(-cooling)
    loss_j = heat_capacity * cool(parcels, ring, line, data.total_kg, cooled_frac, ground_degc)
    if moved_kg == 0.0:
        change = (ground_degc - line.wall_degc) * cooled_frac
        line.wall_degc += change
        return line.wall_degc, loss_j - data.wall_j_k * change
    water_degc = push_pop(parcels, ring, line, data.total_kg, moved_kg, inlet_degc)
    if data.wall_j_k == 0.0:
        line.wall_degc = water_degc
        return water_degc, loss_j
    through_j_k = abs(moved_kg) * heat_capacity
    washed = through_j_k / data.wall_j_k
    exponent = washed + cooling
    if exponent == 0.0:
        return line.wall_degc, loss_j
    settled_degc = (washed * water_degc + cooling * ground_degc) / exponent
    change = (settled_degc - line.wall_degc) * -math.expm1(-exponent)
    mean_degc = settled_degc - change / exponent
    line.wall_degc += change
    return mean_degc, loss_j + through_j_k * (water_degc - mean_degc) - data.wall_j_k * change


@compiled
def line_heat_j(line: Record, data: Record, heat_capacity: float) -> float:
    """Heat in water and wall of a line above 0 °C."""
    return heat_capacity * heat_content(line, data.total_kg) + data.wall_j_k * line.wall_degc


@compiled
def run_line(parcels: Records, rings: Records, lines: Records, data: Records, moved_kg: Floats, inlet_degc: Floats,
             ground_degc: Floats, dt_s: float, heat_capacity: float, outlet_degc: Floats) -> float:
    """Advance the only line of its arrays by a series of steps; fills ``outlet_degc`` and returns the loss in J."""
    total = 0.0
    for k in range(moved_kg.size):
        outlet_degc[k], loss_j = advance_line(
            parcels[0], rings[0], lines[0], data[0], moved_kg[k], inlet_degc[k], dt_s, ground_degc[k], heat_capacity)
        total += loss_j
    return total


class PlugFlowPipe:
    """One pipe on its own, for tests and comparisons with measurements.

    Parameters
    ----------
    length_m, inner_diameter_m
        Geometry of the water column.
    u_w_mk
        Heat loss coefficient per metre, water to ground or ambient.
    wall_j_mk
        Heat capacity of the wall per metre (:func:`~simulators.networks.heat.geometry.wall_capacity_j_mk`).
    fluid
        Constants of the water.
    initial_degc
        Temperature, or temperatures at (near end a, far end b), at the start.
    """

    def __init__(self, length_m: float, inner_diameter_m: float, u_w_mk: float, wall_j_mk: float, fluid: Fluid,
                 initial_degc: float | tuple[float, float], parcels: int = DEFAULT_PARCELS) -> None:
        self.fluid = fluid
        water_kg_m = fluid.density_kg_m3 * circle_area_m2(inner_diameter_m)
        rate = u_w_mk / (water_kg_m * fluid.heat_capacity_j_kg_k + wall_j_mk)
        self.data = np.array([(water_kg_m * length_m, wall_j_mk * length_m, rate)], LINE_DATA)
        self.parcels = np.zeros((1, parcels), PARCEL)
        self.rings = np.zeros(1, RING)
        self.lines = np.zeros(1, LINE)
        near, far = initial_degc if isinstance(initial_degc, tuple) else (initial_degc, initial_degc)
        count = min(INITIAL_PARCELS, parcels)
        position = (np.arange(count) + 0.5) / count
        fill(self.parcels[0], self.rings[0], self.lines[0], water_kg_m * length_m, far + (near - far) * position)
        self.lines["wall_degc"] = far

    def run(self, flow_kg_s: Floats, inlet_degc: Floats, ground_degc: Floats | float,
            dt_s: float) -> tuple[Floats, float]:
        """Advance by one step per element; returns the mean outlet temperature of each step and the loss in J."""
        moved_kg = np.asarray(flow_kg_s, float) * dt_s
        outlet = np.empty(moved_kg.size)
        ground = np.broadcast_to(np.asarray(ground_degc, float), moved_kg.shape).copy()
        loss_j = run_line(self.parcels, self.rings, self.lines, self.data, moved_kg, np.asarray(inlet_degc, float),
                          ground, dt_s, self.fluid.heat_capacity_j_kg_k, outlet)
        return outlet, loss_j

    @property
    def heat_j(self) -> float:
        """Heat in water and wall above 0 °C."""
        return float(line_heat_j(self.lines[0], self.data[0], self.fluid.heat_capacity_j_kg_k))
