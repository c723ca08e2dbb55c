"""The spec table: one row per way of running a component type; ``tests/test_component_contract.py`` runs every row.

A new component type appends one row to a module of this package (``SPECS = [ComponentSpec(...), ...]``) and gets all
generic checks: resume bit for bit, determinism, units in names, limits, finite outputs, independent snapshots.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np

from twin.component import Component
from twin.context import Context, Location
from twin.registry import component_class

SHANGHAI = Location(31.2, 121.5, 4.0, "Asia/Shanghai", "CN")
SUMMER_DAY = datetime(2025, 7, 15, tzinfo=timezone(timedelta(hours=8)))
"""A working Tuesday in Shanghai."""


def no_inputs(rng: np.random.Generator, t_s: int) -> dict[str, Any]:
    """Inputs of a component that has none, or whose defaults are what is tested."""
    return {}


def no_limits(component: Component, inputs: Any, outputs: Any, previous_state: Any) -> None:
    """For a component whose outputs have no limits beyond being finite."""


@dataclass(frozen=True)
class ComponentSpec:
    """One row: a component type, parameters for it, and what must hold at each of its steps."""

    type_name: str
    params: dict[str, Any] = field(default_factory=dict)
    duration_h: float = 24.0
    step_s: int = 900
    inputs: Callable[[np.random.Generator, int], dict[str, Any]] = no_inputs
    """(generator, t_s) → values of ``Inputs`` fields; the suite adds extreme commands of its own."""
    check_limits: Callable[[Component, Any, Any, Any], None] = no_limits
    """(component after the step, inputs, outputs, state before the step); asserts what may never be exceeded."""
    label: str = ""
    """Tells rows of the same type apart."""
    stochastic: bool = False
    """Another seed, or another name, gives another result."""
    non_finite_outputs: frozenset[str] = frozenset()
    """Outputs that may be infinite or NaN by their meaning (a controller's "no limit")."""
    context: dict[str, Any] = field(default_factory=dict)
    """Fields of ``Context`` that differ from Shanghai on a summer working day (``location``, ``nameplates``, …)."""

    @property
    def id(self) -> str:
        """Name of the row in pytest."""
        return f"{self.type_name}-{self.label}" if self.label else self.type_name

    @property
    def steps(self) -> int:
        """Number of steps of a run."""
        return round(self.duration_h * 3600 / self.step_s)

    def build(self, *, name: str = "unit_under_test", seed: int = 1) -> Component:
        """A fresh component of this row."""
        cls = component_class(self.type_name)
        values: dict[str, Any] = {
            "start": SUMMER_DAY,
            "duration_s": round(self.duration_h * 3600),
            "step_s": self.step_s,
            "seed": seed,
            "location": SHANGHAI,
        } | self.context
        return cls(name, cls.Params.model_validate(self.params), Context(**values))


def all_specs() -> list[ComponentSpec]:
    """The rows of every module of this package, in module order."""
    modules = sorted(m.name for m in pkgutil.iter_modules(__path__))
    return [spec for m in modules for spec in importlib.import_module(f"{__name__}.{m}").SPECS]
