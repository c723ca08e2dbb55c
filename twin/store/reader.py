"""Reads a run directory: while it grows, after it ended, after kill -9."""

from __future__ import annotations

import json
import math
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from twin.component import Event
from twin.errors import RunStoreError, WrongRunError
from twin.store import layout
from twin.store.meta import RunMeta
from twin.store.run_data import RunData

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
SUPERBLOCK_BYTES = 48
END_OF_FILE_AT = 28


def read_run(directory: Path | str) -> RunData:
    """All series of a run up to its last whole row.

    Raises
    ------
    RunStoreError
        If it is no run directory or its files are damaged.
    """
    directory = Path(directory)
    meta = RunMeta.read(directory)
    blocks, steps, columns = read_tables(directory)
    duration_s = min((len(blocks[key]) * steps[key] for key in blocks), default=0)
    values: dict[str, np.ndarray] = {}
    index = {column: (key, i) for key, names in columns.items() for i, column in enumerate(names)}
    for name, record in meta.components.items():
        for output in record.outputs:
            key, i = _column(index, f"{name}.{output}", directory)
            values[f"{name}.{output}"] = blocks[key][:, i]
        for output, labels in record.vectors.items():
            where = [_column(index, f"{name}.{output}[{label}]", directory) for label in labels]
            table = blocks[where[0][0]] if where else np.empty((0, 0))
            values[f"{name}.{output}"] = table[:, [i for _, i in where]]
    for name, record in meta.components.items():
        n = math.ceil(duration_s / record.step_s)  # the last row of a slow component may have begun only
        for key in [k for k in values if k.startswith(name + ".")]:
            values[key] = values[key][:n]
    return RunData(
        name=meta.name, start=datetime.fromisoformat(meta.start), timezone=meta.timezone, duration_s=duration_s,
        step_s=meta.step_s, currency=meta.currency, components=meta.components, values=values,
        events=[e for e in read_events(directory, list(meta.components)) if e.t_s < duration_s],
        scenario=_read_scenario(directory), directory=directory,
    )


def _column(index: dict[str, tuple[str, int]], name: str, directory: Path) -> tuple[str, int]:
    if name not in index:
        raise RunStoreError(f"{directory / layout.RESULTS}: series {name!r} is missing; the run is damaged")
    return index[name]


def read_tables(directory: Path) -> tuple[dict[str, np.ndarray], dict[str, int], dict[str, list[str]]]:
    """Raw tables: (key → rows, key → step, key → column names).

    Opened as an SWMR reader even when no writer is left: the only way to read the file of a killed writer.
    """
    import h5py

    path = directory / layout.RESULTS
    try:
        _refuse_cut_off(path)
        with h5py.File(path, "r", libver="latest", swmr=True) as file:
            blocks, steps, columns = {}, {}, {}
            for key, group in file.items():
                n = group["t_s"].shape[0]
                blocks[key] = group["values"][:n]
                steps[key] = int(group.attrs["step_s"])
                columns[key] = [c.decode() for c in group["columns"][:]]
            return blocks, steps, columns
    except FileNotFoundError:
        raise _missing(path) from None
    except (OSError, KeyError, ValueError) as error:
        raise RunStoreError(f"{path}: cannot be read ({error})") from None


def _missing(results: Path) -> RunStoreError:
    """A run that left a snapshot had results; before that nothing is lost."""
    if (results.parent / layout.CHECKPOINT).is_file():
        return RunStoreError(f"{results}: the run's results are missing; put the file back from a copy, or run the "
                             "scenario anew")
    return WrongRunError(f"{results}: missing; the run was stopped before its first results, `twin resume "
                         f"{results.parent}` starts it anew")


def _refuse_cut_off(path: Path) -> None:
    """An SWMR reader does not notice that a file ends too early: it waits for ever, or reads zeros.

    The superblock (version 2 or 3: HDF5 file format specification, section II.A) holds the end of the file.
    """
    with path.open("rb") as file:
        head = file.read(SUPERBLOCK_BYTES)
    if len(head) < SUPERBLOCK_BYTES or not head.startswith(HDF5_SIGNATURE):
        raise RunStoreError(f"{path}: cannot be read (it is no HDF5 file, or only its beginning)")
    end = int.from_bytes(head[END_OF_FILE_AT:END_OF_FILE_AT + 8], "little")
    size = path.stat().st_size
    if size < end:
        raise RunStoreError(f"{path}: cut off, {size} of {end} bytes are there; copy it again, or run anew")


def read_events(directory: Path, component_order: list[str]) -> list[Event]:
    """Events in order of time, then of components; a half-written last line is dropped."""
    path = directory / layout.EVENTS
    if not path.is_file():
        return []
    events = []
    lines = path.read_text(errors="replace").split("\n")
    for number, line in enumerate(lines):
        if not line:
            continue
        try:
            events.append(Event(**json.loads(line)))
        except (ValueError, TypeError):
            if number < len(lines) - 1:
                raise RunStoreError(f"{path}:{number + 1}: damaged event record") from None
    rank = {name: i for i, name in enumerate(component_order)}
    return sorted(events, key=lambda e: (e.t_s, rank.get(e.component, len(rank))))


def _read_scenario(directory: Path) -> dict[str, Any]:
    from twin.scenario.yaml_source import read_yaml

    path = directory / layout.SCENARIO
    return read_yaml(path).data if path.is_file() else {}
