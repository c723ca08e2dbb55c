"""The flywheel's drive follows within milliseconds, once the rotor turns."""

from __future__ import annotations

from typing import Any

import pytest

from simulators.devices.flywheel_drive import FlywheelDrive, Params
from tests.simulators.devices.script import BATTERY, Script, plan
from twin.device import NO_FAULTS, FaultPlan


def drive(faults: FaultPlan = NO_FAULTS, **params: Any) -> FlywheelDrive:
    return FlywheelDrive("flywheels", Params.model_validate(params), BATTERY, faults)


def test_ten_milliseconds_cost_a_hundredth_of_a_second_of_power() -> None:
    # the integral of exp(-t/τ) is τ: 4 MW less 4 MW · 10 ms
    script = Script(drive(), {0: 4.0}, 2)
    assert script.value(0) == pytest.approx(4.0 * (1.0 - 0.010), abs=1e-6)
    assert script.value(1) == pytest.approx(4.0, abs=1e-6)


def test_reversing_costs_as_much_of_the_whole_swing() -> None:
    script = Script(drive(response_ms=50), {0: 8.0, 1: -8.0}, 3)
    assert script.value(1) == pytest.approx(-8.0 + 16.0 * 0.050, abs=1e-6)


def test_it_turns_at_the_start_and_after_a_trip_has_to_run_up() -> None:
    script = Script(drive(plan(("trip", 5, 6), resets_s=(10,)), run_up_s=30), {0: 4.0}, 50)
    assert script.modes(1, 6, 11, 40, 41) == ["RUN", "FAULT", "RUN_UP", "RUN_UP", "RUN"]
    assert script.value(9) == script.value(39) == 0.0


def test_without_commands_it_goes_to_zero() -> None:
    script = Script(drive(plan(("comm_loss", 5, 30)), heartbeat_timeout_s=10), {0: 4.0}, 40)
    assert script.modes(15, 17, 31) == ["RUN", "STANDBY", "RUN"]


def test_slowness_stretches_its_response() -> None:
    script = Script(drive(plan(("slow", 0, 10, 10.0))), {0: 4.0}, 2)
    assert script.value(0) == pytest.approx(4.0 * (1.0 - 0.100), abs=1e-3)
