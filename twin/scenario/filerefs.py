"""Turns the file names of a scenario into absolute paths (see ``twin.scenario.datafile`` for what may be written).

A scenario from a stranger reads no other file of the machine: what it names must lie, links followed, below the folder
of the starting file, a root, or a folder of the environment variable ``PARKTWIN_DATA_ROOTS``. The person at the
keyboard names any file with ``--set``.
"""

from __future__ import annotations

import difflib
import importlib.util
import os
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from twin.scenario.origins import SET_PREFIX, display_file

PVLIB_PREFIX = "pvlib:"
DATA_ROOTS_VARIABLE = "PARKTWIN_DATA_ROOTS"


def find_file(name: str, written_in: str, roots: Sequence[Path], *, trusted: bool = False) -> str:
    """Absolute path of a data file.

    Parameters
    ----------
    name : what the scenario says.
    written_in : the file that says it, or ``--set ...``; relative names are looked up beside it first.
    roots : folders to look in next; with those of ``PARKTWIN_DATA_ROOTS`` the only ones below which a file may lie.
    trusted : the file may lie anywhere, as with ``--set``.

    Raises
    ------
    ValueError
        With every folder that was searched and the nearest name there, or that the file lies outside.
    """
    if name.startswith(PVLIB_PREFIX):
        return _shipped_with_pvlib(name.removeprefix(PVLIB_PREFIX))
    by_hand = written_in.startswith(SET_PREFIX)
    folders = list(dict.fromkeys([Path.cwd() if by_hand else Path(written_in).parent, *roots]))
    try:
        bounds = None if by_hand or trusted else [folder.resolve() for folder in (*roots, *_data_roots())]
        candidates = {folder: (folder / name).resolve() for folder in folders}
        inside = {folder: path for folder, path in candidates.items() if _within(path, bounds)}
        found = next((path for path in inside.values() if path.is_file()), None)
    except (OSError, ValueError, RuntimeError):
        raise ValueError(f"{name[:80]!r} cannot be the name of a file") from None
    if found is not None:
        return str(found)
    if folders[0] not in inside:  # the same words whether there is such a file or not
        raise ValueError(f"{name!r} lies outside the folder of the scenario; give it on the command line (--set), or "
                         f"name its folder in the environment variable {DATA_ROOTS_VARIABLE} (several with "
                         f"{os.pathsep!r} between)")
    if Path(name).is_absolute():
        raise ValueError(f"no file {name!r}{_near(Path(name).name, _names([Path(name).parent]))}")
    looked = ", ".join(display_file(str(folder)) for folder in folders)
    there = _names([(folder / name).parent for folder in inside])
    raise ValueError(f"no file {name!r}; looked in {looked}{_near(Path(name).name, there)}")


def _data_roots() -> list[Path]:
    return [Path(folder) for folder in os.environ.get(DATA_ROOTS_VARIABLE, "").split(os.pathsep) if folder]


def _within(path: Path, bounds: Sequence[Path] | None) -> bool:
    return bounds is None or any(path.is_relative_to(bound) for bound in bounds)


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
        raise ValueError(f"pvlib ships no file {name[:80]!r}{_near(name, there)}")
    return str(folder / name)


def _names(folders: Iterable[Path]) -> set[str]:
    names: set[str] = set()
    for folder in folders:
        try:
            names.update(path.name for path in folder.iterdir())
        except (OSError, ValueError):
            continue
    return names


def _near(name: str, there: set[str]) -> str:
    near = difflib.get_close_matches(name, sorted(there), 1)
    return f"; did you mean {near[0]!r}?" if near else ""
