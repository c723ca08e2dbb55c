"""Weather at the site: from a typical year (TMY3, EPW) or from measurements (CSV), at any step.

The file is read and resampled once, for the whole run; a step looks up its row.

A typical year may come from elsewhere, and usually does. Its days and hours follow the site's local standard time (no
summer time); the sun is that of the station at the station's local standard time, so that irradiance and sun agree
even when a year from North Carolina is used in Shanghai. Measurements keep their instants, under the site's own sun.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
from pydantic import Field, model_validator

from simulators.environment.measured_csv import CsvColumns, CsvFormat, read_measured, window
from simulators.environment.source import Source, WeatherError
from simulators.environment.sun import Observer, sun_at
from simulators.environment.typical_year import TypicalYear, read_epw_year, read_tmy3_year, unroll
from simulators.environment.weather_table import Steps, weather_table, without_gaps
from twin.component import Component, ComponentParams, Nothing, Role, Section, port
from twin.context import Context
from twin.scenario.datafile import DataFile

PORT_WIND_HEIGHT_M = 10.0
"""Height of the wind speed on the weather ports."""


class WeatherParams(ComponentParams):
    """What all kinds of weather files have in common."""

    file: DataFile = Field(description="weather file")

    wind_height_m: float = Field(10.0, gt=0, le=300, description="height of the wind measurement [m]")
    wind_shear_exponent: float = Field(
        1 / 7, ge=0, le=0.6, description="power-law exponent that takes the wind from wind_height_m to 10 m")
    wind_speed_factor: float = Field(1.0, gt=0, le=10, description="multiplies the wind speed, to suit a windier site")
    mean_wind_speed_m_s: float | None = Field(
        None, gt=0, le=15, description="scale the wind so that the file's mean at 10 m is this [m/s]; replaces "
        "wind_speed_factor")
    max_gap_h: float = Field(
        3.0, ge=0, le=24, description="missing values up to this long are interpolated and reported [h]")

    @model_validator(mode="after")
    def _one_way_to_scale(self) -> WeatherParams:
        if self.mean_wind_speed_m_s is not None and self.wind_speed_factor != 1.0:
            raise ValueError("give wind_speed_factor or mean_wind_speed_m_s, not both")
        return self


class Tmy3Params(WeatherParams):
    """Parameters of ``type: tmy3``."""

    file: DataFile = Field("pvlib:723170TYA.CSV", description="TMY3 file; default: the year that ships with pvlib")


class EpwParams(WeatherParams):
    """Parameters of ``type: epw``."""

    file: DataFile = Field(description="EnergyPlus weather file with hourly records")


class CsvParams(WeatherParams):
    """Parameters of ``type: weather_csv``."""

    file: DataFile = Field(description="CSV file with time stamps and one column per quantity; its first line is the "
                           "header")
    columns: CsvColumns = Field(CsvColumns(), description="headers of the quantities")
    read: CsvFormat = Field(CsvFormat(), description="format of the file and of its time stamps")


@dataclass(slots=True)
class WeatherOutputs:
    """Means over the step; the sun's position in its middle."""

    ghi_w_m2: float = port(carrier="weather")
    dni_w_m2: float = port(carrier="weather")
    dhi_w_m2: float = port(carrier="weather")
    dni_extra_w_m2: float = port(carrier="weather")
    air_temperature_degc: float = port(carrier="weather")
    wet_bulb_degc: float = port(carrier="weather")
    relative_humidity_percent: float = port(carrier="weather")
    pressure_pa: float = port(carrier="weather")
    wind_speed_m_s: float = port(carrier="weather")
    """At 10 m above ground."""
    solar_zenith_deg: float = port(carrier="weather")
    """Apparent, i.e. corrected for refraction."""
    solar_azimuth_deg: float = port(carrier="weather")
    """0 = north, 90 = east."""


OUTPUT_NAMES = tuple(WeatherOutputs.__dataclass_fields__)


WP = TypeVar("WP", bound=WeatherParams)


class Weather(Component[WP, Nothing, WeatherOutputs, Nothing], Generic[WP]):
    """A table of weather; the three component types differ in the file they read."""

    section = Section.WEATHER
    role = Role.ENVIRONMENT
    exogenous = OUTPUT_NAMES
    Inputs = Nothing
    Outputs = WeatherOutputs
    State = Nothing

    def __init__(self, name: str, params: WP, context: Context) -> None:
        super().__init__(name, params, context)
        self.findings: list[tuple[str, str]] = []
        """(kind, message) of what was noticed while reading; told in the first step of the scenario, so that a resumed
        run does not tell it twice."""
        steps = Steps(self.step_s, len(context.times(self.step_s)))
        source, start_s, observer, mean_wind = self.read(steps.n * steps.step_s)
        columns = weather_table(source, start_s, observer, steps, self.report)
        columns["wind_speed_m_s"] = columns["wind_speed_m_s"] * self.wind_factor(mean_wind)
        self.table = np.column_stack([columns[name] for name in OUTPUT_NAMES])
        """(n_steps, 11): the whole run, columns as in :class:`WeatherOutputs`."""

    def read(self, duration_s: int) -> tuple[Source, int, Observer, float]:
        """The table around the run, its start [s], its sky, and the file's mean wind speed [m/s]."""
        raise NotImplementedError

    def step(self, t_s: int, dt_s: int, inputs: Nothing) -> WeatherOutputs:
        """Look up the row of the step."""
        if self.expected is not None:
            return WeatherOutputs(*self.expected(t_s, dt_s))
        if t_s == 0:
            for kind, message in self.findings:
                self.emit(0, kind, message, "warning")
        row = min(t_s // self.step_s, len(self.table) - 1)  # a shadow looks beyond the end of the run
        return WeatherOutputs(*self.table[row].tolist())

    def wind_factor(self, mean_wind_m_s: float) -> float:
        """From the wind of the file to the wind of the ports: height and scale."""
        p = self.params
        to_10_m = (PORT_WIND_HEIGHT_M / p.wind_height_m) ** p.wind_shear_exponent
        if p.mean_wind_speed_m_s is None:
            return to_10_m * p.wind_speed_factor
        if not mean_wind_m_s > 0.0:
            raise WeatherError(f"{self.name}: the file has no wind; mean_wind_speed_m_s cannot scale it")
        return p.mean_wind_speed_m_s / mean_wind_m_s

    def report(self, kind: str, message: str) -> None:
        """Note something for the event list."""
        self.findings.append((kind, message))

    def of_typical_year(self, year: TypicalYear, duration_s: int) -> tuple[Source, int, Observer, float]:
        """Read-out of a typical year by the site's standard time, under the station's sun."""
        hours = without_gaps(year.hours, self.params.max_gap_h, self.report)
        start_utc = self.context.calendar.start_utc
        clock = np.datetime64((start_utc + standard_offset(start_utc, self.context.location.timezone))
                              .replace(tzinfo=None), "s")
        source, start_s = unroll(hours, clock, duration_s)
        station_utc = clock - np.timedelta64(round(year.utc_offset_h * 3600), "s")
        observer = Observer(year.latitude_deg, year.longitude_deg, year.altitude_m, station_utc)
        return source, start_s, observer, float(hours.columns["wind_speed_m_s"].mean())


def standard_offset(start_utc: datetime, zone_name: str) -> timedelta:
    """Offset from UTC of a zone's standard time in the year of the start: the smaller one of January and July."""
    zone = ZoneInfo(zone_name)
    offsets = [datetime(start_utc.year, month, 1, tzinfo=zone).utcoffset() or timedelta(0) for month in (1, 7)]
    return min(offsets)


class Tmy3Weather(Weather[Tmy3Params]):
    """A typical meteorological year in NREL's TMY3 format."""

    Params = Tmy3Params

    def read(self, duration_s: int) -> tuple[Source, int, Observer, float]:
        """See :meth:`Weather.read`."""
        return self.of_typical_year(read_tmy3_year(self.params.file), duration_s)


class EpwWeather(Weather[EpwParams]):
    """A typical year in EnergyPlus' EPW format; 29 February, if the file has it, is left out."""

    Params = EpwParams

    def read(self, duration_s: int) -> tuple[Source, int, Observer, float]:
        """See :meth:`Weather.read`."""
        return self.of_typical_year(read_epw_year(self.params.file), duration_s)


class CsvWeather(Weather[CsvParams]):
    """Measured weather at the site."""

    Params = CsvParams

    def read(self, duration_s: int) -> tuple[Source, int, Observer, float]:
        """See :meth:`Weather.read`."""
        site = self.context.location
        whole = read_measured(self.params.file, self.params.columns, self.params.read)
        wind = whole.columns["wind_speed_m_s"]
        known = wind[~np.isnan(wind)]
        mean_wind = float(known.mean()) if len(known) else 0.0
        start = np.datetime64(self.context.calendar.start_utc.replace(tzinfo=None), "s")
        part, start_s = window(whole, start, self.context.duration_s)
        observer = Observer(site.latitude_deg, site.longitude_deg, site.altitude_m, start)
        source = without_gaps(complete(part, start_s, observer), self.params.max_gap_h, self.report)
        return source, start_s, observer, mean_wind


def complete(source: Source, start_s: int, observer: Observer) -> Source:
    """Derive what the file does not have: beam and diffuse by Erbs' law, pressure by the standard atmosphere.

    Source: Erbs, Klein and Duffie 1982, as in pvlib.irradiance.erbs; pvlib.atmosphere.alt2pres.
    """
    columns = dict(source.columns)
    if "dni_w_m2" not in columns:
        from pvlib.irradiance import erbs

        middle_s = start_s + source.interval_s * (np.arange(source.n) + 0.5)
        sun = sun_at(observer, middle_s)
        day_of_year = day_numbers(observer.origin_utc, middle_s)
        split = erbs(np.maximum(columns["ghi_w_m2"], 0.0), sun.zenith_deg, day_of_year)
        missing = np.isnan(columns["ghi_w_m2"])
        columns["dni_w_m2"] = np.where(missing, math.nan, split["dni"])
        columns["dhi_w_m2"] = np.where(missing, math.nan, split["dhi"])
    if "pressure_pa" not in columns:
        from pvlib.atmosphere import alt2pres

        columns["pressure_pa"] = np.full(source.n, float(alt2pres(observer.altitude_m)))
    return source.with_columns(columns)


def day_numbers(origin_utc: np.datetime64, t_s: np.ndarray) -> np.ndarray:
    """Day of the year, 1 … 366, of instants (n,) in seconds after the origin."""
    days = (origin_utc.astype("datetime64[s]") + t_s.astype("timedelta64[s]")).astype("datetime64[D]")
    return (days - days.astype("datetime64[Y]").astype("datetime64[D]")).astype(int) + 1
