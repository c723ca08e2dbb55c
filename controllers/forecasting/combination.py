"""Weights of the members: learnt from the pinball loss of their mean, per target and block of leads.

The quantiles of the members are averaged level by level. The pinball loss of that average is convex in the weights;
exponentiated gradient steps lower it and keep the weights positive with sum 1. Starting from equal weights and taking
few steps keeps them near equal where the validation split says little. In service one step follows each day, so that
the weights follow the members' recent losses.

Source: J. Kivinen, M. Warmuth, Exponentiated gradient versus gradient descent for linear predictors, Inf. Comput. 132
(1997).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controllers.forecasting.quantiles import LEVELS

BLOCK_H = 6
"""Leads that share their weights."""
FIT_STEPS = 60
FIT_RATE = 2.0
SERVICE_RATE = 0.05
"""Small, for gradients are relative to the loss of the day: with 0.5, winter days of hardly any cooling decided how
summer began, and the cooling of the park lost up to 9 %."""
LEAST_LOSS = 1e-9
MOST_STEP = 5.0
"""In the exponent: where a forecast is all but perfect, its relative gradient has no bound."""
LEAST_WEIGHT = 1e-4
"""A member may come back: its weight never vanishes, unless it is not allowed at all."""


@dataclass(frozen=True, slots=True)
class Combination:
    """Weights of members by target and block of leads."""

    members: tuple[str, ...]
    weights: np.ndarray
    """(targets, blocks, members), sum 1 over members."""
    block_of_lead: np.ndarray
    """(leads,)"""

    @classmethod
    def fit(
        cls, members: tuple[str, ...], allowed: np.ndarray, quantiles: np.ndarray, outcome: np.ndarray, step_s: int
    ) -> Combination:
        """Learn from a validation split.

        Parameters
        ----------
        allowed : (targets, members) who may take part, one at least of each target.
        quantiles : (members, targets, n, leads, levels)
        outcome : (targets, n, leads), NaN where unknown.
        """
        block = np.arange(outcome.shape[-1]) * step_s // (BLOCK_H * 3600)
        equal = allowed / allowed.sum(axis=1, keepdims=True)
        fitted = cls(members, np.repeat(equal[:, None], int(block[-1]) + 1, axis=1), block)
        for _ in range(FIT_STEPS):
            fitted = fitted.stepped(quantiles, outcome, FIT_RATE)
        return fitted

    def apply(self, quantiles: np.ndarray) -> np.ndarray:
        """Weighted mean of the members, (members, targets, n, leads, levels) → (targets, n, leads, levels)."""
        by_lead = self.weights[:, self.block_of_lead]
        return np.einsum("mtnlq,tlm->tnlq", quantiles, by_lead)

    def stepped(self, quantiles: np.ndarray, outcome: np.ndarray, rate: float = SERVICE_RATE) -> Combination:
        """Weights after one gradient step on outcomes that came in."""
        gradient = self._relative_gradient(quantiles, outcome)
        step = np.clip(rate * gradient, -MOST_STEP, MOST_STEP)
        moved = np.maximum(self.weights * np.exp(-step), LEAST_WEIGHT)
        weights = np.where(self.weights > 0.0, moved, 0.0)
        return Combination(self.members, weights / weights.sum(axis=-1, keepdims=True), self.block_of_lead)

    def mean_weights(self) -> dict[str, float]:
        """Member → weight, mean over targets and blocks."""
        return dict(zip(self.members, self.weights.mean(axis=(0, 1)).tolist(), strict=True))

    def _relative_gradient(self, quantiles: np.ndarray, outcome: np.ndarray) -> np.ndarray:
        """Gradient of the mean loss by weights over the loss itself, so that the rate needs no unit.

        Returns
        -------
        (targets, blocks, members), relative to the mean over those with a weight.
        """
        levels = np.array(LEVELS)
        error = outcome[..., None] - self.apply(quantiles)
        slope = np.where(error > 0.0, -levels, 1.0 - levels)
        slope = np.where(np.isnan(error), 0.0, slope)
        by_lead = np.einsum("tnlq,mtnlq->tlm", slope, quantiles)
        loss_by_lead = np.nansum(np.maximum(levels * error, (levels - 1.0) * error), axis=(1, 3))
        blocks = self.weights.shape[1]
        member = np.arange(blocks)[:, None] == self.block_of_lead
        gradient = np.einsum("bl,tlm->tbm", member, by_lead)
        loss = np.einsum("bl,tl->tb", member, loss_by_lead)
        used = self.weights > 0.0  # others are not asked in service
        gradient -= (gradient * used).sum(axis=-1, keepdims=True) / used.sum(axis=-1, keepdims=True)
        return gradient / np.maximum(loss, LEAST_LOSS)[..., None]
