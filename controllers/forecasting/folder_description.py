"""What ``forecast.yaml`` says: the site, and what the columns of the tables beside it are.

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

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from controllers.forecasting.errors import HistoryError
from controllers.forecasting.readers import HistoryFormat
from controllers.forecasting.targets import TargetKind
from controllers.forecasting.versioned import SeriesRole
from simulators.environment.time_stamps import parse_zone
from twin.context import Calendar
from twin.errors import ComponentError, Problem
from twin.scenario.messages import problems_of
from twin.scenario.yaml_source import read_layer
from twin.suggest import did_you_mean

FILE = "forecast.yaml"
ROLES = ("temperature", "irradiance", "wind_speed", "humidity", "wind_direction", "cloud_cover", "pressure",
         "precipitation", "price", "load", "generation")
"""What a covariate may be, with an ending where there are several."""
MOST_MISTAKES = 5
"""That are told at once."""


def _site_clock(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, malformed, a folder of the zone data base
        hint = did_you_mean(name, sorted(available_timezones()))
        if any(character.isdigit() for character in name):
            hint = ("a site has a zone by name, as Europe/Berlin or Asia/Shanghai; only the clock of a series may be "
                    "an offset from UTC")
        raise ValueError(f"{name!r} is no IANA time zone; {hint}") from None
    return name


def _country(code: str) -> str:
    try:
        Calendar(datetime(2000, 1, 1, tzinfo=UTC), "UTC", code).is_working_day(date(2000, 1, 1))
    except ComponentError as error:
        raise ValueError(str(error).removeprefix("location.country: ")) from None
    return code


def _stamp_clock(text: str) -> str:
    parse_zone(text)
    return text


def _no_zero(factor: float) -> float:
    if factor == 0.0:
        raise ValueError("0 makes all values 0; 0.001 makes MW of kW, -1 turns the sign")
    return factor


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SiteSpec(_Model):
    """Where and on which clock."""

    name: str
    timezone: Annotated[str, AfterValidator(_site_clock)]
    country: Annotated[str, AfterValidator(_country)] | None = None
    latitude_deg: float | None = Field(default=None, ge=-90, le=90)
    longitude_deg: float | None = Field(default=None, ge=-180, le=180)
    altitude_m: float = 0.0

    @model_validator(mode="after")
    def _place_is_whole(self) -> SiteSpec:
        if (self.latitude_deg is None) != (self.longitude_deg is None):
            raise ValueError("a place needs both latitude_deg and longitude_deg")
        return self


class HorizonSpec(_Model):
    """How far ahead."""

    step_s: int = 3600
    leads: int = 24


class SeriesSpec(_Model):
    """One column of a table."""

    file: str
    column: str
    factor: Annotated[float, AfterValidator(_no_zero)] = 1.0
    """Multiplies the values: unit and sign."""
    offset: float = 0.0
    """Is added then: -273.15 makes °C of K."""
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
    """Where training and validation end; the rest is held out. Without an offset on the site's clock."""

    train_to: datetime
    validation_to: datetime
    issue_every_h: int = Field(default=24, ge=1)

    def ends_utc_s(self, timezone: str) -> tuple[int, int]:
        """Of training and validation."""
        train_to, validation_to = (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))
                                   for moment in (self.train_to, self.validation_to))
        return round(train_to.timestamp()), round(validation_to.timestamp())


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
    source = read_layer(file)
    problems: list[Problem] = []
    spec = None
    try:
        spec = FolderSpec.model_validate(source.data)
    except ValidationError as error:
        problems = problems_of(error, FolderSpec, source.data, source)
    problems = source.with_no_numbers(problems)
    if spec is None or problems:
        told = [f"{file}:{p.line}: {'.'.join(str(part) for part in p.path)}: {p.message}"
                for p in problems[:MOST_MISTAKES]]
        raise HistoryError("\n".join(told))
    return spec, file.parent
