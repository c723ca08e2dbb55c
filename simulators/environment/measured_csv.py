"""Measured weather from a CSV file with real time stamps; every value is the mean of its interval."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from simulators.environment.plausibility import check_limits, check_units
from simulators.environment.source import QUANTITIES, Source, WeatherError
from simulators.environment.time_stamps import parse_zone, regular_grid, to_utc

if TYPE_CHECKING:
    import pandas as pd


class CsvColumns(BaseModel):
    """Quantity (with the unit the file must have it in) → header in the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ghi_w_m2: str = Field("ghi_w_m2", description="global horizontal irradiance [W/m²]")
    dni_w_m2: str | None = Field(
        "dni_w_m2", description="direct normal irradiance [W/m²]; null with dhi_w_m2: null: from GHI by Erbs' law")
    dhi_w_m2: str | None = Field("dhi_w_m2", description="diffuse horizontal irradiance [W/m²]; see dni_w_m2")
    air_temperature_degc: str = Field("air_temperature_degc", description="air temperature [°C]")
    relative_humidity_percent: str = Field("relative_humidity_percent", description="relative humidity [%]")
    pressure_pa: str | None = Field(
        "pressure_pa", description="air pressure at the station [Pa]; null: standard atmosphere at the site's altitude")
    wind_speed_m_s: str = Field("wind_speed_m_s", description="wind speed [m/s] at wind_height_m")

    @model_validator(mode="after")
    def _both_or_neither(self) -> CsvColumns:
        if (self.dni_w_m2 is None) != (self.dhi_w_m2 is None):
            raise ValueError("give both dni_w_m2 and dhi_w_m2, or null for both")
        return self


class CsvFormat(BaseModel):
    """How to read the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    separator: str = Field(",", min_length=1, max_length=1, description="between the cells of a line")
    decimal: str = Field(".", min_length=1, max_length=1, description="decimal mark")
    time_column: str = Field("time", description="header of the time stamps")
    time_format: str | None = Field(None, description="strftime format of the stamps; default: ISO 8601")
    timezone: str | None = Field(
        None, description="clock of stamps without offset: UTC, UTC+08:00 or an IANA name; none is assumed")
    stamp_marks: Literal["start", "end"] = Field("start", description="which edge of its interval a stamp marks")
    missing_values: list[str] = Field([], description="texts that stand for a missing value, e.g. -999")

    @model_validator(mode="after")
    def _zone_exists(self) -> CsvFormat:
        if self.timezone is not None:
            parse_zone(self.timezone)
        return self


def read_measured(path: str, columns: CsvColumns, how: CsvFormat) -> Source:
    """Read a CSV file onto its regular grid, first stamp in UTC; missing rows and empty cells are NaN.

    Columns the mapping sets to null are left out.

    Raises
    ------
    WeatherError
        If the file cannot be read, columns are missing, a cell is no number, a value or a unit is implausible, or the
        stamps are not usable.
    """
    table = _read_table(path, how)
    headers = {q: getattr(columns, q) for q in QUANTITIES if getattr(columns, q) is not None}
    absent = [h for h in (how.time_column, *headers.values()) if h not in table.columns]
    if absent:
        found = ", ".join(str(c) for c in table.columns[:20])
        raise WeatherError(f"{path}: no column {', '.join(map(repr, absent))}; the file has: {found}; map your headers "
                           "under columns (dni_w_m2 with dhi_w_m2, and pressure_pa, may be null)")
    lines = table.index.to_numpy() + 2  # the header is line 1
    texts = table[how.time_column].astype(str).tolist()

    def line_of(row: int) -> int:
        return int(lines[row])

    grid = regular_grid(to_utc(texts, how.timezone, how.time_format, path, line_of), texts, path, line_of)
    values = {}
    for quantity, header in headers.items():
        values[quantity] = np.full(int(grid.position[-1]) + 1, np.nan)
        values[quantity][grid.position] = _numbers(table[header], header, path, lines)
    first = grid.first - np.timedelta64(grid.interval_s if how.stamp_marks == "end" else 0, "s")
    source = Source(path, values, grid.interval_s, first, "UTC", 0.5 * grid.interval_s)
    check_units(source)
    check_limits(source)
    return source


def _read_table(path: str, how: CsvFormat) -> pd.DataFrame:
    import pandas as pd

    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pandas on mixed columns: said better later
            warnings.simplefilter("error", pd.errors.ParserWarning)  # cells beyond the header would be dropped
            table = pd.read_csv(file, sep=how.separator, decimal=how.decimal, dtype={how.time_column: str},
                                na_values=how.missing_values, skip_blank_lines=False, index_col=False)
    except OSError as error:
        raise WeatherError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise WeatherError(f"{path}: is no text in UTF-8 (byte {error.start}); save it as CSV in UTF-8") from error
    except pd.errors.ParserWarning as error:
        raise WeatherError(f"{path}: a line has more cells than the header; check separator ({how.separator!r}) and "
                           f"decimal mark ({how.decimal!r})") from error
    except ValueError as error:  # pandas' EmptyDataError and ParserError are ValueErrors
        raise WeatherError(f"{path}: is not a CSV table: {error}") from error
    return table.dropna(how="all")


def _numbers(column: pd.Series, header: str, path: str, lines: np.ndarray) -> np.ndarray:
    import pandas as pd

    numbers = pd.to_numeric(column, errors="coerce")
    broken = np.flatnonzero((numbers.isna() & column.notna()).to_numpy())
    if len(broken):
        raise WeatherError(f"{path}:{lines[broken[0]]}: {header} is {column.iloc[broken[0]]!r}, not a number; leave "
                           "the cell empty or list the text under missing_values")
    values = numbers.to_numpy(dtype=float)
    infinite = np.flatnonzero(np.isinf(values))
    if len(infinite):
        raise WeatherError(f"{path}:{lines[infinite[0]]}: {header} is infinite")
    return values


def window(source: Source, start_utc: np.datetime64, duration_s: int) -> tuple[Source, int]:
    """The intervals that a run needs.

    Parameters
    ----------
    source : table with UTC stamps
    start_utc, duration_s : span of the run

    Returns
    -------
    Source : from one interval before the run to one after it, as far as the file goes
    int : start of its first interval in seconds from the start of the run

    Raises
    ------
    WeatherError
        If the file does not cover the run; names both spans.
    """
    lead_s = int((start_utc.astype("datetime64[s]") - source.first.astype("datetime64[s]")).astype(int))
    if lead_s < 0 or lead_s + duration_s > source.n * source.interval_s:
        end = start_utc.astype("datetime64[s]") + np.timedelta64(duration_s, "s")
        raise WeatherError(
            f"{source.file}: holds {source.stamp(0)} to {source.stamp(source.n)}, the run needs "
            f"{str(start_utc.astype('datetime64[s]')).replace('T', ' ')} to {str(end).replace('T', ' ')} (UTC); "
            "choose another start or duration, or another file")
    first = max(lead_s // source.interval_s - 1, 0)
    last = min(-(-(lead_s + duration_s) // source.interval_s) + 1, source.n)
    return source.part(first, last), first * source.interval_s - lead_s
