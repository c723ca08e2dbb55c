"""Writes a run while it goes on: results (HDF5), events (JSON lines), and a snapshot now and then."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import numpy as np

from twin.component import Component, Event
from twin.errors import RunStoreError
from twin.store import layout
from twin.store.lock import WriterLock
from twin.store.result_file import CHUNK_ROWS, ResultFile, cannot_write
from twin.store.snapshot import Snapshot, SnapshotCollector
from twin.store.tables import Table, tables_of

FLUSH_EVERY_S = 1.0
"""Wall seconds between flushes: a live viewer is at most this far behind."""


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
        self._file: ResultFile | None = None

    def open_new(self) -> None:
        """Start an empty result file."""
        self._file = ResultFile(self.directory / layout.RESULTS, self.tables)
        self._events_file = self._open_events(layout.EVENTS)

    def open_continued(self, until_s: int, blocks: dict[str, np.ndarray], events: list[Event]) -> None:
        """Continue after a snapshot at ``until_s``: rows before it go to a fresh file, which then replaces the old one.

        An HDF5 file left in SWMR mode by a killed process cannot be appended to safely.
        """
        results = self.directory / (layout.RESULTS + ".continuing")
        kept_events = self.directory / (layout.EVENTS + ".continuing")
        self._file = ResultFile(results, self.tables)
        for table in self.tables:
            rows = until_s // table.step_s
            if len(blocks[table.key]) < rows:
                raise RunStoreError(f"{self.directory}: {table.key} has {len(blocks[table.key])} rows, the snapshot "
                                    f"needs {rows}; the results are damaged, run the scenario anew")
            self._file.append(table, blocks[table.key][:rows])
            table.written = rows
        self._file.flush()
        self._events_file = self._open_events(kept_events.name)
        self._write_events(e for e in events if e.t_s < until_s)
        results.replace(self.directory / layout.RESULTS)
        kept_events.replace(self.directory / layout.EVENTS)

    def _open_events(self, name: str) -> IO[str]:
        try:
            return (self.directory / name).open("w")
        except OSError as error:
            raise cannot_write(self.directory, error) from error

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
        if self._file is None:
            raise RunStoreError(f"{self.directory}: the run store is not open")
        for table in self.tables:
            self._file.append(table, table.take())
        self._file.flush()
        self._write_events(self._events)
        self._events = []

    def _write_events(self, events: Iterable[Event]) -> None:
        if self._events_file is None:
            raise RunStoreError(f"{self.directory}: the run store is not open")
        try:
            for event in events:
                self._events_file.write(json.dumps(dataclasses.asdict(event), ensure_ascii=False) + "\n")
            self._events_file.flush()
        except OSError as error:
            raise cannot_write(self.directory, error) from error

    def _checkpoint_due(self, t_s: int) -> bool:
        return t_s > 0 and time.monotonic() - self._last_checkpoint >= self._checkpoint_every_s

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """Rows first, then the snapshot that refers to them."""
        self.flush()
        try:
            self._sync()
            snapshot.write(self.directory / layout.CHECKPOINT)
        except OSError as error:
            raise cannot_write(self.directory, error) from error
        self._last_checkpoint = time.monotonic()

    def _sync(self) -> None:
        """Results before the snapshot that counts on them, also through a power cut."""
        if self._file is not None and self._events_file is not None:
            self._file.sync()
            os.fsync(self._events_file.fileno())

    def close(self) -> None:
        """Release the files; called on success and on failure alike."""
        try:
            if self._file is not None:
                self._file.close()
            if self._events_file is not None:
                self._events_file.close()
        except OSError as error:
            raise cannot_write(self.directory, error) from error
        finally:
            self._file = self._events_file = None
            self.lock.release()
