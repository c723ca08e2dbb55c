"""The diesel's controls as tables: start, shortest run, cooling down, faults."""

from __future__ import annotations

from typing import Any

import pytest

from simulators.devices.diesel_controls import DieselControls, Params
from tests.simulators.devices.script import BATTERY, DIESEL, Script, plan
from twin.device import NO_FAULTS, FaultPlan
from twin.errors import ComponentError


def controls(faults: FaultPlan = NO_FAULTS, **params: Any) -> DieselControls:
    """Shortest run 60 s, cooling down 40 s unless said otherwise; 30 s of start are the nameplate's."""
    return DieselControls("diesel_1", Params.model_validate({"min_run_s": 60, "cool_down_s": 40} | params), DIESEL,
                          faults)


def test_start_run_cool_down_and_off() -> None:
    script = Script(controls(), {10: 2.0, 150: 0.0}, 210)
    assert script.modes(10, 11, 40, 41, 150, 151, 190, 191) == [
        "OFF", "STARTING", "STARTING", "RUN", "RUN", "COOLING", "COOLING", "OFF"]
    assert script.told == [(10, "device_starts"), (150, "device_stops")]


@pytest.mark.parametrize("step_s", [1, 10, 30, 60, 900])
def test_the_start_costs_its_thirty_seconds_whatever_the_step(step_s: int) -> None:
    script = Script(controls(), {0: 2.0}, 900, step_s)
    energy = sum(action.values[0] * action.values[1] for action in script.actions) * step_s
    assert energy == pytest.approx(2.0 * 870)


def test_a_stop_asked_during_the_start_is_honoured_at_once() -> None:
    script = Script(controls(), {0: 2.0, 10: 0.0, 20: 2.0}, 60)
    assert script.modes(10, 11, 21, 50, 51) == ["STARTING", "OFF", "STARTING", "STARTING", "RUN"]
    assert (10, "start_taken_back") in script.told


def test_a_stop_asked_within_the_shortest_run_waits_at_the_lowest_load() -> None:
    script = Script(controls(), {0: 2.0, 40: 0.0}, 120)
    # it delivers from 30 s on, so it may stop at 90 s
    assert [script.value(t) for t in (35, 45, 89, 90)] == [2.0, 0.6, 0.6, 0.0]
    assert script.modes(90, 91) == ["RUN", "COOLING"]


def test_a_stop_taken_back_in_time_is_no_stop() -> None:
    script = Script(controls(), {0: 2.0, 40: 0.0, 80: 1.5}, 120)
    assert script.value(119) == 1.5
    assert [kind for _, kind in script.told] == ["device_starts"]


def test_an_engine_that_cools_down_still_turns_and_takes_the_load_at_once() -> None:
    script = Script(controls(), {0: 2.0, 100: 0.0, 120: 2.0}, 130)
    assert script.modes(102, 120, 121) == ["COOLING", "COOLING", "RUN"]
    assert script.value(120) == 2.0


def test_the_load_is_kept_between_lowest_and_rated_and_too_little_starts_nothing() -> None:
    assert Script(controls(), {0: 0.3}, 60).mode(60) == "OFF"
    script = Script(controls(), {0: 9.0, 40: 0.3}, 60)
    assert [script.value(t) for t in (39, 40)] == [2.0, 0.6]
    assert Script(controls(), {0: -1.0}, 60).mode(60) == "OFF"


def test_without_commands_it_goes_on_as_it_is_for_the_hospital() -> None:
    running = Script(controls(plan(("comm_loss", 60, 600)), heartbeat_timeout_s=10), {0: 2.0, 100: 0.0}, 400)
    assert running.value(399) == 2.0
    assert "it goes on as it is" in next(e.message for e in running.events if e.kind == "heartbeat_lost")
    standing = Script(controls(plan(("comm_loss", 60, 600)), heartbeat_timeout_s=10), {100: 2.0}, 400)
    assert standing.mode(400) == "OFF"


def test_a_trip_while_it_starts_needs_a_reset_and_a_new_start() -> None:
    script = Script(controls(plan(("trip", 10, 12), resets_s=(20,))), {0: 2.0}, 60)
    assert script.modes(10, 11, 20, 21, 50, 51) == ["STARTING", "FAULT", "FAULT", "STARTING", "STARTING", "RUN"]


def test_a_trip_while_it_runs_is_at_once() -> None:
    [first, second] = Script(controls(plan(("trip", 75, 80))), {0: 2.0}, 120, 60).actions
    assert first.values == (2.0, 0.5)
    assert second.values == (2.0, 0.25)


def test_derated_below_its_lowest_load_it_stops_and_does_not_start() -> None:
    script = Script(controls(plan(("derate", 50, 200, 0.2))), {0: 2.0}, 240)
    assert [script.value(t) for t in (49, 50, 199)] == [2.0, 0.0, 0.0]
    assert "the 0.4 MW it is derated to are below its lowest load of 0.6 MW" in script.events[2].message
    assert script.modes(51, 200, 201) == ["COOLING", "OFF", "STARTING"]
    halved = Script(controls(plan(("derate", 50, 200, 0.5))), {0: 2.0}, 240)
    assert [halved.value(t) for t in (49, 50, 200)] == [2.0, 1.0, 2.0]


def test_stuck_it_neither_starts_nor_stops() -> None:
    standing = Script(controls(plan(("stuck", 0, 50))), {10: 2.0}, 100)
    assert standing.modes(50, 51, 80, 81) == ["OFF", "STARTING", "STARTING", "RUN"]
    running = Script(controls(plan(("stuck", 100, 150))), {0: 2.0, 120: 0.0}, 200)
    assert [running.value(t) for t in (149, 150)] == [2.0, 0.0]


def test_slowness_stretches_the_start() -> None:
    script = Script(controls(plan(("slow", 0, 300, 5.0))), {0: 2.0}, 200)
    assert script.modes(150, 151) == ["STARTING", "RUN"]


def test_defaults_are_those_of_the_nameplate() -> None:
    times = DieselControls("diesel_1", Params(), DIESEL).times
    assert (times.start_ms, times.shortest_run_ms, times.shortest_stop_ms) == (30_000, 300_000, 0)


def test_it_controls_generators_only() -> None:
    with pytest.raises(ComponentError, match="bess is no generator"):
        DieselControls("bess", Params(), BATTERY)
