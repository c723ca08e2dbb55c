"""A component behind its devices: commands pass the device first, readings pass its faults last.

One component steps both, so that device and physics agree within the step and no loop between simulators is needed. To
everybody else it is the component it was: same ports, same nameplate, same type; besides it states the device's mode,
the fault, and for each reading in :data:`READINGS` what the instruments say (``measured_…``), frozen or missing while
the fault lasts.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.component import Component, Expected, Limit, port, ports_of
from twin.device import NO_FAULTS, Action, Command, Device, FaultKind, FaultPlan
from twin.errors import ComponentError

if TYPE_CHECKING:
    from twin.cosim.view import RunView
    from twin.gate.release.refusal import Refusal

READINGS = ("p_mw", "energy_mwh", "soc", "temperature_degc", "available_mw", "baseline_mw")
"""Outputs of an asset that a controller may read through the asset's instruments."""
MEASURED = "measured_"
DEVICE = "device"
"""Terminal group of a network: those of its terminals that stand behind a device."""
REQUESTED, LIMITED_BY = "p_requested_mw", "limited_by_code"
BEFORE_END_S = 0.5
"""Readings leave just before a step ends; faults begin and end at whole seconds."""
DEVICE_TOLERANCE_MW = 1e-6
"""A watt: less is rounding and not the device's doing."""
DEVICE_TOLERANCE_FRAC = 1e-3
"""Of the request: less is the ramp after a new set-point, on the mean of a long step."""


@dataclass(slots=True)
class EmulatedState:
    """Memory of the physics, of its devices, and the last readings that left."""

    inner: Any
    devices: list[Any]
    readings: list[float]
    reset_count: float = 0.0
    """Resets by hand so far, as the input counts them."""
    refusing: bool = False
    """A command is refused because nobody released it; told once."""


class Emulated(Component[Any, Any, Any, Any]):
    """Component and device in one; made by :func:`emulated`."""

    _measured: tuple[str, ...]
    """Readings, in the order of the state; those that the component has itself come first."""

    def __init__(self, inner: Component, devices: dict[str | None, Device]) -> None:
        self.inner, self.devices = inner, list(devices.values())
        self._labels = tuple(label for label in devices if label is not None)
        self._places = [_places(inner, device, label) for label, device in devices.items()]
        given = [f.name for f in dataclasses.fields(type(inner).Outputs)]
        self._get_given = [attrgetter(name) for name in given]
        self._read = [attrgetter(_truth(name, type(inner).Outputs)) for name in self._measured]
        self._index = {name: i for i, name in enumerate(given)}
        self._given_places = [self._index[MEASURED + n] for n in self._measured if MEASURED + n in self._index]
        self._run: RunView | None = None
        super().__init__(inner.name, inner.params, inner.context)
        self.step_s = inner.step_s

    @property
    def expected(self) -> Expected | None:
        """Of the physics."""
        return self.inner.expected

    @expected.setter
    def expected(self, expected: Expected | None) -> None:
        self.inner.expected = expected

    def initial_state(self) -> EmulatedState:
        return EmulatedState(self.inner.state, [d.state for d in self.devices], [math.nan] * len(self._measured))

    def terminals(self) -> dict[str, tuple[str, ...]]:
        own = {DEVICE: self._labels} if self._labels else {}
        return {**self.inner.terminals(), **own}

    def unusable_terminals(self) -> dict[str, str]:
        return self.inner.unusable_terminals()

    def nameplate(self) -> Any:
        return self.inner.nameplate()

    def begun_faults(self, t_s: int) -> tuple[FaultPlan, ...]:
        """Of each device, what is there at ``t_s`` since before."""
        return tuple(device.plan.begun(t_s) for device in self.devices)

    def plan_faults(self, plans: Sequence[FaultPlan]) -> None:
        """Let other faults happen than those of the scenario; none where nothing is said. For shadow twins."""
        for number, device in enumerate(self.devices):
            device.plan = plans[number] if plans else NO_FAULTS

    @property
    def own_ports(self) -> frozenset[str]:
        """Inputs that a device before the whole asset asks for, or sets itself."""
        return frozenset(name for names, index in self._places if index is None for name in names)

    def attach(self, run: RunView) -> None:
        self._run = run
        self.inner.attach(run)

    def detach(self) -> None:
        self.inner.detach()

    def snapshot(self) -> EmulatedState:
        state = self.state
        return EmulatedState(self.inner.snapshot(), [d.snapshot() for d in self.devices], list(state.readings),
                             state.reset_count, state.refusing)

    def restore(self, state: EmulatedState) -> None:
        self.inner.restore(state.inner)
        for device, kept in zip(self.devices, state.devices, strict=True):
            device.restore(kept)
        self.state = EmulatedState(self.inner.state, [d.state for d in self.devices], list(state.readings),
                                   state.reset_count, state.refusing)

    def step(self, t_s: int, dt_s: int, inputs: Any) -> Any:
        """Device, physics, instruments."""
        state, requests, actions = self.state, [], []
        reset = inputs.reset_count > state.reset_count
        state.reset_count = max(state.reset_count, inputs.reset_count)
        for device, (names, index) in zip(self.devices, self._places, strict=True):
            asked = getattr(inputs, names[0])
            asked = float(asked if index is None else _element(asked, index))
            requests.append(self._released(f"{device.name}.{names[0]}", asked, t_s))
            action = device.act(t_s, dt_s, Command(requests[-1], reset))
            actions.append(action)
            self.pending_events += action.events
            for name, value in zip(names, action.values, strict=True):
                _put(inputs, name, index, value, self.inner)
        given = self.inner.step(t_s, dt_s, inputs)
        self.pending_events += self.inner.pending_events
        self.inner.pending_events = []
        state.inner = self.inner.state
        state.devices = [d.state for d in self.devices]
        return self._outputs(t_s + dt_s - BEFORE_END_S, given, requests, actions)

    def _released(self, key: str, asked: float, t_s: int) -> float:
        """The command, if somebody released it; else the safe value. On a site without a gate everything passes."""
        book = self._run.book if self._run is not None else None
        if book is None:
            return asked
        refusal = book.refusal(key, asked, t_s)
        if refusal is not None and not self.state.refusing:
            tell_refusal(self, t_s, key, asked, refusal, book.safe[key])
        self.state.refusing = refusal is not None
        return asked if refusal is None else book.safe[key]

    def _outputs(self, at_s: float, given: Any, requests: list[float], actions: list[Action]) -> Any:
        values = [get(given) for get in self._get_given]
        modes = [action.mode for action in actions]
        faults = [_worst(device.plan, at_s) for device in self.devices]
        if self._labels:
            return self.Outputs(*values, np.array(modes, float), np.array(faults, float))
        reached, asked = actions[0].values[0], requests[0]
        if REQUESTED in self._index and math.isfinite(asked):
            values[self._index[REQUESTED]] = asked
        if LIMITED_BY in self._index and not values[self._index[LIMITED_BY]] and math.isfinite(asked) \
                and abs(reached - asked) > max(DEVICE_TOLERANCE_MW, DEVICE_TOLERANCE_FRAC * abs(asked)):
            values[self._index[LIMITED_BY]] = int(Limit.DEVICE)
        readings = self._readings(at_s, given)
        for place, reading in zip(self._given_places, readings, strict=False):
            values[place] = reading
        return self.Outputs(*values, modes[0], faults[0], *readings[len(self._given_places):])

    def _readings(self, at_s: float, given: Any) -> list[float]:
        """What the instruments say at the end of the step."""
        plan, kept = self.devices[0].plan, self.state.readings
        if plan.has(FaultKind.COMM_LOSS, at_s):
            return [math.nan] * len(kept)
        if not plan.has(FaultKind.SENSOR_FREEZE, at_s) or math.isnan(kept[0] if kept else 0.0):
            kept = self.state.readings = [float(read(given)) for read in self._read]
        return list(kept)


def tell_refusal(component: Component, t_s: int, key: str, asked: float, refusal: Refusal, safe: float) -> None:
    """Report that a command is not obeyed."""
    component.emit(t_s, "setpoint_refused", f"{component.name}: {key} = {asked:g} is refused ({refusal.value}); the "
                                            f"safe value {safe:g} holds until a release covers it", "alarm")


def emulated(inner: Component, devices: Mapping[str | None, Device]) -> Component:
    """A component behind its devices.

    Parameters
    ----------
    devices : one, under None, for an asset; for a network one per terminal, under the terminal's name.

    Raises
    ------
    ComponentError
        If the component has no input that a device acts on.
    """
    kind = type(inner)
    outputs = {f.name for f in dataclasses.fields(kind.Outputs)}
    own = [n for n in READINGS if MEASURED + n in outputs] if None in devices else []
    added = [n for n in READINGS if n in outputs and n not in own] if None in devices else []
    per = None if None in devices else DEVICE
    modes = _common_modes(list(devices.values()))
    fields: list[Any] = [
        ("device_mode_code", float, port(0, per=per, codes=modes)),
        ("fault_code", float, port(0, per=per, codes=FaultKind)),
        *((MEASURED + n, float, port(math.nan, may_be_missing=True)) for n in added),
    ]
    made = dataclasses.make_dataclass(f"{kind.__name__}Outputs", fields, bases=(_missing_allowed(kind.Outputs, own),),
                                      slots=True)
    inputs = dataclasses.make_dataclass(f"{kind.__name__}Inputs", [("reset_count", float, port(0.0))],
                                        bases=(kind.Inputs,), slots=True)
    cls = type(f"Emulated{kind.__name__}", (Emulated,), {
        "__doc__": kind.__doc__, "section": kind.section, "role": kind.role, "exogenous": kind.exogenous,
        "Params": kind.Params, "Inputs": inputs,
        "Outputs": made, "State": EmulatedState, "_measured": (*own, *added)})
    return cls(inner, dict(devices))


def _missing_allowed(outputs: type, names: list[str]) -> type:
    """The outputs with readings that may be missing; the component itself never loses one."""
    if not names:
        return outputs
    ports, again = ports_of(outputs), []
    for given in dataclasses.fields(outputs):
        if given.name in {MEASURED + name for name in names}:
            spec = port(given.default, carrier=ports[given.name].carrier, may_be_missing=True)
            again.append((given.name, float, spec))
    return dataclasses.make_dataclass(outputs.__name__, again, bases=(outputs,), slots=True)


def _common_modes(devices: list[Device]) -> Any:
    """Names of the modes for the record: those of the only kind of device there is."""
    kinds = {device.Mode for device in devices}
    return kinds.pop() if len(kinds) == 1 else None


def _places(inner: Component, device: Device, label: str | None) -> tuple[tuple[str, ...], int | None]:
    """Inputs that a device acts on, and the element of theirs that belongs to a terminal."""
    ports = ports_of(type(inner).Inputs)
    for name in device.acts_on:
        if name not in ports or bool(ports[name].per) is not (label is not None):
            raise ComponentError(f"device on {device.name!r}: it acts on {name}, which a "
                                 f"{'terminal of a ' if label else ''}{type(inner).__name__} does not take")
    if label is None:
        return device.acts_on, None
    names = inner.terminals()[str(ports[device.acts_on[0]].per)]
    if label not in names:
        raise ComponentError(f"device on {device.name!r}: {inner.name!r} has no terminal {label!r} for "
                             f"{device.acts_on[0]}; there are {', '.join(names)}")
    return device.acts_on, names.index(label)


def _truth(name: str, outputs: type) -> str:
    """What a reading is made of: the component's own instrument where it has one."""
    return MEASURED + name if MEASURED + name in ports_of(outputs) else name


def _element(values: Any, index: int) -> float:
    return float(values[index]) if isinstance(values, np.ndarray) and values.ndim else float(values)


def _put(inputs: Any, name: str, index: int | None, value: float, inner: Component) -> None:
    if index is None:
        setattr(inputs, name, value)
        return
    values = getattr(inputs, name)
    if not (isinstance(values, np.ndarray) and values.ndim):
        count = len(inner.terminals()[str(ports_of(type(inner).Inputs)[name].per)])
        values = np.full(count, values, dtype=float)
        setattr(inputs, name, values)
    values[index] = value


def _worst(plan: FaultPlan, t_s: float) -> int:
    """The fault to be shown for an instant: the first kind of the list that is present."""
    return min((int(f.kind) for f in plan.at(t_s)), default=int(FaultKind.NONE))
