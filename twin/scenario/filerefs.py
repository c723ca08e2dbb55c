"""Turns the file names of a scenario into absolute paths (see ``twin.scenario.datafile`` for what may be written).

A scenario from a stranger reads no other file of the machine: what it names must lie, links followed, below the folder
of the starting file, a root, or a folder of the environment variable ``PARKTWIN_DATA_ROOTS``. The person at the
keyboard names any file with ``--set``, and with ``--set data_dir=FOLDER`` a folder from which the scenario may read.
"""

from __future__ import annotations

import difflib
import importlib.util
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from twin.scenario.origins import SET_PREFIX, display_file

PVLIB_PREFIX = "pvlib:"
DATA_ROOTS_VARIABLE = "PARKTWIN_DATA_ROOTS"


@dataclass(frozen=True, slots=True)
class DataDir:
    """The scenario's ``data_dir``: the folder in which data files with relative names are looked for first."""

    folder: Path | None = None
    """Absolute; None where none is given."""
    unusable: bool = False
    """One is given but cannot be used: which files are missing is not known before it is mended."""
    trusted: bool = False
    """Files below it may be read wherever it lies: the person at the keyboard named it."""
    remedy: str = "data in another folder: give --set data_dir=FOLDER"
    """What to say where a file is not found and no folder is given."""


NO_DATA_DIR = DataDir()


def find_file(
    name: str, written_in: str, roots: Sequence[Path], *, data_dir: DataDir = NO_DATA_DIR, trusted: bool = False
) -> str:
    """Absolute path of a data file.

    Parameters
    ----------
    name : what the scenario says.
    written_in : the file that says it, or ``--set ...``; relative names are looked up in ``data_dir`` and then beside
        it, those of ``--set`` in the current directory and then in ``data_dir``.
    roots : folders to look in next; with those of ``PARKTWIN_DATA_ROOTS`` and a trusted ``data_dir`` the only ones
        below which a file may lie.
    trusted : the file may lie anywhere, as with ``--set``.

    Raises
    ------
    ValueError
        With every folder that was searched and the nearest name there, or that the file lies outside.
    """
    if name.startswith(PVLIB_PREFIX):
        return _shipped_with_pvlib(name.removeprefix(PVLIB_PREFIX))
    by_hand = written_in.startswith(SET_PREFIX)
    own = Path.cwd() if by_hand else Path(written_in).parent
    given = [data_dir.folder] if data_dir.folder is not None else []
    folders = list(dict.fromkeys([own, *given, *roots] if by_hand else [*given, own, *roots]))
    try:
        bounds = None if by_hand or trusted else [*data_bounds(roots), *(given if data_dir.trusted else ())]
        candidates = {folder: (folder / name).resolve() for folder in folders}
        inside = {folder: path for folder, path in candidates.items() if within(path, bounds)}
        found = next((path for path in inside.values() if path.is_file()), None)
    except (OSError, ValueError, RuntimeError):
        raise ValueError(f"{name[:80]!r} cannot be the name of a file") from None
    if found is not None:
        return str(found)
    if inside.keys().isdisjoint((own, *given)):  # the same words whether there is such a file or not
        raise ValueError(f"{name!r} {outside('give it on the command line (--set)')}")
    if Path(name).is_absolute():
        raise ValueError(f"no file {name!r}{near_file(Path(name).name, _names([Path(name).parent]))}")
    looked = ", ".join(_shown(folder, data_dir) for folder in folders)
    there = _names([(folder / name).parent for folder in inside])
    remedy = "" if given or by_hand else f" ({data_dir.remedy})"
    raise ValueError(f"no file {name!r}; looked in {looked}{near_file(Path(name).name, there)}{remedy}")


def outside(by_hand: str) -> str:
    """What is wrong with a name that leads out of the folders a scenario may read, and the ways on."""
    return (f"lies outside the folder of the scenario; {by_hand}, or name its folder in the environment variable "
            f"{DATA_ROOTS_VARIABLE} (several with {os.pathsep!r} between)")


def data_bounds(roots: Sequence[Path]) -> list[Path]:
    """The folders below which everything must lie that a scenario file names, links followed."""
    return [folder.resolve() for folder in (*roots, *_data_roots())]


def within(path: Path, bounds: Sequence[Path] | None) -> bool:
    """Whether a path lies below one of the folders; without bounds it always does."""
    return bounds is None or any(path.is_relative_to(bound) for bound in bounds)


def _shown(folder: Path, data_dir: DataDir) -> str:
    return display_file(str(folder)) + (" (data_dir)" if folder == data_dir.folder else "")


def _data_roots() -> list[Path]:
    return [Path(folder) for folder in os.environ.get(DATA_ROOTS_VARIABLE, "").split(os.pathsep) if folder]


@cache
def _pvlib_data() -> Path | None:
    spec = importlib.util.find_spec("pvlib")
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]).resolve() / "data" if places else None


def _shipped_with_pvlib(name: str) -> str:
    folder = _pvlib_data()
    if folder is None:
        raise ValueError("pvlib is not installed, so its files cannot be used")
    there = _names([folder])
    if name not in there:
        raise ValueError(f"pvlib ships no file {name[:80]!r}{near_file(name, there)}")
    return str(folder / name)


def _names(folders: Iterable[Path]) -> set[str]:
    names: set[str] = set()
    for folder in folders:
        try:
            names.update(path.name for path in folder.iterdir())
        except (OSError, ValueError):
            continue
    return names


def near_file(name: str, there: Iterable[str]) -> str:
    """``; did you mean ...?`` or nothing."""
    near = difflib.get_close_matches(name, sorted(there), 1)
    return f"; did you mean {near[0]!r}?" if near else ""
