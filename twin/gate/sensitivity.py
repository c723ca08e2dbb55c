"""How set-points act on what is limited: the linearised twin around one replay, for drivers and for repair.

A *point* is one quantity of a limit in one interval; a *column* one set-point in one step of the schedule. Only points
that are violated or near their limit have rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Point:
    """One quantity of one limit in one interval: value, and between what it has to stay."""

    limit: str
    """Name of the limit."""
    limit_class: str
    signal: str
    t_s: int
    value: float
    low: float
    """-inf where there is none; without tolerance."""
    high: float
    tolerance: float
    hard: bool
    unit: str
    late: bool
    """Set-points act on it hours later (heat): spread a correction over neighbouring steps."""


@dataclass(frozen=True, slots=True)
class Column:
    """One set-point in one step of the schedule."""

    key: str
    step: int
    base: float
    """Where the sensitivities hold: the set-point, of an infinite limit what is delivered."""


@dataclass(frozen=True)
class Sensitivities:
    """d point / d column as a sparse matrix in coordinates, points × columns."""

    points: tuple[Point, ...]
    columns: tuple[Column, ...]
    row: np.ndarray
    """(n,) index of the point."""
    column: np.ndarray
    """(n,) index of the column."""
    value: np.ndarray
    """(n,) in the unit of the point per unit of the set-point."""

    def dense(self) -> np.ndarray:
        """(points, columns)."""
        matrix = np.zeros((len(self.points), len(self.columns)))
        np.add.at(matrix, (self.row, self.column), self.value)
        return matrix
