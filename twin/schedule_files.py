"""Schedules as CSV and Parquet files, both ways.

A column ``time`` holds the interval starts, ISO 8601 with an offset from UTC; each further column is a set-point, named
``asset.port``. Numbers survive exactly. A Parquet file also carries what the schedule was made from; a CSV file does
not, its schedule has the file as its origin. Rows are counted as an editor shows them: the header of a CSV file is
line 1, the first row of a Parquet file is row 1. What a file must fit, and its mistakes: ``twin.schedule_checks``.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.schedule import Schedule, ScheduleError
from twin.schedule_checks import TIME, Expected, FileProblem, RawTable, ScheduleFileError, checked_schedule
from twin.store.snapshot import write_atomically

if TYPE_CHECKING:
    from twin.context import Calendar

CSV_SUFFIX = ".csv"
PARQUET_SUFFIXES = (".parquet", ".pq")
METADATA = b"parktwin_schedule"
"""Key of the schema metadata of a Parquet file."""


def write_schedule(schedule: Schedule, file: Path, calendar: Calendar) -> None:
    """Write a schedule, atomically; the stamps follow the site's clock. The suffix of the name chooses the format.

    Raises
    ------
    ScheduleError
        If the name has no such suffix, or the file cannot be written.
    """
    write = _write_parquet if _is_parquet(file) else _write_csv
    try:
        write(schedule, file, calendar)
    except OSError as error:
        raise ScheduleError(f"{file}: cannot be written ({error.strerror})") from None


def read_schedule(file: Path, expected: Expected) -> Schedule:
    """Read a schedule of this site.

    Raises
    ------
    ScheduleFileError
        With all mistakes of the file, 20 at most.
    """
    return checked_schedule(_read_parquet(file) if _is_parquet(file) else _read_csv(file), expected)


def _is_parquet(file: Path) -> bool:
    suffix = file.suffix.lower()
    if suffix != CSV_SUFFIX and suffix not in PARQUET_SUFFIXES:
        raise ScheduleError(f"{file}: the format is not known by {suffix or 'a name without suffix'!r}; "
                            f"name the file *{CSV_SUFFIX} or *{PARQUET_SUFFIXES[0]}")
    return suffix in PARQUET_SUFFIXES


def _write_csv(schedule: Schedule, file: Path, calendar: Calendar) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([TIME, *schedule.setpoints])
    columns = [values.tolist() for values in schedule.setpoints.values()]
    for t_s, *values in zip(schedule.horizon.times_s().tolist(), *columns, strict=True):
        writer.writerow([calendar.local(t_s).isoformat(), *map(repr, values)])
    write_atomically(file, text.getvalue())


def _write_parquet(schedule: Schedule, file: Path, calendar: Calendar) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    stamps = [calendar.local(t_s) for t_s in schedule.horizon.times_s().tolist()]
    plain = {name: value for name, value in schedule.as_plain().items() if name != "setpoints"}
    table = pa.table({TIME: pa.array(stamps, pa.timestamp("ms", tz=calendar.zone.key)), **schedule.setpoints})
    part = file.with_suffix(file.suffix + ".part")
    pq.write_table(table.replace_schema_metadata({METADATA: json.dumps(plain)}), part)
    part.replace(file)


def _read_csv(file: Path) -> RawTable:
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.reader(text, strict=True)
            header = next(reader, None)
            rows = [(reader.line_num, cells) for cells in reader if cells]
    except OSError as error:
        raise _unreadable(file, f"cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise _unreadable(file, f"is no text in UTF-8 (byte {error.start}); save it as CSV in UTF-8, or as Parquet "
                                f"with the ending {PARQUET_SUFFIXES[0]}") from None
    except csv.Error as error:
        raise _unreadable(file, f"is no CSV file ({error}); separate cells by commas, one line per interval") from None
    if not header:
        raise _unreadable(file, f"is empty; its first line must name the columns: {TIME},bess.p_set_mw,…")
    return RawTable(str(file), header, rows)


def _read_parquet(file: Path) -> RawTable:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(file)
        columns = [column.to_pylist() for column in table.itercolumns()]
    except OSError as error:
        raise _unreadable(file, f"cannot be read ({error.strerror or error})") from None
    except (pa.ArrowException, ValueError) as error:
        raise _unreadable(file, f"is no readable Parquet file ({str(error).strip()})") from None
    rows = list(enumerate(map(list, zip(*columns, strict=True)), start=1))
    return RawTable(str(file), table.column_names, rows, _metadata(file, table.schema.metadata or {}))


def _metadata(file: Path, stored: dict[bytes, bytes]) -> dict[str, Any] | None:
    if METADATA not in stored:
        return None
    try:
        data = json.loads(stored[METADATA])
    except ValueError as error:
        raise _unreadable(file, f"has damaged metadata {METADATA.decode()!r} ({error}); write the file anew") from None
    return data if isinstance(data, dict) else {}


def _unreadable(file: Path, message: str) -> ScheduleFileError:
    return ScheduleFileError([FileProblem(str(file), None, None, message)])
