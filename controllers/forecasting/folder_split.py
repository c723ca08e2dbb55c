"""How a measured history is divided: the first part trains, the second weighs members and calibrates, the rest scores.

A long history gives 70, 15 and 15 % of its days to them. Of a short one validation and scores keep the least they need,
and training gets what is left: a season of four months is enough.
"""

from __future__ import annotations

from controllers.forecasting.targets import DAY_S
from controllers.forecasting.training import LEAST_ISSUES, Split

VALIDATION_SHARE = HELD_OUT_SHARE = 0.15
LEAST_TRAINING_DAYS = 28
"""Each weekday four times."""


def split_of(first_utc_s: int, end_utc_s: int, horizon_s: int) -> Split:
    """Issue times one a day from the first one on, of a history that ends at ``end_utc_s``."""
    days = max((end_utc_s - first_utc_s) // DAY_S, 0)
    least = LEAST_ISSUES + _lost_days(horizon_s)
    validation, held_out = (max(round(share * days), least) for share in (VALIDATION_SHARE, HELD_OUT_SHARE))
    validation_utc_s = first_utc_s + (days - validation - held_out) * DAY_S
    return Split(first_utc_s, validation_utc_s, validation_utc_s + validation * DAY_S)


def least_days(horizon_s: int) -> int:
    """Days from the first issue time on that such a division needs."""
    lost = _lost_days(horizon_s)
    return LEAST_TRAINING_DAYS + lost + 2 * (LEAST_ISSUES + lost)


def _lost_days(horizon_s: int) -> int:
    """Of each part: at its last days the outcome of a forecast is not yet over, for one may be of 23 hours."""
    return -(-horizon_s // DAY_S)
