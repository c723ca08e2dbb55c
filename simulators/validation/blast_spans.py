"""A use cut into spans as BLAST-Lite 1.1 cuts it, so that its laws can be compared like with like.

Our spans (simulators/storage/battery/ageing/spans.py) take every step; the tool's differ in three ways, none of them
part of a law. The step between two spans is left out, in time and in way; the next pass through the profile makes up
for the time. The mean C-rate of a span lacks half of its first and of its last step (a trapezoidal sum over one sample
too few). Rates are averaged over samples, not over steps.
"""

from __future__ import annotations

import itertools

import numpy as np

from simulators.storage.battery.ageing.dispatch import RATES, age_span, gather
from simulators.storage.battery.ageing.law import CAPACITY_PARTS, PARTS, Law
from simulators.storage.battery.ageing.usage import Floats, Ints

DAY_S = 86_400.0
LONGEST_S = DAY_S
FULL_CYCLES = 1.0
SLOWEST_C_RATE = 0.01
"""Slower counts as rest in the mean C-rate."""


def blast_history(law: Law, soc: Floats, temperature_degc: Floats, dt_s: float, days: float) -> tuple[Floats, Floats]:
    """Losses (N, PARTS) after each span over the time covered by spans [d] (N,), the profile over and over."""
    moved = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(soc)))]) / 2.0
    spans = [_span(law, soc[first:last + 1], temperature_degc[first:last + 1], dt_s)
             for first, last in _slices(soc, moved, dt_s)]
    losses, covered_d = np.zeros(PARTS), 0.0
    rows, times = [losses.copy()], [0.0]
    for rates, (duration_s, *use) in itertools.cycle(spans):
        if covered_d > days:
            break
        age_span(law.code, losses, rates, duration_s, *use)
        covered_d += duration_s / DAY_S
        rows.append(losses.copy())
        times.append(covered_d)
    return np.array(times), np.array(rows)


def health_of(losses: Floats) -> tuple[Floats, Floats]:
    """Capacity and resistance from losses (N, PARTS)."""
    return 1.0 - losses[:, :CAPACITY_PARTS].sum(axis=1), 1.0 + losses[:, CAPACITY_PARTS:].sum(axis=1)


def _slices(soc: Floats, fec: Floats, dt_s: float) -> list[tuple[int, int]]:
    """First and last sample of each span."""
    last = 0
    ends = []
    for turn in _turns(soc):
        if (turn - last) * dt_s > LONGEST_S:
            for sample in range(last, turn):
                if (sample - last) * dt_s > LONGEST_S:
                    ends.append(sample)
                    last = sample
        elif fec[turn] - fec[last] > FULL_CYCLES:
            ends.append(turn)
            last = turn
    if not ends or ends[-1] != soc.size - 1:
        ends.append(soc.size - 1)
    starts = [0, *(end + 1 for end in ends[:-1])]
    return [(first, end) for first, end in zip(starts, ends, strict=True) if end > first]


def _turns(soc: Floats) -> Ints:
    """Last samples before a reversal, and the last of all."""
    moves = np.flatnonzero(np.diff(soc))
    signs = np.sign(np.diff(soc)[moves])
    return np.append(moves[1:][signs[1:] != signs[:-1]], soc.size - 1)


def _span(law: Law, soc: Floats, temperature_degc: Floats, dt_s: float) -> tuple[Floats, tuple[float, ...]]:
    """Rates (RATES,) and duration, full cycles, depth and C-rate of a span."""
    weights = np.full(soc.size, dt_s)
    weights[[0, -1]] = dt_s / 2.0
    rates = np.zeros(RATES)
    for at, degc, weight in zip(soc.tolist(), temperature_degc.tolist(), weights.tolist(), strict=True):
        gather(law.code, rates, at, degc, weight)
    steps = np.abs(np.diff(soc))
    speed = np.where(steps * 3600.0 / dt_s < SLOWEST_C_RATE, 0.0, steps * 3600.0 / dt_s)
    duration_s = dt_s * steps.size
    c_rate = float(np.trapezoid(speed)) * dt_s / duration_s
    return rates, (duration_s, float(steps.sum() / 2.0), float(np.ptp(soc)), c_rate)
