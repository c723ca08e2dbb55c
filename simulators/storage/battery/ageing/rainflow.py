"""Rainflow counting as the state of charge goes along: three points, as in ASTM E1049-85 §5.4.4, in bounded memory.

A loop is closed as soon as the present state of charge passes the point where it began, not only at the next turning
point: the cycles are the same, they come earlier. Every bit of the way belongs to exactly one full cycle, half cycle or
to the residue (the turning points not yet closed, whose legs become shorter and shorter), so ``Σ fec`` is half the sum
of all |changes|. Of a loop's return leg its share goes to the loop and the rest to the cycle around it, in proportion
to depth; rate and temperature go with it.

**Ripple.** A detector that ends half a cycle at every reversal cuts the deep cycle of a day into shallow pieces as soon
as there is ripple on it, and deep cycles are those that age: more throughput would then age less. Here the ripple is
taken out as small cycles and the deep one stays.

**Residue.** Its legs are half cycles that may still grow. They count in reports, provisionally: they are added to a
*copy* of the losses (wear.py), never to the losses themselves, so nothing is counted twice when they close.

**Full memory.** When the list of turning points is full, its oldest and deepest leg is counted as a half cycle, as the
norm does with what is left at the end of a record. No way is lost; a later return over the same range counts as a half
cycle as well instead of both making a full one.

**Rate and temperature** of a cycle are means over its way, not over its time: rests, and self-discharge during rests,
would make a fast cycle a slow one, and a step in which the battery stopped half-way would make it slower the longer
the steps are.
"""

from __future__ import annotations

import numpy as np

from simulators.jit import compiled
from simulators.storage.battery.ageing.law import Cycle
from simulators.storage.battery.ageing.usage import (
    MOVED_DEGC,
    MOVED_RATE,
    SOC,
    TURNING_POINTS,
    Floats,
    Record,
    Records,
    fresh_usage,
)

HOUR_S = 3600.0


@compiled
def _no_cycle() -> Cycle:
    return Cycle(0.0, 0.0, 0.0, 0.0, 0.0)


@compiled
def _half_cycle(start: Floats, end_soc: float) -> Cycle:
    """The leg from a turning point to a state of charge."""
    depth = abs(end_soc - start[SOC])
    if depth == 0.0:
        return _no_cycle()
    return Cycle(0.5 * depth, depth, 0.5 * (start[SOC] + end_soc), start[MOVED_RATE] / depth,
                 start[MOVED_DEGC] / depth)


@compiled
def _drop_first(usage: Record, turning: Floats) -> None:
    """Forget the oldest turning point; its leg has been counted."""
    for i in range(usage.points - 1):
        for column in range(turning.shape[1]):
            turning[i, column] = turning[i + 1, column]
    usage.points -= 1


@compiled
def _turns(usage: Record, turning: Floats, soc: float) -> bool:
    """Whether going on to ``soc`` reverses the direction of the open leg."""
    return (soc - usage.soc) * (usage.soc - turning[usage.points - 1, SOC]) < 0.0


@compiled
def _move(usage: Record, turning: Floats, soc: float, temperature_degc: float, dt_s: float) -> Cycle:
    """Go on to a state of charge; returns the leg that had to leave a full list, mostly none."""
    forced = _no_cycle()
    if soc == usage.soc:
        return forced
    if _turns(usage, turning, soc):
        if usage.points == turning.shape[0]:
            forced = _half_cycle(turning[0], turning[1, SOC])
            _drop_first(usage, turning)
        turning[usage.points, SOC] = usage.soc
        turning[usage.points, MOVED_RATE] = 0.0
        turning[usage.points, MOVED_DEGC] = 0.0
        usage.points += 1
    way = abs(soc - usage.soc)
    leg = turning[usage.points - 1]
    leg[MOVED_RATE] += way * HOUR_S / dt_s * way
    leg[MOVED_DEGC] += temperature_degc * way
    usage.soc = soc
    return forced


@compiled
def _closed(usage: Record, turning: Floats) -> Cycle:
    """Take out the next cycle that the present state of charge closes; call until there is none."""
    last = usage.points - 1
    if last < 1:
        return _no_cycle()
    reach = abs(usage.soc - turning[last, SOC])
    depth = abs(turning[last, SOC] - turning[last - 1, SOC])
    if reach < depth:
        return _no_cycle()
    if last == 1:
        half = _half_cycle(turning[0], turning[1, SOC])
        _drop_first(usage, turning)
        return half
    share = depth / reach
    moved_rate = turning[last - 1, MOVED_RATE] + share * turning[last, MOVED_RATE]
    moved_degc = turning[last - 1, MOVED_DEGC] + share * turning[last, MOVED_DEGC]
    around = turning[last - 2]
    around[MOVED_RATE] += (1.0 - share) * turning[last, MOVED_RATE]
    around[MOVED_DEGC] += (1.0 - share) * turning[last, MOVED_DEGC]
    usage.points -= 2
    return Cycle(depth, depth, 0.5 * (turning[last, SOC] + turning[last - 1, SOC]), 0.5 * moved_rate / depth,
                 0.5 * moved_degc / depth)


@compiled
def _residue(usage: Record, turning: Floats, leg: int) -> Cycle:
    """Leg of the residue (0 ≤ leg < points) as the half cycle it is so far."""
    end = turning[leg + 1, SOC] if leg + 1 < usage.points else usage.soc
    return _half_cycle(turning[leg], end)


@compiled
def _write(cycles: Floats, row: int, cycle: Cycle) -> int:
    """Put a cycle into a table; returns the next free row."""
    if cycle.fec == 0.0:
        return row
    cycles[row, 0], cycles[row, 1], cycles[row, 2] = cycle.fec, cycle.depth, cycle.mean_soc
    cycles[row, 3], cycles[row, 4] = cycle.c_rate, cycle.temperature_degc
    return row + 1


@compiled
def count_way(usage: Records, turning: Floats, soc: Floats, temperature_degc: Floats, dt_s: float, residue: bool,
              cycles: Floats) -> int:
    """Cycles of a way into the rows of ``cycles`` (fields of ``Cycle``); returns their number."""
    rows = 0
    for k in range(soc.size):
        rows = _write(cycles, rows, _move(usage[0], turning[0], soc[k], temperature_degc[k], dt_s))
        cycle = _closed(usage[0], turning[0])
        while cycle.fec > 0.0:
            rows = _write(cycles, rows, cycle)
            cycle = _closed(usage[0], turning[0])
    if residue:
        for leg in range(usage[0].points):
            rows = _write(cycles, rows, _residue(usage[0], turning[0], leg))
    return rows


def rainflow_cycles(soc: Floats, temperature_degc: float | Floats = 25.0, dt_s: float = 900.0, *, residue: bool = True,
                    turning_points: int = TURNING_POINTS) -> Floats:
    """Count a recorded way.

    Parameters
    ----------
    soc : (M,) the first sample is the start.
    temperature_degc : one for all, or (M,).
    residue : with the legs that are not closed, as half cycles.
    turning_points : rows of memory, 2 or more.

    Returns
    -------
    (N, 5) full cycles, depth, mean state of charge, mean C-rate, mean temperature; half cycles have half their depth as
    full cycles.
    """
    soc = np.ascontiguousarray(soc, float)
    usage, _ = fresh_usage(float(soc[0]))
    turning = np.zeros((1, turning_points, 3))
    turning[0, 0, SOC] = soc[0]
    cycles = np.zeros((soc.size + turning_points, len(Cycle._fields)))
    heat = np.ascontiguousarray(np.broadcast_to(temperature_degc, soc.shape), float)
    return cycles[:count_way(usage, turning, soc[1:], heat[1:], dt_s, residue, cycles)]
