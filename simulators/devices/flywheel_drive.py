"""The drive of a flywheel: follows within milliseconds, once the rotor turns.

    OFF ── commanded ──▶ RUN_UP ──▶ STANDBY ◀── at 0 MW ──▶ RUN        FAULT ── reset ──▶ OFF

Powers in MW, discharging positive. A tripped drive lets the rotor coast, which the physics knows.
"""

from __future__ import annotations

from enum import IntEnum

from pydantic import Field

from simulators.devices.motion import lag
from simulators.devices.simpy_device import S_PER_MS
from simulators.devices.storage_drive import DriveParams, DriveState, StorageDrive
from twin.device import NO_FAULTS, Device, FaultPlan
from twin.nameplate import Nameplate


class FlywheelMode(IntEnum):
    """Modes of a flywheel's drive."""

    OFF = 0
    RUN_UP = 1
    """Bearings levitate and the drive synchronises with the rotor."""
    STANDBY = 2
    RUN = 3
    FAULT = 4


class Params(DriveParams):
    """What may be said of a flywheel's drive."""

    response_ms: float = Field(default=10.0, gt=0, description="time constant of the power [ms]")
    run_up_s: float = Field(default=60.0, ge=0, description="from the order to start until it stands by [s]")


class FlywheelDrive(StorageDrive[Params], Device[Params, DriveState]):
    """Drive of a flywheel: run-up, response within milliseconds, trip that latches."""

    Mode = FlywheelMode
    OFF, START, STANDBY, RUN, FAULT = FlywheelMode

    def __init__(self, name: str, params: Params, plate: Nameplate | None, plan: FaultPlan = NO_FAULTS) -> None:
        super().__init__(name, params, plate, plan)
        self._time_constant_s = params.response_ms * S_PER_MS
        self.start_s = params.run_up_s

    def move(self, value_mw: float, target_mw: float, dt_s: float) -> tuple[float, float]:
        return lag(value_mw, target_mw, self._time_constant_s * self.slow_factor, dt_s)
