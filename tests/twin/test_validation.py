"""When a figure counts as met."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from twin.validation import Comparison, Kind, Validation


@pytest.mark.parametrize(("ours", "passed"), [(70.0, True), (70.03, True), (69.96, False), (math.nan, False)])
def test_a_figure_is_met_within_its_tolerance(ours: float, passed: bool) -> None:
    assert Comparison.within("CE0", "temperature", ours, 70.0, 0.03 + 1e-12, "°C", "somewhere").passed is passed


@pytest.mark.parametrize(
    ("rmse", "passed"), [(0.0, True), (0.65, True), (0.66, False), (math.inf, False), (math.nan, False)])
def test_a_deviation_is_met_up_to_its_limit(rmse: float, passed: bool) -> None:
    row = Comparison.at_most("pipe", "RMSE", rmse, 0.65, "K", "somewhere")
    assert row.passed is passed
    assert (row.reference, row.tolerance) == (0.0, 0.65)


@pytest.mark.parametrize(
    ("error", "passed"), [(1.7, True), (1.8, True), (1.81, False), (-1.81, False), (math.nan, False)])
def test_an_error_is_met_if_it_is_not_worse_than_the_published_one(error: float, passed: bool) -> None:
    row = Comparison.not_worse("street", "RMSE", error, 1.8, "K", "somewhere")
    assert row.passed is passed
    assert (row.reference, row.tolerance, row.kind) == (1.8, 0.0, Kind.ERROR)


def test_the_difference_is_ours_less_theirs() -> None:
    assert Comparison.within("CE0", "temperature", 69.5, 70.0, 1.0, "°C", "somewhere").difference == -0.5


def test_a_validation_knows_which_of_its_files_are_missing(tmp_path: Path) -> None:
    (tmp_path / "pipes").mkdir()
    (tmp_path / "pipes" / "run_1.csv").touch()
    validation = Validation("", "", lambda data_dir: [], ("pipes/run_*.csv", "pipes/other_*.csv", "nodes.csv"))
    assert validation.missing(tmp_path) == ("pipes/other_*.csv", "nodes.csv")
