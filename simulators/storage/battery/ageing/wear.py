"""The compiled step: use of a battery → losses of all its blocks by all laws.

One step goes from the present state of charge to a new one at one temperature. Storage is rated at the middle of the
way, of pieces of it where it is long, so that steps of 15 minutes and of a second agree. (With reversals, which are for
comparison with simses-lite, at the end of the step, as there.) Order: close the span that has ended; calendar part of
the laws of steps, rates of the laws of spans; way and time; cycles that close.
"""

from __future__ import annotations

from simulators.jit import compiled
from simulators.storage.battery.ageing.dispatch import _age_cycle, _age_span, _age_step, _gather
from simulators.storage.battery.ageing.law import (
    CAPACITY_PARTS,
    PARTS,
    Counting,
    Cycle,
    Outside,
)
from simulators.storage.battery.ageing.rainflow import HOUR_S, _closed, _move, _residue, _turns
from simulators.storage.battery.ageing.reversals import _move_to_reversal
from simulators.storage.battery.ageing.spans import _extend_span, _open_span, _span_due, _start_span
from simulators.storage.battery.ageing.usage import Floats, Ints, Record, Records

CODE, COUNTING = range(2)
"""Columns of the table of laws."""
SPAN = int(Counting.SPAN)
COLD_OR_HOT = int(Outside.TEMPERATURE)
BEYOND_SOC = int(Outside.SOC)
CYCLED_COLD_OR_HOT = int(Outside.CYCLING_TEMPERATURE)
TOO_DEEP_OR_SHALLOW = int(Outside.DEPTH)
CHARGED_FAST = int(Outside.CHARGE_RATE)
DISCHARGED_FAST = int(Outside.DISCHARGE_RATE)
"""Plain integers for compiled code."""
RANGE_TOLERANCE = 1e-6
"""Rounding is not extrapolation."""
LONGEST_PIECE = 0.05
"""Longest way that is rated at its middle [state of charge]."""
REST_C_RATE = 0.01
"""Slower is rest [1/h]; the same figure as in BLAST-Lite."""
NEGLIGIBLE_DEPTH = 0.01
"""Cycles below are not reported as outside a law's range: they are in every battery and age it little."""


@compiled
def _outside_at(limits: Floats, soc: float, temperature_degc: float, c_rate: float) -> int:
    """Ranges left by a step; ``c_rate`` is positive when charging."""
    flags = 0
    if temperature_degc < limits[0] - RANGE_TOLERANCE or temperature_degc > limits[1] + RANGE_TOLERANCE:
        flags |= COLD_OR_HOT
    if soc < limits[2] - RANGE_TOLERANCE or soc > limits[3] + RANGE_TOLERANCE:
        flags |= BEYOND_SOC
    if abs(c_rate) >= REST_C_RATE and (
            temperature_degc < limits[4] - RANGE_TOLERANCE or temperature_degc > limits[5] + RANGE_TOLERANCE):
        flags |= CYCLED_COLD_OR_HOT
    if c_rate > limits[8] + RANGE_TOLERANCE:
        flags |= CHARGED_FAST
    if -c_rate > limits[9] + RANGE_TOLERANCE:
        flags |= DISCHARGED_FAST
    return flags


@compiled
def _outside_depth(limits: Floats, depth: float) -> int:
    """Whether a cycle is deeper or shallower than those of the experiments."""
    if depth < NEGLIGIBLE_DEPTH:
        return 0
    if depth < limits[6] - RANGE_TOLERANCE or depth > limits[7] + RANGE_TOLERANCE:
        return TOO_DEEP_OR_SHALLOW
    return 0


@compiled
def _close_span(laws: Ints, limits: Floats, usage: Record, losses: Floats, rates: Floats, outside: Ints) -> None:
    """Age by the open span and begin the next."""
    span = _open_span(usage)
    for law in range(laws.shape[0]):
        if laws[law, COUNTING] == SPAN:
            _age_span(laws[law, CODE], losses[law], rates[law], span)
            outside[law] |= _outside_depth(limits[law], span.depth)
            for i in range(rates.shape[1]):
                rates[law, i] = 0.0
    _start_span(usage)


@compiled
def _count(laws: Ints, limits: Floats, losses: Floats, histogram: Floats, outside: Ints, cycle: Cycle) -> None:
    """Age by a closed cycle."""
    for law in range(laws.shape[0]):
        if laws[law, COUNTING] != SPAN:
            _age_cycle(laws[law, CODE], losses[law], cycle)
            outside[law] |= _outside_depth(limits[law], cycle.depth)
    row = min(max(int(cycle.depth * histogram.shape[0]), 0), histogram.shape[0] - 1)
    column = min(max(int(cycle.mean_soc * histogram.shape[1]), 0), histogram.shape[1] - 1)
    histogram[row, column] += cycle.fec / cycle.depth


@compiled
def _step_block(
    laws: Ints, limits: Floats, reversals: bool, usage: Record, turning: Floats, losses: Floats, rates: Floats,
    histogram: Floats, outside: Ints, soc: float, temperature_degc: float, dt_s: float,
) -> None:
    """One block over one step."""
    if _span_due(usage, _turns(usage, turning, soc)):
        _close_span(laws, limits, usage, losses, rates, outside)
    pieces = 1 if reversals else 1 + int(abs(soc - usage.soc) / LONGEST_PIECE)
    c_rate = (soc - usage.soc) * HOUR_S / dt_s
    for law in range(laws.shape[0]):
        outside[law] |= _outside_at(limits[law], soc, temperature_degc, c_rate)
        for piece in range(pieces):
            at = soc if reversals else usage.soc + (piece + 0.5) / pieces * (soc - usage.soc)
            at = min(max(at, 0.0), 1.0)
            if laws[law, COUNTING] == SPAN:
                _gather(laws[law, CODE], rates[law], at, temperature_degc, dt_s / pieces)
            else:
                _age_step(laws[law, CODE], losses[law], at, temperature_degc, dt_s / pieces)
    usage.age_s += dt_s
    usage.fec += 0.5 * abs(soc - usage.soc)
    _extend_span(usage, soc, dt_s)
    if reversals:
        cycle = _move_to_reversal(usage, turning, soc, temperature_degc, dt_s)
    else:
        cycle = _move(usage, turning, soc, temperature_degc, dt_s)
    if cycle.fec > 0.0:
        _count(laws, limits, losses, histogram, outside, cycle)
    if not reversals:
        cycle = _closed(usage, turning)
        while cycle.fec > 0.0:
            _count(laws, limits, losses, histogram, outside, cycle)
            cycle = _closed(usage, turning)


@compiled
def step(
    laws: Ints, limits: Floats, reversals: bool, usage: Records, turning: Floats, losses: Floats, rates: Floats,
    histogram: Floats, outside: Ints, soc: float, temperature_degc: float, dt_s: float,
) -> None:
    """All blocks over one step to a state of charge."""
    for block in range(usage.size):
        _step_block(laws, limits, reversals, usage[block], turning[block], losses[block], rates[block],
                    histogram[block], outside, soc, temperature_degc, dt_s)


@compiled
def losses_now(laws: Ints, reversals: bool, usage: Records, turning: Floats, losses: Floats, rates: Floats) -> Floats:
    """Losses with what is still open: span and residue, added to a copy; (B, L, PARTS)."""
    now = losses.copy()
    for block in range(usage.size):
        span = _open_span(usage[block])
        for law in range(laws.shape[0]):
            if laws[law, COUNTING] == SPAN:
                _age_span(laws[law, CODE], now[block, law], rates[block, law], span)
                continue
            legs = 0 if reversals else usage[block].points
            for leg in range(legs):
                cycle = _residue(usage[block], turning[block], leg)
                if cycle.fec > 0.0:
                    _age_cycle(laws[law, CODE], now[block, law], cycle)
    return now


@compiled
def _health(shares: Floats, losses: Floats, law: int) -> tuple[float, float]:
    """Capacity of a battery and resistance of its blocks in parallel, p.u. of the first."""
    capacity = 0.0
    conductance = 0.0
    for block in range(shares.size):
        lost = 0.0
        for part in range(CAPACITY_PARTS):
            lost += losses[block, law, part]
        gained = 0.0
        for part in range(CAPACITY_PARTS, PARTS):
            gained += losses[block, law, part]
        capacity += shares[block] * max(0.0, 1.0 - lost)
        conductance += shares[block] / (1.0 + gained)
    return capacity, 1.0 / conductance


@compiled
def health(shares: Floats, losses: Floats, out: Floats) -> None:
    """Capacity and resistance by law into ``out`` (L, 2)."""
    for law in range(losses.shape[1]):
        out[law, 0], out[law, 1] = _health(shares, losses, law)


@compiled
def run(
    laws: Ints, limits: Floats, reversals: bool, shares: Floats, usage: Records, turning: Floats, losses: Floats,
    rates: Floats, histogram: Floats, outside: Ints, soc: Floats, temperature_degc: Floats, dt_s: float, steps: int,
    every: int, end_capacity: float, history: Floats,
) -> int:
    """Many steps, the profile over and over; health into ``history`` (records, L, 2) after each ``every`` steps.

    Ends early once no law gives more than ``end_capacity``. Returns the number of records.
    """
    records = 0
    place = 0
    for k in range(steps):
        step(laws, limits, reversals, usage, turning, losses, rates, histogram, outside, soc[place],
             temperature_degc[place], dt_s)
        place += 1
        if place == soc.size:
            place = 0
        if (k + 1) % every == 0:
            health(shares, losses_now(laws, reversals, usage, turning, losses, rates), history[records])
            records += 1
            best = 0.0
            for law in range(laws.shape[0]):
                best = max(best, history[records - 1, law, 0])
            if best <= end_capacity:
                break
    return records
