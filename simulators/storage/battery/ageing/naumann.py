"""Ageing of the Sony US26650FTC1 LFP cell (3 Ah) after Naumann, as published by the group that measured it.

Calendar: M. Naumann et al., J. Energy Storage 17 (2018) 153-169, doi 10.1016/j.est.2018.01.019.
Cycling: M. Naumann et al., J. Power Sources 451 (2020) 227666, doi 10.1016/j.jpowsour.2019.227666.
Capacity loss grows with the square root of time and of full cycles, resistance linearly; the parts add up.

Limitations: no influence of temperature on cycling (few tests); no lithium plating in the cold; no knee. The cyclic
resistance law falls with the C-rate, turns negative above 1.05 C and is held at zero there. The storage range is that
of the calendar paper. The cycling range, depths of 0.8 to 1, is the one recorded in BLAST-Lite for the same data. The
curve over depth was fitted to shallower cycles too, but as their range is not verified here, they are told as outside.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simulators.jit import compiled
from simulators.storage.battery.ageing.growth import _root_growth
from simulators.storage.battery.ageing.law import (
    CALENDAR,
    CYCLIC,
    RESISTANCE_CALENDAR,
    RESISTANCE_CYCLIC,
    Counting,
    Cycle,
    Law,
    TestedRange,
)

CODE = 0
GAS_J_MOL_K = 8.3144598
ZERO_DEGC_K = 273.15
REFERENCE_K = 298.15

CALENDAR_LOSS = 1.2571e-5
"""At the reference temperature [p.u./√s]."""
CALENDAR_LOSS_J_MOL = 17126.0
CALENDAR_LOSS_SOC = (2.8575, 0.60225)
"""a (SOC - 0.5)³ + b [-]."""

CALENDAR_RESISTANCE = 3.4194e-10
"""At the reference temperature [p.u./s]."""
CALENDAR_RESISTANCE_J_MOL = 71827.0
CALENDAR_RESISTANCE_SOC = (-3.3903, 1.5604)
"""a (SOC - 0.5)² + b [-]. The square is Naumann's; BLAST-Lite writes a cube (blast_sony.py)."""

CYCLE_LOSS_RATE = (0.0630, 0.0971)
"""a · C-rate + b [%/√FEC]."""
CYCLE_LOSS_DEPTH = (4.0253, 1.0923)
"""a (depth - 0.6)³ + b [-]."""

CYCLE_RESISTANCE_RATE = (-0.0020, 0.0021)
"""a · C-rate + b [%/FEC]; below zero above 1.05 C, which no cell does: held at zero."""
CYCLE_RESISTANCE_DEPTH = (6.8477, 0.9182)
"""a (depth - 0.5)³ + b [-]."""



def calendar_loss_rate(soc: Any, temperature_degc: Any) -> Any:
    """k of ``loss = k √t`` [p.u./√s]."""
    arrhenius = np.exp(-CALENDAR_LOSS_J_MOL / GAS_J_MOL_K
                       * (1.0 / (temperature_degc + ZERO_DEGC_K) - 1.0 / REFERENCE_K))
    return CALENDAR_LOSS * arrhenius * (CALENDAR_LOSS_SOC[0] * (soc - 0.5) ** 3 + CALENDAR_LOSS_SOC[1])


def calendar_resistance_rate(soc: Any, temperature_degc: Any) -> Any:
    """Gain of resistance at rest [p.u./s]."""
    arrhenius = np.exp(-CALENDAR_RESISTANCE_J_MOL / GAS_J_MOL_K
                       * (1.0 / (temperature_degc + ZERO_DEGC_K) - 1.0 / REFERENCE_K))
    return CALENDAR_RESISTANCE * arrhenius * (CALENDAR_RESISTANCE_SOC[0] * (soc - 0.5) ** 2
                                              + CALENDAR_RESISTANCE_SOC[1])


def cycle_loss_rate(depth: Any, c_rate: Any) -> Any:
    """k of ``loss = k √FEC`` [p.u./√FEC]."""
    return 0.01 * ((CYCLE_LOSS_RATE[0] * c_rate + CYCLE_LOSS_RATE[1])
                   * (CYCLE_LOSS_DEPTH[0] * (depth - 0.6) ** 3 + CYCLE_LOSS_DEPTH[1]))


def cycle_resistance_rate(depth: Any, c_rate: Any) -> Any:
    """Gain of resistance by cycling [p.u./FEC], not below zero."""
    return 0.01 * (np.maximum(CYCLE_RESISTANCE_RATE[0] * c_rate + CYCLE_RESISTANCE_RATE[1], 0.0)
                   * (CYCLE_RESISTANCE_DEPTH[0] * (depth - 0.5) ** 3 + CYCLE_RESISTANCE_DEPTH[1]))


def hours_to_loss(soc: Any, temperature_degc: Any, loss: Any) -> Any:
    """Inverse of the calendar law."""
    return (loss / calendar_loss_rate(soc, temperature_degc)) ** 2 / 3600.0


def cycles_to_loss(depth: Any, c_rate: Any, mean_soc: Any, temperature_degc: Any, loss: Any) -> Any:
    """Inverse of the cyclic law; a cycle of depth d is d equivalent full cycles."""
    return (loss / cycle_loss_rate(depth, c_rate)) ** 2 / depth


_calendar_loss_rate = compiled(calendar_loss_rate)
_calendar_resistance_rate = compiled(calendar_resistance_rate)
_cycle_loss_rate = compiled(cycle_loss_rate)
_cycle_resistance_rate = compiled(cycle_resistance_rate)


@compiled
def _age_calendar(losses: Any, soc: float, temperature_degc: float, dt_s: float) -> None:
    """A step at constant stress."""
    rate = _calendar_loss_rate(soc, temperature_degc)
    losses[CALENDAR] += _root_growth(losses[CALENDAR], rate, dt_s)
    losses[RESISTANCE_CALENDAR] += _calendar_resistance_rate(soc, temperature_degc) * dt_s


@compiled
def _age_cycle(losses: Any, cycle: Cycle) -> None:
    """A closed full or half cycle."""
    rate = _cycle_loss_rate(cycle.depth, cycle.c_rate)
    losses[CYCLIC] += _root_growth(losses[CYCLIC], rate, cycle.fec)
    losses[RESISTANCE_CYCLIC] += _cycle_resistance_rate(cycle.depth, cycle.c_rate) * cycle.fec


NAUMANN = Law(
    name="naumann_lfp",
    code=CODE,
    title="Sony LFP 3 Ah, Naumann 2018 and 2020",
    chemistry="LFP",
    source="Naumann et al., J. Energy Storage 17 (2018) 153 and J. Power Sources 451 (2020) 227666",
    limitations="no influence of temperature on cycling, no lithium plating in the cold, no knee",
    tested=TestedRange(
        temperature_degc=(0.0, 60.0), soc=(0.0, 1.0), cycling_degc=(20.0, 40.0), depth=(0.8, 1.0),
        charge_c_rate=1.0, discharge_c_rate=2.0),
    counting=Counting.RAINFLOW,
    has_resistance=True,
    hours_to_loss=hours_to_loss,
    cycles_to_loss=cycles_to_loss,
)
