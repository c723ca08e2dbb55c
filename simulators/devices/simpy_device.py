"""Base of the device emulators: a control cycle as a SimPy process, in lockstep with the co-simulation.

SimPy's clock counts whole milliseconds, so that instants are exact and a resumed run is bit for bit that of an unbroken
one. The process looks at its device whenever something can happen: at the start of a step (commands are frozen over
it), at the second a fault begins or ends or a person resets, when a time runs out, and every ``cycle_ms`` while the
output moves; in between it sleeps. At an instant things happen in this order: faults and resets, the command, the mode,
the output. All memory is in ``State``; environment and process are derived and made anew at any boundary of steps.

What a device does about faults, whatever it controls:

* trip: output 0 at once, mode FAULT, latched; a reset while the cause is present is refused;
* stuck: output and mode stay, save for a trip;
* derate: the output is cut to the usable part at once;
* slow: ramps and starting times take ``factor`` times as long, also what is left of a start that goes on;
* loss of communication: the last good command holds for ``heartbeat_timeout_s``, then the asset's safe command.

A command that can be followed is a heartbeat of the controller. One that is no number is refused, one event tells of
it, and it counts as no command at all: a controller that sends nonsense is as good as silent.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pydantic import Field

from twin.component import Event
from twin.device import NO_FAULTS, Action, Command, Device, DeviceParams, Fault, FaultKind, FaultPlan
from twin.nameplate import Nameplate

if TYPE_CHECKING:
    import simpy

MS_PER_S = 1000
S_PER_MS = 0.001
NEVER_MS = 2**62
POWER_CYCLE_MS = 100
"""Control cycle of power electronics."""
MEANING: dict[FaultKind, tuple[str, str]] = {
    FaultKind.STUCK: ("stuck", "the output stays as it is, whatever is commanded"),
    FaultKind.DERATE: ("derated", "{:.0%} of the rated power can be used"),
    FaultKind.SENSOR_FREEZE: ("without fresh readings", "its sensors are frozen, the plant goes on"),
    FaultKind.COMM_LOSS: ("without communication", "no command arrives and no reading leaves"),
    FaultKind.SLOW: ("slow", "ramps and starts take {:g} times as long"),
}
"""Fault → state of the device, and what that means."""


class SimpyParams(DeviceParams):
    """What may be said of every device."""

    heartbeat_timeout_s: float = Field(
        default=10.0, ge=0,
        description="without a valid command for so long the device falls back on its safe state [s]",
    )


@dataclass(slots=True)
class DeviceState:
    """What every device remembers."""

    mode_code: int
    due_ms: int = NEVER_MS
    """When the start that goes on is over."""
    command_mw: float = 0.0
    """Last good command."""
    silent_since_ms: int = NEVER_MS
    """Since when no command arrives that can be followed."""
    fell_back: bool = False
    """The time-out of the heartbeat is over and was told."""
    refuses: bool = False
    """A command that is no number was refused and told."""
    slow_factor: float = 1.0
    """In which ``due_ms`` was reckoned."""


P = TypeVar("P", bound=SimpyParams)
S = TypeVar("S", bound=DeviceState)


class SimpyDevice(Device[P, S]):
    """A device whose control cycle is a SimPy process; subclasses say what modes there are and what moves."""

    cycle_ms: ClassVar[int] = POWER_CYCLE_MS
    OFF: ClassVar[IntEnum]
    FAULT: ClassVar[IntEnum]
    quantity: ClassVar[str] = "MW"
    safe_state: ClassVar[str]
    """What it does after the time-out of the heartbeat, as it ends a sentence."""

    def __init__(self, name: str, params: P, plate: Nameplate | None, plan: FaultPlan = NO_FAULTS) -> None:
        self._timeout_ms = to_ms(params.heartbeat_timeout_s)
        self._env: simpy.Environment | None = None
        self._asked, self._reset_asked = 0.0, False
        self._end_ms = self._plan_ms = 0
        self._events: list[Event] = []
        self._see(())
        super().__init__(name, params, plate, plan)

    def change_mode(self, now_ms: int) -> int:
        """Bring mode and target up to date; returns when the mode may change by itself (``NEVER_MS``: it does not)."""
        raise NotImplementedError

    def is_moving(self) -> bool:
        """Whether the output is on its way to a target."""
        return False

    def pass_time(self, ms: int) -> bool:
        """Let the output move and count it for the means; whether it still moves."""
        raise NotImplementedError

    def trip(self, now_ms: int) -> None:
        """Bring the output to 0 at once; the mode is FAULT already."""
        raise NotImplementedError

    def begin_means(self) -> None:
        """Nothing has been counted in this step yet."""
        raise NotImplementedError

    def means(self, dt_ms: int) -> tuple[float, ...]:
        """One value per name in ``acts_on``, over the step."""
        raise NotImplementedError

    def is_command(self, value: float) -> bool:
        """Whether a command can be followed at all."""
        return math.isfinite(value)

    def cut_output(self) -> None:
        """Bring the output within what a derated device can give."""

    def act(self, t_s: int, dt_s: int, command: Command) -> Action:
        """Run the control cycle over [t_s, t_s + dt_s)."""
        now_ms = t_s * MS_PER_S
        self._end_ms = now_ms + dt_s * MS_PER_S
        self._asked, self._reset_asked = command.value, command.reset
        self.begin_means()
        env = self._env
        if env is None or env.now != now_ms:
            env = self._env = self._booted(now_ms)
        env.run(self._end_ms)
        events, self._events = self._events, []
        return Action(self.means(dt_s * MS_PER_S), int(self.state.mode_code), events)

    def restore(self, state: S) -> None:
        """Continue from a snapshot; the process is made anew at the next step."""
        super().restore(state)
        self._env = None

    def _booted(self, now_ms: int) -> simpy.Environment:
        """An environment at a boundary of steps, with the process in the state it has there."""
        import simpy

        env = simpy.Environment(initial_time=now_ms)
        now_s = now_ms // MS_PER_S
        self._instants = [s * MS_PER_S for s in self.plan.changes_s(now_s)]
        self._see(self.plan.at(now_s))
        self._plan_ms = self._instants.pop(0) if self._instants else NEVER_MS
        env.process(self._cycle(env))
        return env

    def _cycle(self, env: simpy.Environment) -> Generator[simpy.Event, Any, None]:
        """The process. Sleeps end with the step at the latest, so that the next one begins with a look."""
        timeout, cycle_ms, pass_time = env.timeout, self.cycle_ms, self.pass_time
        now = int(env.now)
        while True:
            if now == self._plan_ms:
                self._meet_plan(now)
            wake_ms = min(self._look(now), self._plan_ms, self._end_ms)
            moving = self.is_moving()
            while True:
                until_ms = now + cycle_ms - now % cycle_ms
                if not moving or until_ms > wake_ms:
                    until_ms = wake_ms
                moving = pass_time(until_ms - now)
                yield timeout(until_ms - now)
                now = until_ms
                if not moving or now == wake_ms:
                    break

    def _look(self, now_ms: int) -> int:
        """Command, mode, output at an instant; returns when the next look is due without anything from outside."""
        state = self.state
        if self._reset_asked:
            self._reset_asked = False
            self._reset(now_ms)
        self._hear(now_ms)
        next_ms = NEVER_MS
        if state.silent_since_ms != NEVER_MS and not state.fell_back:
            next_ms = state.silent_since_ms + self._timeout_ms
        if state.mode_code == self.FAULT or self.is_stuck:
            return next_ms
        if self.derate_frac < 1.0:
            self.cut_output()
        return min(next_ms, self.change_mode(now_ms))

    def _hear(self, now_ms: int) -> None:
        """Take the command of the step, if it arrives and is one."""
        state = self.state
        if not self.is_silent and self.is_command(self._asked):
            state.command_mw, state.refuses = self._asked, False
            state.silent_since_ms, state.fell_back = NEVER_MS, False
            return
        if not self.is_silent and not state.refuses:
            state.refuses = True
            self.tell(now_ms, "invalid_setpoint", f"the command {self._asked} is no number and was refused; "
                                                  f"the last good one, {state.command_mw:g} {self.quantity}, holds for "
                                                  f"{self.params.heartbeat_timeout_s:g} s, then {self.safe_state}",
                      "warning")
        if state.silent_since_ms == NEVER_MS:
            state.silent_since_ms = now_ms
        if not state.fell_back and now_ms >= state.silent_since_ms + self._timeout_ms:
            state.fell_back = True
            self.tell(now_ms, "heartbeat_lost", f"no valid command for {self.params.heartbeat_timeout_s:g} s, "
                                                f"{self.safe_state}; commands count again when they come", "alarm")

    def _see(self, present: tuple[Fault, ...]) -> None:
        """What the faults of an instant mean until the next change."""
        kinds = {fault.kind for fault in present}
        self.is_tripping = FaultKind.TRIP in kinds
        self.is_stuck = FaultKind.STUCK in kinds
        self.is_silent = FaultKind.COMM_LOSS in kinds
        self.derate_frac = min((f.factor for f in present if f.kind is FaultKind.DERATE), default=1.0)
        self.slow_factor = max((f.factor for f in present if f.kind is FaultKind.SLOW), default=1.0)

    def _meet_plan(self, now_ms: int) -> None:
        """What begins, ends or is reset at this instant."""
        now_s = now_ms // MS_PER_S
        self._plan_ms = self._instants.pop(0) if self._instants else NEVER_MS
        self._see(self.plan.at(now_s))
        self._stretch_start(now_ms)
        for fault in self.plan.faults:
            if fault.end_s == now_s:
                self.tell(now_ms, "fault_ends", _over(fault))
        for fault in self.plan.faults:
            if fault.start_s == now_s:
                self._meet(now_ms, fault)
        for _ in range(self.plan.resets_s.count(now_s)):
            self._reset(now_ms)

    def _meet(self, now_ms: int, fault: Fault) -> None:
        lasts = f"for {fault.end_s - fault.start_s} s"
        if fault.kind is not FaultKind.TRIP:
            what, effect = MEANING[fault.kind]
            self.tell(now_ms, "fault_begins", f"{what} {lasts}: {effect.format(fault.factor)}", "warning")
        elif self.state.mode_code == self.FAULT:
            self.tell(now_ms, "fault_begins", f"another cause of a trip {lasts}; it stands tripped already", "warning")
        else:
            self.state.mode_code, self.state.due_ms = int(self.FAULT), NEVER_MS
            self.trip(now_ms)
            self.tell(now_ms, "tripped", f"protection has opened, the output is 0 {self.quantity}; the cause lasts "
                                         f"{fault.end_s - fault.start_s} s, then a person has to reset it", "alarm")

    def _reset(self, now_ms: int) -> None:
        if self.state.mode_code != self.FAULT:
            self.tell(now_ms, "reset_needless", "a person has reset it, but it was not tripped; nothing changes")
        elif self.is_tripping:
            self.tell(now_ms, "reset_refused", "a person wanted to reset it, but the cause of the trip is still "
                                               "present; reset it after the cause is gone", "warning")
        else:
            self.state.mode_code = int(self.OFF)
            self.tell(now_ms, "reset_done", "a person has reset it; it may start again")

    def _stretch_start(self, now_ms: int) -> None:
        """What is left of a start takes as much longer as the device has become slower."""
        state = self.state
        if state.due_ms != NEVER_MS and state.due_ms > now_ms:
            state.due_ms = now_ms + round((state.due_ms - now_ms) * self.slow_factor / state.slow_factor)
        state.slow_factor = self.slow_factor

    def starts_for(self, now_ms: int, start_ms: int) -> None:
        """Let a start run whose time is over after ``start_ms``, or later where the device is slow."""
        self.state.due_ms = now_ms + round(start_ms * self.slow_factor)

    def tell(self, now_ms: int, kind: str, message: str, severity: str = "info") -> None:
        """An event of this device."""
        self._events.append(Event(now_ms // MS_PER_S, self.name, kind, f"{self.name}: {message}", severity))


def to_ms(seconds: float) -> int:
    """Whole milliseconds."""
    return round(seconds * MS_PER_S)


def _over(fault: Fault) -> str:
    if fault.kind is FaultKind.TRIP:
        return "the cause of the trip is gone; it stays off until a person resets it"
    return f"no longer {MEANING[fault.kind][0]}"
