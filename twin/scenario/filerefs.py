"""Turns the file names of a scenario into absolute paths (see ``twin.scenario.datafile`` for what may be written)."""

from __future__ import annotations

import difflib
import importlib.util
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from twin.scenario.origins import SET_PREFIX, display_file

PVLIB_PREFIX = "pvlib:"


def find_file(name: str, written_in: str, roots: Sequence[Path]) -> str:
    """Absolute path of a data file.

    Parameters
    ----------
    name : what the scenario says.
    written_in : the file that says it, or ``--set ...``; relative names are looked up beside it first.
    roots : folders to look in next.

    Raises
    ------
    ValueError
        With every folder that was searched and the nearest name there.
    """
    if name.startswith(PVLIB_PREFIX):
        return _shipped_with_pvlib(name.removeprefix(PVLIB_PREFIX))
    beside = Path.cwd() if written_in.startswith(SET_PREFIX) else Path(written_in).parent
    folders = list(dict.fromkeys([beside, *roots]))
    try:
        candidates = [(folder / name).resolve() for folder in folders]
        found = next((path for path in candidates if path.is_file()), None)
    except (OSError, ValueError, RuntimeError):
        raise ValueError(f"{name[:80]!r} cannot be the name of a file") from None
    if found is not None:
        return str(found)
    if Path(name).is_absolute():
        raise ValueError(f"no file {name!r}{_near(Path(name).name, _names([Path(name).parent]))}")
    looked = ", ".join(display_file(str(folder)) for folder in folders)
    there = _names([(folder / name).parent for folder in folders])
    raise ValueError(f"no file {name!r}; looked in {looked}{_near(Path(name).name, there)}")


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
