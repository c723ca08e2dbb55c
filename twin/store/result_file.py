"""The HDF5 file of a run: one growing table per component type, in single-writer-multiple-reader (SWMR) mode.

Everything is created before SWMR mode starts (nothing can be added after). Rows are written before their times, so that
the length of ``t_s`` is the number of whole rows at any moment, also after kill -9.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from twin.errors import StoreWriteError
from twin.store.layout import FORMAT_VERSION
from twin.store.tables import Table

CHUNK_ROWS = 256
TIME_CHUNK_ROWS = 4096

_NAMED = {number: os.strerror(number).lower() for number in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO)}
"""How HDF5 names in its text what the system told it."""
_ABANDONED: list[Any] = []
"""Files that could not be written any more. HDF5 would write again when their objects are freed, fail again, and end
the process with it; so they are kept until the process leaves by itself."""


class ResultFile:
    """An open ``run.h5``."""

    def __init__(self, path: Path, tables: list[Table]) -> None:
        import h5py

        self.directory = path.parent
        self._datasets: dict[str, tuple[Any, Any]] = {}
        try:
            self._file = h5py.File(path, "w", libver="latest")
            self._file.attrs["format"] = FORMAT_VERSION
            for table in tables:
                self._datasets[table.key] = self._create(table)
            self._file.swmr_mode = True
        except (OSError, RuntimeError) as error:
            raise self._failed(error) from error

    def _create(self, table: Table) -> tuple[Any, Any]:
        group = self._file.create_group(table.key)
        width = len(table.columns)
        values = group.create_dataset("values", (0, width), maxshape=(None, width), chunks=(CHUNK_ROWS, max(width, 1)),
                                      dtype="f8")
        times = group.create_dataset("t_s", (0,), maxshape=(None,), chunks=(TIME_CHUNK_ROWS,), dtype="i8")
        group.attrs["step_s"] = table.step_s
        group.create_dataset("columns", data=np.array([c.encode() for c in table.columns]))
        return values, times

    def append(self, table: Table, block: np.ndarray) -> None:
        """Add rows, shape (n, columns), after the last one.

        Raises
        ------
        StoreWriteError
            If they cannot be written, for example on a full disk.
        """
        if not len(block):
            return
        values, times = self._datasets[table.key]
        first = times.shape[0]
        try:
            values.resize(first + len(block), axis=0)
            values[first:] = block
            values.flush()
            times.resize(first + len(block), axis=0)
            times[first:] = np.arange(first, first + len(block)) * table.step_s
        except (OSError, RuntimeError) as error:
            raise self._failed(error) from error

    def flush(self) -> None:
        """Hand everything to the operating system; from here on it survives kill -9."""
        self._try(self._file.flush)

    def sync(self) -> None:
        """Make sure that everything is on the disk; from here on it survives a power cut."""
        self._try(lambda: os.fsync(self._file.id.get_vfd_handle()))

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except (OSError, RuntimeError) as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """End the file properly."""
        try:
            self._datasets.clear()
            self._file.close()
        except (OSError, RuntimeError) as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> StoreWriteError:
        _ABANDONED.append((self, dict(self._datasets)))
        return cannot_write(self.directory, error)


def cannot_write(directory: Path, error: Exception) -> StoreWriteError:
    """A full disk and its relatives, in words."""
    detail = " ".join(str(error).split())
    number = getattr(error, "errno", None) or next((n for n, name in _NAMED.items() if name in detail.lower()), None)
    reason = os.strerror(number) if number else "unknown reason"
    return StoreWriteError(f"{directory}: the run cannot be written: {reason}; make room on the disk or mend it, then "
                           f"`twin resume {directory}` continues from the last snapshot (details: {detail})")
