"""Comparisons of models with published figures: plain data that a command can print and a test can judge.

A package offers its comparisons as a :class:`Validation` under the entry-point group ``parktwin.validations``; the
command ``twin validate-models`` finds and runs them (validate_models.py).
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


class Kind(enum.Enum):
    """What stands beside our figure."""

    VALUE = "value"
    """A published figure; ours may lie above or below it by the tolerance."""
    DEVIATION = "deviation"
    """Nothing: our figure is itself a deviation from what is published, with the tolerance as its limit."""
    ERROR = "error"
    """The published error of another model against the same measurement; ours may be smaller, not greater."""


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
    kind: Kind = Kind.VALUE

    @classmethod
    def within(cls, name: str, quantity: str, ours: float, reference: float, tolerance: float, unit: str,
               source: str) -> Comparison:
        """Passed if ours differs from the published figure by the tolerance at most (nan never passes)."""
        return cls(name, quantity, ours, reference, tolerance, unit, abs(ours - reference) <= tolerance, source)

    @classmethod
    def at_most(cls, name: str, quantity: str, deviation: float, limit: float, unit: str, source: str) -> Comparison:
        """Passed if a deviation, e.g. an RMSE, does not exceed its limit (nan never passes)."""
        return cls(name, quantity, deviation, 0.0, limit, unit, abs(deviation) <= limit, source, Kind.DEVIATION)

    @classmethod
    def not_worse(cls, name: str, quantity: str, error: float, published_error: float, unit: str,
                  source: str) -> Comparison:
        """Passed if our error, e.g. an RMSE, does not exceed the one published for another model (nan never passes)."""
        return cls(name, quantity, error, published_error, 0.0, unit, abs(error) <= published_error, source, Kind.ERROR)

    @property
    def difference(self) -> float:
        """Ours less the published figure, in ``unit``."""
        return self.ours - self.reference


@dataclass(frozen=True, slots=True)
class Validation:
    """A set of comparisons that can be run by name; what an entry point of ``parktwin.validations`` refers to."""

    title: str
    """One line: which model against what."""
    source: str
    """Where the published figures or measurements come from, and so where to get them."""
    compare: Callable[[Path], Sequence[Comparison]]
    """Runs the comparisons; gets the directory of published data (any path where nothing is needed of it)."""
    needs: tuple[str, ...] = ()
    """Files below the data directory without which there is nothing to compare; ``*`` is allowed."""
    notes: tuple[str, ...] = ()
    """What a reader of the verdicts must know, e.g. a parameter that was identified from the reference itself."""

    def missing(self, data_dir: Path) -> tuple[str, ...]:
        """What of ``needs`` is not in a directory."""
        return tuple(pattern for pattern in self.needs if next(data_dir.glob(pattern), None) is None)
