"""Laws of a synthetic grid frequency: means over a step of any length, so that the step changes no statistics.

Deviations from nominal in Hz, times in seconds.

* *Noise* is an Ornstein-Uhlenbeck process, dx = -x/τ dt + s·√(2/τ) dW with standard deviation s: the linear part of
  the frequency model of Rydin Gorjão et al. 2020 ("Data-driven model of the power-grid frequency dynamics", IEEE
  Access 8, 43082-43097), whose primary control c1 = 0.00831/s for Continental Europe gives τ = 1/c1 = 120 s.
* *Schedule steps*: power stations follow schedules that step on the hour and the quarter hour while the load moves
  steadily, so that the frequency jumps there and is brought back within minutes (Weißbach and Welfonder 2009, "High
  frequency deviations within the European power system", IEEE PSCE; ENTSO-E's reports on deterministic frequency
  deviations). Each step is A·exp(-(t - t_q)/τ), upward while the load rises, downward while it falls. The same model
  has P0 = 0.00164 rad/s² at the hour: P0/c1/2π = 31 mHz.
* *Events* (a lost power station, a lost load) are sudden deviations that decay like the steps.

Left out: time error and its correction, inertia and the swing within the first seconds, gusts of several events.
"""

from __future__ import annotations

import math
from typing import NamedTuple

QUARTER_S = 900
QUARTERS_PER_HOUR = 4
SECONDS_PER_DAY = 86_400
FORGOTTEN = 20.0
"""Time constants after which a step is over: e^-20 of 30 mHz is below any reading."""
RISING_HOURS = (4, 13)
"""Local hours between which the load of a European working day rises, roughly; it falls in the others."""
SHORT = 1e-2
"""Step over time constant below which the variance of the mean is summed as a series: the closed form cancels."""


class OuStep(NamedTuple):
    """An Ornstein-Uhlenbeck process over one step, for a standard deviation of one; z1, z2 are standard normal.

    Value at the end: ``kept`` x + ``end_z1`` z1. Mean over the step: ``mean_kept`` x + ``mean_z1`` z1 + ``mean_z2`` z2.
    """

    kept: float
    end_z1: float
    mean_kept: float
    mean_z1: float
    mean_z2: float


def ou_step(dt_s: float, correlation_s: float) -> OuStep:
    """The exact joint law of end value and mean, given the value at the start (Gillespie 1996, Phys. Rev. E 54, 2084).

    With q = dt/τ: Var(end) = 1 - e^-2q, Cov(end, mean) = (1 - e^-q)²/q, Var(mean) = (2q - 3 + 4e^-q - e^-2q)/q².
    """
    q = dt_s / correlation_s
    lost = -math.expm1(-q)
    end_variance = -math.expm1(-2.0 * q)
    covariance = lost * lost / q
    if q < SHORT:
        mean_variance = q * (2.0 / 3.0 - q / 2.0 + 7.0 * q * q / 30.0)
    else:
        mean_variance = (2.0 * q - 2.0 * lost - lost * lost) / (q * q)
    end_z1 = math.sqrt(end_variance)
    mean_z1 = covariance / end_z1
    mean_z2 = math.sqrt(max(mean_variance - mean_z1 * mean_z1, 0.0))
    return OuStep(1.0 - lost, end_z1, lost / q, mean_z1, mean_z2)


def mean_of_decay(start_s: float, dt_s: float, decay_s: float) -> float:
    """Mean over [0, dt) of exp(-(t - start)/τ) that begins at ``start`` < dt, which may lie before 0."""
    begin_s = max(start_s, 0.0)
    first = math.exp((start_s - begin_s) / decay_s)
    return first * -math.expm1((begin_s - dt_s) / decay_s) * decay_s / dt_s


def schedule_steps_hz(of_day_s: int, dt_s: int, hourly_hz: float, quarter_hourly_hz: float, decay_s: float) -> float:
    """Mean over a step of what all schedule steps up to its end have left.

    Parameters
    ----------
    of_day_s : local time of the day at the start of the step; days before and after are like this one.
    hourly_hz, quarter_hourly_hz : size of the jumps on the hour, and on the other quarter hours.
    """
    earliest = math.floor((of_day_s - FORGOTTEN * decay_s) / QUARTER_S)
    latest = -(-(of_day_s + dt_s) // QUARTER_S) - 1
    total = 0.0
    for quarter in range(earliest, latest + 1):
        size = hourly_hz if quarter % QUARTERS_PER_HOUR == 0 else quarter_hourly_hz
        hour = quarter // QUARTERS_PER_HOUR % 24
        sign = 1.0 if RISING_HOURS[0] <= hour < RISING_HOURS[1] else -1.0
        total += sign * size * mean_of_decay(quarter * QUARTER_S - of_day_s, dt_s, decay_s)
    return total
