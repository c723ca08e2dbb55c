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

    @classmethod
    def within(cls, name: str, quantity: str, ours: float, reference: float, tolerance: float, unit: str,
               source: str) -> Comparison:
        """Passed if ours differs from the published figure by the tolerance at most (nan never passes)."""
        return cls(name, quantity, ours, reference, tolerance, unit, abs(ours - reference) <= tolerance, source)

    @classmethod
    def at_most(cls, name: str, quantity: str, deviation: float, limit: float, unit: str, source: str) -> Comparison:
        """Passed if a deviation, e.g. an RMSE, does not exceed its limit (nan never passes)."""
        return cls(name, quantity, deviation, 0.0, limit, unit, abs(deviation) <= limit, source)
