"""Frequency containment: power in proportion to the frequency deviation, and who keeps it ready.

Frequencies in Hz, powers in MW (into the network positive). Law of the Continental European product FCR: nothing within
10 mHz, linear to the deviation outside, full activation at 200 mHz (regleistung.net; Regulation (EU) 2017/1485, Annex
V). The energy of a full activation is kept ready for 15 min (the same regulation, Article 156, for storages that
limit their energy).
"""

from __future__ import annotations

import math

import numpy as np

from controllers.real_time.storages import Storages

DEADBAND_TOLERANCE_HZ = 1e-9
"""49.99 is 0.010000000000005 below 50."""


def droop_frac(frequency_hz: float, nominal_hz: float, deadband_hz: float, full_activation_hz: float) -> float:
    """Part of the droop power to deliver, -1 to 1; positive (discharge) below nominal, 0 without a reading."""
    deviation_hz = frequency_hz - nominal_hz
    if not math.isfinite(deviation_hz) or abs(deviation_hz) <= deadband_hz + DEADBAND_TOLERANCE_HZ:
        return 0.0
    return -min(max(deviation_hz / full_activation_hz, -1.0), 1.0)


def lasting_mw(storages: Storages, energy_h: float) -> np.ndarray:
    """Power (n,) that each storage can hold for ``energy_h`` in either direction from the middle of its band."""
    power_mw = np.minimum(storages.charge_mw, storages.discharge_mw)
    if energy_h == 0.0:
        return power_mw
    half_mwh = 0.5 * (storages.max_soc - storages.min_soc) * storages.energy_mwh * storages.discharge_efficiency
    return np.minimum(power_mw, half_mwh / energy_h)
