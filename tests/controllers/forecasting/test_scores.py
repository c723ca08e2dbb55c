"""Scores by hand; quantiles between levels; physical limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.forecasting.quantiles import LEVELS, PERCENTILES, at_levels, pinball
from controllers.forecasting.scores import coverage, mape_percent, score, skill

UNIFORM = np.array(LEVELS) * 10.0
"""Quantiles of a uniform distribution on 0 … 10."""


def test_pinball_by_hand() -> None:
    # y = 6, quantiles 0.5 1 2.5 5 7.5 9 9.5: losses 0.05·5.5, 0.1·5, 0.25·3.5, 0.5·1, 0.25·1.5, 0.1·3, 0.05·3.5
    expected = np.mean([0.275, 0.5, 0.875, 0.5, 0.375, 0.3, 0.175])
    assert pinball(np.array([6.0]), UNIFORM[None])[0] == pytest.approx(expected)


def test_percentiles_of_a_uniform_distribution() -> None:
    assert at_levels(UNIFORM, PERCENTILES) == pytest.approx(10.0 * PERCENTILES)


@given(st.floats(-20.0, 20.0))
def test_the_true_distribution_scores_best_on_average(shift: float) -> None:
    """Pinball loss is proper: over outcomes spread evenly on 0 … 10, moved quantiles cannot score better."""
    outcome = np.linspace(0.005, 9.995, 1000)
    true, moved = (np.mean(pinball(outcome, np.broadcast_to(quantiles, (1000, len(LEVELS)))))
                   for quantiles in (UNIFORM, UNIFORM + shift))
    assert moved >= true - 1e-4


def test_scores_by_hand() -> None:
    outcome = np.array([[2.0, 9.8]])
    quantiles = np.broadcast_to(UNIFORM, (1, 2, len(LEVELS)))
    found = score(outcome, quantiles, capacity=20.0)
    assert found.nmae_percent == pytest.approx(100 * (3.0 + 4.8) / 2 / 20)
    assert found.nrmse_percent == pytest.approx(100 * np.sqrt((9.0 + 4.8**2) / 2) / 20)
    assert found.mape_percent == pytest.approx(100 * (3.0 / 2.0 + 4.8 / 9.8) / 2)
    assert found.coverage_percent == 50.0  # 1 … 9 holds the first


def test_small_values_do_not_count_in_the_relative_error() -> None:
    assert mape_percent(np.array([100.0, 9.0]), np.array([110.0, 0.0])) == pytest.approx(10.0)
    assert np.isnan(mape_percent(np.zeros(3), np.ones(3)))


def test_coverage_counts_known_outcomes_where_they_count() -> None:
    outcome = np.array([[5.0, 0.0, np.nan, 9.9]])
    quantiles = np.broadcast_to(UNIFORM, (1, 4, len(LEVELS)))
    assert coverage(outcome, quantiles) == pytest.approx(1 / 3)
    assert coverage(outcome, quantiles, np.array([[True, False, True, True]])) == 0.5


def test_skill() -> None:
    assert skill(2.0, 8.0) == 0.75
    assert skill(8.0, 8.0) == 0.0
    assert np.isnan(skill(1.0, 0.0))
