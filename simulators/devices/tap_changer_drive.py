"""The motor drive of an on-load tap changer: so many seconds for a position.

The grid decides when to move; the drive decides how far it can: ``tap_moves_count`` of the transformer. Its time is
divided into slots of a movement each, so that short steps let it move as often as long ones. A command is the most it
shall move in a step, infinite where nobody limits it. The voltage regulator stands beside it, so that a loss of
communication with the site changes nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

from pydantic import Field

from simulators.devices.simpy_device import NEVER_MS, DeviceState, SimpyDevice, SimpyParams, to_ms
from twin.device import NO_FAULTS, FaultKind, FaultPlan
from twin.nameplate import Nameplate


class TapDriveMode(IntEnum):
    """Modes of a tap changer's drive."""

    READY = 0
    FAULT = 1
    """Motor protection has tripped."""


class Params(SimpyParams):
    """What may be said of a tap changer's drive."""

    motor_s: float = Field(default=5.0, ge=0.001, description="time of the motor for one position [s]; an assumption")


@dataclass(slots=True)
class TapDriveState(DeviceState):
    """What the drive remembers besides."""

    worked_ms: float = 0.0
    """Of the slot that goes on."""


class TapChangerDrive(SimpyDevice[Params, TapDriveState]):
    """Motor drive of an on-load tap changer: seconds for a position, may be stuck."""

    acts_on = ("tap_moves_count",)
    feels = frozenset({FaultKind.TRIP, FaultKind.STUCK, FaultKind.SLOW})
    Mode = TapDriveMode
    OFF, FAULT = TapDriveMode.READY, TapDriveMode.FAULT
    quantity = "positions"
    safe_state = "its voltage regulator goes on by itself"
    _ready_ms = 0.0

    def __init__(self, name: str, params: Params, plate: Nameplate | None, plan: FaultPlan = NO_FAULTS) -> None:
        super().__init__(name, params, plate, plan)
        self._motor_ms = to_ms(params.motor_s)

    def initial_state(self) -> TapDriveState:
        return TapDriveState(TapDriveMode.READY.value, command_mw=math.inf)

    def is_command(self, value: float) -> bool:
        """Anything but NaN is a number of positions."""
        return not math.isnan(value)

    def change_mode(self, now_ms: int) -> int:
        return NEVER_MS

    def trip(self, now_ms: int) -> None:
        """It stops where it is; what it did of a slot counts when it goes on."""

    def begin_means(self) -> None:
        self._ready_ms = 0.0

    def pass_time(self, ms: int) -> bool:
        if self.state.mode_code == TapDriveMode.READY and not self.is_stuck:
            self._ready_ms += ms / self.slow_factor
        return False

    def means(self, dt_ms: int) -> tuple[float, ...]:
        """Positions it can move in the step; what is left of a slot counts in the next."""
        count, self.state.worked_ms = divmod(self.state.worked_ms + self._ready_ms, self._motor_ms)
        return (min(count, max(self.state.command_mw, 0.0)) // 1.0,)
