"""The component contract: a device, network, environment or controller as a pure state machine.

A component is a class with four plain types and one method::

    class Params(ComponentParams): ...          # what the YAML may say (pydantic)
    @dataclass(slots=True)
    class Inputs: ...                           # every field a port(), its unit in its name
    @dataclass(slots=True)
    class Outputs: ...
    @dataclass(slots=True)
    class State: ...                            # all that the component remembers, nothing else

    class Battery(Component[Params, Inputs, Outputs, State]):
        def step(self, t_s, dt_s, inputs): ...  # -> Outputs, valid on [t_s, t_s + dt_s)

``step`` is a pure function of (state, inputs, time): no files, no wall clock, no global random numbers (a seeded
generator lives in the state). Whatever is derived from the parameters alone may be kept outside the state.
Sign: into the network is positive (generation, discharge, heat delivered); consumption and charging are negative.
"""

from __future__ import annotations

import copy
import dataclasses
import typing
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

if typing.TYPE_CHECKING:
    from twin.context import Context
    from twin.cosim.view import RunView
    from twin.nameplate import Nameplate

P = TypeVar("P", bound="ComponentParams")
I = TypeVar("I")  # noqa: E741
O = TypeVar("O")  # noqa: E741
S = TypeVar("S")


class Section(StrEnum):
    """Where in a scenario file a component type belongs."""

    WEATHER = "weather"
    MARKETS = "markets"
    ASSETS = "assets"
    NETWORKS = "networks"
    CONTROLLERS = "controllers"


class Role(StrEnum):
    """What a component is to the accounts and to controllers."""

    ENVIRONMENT = "environment"
    MARKET = "market"
    LOAD = "load"
    RENEWABLE = "renewable"
    GENERATOR = "generator"
    STORAGE = "storage"
    NETWORK = "network"
    CONTROLLER = "controller"
    PROBE = "probe"


class Layer(IntEnum):
    """How near to the plant a controller stands; of several that command one asset the highest has the last word."""

    OPERATOR = 0
    """Decides what the site does: rules, optimisers, a person's schedule."""
    DISPATCHER = 10
    """Hands on what was released."""
    BALANCER = 20
    """Corrects within seconds."""
    WATCHDOG = 30
    """Brings an asset to its safe state."""


class Limit(IntEnum):
    """Why a component delivered something else than was requested (first limit that bound, in the order applied)."""

    NONE = 0
    POWER = 1
    ENERGY = 2
    RAMP = 3
    MINIMUM_LOAD = 4
    MINIMUM_UP_TIME = 5
    MINIMUM_DOWN_TIME = 6
    STARTING = 7
    RESOURCE = 8
    CAPABILITY = 9
    VOLTAGE = 10
    TEMPERATURE = 11
    CURRENT = 12
    DEVICE = 13
    """The asset's own control system: starting, ramping, stopped or faulty."""


@dataclass(frozen=True, slots=True)
class Port:
    """How a field of ``Inputs`` or ``Outputs`` may be wired (rules: ``twin.cosim.wiring``)."""

    carrier: str | None = None
    """What flows: a network carrier (``electricity``, ``heat``, ``cooling``) joins an asset to its bus or node; a
    broadcast carrier (``weather``, ``price``, ``metering``) joins equal names; ``None`` needs an explicit connection
    or, on a terminal named after a component, that component's port of the same name."""
    per: str | None = None
    """Name of a terminal group: the field is an array with one element per terminal (a bus, a controlled asset)."""
    total: bool = False
    """Several sources add up."""
    measured: bool = False
    """The value arrives one step late; until the first one the field's default holds."""
    codes: type[IntEnum] | None = None
    """The value is a code of this enumeration; its names are recorded with the run."""
    signals: bool = False
    """Of a ``per`` port: its terminals are names of outputs, ``component.output``, and each element reads that one."""
    may_be_missing: bool = False
    """NaN means that there is no value (no reading), and is recorded as such; elsewhere NaN is refused."""


def port(
    default: Any = dataclasses.MISSING,
    *,
    carrier: str | None = None,
    per: str | None = None,
    total: bool = False,
    measured: bool = False,
    codes: type[IntEnum] | None = None,
    signals: bool = False,
    may_be_missing: bool = False,
) -> Any:
    """A dataclass field with wiring information; without ``default`` an input must be connected.

    For a ``per`` port the default is the value of a terminal nobody is connected to.
    """
    spec = Port(carrier, per, total, measured, codes, signals, may_be_missing)
    return dataclasses.field(default=default, metadata={"port": spec})


def ports_of(cls: type) -> dict[str, Port]:
    """Field name → port, for an ``Inputs`` or ``Outputs`` dataclass, in field order."""
    return {f.name: f.metadata.get("port", Port()) for f in dataclasses.fields(cls)}


@dataclass(slots=True)
class Nothing:
    """Inputs or State of a component that has none."""


class ComponentParams(BaseModel):
    """Base of all ``Params``: frozen, unknown keys refused, finite numbers only."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    step_s: int | None = Field(default=None, gt=0, le=86_400, description="own step [s]; default: the scenario's step")


class AssetParams(ComponentParams):
    """Base for what stands on an electrical bus."""

    bus: str | None = Field(default=None, description="bus of the electrical network; may be omitted if there is one")


@dataclass(frozen=True, slots=True)
class Event:
    """Something worth telling: recorded with its time in the run's event list."""

    t_s: int
    component: str
    kind: str
    """Short stable word, e.g. ``power_flow_diverged``."""
    message: str
    severity: str = "info"
    """``info``, ``warning`` or ``alarm``."""


class Expected(typing.Protocol):
    """What is expected of a component's exogenous outputs."""

    def __call__(self, t_s: int, dt_s: int) -> tuple[float, ...]:
        """Means over [t_s, t_s + dt_s), in the order of ``exogenous``."""


class Component(Generic[P, I, O, S]):
    """Base class; see the module docstring for the contract."""

    section: ClassVar[Section] = Section.ASSETS
    role: ClassVar[Role]
    layer: ClassVar[Layer] = Layer.OPERATOR
    """Of a controller."""
    sees_plant_before_its_step: ClassVar[bool] = False
    """Takes a snapshot of storages, generators and networks, which therefore step after it."""
    exogenous: ClassVar[tuple[str, ...]] = ()
    """Outputs that nature, people or the neighbours decide, not this site: weather, what a load would consume, what the
    sun allows. Forecasts are made of them, and a replay puts an expectation in their place (``expected``)."""
    Params: ClassVar[type[ComponentParams]]
    Inputs: ClassVar[type]
    Outputs: ClassVar[type]
    State: ClassVar[type]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Take Params, Inputs, Outputs and State from ``Component[...]``."""
        super().__init_subclass__(**kwargs)
        for base in cls.__dict__.get("__orig_bases__", ()):
            args = typing.get_args(base)
            if len(args) == 4 and not any(isinstance(a, TypeVar) for a in args):
                cls.Params, cls.Inputs, cls.Outputs, cls.State = args

    def __init__(self, name: str, params: P, context: Context) -> None:
        self.name = name
        self.params: P = params
        self.context = context
        self.step_s: int = params.step_s or context.step_s
        self.pending_events: list[Event] = []
        self.expected: Expected | None = None
        """Where set, ``step`` takes its exogenous outputs from here and asks neither model nor random numbers."""
        self.state: S = self.initial_state()

    def initial_state(self) -> S:
        """State at the start of the scenario."""
        return self.State()

    def step(self, t_s: int, dt_s: int, inputs: I) -> O:
        """Advance the state over [t_s, t_s + dt_s) and return what holds there."""
        raise NotImplementedError

    def terminals(self) -> dict[str, tuple[str, ...]]:
        """Terminal group → names, for ports with ``per``: the buses of a grid, the assets of a controller."""
        return {}

    def unusable_terminals(self) -> dict[str, str]:
        """Terminals that exist but nothing can stand on → the reason, as it follows the name in a message."""
        return {}

    def nameplate(self) -> Nameplate | None:
        """What controllers and accounts may know of this component; None where there is nothing to know."""
        return None

    def attach(self, run: RunView) -> None:
        """Called before the first step of a run; only what acts on the whole twin (the release gate) needs it."""

    def detach(self) -> None:
        """Called after the last step, also where the run failed: the time to give back what ``attach`` took."""

    def snapshot(self) -> S:
        """An independent copy of the state."""
        return copy.deepcopy(self.state)

    def restore(self, state: S) -> None:
        """Continue from a snapshot; the snapshot stays untouched."""
        self.state = copy.deepcopy(state)

    def emit(self, t_s: int, kind: str, message: str, severity: str = "info") -> None:
        """Report an event; the co-simulation collects it after the step."""
        self.pending_events.append(Event(t_s, self.name, kind, message, severity))
