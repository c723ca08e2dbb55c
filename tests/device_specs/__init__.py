"""The spec table of devices: one row per way of running a type; ``tests/test_device_contract.py`` runs every row.

A new device type appends one row to :data:`SPECS` and gets all generic checks: resume bit for bit at every boundary of
steps, the same energy from steps of any length, limits under any commands and faults, refused commands, units in names.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.simulators.devices.script import BATTERY, CHP, DIESEL
from twin.codec import decode, encode
from twin.device import NO_FAULTS, Action, Device, FaultKind, FaultPlan
from twin.nameplate import Nameplate, ThermalNetworkNameplate
from twin.registry import device_class

ROUNDING_MW = 1e-9
COOLING = ThermalNetworkNameplate("cooling", (), (), (), ())


@dataclass(frozen=True)
class Seen:
    """One step of a device, for a check of its limits."""

    device: Device
    action: Action
    dt_s: int
    present: frozenset[FaultKind]
    """Kinds of fault present at any instant of the step."""
    derate_frac: float
    """Usable part over the whole step, 1 if not derated throughout."""
    before: Action | None
    """The step before, if it was as long."""
    disturbed: bool
    """A trip or a derating began in this step or the one before: what is cut at once follows no ramp."""


def no_check(seen: Seen) -> None:
    """Nothing beyond the generic checks."""


@dataclass(frozen=True)
class DeviceSpec:
    """One row: a type, its parameters, what stands behind it, and what must hold in each step."""

    type_name: str
    plate: Nameplate | None
    largest_mw: float
    """Commands are drawn up to more than this."""
    check: Callable[[Seen], None] = no_check
    params: dict[str, Any] = field(default_factory=dict)
    energy: Callable[[Action], float] = lambda action: action.values[0]
    """What an action gives, as a mean over its step."""
    energy_per_step: bool = False
    """The values are counts over the step, not means."""
    commands: tuple[float, ...] = ()
    """Commands that mean the same in steps of any length; empty: all do."""

    def build(self, plan: FaultPlan = NO_FAULTS) -> Device:
        """A fresh device of this row."""
        cls = device_class(self.type_name)
        return cls("unit_under_test", cls.Params.model_validate(self.params), self.plate, plan)

    def rebooted(self, device: Device) -> Device:
        """Another device that goes on from the state of this one, which has been through JSON."""
        other = self.build(device.plan)
        other.restore(decode(json.loads(json.dumps(encode(device.state))), like=other.state))
        return other

    @property
    def feels(self) -> list[FaultKind]:
        """Faults that mean something to it."""
        return sorted(device_class(self.type_name).feels)


def drives_within_its_rating(seen: Seen) -> None:
    """Rating of either direction, derated where it is; a converter keeps its ramp."""
    [p_mw] = seen.action.values
    usable = 1.0 if FaultKind.STUCK in seen.present else seen.derate_frac
    assert -BATTERY.charge_power_mw * usable - ROUNDING_MW <= p_mw
    assert p_mw <= BATTERY.discharge_power_mw * usable + ROUNDING_MW


def keeps_its_ramp(seen: Seen) -> None:
    """As above, and means of equal steps differ by no more than the ramp allows."""
    drives_within_its_rating(seen)
    if seen.before is not None and not seen.disturbed:
        reach_mw = seen.device.params.ramp_mw_per_min / 60 * seen.dt_s
        assert abs(seen.action.values[0] - seen.before.values[0]) <= reach_mw + ROUNDING_MW


def runs_within_its_load_range(seen: Seen) -> None:
    """Off, or between lowest and rated load, derated where it is."""
    p_mw, running_frac = seen.action.values
    plate = seen.device.plate
    usable = 1.0 if FaultKind.STUCK in seen.present else seen.derate_frac
    assert 0.0 <= running_frac <= 1.0
    assert p_mw == 0.0 if running_frac == 0.0 else p_mw >= plate.min_mw - ROUNDING_MW
    assert p_mw <= plate.rated_mw * usable + ROUNDING_MW


def cools_within_its_rating(seen: Seen) -> None:
    """No more than rated, derated where it is."""
    [limit_mw] = seen.action.values
    usable = 1.0 if FaultKind.STUCK in seen.present else seen.derate_frac
    assert 0.0 <= limit_mw <= seen.device.params.rated_mw * usable + ROUNDING_MW


def moves_whole_positions(seen: Seen) -> None:
    """No more than its motor's time allows."""
    [count] = seen.action.values
    assert count == math.floor(count) >= 0.0
    assert count <= seen.dt_s / seen.device.params.motor_s + 1.0


def _of_unit(action: Action) -> float:
    p_mw, running_frac = action.values
    return p_mw * running_frac


SPECS = [
    DeviceSpec("battery_pcs", BATTERY, 10.0, keeps_its_ramp, {"ramp_mw_per_min": 60.0, "initially_on": False}),
    DeviceSpec("flywheel_drive", BATTERY, 10.0, drives_within_its_rating, {"run_up_s": 7}),
    DeviceSpec("diesel_controls", DIESEL, 2.0, runs_within_its_load_range,
               {"min_run_s": 20, "cool_down_s": 15}, energy=_of_unit),
    DeviceSpec("chp_controls", CHP, 4.0, runs_within_its_load_range,
               {"start_s": 23, "min_run_h": 0.01, "min_stop_h": 0.01, "hot_standby_s": 60, "hot_start_s": 7},
               energy=_of_unit),
    DeviceSpec("chiller_controls", COOLING, 3.8, cools_within_its_rating,
               {"rated_mw": 3.8, "start_s": 11, "min_run_s": 20, "restart_s": 30}),
    DeviceSpec("tap_changer_drive", None, 20.0, moves_whole_positions, {"motor_s": 4.7}, energy_per_step=True,
               commands=(math.inf, 0.0, math.nan)),
]
