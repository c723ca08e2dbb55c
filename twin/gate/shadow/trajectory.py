"""What a replay delivered: every output of every component over the horizon, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twin.component import Component, Event
from twin.errors import ComponentError
from twin.store.tables import ColumnGroup
from twin.suggest import did_you_mean


@dataclass(frozen=True)
class Trajectories:
    """Series of a replay over [start_s, until_s)."""

    start_s: int
    until_s: int
    steps_s: Mapping[str, int]
    """Component → its step."""
    columns: Mapping[str, tuple[str, ...]]
    """Component → ``component.output`` or ``component.output[label]`` of its table, in order."""
    tables: Mapping[str, np.ndarray]
    """Component → (n, columns); row i holds on [start + i × step, + step)."""
    events: tuple[Event, ...] = ()
    setpoints: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Key → what was commanded in each step of the schedule."""

    def names(self) -> tuple[str, ...]:
        """All series, component by component."""
        return tuple(column for columns in self.columns.values() for column in columns)

    def has(self, key: str) -> bool:
        """Whether there is a series of this name."""
        return key in self.columns.get(key.partition(".")[0], ())

    def series(self, key: str) -> np.ndarray:
        """One series, (n,), at its component's step.

        Raises
        ------
        ComponentError
            If there is none of this name.
        """
        name = key.partition(".")[0]
        if not self.has(key):
            raise ComponentError(f"there is no series {key!r}; {did_you_mean(key, self.names())}")
        return self.tables[name][:, self.columns[name].index(key)]

    def times_s(self, component: str) -> np.ndarray:
        """Interval starts of a component's rows."""
        return self.start_s + self.steps_s[component] * np.arange(len(self.tables[component]))


class Recorder:
    """Listener of a replay that keeps everything in memory."""

    def __init__(self, components: Mapping[str, Component]) -> None:
        self._groups = {name: ColumnGroup(component) for name, component in components.items()}
        self._events: list[Event] = []

    def before_step(self, t_s: int, component: Component, last_outputs: Any) -> None:
        """Nothing to do."""

    def after_step(self, t_s: int, component: Component, outputs: Any, events: list[Event]) -> None:
        """Keep outputs and events."""
        self._groups[component.name].append(outputs)
        if events:
            self._events += events

    def trajectories(self, start_s: int, until_s: int, setpoints: Mapping[str, np.ndarray]) -> Trajectories:
        """Everything that was kept."""
        return Trajectories(
            start_s, until_s,
            {name: group.component.step_s for name, group in self._groups.items()},
            {name: tuple(group.columns) for name, group in self._groups.items()},
            {name: group.block(len(group.rows)) for name, group in self._groups.items()},
            tuple(self._events), dict(setpoints))
