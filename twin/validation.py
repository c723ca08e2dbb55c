"""Comparisons of a model with published figures: plain data that a command can print and a test can judge."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Comparison:
    """One figure of ours beside a published one."""

    name: str
    """The case, e.g. ``heat pump unit test``."""
    quantity: str
    """What is compared, e.g. ``electricity, RMSE``."""
    ours: float
    reference: float
    """The published figure; 0 where ``ours`` is itself a deviation."""
    tolerance: float
    """Largest accepted difference, in ``unit``."""
    unit: str
    passed: bool
    source: str
    """Where the reference is published."""
