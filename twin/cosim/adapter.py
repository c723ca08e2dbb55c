"""The one adapter: turns the components of a stage into one mosaik simulator with an entity each.

A component is an entity of its own name; each of its terminals (bus, controlled asset) is a child entity
``name.terminal`` that carries the ``per`` ports (terminals of one name in several groups are one child). Results do not
travel through mosaik: after each step the adapter hands them to the recorder, which costs a tenth of a connection.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Protocol

import mosaik_api_v3
import numpy as np

from twin.component import Component, Event, ports_of
from twin.cosim.edges import Edge, End
from twin.cosim.guard import guard_of
from twin.errors import ParkTwinError, StepError

if TYPE_CHECKING:
    from twin.cosim.view import RunView

NOT_YET = "not yet"
"""Initial data of a delayed edge whose source has not stepped: the input's default holds instead."""


class Listener(Protocol):
    """Who wants to know what happens in a run."""

    def before_step(self, t_s: int, component: Component, last_outputs: Any) -> None:
        """Called before each step: the moment for a consistent snapshot."""

    def after_step(self, t_s: int, component: Component, outputs: Any, events: list[Event]) -> None:
        """Called with what a step delivered."""


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where one value of an input comes from in mosaik's dictionaries."""

    index: int
    """Field of ``Inputs``, or element of a vector."""
    entity: str
    attribute: str
    total: bool
    initial: dict[str, float]
    """Source entity → its value before its first step."""


class _Feeder:
    """Turns mosaik's input dictionaries into one component's ``Inputs``."""

    def __init__(self, component: Component, edges: list[Edge]) -> None:
        self.make = component.Inputs
        fields = list(dataclasses.fields(component.Inputs))
        self.defaults = [None if f.default is dataclasses.MISSING else f.default for f in fields]
        into: dict[End, list[Edge]] = {}
        for edge in edges:
            if edge.target.owner == component.name:
                into.setdefault(edge.target, []).append(edge)
        self.scalars: list[_Slot] = []
        self.vectors: list[tuple[int, np.ndarray, list[_Slot]]] = []
        for index, (name, spec) in enumerate(ports_of(component.Inputs).items()):
            if spec.per is None:
                end = End(component.name, name)
                if end in into:
                    self.scalars.append(_slot(index, component.name, name, spec.total, into[end]))
                    self.defaults[index] = _first(into[end], self.defaults[index])
                continue
            ends = [End(component.name, name, terminal) for terminal in component.terminals()[spec.per]]
            slots = [_slot(i, f"{component.name}.{end.terminal}", name, spec.total, into[end])
                     for i, end in enumerate(ends) if end in into]
            before = [_first(into.get(end, []), self.defaults[index]) for end in ends]
            self.vectors.append((index, np.array(before, dtype=float), slots))

    def __call__(self, inputs: dict[str, dict[str, dict[str, Any]]]) -> Any:
        values = self.defaults.copy()
        for slot in self.scalars:
            value = _merge(inputs[slot.entity][slot.attribute], slot.total, slot.initial)
            if value is not NOT_YET:
                values[slot.index] = value
        for index, defaults, slots in self.vectors:
            array = defaults.copy()
            for slot in slots:
                value = _merge(inputs[slot.entity][slot.attribute], slot.total, slot.initial)
                if value is not NOT_YET:
                    array[slot.index] = value
            values[index] = array
        return self.make(*values)


@dataclass(frozen=True, slots=True)
class _Inside:
    """An edge between two components of the same stage: handed on here, in the form in which mosaik would."""

    source: str
    read: Callable[[Any], Any]
    name: str
    """``simulator.entity`` of the source, as mosaik writes it."""
    entity: str
    attribute: str
    delayed: bool

    @classmethod
    def of(cls, edge: Edge, sid: str, components: dict[str, Component]) -> _Inside:
        get = attrgetter(edge.source.port)
        read: Callable[[Any], Any] = get
        if edge.source.terminal is not None:
            group = str(ports_of(components[edge.source.owner].Outputs)[edge.source.port].per)
            index = components[edge.source.owner].terminals()[group].index(edge.source.terminal)

            def read(outputs: Any) -> float:
                return float(get(outputs)[index])

        return cls(edge.source.owner, read, f"{sid}.{_entity(edge.source)}", _entity(edge.target), edge.target.port,
                   edge.delayed)

    def hand_on(self, outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
        """Put the source's value among the inputs."""
        delivered = outputs[self.source]
        value = NOT_YET if delivered is None else self.read(delivered)
        inputs.setdefault(self.entity, {}).setdefault(self.attribute, {})[self.name] = value


def _slot(index: int, entity: str, attribute: str, total: bool, edges: list[Edge]) -> _Slot:
    initial = {_entity(edge.source): edge.initial for edge in edges if edge.initial is not None}
    return _Slot(index, entity, attribute, total, initial)


def _entity(end: End) -> str:
    return end.owner if end.terminal is None else f"{end.owner}.{end.terminal}"


def _first(edges: list[Edge], default: Any) -> Any:
    """Value of an input before its only source has stepped."""
    return next((edge.initial for edge in edges if edge.delayed and edge.initial is not None), default)


def _merge(sources: dict[str, Any], total: bool, initial: dict[str, float]) -> Any:
    """The sum of all sources of a total port, the only source otherwise.

    A source is named ``simulator.entity``; one that has not stepped yet counts with its own initial value.
    """
    if not total:
        return next(iter(sources.values()))
    return sum(initial.get(name.partition(".")[2], 0.0) if value is NOT_YET else value
               for name, value in sources.items())


class ComponentSimulator(mosaik_api_v3.Simulator):
    """A stage of components as a time-based mosaik simulator."""

    def __init__(self) -> None:
        super().__init__({"api_version": "3.0", "type": "time-based", "models": {}})

    def init(  # type: ignore[override]
        self,
        sid: str,
        time_resolution: float = 1.0,
        *,
        components: list[Component],
        edges: list[Edge],
        start_s: int,
        last_outputs: dict[str, Any],
        listener: Listener,
        run: RunView | None = None,
    ) -> Any:
        """Called by mosaik; all components have the same step."""
        self.components = components
        self.step_s = components[0].step_s
        self.start_s = start_s
        self.listener = listener
        self.feeders = [_Feeder(c, edges) for c in components]
        self.guards = [guard_of(c, run) for c in components]
        here = {c.name: c for c in components}
        self.inside = {name: [_Inside.of(edge, sid, here) for edge in edges
                              if edge.target.owner == name and edge.source.owner in here] for name in here}
        self.outputs: dict[str, Any] = {c.name: last_outputs.get(c.name) for c in components}
        self.getters: dict[tuple[str, str], Callable[[], Any]] = {}
        for component in components:
            inputs, outputs = ports_of(component.Inputs), ports_of(component.Outputs)
            both = {**inputs, **outputs}
            self.meta["models"][component.name] = {
                "public": True, "params": [], "attrs": [n for n, p in both.items() if p.per is None]}
            for groups in set(_groups_of_terminals(component).values()):
                self.meta["models"][_child_model(component.name, groups)] = {
                    "public": False, "params": [], "attrs": [n for n, p in both.items() if p.per in groups]}
        return self.meta

    def create(self, num: int, model: str) -> list[dict[str, Any]]:  # type: ignore[override]
        """The entity of a component, with its terminals as children."""
        component = next(c for c in self.components if c.name == model)
        children = []
        outputs = ports_of(component.Outputs)
        for name, spec in outputs.items():
            if spec.per is None:
                self.getters[(model, name)] = self._scalar_getter(model, name)
        names = component.terminals()
        for terminal, groups in _groups_of_terminals(component).items():
            eid = f"{model}.{terminal}"
            children.append({"eid": eid, "type": _child_model(model, groups)})
            for name, spec in outputs.items():
                if spec.per in groups:
                    index = names[str(spec.per)].index(terminal)
                    self.getters[(eid, name)] = self._vector_getter(model, name, index)
        return [{"eid": model, "type": model, "children": children}]

    def _scalar_getter(self, component: str, name: str) -> Callable[[], Any]:
        get, outputs = attrgetter(name), self.outputs
        return lambda: get(outputs[component])

    def _vector_getter(self, component: str, name: str, index: int) -> Callable[[], Any]:
        get, outputs = attrgetter(name), self.outputs
        return lambda: float(get(outputs[component])[index])

    def step(self, time: int, inputs: dict[str, Any], max_advance: int) -> int:
        """Step every component of the stage."""
        t_s, dt_s, listener = self.start_s + time, self.step_s, self.listener
        before = self.outputs.copy()
        for component, feed, guard in zip(self.components, self.feeders, self.guards, strict=True):
            for edge in self.inside[component.name]:
                edge.hand_on(before if edge.delayed else self.outputs, inputs)
            listener.before_step(t_s, component, self.outputs[component.name])
            try:
                fed = feed(inputs)
                if guard is not None:
                    guard(t_s, fed)
                outputs = component.step(t_s, dt_s, fed)
            except Exception as error:  # a stranger's component may fail in any way
                what = str(error) if isinstance(error, ParkTwinError) else f"{type(error).__name__}: {error}"
                raise StepError(f"{component.name} at {_clock(component, t_s)}: {what}") from error
            self.outputs[component.name] = outputs
            listener.after_step(t_s, component, outputs, component.pending_events)
            if component.pending_events:
                component.pending_events = []
        return time + dt_s

    def get_data(self, outputs: dict[str, list[str]]) -> dict[str, dict[str, Any]]:
        """What mosaik asks for: the values of connected outputs."""
        getters = self.getters
        return {eid: {name: getters[(eid, name)]() for name in names} for eid, names in outputs.items()}


def _groups_of_terminals(component: Component) -> dict[str, tuple[str, ...]]:
    """Terminal → the groups that have one of this name: they share an entity."""
    found: dict[str, tuple[str, ...]] = {}
    for group, terminals in component.terminals().items():
        for terminal in terminals:
            found[terminal] = (*found.get(terminal, ()), group)
    return found


def _child_model(component: str, groups: tuple[str, ...]) -> str:
    return f"{component}:{'+'.join(groups)}"


def _clock(component: Component, t_s: int) -> str:
    """Local time for messages."""
    return component.context.calendar.local(t_s).strftime("%Y-%m-%d %H:%M:%S")
