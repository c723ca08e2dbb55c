"""Ageing of an LMO cell after Xu et al.: optional, the coefficients are NOT for LFP.

B. Xu, A. Oudalov, A. Ulbig, G. Andersson, D. Kirschen, IEEE Trans. Smart Grid 9 (2018) 1131, doi
10.1109/TSG.2016.2578950 (published in advance in 2016). Stress adds up over time and rainflow cycles,
``f = Σ n S_depth S_soc S_temperature + S_time S_soc S_temperature``, and acts through the film on the anode,
``loss = 1 - a e^(-b f) - (1 - a) e^(-f)``. Time and cycles share that curve: a part is what its stress added to the
loss at its moment. No resistance law.

Limitations: LMO; the fit over depth is concave below 14 % and would make the smallest ripple the worst use of all, so
below 10 % damage is taken in proportion to depth. The paper states no range of experiments beside its coefficients: the
one given here is an assumption.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from simulators.jit import compiled
from simulators.storage.battery.ageing.law import CALENDAR, CYCLIC, Counting, Cycle, Law, TestedRange

CODE = 3
ZERO_DEGC_K = 273.15
REFERENCE_K = 298.15

FILM_PART = 5.75e-2
"""a: capacity that the first film on the anode takes [p.u.]."""
FILM_RATE = 121.0
"""b: how much faster that goes [-]."""
DEPTH = (1.40e5, -5.01e-1, -1.23e5)
"""S_depth = 1 / (k1 · depth ** k2 + k3), per full cycle."""
SHALLOWEST = 0.10
"""Below, damage is proportional to depth."""
SOC = 1.04
SOC_REFERENCE = 0.5
TEMPERATURE = 6.93e-2
TIME_1_S = 4.14e-10


def soc_stress(soc: Any) -> Any:
    """S_soc [-]."""
    return np.exp(SOC * (soc - SOC_REFERENCE))


def temperature_stress(temperature_degc: Any) -> Any:
    """S_temperature [-]."""
    temperature_k = temperature_degc + ZERO_DEGC_K
    return np.exp(TEMPERATURE * (temperature_k - REFERENCE_K) * REFERENCE_K / temperature_k)


def depth_stress(depth: Any) -> Any:
    """S_depth of one full cycle [-]."""
    fitted = np.maximum(depth, SHALLOWEST)
    return depth / fitted / (DEPTH[0] * fitted ** DEPTH[1] + DEPTH[2])


@compiled
def _loss(stress: float) -> float:
    """Capacity loss of an accumulated stress."""
    return -FILM_PART * math.expm1(-FILM_RATE * stress) - (1.0 - FILM_PART) * math.expm1(-stress)


@compiled
def stress_of(loss: float) -> float:
    """Inverse of the loss: the stress that has led there.

    Newton from below: on a concave curve every step stays below the root, so it cannot overshoot.
    """
    if loss <= 0.0:
        return 0.0
    if loss >= 1.0:
        return math.inf
    stress = loss / (FILM_PART * FILM_RATE + 1.0 - FILM_PART)
    if loss > FILM_PART:
        stress = max(stress, -math.log((1.0 - loss) / (1.0 - FILM_PART)))
    for _ in range(60):
        slope = FILM_PART * FILM_RATE * math.exp(-FILM_RATE * stress) + (1.0 - FILM_PART) * math.exp(-stress)
        change = (loss - _loss(stress)) / slope
        stress += change
        if abs(change) <= 1e-15 * stress:
            break
    return stress


def hours_to_loss(soc: Any, temperature_degc: Any, loss: float) -> Any:
    """Inverse of the calendar law; ``loss`` is a number."""
    return stress_of(loss) / (TIME_1_S * soc_stress(soc) * temperature_stress(temperature_degc)) / 3600.0


def cycles_to_loss(depth: Any, c_rate: Any, mean_soc: Any, temperature_degc: Any, loss: float) -> Any:
    """Inverse of the cyclic law; the C-rate has no influence; ``loss`` is a number."""
    return stress_of(loss) / (depth_stress(depth) * soc_stress(mean_soc) * temperature_stress(temperature_degc))


_soc_stress = compiled(soc_stress)
_temperature_stress = compiled(temperature_stress)
_depth_stress = compiled(depth_stress)


@compiled
def _growth(losses: Any, stress: float) -> float:
    """Increment of the loss by a stress on top of all the stress so far.

    The curve is written from where it stands, so that a second of rest is not lost in the rounding of ten years.
    """
    so_far = stress_of(losses[CALENDAR] + losses[CYCLIC])
    return (-FILM_PART * math.exp(-FILM_RATE * so_far) * math.expm1(-FILM_RATE * stress)
            - (1.0 - FILM_PART) * math.exp(-so_far) * math.expm1(-stress))


@compiled
def _age_calendar(losses: Any, soc: float, temperature_degc: float, dt_s: float) -> None:
    """A step at constant stress."""
    losses[CALENDAR] += _growth(losses, TIME_1_S * dt_s * _soc_stress(soc) * _temperature_stress(temperature_degc))


@compiled
def _age_cycle(losses: Any, cycle: Cycle) -> None:
    """A closed full or half cycle."""
    losses[CYCLIC] += _growth(losses, cycle.fec / cycle.depth * _depth_stress(cycle.depth)
                              * _soc_stress(cycle.mean_soc) * _temperature_stress(cycle.temperature_degc))


XU_LMO = Law(
    name="xu_lmo",
    code=CODE,
    title="LMO (not LFP), Xu 2016",
    chemistry="LMO",
    source="Xu et al., IEEE Trans. Smart Grid 9 (2018) 1131",
    limitations="coefficients of LMO cells; no influence of the C-rate; no resistance",
    tested=TestedRange(
        temperature_degc=(15.0, 55.0), soc=(0.0, 1.0), cycling_degc=(15.0, 55.0), depth=(0.1, 1.0),
        charge_c_rate=1.0, discharge_c_rate=1.0),
    counting=Counting.RAINFLOW,
    has_resistance=False,
    hours_to_loss=hours_to_loss,
    cycles_to_loss=cycles_to_loss,
    shares_curve=True,
)
