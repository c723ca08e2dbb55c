"""Published data sets as archives and target groups, with the splits of their READMEs (``data/forecast/*/README.md``).

All forecasts are day-ahead: 24 h in hours, issued at the first hour of the day. State Grid and CityLearn publish no
weather forecast; their measured weather gets the forecast error that the README of the former prescribes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from controllers.forecasting.day_types import CalendarDays, TableDays
from controllers.forecasting.targets import DAY_S, Horizon, Target, TargetGroup, TargetKind
from controllers.forecasting.versioned import Archive, SeriesRole, VersionedSeries

HOUR_S = 3600
DAY_AHEAD = Horizon(HOUR_S, 24)
ERROR_SEED = 7
TEMPERATURE_ERROR_K, HUMIDITY_ERROR_PERCENT, IRRADIANCE_ERROR = 1.2, 6.0, 0.25


@dataclass(frozen=True)
class ForecastSet:
    """One data set, ready to be trained on."""

    name: str
    archive: Archive
    group: TargetGroup
    first_utc_s: int
    """First issue time with enough past."""
    validation_utc_s: int
    test_utc_s: int
    end_utc_s: int
    """Issue times of the test split end here."""

    def issues(self, start_utc_s: int, end_utc_s: int) -> np.ndarray:
        """Daily issue times in [start, end)."""
        return np.arange(start_utc_s, end_utc_s, DAY_S, dtype=np.int64)


def utc_s(text: str) -> int:
    """Seconds UTC of a date."""
    return int(pd.Timestamp(text, tz="UTC").timestamp())


def day_ahead_error(truth: np.ndarray, rng: np.random.Generator, size: float, relative: bool = False) -> np.ndarray:
    """Measured weather as a forecast issued at the start of each day: AR(1) error that grows over the 24 hours."""
    correlation = 0.9
    lead = np.arange(len(truth)) % 24
    noise = rng.normal(size=len(truth))
    error = np.zeros(len(truth))
    for i, fresh in enumerate(noise):
        error[i] = correlation * error[i - 1] + np.sqrt(1 - correlation**2) * fresh if lead[i] else fresh
    spread = size * np.sqrt(0.4 + 0.6 * (lead + 1) / 24)
    return truth * np.exp(spread * error - spread**2 / 2) if relative else truth + spread * error


def issued_daily(name: str, start_utc_s: int, values: np.ndarray, midnight_utc_s: int = 0) -> VersionedSeries:
    """A forecast that becomes available at the start of the day it is for."""
    valid = start_utc_s + HOUR_S * np.arange(len(values), dtype=np.int64)
    available = (valid - midnight_utc_s) // DAY_S * DAY_S + midnight_utc_s
    return VersionedSeries(name, SeriesRole.WEATHER, HOUR_S, valid, available, values)


def gefcom_wind(data: Path) -> list[ForecastSet]:
    """GEFCom2014 wind farms with ECMWF forecasts, issued at 00 UTC; each farm is a group."""
    table = pd.read_parquet(data / "gefcom2014_wind" / "wind.parquet")
    return [_gefcom_farm(int(zone), part) for zone, part in table.groupby("zone")]


def _gefcom_farm(zone: int, part: pd.DataFrame) -> ForecastSet:
    farm = part.set_index("time_utc").asfreq("h")
    wind_10, wind_100 = np.hypot(farm.u10, farm.v10), np.hypot(farm.u100, farm.v100)
    weather = {"wind_10m_m_s": wind_10, "wind_100m_m_s": wind_100, "shear_m_s": wind_100 - wind_10,
               "east": farm.u100 / wind_100.clip(lower=0.1), "north": farm.v100 / wind_100.clip(lower=0.1)}
    days = ("2012-01-08", "2013-07-01", "2013-09-01", "2013-11-30")
    return _gefcom_set(f"wind zone_{zone}", farm, Target(f"zone_{zone}.power_pu", TargetKind.WIND, 1.0), weather, days)


def gefcom_solar(data: Path) -> list[ForecastSet]:
    """GEFCom2014 PV plants with ECMWF forecasts, issued at 00 UTC; each plant is a group."""
    table = pd.read_parquet(data / "gefcom2014_solar" / "solar.parquet")
    return [_gefcom_plant(int(zone), part) for zone, part in table.groupby("zone")]


def _gefcom_plant(zone: int, part: pd.DataFrame) -> ForecastSet:
    plant = part.set_index("time_utc").asfreq("h")
    weather = {"cloud": plant.tcc, "cloud_water": plant.tclw, "cloud_ice": plant.tciw, "humidity": plant.rh,
               "temperature_k": plant.t2m, "east_m_s": plant.u10, "north_m_s": plant.v10}
    for quantity, column in (("irradiance_w_m2", "ssrd_acc"), ("net_solar_w_m2", "tsr_acc"),
                             ("thermal_w_m2", "strd_acc"), ("rain", "tp_acc")):
        total = plant[column]
        weather[quantity] = total.where(plant.index.hour == 1, total.diff()) / HOUR_S
    target = Target(f"zone_{zone}.power_pu", TargetKind.PV, 1.0, irradiance="irradiance_w_m2")
    days = ("2012-04-08", "2013-01-15", "2013-03-01", "2013-05-01")
    return _gefcom_set(f"solar zone_{zone}", plant, target, weather, days)


def _gefcom_set(
    name: str, table: pd.DataFrame, target: Target, weather: dict[str, pd.Series], days: tuple[str, str, str, str]
) -> ForecastSet:
    """One site of GEFCom2014; ``days``: first issue, validation, test, end."""
    start = int(pd.Timestamp(table.index[0], tz="UTC").timestamp()) - HOUR_S  # stamps mark the end of the hour
    series = [issued_daily(quantity, start, values.to_numpy(float)) for quantity, values in weather.items()]
    series.append(VersionedSeries.measured(target.series, start, HOUR_S, table.power.to_numpy(float)))
    target = replace(target, covariates={quantity: quantity for quantity in weather})
    group = TargetGroup(name, (target,), DAY_AHEAD, CalendarDays("UTC", None))
    first, validation, test, end = map(utc_s, days)
    return ForecastSet(name, Archive(series), group, first, validation, test, end)


def state_grid(data: Path) -> list[ForecastSet]:
    """State Grid PV plants, hourly means, measured weather with forecast error; each plant is a group."""
    return [_state_grid_plant(file) for file in sorted((data / "stategrid_pv").glob("*.parquet"))]


def _state_grid_plant(file: Path) -> ForecastSet:
    site = file.stem
    hourly = pd.read_parquet(file).set_index("time_local").resample("h").mean()
    local_midnight = -8 * HOUR_S
    start = int(pd.Timestamp(hourly.index[0], tz="Asia/Shanghai").timestamp())
    rng = np.random.default_rng(ERROR_SEED)
    weather = {
        "ghi_w_m2": day_ahead_error(hourly.ghi.to_numpy(float), rng, IRRADIANCE_ERROR, relative=True),
        "temperature_degc": day_ahead_error(hourly.temp_c.to_numpy(float), rng, TEMPERATURE_ERROR_K),
    }
    series = [issued_daily(quantity, start, values, local_midnight) for quantity, values in weather.items()]
    series.append(VersionedSeries.measured("power_mw", start, HOUR_S, hourly.power_mw.to_numpy(float)))
    capacity = float(site.split("_")[1].removesuffix("mw"))
    target = Target("power_mw", TargetKind.PV, capacity, {q: q for q in weather}, irradiance="ghi_w_m2")
    group = TargetGroup(f"state_grid_{site}", (target,), DAY_AHEAD, CalendarDays("Asia/Shanghai", "CN"))
    first, validation, test, end = (utc_s(day) + local_midnight
                                    for day in ("2019-01-08", "2020-05-01", "2020-08-01", "2021-01-01"))
    return ForecastSet(f"state_grid {site}", Archive(series), group, first, validation, test, end)


CITY_START_UTC_S = utc_s("2017-01-01")
"""The file has no dates; day types come from its own column."""
CITY_VALIDATION_ROW, CITY_TEST_ROW = 21_864, 26_280
CITY_LOADS = {"elec_kwh": TargetKind.ELECTRIC_LOAD, "cool_kwh": TargetKind.COOLING_LOAD,
              "dhw_kwh": TargetKind.HEAT_LOAD}


def city(data: Path) -> list[ForecastSet]:
    """CityLearn 2021, the site's electricity, cooling and hot water; one group."""
    table = pd.read_parquet(data / "citylearn2021" / "site.parquet")
    return [city_group("city", table, CITY_LOADS)]


def city_group(name: str, table: pd.DataFrame, loads: dict[str, TargetKind]) -> ForecastSet:
    """A group of columns of the CityLearn table."""
    rng = np.random.default_rng(ERROR_SEED)
    solar = table.direct_solar_irradiance + table.diffuse_solar_irradiance
    weather = {
        "temperature_degc": day_ahead_error(table.outdoor_dry_bulb_temperature.to_numpy(float), rng,
                                            TEMPERATURE_ERROR_K),
        "humidity_percent": day_ahead_error(table.outdoor_relative_humidity.to_numpy(float), rng,
                                            HUMIDITY_ERROR_PERCENT),
        "solar_w_m2": day_ahead_error(solar.to_numpy(float), rng, IRRADIANCE_ERROR, relative=True),
    }
    series = [issued_daily(quantity, CITY_START_UTC_S, values) for quantity, values in weather.items()]
    targets = []
    for column, kind in loads.items():
        values = table[column].to_numpy(float)
        series.append(VersionedSeries.measured(column, CITY_START_UTC_S, HOUR_S, values))
        capacity = float(values[:CITY_TEST_ROW].max())
        targets.append(Target(column, kind, capacity, {q: q for q in weather}, upper=np.inf))
    day_type = table.day_type.to_numpy()[::24]  # 1 = Sunday … 7 = Saturday, 8 = holiday
    days = TableDays(CITY_START_UTC_S, (day_type - 2) % 7, ~np.isin(day_type, (1, 7, 8)))
    group = TargetGroup(name, tuple(targets), DAY_AHEAD, days)
    at = [CITY_START_UTC_S + row * HOUR_S for row in (7 * 24, CITY_VALIDATION_ROW, CITY_TEST_ROW, len(table))]
    return ForecastSet(name, Archive(series), group, at[0], at[1], at[2], at[3])


SETS: dict[str, Callable[[Path], list[ForecastSet]]] = {
    "wind": gefcom_wind, "solar": gefcom_solar, "state_grid": state_grid, "city": city,
}
