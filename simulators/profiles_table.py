"""Tables of measured or given series: a CSV or Parquet file with a column of time stamps.

Stamps become UTC seconds; numbers stay in the unit of the file, empty cells become NaN. Every mistake is told with the
line of a CSV file (its header is line 1) or the row of a Parquet file (its first row is 1).
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simulators.environment.source import WeatherError
from simulators.environment.time_stamps import HAS_OFFSET, to_utc
from twin.errors import Problem, ScenarioError
from twin.suggest import did_you_mean

if TYPE_CHECKING:
    import pandas as pd

OTHER_SEPARATORS = (";", "\t", ",", "|")
PARQUET_SUFFIXES = (".parquet", ".pq")
HOUR_S = 3600
TABLES_KEPT = 4
"""Several components usually play columns of one file; reading a year of minutes takes more than a second."""


class ProfileError(ScenarioError):
    """A series cannot be used; the problem is placed at the parameter that says so."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__([Problem((parameter,), message)])


@dataclass(frozen=True, slots=True)
class TableFormat:
    """How a file is read."""

    time_column: str
    timezone: str
    """Clock of stamps without offset."""
    separator: str
    decimal: str


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file, their stamps increasing."""

    file: str
    stamps: np.ndarray
    """(n,) UTC, dtype datetime64[s]."""
    lines: np.ndarray
    """(n,) line or row in the file."""
    cells: pd.DataFrame
    decimal: str

    def column(self, name: str) -> np.ndarray:
        """The numbers of a column, shape (n,); NaN where the cell is empty.

        Raises
        ------
        ProfileError
            If there is no such column, or a cell is no finite number.
        """
        if name not in self.cells.columns:
            columns = [str(column) for column in self.cells.columns]
            raise ProfileError("column", f"{self.file}: no column {name!r}; {did_you_mean(name, columns)}")
        values, broken = _numbers(self.cells[name], self.decimal)
        if len(broken):
            row = int(broken[0])
            cell = self.cells[name].iloc[row]
            told = repr(cell) if isinstance(cell, str) else str(cell)
            raise ProfileError("column", f"{self.file}:{self.lines[row]}: {name} is {told}, "
                                         f"not a number with the decimal mark {self.decimal!r}; mend the cell, or say "
                                         "how the file is written with decimal and separator")
        return values


def read_table(file: str, how: TableFormat) -> Table:
    """Read a file, or hand out again what was read of it while it has not changed.

    Raises
    ------
    ProfileError
        If the file cannot be read, has no such column of stamps or fewer than two rows, or its stamps cannot be read
        or do not increase.
    """
    path = Path(file)
    try:
        found = path.stat()
    except OSError as error:
        near = did_you_mean(path.name, _names(path.parent)) if isinstance(error, FileNotFoundError) else "check it"
        raise ProfileError("file", f"{file}: cannot be read ({error.strerror}); {near}") from error
    return _read_table(file, how, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=TABLES_KEPT)
def _read_table(file: str, how: TableFormat, changed_ns: int, size: int) -> Table:
    """The time of the last change and the size stand for the content."""
    is_parquet = Path(file).suffix.lower() in PARQUET_SUFFIXES
    frame = _read_parquet(file) if is_parquet else _read_csv(file, how)
    if how.time_column not in frame.columns:
        columns = [str(column) for column in frame.columns]
        other = next((mark for mark in OTHER_SEPARATORS if len(columns) == 1 and mark in columns[0]), None)
        hint = did_you_mean(how.time_column, columns) if other is None else \
            f"the header {columns[0]!r} looks separated by {other!r}: set separator"
        raise ProfileError("time_column", f"{file}: no column {how.time_column!r} with the time stamps; {hint}")
    if len(frame) < 2:
        raise ProfileError("file", f"{file}: has {len(frame)} rows of data; a series needs two at least")
    lines = frame.index.to_numpy() + (1 if is_parquet else 2)
    texts = frame[how.time_column].astype(str).tolist()
    try:
        stamps = to_utc(texts, how.timezone, None, file, lambda row: int(lines[row]))
    except WeatherError as error:
        raise ProfileError("file", str(error)) from error
    late = np.flatnonzero(np.diff(stamps).astype(int) <= 0)
    if len(late):
        row = int(late[0]) + 1
        remedy = "sort the file by time and keep one row per stamp"
        back_s, step_s = ((stamps[k - 1] - stamps[k]).astype(int) for k in (row, max(row - 1, 1)))
        if back_s - step_s == HOUR_S and not re.search(HAS_OFFSET, texts[row]):
            remedy = (f"stamps without an offset are read by the clock of {how.timezone}; if this is the hour that "
                      f"comes twice when summer time ends, declare its clock with timezone, else {remedy}")
        raise ProfileError("file", f"{file}:{lines[row]}: stamp {texts[row]!r} does not come after {texts[row - 1]!r} "
                                   f"in line {lines[row - 1]}; {remedy}")
    return Table(file, stamps, lines, frame.drop(columns=how.time_column), how.decimal)


def _read_csv(file: str, how: TableFormat) -> pd.DataFrame:
    import pandas as pd

    try:
        with Path(file).open(encoding="utf-8-sig", newline="") as text, warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # cells beyond the header would be dropped
            frame = pd.read_csv(text, sep=how.separator, decimal=how.decimal, dtype={how.time_column: str},
                                skip_blank_lines=False, index_col=False, low_memory=False)
    except OSError as error:
        raise ProfileError("file", f"{file}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ProfileError("file", f"{file}: is no text in UTF-8 (byte {error.start}); save it as CSV in UTF-8, or as "
                                   f"Parquet with the ending {PARQUET_SUFFIXES[0]}") from error
    except pd.errors.EmptyDataError as error:
        raise ProfileError("file", f"{file}: is empty") from error
    except (pd.errors.ParserError, pd.errors.ParserWarning, ValueError) as error:
        raise ProfileError("file", f"{file}: is no table with the separator {how.separator!r} and the decimal mark "
                                   f"{how.decimal!r}: {str(error).strip()}; set separator and decimal") from error
    return frame.dropna(how="all")


def _read_parquet(file: str) -> pd.DataFrame:
    import pandas as pd

    try:
        frame = pd.read_parquet(file)
    except ImportError as error:
        raise ProfileError("file", f"{file}: reading Parquet needs the package pyarrow, which is not installed; "
                                   "install it, or save the table as CSV") from error
    except Exception as error:  # pyarrow's errors share no class of ours
        raise ProfileError("file", f"{file}: is no readable Parquet file: {error}") from error
    named = [name for name in frame.index.names if name is not None]
    return frame.reset_index(drop=not named)


def _numbers(column: pd.Series, decimal: str) -> tuple[np.ndarray, np.ndarray]:
    """Values with NaN for empty cells, and the rows whose cells are no finite numbers."""
    import pandas as pd
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    if is_numeric_dtype(column) and not is_bool_dtype(column):
        values = column.to_numpy(dtype=float, na_value=np.nan)
        return values, np.flatnonzero(np.isinf(values))
    texts = column.astype("string").str.strip().replace("", pd.NA)
    if decimal != ".":  # 1.234 is not one and a quarter where the comma is the decimal mark
        texts = texts.str.translate(str.maketrans({decimal: ".", ".": decimal}))
    values = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    broken = (np.isnan(values) & texts.notna().to_numpy()) | np.isinf(values)
    return values, np.flatnonzero(broken)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir())
    except OSError:
        return []
