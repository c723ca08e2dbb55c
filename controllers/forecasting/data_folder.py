"""A site's past as files: a folder with ``forecast.yaml``, which says what the columns of its tables are.

    site: {name: my_site, timezone: Europe/Berlin, country: DE}      # with a place the sun is known, too
    horizon: {step_s: 3600, leads: 24}
    series:
      load_mw: {file: meters.csv, column: P_kW, factor: 0.001}
      temperature_degc: {file: nwp.parquet, column: t2m, issue_column: issued, step_s: 3600}
    targets:
      load_mw: {kind: electric_load, capacity: 5, covariates: {temperature: temperature_degc}}

Stamps without an offset are on the site's clock, unless ``timezone`` of the series names another. Weather without issue
times is taken for measured; ``synthetic_error`` makes forecasts of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from controllers.forecasting.clear_sky import ClearSky
from controllers.forecasting.day_types import DAY_S, CalendarDays
from controllers.forecasting.errors import HistoryError
from controllers.forecasting.quality import Finding, checked
from controllers.forecasting.readers import HistoryFormat, coarsened, read_history, read_issued
from controllers.forecasting.site_weather import issued_weather_of
from controllers.forecasting.targets import Horizon, Target, TargetGroup, TargetKind
from controllers.forecasting.trained import HeldOut
from controllers.forecasting.training import LEAST_ISSUES, Split
from controllers.forecasting.training_data import PAST_DAYS, TrainingData
from controllers.forecasting.versioned import Archive, SeriesRole, VersionedSeries
from simulators.environment.time_stamps import parse_zone
from twin.context import Location
from twin.scenario.yaml_source import read_yaml
from twin.suggest import did_you_mean

FILE = "forecast.yaml"
TRAINING_SHARE, VALIDATION_SHARE = 0.7, 0.15
"""Of the time that is known; what is left is held out."""
ROLES = ("temperature", "irradiance", "wind_speed", "humidity", "wind_direction", "cloud_cover", "pressure",
         "precipitation", "price", "load", "generation")
"""What a covariate may be, with an ending where there are several."""
HOUR_S = 3600


def _site_clock(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, malformed, a folder of the zone data base
        hint = did_you_mean(name, sorted(available_timezones()))
        raise ValueError(f"{name!r} is no IANA time zone; {hint}") from None
    return name


def _stamp_clock(text: str) -> str:
    parse_zone(text)
    return text


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SiteSpec(_Model):
    """Where and on which clock."""

    name: str
    timezone: Annotated[str, AfterValidator(_site_clock)]
    country: str | None = None
    latitude_deg: float | None = Field(default=None, ge=-90, le=90)
    longitude_deg: float | None = Field(default=None, ge=-180, le=180)
    altitude_m: float = 0.0


class HorizonSpec(_Model):
    """How far ahead."""

    step_s: int = 3600
    leads: int = 24


class SeriesSpec(_Model):
    """One column of a table."""

    file: str
    column: str
    factor: float = 1.0
    """Multiplies the values: unit and sign."""
    time_column: str = "time"
    timezone: Annotated[str, AfterValidator(_stamp_clock)] | None = None
    """Clock of stamps without offset; None: the site's."""
    stamp_marks: Literal["start", "end"] = "start"
    delay_s: int = 0
    separator: str = ","
    decimal: str = "."
    issue_column: str | None = None
    step_s: int | None = None
    """Of forecasts with an issue column."""
    role: SeriesRole | None = None
    synthetic_error: Literal["temperature", "wind_speed", "humidity", "irradiance"] | None = None

    def how(self, site_timezone: str) -> HistoryFormat:
        """How the table is written."""
        return HistoryFormat(self.time_column, self.timezone or site_timezone, self.stamp_marks, self.delay_s,
                             self.separator, self.decimal)


class TargetSpec(_Model):
    """One series to forecast."""

    kind: TargetKind
    capacity: float = Field(gt=0)
    covariates: dict[str, str] = {}
    lower: float | None = None
    upper: float | None = None
    irradiance: str | None = None

    @model_validator(mode="after")
    def _names_are_known(self) -> TargetSpec:
        for role in self.covariates:
            if role not in ROLES and not role.startswith(tuple(f"{known}_" for known in ROLES)):
                raise ValueError(f"covariates: {role!r} is no role of a covariate; give one of "
                                 f"{', '.join(ROLES)}, with an ending of your own (wind_speed_100m)")
        if self.irradiance is not None and self.irradiance not in self.covariates:
            raise ValueError(f"irradiance: {self.irradiance!r} is none of its covariates "
                             f"({', '.join(self.covariates) or 'it has none'}); name the role, not the series")
        return self


class SplitSpec(_Model):
    """Where training and validation end; the rest is held out."""

    train_to: AwareDatetime
    validation_to: AwareDatetime
    issue_every_h: int = Field(default=24, ge=1)


class FolderSpec(_Model):
    """What ``forecast.yaml`` may say."""

    site: SiteSpec
    horizon: HorizonSpec = HorizonSpec()
    series: dict[str, SeriesSpec]
    targets: dict[str, TargetSpec] = Field(min_length=1)
    split: SplitSpec | None = None


def read_folder(place: Path) -> tuple[FolderSpec, Path]:
    """The description of a folder (or the description itself), and the folder.

    Raises
    ------
    HistoryError
        If there is none, or it says what cannot be.
    """
    file = place / FILE if place.is_dir() else place
    if not file.is_file():
        raise HistoryError(f"{place}: no {FILE} here, which says what the columns of the tables are; "
                           "docs/guides/forecasts.md shows one")
    try:
        return FolderSpec.model_validate(read_yaml(file).data), file.parent
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(str(part) for part in e['loc'])}: {e['msg'].removeprefix('Value error, ')}"
                         for e in error.errors()[:5])
        raise HistoryError(f"{file}: {told}") from None


def archive_of_folder(spec: FolderSpec, folder: Path, seed: int) -> tuple[Archive, tuple[Target, ...], list[Finding]]:
    """All series of a folder, checked and brought to the step of the horizon.

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
            raise HistoryError(f"{FILE}: {name!r} is forecast or used as a covariate, but not told under 'series'")
        series = _read(name, spec.series[name], folder, name in spec.targets, spec.site.timezone)
        series = series if series.step_s > step_s else coarsened(series, step_s)
        if name in spec.targets:
            target = next(t for t in targets if t.series == name)
            series, told = checked(series, target, sky)
            findings += told
        kind = spec.series[name].synthetic_error
        found.append(series if kind is None else issued_weather_of(series, kind, sky, seed))
    return Archive(found), targets, findings


def of_folder(place: Path, seed: int) -> tuple[TrainingData, list[Finding]]:
    """A folder as data to train on.

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
    measured = [archive.series(target.series) for target in targets]
    begin = max(int(s.valid_utc_s[0]) for s in measured)
    end = min(int(s.valid_utc_s[-1]) + s.step_s for s in measured)
    first = _local_midnight(begin + PAST_DAYS * DAY_S, spec.site.timezone)
    horizon_s = horizon.leads * horizon.step_s
    least = _least_days(horizon_s)
    if spec.split is None and (end - first) // DAY_S < least:
        raise HistoryError(f"{place}: {max((end - begin) // DAY_S, 0)} days of all targets are given, at least "
                           f"{PAST_DAYS + 1 + least} are needed ({PAST_DAYS} to look back at, then training, "
                           "validation and a span to score on); give a longer history")
    split = _split(spec.split, first, end)
    issues = np.arange(split.end_utc_s, end - horizon_s + 1, split.issue_every_s)
    if not len(issues):
        raise HistoryError(f"{place}: nothing is left to score the models on after {_text(split.end_utc_s)}; give a "
                           "longer history, or let 'split.validation_to' be earlier")
    return TrainingData(archive, groups, split, HeldOut(archive, issues), spec.site.name, location_of(spec.site),
                        declared={target.series: target.capacity for target in targets}), findings


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
                           role=spec.role or SeriesRole.WEATHER)
    role = spec.role or (SeriesRole.MEASUREMENT if is_target else SeriesRole.WEATHER)
    return read_history(file, spec.column, name, how, factor=spec.factor, role=role)


def _split(spec: SplitSpec | None, first_utc_s: int, end_utc_s: int) -> Split:
    if spec is not None:
        train_to, validation_to = (round(moment.timestamp()) for moment in (spec.train_to, spec.validation_to))
        return Split(first_utc_s, train_to, validation_to, spec.issue_every_h * HOUR_S)
    days = max((end_utc_s - first_utc_s) // DAY_S, 0)
    validation = first_utc_s + round(TRAINING_SHARE * days) * DAY_S
    return Split(first_utc_s, validation, validation + round(VALIDATION_SHARE * days) * DAY_S)


def _least_days(horizon_s: int) -> int:
    """Days that split into spans with enough issue times, one a day, whose outcomes lie in the same span."""
    lost = -(-horizon_s // DAY_S) - 1
    days = LEAST_ISSUES
    while True:
        training, validation = round(TRAINING_SHARE * days), round(VALIDATION_SHARE * days)
        if min(training, validation) - lost >= LEAST_ISSUES and days - training - validation - lost >= 1:
            return days
        days += 1


def _local_midnight(utc_s: int, timezone: str) -> int:
    """The first local midnight from an instant on."""
    local = datetime.fromtimestamp(utc_s, ZoneInfo(timezone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return round((midnight if midnight == local else midnight + timedelta(days=1)).timestamp())


def _text(utc_s: int) -> str:
    return f"{np.datetime64(utc_s, 's')} UTC"
