"""Said before a training, which takes long: targets that never change, and weather that covers little of their time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from controllers.forecasting.errors import HistoryError
from controllers.forecasting.targets import Target, TargetGroup
from controllers.forecasting.training import Split
from controllers.forecasting.versioned import Archive, VersionedSeries

COVERED_SHARE = 0.9
"""Of the time that a target is learnt from; below, the lack of weather is told."""
AHEAD_SHARE = 0.5
"""Of the hours of a forecast at which the weather is known when it is made."""


def told_before_training(
    archive: Archive, groups: Sequence[TargetGroup], split: Split, places: Mapping[str, str]
) -> list[str]:
    """Warnings, a sentence each.

    Parameters
    ----------
    places : series → file and column that it comes from.

    Raises
    ------
    HistoryError
        If a target is nothing but zero, or a covariate is never known at a time that a target is learnt from.
    """
    warnings: list[str] = []
    for group in groups:
        for target in group.targets:
            learnt_utc_s, values = _learnt_from(archive, target.series, split)
            if not len(values):
                continue  # the training says which span has no outcome
            warnings += _unvarying(target, values, places[target.series])
            for quantity, name in target.covariates.items():
                warnings += _uncovered(archive, group, target, quantity, name, learnt_utc_s, split, places[name])
    return list(dict.fromkeys(warnings))


def _learnt_from(archive: Archive, name: str, split: Split) -> tuple[np.ndarray, np.ndarray]:
    """Starts and values of a target from the first issue time to the end of validation."""
    valid = np.unique(archive.series(name).valid_utc_s)
    valid = valid[(valid >= split.first_utc_s) & (valid < split.end_utc_s)]
    values = archive.outcome(name, valid)
    return valid[np.isfinite(values)], values[np.isfinite(values)]


def _unvarying(target: Target, values: np.ndarray, place: str) -> Iterator[str]:
    """A load may be steady by nature, as a data centre is; nothing can be learnt of nothing."""
    if values.min() < values.max():
        return
    if values[0] == 0.0:
        raise HistoryError(f"{place}: {target.series} is 0 all the time that it would be learnt from; is it another "
                           "column, or a dead meter? Correct it, or leave it out")
    yield (f"{target.series} is {values[0]:g} all the time that it is learnt from, and so will be its forecast; if "
           f"that is a frozen meter, leave the target out ({place})")


def _uncovered(
    archive: Archive, group: TargetGroup, target: Target, quantity: str, name: str, learnt_utc_s: np.ndarray,
    split: Split, place: str,
) -> Iterator[str]:
    """How much of a target's time its weather covers, and whether it is known before it comes."""
    covered = np.isfinite(archive.outcome(name, learnt_utc_s)).mean()
    if covered == 0.0:
        raise HistoryError(f"{place}: {name} has no value between {_text(learnt_utc_s[0])} and "
                           f"{_text(learnt_utc_s[-1])}, when {target.series} is learnt from "
                           f"({_span(archive.series(name))}); give weather of that time, or take {quantity} out of the "
                           "covariates")
    if covered < COVERED_SHARE:
        yield (f"{name} is known for {covered:.0%} of the time that {target.series} is learnt from "
               f"({_span(archive.series(name))}); the forecast is the worse for it ({place})")
    issues = np.concatenate(split.issues(group))
    ahead = np.isfinite(archive.known_at(issues).values(name, group.horizon.valid_utc_s(issues))).mean()
    if ahead < AHEAD_SHARE * covered:
        yield (f"{name} is known ahead for {ahead:.0%} of the hours that {target.series} is forecast for, so it hardly "
               "helps; tell when forecasts were issued (issue_column), let them be made of what was measured "
               f"(synthetic_error), or say that it is published early (a negative delay_s) ({place})")


def _span(series: VersionedSeries) -> str:
    if not len(series.values):
        return "its column is empty"
    return f"it is given from {_text(series.valid_utc_s[0])} to {_text(series.valid_utc_s[-1])}"


def _text(utc_s: int | np.integer) -> str:
    return f"{np.datetime64(int(utc_s), 's').astype('datetime64[m]')} UTC"
