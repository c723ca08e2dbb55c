"""The last days of several targets, each of which forgets by its own days: one that is not measured forgets nothing."""

from __future__ import annotations

import numpy as np


def with_day(days: np.ndarray, newest: np.ndarray, most: int) -> np.ndarray:
    """One more day (targets, …) behind (days, targets, …), of which the last ``most`` are kept.

    Of a target whose newest day is all NaN the days stay as they are, and an empty one stands before them.
    """
    longer = np.concatenate([days, newest[None]])
    is_known = ~np.isnan(newest.reshape(len(newest), -1)).all(axis=1)
    longer[:, ~is_known] = np.concatenate([newest[None], days])[:, ~is_known]
    return longer[-most:]
