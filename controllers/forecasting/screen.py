"""What is taken out of measurements, and when that was found out: in service, and in a history to learn from.

A frozen meter shows after six hours, a spike when the next value comes. A history that is screened once, as a whole,
hides what a forecaster would have been served at the time: models would learn from cleaner lags, and be scored on them.
So a history keeps each value as it was measured, and withdraws it from the first issue time on whose screen finds it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from controllers.forecasting.clear_sky import ClearSky
from controllers.forecasting.quality import REST_WITHIN_DAYS, cleaned, implausible
from controllers.forecasting.targets import DAY_S, Target, TargetGroup
from controllers.forecasting.training_data import PAST_DAYS
from controllers.forecasting.versioned import Archive, VersionedSeries

SCREENED_DAYS = PAST_DAYS + REST_WITHIN_DAYS
"""What features look back at, and what tells there whether a load rests by nature."""
SEEN_S = PAST_DAYS * DAY_S + 2 * 3600
"""How far features look back: by the clock on the wall an hour more when it is put back, and a night level one more."""


def screened(archive: Archive, group: TargetGroup, now_utc_s: int) -> tuple[list[VersionedSeries], list[str]]:
    """What was measured of the targets in the last weeks, without what cannot be true; and flags."""
    series, flags = [], []
    for target in group.targets:
        own = archive.series(target.series) if target.series in archive else unknown(target.series, group)
        own = own.rows(_known_rows(own, now_utc_s))
        if len(own.values):
            own, findings = cleaned(own, target, group.sky, now_utc_s)
            flags += [f"{finding.kind}:{target.series}" for finding in findings]
        if not len(own.values):
            flags.append(f"no_history:{target.series}")
        series.append(own)
    return series, flags


def as_screened_in_service(
    series: VersionedSeries, target: Target, sky: ClearSky | None, issue_utc_s: np.ndarray
) -> VersionedSeries:
    """A history of which each issue time sees what :func:`screened` would have left of it then.

    Outcomes go by the history as it is judged as a whole, and are known since they were published.

    Parameters
    ----------
    series : as measured; one version of a value is judged at a time, the newest known.
    issue_utc_s : (n,) all that features will be made for.
    """
    settled = series.rows(_newest_rows(series, np.arange(len(series.values))))
    settled = cleaned(settled, target, sky)[0] if len(settled.values) else settled
    clipped = replace(series, values=np.clip(series.values, *target.limits))
    is_out = np.zeros(len(series.values), dtype=bool)
    revised_utc_s: list[np.ndarray] = []
    revisions: list[tuple[np.ndarray, np.ndarray]] = []
    for issue in np.unique(issue_utc_s):
        rows = _known_rows(series, int(issue))
        if not len(rows):
            continue
        is_seen = series.valid_utc_s[rows] >= issue - SEEN_S  # what lies behind may be judged anew, and nobody looks
        odd = np.any(list(implausible(series.rows(rows), target, sky).values()), axis=0)
        changed = rows[is_seen & (odd != is_out[rows])]
        is_out[changed] ^= True
        revisions.append((changed, np.where(is_out[changed], np.nan, clipped.values[changed])))
        revised_utc_s.append(np.full(len(changed), issue))
    if not revisions:
        return replace(clipped, settled=settled)
    row, values = (np.concatenate(parts) for parts in zip(*revisions, strict=True))
    return replace(
        clipped, valid_utc_s=np.concatenate([clipped.valid_utc_s, clipped.valid_utc_s[row]]),
        available_utc_s=np.concatenate([clipped.available_utc_s, *revised_utc_s]),
        values=np.concatenate([clipped.values, values]), nan_withdraws=True, settled=settled)


def unknown(name: str, group: TargetGroup) -> VersionedSeries:
    """A series of which nothing is known."""
    return VersionedSeries.measured(name, 0, group.horizon.step_s, np.empty(0))


def _known_rows(series: VersionedSeries, now_utc_s: int) -> np.ndarray:
    """Which rows are the newest versions of the last weeks."""
    first = int(np.searchsorted(series.valid_utc_s, now_utc_s - SCREENED_DAYS * DAY_S))
    return _newest_rows(series, first + np.flatnonzero(series.available_utc_s[first:] <= now_utc_s))


def _newest_rows(series: VersionedSeries, rows: np.ndarray) -> np.ndarray:
    """Of rows, the last version of each interval; a table is in the order of intervals, then of versions."""
    valid = series.valid_utc_s[rows]
    return rows[np.diff(valid, append=valid[-1:] + 1) != 0]
