"""Writes a run while it goes on: ``run.h5`` in SWMR mode, events as JSON lines, snapshots now and then.

Everything in the HDF5 file is created before SWMR mode starts (nothing can be added after). Rows are written before
their times, so that the length of ``t_s`` is the number of whole rows at any moment, also after kill -9.
"""

from __future__ import annotations

import dataclasses
import json
import math
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from twin.component import Component, Event
from twin.errors import RunStoreError
from twin.store import layout
from twin.store.lock import WriterLock
from twin.store.snapshot import Snapshot, SnapshotCollector
from twin.store.tables import Table, tables_of

if TYPE_CHECKING:
    import h5py

FLUSH_EVERY_S = 1.0
"""Wall seconds between flushes: a live viewer is at most this far behind."""
CHUNK_ROWS = 256


class RunWriter:
    """Listener of a run (see ``twin.cosim.adapter.Listener``) that stores it.

    Parameters
    ----------
    directory : an existing folder that holds no other run's results.
    components : name → component, in build order.
    types : name → type name.
    checkpoint_every_s : wall seconds between snapshots; has no influence on results.
    """

    def __init__(self, directory: Path, components: dict[str, Component], types: dict[str, str],
                 checkpoint_every_s: float) -> None:
        self.directory = directory
        self.tables: list[Table] = tables_of(components.values(), types)
        self._group_of = {g.component.name: g for t in self.tables for g in t.groups}
        self.align_s = math.lcm(*(c.step_s for c in components.values()))
        self._checkpoint_every_s = checkpoint_every_s
        self._collector = SnapshotCollector(list(components), self.align_s, self._checkpoint_due, self.save_snapshot)
        self._last_flush = self._last_checkpoint = time.monotonic()
        self._events: list[Event] = []
        self.lock = WriterLock(directory / layout.LOCK)
        self._events_file: IO[str] | None = None
        self._file: h5py.File | None = None

    def open_new(self) -> None:
        """Start an empty result file."""
        self._create(directory_file=layout.RESULTS)
        self._events_file = (self.directory / layout.EVENTS).open("w")

    def open_continued(self, until_s: int, blocks: dict[str, np.ndarray], events: list[Event]) -> None:
        """Continue after a snapshot at ``until_s``: rows before it go to a fresh file, which then replaces the old one.

        An HDF5 file left in SWMR mode by a killed process cannot be appended to safely.
        """
        temporary = layout.RESULTS + ".continuing"
        self._create(directory_file=temporary)
        for table in self.tables:
            self._append(table, blocks[table.key][: until_s // table.step_s])
            table.written = until_s // table.step_s
        self._require().flush()
        kept = self.directory / (layout.EVENTS + ".continuing")
        self._events_file = kept.open("w")
        self._write_events(e for e in events if e.t_s < until_s)
        (self.directory / temporary).replace(self.directory / layout.RESULTS)
        kept.replace(self.directory / layout.EVENTS)

    def _create(self, directory_file: str) -> None:
        import h5py

        try:
            file = h5py.File(self.directory / directory_file, "w", libver="latest")
            file.attrs["format"] = layout.FORMAT_VERSION
            for table in self.tables:
                group = file.create_group(table.key)
                width = len(table.columns)
                group.create_dataset("values", (0, width), maxshape=(None, width), chunks=(CHUNK_ROWS, max(width, 1)),
                                     dtype="f8")
                group.create_dataset("t_s", (0,), maxshape=(None,), chunks=(4096,), dtype="i8")
                group.attrs["step_s"] = table.step_s
                columns = np.array([c.encode() for c in table.columns])
                group.create_dataset("columns", data=columns)
            file.swmr_mode = True
        except OSError as error:
            raise _store_error(self.directory, error) from error
        self._file = file

    def _require(self) -> h5py.File:
        if self._file is None:
            raise RunStoreError(f"{self.directory}: the run store is not open")
        return self._file

    # ---- listener -------------------------------------------------------------------------------------------------

    def before_step(self, t_s: int, component: Component, last_outputs: Any) -> None:
        """Collect a snapshot when one is due."""
        self._collector.before_step(t_s, component, last_outputs)

    def after_step(self, t_s: int, component: Component, outputs: Any, events: list[Event]) -> None:
        """Keep outputs and events; write them out in blocks."""
        group = self._group_of[component.name]
        group.append(outputs)
        if events:
            self._events += events
        if len(group.rows) >= CHUNK_ROWS or time.monotonic() - self._last_flush > FLUSH_EVERY_S:
            self.flush()

    # ---- writing --------------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Write all whole rows and all events collected so far."""
        self._last_flush = time.monotonic()
        file = self._require()
        try:
            for table in self.tables:
                self._append(table, table.take())
            file.flush()
            self._write_events(self._events)
        except OSError as error:
            raise _store_error(self.directory, error) from error
        self._events = []

    def _append(self, table: Table, block: np.ndarray) -> None:
        if not len(block):
            return
        group = self._require()[table.key]
        values, times = group["values"], group["t_s"]
        first = times.shape[0]
        values.resize(first + len(block), axis=0)
        values[first:] = block
        values.flush()
        times.resize(first + len(block), axis=0)
        times[first:] = np.arange(first, first + len(block)) * table.step_s

    def _write_events(self, events: Iterable[Event]) -> None:
        if self._events_file is None:
            raise RunStoreError(f"{self.directory}: the run store is not open")
        for event in events:
            self._events_file.write(json.dumps(dataclasses.asdict(event), ensure_ascii=False) + "\n")
        self._events_file.flush()

    def _checkpoint_due(self, t_s: int) -> bool:
        return t_s > 0 and time.monotonic() - self._last_checkpoint >= self._checkpoint_every_s

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """Rows first, then the snapshot that refers to them."""
        self.flush()
        try:
            snapshot.write(self.directory / layout.CHECKPOINT)
        except OSError as error:
            raise _store_error(self.directory, error) from error
        self._last_checkpoint = time.monotonic()

    def close(self) -> None:
        """Release the files; called on success and on failure alike."""
        if self._file is not None:
            try:
                self._file.close()
            except (OSError, RuntimeError) as error:
                raise _store_error(self.directory, error) from error
            finally:
                self._file = None
        if self._events_file is not None:
            self._events_file.close()
            self._events_file = None
        self.lock.release()


def _store_error(directory: Path, error: Exception) -> RunStoreError:
    """A full disk and its relatives, in words."""
    return RunStoreError(f"{directory}: cannot write the run ({error}); make room on the disk, then "
                         f"`twin resume {directory}` continues from the last snapshot")
