"""What the drives of electricity stores have in common: five modes, an output that follows, a rest at 0 MW.

    OFF ── commanded ──▶ start ──▶ STANDBY ◀── at 0 MW ──▶ RUN        FAULT ── reset ──▶ OFF
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, TypeVar

from pydantic import Field

from simulators.devices.simpy_device import NEVER_MS, S_PER_MS, DeviceState, SimpyDevice, SimpyParams, to_ms
from simulators.setpoint import SETPOINT_TOLERANCE_MW
from twin.device import NO_FAULTS, FaultPlan
from twin.errors import ComponentError
from twin.nameplate import Nameplate, StorageNameplate


class DriveParams(SimpyParams):
    """What may be said of any drive of a store."""

    initially_on: bool = Field(default=True, description="ready at the start of the scenario, not off")


@dataclass(slots=True)
class DriveState(DeviceState):
    """What a drive remembers besides."""

    output_mw: float = 0.0


P = TypeVar("P", bound=DriveParams)


class StorageDrive(SimpyDevice[P, DriveState]):
    """Base of the drives; a subclass names its modes and says how the output moves and how long a start takes."""

    START: ClassVar[IntEnum]
    STANDBY: ClassVar[IntEnum]
    RUN: ClassVar[IntEnum]
    safe_state = "it goes to 0 MW and stands by"
    start_s: float

    def __init__(self, name: str, params: P, plate: Nameplate | None, plan: FaultPlan = NO_FAULTS) -> None:
        if not isinstance(plate, StorageNameplate):
            raise ComponentError(f"{name} is no electricity store, which is what this device drives; give it another "
                                 f"device, or leave it without")
        self.charge_mw, self.discharge_mw = plate.charge_power_mw, plate.discharge_power_mw
        self._target_mw = self._area = self._reference_mw = 0.0
        self._counts = False
        super().__init__(name, params, plate, plan)

    def initial_state(self) -> DriveState:
        """Standing by, or off."""
        return DriveState(int(self.STANDBY if self.params.initially_on else self.OFF))

    def move(self, value_mw: float, target_mw: float, dt_s: float) -> tuple[float, float]:
        """Value after ``dt_s`` on the way to the target, and its mean."""
        raise NotImplementedError

    def change_mode(self, now_ms: int) -> int:
        """Start when commanded, run, rest at 0 MW."""
        state, wanted_mw = self.state, self._within(0.0 if self.state.fell_back else self.state.command_mw)
        if abs(wanted_mw) <= SETPOINT_TOLERANCE_MW:
            wanted_mw = 0.0
        if state.mode_code == self.OFF and wanted_mw:
            state.mode_code = int(self.START)
            self.starts_for(now_ms, to_ms(self.start_s))
            self.tell(now_ms, "device_starts", f"{self.START.name.lower().replace('_', ' ')} for "
                                               f"{self.start_s * self.slow_factor:g} s")
        if state.mode_code == self.START and now_ms >= state.due_ms:
            state.mode_code, state.due_ms = int(self.STANDBY), NEVER_MS
        if state.mode_code == self.STANDBY and wanted_mw:
            state.mode_code = int(self.RUN)
        if state.mode_code == self.RUN and not wanted_mw and not state.output_mw:
            state.mode_code = int(self.STANDBY)
        self._target_mw = wanted_mw if state.mode_code == self.RUN else 0.0
        return state.due_ms

    def _within(self, p_mw: float) -> float:
        """What can be given of a power."""
        return min(max(p_mw, -self.charge_mw * self.derate_frac), self.discharge_mw * self.derate_frac)

    def cut_output(self) -> None:
        self.state.output_mw = self._within(self.state.output_mw)

    def trip(self, now_ms: int) -> None:
        self.state.output_mw = 0.0

    def is_moving(self) -> bool:
        return self._holds_target() and self.state.output_mw != self._target_mw

    def _holds_target(self) -> bool:
        return self.state.mode_code == self.RUN and not self.is_stuck

    def begin_means(self) -> None:
        self._area, self._counts = 0.0, False

    def pass_time(self, ms: int) -> bool:
        state = self.state
        mean_mw = state.output_mw
        moving = self.is_moving()
        if moving:
            state.output_mw, mean_mw = self.move(mean_mw, self._target_mw, ms * S_PER_MS)
            moving = state.output_mw != self._target_mw
        if not self._counts:
            # counted from here, a constant output has exactly itself as its mean
            self._counts, self._reference_mw = True, mean_mw
        self._area += (mean_mw - self._reference_mw) * ms
        return moving

    def means(self, dt_ms: int) -> tuple[float, ...]:
        return (self._reference_mw + self._area / dt_ms,)
