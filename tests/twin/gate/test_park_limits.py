"""The limits that ship with the park: each finds its signals, each has a source, and sound operation keeps them."""

from __future__ import annotations

import copy

import pytest

from twin.gate.limits.judge import judge
from twin.gate.limits.limits import SOLVED, resolve_limits
from twin.gate.limits.series import Before
from twin.gate.rules import GateRules
from twin.gate.shadow.shadow import Shadow, TwinState
from twin.scenario.loader import load_scenario
from twin.schedule import Horizon, Origin, Schedule

DAY = Horizon(0, 900, 96)


@pytest.fixture(scope="module")
def park():
    scenario = load_scenario("zero_carbon_park_day")
    shadow = Shadow(scenario, DAY.step_s)
    limits = resolve_limits(scenario, shadow.site.components, shadow.commands)
    return scenario, shadow, limits


def test_every_row_finds_a_signal(park):
    scenario, _, limits = park
    assert {limit.name for limit in limits.limits} == scenario.model.limits.keys() | SOLVED.keys()


def test_what_the_operator_does_on_a_summer_day_is_accepted(park):
    _, shadow, limits = park
    start = copy.deepcopy(TwinState.of(0, shadow.site.components, {}))
    setpoints, _ = shadow.rollout(start, None, DAY)
    trajectories = shadow.replay(start, DAY, setpoints, None)
    verdict = judge([(None, trajectories)], limits, GateRules(), state_sha256="", scenario_sha256="",
                    schedule=Schedule(DAY, setpoints, Origin("controller", "operator"), "", "", ""),
                    before=Before.of(start, shadow.plant))
    assert verdict.accepted, verdict.hard_violations
    assert not verdict.violations
