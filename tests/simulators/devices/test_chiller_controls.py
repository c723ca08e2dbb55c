"""The chillers' controls as tables: what cold they can give while they start, run and wait."""

from __future__ import annotations

import math
from typing import Any

import pytest

from simulators.devices.chiller_controls import ChillerControls, Params
from tests.simulators.devices.script import DIESEL, Script, plan
from twin.device import NO_FAULTS, FaultPlan
from twin.errors import ComponentError
from twin.nameplate import ThermalNetworkNameplate

COOLING = ThermalNetworkNameplate("cooling", (), (), (), ())


def controls(faults: FaultPlan = NO_FAULTS, **params: Any) -> ChillerControls:
    return ChillerControls("cooling.EC", Params.model_validate({"rated_mw": 3.8} | params), COOLING, faults)


def test_they_run_at_the_start_and_no_limit_is_their_rating() -> None:
    script = Script(controls(), {0: math.inf, 60: 2.0}, 120)
    assert [script.value(t) for t in (0, 59, 60)] == [3.8, 3.8, 2.0]


def test_off_and_on_again_waits_for_the_anti_recycle_time_and_the_start() -> None:
    script = Script(controls(), {0: math.inf, 700: 0.0, 800: math.inf}, 2000, 10)
    assert [script.value(t) for t in (690, 700)] == [3.8, 0.0]
    # stopped at 700 s: 900 s until it may start, 180 s for the start
    assert script.modes(1600, 1610, 1780, 1790) == ["OFF", "STARTING", "STARTING", "RUN"]
    assert script.value(1780) == 3.8


def test_a_stop_asked_within_the_shortest_run_waits() -> None:
    script = Script(controls(restart_s=0), {0: 0.0, 60: math.inf, 300: 0.0}, 1200, 10)
    assert script.modes(60, 250, 840, 850) == ["OFF", "RUN", "RUN", "OFF"]  # runs from 240 s, so until 840 s
    assert script.value(800) == 0.0, "it turns but may give nothing"


def test_a_trip_needs_reset_anti_recycle_time_and_start() -> None:
    script = Script(controls(plan(("trip", 100, 200), resets_s=(300,))), {0: math.inf}, 1300, 10)
    assert [script.value(t) for t in (90, 100)] == [3.8, 0.0]
    assert script.modes(310, 1000, 1010, 1180, 1190) == ["OFF", "OFF", "STARTING", "STARTING", "RUN"]


def test_derated_they_give_the_usable_part_of_their_rating() -> None:
    script = Script(controls(plan(("derate", 60, 120, 0.25))), {0: math.inf}, 180, 60)
    assert [a.values[0] for a in script.actions] == [3.8, 0.95, 3.8]


def test_a_trip_in_a_long_step_leaves_the_mean_of_what_could_be_given() -> None:
    [action] = Script(controls(plan(("trip", 300, 400))), {0: math.inf}, 900, 900).actions
    assert action.values[0] == pytest.approx(3.8 / 3)


def test_without_commands_they_go_on() -> None:
    script = Script(controls(plan(("comm_loss", 60, 600))), {0: math.inf, 120: 0.0}, 300, 10)
    assert script.value(290) == 3.8


def test_only_what_is_not_a_number_is_refused() -> None:
    script = Script(controls(), {0: 2.0, 60: math.nan, 120: math.inf}, 180)
    assert [script.value(t) for t in (59, 119, 179)] == [2.0, 2.0, 3.8]
    assert script.told == [(60, "invalid_setpoint"), (70, "heartbeat_lost")]


def test_they_stand_at_a_source_of_a_cooling_network() -> None:
    heating = ThermalNetworkNameplate("heating", (), (), (), ())
    for plate in (DIESEL, heating, None):
        with pytest.raises(ComponentError, match=r"x\.EC is no source of a cooling network"):
            ChillerControls("x.EC", Params(rated_mw=1.0), plate)
