"""Pressure drop of a pipe: laminar below Re 2300, Colebrook above 4000, a straight line between. Pa, kg/s, m.

Colebrook's equation is solved by Serghides' explicit formula (Chem. Eng. 91 (1984) 63; within 0.003 % of the implicit
one), so that no iteration can fail. Functions take the record of one pipe (records.PIPE).
"""

from __future__ import annotations

import math

from simulators.jit import compiled
from simulators.networks.heat.records import Record

LAMINAR_REYNOLDS = 2300.0
TURBULENT_REYNOLDS = 4000.0
LAMINAR_FACTOR = 64.0
TWO_PER_LN_10 = 2.0 / math.log(10.0)
"""The natural logarithm is twice as fast as the decimal one."""
DERIVATIVE_STEP = 1e-4
"""Relative step of the numerical derivative of the pressure drop (it gives the loop solver only its direction)."""


@compiled
def friction_factor(reynolds: float, relative_roughness: float) -> float:
    """Darcy friction factor."""
    if reynolds <= LAMINAR_REYNOLDS:
        return LAMINAR_FACTOR / reynolds
    if reynolds >= TURBULENT_REYNOLDS:
        return _colebrook(reynolds, relative_roughness)
    share = (reynolds - LAMINAR_REYNOLDS) / (TURBULENT_REYNOLDS - LAMINAR_REYNOLDS)
    laminar = LAMINAR_FACTOR / LAMINAR_REYNOLDS
    return laminar + share * (_colebrook(TURBULENT_REYNOLDS, relative_roughness) - laminar)


@compiled
def _colebrook(reynolds: float, relative_roughness: float) -> float:
    rough = relative_roughness / 3.7
    a = -TWO_PER_LN_10 * math.log(rough + 12.0 / reynolds)
    b = -TWO_PER_LN_10 * math.log(rough + 2.51 * a / reynolds)
    c = -TWO_PER_LN_10 * math.log(rough + 2.51 * b / reynolds)
    root = a - (b - a) * (b - a) / (c - 2.0 * b + a)
    return 1.0 / (root * root)


@compiled
def pressure_drop_pa(pipe: Record, flow_kg_s: float) -> float:
    """Pressure drop of a pipe, one way, with the sign of the flow; height not included."""
    flow = abs(flow_kg_s)
    reynolds = flow * pipe.reynolds_s_kg
    if reynolds <= LAMINAR_REYNOLDS:
        resistance = LAMINAR_FACTOR / pipe.reynolds_s_kg
    else:
        resistance = friction_factor(reynolds, pipe.relative_roughness) * flow
    resistance *= pipe.minor_factor * pipe.quadratic_pa_s2_kg2
    return (resistance + pipe.minor_pa_s2_kg2 * flow) * flow_kg_s


@compiled
def pressure_drop_slope(pipe: Record, flow_kg_s: float) -> float:
    """Derivative of :func:`pressure_drop_pa` with respect to the flow, > 0 also at standstill (laminar)."""
    step = DERIVATIVE_STEP * max(abs(flow_kg_s), LAMINAR_REYNOLDS / pipe.reynolds_s_kg)
    return (pressure_drop_pa(pipe, flow_kg_s + step) - pressure_drop_pa(pipe, flow_kg_s - step)) / (2.0 * step)
