"""What the controls of units that are started and stopped have in common: start, minimum times, ramp, ways of resting.

    OFF ── start ──▶ STARTING ── its time ──▶ RUN ── stop ──▶ COOLING ──▶ HOT_STANDBY ──▶ OFF
    FAULT ── reset ──▶ OFF

COOLING and HOT_STANDBY are passed by where they last no time. A stop asked during the start is honoured at once; a stop
asked within the minimum time in operation waits at the lowest load; a start asked within the minimum time at standstill
waits. A cooling unit still turns, so it takes a start back at once; from hot standby a start takes ``hot_start_s``.
A unit that is derated below its lowest load stops.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, TypeVar

from simulators.devices.motion import ramp
from simulators.devices.simpy_device import NEVER_MS, S_PER_MS, DeviceState, SimpyDevice, SimpyParams, to_ms
from simulators.setpoint import SETPOINT_TOLERANCE_MW

UNIT_CYCLE_MS = 1000
"""Control cycle of governors and plant controls."""


class UnitMode(IntEnum):
    """Modes of a unit."""

    OFF = 0
    STARTING = 1
    RUN = 2
    COOLING = 3
    """Still turning, without load."""
    HOT_STANDBY = 4
    """Stands, warm enough to start quickly."""
    FAULT = 5


ON = (UnitMode.STARTING, UnitMode.RUN)


class UnitTimes(NamedTuple):
    """What a unit needs."""

    start_ms: int
    hot_start_ms: int
    cooling_ms: int
    hot_ms: int
    """After the end of cooling."""
    shortest_run_ms: int
    shortest_stop_ms: int


@dataclass(slots=True)
class UnitState(DeviceState):
    """What a unit's controls remember besides."""

    output_mw: float = 0.0
    """While it runs, else 0."""
    switched_ms: int = -NEVER_MS
    """When it last began to deliver or stopped."""
    cool_until_ms: int = -NEVER_MS
    hot_until_ms: int = -NEVER_MS


P = TypeVar("P", bound=SimpyParams)


class UnitControls(SimpyDevice[P, UnitState]):
    """Base of the units' controls; a subclass gives times, power range and ramp."""

    cycle_ms = UNIT_CYCLE_MS
    Mode = UnitMode
    OFF, FAULT = UnitMode.OFF, UnitMode.FAULT
    times: UnitTimes
    rated_mw: float
    min_mw: float
    rate_mw_per_s: float
    _target_mw = _area = _reference_mw = 0.0
    _running_ms = 0

    def initial_state(self) -> UnitState:
        """Standing for long; a subclass knows better."""
        return UnitState(UnitMode.OFF.value)

    def safe_command_mw(self) -> float:
        """What is followed after the time-out of the heartbeat; default: the last command."""
        return self.state.command_mw

    def change_mode(self, now_ms: int) -> int:
        """Start, run, stop; each may follow at the same instant from the one before."""
        wanted_mw = self._wanted_mw()
        if self.state.mode_code == UnitMode.STARTING:
            self._go_on_starting(now_ms, wanted_mw)
        if self.state.mode_code not in ON:
            looks_again_ms = self._go_on_resting(now_ms, wanted_mw)
            if self.state.mode_code not in ON:
                return looks_again_ms
        if self.state.mode_code == UnitMode.RUN:
            return self._go_on_running(now_ms, wanted_mw)
        return self.state.due_ms

    @property
    def _usable_mw(self) -> float:
        return self.rated_mw * self.derate_frac

    def _wanted_mw(self) -> float:
        """Power to run at, 0 for off."""
        asked_mw = self.safe_command_mw() if self.state.fell_back else self.state.command_mw
        on = self.state.mode_code in ON
        if asked_mw <= SETPOINT_TOLERANCE_MW or self._usable_mw < self.min_mw:
            return 0.0
        if asked_mw < self.min_mw - SETPOINT_TOLERANCE_MW and not on:
            return 0.0
        return min(max(asked_mw, self.min_mw), self._usable_mw)

    def _go_on_starting(self, now_ms: int, wanted_mw: float) -> None:
        state = self.state
        if not wanted_mw:
            state.mode_code, state.due_ms = UnitMode.OFF.value, NEVER_MS
            self.tell(now_ms, "start_taken_back", f"stops while it starts, {self._why_off()}")
        elif now_ms >= state.due_ms:
            self._run(now_ms)

    def _run(self, now_ms: int) -> None:
        state = self.state
        state.mode_code, state.due_ms, state.switched_ms = UnitMode.RUN.value, NEVER_MS, now_ms
        state.output_mw = self.min_mw

    def _go_on_running(self, now_ms: int, wanted_mw: float) -> int:
        """Returns when the mode may change by itself; on the way down to the lowest load it is looked at anyway."""
        state, free_ms = self.state, self.state.switched_ms + self.times.shortest_run_ms
        self._target_mw = wanted_mw or self.min_mw
        if wanted_mw:
            return NEVER_MS
        if self._usable_mw >= self.min_mw:
            if now_ms < free_ms:
                return free_ms
            if state.output_mw > self.min_mw and math.isfinite(self.rate_mw_per_s):
                return NEVER_MS
        state.mode_code, state.output_mw, state.switched_ms = UnitMode.OFF.value, 0.0, now_ms
        state.cool_until_ms = now_ms + self.times.cooling_ms
        state.hot_until_ms = state.cool_until_ms + self.times.hot_ms
        self.tell(now_ms, "device_stops", f"stops, {self._why_off()}")
        return self._rest(now_ms)

    def _why_off(self) -> str:
        if self._usable_mw < self.min_mw:
            return f"the {self._usable_mw:g} MW it is derated to are below its lowest load of {self.min_mw:g} MW"
        return "no valid command arrives" if self.state.fell_back else "as commanded"

    def _rest(self, now_ms: int) -> int:
        """The way of resting that goes with the time since the stop; returns when it changes."""
        state = self.state
        for mode, until_ms in ((UnitMode.COOLING, state.cool_until_ms), (UnitMode.HOT_STANDBY, state.hot_until_ms)):
            if now_ms < until_ms:
                state.mode_code = mode.value
                return until_ms
        state.mode_code = UnitMode.OFF.value
        return NEVER_MS

    def _go_on_resting(self, now_ms: int, wanted_mw: float) -> int:
        """Start if that is wanted and may be; returns when the mode may change by itself if not."""
        state, free_ms = self.state, self.state.switched_ms + self.times.shortest_stop_ms
        changes_ms = self._rest(now_ms)
        if not wanted_mw:
            return changes_ms
        if now_ms < free_ms:
            return min(changes_ms, free_ms)
        if state.mode_code == UnitMode.COOLING:
            self.tell(now_ms, "device_starts", "takes the load again, it was still turning")
            self._run(now_ms)
            return NEVER_MS
        hot = state.mode_code == UnitMode.HOT_STANDBY
        self.starts_for(now_ms, self.times.hot_start_ms if hot else self.times.start_ms)
        state.mode_code = UnitMode.STARTING.value
        self.tell(now_ms, "device_starts", f"starts {'warm' if hot else 'cold'}, delivers in "
                                           f"{(state.due_ms - now_ms) * S_PER_MS:g} s")
        if state.due_ms == now_ms:
            self._run(now_ms)
        return NEVER_MS

    def trip(self, now_ms: int) -> None:
        state = self.state
        if state.output_mw:
            state.switched_ms, state.hot_until_ms = now_ms, now_ms + self.times.hot_ms
        state.output_mw, state.cool_until_ms = 0.0, min(state.cool_until_ms, now_ms)

    def cut_output(self) -> None:
        self.state.output_mw = min(self.state.output_mw, self._usable_mw)

    def is_moving(self) -> bool:
        return (self.state.mode_code == UnitMode.RUN and not self.is_stuck
                and self.state.output_mw != self._target_mw)

    def begin_means(self) -> None:
        self._area, self._running_ms = 0.0, 0

    def pass_time(self, ms: int) -> bool:
        state = self.state
        if state.mode_code != UnitMode.RUN:
            return False
        mean_mw, moving = state.output_mw, self.is_moving()
        if moving:
            rate = self.rate_mw_per_s / self.slow_factor
            state.output_mw, mean_mw = ramp(mean_mw, self._target_mw, rate, ms * S_PER_MS)
            moving = state.output_mw != self._target_mw
        if not self._running_ms:
            self._reference_mw = mean_mw  # counted from here, a constant output has exactly itself as its mean
        self._running_ms += ms
        self._area += (mean_mw - self._reference_mw) * ms
        return moving

    def means(self, dt_ms: int) -> tuple[float, ...]:
        """Power while it runs, and the part of the step in which it does."""
        if not self._running_ms:
            return (0.0, 0.0)
        return (self._reference_mw + self._area / self._running_ms, self._running_ms / dt_ms)


def hours_to_ms(hours: float) -> int:
    """Whole milliseconds."""
    return to_ms(hours * 3600.0)
