"""Standardised inputs of networks: mean 0, deviation 1, outliers clipped, what is not known at the mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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

    def restored(self, values: np.ndarray) -> np.ndarray:
        """Back to the unit of the training values."""
        return values * self.deviation + self.mean
