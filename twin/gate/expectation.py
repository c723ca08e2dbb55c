"""Expectations: what a schedule is tried against. One possible course of everything the site does not decide itself.

Keys are ``component.output`` of exogenous outputs (``pv.available_mw``, ``office.baseline_mw``, every output of the
weather), values means over equal intervals from ``start_s`` on. The first expectation of a list is the nominal one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np

from twin.component import Component, Expected
from twin.errors import ComponentError

NOMINAL = "nominal"


@dataclass(frozen=True)
class Expectation:
    """One course over [start_s, start_s + n × step_s); beyond its end the last value holds."""

    name: str
    start_s: int
    step_s: int
    series: Mapping[str, np.ndarray]
    """Key → (n,) values."""
    probability_frac: float = 1.0
    """Of this course among those it comes with."""
    flags: tuple[str, ...] = field(default=())
    """What it had to do without: ``no_history``, ``stale_weather``, …"""

    @cached_property
    def sha256(self) -> str:
        """Hash of all that it says."""
        head = json.dumps([self.name, self.start_s, self.step_s, self.probability_frac, list(self.flags)])
        digest = hashlib.sha256(head.encode())
        for key in sorted(self.series):
            digest.update(key.encode())
            digest.update(np.ascontiguousarray(self.series[key], "<f8").tobytes())
        return digest.hexdigest()

    def of(self, component: Component) -> Expected | None:
        """What it says of a component; None if nothing.

        Raises
        ------
        ComponentError
            If it knows some of the component's exogenous outputs but not all.
        """
        keys = [f"{component.name}.{output}" for output in component.exogenous]
        missing = [key for key in keys if key not in self.series]
        if not keys or len(missing) == len(keys):
            return None
        if missing:
            raise ComponentError(f"expectation {self.name!r} says nothing of {', '.join(missing)}, which belong to "
                                 f"{', '.join(k for k in keys if k not in missing)}")
        return _Course(self.start_s, self.step_s, np.column_stack([self.series[key] for key in keys]))


class _Course:
    """Means over any interval of a table of equal intervals."""

    def __init__(self, start_s: int, step_s: int, table: np.ndarray) -> None:
        self.start_s, self.step_s = start_s, step_s
        self._rows: list[tuple[float, ...]] = [tuple(row) for row in table.tolist()]
        self._table = table

    def __call__(self, t_s: int, dt_s: int) -> tuple[float, ...]:
        first, last = t_s - self.start_s, t_s + dt_s - self.start_s
        begin, end = first // self.step_s, -(-last // self.step_s)
        most = len(self._rows) - 1
        if end - begin <= 1:
            return self._rows[min(max(begin, 0), most)]
        weights = np.full(end - begin, float(self.step_s))
        weights[0] -= first - begin * self.step_s
        weights[-1] -= end * self.step_s - last
        rows = np.clip(np.arange(begin, end), 0, most)
        return tuple((weights @ self._table[rows] / dt_s).tolist())


@runtime_checkable
class Expecter(Protocol):
    """A component that knows what to expect: persistence, or a forecaster."""

    @property
    def interval_s(self) -> int:
        """What it measures are means over so long; before the first it expects nothing."""

    def expectations(self, t_s: int, step_s: int, steps: int) -> Sequence[Expectation]:
        """Courses over the intervals from ``t_s`` on, from what was measured before ``t_s``; the nominal one first."""


def expect(components: Mapping[str, Component], expectation: Expectation | None) -> list[str]:
    """Put an expectation in the place of all that is exogenous; None: models and random numbers go on by themselves.

    Returns
    -------
    Components with exogenous outputs of which the expectation says nothing.
    """
    unknown = []
    for component in components.values():
        if not component.exogenous:
            continue
        component.expected = None if expectation is None else expectation.of(component)
        if expectation is not None and component.expected is None:
            unknown.append(component.name)
    return unknown


def expecter_of(components: Mapping[str, Component]) -> Any:
    """Who knows what to expect; None: nobody."""
    return next((c for c in components.values() if isinstance(c, Expecter)), None)
