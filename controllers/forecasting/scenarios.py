"""Scenarios for stochastic optimisation: joint samples of all targets and leads that agree with the quantiles.

Gaussian copula: the ranks of past outcomes within their forecasts become normal scores. Between leads their
correlation has three parts: one that all leads share (a day that is warmer than forecast is so at all hours), one that
fades exponentially with the time between them, and one of each lead alone (nugget). Between targets it is the same at
all leads. A sample draws correlated normal scores and reads each quantile function at its rank.

Sources: P. Pinson et al., From probabilistic forecasts to statistical scenarios of short-term wind power production,
Wind Energy 12 (2009); the three parts: N. Cressie, Statistics for spatial data, Wiley (1993), ch. 2.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from controllers.forecasting.quantiles import LEVELS, at_levels

LEAST_RANK = 0.005
"""Ranks beyond the outermost percentile say no more than it does."""
LEAST_PAIRS = 30
SHRINKAGE = 0.05
"""Towards independence, so that few data cannot make targets perfectly dependent."""
TAU_H = (0.25, 72.0)
"""Bounds of the correlation time."""
TAU_STEPS = 120
"""Correlation times that are tried, each 5 % above the one before."""
LEAST_EIGENVALUE = 1e-6
"""Of the joint correlation, relative to that of targets which all have the same leads: what rounding needs."""


@dataclass(frozen=True, slots=True)
class Copula:
    """Dependence between targets and leads."""

    between_targets: np.ndarray
    """(targets, targets) correlation of normal scores at the same lead."""
    tau_h: np.ndarray
    """(targets,) time over which the fading part of the correlation between leads falls to 1/e."""
    step_s: int
    shared_frac: np.ndarray | float = 0.0
    """(targets,) variance that all leads have in common."""
    nugget_frac: np.ndarray | float = 0.0
    """(targets,) variance that each lead has alone."""
    _roots: dict[int, np.ndarray] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Leads → root of :meth:`joint`; every sample needs it."""

    @classmethod
    def fit(cls, quantiles: np.ndarray, outcome: np.ndarray, counted: np.ndarray, step_s: int) -> Copula:
        """From past forecasts (targets, n, leads, levels) and outcomes (targets, n, leads), where they count."""
        scores = np.where(counted, normal_scores(quantiles, outcome), np.nan)
        shared, tau_h, nugget = np.array([_lead_parts(s, step_s) for s in scores]).T
        return cls(_correlation(scores.reshape(len(scores), -1)), tau_h, step_s, shared, nugget)

    def sample(self, quantiles: np.ndarray, count: int, seed: int) -> np.ndarray:
        """Scenarios (count, targets, leads) of a forecast (targets, leads, levels); the same seed gives the same."""
        targets, leads = quantiles.shape[:2]
        if leads not in self._roots:
            self._roots[leads] = np.linalg.cholesky(self.joint(leads))
        noise = np.random.default_rng(seed).standard_normal((count, targets * leads))
        return read_at(quantiles, _normal_cdf(noise @ self._roots[leads].T).reshape(count, targets, leads))

    def between_leads(self, leads: int) -> np.ndarray:
        """(targets, leads, leads) correlation of each target's normal scores."""
        apart_h = np.abs(np.subtract.outer(np.arange(leads), np.arange(leads))) * self.step_s / 3600.0
        shared, nugget, tau_h = (np.broadcast_to(part, self.tau_h.shape)[:, None, None]
                                 for part in (self.shared_frac, self.nugget_frac, self.tau_h))
        return shared + (1.0 - shared - nugget) * np.exp(-apart_h / tau_h) + nugget * np.eye(leads)

    def joint(self, leads: int) -> np.ndarray:
        """(targets·leads, targets·leads) correlation of all normal scores, positive definite.

        At the same lead it is exactly the declared one between targets. Targets whose leads hang together differently
        cannot be dependent to any degree; where they should be more than is possible, the correlations between leads
        move towards their common mean, as little as is needed.
        """
        own = self.between_leads(leads)
        mean_of_two = (own[:, None] + own[None]) / 2.0
        wanted, alike = ((self.between_targets[:, :, None, None] * part).swapaxes(1, 2).reshape(
            (len(own) * leads,) * 2) for part in (mean_of_two, own.mean(axis=0)))
        weight = _least_weight(wanted, alike)
        return (1.0 - weight) * wanted + weight * alike


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
    with np.errstate(over="ignore"):  # beyond quantiles that fall together, as at night: an end
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


def _least_weight(wanted: np.ndarray, safe: np.ndarray) -> float:
    """Of a positive definite matrix, in a mean with a symmetric one, for the mean to be positive definite."""
    from scipy.linalg import eigh

    least = float(eigh(wanted, safe, eigvals_only=True, subset_by_index=(0, 0))[0])
    return max(0.0, (LEAST_EIGENVALUE - least) / (1.0 - least)) if least < LEAST_EIGENVALUE else 0.0


def _lead_parts(scores: np.ndarray, step_s: int) -> tuple[float, float, float]:
    """Shared part, correlation time [h] and nugget of scores (n, leads), by least squares over the pairs of all lags.

    Without any correlation, or where nothing can be said, the nugget is everything.
    """
    found, pairs = _correlation_by_lag(scores)
    known = pairs >= LEAST_PAIRS
    if not known.any():
        return 0.0, TAU_H[0], 1.0
    apart_h = (1 + np.flatnonzero(known)) * step_s / 3600.0
    weight = np.sqrt(pairs[known])
    best = (np.inf, 0.0, TAU_H[0], 1.0)
    for tau_h in np.geomspace(*TAU_H, TAU_STEPS):
        fading = np.exp(-apart_h / tau_h)
        for shared, fades in _feasible_fits(found[known], fading, weight):
            error = float(np.sum((weight * (shared + fades * fading - found[known])) ** 2))
            if error < best[0]:
                best = (error, shared, float(tau_h), 1.0 - shared - fades)
    return best[1:]


def _feasible_fits(found: np.ndarray, fading: np.ndarray, weight: np.ndarray) -> list[tuple[float, float]]:
    """Least squares of shared + fades · fading, free and on each side of the triangle of parts that are possible."""
    y, ones, f = weight * found, weight, weight * fading
    candidates = [(0.0, _slope(f, y)), (_slope(ones, y), 0.0)]
    fades = _slope(f - ones, y - ones)
    candidates.append((1.0 - fades, fades))  # without a nugget
    (aa, ab, bb), (ay, by) = (ones @ ones, ones @ f, f @ f), (ones @ y, f @ y)
    determinant = aa * bb - ab * ab
    if determinant > 1e-9 * aa * bb:
        shared, fades = (bb * ay - ab * by) / determinant, (aa * by - ab * ay) / determinant
        if shared >= 0.0 and fades >= 0.0 and shared + fades <= 1.0:
            candidates.append((float(shared), float(fades)))
    return candidates


def _slope(x: np.ndarray, y: np.ndarray) -> float:
    """Of a line through zero, 0 to 1."""
    return float(np.clip(x @ y / max(float(x @ x), np.finfo(float).tiny), 0.0, 1.0))


def _correlation_by_lag(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(leads - 1,) correlation of scores (n, leads) that are 1, 2 … leads apart, and (leads - 1,) pairs."""
    found, pairs = np.zeros(scores.shape[1] - 1), np.zeros(scores.shape[1] - 1)
    for lag in range(1, scores.shape[1]):
        now, later = scores[:, :-lag], scores[:, lag:]
        both = np.isfinite(now) & np.isfinite(later)
        pairs[lag - 1] = both.sum()
        if pairs[lag - 1] >= LEAST_PAIRS:
            found[lag - 1] = np.nan_to_num(np.corrcoef(now[both], later[both])[0, 1])
    return found, pairs


def _normal_cdf(x: np.ndarray) -> np.ndarray:
    from scipy.special import ndtr

    return ndtr(x)


def _normal_quantile(p: np.ndarray) -> np.ndarray:
    from scipy.special import ndtri

    return ndtri(p)
