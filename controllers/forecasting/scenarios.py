"""Scenarios for stochastic optimisation: joint samples of all targets and leads that agree with the quantiles.

Gaussian copula: the ranks of past outcomes within their forecasts become normal scores; their correlation is the
product of a correlation between targets and one between leads, which fades exponentially with the time between them. A
sample draws correlated normal scores and reads each quantile function at its rank.

Source: P. Pinson et al., From probabilistic forecasts to statistical scenarios of short-term wind power production,
Wind Energy 12 (2009).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controllers.forecasting.quantiles import LEVELS, at_levels

LEAST_RANK = 0.005
"""Ranks beyond the outermost percentile say no more than it does."""
LEAST_PAIRS = 30
SHRINKAGE = 0.05
"""Towards independence, so that few data cannot make targets perfectly dependent."""
TAU_H = (0.25, 72.0)
"""Bounds of the correlation time."""


@dataclass(frozen=True, slots=True)
class Copula:
    """Dependence between targets and leads."""

    between_targets: np.ndarray
    """(targets, targets) correlation of normal scores at the same lead."""
    tau_h: np.ndarray
    """(targets,) time over which the correlation between leads fades to 1/e."""
    step_s: int

    @classmethod
    def fit(cls, quantiles: np.ndarray, outcome: np.ndarray, counted: np.ndarray, step_s: int) -> Copula:
        """From past forecasts (targets, n, leads, levels) and outcomes (targets, n, leads), where they count."""
        scores = normal_scores(quantiles, outcome)
        scores = np.where(counted, scores, np.nan)
        return cls(_correlation(scores.reshape(len(scores), -1)), np.array([_tau_h(s, step_s) for s in scores]), step_s)

    def sample(self, quantiles: np.ndarray, count: int, seed: int) -> np.ndarray:
        """Scenarios (count, targets, leads) of a forecast (targets, leads, levels); the same seed gives the same."""
        targets, leads = quantiles.shape[:2]
        noise = np.random.default_rng(seed).standard_normal((count, targets, leads))
        mixed = np.einsum("ij,cjl->cil", np.linalg.cholesky(self.between_targets), noise)
        scores = np.stack([mixed[:, k] @ np.linalg.cholesky(self.between_leads(k, leads)).T for k in range(targets)], 1)
        return read_at(quantiles, _normal_cdf(scores))

    def between_leads(self, target: int, leads: int) -> np.ndarray:
        """(leads, leads) correlation of a target's normal scores."""
        apart_h = np.abs(np.subtract.outer(np.arange(leads), np.arange(leads))) * self.step_s / 3600.0
        return np.exp(-apart_h / self.tau_h[target])


def read_at(quantiles: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    """Quantile functions (targets, leads, levels) at ranks (count, targets, leads)."""
    own = np.asarray(LEVELS)
    clipped = np.clip(ranks, LEAST_RANK, 1.0 - LEAST_RANK)
    left = np.clip(np.searchsorted(own, clipped, side="right") - 1, 0, len(own) - 2)
    weight = (clipped - own[left]) / (own[left + 1] - own[left])
    spread = np.broadcast_to(quantiles, (*ranks.shape, len(own)))
    low, high = (np.take_along_axis(spread, (left + k)[..., None], axis=-1)[..., 0] for k in (0, 1))
    return low * (1.0 - weight) + high * weight


def normal_scores(quantiles: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """Normal score of each outcome's rank within its forecast; NaN where the outcome is unknown."""
    grid = np.concatenate([[LEAST_RANK], LEVELS, [1.0 - LEAST_RANK]])
    values = at_levels(quantiles, grid)
    below = np.sum(values <= outcome[..., None], axis=-1)
    left = np.clip(below - 1, 0, len(grid) - 2)
    low, high = (np.take_along_axis(values, (left + k)[..., None], axis=-1)[..., 0] for k in (0, 1))
    width = np.maximum(high - low, np.finfo(float).tiny)
    inside = np.clip((outcome - low) / width, 0.0, 1.0)
    rank = grid[left] + inside * (grid[left + 1] - grid[left])
    return np.where(np.isnan(outcome), np.nan, _normal_quantile(rank))


def _correlation(scores: np.ndarray) -> np.ndarray:
    """Of rows with gaps, shrunk so that it is positive definite."""
    found = np.eye(len(scores))
    for i in range(len(scores)):
        for j in range(i):
            both = np.isfinite(scores[i]) & np.isfinite(scores[j])
            if both.sum() >= LEAST_PAIRS:
                found[i, j] = found[j, i] = np.nan_to_num(np.corrcoef(scores[i, both], scores[j, both])[0, 1])
    values, vectors = np.linalg.eigh(found)  # pairwise estimates need not be positive definite
    found = vectors @ np.diag(np.maximum(values, 0.0)) @ vectors.T
    deviation = np.sqrt(np.diag(found))
    found = found / np.outer(deviation, deviation)
    return (1.0 - SHRINKAGE) * found + SHRINKAGE * np.eye(len(found))


def _tau_h(scores: np.ndarray, step_s: int) -> float:
    """Correlation time from neighbours (n, leads); the shortest where nothing can be said."""
    now, later = scores[:, :-1].ravel(), scores[:, 1:].ravel()
    both = np.isfinite(now) & np.isfinite(later)
    if both.sum() < LEAST_PAIRS:
        return TAU_H[0]
    correlation = np.nan_to_num(np.corrcoef(now[both], later[both])[0, 1])
    if correlation <= 0.0:
        return TAU_H[0]
    return float(np.clip(-step_s / 3600.0 / np.log(min(correlation, 1.0 - 1e-9)), *TAU_H))


def _normal_cdf(x: np.ndarray) -> np.ndarray:
    from scipy.special import ndtr

    return ndtr(x)


def _normal_quantile(p: np.ndarray) -> np.ndarray:
    from scipy.special import ndtri

    return ndtri(p)
