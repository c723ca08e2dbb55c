"""Standardised inputs and outcomes of networks: mean 0, deviation 1; unknown inputs stand at the mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controllers.forecasting.windows import Windows

CLIP = 5.0
"""Standard deviations; a sensor gone wild must not drive a network far outside of what it has seen."""
LEAST_DEVIATION = 1e-6


@dataclass(frozen=True, slots=True)
class Scaler:
    """Mean and deviation per channel (the last axis, and more axes where they differ by target)."""

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, over: tuple[int, ...]) -> Scaler:
        """From training values, over the given axes; a channel that is never known gets mean 0."""
        known = np.isfinite(values)
        count = np.maximum(known.sum(axis=over), 1)
        mean = np.where(known, values, 0.0).sum(axis=over) / count
        variance = (np.where(known, values - np.expand_dims(mean, over), 0.0) ** 2).sum(axis=over) / count
        return cls(mean.astype(np.float32), (np.sqrt(variance) + LEAST_DEVIATION).astype(np.float32))

    def scaled(self, values: np.ndarray) -> np.ndarray:
        """Standardised float32; NaN becomes 0."""
        x = (values - self.mean) / self.deviation
        return np.clip(np.nan_to_num(x, nan=0.0), -CLIP, CLIP).astype(np.float32)

    @classmethod
    def of_shares(cls, windows: Windows) -> Scaler:
        """Of the outcomes as shares of their reference, (targets,)."""
        return cls.of(np.moveaxis(windows.shares, 0, -1), (0, 1))

    def outcomes(self, windows: Windows, learnt: Windows) -> np.ndarray:
        """What a network learns from, (targets, n, leads, 2) float32: standardised share, NaN where unknown, and its
        weight, so that the loss is that of the values in units of their deviation in the windows learnt from; of a few
        months a season could be missing, and one target would outweigh all others."""
        mean, deviation = self.mean[:, None, None], self.deviation[:, None, None]
        spread = np.nanstd(learnt.outcome, axis=(1, 2), keepdims=True) + LEAST_DEVIATION
        weight = windows.reference * deviation / spread
        return np.stack([(windows.shares - mean) / deviation, weight], axis=-1).astype(np.float32)

    def quantiles(self, standardised: np.ndarray, windows: Windows) -> np.ndarray:
        """Back to the targets' units: (targets, n, leads, levels)."""
        mean, deviation = self.mean[:, None, None, None], self.deviation[:, None, None, None]
        return (standardised * deviation + mean).astype(float) * windows.reference[..., None]
