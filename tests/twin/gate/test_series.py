"""What a limit looks at: series of unequal steps, and what a snapshot knows of the time before the start."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
import pytest

from tests.twin.gate.replays import limit, replay
from twin.component import Component, ComponentParams, Nothing, Role, port
from twin.context import Context
from twin.errors import ComponentError
from twin.gate.limits.series import Before, block_of
from twin.gate.shadow.shadow import TwinState


def test_series_of_unequal_steps_are_subtracted_on_the_finer_one():
    """A set-point of a quarter of an hour less what is delivered every five minutes."""
    fine = replay(step_s=300, bess__p_mw=[1.0, 2.0, 3.0, 4.0, 4.0, 4.0])
    both = dataclasses.replace(
        fine, columns={**fine.columns, "schedule": ("schedule.value[bess.p_set_mw]",)},
        tables={**fine.tables, "schedule": np.array([[3.0], [4.0]])}, steps_s={**fine.steps_s, "schedule": 900})
    block = block_of(limit("bess.p_set_mw", setpoint=True, minus="bess.p_mw", high=1.0), both)
    assert block.step_s == 300
    assert block.values[:, 0].tolist() == [2.0, 1.0, 0.0, 0.0, 0.0, 0.0]


def test_a_series_that_is_missing_is_named_with_the_nearest():
    with pytest.raises(ComponentError, match=r"no series 'bess\.sco'; did you mean 'bess\.soc'"):
        block_of(limit("bess.sco", low=0.0), replay(bess__soc=[0.5]))


@dataclass(slots=True)
class UnitOutputs:
    p_mw: float = port()
    part_mw: np.ndarray = port(per="part")


@dataclass(slots=True)
class UnitState:
    in_state_s: float = 0.0


class Unit(Component[ComponentParams, Nothing, UnitOutputs, UnitState]):
    """Runs."""

    role = Role.GENERATOR

    def terminals(self):
        return {"part": ("left", "right")}


@dataclass(slots=True)
class BehindDevice:
    inner: UnitState


@pytest.fixture
def unit():
    from datetime import UTC, datetime

    from twin.context import Location

    context = Context(datetime(2025, 7, 15, tzinfo=UTC), 3600, 900, 1, Location(31.2, 121.5, 5.0, "Asia/Shanghai"))
    return {"chp": Unit("chp", ComponentParams(), context)}


@pytest.mark.parametrize("state", [UnitState(5400.0), BehindDevice(UnitState(5400.0))])
def test_a_snapshot_knows_last_outputs_and_times_in_a_state(unit, state):
    """Also behind a device, whose state holds that of the unit."""
    before = Before.of(TwinState(0, {"chp": state}, {"chp": (4.0, np.array([1.0, 3.0]))}), unit)
    assert before.values == {"chp.p_mw": 4.0, "chp.part_mw[left]": 1.0, "chp.part_mw[right]": 3.0}
    of_setpoint = before.of_limit(limit("chp.p_set_mw", setpoint=True, of="up_time_h", low=2.0), 900)
    assert (of_setpoint.value[0], of_setpoint.in_state_s[0]) == (4.0, 5400.0)     # what the asset delivered


def test_before_the_first_step_nothing_is_known(unit):
    before = Before.of(TwinState(0, {"chp": Nothing()}, {"chp": None}), unit)
    assert (before.values, before.in_state_s) == ({}, {})
    assert math.isnan(before.of_limit(limit("chp.p_mw", low=0.0), 900).value[0])
