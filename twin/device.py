"""The device contract: the control system that stands before an asset or before a plant of a network.

Commands go through it, the physics stands behind it. Each step it gets a command and hands on what really reaches the
physics: a battery's converter ramps, a diesel takes seconds to start, a chiller may not start again at once, and all of
them may trip. A device is a state machine that, like a component, keeps all its memory in ``State`` and knows no files,
no wall clock and no random numbers; faults are planned ahead (:class:`FaultPlan`), so the same seed gives the same run.

    class BatteryPcs(Device[Params, State]):
        Mode = PcsMode                       # names of its modes, recorded with the run
        acts_on = ("p_set_mw",)              # inputs of the physics that it sets; the first is the command it takes
        def act(self, t_s, dt_s, command): ...   # -> Action, means over [t_s, t_s + dt_s)

A stranger's package adds one through the entry points ``parktwin.devices``.
"""

from __future__ import annotations

import copy
import typing
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from twin.component import Event
from twin.nameplate import Nameplate

P = TypeVar("P", bound="DeviceParams")
S = TypeVar("S")


class FaultKind(IntEnum):
    """What may go wrong with a device."""

    NONE = 0
    TRIP = 1
    """Protection opens at once; latched until a person resets it after the cause is gone."""
    STUCK = 2
    """What reaches the physics stays as it is, whatever is commanded."""
    DERATE = 3
    """Only ``factor`` of the rated power can be used."""
    SENSOR_FREEZE = 4
    """Readings stay as they are; the plant goes on."""
    COMM_LOSS = 5
    """No command arrives and no reading leaves; the device falls back on its own after a time-out."""
    SLOW = 6
    """Ramps and starting times take ``factor`` times as long."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one device, over [start_s, end_s)."""

    kind: FaultKind
    start_s: int
    end_s: int
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """All that will happen to a device, known from the scenario (and the seed) before the run."""

    faults: tuple[Fault, ...] = ()
    """In the order in which they begin."""
    resets_s: tuple[int, ...] = ()
    """When a person resets it."""

    def at(self, t_s: float) -> tuple[Fault, ...]:
        """The faults present at an instant; one that ends there is over."""
        return tuple(f for f in self.faults if f.start_s <= t_s < f.end_s)

    def has(self, kind: FaultKind, t_s: float) -> bool:
        """Whether a kind of fault is present at an instant."""
        return any(f.kind is kind and f.start_s <= t_s < f.end_s for f in self.faults)

    def changes_s(self, from_s: float) -> tuple[int, ...]:
        """Instants from ``from_s`` on at which a fault begins or ends or a person resets, sorted."""
        instants = {s for f in self.faults for s in (f.start_s, f.end_s)} | set(self.resets_s)
        return tuple(sorted(s for s in instants if s >= from_s))


    def begun(self, t_s: int) -> FaultPlan:
        """The faults that are there at ``t_s`` since before, without their end, which nobody on the site knows."""
        return FaultPlan(tuple(replace(f, end_s=UNKNOWN_END_S) for f in self.faults if f.start_s < t_s < f.end_s))


NO_FAULTS = FaultPlan()
UNKNOWN_END_S = 2**40
"""Beyond every scenario."""


class DeviceParams(BaseModel):
    """Base of all device parameters: frozen, unknown keys refused, finite numbers only."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


@dataclass(slots=True)
class Command:
    """The process image of a step: what the device is told, frozen over [t_s, t_s + dt_s)."""

    value: float
    """Of the first of ``acts_on``; NaN or infinite is for the device to refuse."""
    reset: bool = False
    """A person asks for a reset in this step (besides those of the plan)."""


@dataclass(slots=True)
class Action:
    """What reaches the physics over the step."""

    values: tuple[float, ...]
    """One per name in ``acts_on``, means over the step."""
    mode: int
    """``Mode`` at the end of the step."""
    events: list[Event] = field(default_factory=list)


class Device(Generic[P, S]):
    """Base class; see the module docstring for the contract."""

    Params: ClassVar[type[DeviceParams]]
    State: ClassVar[type]
    Mode: ClassVar[type[IntEnum]]
    acts_on: ClassVar[tuple[str, ...]] = ("p_set_mw",)
    feels: ClassVar[frozenset[FaultKind]] = frozenset(FaultKind) - {FaultKind.NONE}
    """Faults that mean something to it; a scenario that asks for another is refused."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Take Params and State from ``Device[...]``."""
        super().__init_subclass__(**kwargs)
        for base in cls.__dict__.get("__orig_bases__", ()):
            args = typing.get_args(base)
            if len(args) == 2 and not any(isinstance(a, TypeVar) for a in args):
                cls.Params, cls.State = args

    def __init__(self, name: str, params: P, plate: Nameplate | None, plan: FaultPlan = NO_FAULTS) -> None:
        """Raise ``ComponentError`` where the device cannot control what the nameplate describes."""
        self.name = name
        """Of the asset, or ``network.terminal``."""
        self.params: P = params
        self.plate = plate
        self.plan = plan
        self.state: S = self.initial_state()

    def initial_state(self) -> S:
        """State at the start of the scenario."""
        return self.State()

    def act(self, t_s: int, dt_s: int, command: Command) -> Action:
        """Advance over [t_s, t_s + dt_s) and say what reaches the physics."""
        raise NotImplementedError

    def snapshot(self) -> S:
        """An independent copy of the state."""
        return copy.deepcopy(self.state)

    def restore(self, state: S) -> None:
        """Continue from a snapshot."""
        self.state = copy.deepcopy(state)
