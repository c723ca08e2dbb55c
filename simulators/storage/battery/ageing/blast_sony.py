"""Ageing of the Sony-Murata 3 Ah LFP cell as identified at NREL (BLAST-Lite 1.1, Lfp_Gr_SonyMurata3Ah).

The measurements are Naumann's (naumann.py), the capacity laws were fitted anew: P. Gasper et al., J. Electrochem. Soc.
169 (2022) 080518, doi 10.1149/1945-7111/ac86a8. Code: github.com/NREL/BLAST-Lite (BSD-3). Stresses are means over a
span of use (spans.py), as there: rates of storage, range of the state of charge, C-rate with the rests in it. Charge
throughput and C-rate refer to the first capacity, so they shrink with it.

Deliberate differences: the state is advanced along the curve instead of by a tangent; a loss above the ceiling of the
present stress stays (there: not a number); the cyclic resistance law, negative above 1.05 C, is held at zero; q5, the
loss per throughput by cycling, does not fall below what it is without depth. As published its expression changes sign
at a depth of 0.18 and its size is taken: cycling of that depth is free, and ripple on it *lowers* the loss. Held, it
grows with depth and C-rate, or stays. From a depth of 0.36 on it is the published one.

Kept as published although Naumann has a square: the *cube* of (SOC - 0.5) in the resistance at rest. At 100 % and 40 °C
ten years then give a gain of 0.49 instead of 0.31.

Limitations: cycled at 20 to 40 °C only and without influence of temperature on cycling; below a depth of 0.36 the
loss per throughput is a constant that nothing was fitted to. The break-in applies above three full cycles a day only.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simulators.jit import compiled
from simulators.storage.battery.ageing.anode import anode, anode_potential_v
from simulators.storage.battery.ageing.growth import _power_growth, _sigmoid_growth
from simulators.storage.battery.ageing.law import (
    BREAK_IN,
    CALENDAR,
    CYCLIC,
    RESISTANCE_CALENDAR,
    RESISTANCE_CYCLIC,
    Counting,
    Law,
    Span,
    TestedRange,
)

CODE = 1
GAS_J_MOL_K = 8.3144
ZERO_DEGC_K = 273.15
REFERENCE_K = 298.15
DAY_S = 86_400.0

CEILING = (0.989687151293590, -2881067.56019324, 8742.06309157261)
"""q1: highest loss at rest: factor, coefficients of √Ua/T² and √Ua/T [p.u.]."""
TIME_RATE_PER_DAY = 1.30510034211874e-4
"""q2 [1/d]."""
TIME_EXPONENT = (3.32850281062177e-4, 7.34553185711369e11, -2.82161575620780e-6, -3.284991315451210e9,
                 1.27227593657290e-3)
"""q3: factor, coefficients of ∛Ua/T⁴, ∜Ua·T³, ∛Ua/T³ and ∜Ua·T² [-]."""
CYCLE_RATE = (-6.81260579372875e-6, 2.59615973160844e-5, 2.11559710307295e-6)
"""q5 = a + b · depth + c · exp(depth² · C-rate³), at least |a + c| [1/FEC]; as published, its size."""
LOWEST_CYCLE_RATE = abs(CYCLE_RATE[0] + CYCLE_RATE[2])
"""The published q5 at depth 0 [1/FEC]."""
CYCLE_EXPONENT = 1.12847759334355
"""q6 [-]."""
BREAK_IN_CEILING = (0.582258029148225, 0.0583128906965484, 0.208738181522897, -3.80744333129564, 1.16126260428210,
                    25.4130804598602)
"""q7: factor, skew and width over the state of charge, skew, width and growth over the depth."""
BREAK_IN_RATE_PER_FEC = 3.03553871631028e-3
BREAK_IN_EXPONENT = 1.43752162947637
BREAK_IN_FEC_PER_DAY = 3.0
"""No break-in below."""
RESISTANCE_TIME = (3.4194e-10, 71827.0, -3.3903, 1.5604)
"""Factor [p.u./s], J/mol, a (SOC - 0.5)³ + b."""
RESISTANCE_RATE = (-0.002, 0.0021)
RESISTANCE_DEPTH = (6.8477, 0.91882)
"""(a · C-rate + b)(c (depth - 0.5)³ + d) [%/FEC]."""

Q1, Q3, Q7_SOC, R_TEMPERATURE, R_SOC = range(5)
"""What is averaged over a span."""


def ceiling(anode_v: Any, temperature_k: Any) -> Any:
    """Highest capacity loss at rest [p.u.]."""
    return CEILING[0] * np.exp(np.sqrt(anode_v) / temperature_k * (CEILING[1] / temperature_k + CEILING[2]))


def time_exponent(anode_v: Any, temperature_k: Any) -> Any:
    """Exponent of time [-]."""
    third, quarter = anode_v ** (1.0 / 3.0), np.sqrt(np.sqrt(anode_v))
    cube = temperature_k**3
    return TIME_EXPONENT[0] * np.exp(
        third / cube * (TIME_EXPONENT[1] / temperature_k + TIME_EXPONENT[3])
        + quarter * (TIME_EXPONENT[2] * cube + TIME_EXPONENT[4] * temperature_k**2))


def cycle_rate(depth: Any, c_rate: Any) -> Any:
    """q5 of ``loss = (q5 · FEC) ** q6`` [1/FEC]."""
    grown = CYCLE_RATE[0] + CYCLE_RATE[1] * depth + CYCLE_RATE[2] * np.exp(depth**2 * c_rate**3)
    return np.maximum(grown, LOWEST_CYCLE_RATE)


def hours_to_loss(soc: Any, temperature_degc: Any, loss: Any) -> Any:
    """Inverse of the calendar law; beyond 1e12 h where the loss is above the ceiling."""
    anode_v, temperature_k = anode_potential_v(soc), temperature_degc + ZERO_DEGC_K
    part = np.minimum(loss / ceiling(anode_v, temperature_k), ALMOST_ALL)
    power = np.log((1.0 + part) / (1.0 - part))
    return power ** (1.0 / time_exponent(anode_v, temperature_k)) / TIME_RATE_PER_DAY * 24.0


def cycles_to_loss(depth: Any, c_rate: Any, mean_soc: Any, temperature_degc: Any, loss: Any) -> Any:
    """Inverse of the cyclic law without the break-in; C-rate with the rests in it."""
    return loss ** (1.0 / CYCLE_EXPONENT) / cycle_rate(depth, c_rate) / depth


ALMOST_ALL = 1.0 - 1e-12
"""Nearest to the ceiling that an inverse is asked for."""

_ceiling = compiled(ceiling)
_time_exponent = compiled(time_exponent)
_cycle_rate = compiled(cycle_rate)


@compiled
def _skewed_bell(x: float, skew: float, width: float) -> float:
    """Density of the skew normal distribution around 0.5."""
    u = (x - 0.5) / width
    return math.exp(-0.5 * u * u) / math.sqrt(2.0 * math.pi) * (1.0 + math.erf(skew * u / math.sqrt(2.0)))


@compiled
def _gather(rates: Any, soc: float, temperature_degc: float, dt_s: float) -> None:
    """Add the rates of a step, times its length, to those of the span."""
    anode_v, temperature_k = anode(soc), temperature_degc + ZERO_DEGC_K
    rates[Q1] += _ceiling(anode_v, temperature_k) * dt_s
    rates[Q3] += _time_exponent(anode_v, temperature_k) * dt_s
    rates[Q7_SOC] += _skewed_bell(soc, BREAK_IN_CEILING[1], BREAK_IN_CEILING[2]) * dt_s
    rates[R_TEMPERATURE] += math.exp(
        -RESISTANCE_TIME[1] / GAS_J_MOL_K * (1.0 / temperature_k - 1.0 / REFERENCE_K)) * dt_s
    rates[R_SOC] += (RESISTANCE_TIME[2] * (soc - 0.5) ** 3 + RESISTANCE_TIME[3]) * dt_s


@compiled
def _age_calendar(losses: Any, rates: Any, span: Span) -> None:
    """The rest of a span: ``rates`` are those gathered."""
    seconds = span.duration_s
    losses[CALENDAR] += _sigmoid_growth(
        losses[CALENDAR], rates[Q1] / seconds, TIME_RATE_PER_DAY, rates[Q3] / seconds, seconds / DAY_S)
    losses[RESISTANCE_CALENDAR] += RESISTANCE_TIME[0] * rates[R_TEMPERATURE] * rates[R_SOC] / seconds


@compiled
def _age_cyclic(losses: Any, rates: Any, span: Span) -> None:
    """The use of a span; throughput and C-rate shrink with the capacity."""
    capacity = max(0.0, 1.0 - losses[CALENDAR] - losses[CYCLIC] - losses[BREAK_IN])
    fec, c_rate = span.fec * capacity, span.c_rate * capacity
    q5 = _cycle_rate(span.depth, c_rate)
    losses[CYCLIC] += _power_growth(losses[CYCLIC], q5**CYCLE_EXPONENT, CYCLE_EXPONENT, fec)
    losses[RESISTANCE_CYCLIC] += fec * 0.01 * (
        max(0.0, RESISTANCE_RATE[0] * c_rate + RESISTANCE_RATE[1])
        * (RESISTANCE_DEPTH[0] * (span.depth - 0.5) ** 3 + RESISTANCE_DEPTH[1]))
    if fec > BREAK_IN_FEC_PER_DAY * span.duration_s / DAY_S:
        highest = (BREAK_IN_CEILING[0] * rates[Q7_SOC] / span.duration_s
                   * _skewed_bell(span.depth, BREAK_IN_CEILING[3], BREAK_IN_CEILING[4])
                   * math.tanh(0.5 * BREAK_IN_CEILING[5] * span.depth))
        losses[BREAK_IN] += _sigmoid_growth(
            losses[BREAK_IN], highest, BREAK_IN_RATE_PER_FEC, BREAK_IN_EXPONENT, fec)


BLAST_SONY = Law(
    name="blast_sony_lfp",
    code=CODE,
    title="Sony-Murata LFP 3 Ah, NREL BLAST-Lite",
    chemistry="LFP",
    source="BLAST-Lite 1.1 Lfp_Gr_SonyMurata3Ah; Gasper et al., J. Electrochem. Soc. 169 (2022) 080518",
    limitations="no influence of temperature on cycling; cycles below 0.8 are extrapolated, below 0.36 as a constant",
    tested=TestedRange(
        temperature_degc=(0.0, 60.0), soc=(0.0, 1.0), cycling_degc=(20.0, 40.0), depth=(0.8, 1.0),
        charge_c_rate=1.0, discharge_c_rate=2.0),
    counting=Counting.SPAN,
    has_resistance=True,
    hours_to_loss=hours_to_loss,
    cycles_to_loss=cycles_to_loss,
)
