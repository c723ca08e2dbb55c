"""Who takes how much of a correction: storages of the shortest duration first, equals in proportion to their room.

Powers in MW, discharge positive; arrays have one element per storage, shape (n,).
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from controllers.real_time.storages import Range, Storages

Groups: TypeAlias = tuple[np.ndarray, ...]
"""Positions of storages that act together, those that act first in front."""

SAME_DURATION_FRAC = 0.01
"""Durations closer than this are the same: equal storages share, so that they wear alike."""


def by_duration(storages: Storages) -> Groups:
    """Storages in the order in which they answer."""
    duration_h = storages.duration_h
    order = np.argsort(duration_h, kind="stable")
    groups: list[list[int]] = []
    for i in order.tolist():
        if groups and duration_h[i] <= duration_h[groups[-1][0]] * (1.0 + SAME_DURATION_FRAC):
            groups[-1].append(i)
        else:
            groups.append([i])
    return tuple(np.array(group) for group in groups)


def fill(amount_mw: float, room: Range, groups: Groups) -> np.ndarray:
    """Hand an amount to the groups in their order, as far as their room (low ≤ 0 ≤ high) goes."""
    given_mw = np.zeros_like(room.low_mw)
    side = room.high_mw if amount_mw > 0.0 else room.low_mw
    left_mw = amount_mw
    for group in groups:
        total_mw = float(side[group].sum())
        if total_mw == 0.0 or left_mw == 0.0:
            continue
        part = min(left_mw / total_mw, 1.0)
        given_mw[group] = side[group] * part
        left_mw = 0.0 if part < 1.0 else left_mw - total_mw
    return given_mw


def room_around(power_mw: np.ndarray, possible: Range) -> Range:
    """How far each storage can still move."""
    return Range(np.minimum(possible.low_mw - power_mw, 0.0), np.maximum(possible.high_mw - power_mw, 0.0))
