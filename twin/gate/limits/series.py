"""The series that a limit looks at, out of the trajectories of a replay."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twin.component import Component
from twin.gate.limits.history import History
from twin.gate.limits.limits import Limit
from twin.gate.limits.quantities import BeforeStart
from twin.gate.shadow.player import PLAYER
from twin.gate.shadow.shadow import TwinState
from twin.gate.shadow.trajectory import Trajectories
from twin.store.tables import ColumnGroup


@dataclass(frozen=True, slots=True)
class Block:
    """Series of the signals of one limit, after ``minus``."""

    values: np.ndarray
    """(n, m)."""
    start_s: int
    step_s: int


@dataclass(frozen=True, slots=True)
class Before:
    """What is known of the time before the start: for rates, times in a state, and budgets."""

    values: Mapping[str, float]
    """Signal → its value in the interval before."""
    in_state_s: Mapping[str, float]
    """Owner → since when it has been on or off, if its state has a field ``in_state_s``."""
    history: History = field(default_factory=History.nothing)

    @classmethod
    def of(cls, start: TwinState, components: Mapping[str, Component], history: History | None = None) -> Before:
        """Read a snapshot.

        Parameters
        ----------
        history : what was lived before it; None: unknown.
        """
        values: dict[str, float] = {}
        in_state_s: dict[str, float] = {}
        for name, component in components.items():
            outputs = start.outputs.get(name)
            if outputs is not None:
                values.update(_flat(component, outputs))
            state = start.states.get(name)
            since = getattr(state, "in_state_s", getattr(getattr(state, "inner", None), "in_state_s", None))
            if since is not None:
                in_state_s[name] = float(since)
        return cls(values, in_state_s, history or History.nothing())

    @classmethod
    def nothing(cls) -> Before:
        """Nothing is known."""
        return cls({}, {})

    def of_limit(self, limit: Limit, step_s: int) -> BeforeStart:
        """What is known of a limit's signals, in intervals of so long.

        Before a set-point stands what its asset delivered; of a budget of set-points what the asset was told.
        """
        keys = [_delivered(key) if limit.is_setpoint else key for key in limit.signals]
        values = np.array([self.values.get(key, np.nan) for key in keys])
        if limit.minus:
            values = values - np.array([self.values.get(key, np.nan) for key in limit.minus])
        return BeforeStart(values, np.full(len(keys), self.in_state_s.get(limit.owner, np.nan)),
                           self.history.of_limit(limit, step_s))


def block_of(limit: Limit, trajectories: Trajectories) -> Block:
    """The series of a limit.

    Raises
    ------
    ComponentError
        If the trajectories have no such series.
    """
    values, step_s = _stacked(limit.signals, limit.is_setpoint, trajectories)
    if limit.minus:
        names = trajectories.columns
        of_setpoint = limit.minus[0] not in names.get(limit.minus[0].partition(".")[0], ())
        other, other_step_s = _stacked(limit.minus, of_setpoint, trajectories)
        finest_s = min(step_s, other_step_s)
        values = np.repeat(values, step_s // finest_s, axis=0) - np.repeat(other, other_step_s // finest_s, axis=0)
        step_s = finest_s
    return Block(values, trajectories.start_s, step_s)


def _stacked(keys: tuple[str, ...], are_setpoints: bool, trajectories: Trajectories) -> tuple[np.ndarray, int]:
    owner = PLAYER if are_setpoints else keys[0].partition(".")[0]
    columns = [f"{PLAYER}.value[{key}]" for key in keys] if are_setpoints else list(keys)
    known = trajectories.columns.get(owner, ())
    places = {column: n for n, column in enumerate(known)}
    if any(column not in places for column in columns):
        missing = next(column for column in columns if column not in places)
        trajectories.series(missing)  # says so, with the nearest name
    return trajectories.tables[owner][:, [places[column] for column in columns]], trajectories.steps_s[owner]


def _flat(component: Component, outputs: tuple[Any, ...]) -> dict[str, float]:
    group = ColumnGroup(component)
    by_name = dict(zip((f.name for f in dataclasses.fields(component.Outputs)), outputs, strict=True))
    flat = {f"{component.name}.{name}": float(by_name[name]) for name in group.scalars}
    for name, labels in group.vectors.items():
        vector = np.broadcast_to(by_name[name], len(labels))
        flat.update({f"{component.name}.{name}[{label}]": float(v) for label, v in zip(labels, vector, strict=True)})
    return flat


def _delivered(key: str) -> str:
    """What a set-point became: ``bess.p_set_mw`` → ``bess.p_mw``."""
    return key.replace("_set_", "_")


