"""A site's past as files: the tables of a folder, as its ``forecast.yaml`` explains them (:mod:`.folder_description`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from controllers.forecasting.clear_sky import ClearSky
from controllers.forecasting.day_types import DAY_S, CalendarDays
from controllers.forecasting.errors import HistoryError
from controllers.forecasting.folder_description import FILE, FolderSpec, SeriesSpec, SiteSpec, read_folder
from controllers.forecasting.folder_split import least_days, split_of
from controllers.forecasting.lags import days_before
from controllers.forecasting.plausible import without_implausible
from controllers.forecasting.quality import Finding, cleaned, refuse_wrong
from controllers.forecasting.readers import coarsened, read_history, read_issued
from controllers.forecasting.screen import as_screened_in_service
from controllers.forecasting.site_weather import issued_weather_of
from controllers.forecasting.targets import Horizon, Target, TargetGroup
from controllers.forecasting.trained import HeldOut
from controllers.forecasting.training import Split
from controllers.forecasting.training_checks import told_before_training
from controllers.forecasting.training_data import PAST_DAYS, TrainingData
from controllers.forecasting.versioned import Archive, SeriesRole, VersionedSeries
from twin.context import Location
from twin.suggest import did_you_mean

HOUR_S = 3600


def archive_of_folder(spec: FolderSpec, folder: Path, seed: int) -> tuple[Archive, tuple[Target, ...], list[Finding]]:
    """All series of a folder as measured and issued, brought to the step of the horizon.

    Targets are not screened here, for that depends on when a forecast is made; codes for missing values are gone.

    Raises
    ------
    HistoryError
        If a table cannot be used; the message names file, line and remedy.
    """
    step_s = spec.horizon.step_s
    sky = _sky(spec.site)
    targets = tuple(Target(name, t.kind, t.capacity, t.covariates, t.lower, t.upper, t.irradiance)
                    for name, t in spec.targets.items())
    used = dict.fromkeys([t.series for t in targets] + [s for t in targets for s in t.covariates.values()])
    found: list[VersionedSeries] = []
    findings: list[Finding] = []
    for name in used:
        if name not in spec.series:
            raise HistoryError(f"{folder / FILE}: {name!r} is forecast or used as a covariate, but not told under "
                               f"'series'; {did_you_mean(name, spec.series)}")
        series = _read(name, spec.series[name], folder, name in spec.targets, spec.site.timezone)
        series, told = without_implausible(series, targets, _place(spec, folder, name), spec.series[name].factor,
                                           spec.series[name].offset)
        findings += told
        series = series if series.step_s > step_s else coarsened(series, step_s)
        if name in spec.targets:
            refuse_wrong(series, next(t for t in targets if t.series == name), sky)
        kind = spec.series[name].synthetic_error if len(series.values) else None
        found.append(series if kind is None else issued_weather_of(series, kind, sky, seed))
    return Archive(found), targets, findings


def of_folder(place: Path, seed: int) -> tuple[TrainingData, list[str]]:
    """A folder as data to train on, and what is unusual about it.

    Raises
    ------
    HistoryError
        See :func:`archive_of_folder`.
    """
    spec, folder = read_folder(place)
    archive, targets, findings = archive_of_folder(spec, folder, seed)
    days, sky = CalendarDays(spec.site.timezone, spec.site.country), _sky(spec.site)
    horizon = Horizon(spec.horizon.step_s, spec.horizon.leads)
    kinds = dict.fromkeys(target.kind for target in targets)
    groups = [TargetGroup(kind.value, tuple(t for t in targets if t.kind is kind), horizon, days, sky)
              for kind in kinds]
    measured = []
    for target in targets:
        own = archive.series(target.series)
        if own.step_s > horizon.step_s:
            raise HistoryError(f"{_place(spec, folder, target.series)}: rows of {target.series} are {own.step_s} s "
                               f"apart, the forecast has steps of {horizon.step_s} s (horizon.step_s): give finer rows"
                               + (", or choose steps of 3600 s" if own.step_s == HOUR_S else ""))
        clean, outliers = cleaned(own, target, sky)
        measured.append(clean)
        findings += outliers
    begin = max(int(s.valid_utc_s[0]) for s in measured)
    end = min(int(s.valid_utc_s[-1]) + s.step_s for s in measured)
    first = _local_midnight(begin + PAST_DAYS * DAY_S, spec.site.timezone)
    horizon_s = horizon.leads * horizon.step_s
    split = _on_the_wall(_split(place, spec, begin, first, end, horizon_s), days)
    issues = split.issues_of(groups[0], split.end_utc_s, end)
    if not len(issues):
        raise HistoryError(f"{place}: nothing is left to score the models on after {_text(split.end_utc_s)}; give a "
                           "longer history, or let 'split.validation_to' be earlier")
    archive = _as_served(archive, targets, sky, np.concatenate([*split.issues(groups[0]), issues]))
    warnings = told_before_training(archive, groups, split, {n: _place(spec, folder, n) for n in spec.series})
    return TrainingData(archive, groups, split, HeldOut(archive, issues), spec.site.name, location_of(spec.site),
                        declared={target.series: target.capacity for target in targets}), \
        [*map(str, findings), *warnings]


def _as_served(
    archive: Archive, targets: tuple[Target, ...], sky: ClearSky | None, issue_utc_s: np.ndarray
) -> Archive:
    """The same with each target as the screen of each issue time leaves it."""
    measured = {t.series: as_screened_in_service(archive.series(t.series), t, sky, issue_utc_s) for t in targets}
    return Archive(measured.get(series.name, series) for series in archive)


def location_of(site: SiteSpec) -> Location:
    """The site; a place that is not told is 0° north, 0° east, and nothing depends on it."""
    return Location(site.latitude_deg or 0.0, site.longitude_deg or 0.0, site.altitude_m, site.timezone, site.country)


def _sky(site: SiteSpec) -> ClearSky | None:
    return None if site.latitude_deg is None or site.longitude_deg is None else ClearSky(location_of(site))


def _read(name: str, spec: SeriesSpec, folder: Path, is_target: bool, site_timezone: str) -> VersionedSeries:
    file, how = str(folder / spec.file), spec.how(site_timezone)
    if spec.issue_column is not None:
        if spec.step_s is None:
            raise HistoryError(f"{FILE}: series.{name} has an issue_column, so it needs 'step_s', the length of its "
                               "intervals")
        return read_issued(file, spec.column, name, spec.issue_column, spec.step_s, how, factor=spec.factor,
                           offset=spec.offset, role=spec.role or SeriesRole.WEATHER)
    role = spec.role or (SeriesRole.MEASUREMENT if is_target else SeriesRole.WEATHER)
    return read_history(file, spec.column, name, how, factor=spec.factor, offset=spec.offset, role=role)


def _place(spec: FolderSpec, folder: Path, name: str) -> str:
    """Where a series is written."""
    return f"{folder / spec.series[name].file}, column {spec.series[name].column!r}"


def _split(place: Path, spec: FolderSpec, begin_utc_s: int, first_utc_s: int, end_utc_s: int, horizon_s: int) -> Split:
    """As declared, or by the length of the history."""
    if spec.split is None:
        least = least_days(horizon_s)
        if (end_utc_s - first_utc_s) // DAY_S < least:
            raise HistoryError(f"{place}: {max((end_utc_s - begin_utc_s) // DAY_S, 0)} days of all targets are given, "
                               f"at least {PAST_DAYS + 1 + least} are needed ({PAST_DAYS} to look back at, then "
                               "training, validation and a span to score on); give a longer history")
        return split_of(first_utc_s, end_utc_s, horizon_s)
    validation_utc_s, held_out_utc_s = spec.split.ends_utc_s(spec.site.timezone)
    if not first_utc_s < validation_utc_s < held_out_utc_s:
        raise HistoryError(f"{place}: training goes from {_text(first_utc_s)} (all targets are given from "
                           f"{_text(begin_utc_s)} on, {PAST_DAYS} days are looked back at) to split.train_to, "
                           f"{_text(validation_utc_s)}, then validation to split.validation_to, "
                           f"{_text(held_out_utc_s)}; put them in this order")
    return Split(first_utc_s, validation_utc_s, held_out_utc_s, spec.split.issue_every_h * HOUR_S)


def _on_the_wall(split: Split, days: CalendarDays) -> Split:
    """The same spans, each beginning at the hour of the clock on the wall at which the first one does."""
    first = split.first_utc_s
    validation, end = (
        int(days_before(np.array(first), -((utc_s - first) // DAY_S), days)) if (utc_s - first) % DAY_S == 0 else utc_s
        for utc_s in (split.validation_utc_s, split.end_utc_s))
    return replace(split, validation_utc_s=validation, end_utc_s=end)


def _local_midnight(utc_s: int, timezone: str) -> int:
    """The first local midnight from an instant on."""
    local = datetime.fromtimestamp(utc_s, ZoneInfo(timezone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return round((midnight if midnight == local else midnight + timedelta(days=1)).timestamp())


def _text(utc_s: int) -> str:
    return f"{np.datetime64(utc_s, 's')} UTC"
