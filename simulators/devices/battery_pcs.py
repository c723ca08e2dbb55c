"""The power conversion system of a battery: precharge, standby, run along a ramp, fault.

    OFF ── commanded ──▶ PRECHARGE ── 5 s ──▶ STANDBY ◀── at 0 MW ──▶ RUN        FAULT ── reset ──▶ OFF

Powers in MW, discharging positive.
"""

from __future__ import annotations

from enum import IntEnum

from pydantic import Field

from simulators.devices.motion import ramp
from simulators.devices.storage_drive import DriveParams, DriveState, StorageDrive
from twin.device import NO_FAULTS, Device, FaultPlan
from twin.nameplate import Nameplate

FULL_RAMP_S = 1.0
"""From 0 to rated power where no ramp is given; inverters of this size do it in less than a second."""
S_PER_MIN = 60.0


class PcsMode(IntEnum):
    """Modes of a battery's converter."""

    OFF = 0
    PRECHARGE = 1
    """The DC link is charged through resistors; contactors close at the end."""
    STANDBY = 2
    RUN = 3
    FAULT = 4


class Params(DriveParams):
    """What may be said of a battery's converter."""

    ramp_mw_per_min: float | None = Field(
        default=None, gt=0, description="largest change of power [MW/min]; default: the rated power in 1 s"
    )
    precharge_s: float = Field(default=5.0, ge=0, description="charging of the DC link, before it stands by [s]")


class BatteryPcs(StorageDrive[Params], Device[Params, DriveState]):
    """Power conversion system of a battery: precharge, standby, ramp, trip that latches."""

    Mode = PcsMode
    OFF, START, STANDBY, RUN, FAULT = PcsMode

    def __init__(self, name: str, params: Params, plate: Nameplate | None, plan: FaultPlan = NO_FAULTS) -> None:
        super().__init__(name, params, plate, plan)
        rated_mw = max(self.charge_mw, self.discharge_mw)
        given = params.ramp_mw_per_min
        self._rate_mw_per_s = rated_mw / FULL_RAMP_S if given is None else given / S_PER_MIN
        self.start_s = params.precharge_s

    def move(self, value_mw: float, target_mw: float, dt_s: float) -> tuple[float, float]:
        return ramp(value_mw, target_mw, self._rate_mw_per_s / self.slow_factor, dt_s)
