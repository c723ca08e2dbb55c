"""Typical years: TMY3 and EPW files, read by pvlib, and their unrolling over any span of time.

A typical year has 8,760 hours and no calendar year. Its clock is the local standard time of its station. Both formats
give irradiance as the mean of the hour and the other quantities as readings at the hour's end (Wilcox and Marion, TMY3
manual NREL/TP-581-43156, table 1-4; EnergyPlus auxiliary programs, EPW data dictionary).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simulators.environment.plausibility import check_limits, check_units
from simulators.environment.source import QUANTITIES, Source, WeatherError

if TYPE_CHECKING:
    import pandas as pd

HOURS = 8760
HOUR_S = 3600
ANY_COMMON_YEAR = np.datetime64("2001-01-01T00", "h")
"""Only to write and compare stamps of a year that has none."""
FEBRUARY_28 = 58
"""Days since 1 January, from 0."""

TMY3_COLUMNS = {"ghi_w_m2": "ghi", "dni_w_m2": "dni", "dhi_w_m2": "dhi", "air_temperature_degc": "temp_air",
                "relative_humidity_percent": "relative_humidity", "pressure_pa": "pressure",
                "wind_speed_m_s": "wind_speed"}
TMY3_MISSING_BELOW = -9000.0
"""TMY3 writes -9900 for a missing value."""
PA_PER_MBAR = 100.0

EPW_COLUMNS = TMY3_COLUMNS | {"pressure_pa": "atmospheric_pressure"}
EPW_MISSING = {"ghi_w_m2": 9999.0, "dni_w_m2": 9999.0, "dhi_w_m2": 9999.0, "air_temperature_degc": 99.9,
                    "relative_humidity_percent": 999.0, "pressure_pa": 999_999.0, "wind_speed_m_s": 999.0}
"""EPW writes these values for a missing one."""


@dataclass(frozen=True, slots=True)
class TypicalYear:
    """A station and its 8,760 hours, from 1 January 00:00 local standard time."""

    hours: Source
    latitude_deg: float
    longitude_deg: float
    altitude_m: float
    utc_offset_h: float


def read_tmy3_year(path: str) -> TypicalYear:
    """Read a TMY3 file (re-reading an unchanged file costs nothing).

    Raises
    ------
    WeatherError
        If it is missing, broken, incomplete, implausible or no TMY3 file.
    """
    return _cached(_read_tmy3, path)


def read_epw_year(path: str) -> TypicalYear:
    """Read an EnergyPlus weather file with hourly records; see :func:`read_tmy3_year`."""
    return _cached(_read_epw, path)


def _cached(reader: Callable[[str], TypicalYear], path: str) -> TypicalYear:
    try:
        stat = Path(path).stat()
    except OSError as error:
        raise WeatherError(f"{path}: cannot be read: {error.strerror}") from error
    return _read_once(reader, path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=4)
def _read_once(reader: Callable[[str], TypicalYear], path: str, _mtime_ns: int, _size: int) -> TypicalYear:
    return reader(path)


def _read_tmy3(path: str) -> TypicalYear:
    from pvlib.iotools import read_tmy3

    table, meta = _by_pvlib(lambda file: read_tmy3(file), path, "TMY3")
    values = _pick(table, TMY3_COLUMNS, path, "TMY3")
    columns = {q: np.where(v < TMY3_MISSING_BELOW, np.nan, v) for q, v in values.items()}
    columns["pressure_pa"] = columns["pressure_pa"] * PA_PER_MBAR
    ends = table.index.tz_localize(None).to_numpy()
    return _typical_year(path, columns, ends - np.timedelta64(1, "h"), meta)


def _read_epw(path: str) -> TypicalYear:
    from pvlib.iotools import read_epw

    table, meta = _by_pvlib(lambda file: read_epw(file), path, "EPW")
    table = table[~((table["month"] == 2) & (table["day"] == 29))]
    values = _pick(table, EPW_COLUMNS, path, "EPW")
    columns = {q: np.where(v == EPW_MISSING[q], np.nan, v) for q, v in values.items()}
    return _typical_year(path, columns, table.index.tz_localize(None).to_numpy(), meta)


def _by_pvlib(read: Callable[[Any], tuple[pd.DataFrame, dict[str, Any]]], path: str,
              format_name: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    try:
        # Latin-1 reads any byte: station names come in all encodings, and only figures are used
        with Path(path).open(encoding="latin-1") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pandas on mixed columns: said better below
            return read(file)
    except OSError as error:
        raise WeatherError(f"{path}: cannot be read: {error.strerror}") from error
    except Exception as error:  # a broken file makes pvlib fail in any way
        raise WeatherError(f"{path}: is not a complete {format_name} file ({type(error).__name__}: {error}); check "
                           "the type in the scenario (tmy3, epw or weather_csv) and download the file again") from error


def _pick(table: pd.DataFrame, names: dict[str, str], path: str, format_name: str) -> dict[str, np.ndarray]:
    import pandas as pd

    missing = [name for name in names.values() if name not in table]
    if missing:
        raise WeatherError(f"{path}: a {format_name} file has the columns {', '.join(missing)}; this one has not")
    picked = {}
    for quantity, name in names.items():
        numbers = pd.to_numeric(table[name], errors="coerce")
        broken = np.flatnonzero(numbers.isna() & table[name].notna())
        if len(broken):
            raise WeatherError(f"{path}: data row {broken[0] + 1}: {name} is {table[name].iloc[broken[0]]!r}, "
                               "not a number")
        picked[quantity] = numbers.to_numpy(dtype=float)
    return picked


def _typical_year(path: str, columns: dict[str, np.ndarray], starts: np.ndarray, meta: dict[str, Any]) -> TypicalYear:
    hours = starts.astype("datetime64[h]")
    if np.any(hours != starts):
        row = int(np.flatnonzero(hours != starts)[0])
        raise WeatherError(f"{path}: data row {row + 1}: the stamp is not on the hour; give it as weather_csv")
    slots = hour_of_year(hours)
    back = np.flatnonzero(np.diff(slots) <= 0)
    if len(back):
        row = int(back[0]) + 1
        what = "repeats" if slots[row] == slots[row - 1] else "goes back to"
        raise WeatherError(f"{path}: data row {row + 1} {what} {_slot_text(slots[row])}; a typical year holds every "
                           "hour once, in order")
    if len(slots) != HOURS:
        absent = int(np.setdiff1d(np.arange(HOURS), slots)[0])
        raise WeatherError(f"{path}: holds {len(slots)} of {HOURS} hours, the first missing is {_slot_text(absent)}; "
                           "the file is cut short or damaged, download it again")
    for values in columns.values():
        values.setflags(write=False)
    source = Source(path, columns, HOUR_S, ANY_COMMON_YEAR, "typical year, station's standard time", float(HOUR_S))
    check_units(source)
    check_limits(source)
    return TypicalYear(source, meta["latitude"], meta["longitude"], meta["altitude"], meta["TZ"])


def _slot_text(slot: int) -> str:
    return str(ANY_COMMON_YEAR + np.timedelta64(int(slot), "h"))[5:].replace("T", " ") + ":00"


def hour_of_year(hours: np.ndarray) -> np.ndarray:
    """Index 0 … 8759 of calendar hours (n,) in a year of 365 days; 29 February counts as 28 February."""
    years = hours.astype("datetime64[Y]")
    day = (hours.astype("datetime64[D]") - years.astype("datetime64[D]")).astype(int)
    days_of_year = ((years + 1).astype("datetime64[D]") - years.astype("datetime64[D]")).astype(int)
    day = np.where((days_of_year == 366) & (day > FEBRUARY_28), day - 1, day)
    return day * 24 + (hours - hours.astype("datetime64[D]")).astype(int)


def unroll(hours: Source, start: np.datetime64, duration_s: int) -> tuple[Source, int]:
    """The hours around a run, month, day and hour by the clock, from one year into the next.

    Parameters
    ----------
    hours : a typical year
    start : local standard time at which the run starts
    duration_s : [s]

    Returns
    -------
    Source : whole hours, one to spare at each end
    int : start of its first hour in seconds from the start of the run (negative)
    """
    start = start.astype("datetime64[s]")
    first = start.astype("datetime64[h]") - np.timedelta64(1, "h")
    last = (start + np.timedelta64(duration_s, "s")).astype("datetime64[h]") + np.timedelta64(2, "h")
    slots = hour_of_year(np.arange(first, last))
    columns = {q: hours.columns[q][slots] for q in QUANTITIES}
    offset_s = int((first.astype("datetime64[s]") - start).astype(int))
    return Source(hours.file, columns, HOUR_S, first, hours.clock, hours.reading_offset_s), offset_s
