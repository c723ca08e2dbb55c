"""Plays a schedule to the assets of a shadow twin, in the place of all controllers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.component import Component, ComponentParams, Nothing, Role, Section, port, ports_of
from twin.context import Context
from twin.cosim.edges import Edge, End
from twin.schedule import Horizon

PLAYER = "schedule"
"""Name of the player in a shadow twin."""


SETPOINT_WORDS = ("_set_", "_limit_", "interrupt_")
"""In the names of what an asset may be told; other inputs that nobody feeds belong to its device."""
DEVICE_SUFFIX = "_count"
"""Of inputs by which a device acts on a network: moves of a tap changer."""


@dataclass(frozen=True, slots=True)
class CommandPort:
    """An input that a schedule may command."""

    key: str
    """``asset.port`` or ``network.terminal.port``: as schedules name it."""
    end: End
    default: float
    """Where nobody commands; for a schedule that leaves the key out. NaN or infinite where the port's own is."""


def command_ports(components: Mapping[str, Component], edges: list[Edge]) -> dict[str, CommandPort]:
    """All inputs of assets and networks that a schedule may command, by key.

    What a controller of the site commands comes first, then what is left to a person's hand: set-points and limits of
    assets and controls of networks (supply temperature, pumps, valves) that nothing feeds.
    """
    found: dict[str, CommandPort] = {}
    for edge in edges:
        giver, taker = components.get(edge.source.owner), components.get(edge.target.owner)
        if giver is None or taker is None or giver.section is not Section.CONTROLLERS \
                or taker.section is Section.CONTROLLERS:
            continue
        found.setdefault(str(edge.target), CommandPort(str(edge.target), edge.target, _default(taker, edge.target)))
    fed = {edge.target for edge in edges}
    for component in components.values():
        for end in _hand_controls(component):
            if end not in fed:
                found[str(end)] = CommandPort(str(end), end, _default(component, end))
    return found


def _hand_controls(component: Component) -> Iterator[End]:
    """Inputs that can be set by hand, whether or not something feeds them."""
    if component.section is Section.CONTROLLERS:
        return
    for name, spec in ports_of(component.Inputs).items():
        if spec.carrier is not None or spec.measured or spec.signals or name.endswith(DEVICE_SUFFIX):
            continue
        if spec.per is None:
            if any(word in name for word in SETPOINT_WORDS):
                yield End(component.name, name)
        elif component.section is Section.NETWORKS:
            yield from (End(component.name, name, terminal) for terminal in component.terminals()[spec.per])


def _default(taker: Component, end: End) -> float:
    default = next(f.default for f in dataclasses.fields(taker.Inputs) if f.name == end.port)
    return 0.0 if default is dataclasses.MISSING else float(default)


@dataclass(slots=True)
class Outputs:
    """One value per key."""

    value: np.ndarray = port(per="key", may_be_missing=True)


class SchedulePlayer(Component[ComponentParams, Nothing, Outputs, Nothing]):
    """Internal: the schedule that a shadow twin tries."""

    section = Section.CONTROLLERS
    role = Role.CONTROLLER

    def __init__(self, ports: Mapping[str, CommandPort], step_s: int, context: Context) -> None:
        self.ports = dict(ports)
        self._rest = np.array([p.default for p in self.ports.values()])
        self._table = self._rest[None, :]
        self._start_s, self._interval_s = 0, 1
        super().__init__(PLAYER, ComponentParams(step_s=step_s), context)

    def terminals(self) -> dict[str, tuple[str, ...]]:
        return {"key": tuple(self.ports)}

    def edges(self) -> list[Edge]:
        """To everything it commands."""
        return [Edge(End(PLAYER, "value", key), p.end) for key, p in self.ports.items()]

    def load(self, horizon: Horizon, setpoints: Mapping[str, np.ndarray]) -> None:
        """What to play; keys left out rest at the default of their port."""
        self._start_s, self._interval_s = horizon.start_s, horizon.step_s
        self._table = np.tile(self._rest, (horizon.steps, 1))
        for column, key in enumerate(self.ports):
            if key in setpoints:
                self._table[:, column] = setpoints[key]

    def played(self, times_s: np.ndarray) -> np.ndarray:
        """(n, keys): what it plays at these times."""
        return self._table[np.clip((times_s - self._start_s) // self._interval_s, 0, len(self._table) - 1)]

    def step(self, t_s: int, dt_s: int, inputs: Any) -> Outputs:
        """The values that hold at ``t_s``; before the schedule its first ones, after it its last ones."""
        row = (t_s - self._start_s) // self._interval_s
        return Outputs(self._table[min(max(row, 0), len(self._table) - 1)])
