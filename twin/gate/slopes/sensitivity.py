"""How set-points act on what is limited: the linearised twin around one replay, for drivers and for repair.

A *point* is one quantity of a limit in one interval; a *column* one set-point in one step of the schedule. Only points
that are violated or near their limit have rows. :mod:`twin.gate.slopes.linearise` finds the figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from twin.gate.limits.verdict import Driver, Violation
from twin.units import unit_of

DRIVERS_TOLD = 3


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

    @property
    def excess(self) -> float:
        """How far beyond its bound; negative inside."""
        return max(self.value - self.high, self.low - self.value)


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

    def drivers(self, violation: Violation, start_s: int, step_s: int) -> tuple[Driver, ...]:
        """The set-points behind a violation: at its worst moment, those whose present value pushes it farthest.

        Parameters
        ----------
        start_s, step_s : of the schedule.
        """
        ranked = sorted(self._pushes(violation), key=lambda item: (-item[0], item[1].key, item[1].step))
        best: dict[str, Driver] = {}
        for _, column, slope in ranked:
            unit = f"{violation.unit}/{unit_of(column.key) or '–'}"
            best.setdefault(column.key, Driver(column.key, start_s + column.step * step_s, slope, unit))
        return tuple(best.values())[:DRIVERS_TOLD]

    def _pushes(self, violation: Violation) -> Iterator[tuple[float, Column, float]]:
        """(push beyond the bound, column, slope) of everything that acts on the worst moment."""
        for number, point in enumerate(self.points):
            at_worst = (point.limit, point.signal, point.t_s) == (violation.name, violation.signal, violation.worst_t_s)
            if not at_worst or violation.bound not in (point.low, point.high):
                continue
            outward = 1.0 if violation.bound == point.high else -1.0
            for place in np.flatnonzero(self.row == number).tolist():
                column, slope = self.columns[int(self.column[place])], float(self.value[place])
                yield outward * slope * column.base, column, slope


def joined(parts: Sequence[Sensitivities]) -> Sensitivities:
    """All points and columns of one or more linearisations; a set-point has a column in each."""
    points = np.cumsum([0, *(len(part.points) for part in parts)])
    columns = np.cumsum([0, *(len(part.columns) for part in parts)])
    return Sensitivities(
        tuple(point for part in parts for point in part.points), tuple(c for part in parts for c in part.columns),
        np.concatenate([part.row + points[n] for n, part in enumerate(parts)]),
        np.concatenate([part.column + columns[n] for n, part in enumerate(parts)]),
        np.concatenate([part.value for part in parts]))
