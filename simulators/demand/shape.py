"""The daily shape of a consumer, calibrated to both its peak and its daily energy.

Twenty-four hourly values are joined by straight lines through the middle of each hour and around midnight. The mean of
such a curve is the mean of its 24 values and its maximum is the largest of them, so raising every value to a power γ
moves the load factor without moving the peak: γ = 0 is flat, a large γ leaves only the peak. One γ fits both figures.
"""

from __future__ import annotations

import numpy as np

HOURS = 24


def load_factor_range(profile: np.ndarray) -> tuple[float, float]:
    """Smallest (not reached) and largest load factor a shape can be given."""
    return float(np.mean(profile == profile.max())), 1.0


def calibrated_shape(profile: np.ndarray, load_factor: float) -> np.ndarray:
    """Hourly values with maximum 1 and mean ``load_factor``.

    Parameters
    ----------
    profile : (24,) array, positive; hourly shape.
    load_factor : mean over maximum, within :func:`load_factor_range`.

    Returns
    -------
    (24,) array.
    """
    log_shape = np.log(profile / profile.max())
    low, high = 0.0, 1.0
    # two hours that differ in the last digit need a power of 1e17 to be told apart
    while np.exp(high * log_shape).mean() > load_factor and high < 1e300:
        high *= 2.0
    while low < (middle := 0.5 * (low + high)) < high:
        if np.exp(middle * log_shape).mean() > load_factor:
            low = middle
        else:
            high = middle
    return np.exp(low * log_shape)


def shape_at(shape: np.ndarray, hour: np.ndarray) -> np.ndarray:
    """The joined-up curve at local hours; linear between half past one hour and half past the next.

    Parameters
    ----------
    shape : (24,) array of values at 00:30, 01:30, …
    hour : (n,) array.
    """
    return np.interp(hour, np.arange(HOURS) + 0.5, shape, period=float(HOURS))
