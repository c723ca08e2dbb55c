"""A schedule says what holds when, cannot be changed, and its hash stands for all that it says."""

import copy
import dataclasses
import json
import math
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twin.schedules import schedule, schedules
from twin.schedule import Horizon, Origin, OriginKind, Schedule, ScheduleError, content_sha256


def test_a_value_holds_from_its_interval_start_to_the_next():
    plan = schedule()
    assert plan.at(3600) == {"bess.p_set_mw": -2.0, "pv.p_limit_mw": math.inf}
    assert plan.at(4499) == plan.at(3600)
    assert plan.at(4500) == {"bess.p_set_mw": -0.1, "pv.p_limit_mw": 4.25}
    assert plan.horizon.end_s == 3600 + 4 * 900 and plan.horizon.times_s().tolist() == [3600, 4500, 5400, 6300]


@pytest.mark.parametrize("t_s", [3599, 7200])
def test_outside_its_horizon_a_schedule_says_nothing(t_s):
    with pytest.raises(ScheduleError, match=f"{t_s} s lies outside the horizon from 3600 s to 7200 s"):
        schedule().at(t_s)


def test_shifted_drops_the_past_and_holds_the_last_value():
    moved = schedule().shifted(2)
    assert moved.horizon == Horizon(5400, 900, 4)
    assert moved.setpoints["bess.p_set_mw"].tolist() == [1.5, 3.0, 3.0, 3.0]
    assert schedule().shifted(99).setpoints["bess.p_set_mw"].tolist() == [3.0] * 4


def test_changed_replaces_set_points_and_names_the_new_maker():
    repaired = schedule().changed({"bess.p_set_mw": np.zeros(4)}, Origin(OriginKind.REPAIR, "projection"), 7.0)
    assert repaired.at(3600) == {"bess.p_set_mw": 0.0, "pv.p_limit_mw": math.inf}
    assert (str(repaired.origin), repaired.objective) == ("repair projection", 7.0)


def test_nothing_in_a_schedule_can_be_written():
    plan = schedule()
    with pytest.raises(ValueError, match="read-only"):
        plan.setpoints["bess.p_set_mw"][0] = 9.0
    with pytest.raises(ValueError, match="WRITEABLE"):
        plan.setpoints["bess.p_set_mw"].setflags(write=True)
    with pytest.raises(TypeError):
        plan.setpoints["bess.p_set_mw"] = np.zeros(4)
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan.horizon = Horizon(0, 900, 4)


def test_the_array_that_a_schedule_was_made_from_stays_the_makers_own():
    values = np.zeros(4)
    plan = schedule(setpoints={"bess.p_set_mw": values})
    values[0] = 5.0
    assert plan.at(3600)["bess.p_set_mw"] == 0.0


@pytest.mark.parametrize(("setpoints", "message"), [
    ({"bess.p_set_mw": [0.0, math.nan, 0.0, 0.0]}, "bess.p_set_mw is nan in step 1"),
    ({"pv.p_limit_mw": [math.nan] * 4}, "pv.p_limit_mw is nan in step 0"),
    ({"bess.p_set_mw": [math.inf] * 4}, "only a limit may be infinite"),
    ({"pv.p_limit_mw": [-math.inf] * 4}, "pv.p_limit_mw is -inf in step 0"),
    ({"bess.p_set_mw": [0.0] * 3}, r"has shape \(3,\); one value for each of the 4 steps"),
    ({"bess.p_set_mw": "much"}, "bess.p_set_mw: could not convert"),
    ({"bess": [0.0] * 4}, "'bess' names no set-point; write asset.port"),
])
def test_what_is_no_set_point_is_refused(setpoints, message):
    with pytest.raises(ScheduleError, match=message):
        schedule(setpoints=setpoints)


@pytest.mark.parametrize(("step_s", "steps"), [(0, 4), (900, 0), (-60, 1)])
def test_an_empty_horizon_is_refused(step_s, steps):
    with pytest.raises(ScheduleError, match="must be at least 1"):
        Horizon(0, step_s, steps)


@pytest.mark.parametrize("objective", [math.nan, math.inf])
def test_an_objective_that_is_no_number_is_refused(objective):
    with pytest.raises(ScheduleError, match="the objective is"):
        schedule(objective=objective)


def test_an_unknown_kind_of_origin_is_refused():
    with pytest.raises(ValueError, match="robot"):
        Origin("robot", "r2")


@pytest.mark.parametrize("change", [
    {"horizon": Horizon(3600, 900 + 1, 4)}, {"horizon": Horizon(3601, 900, 4)},
    {"setpoints": {"bess.p_set_mw": [-2.0, -0.1, 1.5, 3.0]}},
    {"setpoints": {"bess.p_set_mw": [-2.0, -0.1, 1.5, np.nextafter(3.0, 4.0)], "pv.p_limit_mw": [math.inf] * 4}},
    {"setpoints": {"bess.p_set_mw": [-2.0, -0.1, 1.5, 3.0], "wind.p_limit_mw": [math.inf, 4.25, math.inf, math.inf]}},
    {"origin": Origin(OriginKind.PERSON, "operator")}, {"origin": Origin(OriginKind.CONTROLLER, "operator2")},
    {"scenario_sha256": "5d" * 32}, {"forecast_sha256": ""}, {"state_sha256": ""}, {"objective": None},
    {"objective": 1234.6},
])
def test_the_hash_changes_with_every_field(change):
    assert schedule(**change).sha256 != schedule().sha256 and schedule(**change) != schedule()


@given(schedules(), st.data())
def test_the_hash_changes_with_any_single_value(plan, data):
    key = data.draw(st.sampled_from(sorted(plan.setpoints)))
    step = data.draw(st.integers(0, plan.horizon.steps - 1))
    values = plan.setpoints[key].copy()
    values[step] = data.draw(st.floats(allow_nan=False, allow_infinity=False).filter(lambda v: v != values[step]))
    assert plan.changed({key: values}, plan.origin, plan.objective).sha256 != plan.sha256


def test_equal_set_points_hash_alike_in_any_order_and_with_either_zero():
    there = schedule(setpoints={"a.p_set_mw": [0.0] * 4, "b.p_set_mw": [1.0] * 4})
    back = schedule(setpoints={"b.p_set_mw": [1] * 4, "a.p_set_mw": [-0.0] * 4})
    assert there == back and hash(there) == hash(back)


def test_the_hash_is_the_same_in_another_process():
    script = "from tests.twin.schedules import schedule; print(schedule().sha256)"
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True,
                           env={"PYTHONHASHSEED": "1"})
    assert other.stdout.strip() == schedule().sha256


def test_a_cached_hash_is_not_taken_for_the_contents():
    plan = schedule()
    before = plan.sha256
    object.__setattr__(plan, "setpoints", {"bess.p_set_mw": np.zeros(4)})
    assert plan.sha256 == before and content_sha256(plan) != before


@given(schedules())
def test_plain_data_json_pickle_and_copy_bring_the_same_schedule_back(plan):
    assert Schedule.from_plain(json.loads(json.dumps(plan.as_plain(), allow_nan=False))) == plan
    for twin in (pickle.loads(pickle.dumps(plan)), copy.deepcopy(plan), copy.copy(plan)):
        assert twin == plan
        assert not any(values.flags.writeable for values in twin.setpoints.values())


@pytest.mark.parametrize("damage", [
    {"format": "parktwin.schedule.0"}, {"horizon": None}, {"setpoints": {"bess.p_set_mw": ["much"] * 4}},
    {"origin": {"kind": "robot", "name": ""}}, {"objective": "dear"},
])
def test_damaged_plain_data_are_refused(damage):
    with pytest.raises(ScheduleError, match="no schedule of this version"):
        Schedule.from_plain({**schedule().as_plain(), **damage})
