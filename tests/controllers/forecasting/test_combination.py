"""Weights go to the better member, never to one that is not allowed, and follow what happens in service."""

from __future__ import annotations

import numpy as np
import pytest

from controllers.forecasting.combination import Combination
from controllers.forecasting.quantiles import LEVELS, pinball

HOUR_S = 3600
SPREAD = np.array(LEVELS) - 0.5


def forecasts(rng: np.random.Generator, errors: list[float], n: int = 80) -> tuple[np.ndarray, np.ndarray]:
    """Members with independent errors of given sizes: (members, 1, n, 24, levels) and outcomes (1, n, 24)."""
    outcome = rng.uniform(0.0, 10.0, (1, n, 24))
    members = [outcome[..., None] + size * (rng.normal(size=(1, n, 24, 1)) + 3.0 * SPREAD) for size in errors]
    return np.stack(members), outcome


def fit(quantiles: np.ndarray, outcome: np.ndarray, allowed: list[float]) -> Combination:
    names = tuple("abc"[:len(quantiles)])
    return Combination.fit(names, np.array([allowed]), quantiles, outcome, HOUR_S)


def test_independent_members_are_weighted_by_their_variance() -> None:
    """The least error of a mean of independent errors 1 and 2 has the weights 4/5 and 1/5."""
    combination = fit(*forecasts(np.random.default_rng(1), [1.0, 2.0], 400), [1.0, 1.0])
    assert combination.weights.mean(axis=(0, 1)) == pytest.approx([0.8, 0.2], abs=0.08)


def test_the_combination_is_better_than_its_members() -> None:
    rng = np.random.default_rng(2)
    combination = fit(*forecasts(rng, [1.0, 1.2]), [1.0, 1.0])
    quantiles, outcome = forecasts(rng, [1.0, 1.2])
    together = pinball(outcome, combination.apply(quantiles)).mean()
    assert together < 0.9 * min(pinball(outcome, member).mean() for member in quantiles)


def test_a_member_that_is_not_allowed_has_no_weight_and_gets_none() -> None:
    quantiles, outcome = forecasts(np.random.default_rng(3), [5.0, 1.0, 0.1])
    combination = fit(quantiles, outcome, [1.0, 1.0, 0.0])
    assert combination.stepped(quantiles, outcome).weights[..., 2].max() == 0.0


def test_weights_are_shares() -> None:
    combination = fit(*forecasts(np.random.default_rng(4), [3.0, 1.0, 0.5]), [1.0, 1.0, 1.0])
    assert combination.weights.sum(axis=-1) == pytest.approx(1.0)
    assert combination.weights.min() > 0.0
    assert sum(combination.mean_weights().values()) == pytest.approx(1.0)


def test_service_moves_weights_to_the_member_that_became_better() -> None:
    rng = np.random.default_rng(5)
    combination = fit(*forecasts(rng, [1.0, 3.0]), [1.0, 1.0])
    before = combination.mean_weights()["b"]
    for _ in range(90):
        quantiles, outcome = forecasts(rng, [3.0, 1.0], 1)
        combination = combination.stepped(quantiles, outcome)
    assert combination.mean_weights()["b"] > before + 0.3


def test_a_day_of_service_moves_weights_a_little() -> None:
    """All outcomes at 0, the members 1 and 3 above with no spread: the mean, 2, loses (1 − level)·2 at each level. Its
    gradient over its loss is 1/2 and 3/2 of the members' own, relative to their mean −1/2 and +1/2; and the rate is
    0.05."""
    quantiles = np.stack([np.full((1, 1, 24, len(LEVELS)), above) for above in (1.0, 3.0)])
    equal = Combination(("a", "b"), np.full((1, 4, 2), 0.5), np.arange(24) // 6)
    found = equal.stepped(quantiles, np.zeros((1, 1, 24))).weights
    step = np.exp(0.05 * 0.5)
    assert found[0, 0] == pytest.approx(np.array([step, 1.0 / step]) / (step + 1.0 / step))


def test_unknown_outcomes_move_nothing() -> None:
    quantiles, outcome = forecasts(np.random.default_rng(6), [1.0, 2.0])
    combination = fit(quantiles, outcome, [1.0, 1.0])
    after = combination.stepped(quantiles, np.full_like(outcome, np.nan))
    assert after.weights == pytest.approx(combination.weights)


def test_the_unit_of_the_target_does_not_matter() -> None:
    quantiles, outcome = forecasts(np.random.default_rng(7), [1.0, 2.0])
    one, thousand = (fit(factor * quantiles, factor * outcome, [1.0, 1.0]).weights for factor in (1.0, 1000.0))
    assert thousand == pytest.approx(one)
