"""What the balancer tells: a reason per storage in every step, an event only where a condition begins or ends.

Powers in MW, arrays of shape (n,).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from controllers.real_time.params import Params
from controllers.real_time.storages import Range

MOVED_MW = 1e-6
"""Below a watt nothing was moved."""
FREQUENCY_EVENT_FRAC = 0.5
"""Of full activation: 100 mHz, from which on Regulation (EU) 2017/1485, Article 18, knows an alert state."""
RESERVE_BACK_S = 60.0
"""For so long nothing must be missing before a shortage is over; at an end of a band it comes and goes each second."""

Emit = Callable[[str, str, str], None]
"""(kind, message, severity)."""


class Cause(IntEnum):
    """Why a storage was told something else than its set-point, or was not."""

    AS_PLANNED = 0
    BALANCING = 1
    DROOP = 2
    RESTORING = 3
    AT_LIMIT = 4
    NOT_FOLLOWING = 5
    NO_MEASUREMENT = 6
    NO_PLAN = 7


def causes(
    *, balanced_mw: np.ndarray, droop_mw: np.ndarray, restored_mw: np.ndarray, room: Range, disobedient: np.ndarray,
    unmeasured: np.ndarray, has_plan: bool,
) -> np.ndarray:
    """Code of :class:`Cause` per storage, shape (n,): the last that holds, of the first two the larger."""
    side_mw = np.where(balanced_mw > 0.0, room.high_mw, room.low_mw)
    balances = (np.abs(balanced_mw) > MOVED_MW) & (np.abs(balanced_mw) >= np.abs(restored_mw))
    at_limit = balances & (np.abs(side_mw - balanced_mw) <= MOVED_MW)
    code = np.full(len(balanced_mw), int(Cause.AS_PLANNED) if has_plan else int(Cause.NO_PLAN))
    for holds, cause in (
        (np.abs(restored_mw) > MOVED_MW, Cause.RESTORING), (balances, Cause.BALANCING),
        (np.abs(droop_mw) > MOVED_MW, Cause.DROOP), (at_limit, Cause.AT_LIMIT), (disobedient, Cause.NOT_FOLLOWING),
        (unmeasured, Cause.NO_MEASUREMENT),
    ):
        code[holds] = int(cause)
    return code


@dataclass(slots=True)
class Conditions:
    """What holds, as last told."""

    content_missing: np.ndarray
    """(n,) bool."""
    disobedient: np.ndarray
    """(n,) bool."""
    exchange_missing: bool = False
    frequency_missing: bool = False
    frequency_event: bool = False
    out_of_reserve: bool = False
    sufficient_s: float = 0.0
    """For how long the reserve has sufficed."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What a step saw."""

    exchange_mw: float
    frequency_hz: float
    soc: np.ndarray
    disobedient: np.ndarray
    missing_mw: float
    """Correction out of reach."""


def announce(told: Conditions, seen: Observed, params: Params, names: Sequence[str], dt_s: float, emit: Emit) -> None:
    """Tell what began or ended, and remember it."""
    exchange_missing = not math.isfinite(seen.exchange_mw)
    if exchange_missing != told.exchange_missing:
        if exchange_missing:
            emit("measurement_missing", "the exchange is not measured; every storage holds its set-point", "warning")
        else:
            emit("measurement_back", "the exchange is measured again", "info")
    told.exchange_missing = exchange_missing
    _announce_frequency(told, seen, params, emit)
    _announce_reserve(told, seen, params, dt_s, emit)
    content_missing = ~np.isfinite(seen.soc)
    for i in np.flatnonzero(content_missing & ~told.content_missing).tolist():
        emit("measurement_missing", f"the content of {names[i]} is not measured; it holds its set-point", "warning")
    for i in np.flatnonzero(seen.disobedient & ~told.disobedient).tolist():
        emit("not_following", f"{names[i]} does not do as told; others take its part", "warning")
    told.content_missing, told.disobedient = content_missing, seen.disobedient.copy()


def _announce_frequency(told: Conditions, seen: Observed, params: Params, emit: Emit) -> None:
    if params.droop_mw == 0.0:
        return
    deviation_hz = seen.frequency_hz - params.nominal_hz
    missing = not math.isfinite(deviation_hz)
    if missing and not told.frequency_missing:
        emit("measurement_missing", f"no frequency: the droop of {params.droop_mw:g} MW rests; add a grid_frequency "
                                    "under 'networks:' where the site has none", "warning")
    told.frequency_missing = missing
    if not told.frequency_event and abs(deviation_hz) >= FREQUENCY_EVENT_FRAC * params.full_activation_hz:
        told.frequency_event = True
        emit("frequency_event", f"the frequency is {seen.frequency_hz:.3f} Hz", "warning")
    elif told.frequency_event and abs(deviation_hz) <= params.deadband_hz:
        told.frequency_event = False
        emit("frequency_normal", f"the frequency is back at {seen.frequency_hz:.3f} Hz", "info")


def _announce_reserve(told: Conditions, seen: Observed, params: Params, dt_s: float, emit: Emit) -> None:
    if abs(seen.missing_mw) > params.deadband_mw + MOVED_MW:
        told.sufficient_s = 0.0
        if not told.out_of_reserve:
            told.out_of_reserve = True
            emit("out_of_reserve", f"the storages can do no more: {abs(seen.missing_mw):.2f} MW of "
                                   f"{'discharge' if seen.missing_mw > 0.0 else 'charge'} are missing to keep the plan",
                 "warning")
        return
    told.sufficient_s += dt_s
    if told.out_of_reserve and told.sufficient_s >= RESERVE_BACK_S:
        told.out_of_reserve = False
        emit("reserve_back", "the storages suffice again to keep the plan", "info")
