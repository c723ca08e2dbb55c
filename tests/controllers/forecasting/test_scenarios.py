"""Samples agree with the quantiles they come from and hang together as the outcomes did."""

from __future__ import annotations

import numpy as np
import pytest

from controllers.forecasting.quantiles import LEVELS
from controllers.forecasting.scenarios import LEAST_RANK, Copula, normal_scores, read_at

HOUR_S = 3600
UNIFORM = np.array(LEVELS) * 10.0
LEADS = 24


def outcomes(n: int, tau_h: float, between: float, seed: int) -> np.ndarray:
    """Uniform on 0 … 10, (2 targets, n, leads), from normal processes with a known dependence."""
    from scipy.special import ndtr

    rng = np.random.default_rng(seed)
    apart = np.abs(np.subtract.outer(np.arange(LEADS), np.arange(LEADS)))
    mixed = rng.normal(size=(n, 2, LEADS)) @ np.linalg.cholesky(np.exp(-apart / tau_h)).T
    both = np.stack([mixed[:, 0], between * mixed[:, 0] + np.sqrt(1 - between**2) * mixed[:, 1]])
    return 10.0 * ndtr(both)


def fitted(n: int = 600, tau_h: float = 5.0, between: float = 0.6) -> Copula:
    outcome = outcomes(n, tau_h, between, 1)
    quantiles = np.broadcast_to(UNIFORM, (*outcome.shape, len(LEVELS)))
    return Copula.fit(quantiles, outcome, np.ones(outcome.shape, dtype=bool), HOUR_S)


def test_a_known_dependence_is_found() -> None:
    copula = fitted()
    assert copula.between_targets[0, 1] == pytest.approx(0.6, abs=0.06)  # 5 % shrinkage is part of it
    assert copula.tau_h == pytest.approx([5.0, 5.0], rel=0.15)


def test_samples_have_the_quantiles_and_the_dependence() -> None:
    quantiles = np.broadcast_to(UNIFORM, (2, LEADS, len(LEVELS)))
    samples = fitted().sample(quantiles, 4000, seed=2)
    assert samples.shape == (4000, 2, LEADS)
    assert np.quantile(samples[:, 0, 7], LEVELS) == pytest.approx(UNIFORM, abs=0.35)
    assert np.corrcoef(samples[:, 0, 3], samples[:, 1, 3])[0, 1] == pytest.approx(0.56, abs=0.06)
    assert np.corrcoef(samples[:, 0, 3], samples[:, 0, 4])[0, 1] == pytest.approx(np.exp(-1 / 5), abs=0.05)


def test_the_same_seed_gives_the_same_scenarios() -> None:
    quantiles = np.broadcast_to(UNIFORM, (2, LEADS, len(LEVELS)))
    copula = fitted(60)
    first, again, other = (copula.sample(quantiles, 5, seed) for seed in (3, 3, 4))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_samples_stay_within_the_outermost_percentiles() -> None:
    ranks = np.array([[[0.0, 1.0, 0.5, 0.1]]])
    found = read_at(np.broadcast_to(UNIFORM, (1, 4, len(LEVELS))), ranks)
    assert found[0, 0] == pytest.approx([10 * LEAST_RANK, 10 * (1 - LEAST_RANK), 5.0, 1.0])


@pytest.mark.filterwarnings("error")
def test_an_outcome_beyond_quantiles_that_fall_together_is_at_an_end() -> None:
    """At night all quantiles of a plant are 0, and its meter tells 0.3 MW."""
    assert normal_scores(np.zeros((1, len(LEVELS))), np.array([0.3])) == pytest.approx(
        normal_scores(UNIFORM[None], np.array([1e3])))


def test_normal_scores_of_known_ranks() -> None:
    scores = normal_scores(np.broadcast_to(UNIFORM, (4, len(LEVELS))), np.array([5.0, 9.0, 1.0, np.nan]))
    assert scores[:3] == pytest.approx([0.0, 1.2816, -1.2816], abs=1e-3)
    assert np.isnan(scores[3])


def test_too_few_data_mean_independence() -> None:
    outcome = np.full((2, 1, LEADS), np.nan)
    copula = Copula.fit(np.broadcast_to(UNIFORM, (*outcome.shape, len(LEVELS))), outcome, outcome < 0, HOUR_S)
    assert copula.between_targets == pytest.approx(np.eye(2))


def test_hopelessly_dependent_targets_can_be_sampled() -> None:
    outcome = np.repeat(outcomes(50, 3.0, 0.0, 4)[:1], 3, axis=0)
    quantiles = np.broadcast_to(UNIFORM, (*outcome.shape, len(LEVELS)))
    copula = Copula.fit(quantiles, outcome, np.ones(outcome.shape, dtype=bool), HOUR_S)
    assert np.isfinite(copula.sample(quantiles[:, 0], 3, 1)).all()


def test_energy_of_a_day_is_covered_where_all_hours_share_an_error() -> None:
    """Half of the variance is common to the day, 0.3 fades within 2 h, 0.2 is of each hour alone. The 80 % interval of
    the sum of 24 h then holds on 80 % of days that the fit has not seen."""
    from scipy.special import ndtr

    rng = np.random.default_rng(6)
    fading = np.linalg.cholesky(np.exp(-np.abs(np.subtract.outer(np.arange(LEADS), np.arange(LEADS))) / 2.0))
    scores = np.sqrt(0.5) * rng.normal(size=(1, 1600, 1)) + np.sqrt(0.3) * rng.normal(size=(1, 1600, LEADS)) @ fading.T
    outcome = 10.0 * ndtr(scores + np.sqrt(0.2) * rng.normal(size=(1, 1600, LEADS)))
    seen, unseen = outcome[:, :800], outcome[:, 800:]
    quantiles = np.broadcast_to(UNIFORM, (*seen.shape, len(LEVELS)))
    copula = Copula.fit(quantiles, seen, np.ones(seen.shape, dtype=bool), HOUR_S)
    assert copula.shared_frac == pytest.approx([0.5], abs=0.07)
    assert copula.nugget_frac == pytest.approx([0.2], abs=0.07)
    low, high = np.quantile(copula.sample(quantiles[:, 0], 2000, 1)[:, 0].sum(axis=-1), (0.1, 0.9))
    energy = unseen[0].sum(axis=-1)
    assert 100.0 * np.mean((energy >= low) & (energy <= high)) == pytest.approx(80.0, abs=5.0)


@pytest.mark.parametrize("tau_h", [(5.0, 5.0), (1.0, 17.0), (0.25, 72.0)])
def test_targets_are_as_dependent_as_declared_at_all_leads(tau_h: tuple[float, float]) -> None:
    """Also where their errors last for unequal times; the joint correlation can be factorised."""
    copula = Copula(np.array([[1.0, 0.8], [0.8, 1.0]]), np.array(tau_h), HOUR_S)
    joint = copula.joint(LEADS)
    assert np.diag(joint[:LEADS, LEADS:]) == pytest.approx(0.8)
    assert np.diag(joint) == pytest.approx(1.0)
    assert np.linalg.eigvalsh(joint).min() > 0.0
    samples = copula.sample(np.broadcast_to(UNIFORM, (2, LEADS, len(LEVELS))), 4000, seed=1)
    found = [np.corrcoef(samples[:, 0, lead], samples[:, 1, lead])[0, 1] for lead in range(LEADS)]
    assert found == pytest.approx([0.79] * LEADS, abs=0.04)  # of values: 6/π·asin(0.8/2) of normal scores' 0.8


def test_a_dependence_that_is_possible_keeps_the_time_of_each_target() -> None:
    joint = Copula(np.array([[1.0, 0.3], [0.3, 1.0]]), np.array([2.0, 10.0]), HOUR_S).joint(LEADS)
    assert joint[0, 1:4] == pytest.approx(np.exp([-1 / 2, -2 / 2, -3 / 2]))
    assert joint[LEADS, LEADS + 1:LEADS + 4] == pytest.approx(np.exp([-1 / 10, -2 / 10, -3 / 10]))


def test_leads_without_any_correlation_are_nugget_alone() -> None:
    outcome = np.random.default_rng(7).uniform(0.0, 10.0, (1, 400, LEADS))
    quantiles = np.broadcast_to(UNIFORM, (*outcome.shape, len(LEVELS)))
    copula = Copula.fit(quantiles, outcome, np.ones(outcome.shape, dtype=bool), HOUR_S)
    assert copula.between_leads(LEADS)[0] == pytest.approx(np.eye(LEADS), abs=0.05)
