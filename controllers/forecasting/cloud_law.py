"""Distribution of the clear-sky index: bimodal, and calibrated so that a month gets its normal irradiation.

A uniform rank u decides: below the clear share p the sky is clear or thinly veiled, above it clouds thicken with u.
Under broken cloud the index flickers. A gloomier month has a smaller clear share and thicker clouds, so that one number
per month decides its mean, which rises with it; bisection finds it.
"""

from __future__ import annotations

import numpy as np

CLEAR_TOP, CLEAR_FALL = 0.98, 0.10
CLOUD_TOP, CLOUD_FLOOR = 0.78, 0.10
THICKENING, GLOOM = 0.75, 2.25
"""Exponent of the cloudy branch at a wholly clear month, and what is added to it at a wholly overcast one."""
FLICKER, FLICKER_CENTRE, FLICKER_WIDTH = 0.22, 0.55, 0.25
INDEX_RANGE = (0.05, 1.12)
"""Edges of clouds reflect: up to 1.12 of the clear sky."""
CLEAR_SHARE_RANGE = (0.0, 1.0)
BISECTIONS = 40
RANKS = (np.arange(400) + 0.5) / 400
FLICKER_NODES, FLICKER_WEIGHTS = np.polynomial.hermite_e.hermegauss(9)


def clear_sky_index(rank: np.ndarray, flicker: np.ndarray, clear_share: np.ndarray | float) -> np.ndarray:
    """Clear-sky index from uniform ranks and standard normal flicker."""
    share = np.asarray(clear_share, dtype=float)
    clear = CLEAR_TOP - CLEAR_FALL * rank / np.maximum(share, 1e-9)
    thick = np.clip((rank - share) / np.maximum(1.0 - share, 1e-9), 0.0, 1.0)
    exponent = THICKENING + GLOOM * (1.0 - share) ** 4
    cloudy = CLOUD_TOP * (1.0 - thick) ** exponent + CLOUD_FLOOR
    index = np.where(rank < share, clear, cloudy)
    broken = np.exp(-(((index - FLICKER_CENTRE) / FLICKER_WIDTH) ** 2))
    return np.clip(index + FLICKER * broken * flicker, *INDEX_RANGE)


def mean_index(clear_share: float) -> float:
    """Expected clear-sky index of a month."""
    values = clear_sky_index(RANKS[:, None], FLICKER_NODES, clear_share)
    return float((values @ FLICKER_WEIGHTS).mean() / FLICKER_WEIGHTS.sum())


def clear_share_for(mean: float) -> float:
    """Clear share whose expected index is ``mean``; the nearest possible one where none has it."""
    low, high = CLEAR_SHARE_RANGE
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        if mean_index(middle) < mean:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
