"""Ageing of a large prismatic LFP cell of more than 250 Ah as identified at NREL (BLAST-Lite 1.1, 250AhPrismatic).

The cell nearest to those of a container. Tests: doi 10.1016/j.est.2023.109042; code: github.com/NREL/BLAST-Lite, BSD-3.
Power laws of time and of throughput; stresses are means over a span of use (spans.py), as there. Throughput and C-rate
refer to the first capacity. There is no resistance law. The state is advanced along the curve, there by a tangent.

Limitations: charged at 0.65 C at most (0.16 C at 10 °C), cycled at 10 to 45 °C; ageing by cycling *falls* with
temperature, which balances the ageing at rest at the tested temperatures and is wrong beyond them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simulators.jit import compiled
from simulators.storage.battery.ageing.anode import anode, anode_potential_v
from simulators.storage.battery.ageing.growth import _power_growth
from simulators.storage.battery.ageing.law import (
    BREAK_IN,
    CALENDAR,
    CYCLIC,
    Counting,
    Law,
    Span,
    TestedRange,
)

CODE = 2
ZERO_DEGC_K = 273.15
DAY_S = 86_400.0

TIME = (8.37e4, -5.21e3, -3.56e3)
"""Factor [p.u./d^0.526], coefficients of 1/T and Ua/T [K, K/V]."""
TIME_EXPONENT = 0.526
CYCLE = (4.38e-8, 1.55e-8, 1.68e-7)
"""a + b · depth + c · C-rate [p.u./FEC^0.828]."""
CYCLE_TEMPERATURE_K = (2.19e3, -1.55e5)
"""exp(a/T) + exp(b/T) [-]."""
CYCLE_EXPONENT = 0.828

K_TIME, K_TEMPERATURE = range(2)
"""What is averaged over a span."""


def time_rate(anode_v: Any, temperature_k: Any) -> Any:
    """k of ``loss = k · days ** 0.526``."""
    return TIME[0] * np.exp((TIME[1] + TIME[2] * anode_v) / temperature_k)


def cycle_temperature(temperature_k: Any) -> Any:
    """Influence of temperature on cycling [-]."""
    return np.exp(CYCLE_TEMPERATURE_K[0] / temperature_k) + np.exp(CYCLE_TEMPERATURE_K[1] / temperature_k)


def hours_to_loss(soc: Any, temperature_degc: Any, loss: Any) -> Any:
    """Inverse of the calendar law."""
    rate = time_rate(anode_potential_v(soc), temperature_degc + ZERO_DEGC_K)
    return 24.0 * (loss / rate) ** (1.0 / TIME_EXPONENT)


def cycles_to_loss(depth: Any, c_rate: Any, mean_soc: Any, temperature_degc: Any, loss: Any) -> Any:
    """Inverse of the cyclic law; C-rate with the rests in it."""
    rate = (CYCLE[0] + CYCLE[1] * depth + CYCLE[2] * c_rate) * cycle_temperature(temperature_degc + ZERO_DEGC_K)
    return (loss / rate) ** (1.0 / CYCLE_EXPONENT) / depth


_time_rate = compiled(time_rate)
_cycle_temperature = compiled(cycle_temperature)


@compiled
def _gather(rates: Any, soc: float, temperature_degc: float, dt_s: float) -> None:
    """Add the rates of a step, times its length, to those of the span."""
    temperature_k = temperature_degc + ZERO_DEGC_K
    rates[K_TIME] += _time_rate(anode(soc), temperature_k) * dt_s
    rates[K_TEMPERATURE] += _cycle_temperature(temperature_k) * dt_s


@compiled
def _age_calendar(losses: Any, rates: Any, span: Span) -> None:
    """The rest of a span: ``rates`` are those gathered."""
    losses[CALENDAR] += _power_growth(
        losses[CALENDAR], rates[K_TIME] / span.duration_s, TIME_EXPONENT, span.duration_s / DAY_S)


@compiled
def _age_cyclic(losses: Any, rates: Any, span: Span) -> None:
    """The use of a span; throughput and C-rate shrink with the capacity."""
    capacity = max(0.0, 1.0 - losses[CALENDAR] - losses[CYCLIC] - losses[BREAK_IN])
    rate = ((CYCLE[0] + CYCLE[1] * span.depth + CYCLE[2] * span.c_rate * capacity)
            * rates[K_TEMPERATURE] / span.duration_s)
    losses[CYCLIC] += _power_growth(losses[CYCLIC], rate, CYCLE_EXPONENT, span.fec * capacity)


BLAST_PRISMATIC = Law(
    name="blast_prismatic_lfp",
    code=CODE,
    title="prismatic LFP 250 Ah, NREL BLAST-Lite",
    chemistry="LFP",
    source="BLAST-Lite 1.1 Lfp_Gr_250AhPrismatic; doi 10.1016/j.est.2023.109042",
    limitations="slow charging only; cycling ages less in the heat: between 10 and 45 °C only; no resistance",
    tested=TestedRange(
        temperature_degc=(10.0, 45.0), soc=(0.0, 1.0), cycling_degc=(10.0, 45.0), depth=(0.8, 1.0),
        charge_c_rate=0.65, discharge_c_rate=1.0),
    counting=Counting.SPAN,
    has_resistance=False,
    hours_to_loss=hours_to_loss,
    cycles_to_loss=cycles_to_loss,
)
