"""The watchdog in simulated time: stands last before the assets and reads their instruments.

Powers in MW (into the network positive), NaN where nothing was measured. Commands pass through it to the last bit until
a sign lasts; then the asset stays in its safe state until ``watchdog_reset_count`` rises. The rules are those of the
process in real time (:mod:`controllers.watchdog.logic`).

Ways in: commands from the layers below; ``heartbeat_count`` and ``release_expires_s`` from whoever dispatches (carrier
``supervision``); the meter; the voltage at each asset's bus. An explicit connection from another controller to an asset
goes around the watchdog.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from controllers.watchdog.asset import SafeState, Watched, spec_of, watched
from controllers.watchdog.image import Action, AssetImage, Image, Sign
from controllers.watchdog.logic import Memory, Watchdog
from controllers.watchdog.thresholds import Thresholds
from twin.component import Component, ComponentParams, Layer, Role, Section, port
from twin.context import Context
from twin.errors import ComponentError
from twin.suggest import did_you_mean

if TYPE_CHECKING:
    from twin.cosim.view import RunView

COMMANDS = Action._fields[:3]
"""Ports of the commands, in the order of an action."""
IN_LEDGER = frozenset({"watchdog_trip"})
"""What is no request of a person, which the gate writes down itself."""
SEVERITY = {"watchdog_trip": "alarm", "watchdog_reset": "info", "watchdog_reset_refused": "warning"}


class Params(ComponentParams):
    """What a scenario may say."""

    assets: list[str] | None = Field(default=None, description="assets it watches; default: all of the site")
    thresholds: Thresholds = Field(default_factory=Thresholds, description="from where on something is wrong")
    safe_states: dict[str, SafeState] = Field(
        default_factory=dict, description="asset → another safe state than that of its kind: zero, complete_up_time, "
                                          "hold, no_infeed or not_interrupted")


@dataclass(slots=True)
class Inputs:
    """Commands of the layers below, readings of the assets' instruments."""

    p_set_mw: np.ndarray = port(0.0, per="asset")
    p_limit_mw: np.ndarray = port(math.inf, per="asset")
    interrupt_frac: np.ndarray = port(0.0, per="asset")
    watchdog_reset_count: np.ndarray = port(0.0, per="asset")
    """Resets by a person so far; a rise asks for one."""
    heartbeat_count: float = port(math.nan, carrier="supervision", may_be_missing=True)
    """Rises with each decision; NaN: nobody says."""
    release_expires_s: float = port(math.nan, carrier="supervision", may_be_missing=True)
    """When the release that is obeyed becomes void; NaN: none is obeyed, or nothing is released on this site."""
    exchange_mw: float = port(math.nan, carrier="metering", measured=True)
    p_mw: np.ndarray = port(math.nan, per="asset", measured=True)
    soc: np.ndarray = port(math.nan, per="asset", measured=True)
    temperature_degc: np.ndarray = port(math.nan, per="asset", measured=True)
    vm_pu: np.ndarray = port(math.nan, per="asset", measured=True)


@dataclass(slots=True)
class Outputs:
    """What reaches the assets, and why."""

    p_set_mw: np.ndarray = port(0.0, per="asset")
    p_limit_mw: np.ndarray = port(math.inf, per="asset")
    interrupt_frac: np.ndarray = port(0.0, per="asset")
    watchdog_reset_count: np.ndarray = port(0.0, per="asset")
    """As it came in: nothing above needs another."""
    sign_code: np.ndarray = port(0, per="asset", codes=Sign)
    """Why an asset is in its safe state; none: it follows its commands."""
    latched_count: int = port(0)
    """Assets in their safe state."""


@dataclass(slots=True)
class State:
    """All that is remembered."""

    memory: Memory


class WatchdogComponent(Component[Params, Inputs, Outputs, State]):
    """Brings assets to their safe state when something is wrong, and keeps them there until a person resets them."""

    section = Section.CONTROLLERS
    role = Role.CONTROLLER
    layer = Layer.WATCHDOG

    def __init__(self, name: str, params: Params, context: Context) -> None:
        self._plates = _chosen(name, params, context)
        self._steps_s: dict[str, int] = {}
        self._run: RunView | None = None
        self._usual_safe: dict[str, float] = {}
        """Key → what the book of releases calls safe where the watchdog says nothing."""
        super().__init__(name, params, context)

    def initial_state(self) -> State:
        self._watchdog = self._rules()
        return State(self._watchdog.initial_memory())

    def terminals(self) -> dict[str, tuple[str, ...]]:
        return {"asset": tuple(self._plates)}

    def attach(self, run: RunView) -> None:
        """Learn how often each asset's readings are renewed, and where to say what is safe."""
        self._run = run
        self._steps_s = {name: c.step_s for name, c in run.components.items() if name in self._plates}
        self._watchdog = self._rules()

    def _rules(self) -> Watchdog:
        p = self.params
        return Watchdog([spec_of(name, plate, float(max(self._steps_s.get(name, 0), self.step_s)), p.thresholds,
                                 p.safe_states.get(name)) for name, plate in self._plates.items()], p.thresholds)

    def step(self, t_s: int, dt_s: int, inputs: Inputs) -> Outputs:
        """Look once, and act on [t_s, t_s + dt_s)."""
        if self._run is not None and self._run.book is None:
            inputs.release_expires_s = math.inf  # a site without a gate: nobody releases anything
        actions, happened = self._watchdog.step(self.state.memory, _image(t_s, inputs, len(self._plates)))
        for what in happened:
            self.emit(t_s, what.kind, what.message, SEVERITY[what.kind])
            if self._run is not None and self._run.note is not None and what.kind in IN_LEDGER:
                self._run.note(what.kind, {"t_s": t_s, "message": what.message})
        n = len(actions)
        outputs = Outputs(
            _each(inputs.p_set_mw, n), _each(inputs.p_limit_mw, n), _each(inputs.interrupt_frac, n),
            _each(inputs.watchdog_reset_count, n), np.zeros(n, dtype=int))
        for i, action in enumerate(actions):
            if action.sign:
                outputs.p_set_mw[i], outputs.p_limit_mw[i], outputs.interrupt_frac[i], outputs.sign_code[i] = action
                outputs.latched_count += 1
        self._say_what_is_safe(actions, t_s)
        return outputs

    def _say_what_is_safe(self, actions: list[Action], t_s: int) -> None:
        """Assets obey releases and safe values alone: a diesel that is held is safe as it runs, not at zero.

        What it is held at, not what it is told: a start that nobody released is none.
        """
        book = self._run.book if self._run is not None else None
        if book is None:
            return
        held_mw = self._watchdog.held_mw(self.state.memory, t_s)
        for asset, action, safe_mw in zip(self._plates, actions, held_mw, strict=True):
            for name, value in zip(COMMANDS, (safe_mw, *action[1:3]), strict=True):
                key = f"{asset}.{name}"
                if action.sign and key in book.safe:
                    self._usual_safe.setdefault(key, book.safe[key])
                    book.safe[key] = value
                elif key in self._usual_safe:
                    book.safe[key] = self._usual_safe.pop(key)


def _each(values: Any, n: int) -> np.ndarray:
    """A copy with one element per asset; a single value is everybody's."""
    return values.copy() if isinstance(values, np.ndarray) and values.ndim else np.full(n, values, dtype=float)


def _image(t_s: int, inputs: Inputs, n: int) -> Image:
    """The inputs as one frozen image; what is measured is taken for as old as its arrival."""
    columns: list[Any] = [_each(values, n).tolist() for values in (
        inputs.p_set_mw, inputs.p_limit_mw, inputs.interrupt_frac, inputs.p_mw, inputs.soc, inputs.temperature_degc,
        inputs.vm_pu, inputs.watchdog_reset_count)]
    return Image(float(t_s), inputs.exchange_mw, inputs.heartbeat_count, inputs.release_expires_s, tuple(
        AssetImage(p_set, p_limit, interrupt, float(t_s), p, soc, degc, vm, resets)
        for p_set, p_limit, interrupt, p, soc, degc, vm, resets in zip(*columns, strict=True)))


def _chosen(name: str, params: Params, context: Context) -> dict[str, Watched]:
    """Assets to watch, in scenario order."""
    able = watched(context.nameplates)
    for key, names in (("assets", params.assets or ()), ("safe_states", params.safe_states)):
        for asset in names:
            if asset not in able:
                raise ComponentError(f"{name}: '{key}' names {asset!r}, which is no storage, generator, renewable or "
                                     "load; " + did_you_mean(asset, able))
    return {a: p for a, p in able.items() if params.assets is None or a in params.assets}
