"""Which features a model of a kind of target learns from."""

from __future__ import annotations

from controllers.forecasting.targets import TargetKind

DAILY = ("lag_", "last_week", "same_", "mean_7", "mean_28", "mean_day", "day_less_week", "week", "working")
"""Beginnings of the features that tell what repeats from day to day and from week to week."""


def learnable(names: tuple[str, ...], kind: TargetKind) -> tuple[str, ...]:
    """Features worth learning from.

    Wind does not repeat daily: yesterday's hours and the day type only feed noise to a network (its pinball loss on
    the validation months of the published farms was 4 % higher with them).
    """
    if kind is not TargetKind.WIND:
        return names
    return tuple(name for name in names if not name.startswith(DAILY))
