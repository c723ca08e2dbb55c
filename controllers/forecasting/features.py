"""From what was known at issue times to windows: the one feature builder of all members."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from controllers.forecasting.covariates import covariate_features
from controllers.forecasting.day_types import DayColumns
from controllers.forecasting.daylight import daylight_and_ceiling, reference_of
from controllers.forecasting.lags import Columns, days_before, lag_features, mean_known
from controllers.forecasting.targets import Target, TargetGroup, TargetKind
from controllers.forecasting.versioned import Archive, KnownAt
from controllers.forecasting.windows import FeatureTable, Windows

HOUR_S = 3600
DAY_HARMONICS = (1, 2, 3, 4)
SHARED = ("lag_1", "lag_2", "mean_7", "mean_28", "clear@by_gain")
"""Also given as shares of the clear-sky power."""
HISTORY_LOAD_H = 168
HISTORY_OTHER_H = 48
"""Loads repeat weekly; wind, sun and prices forget within two days."""


def build_windows(archive: Archive, group: TargetGroup, issue_utc_s: np.ndarray) -> Windows:
    """Windows with their outcomes, as far as those are known today."""
    known = archive.known_at(issue_utc_s)
    windows = known_windows(known, group)
    valid = windows.valid_utc_s
    outcome = np.stack([archive.outcome(target.series, valid) for target in group.targets])
    return replace(windows, outcome=outcome, known_utc_s=outcome_known_utc_s(archive, group, windows.issue_utc_s))


def outcome_known_utc_s(archive: Archive, group: TargetGroup, issue_utc_s: np.ndarray) -> np.ndarray:
    """(n,) when the last outcome of each forecast was published, in its newest version; its end at the earliest."""
    valid = group.horizon.valid_utc_s(issue_utc_s)
    published = [archive.outcome_known_utc_s(target.series, valid).max(axis=1) for target in group.targets]
    return np.maximum.reduce([valid[:, -1] + group.horizon.step_s, *published])


def known_windows(known: KnownAt, group: TargetGroup) -> Windows:
    """Windows without outcomes: all that a forecast may use."""
    valid = group.horizon.valid_utc_s(known.issue_utc_s)
    calendar = calendar_features(group, valid)
    features, lights, ceilings, references = [], [], [], []
    for target in group.targets:
        columns = calendar | lag_features(known, target, valid, group.days)
        columns |= covariate_features(known, target, valid, group.days)
        if target.kind is TargetKind.PV and group.sky is not None:
            columns["clear_sky_w_m2"] = group.sky.ghi_w_m2(valid, group.horizon.step_s)
        reference = reference_of(known, target, valid)
        if target.kind is TargetKind.PV:
            columns |= {f"share_{name}": columns[name] / reference for name in SHARED if name in columns}
        features.append(_table(columns))
        light, ceiling = daylight_and_ceiling(known, target, group)
        lights.append(light)
        ceilings.append(ceiling)
        references.append(reference)
    return Windows(
        group=group, issue_utc_s=known.issue_utc_s, features=tuple(features), history=history(known, group),
        daylight=np.stack(lights), ceiling=np.stack(ceilings), reference=np.stack(references),
        outcome=np.full((len(group.targets), *valid.shape), np.nan),
        known_utc_s=valid[:, -1] + group.horizon.step_s,
    )


def calendar_features(group: TargetGroup, valid_utc_s: np.ndarray) -> Columns:
    """Lead, local hour, season and day types of yesterday, today and tomorrow."""
    days = group.days.of(valid_utc_s)
    columns = {
        "lead_h": np.broadcast_to(group.horizon.lead_s / HOUR_S, valid_utc_s.shape),
        "hour": days.hour, "weekday": days.weekday, "working_day": days.working_day,
        "working_yesterday": group.days.of(days_before(valid_utc_s, 1, group.days)).working_day,
        "working_tomorrow": group.days.of(days_before(valid_utc_s, -1, group.days)).working_day,
        "week_sin": np.sin(2 * np.pi * days.weekday / 7), "week_cos": np.cos(2 * np.pi * days.weekday / 7),
        "year_sin": np.sin(2 * np.pi * days.year_fraction), "year_cos": np.cos(2 * np.pi * days.year_fraction),
    }
    return columns | _hour_waves(days)


def _hour_waves(days: DayColumns) -> Columns:
    columns = {}
    for k in DAY_HARMONICS:
        columns[f"hour_sin_{k}"] = np.sin(2 * np.pi * k * days.hour / 24)
        columns[f"hour_cos_{k}"] = np.cos(2 * np.pi * k * days.hour / 24)
    return columns


def history(known: KnownAt, group: TargetGroup) -> FeatureTable:
    """Hourly past of the group's targets (per unit of capacity) and covariates, for networks that read sequences."""
    hours = HISTORY_LOAD_H if any(target.kind.is_load for target in group.targets) else HISTORY_OTHER_H
    valid = known.issue_utc_s[:, None] + HOUR_S * np.arange(-hours, 0)
    columns = {f"target_{k}": _hourly(known, target.series, valid) / target.capacity
               for k, target in enumerate(group.targets)}
    for series in _covariates(group.targets):
        columns[series] = _hourly(known, series, valid)
    return _table(columns | _hour_waves(group.days.of(valid)))


def _covariates(targets: tuple[Target, ...]) -> list[str]:
    return sorted({series for target in targets for series in target.covariates.values()})


def _hourly(known: KnownAt, series: str, valid_utc_s: np.ndarray) -> np.ndarray:
    step_s = known.step_s(series)
    if step_s >= HOUR_S:
        return known.values(series, valid_utc_s)
    return mean_known(known.values(series, valid_utc_s[..., None] + np.arange(0, HOUR_S, step_s)))


def _table(columns: Columns) -> FeatureTable:
    values = np.stack([np.asarray(column, dtype=np.float32) for column in columns.values()], axis=-1)
    return FeatureTable(tuple(columns), values)
