"""The tap changer's drive: so many seconds for a position, whatever the step."""

from __future__ import annotations

import math
from typing import Any

import pytest

from simulators.devices.tap_changer_drive import Params, TapChangerDrive
from tests.simulators.devices.script import Script, plan
from twin.device import NO_FAULTS, FaultPlan


def drive(faults: FaultPlan = NO_FAULTS, **params: Any) -> TapChangerDrive:
    return TapChangerDrive("electricity.T1", Params.model_validate(params), None, faults)


def moves(script: Script) -> list[float]:
    return [action.values[0] for action in script.actions]


def no_limit(device: TapChangerDrive, until_s: int, step_s: int) -> Script:
    return Script(device, {0: math.inf}, until_s, step_s)


def test_short_steps_move_as_often_as_long_ones() -> None:
    assert moves(no_limit(drive(), 60, 60)) == [12.0]
    assert moves(no_limit(drive(), 10, 1)) == [0.0, 0.0, 0.0, 0.0, 1.0] * 2
    # 8 movements of 7 s in the first minute, 4 s of the ninth are left for the next
    assert moves(no_limit(drive(motor_s=7), 120, 60)) == [8.0, 9.0]


@pytest.mark.parametrize("fault", ["stuck", "trip"])
def test_it_does_not_move_while_it_is_stuck_or_its_motor_protection_is_open(fault: str) -> None:
    script = no_limit(drive(plan((fault, 60, 120), resets_s=(120,))), 180, 60)
    assert moves(script) == [12.0, 0.0, 12.0]


def test_what_is_left_of_the_step_counts() -> None:
    assert moves(no_limit(drive(plan(("stuck", 40, 120))), 60, 60)) == [8.0]


def test_a_slow_motor_takes_as_much_longer() -> None:
    assert moves(no_limit(drive(plan(("slow", 0, 120, 4.0))), 120, 60)) == [3.0, 3.0]


def test_a_limit_by_command_holds() -> None:
    assert moves(Script(drive(), {0: 2.0, 60: 0.0}, 120, 60)) == [2.0, 0.0]
