"""The scenario's key ``data_dir``: a folder of data that does not travel with the scenario, usually given at the call.

``--set data_dir=FOLDER`` is relative to the current directory and may name any folder. In a file the name is relative
to that file, and the folder must lie where data files may lie (``twin.scenario.filerefs``). ``data_dir: null`` says
that the folder is to be given.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from twin.errors import Problem
from twin.scenario.filerefs import NO_DATA_DIR, DataDir, data_bounds, near_file, outside, within
from twin.scenario.origins import SET_PREFIX, KeyPath, SourceMap, display_file

KEY = "data_dir"
DATA_DIR: KeyPath = (KEY,)
TO_BE_GIVEN = DataDir(remedy="the data_dir of this scenario is to be given: --set data_dir=FOLDER")
UNUSABLE = DataDir(unusable=True)


def find_data_dir(source: SourceMap, roots: Sequence[Path], *, trusted: bool = False) -> tuple[DataDir, list[Problem]]:
    """The folder, which becomes absolute in ``source.data``, and what is wrong with it.

    Parameters
    ----------
    source : the merged scenario.
    roots : folders below which a folder named in a file must lie, with those of ``PARKTWIN_DATA_ROOTS``.
    trusted : it may lie anywhere and need not exist any more: for a scenario whose files are absolute already.
    """
    name = source.value(DATA_DIR)
    if name is None:
        return TO_BE_GIVEN if DATA_DIR in source.removed else NO_DATA_DIR, []
    if not isinstance(name, str) or not name:  # reported with the top level
        return UNUSABLE, []
    written_in = source.origins[DATA_DIR].file
    by_hand = written_in.startswith(SET_PREFIX)
    try:
        folder = ((Path.cwd() if by_hand else Path(written_in).parent) / name).resolve()
        bounds = None if by_hand or trusted else data_bounds(roots)
        mistake = None if trusted else _mistake(name, folder, bounds)
    except (OSError, ValueError, RuntimeError):
        mistake = f"{name[:80]!r} cannot be the name of a folder"
    if mistake is not None:
        return UNUSABLE, [source.problem(DATA_DIR, mistake)]
    source.data[KEY] = str(folder)
    return DataDir(folder, trusted=by_hand or trusted), []


def _mistake(name: str, folder: Path, bounds: Sequence[Path] | None) -> str | None:
    """What is wrong with a folder; outside the bounds the same words whether it is there or not."""
    if not within(folder, bounds):
        return f"{name!r} {outside('give it on the command line (--set data_dir=FOLDER)')}"
    if folder.is_dir():
        return None
    if folder.is_file():
        return f"{name!r} is a file; give the folder it lies in"
    near = near_file(folder.name, _folders(folder.parent))
    return f"no folder {name!r}; looked for {display_file(str(folder))}{near}"


def _folders(parent: Path) -> list[str]:
    try:
        return [path.name for path in parent.iterdir() if path.is_dir()]
    except OSError:
        return []
