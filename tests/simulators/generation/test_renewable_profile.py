"""A plant from a file: what it delivers, and what the operator takes away."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from simulators.generation.renewable_profile import Inputs, Params, RenewableProfile
from tests.simulators.profile_files import context, stamps, write_series
from twin.component import Limit
from twin.nameplate import RenewableNameplate


@pytest.fixture
def plant(tmp_path: Path) -> RenewableProfile:
    """0, 0.1, 0.2, 0.15 MW in four quarters of an hour."""
    file = write_series(tmp_path / "s.csv", stamps("2025-03-01T00:00", 4, 900), pv=[0, 0.1, 0.2, 0.15])
    params = {"file": file, "column": "pv", "unit": "mw", "power_factor": 0.8}
    return RenewableProfile("pv", Params.model_validate(params), context())


def test_without_a_limit_all_there_is(plant: RenewableProfile) -> None:
    steps = [plant.step(t_s, 900, Inputs()) for t_s in range(0, 3600, 900)]
    assert [s.p_mw for s in steps] == [s.available_mw for s in steps] == [0.0, 0.1, 0.2, 0.15]
    assert [s.curtailed_mw for s in steps] == [0.0] * 4
    assert {s.limited_by_code for s in steps} == {Limit.NONE}
    assert steps[2].q_mvar == pytest.approx(0.2 * 0.6 / 0.8, rel=1e-12)


@pytest.mark.parametrize(("limit_mw", "p_mw", "limited_by"), [
    (0.05, 0.05, Limit.NONE), (0.0, 0.0, Limit.NONE), (-1.0, 0.0, Limit.NONE), (0.3, 0.2, Limit.RESOURCE),
    (math.nan, 0.2, Limit.NONE),
])
def test_the_operators_limit(plant: RenewableProfile, limit_mw: float, p_mw: float, limited_by: Limit) -> None:
    outputs = plant.step(1800, 900, Inputs(limit_mw))
    assert (outputs.p_mw, outputs.available_mw, outputs.limited_by_code) == (p_mw, 0.2, limited_by)
    assert outputs.p_mw + outputs.curtailed_mw == pytest.approx(0.2, rel=1e-15)


def test_the_largest_value_stands_for_the_rating(plant: RenewableProfile) -> None:
    assert plant.nameplate() == RenewableNameplate(0.2)
