"""Bringing storages back: fast ones to half charge, the others to the content their plan gives them.

Powers in MW, discharge positive; energies in MWh; arrays have one element per storage, shape (n,).

A fast storage hands over what it gives for balancing, b, and returns to half charge: the power m that it passes on
follows m' = (-b + x/T - m)/τ while its content above half charge falls by x' = -(b + m). With T the restoration time
and τ = T/4 the poles of s² + s/τ + 1/(τT) fall together: it returns as fast as it can without swinging. After a step
B it has given B·t·exp(-2t/T), at most B·T/(2e) = 0.18·B·T. What the grid notices comes and goes with a ramp.
"""

from __future__ import annotations

import math

import numpy as np

from controllers.real_time.sharing import Groups, fill
from controllers.real_time.storages import Range, Storages

REST_SOC = 0.5
"""Where a fast storage can go both ways."""
HANDOVER_FRAC = 0.25
"""Of the restoration time: critically damped, see above."""
RAMP_FRAC_PER_S = 0.005
"""Of rated power: a transfer that appears within 10 s cannot be told from drift by a loop that settles within three."""


def to_rest_mw(storages: Storages, soc: np.ndarray, restoration_s: float) -> np.ndarray:
    """Power that takes each storage exponentially to half charge."""
    rest_soc = np.clip(REST_SOC, storages.min_soc, storages.max_soc)
    return (soc - rest_soc) * storages.energy_mwh * 3600.0 / restoration_s


def handed_over_mw(
    before_mw: np.ndarray, balanced_mw: np.ndarray, rest_mw: np.ndarray, dt_s: float, restoration_s: float
) -> np.ndarray:
    """Power that fast storages pass on in the next step: towards minus what they balance plus what restores them."""
    part = -math.expm1(-dt_s / (HANDOVER_FRAC * restoration_s))
    return before_mw + part * (rest_mw - balanced_mw - before_mw)


def to_plan_mw(drift_mwh: np.ndarray, left_s: float) -> np.ndarray:
    """Power that gives back until the end of the plan interval what was given beyond the plan since its start."""
    return -drift_mwh * 3600.0 / left_s


def ramped(before_mw: np.ndarray, wanted_mw: np.ndarray, ramp_mw: np.ndarray) -> np.ndarray:
    """The wanted power, but not further from the last one than the ramp."""
    return before_mw + np.clip(wanted_mw - before_mw, -ramp_mw, ramp_mw)


def not_against(power_mw: np.ndarray, direction: float) -> np.ndarray:
    """Nothing that works against a direction (sign of a droop or of a correction; 0: none)."""
    if direction == 0.0:
        return power_mw
    return np.maximum(power_mw, 0.0) if direction > 0.0 else np.minimum(power_mw, 0.0)


def exchanged(wanted_mw: np.ndarray, room: Range, partners: Groups) -> np.ndarray:
    """What storages give and take so that their sum is nothing.

    Parameters
    ----------
    wanted_mw : power of those that want to come back, 0 for the partners.
    room : how far each can move.
    partners : groups of those that balance it, as far as they have room.
    """
    wanted_mw = np.clip(wanted_mw, room.low_mw, room.high_mw)
    total_mw = float(wanted_mw.sum())
    balancing_mw = fill(-total_mw, room, partners)
    balanced_mw = -float(balancing_mw.sum())
    # those on the heavier side give way, so that the sum is nothing also where the partners have little room
    heavy = np.sign(wanted_mw) == np.sign(total_mw)
    heavy_mw = float(wanted_mw[heavy].sum())
    if heavy_mw != 0.0:
        wanted_mw = np.where(heavy, wanted_mw * (1.0 - (total_mw - balanced_mw) / heavy_mw), wanted_mw)
    return wanted_mw + balancing_mw
