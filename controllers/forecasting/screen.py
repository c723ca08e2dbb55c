"""What is taken out of measurements, and when that was found out: in service, and in a history to learn from.

A frozen meter shows after six hours, a spike when the next value comes. A history that is screened once, as a whole,
hides what a forecaster would have been served at the time: models would learn from cleaner lags, and be scored on them.
So a history keeps each value as it was measured, and withdraws it from the first issue time on whose screen finds it.
"""

from __future__ import annotations

import numpy as np

from controllers.forecasting.clear_sky import ClearSky
from controllers.forecasting.quality import REST_WITHIN_DAYS, cleaned, implausible
from controllers.forecasting.targets import DAY_S, Target, TargetGroup
from controllers.forecasting.training_data import PAST_DAYS
from controllers.forecasting.versioned import Archive, VersionedSeries

SCREENED_DAYS = PAST_DAYS + REST_WITHIN_DAYS
"""What features look back at, and what tells there whether a load rests by nature."""


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

    The last word on each value, which outcomes go by, is that of the whole history; it is spoken when no issue time
    looks back at the value any more.

    Parameters
    ----------
    series : as measured; one version of a value is judged at a time, the newest known.
    issue_utc_s : (n,) all that features will be made for.
    """
    if not len(series.values):
        return series
    is_out = np.zeros(len(series.values), dtype=bool)
    last_utc_s = series.available_utc_s.copy()
    revisions: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

    def revise(rows: np.ndarray, at_utc_s: np.ndarray) -> None:
        is_out[rows], last_utc_s[rows] = ~is_out[rows], at_utc_s
        revisions.append((rows, at_utc_s, is_out[rows]))

    for issue in np.unique(issue_utc_s):
        rows = _known_rows(series, int(issue))
        if len(rows):
            rows = rows[_any(implausible(series.rows(rows), target, sky)) != is_out[rows]]
            revise(rows, np.full(len(rows), issue))
    whole = _newest_rows(series, np.arange(len(series.values)))
    rows = whole[_any(implausible(series.rows(whole), target, sky)) != is_out[whole]]
    unseen_utc_s = series.valid_utc_s[rows] + series.step_s + PAST_DAYS * DAY_S
    revise(rows, np.maximum(unseen_utc_s, last_utc_s[rows] + 1))

    row, at_utc_s, out = (np.concatenate(parts) for parts in zip(*revisions, strict=True))
    values = np.clip(series.values, *target.limits)
    return VersionedSeries(
        series.name, series.role, series.step_s, np.concatenate([series.valid_utc_s, series.valid_utc_s[row]]),
        np.concatenate([series.available_utc_s, at_utc_s]),
        np.concatenate([values, np.where(out, np.nan, values[row])]), nan_withdraws=True)


def unknown(name: str, group: TargetGroup) -> VersionedSeries:
    """A series of which nothing is known."""
    return VersionedSeries.measured(name, 0, group.horizon.step_s, np.empty(0))


def _any(findings: dict[str, np.ndarray]) -> np.ndarray:
    return np.any(list(findings.values()), axis=0)


def _known_rows(series: VersionedSeries, now_utc_s: int) -> np.ndarray:
    """Which rows are the newest versions of the last weeks."""
    first = int(np.searchsorted(series.valid_utc_s, now_utc_s - SCREENED_DAYS * DAY_S))
    return _newest_rows(series, first + np.flatnonzero(series.available_utc_s[first:] <= now_utc_s))


def _newest_rows(series: VersionedSeries, rows: np.ndarray) -> np.ndarray:
    """Of rows, the last version of each interval; a table is in the order of intervals, then of versions."""
    valid = series.valid_utc_s[rows]
    return rows[np.diff(valid, append=valid[-1:] + 1) != 0]
