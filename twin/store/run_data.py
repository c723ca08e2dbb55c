"""A run as plain data: what the accounts and the report read, whether it comes from HDF5 or from a test by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from twin.component import Event
from twin.errors import RunStoreError
from twin.nameplate import Nameplate


@dataclass(frozen=True, slots=True)
class ComponentRecord:
    """One component of the run."""

    name: str
    type: str
    role: str
    """A :class:`twin.component.Role` value."""
    section: str
    step_s: int
    outputs: tuple[str, ...]
    """Scalar outputs, e.g. ``p_mw``; vector outputs are in ``vectors``."""
    vectors: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Vector output → labels of its elements, e.g. ``vm_pu`` → bus names."""
    codes: dict[str, dict[int, str]] = field(default_factory=dict)
    """Coded output → {code: name}, e.g. ``limited_by_code`` → {0: "none", 1: "power", …}."""
    nameplate: Nameplate | None = None


@dataclass
class RunData:
    """All series of a run.

    A value at ``t`` holds for [t, t + step). Series are addressed as ``component.output``; elements of vector outputs
    as ``component.output[label]``.
    """

    name: str
    start: datetime
    """Time-zone aware."""
    timezone: str
    duration_s: int
    """Simulated so far: up to the last complete row."""
    step_s: int
    currency: str
    components: dict[str, ComponentRecord]
    values: dict[str, np.ndarray]
    """``component.output`` → (n,) array, or (n, k) for a vector output, at the component's own step."""
    events: list[Event] = field(default_factory=list)
    scenario: dict[str, Any] = field(default_factory=dict)
    """The resolved scenario as plain data."""
    directory: Path | None = None
    """Where it is stored, with its ledger and verdict if it has them; None: it was made by hand."""

    def of_role(self, role: str) -> list[ComponentRecord]:
        """Components with a role, in scenario order."""
        return [c for c in self.components.values() if c.role == role]

    def has(self, key: str) -> bool:
        """Whether a series was recorded."""
        return key in self.values

    def native(self, key: str) -> np.ndarray:
        """A series at its component's own step.

        Raises
        ------
        RunStoreError
            If it was not recorded.
        """
        if key not in self.values:
            raise RunStoreError(f"run {self.name!r} has no series {key!r}")
        return self.values[key]

    @property
    def grid_step_s(self) -> int:
        """Finest step of all components: the grid of :meth:`on_grid`."""
        return min((c.step_s for c in self.components.values()), default=self.step_s)

    def on_grid(self, key: str) -> np.ndarray:
        """A series held constant onto the finest step of the run, so that all series line up."""
        series = self.native(key)
        component = self.components[key.split(".", 1)[0]]
        repeat = component.step_s // self.grid_step_s
        n = self.duration_s // self.grid_step_s
        return np.repeat(series, repeat, axis=0)[:n] if repeat > 1 else series[:n]

    @property
    def grid_t_s(self) -> np.ndarray:
        """Interval starts of :meth:`on_grid` [s]."""
        return np.arange(self.duration_s // self.grid_step_s) * self.grid_step_s
