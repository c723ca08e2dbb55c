"""When a figure counts as met."""

from __future__ import annotations

import math

import pytest

from twin.validation import Comparison


@pytest.mark.parametrize(("ours", "passed"), [(70.0, True), (70.03, True), (69.96, False), (math.nan, False)])
def test_a_figure_is_met_within_its_tolerance(ours: float, passed: bool) -> None:
    assert Comparison.within("CE0", "temperature", ours, 70.0, 0.03 + 1e-12, "°C", "somewhere").passed is passed


@pytest.mark.parametrize(
    ("rmse", "passed"), [(0.0, True), (0.65, True), (0.66, False), (math.inf, False), (math.nan, False)])
def test_a_deviation_is_met_up_to_its_limit(rmse: float, passed: bool) -> None:
    row = Comparison.at_most("pipe", "RMSE", rmse, 0.65, "K", "somewhere")
    assert row.passed is passed
    assert (row.reference, row.tolerance) == (0.0, 0.65)
