"""How a run's outputs become tables: one 2-D dataset per component type and step size, one row per step."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import Any

import numpy as np

from twin.component import Component, ports_of
from twin.errors import ComponentError


class ColumnGroup:
    """The columns of one component and the rows collected for them."""

    def __init__(self, component: Component) -> None:
        self.component = component
        ports = ports_of(component.Outputs)
        names = [f.name for f in dataclasses.fields(component.Outputs)]
        terminals = component.terminals()
        self.scalars = [n for n in names if ports[n].per is None]
        self.vectors = {n: terminals[str(ports[n].per)] for n in names if ports[n].per is not None}
        self.columns = [f"{component.name}.{n}" for n in self.scalars]
        self.columns += [f"{component.name}.{n}[{label}]" for n, labels in self.vectors.items() for label in labels]
        missing = [ports[n].may_be_missing for n in self.scalars]
        self.may_be_missing = missing + [ports[n].may_be_missing for n, labels in self.vectors.items() for _ in labels]
        self._scalar_row = _tuple_getter(self.scalars)
        self._vector_getters = [attrgetter(n) for n in self.vectors]
        self.rows: list[Any] = []
        self.vector_rows: list[list[Any]] = [[] for _ in self.vectors]

    def append(self, outputs: Any) -> None:
        """Keep one step's outputs."""
        self.rows.append(self._scalar_row(outputs))
        for rows, get in zip(self.vector_rows, self._vector_getters, strict=True):
            rows.append(get(outputs))

    def block(self, n: int) -> np.ndarray:
        """The first ``n`` kept rows as (n, columns); they are dropped here."""
        try:
            parts = [np.array(self.rows[:n], dtype=float).reshape(n, len(self.scalars))]
            parts += [np.array(rows[:n], dtype=float).reshape(n, len(labels))
                      for rows, labels in zip(self.vector_rows, self.vectors.values(), strict=True)]
        except (ValueError, TypeError) as error:
            raise ComponentError(f"{self.component.name} delivered outputs that do not fit its ports "
                                 f"({', '.join(self.vectors) or 'scalars'}): {error}") from error
        del self.rows[:n]
        for rows in self.vector_rows:
            del rows[:n]
        return np.hstack(parts)


def _tuple_getter(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    if not names:
        return lambda outputs: ()
    if len(names) == 1:
        single = attrgetter(names[0])
        return lambda outputs: (single(outputs),)
    return attrgetter(*names)


@dataclass
class Table:
    """All components of one type and step."""

    key: str
    step_s: int
    groups: list[ColumnGroup] = field(default_factory=list)
    written: int = 0
    """Rows already handed out; row i belongs to t = i × step."""

    @property
    def columns(self) -> list[str]:
        """Column names, ``component.output`` or ``component.output[label]``."""
        return [c for g in self.groups for c in g.columns]

    @cached_property
    def may_be_missing(self) -> np.ndarray:
        """(columns,) whether NaN stands for a value that there is not."""
        return np.array([flag for g in self.groups for flag in g.may_be_missing])

    def take(self) -> np.ndarray:
        """All complete rows collected since the last call, shape (n, columns).

        Raises
        ------
        ComponentError
            If a component delivered NaN; it is named with output and time.
        """
        n = min(len(g.rows) for g in self.groups)
        block = np.hstack([g.block(n) for g in self.groups])
        if np.isnan(block).any() and (bad := np.isnan(block) & ~self.may_be_missing).any():
            row, column = np.argwhere(bad)[0]
            name = self.columns[column]
            at = self.groups[0].component.context.calendar.local((self.written + int(row)) * self.step_s)
            raise ComponentError(f"{name} is not a number at {at:%Y-%m-%d %H:%M:%S}; "
                                 "a component must deliver finite values")
        self.written += n
        return block


def tables_of(components: Iterable[Component], types: dict[str, str]) -> list[Table]:
    """Group components by type and step; a second step size of a type gets a table ``type@60s`` of its own."""
    tables: dict[tuple[str, int], Table] = {}
    first_step: dict[str, int] = {}
    for component in components:
        kind = types[component.name]
        step = component.step_s
        key = kind if first_step.setdefault(kind, step) == step else f"{kind}@{step}s"
        tables.setdefault((kind, step), Table(key, step)).groups.append(ColumnGroup(component))
    return list(tables.values())
