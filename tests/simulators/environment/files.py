"""Small weather files for the tests, and what is needed to run a weather component on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pvlib

from simulators.environment.typical_year import TypicalYear, read_tmy3_year
from simulators.environment.weather import CsvWeather, EpwWeather, Tmy3Weather, Weather
from twin.context import Context, Location

TMY3_FILE = str(Path(pvlib.__file__).parent / "data" / "723170TYA.CSV")
"""Greensboro, North Carolina; ships with pvlib."""
SHANGHAI = Location(31.2, 121.5, 4.0, "Asia/Shanghai", "CN")
VIENNA = Location(48.2, 16.4, 170.0, "Europe/Vienna", "AT")
CLASSES: dict[str, type[Weather]] = {"tmy3": Tmy3Weather, "epw": EpwWeather, "weather_csv": CsvWeather}

CSV_HEADERS = ("ghi_w_m2", "dni_w_m2", "dhi_w_m2", "air_temperature_degc", "relative_humidity_percent", "pressure_pa",
               "wind_speed_m_s")
CALM_NIGHT = {"ghi_w_m2": 0.0, "dni_w_m2": 0.0, "dhi_w_m2": 0.0, "air_temperature_degc": 10.0,
              "relative_humidity_percent": 60.0, "pressure_pa": 101_000.0, "wind_speed_m_s": 3.0}
"""A row of a CSV file in which nothing is wrong."""


def build(kind: str, start: str, duration_h: float, step_s: int = 3600, location: Location = SHANGHAI,
          **params: Any) -> Weather:
    """A weather component; ``start`` as ISO 8601 with offset."""
    cls = CLASSES[kind]
    if kind == "tmy3":
        params.setdefault("file", TMY3_FILE)
    context = Context(datetime.fromisoformat(start), round(duration_h * 3600), step_s, 1, location)
    return cls("weather", cls.Params.model_validate(params), context)


def column(weather: Weather, name: str) -> np.ndarray:
    """One output over the whole run."""
    return np.array([getattr(weather.step(k * weather.step_s, weather.step_s, weather.Inputs()), name)
                     for k in range(len(weather.table))])


def tmy3_year() -> TypicalYear:
    """The year of :data:`TMY3_FILE`."""
    return read_tmy3_year(TMY3_FILE)


def write_csv(path: Path, stamps: Sequence[Any], columns: Mapping[str, Any] | None = None, *,
              headers: Sequence[str] = CSV_HEADERS) -> str:
    """A weather CSV; ``columns`` replaces values of :data:`CALM_NIGHT` by scalars or arrays (NaN = empty cell)."""
    values = {h: np.broadcast_to((columns or {}).get(h, CALM_NIGHT[h]), (len(stamps),)) for h in headers}
    lines = [",".join(("time", *headers))]
    for k, stamp in enumerate(stamps):
        cells = [values[h][k] for h in headers]
        lines.append(",".join((str(stamp), *("" if isinstance(c, float) and np.isnan(c) else str(c) for c in cells))))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def hours(start: str, n: int, *, step_min: int = 60, offset: str = "+00:00") -> list[str]:
    """``n`` stamps from ``start``, each ``step_min`` later, with an offset from UTC appended."""
    first = np.datetime64(start, "m")
    return [f"{first + np.timedelta64(k * step_min, 'm')}:00{offset}" for k in range(n)]


def write_epw(path: Path, year: TypicalYear, *, missing: Mapping[str, Sequence[int]] | None = None,
              leap_day: bool = False) -> str:
    """The same year as an EPW file; ``missing`` puts EPW's codes for "no value" at some hours."""
    codes = {"ghi_w_m2": 9999, "air_temperature_degc": 99.9, "wind_speed_m_s": 999}
    data = {q: v.copy() for q, v in year.hours.columns.items()}
    for quantity, at in (missing or {}).items():
        data[quantity][list(at)] = codes[quantity]
    head = [f"LOCATION,Somewhere,NC,USA,TMY3,723170,{year.latitude_deg},{year.longitude_deg},{year.utc_offset_h},"
            f"{year.altitude_m}", "DESIGN CONDITIONS,0", "TYPICAL/EXTREME PERIODS,0", "GROUND TEMPERATURES,0",
            "HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0", "COMMENTS 1,none", "COMMENTS 2,none",
            "DATA PERIODS,1,1,Data,Sunday,1/1,12/31"]
    rows = []
    first = np.datetime64("2001-01-01T00", "h")
    for k in range(len(data["ghi_w_m2"])):
        moment = (first + np.timedelta64(k, "h")).item()
        rows.append(_epw_row(data, k, moment.month, moment.day, moment.hour))
        if leap_day and (moment.month, moment.day, moment.hour) == (2, 28, 23):
            rows += [_epw_row(data, k - 23 + h, 2, 29, h) for h in range(24)]
    path.write_text("\n".join(head + rows) + "\n", encoding="latin-1")
    return str(path)


def _epw_row(data: Mapping[str, np.ndarray], k: int, month: int, day: int, hour: int) -> str:
    v = {q: data[q][k] for q in data}
    cells = [2001 if (month, day) != (2, 29) else 2000, month, day, hour + 1, 60, "?9?9", v["air_temperature_degc"],
             0.0, v["relative_humidity_percent"], v["pressure_pa"], 0, 0, 300, v["ghi_w_m2"], v["dni_w_m2"],
             v["dhi_w_m2"], 0, 0, 0, 0, 180, v["wind_speed_m_s"], *([0] * 13)]
    return ",".join(str(c) for c in cells)
