"""The layers of a scenario: the files it extends, the file itself, ``--set``; each on top of the one before.

``extends`` names one file or a list of files, beside the file that says so or in one of the roots, and never outside
the roots: a scenario from a stranger reads no other file of the machine as YAML.
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twin.errors import Problem
from twin.scenario.datadir import DATA_DIR
from twin.scenario.limits import drop_limits_of_removed
from twin.scenario.merge import deep_merge, merged_origins, null_paths, paths_with_values, without_nulls
from twin.scenario.origins import KeyPath, SourceMap, display_file, scenario_error
from twin.scenario.overrides import apply_set
from twin.scenario.packaged import SUFFIXES
from twin.scenario.yaml_source import read_layer

EXTENDS = "extends"
MAX_FILES = 50
IDLE_NULL = ("nothing is written here and nothing below to remove; give a value, or leave the key out "
             "(in { } a comma ends a value: write 1.2, not 1,2)")


def load_layers(file: Path, sets: Sequence[str], roots: Sequence[Path]) -> SourceMap:
    """A scenario file merged with all it extends and with the values of ``--set``.

    Parameters
    ----------
    file : the starting file.
    sets : ``path=value`` each, e.g. ``assets.bess.power_mw=12``; applied in order.
    roots : folders that ``extends`` may reach, besides the folder of the starting file.

    Raises
    ------
    ScenarioError
        With file, line and column.
    """
    file = file.resolve()
    bounds = [file.parent, *(root.resolve() for root in roots)]
    loader = _Loader(bounds)
    merged = loader.load(file, ())
    merged.data = copy.deepcopy(merged.data)
    for text in sets:
        apply_set(merged, text)
    idle = [merged.problem(path, IDLE_NULL, at_key=True) for path in null_paths(merged.data)
            if path not in loader.written and path != DATA_DIR]
    if idle:
        raise scenario_error(merged.with_no_numbers(idle), merged.lines)
    merged.removed = {path: merged.origins[path] for path in null_paths(merged.data)}
    merged.data = without_nulls(merged.data)
    for path in merged.removed:
        merged.origins.pop(path)
    drop_limits_of_removed(merged)
    return merged


class _Loader:
    """Loads each file once, however often it is extended."""

    def __init__(self, bounds: Sequence[Path]) -> None:
        self.bounds = bounds
        self.loaded: dict[Path, SourceMap] = {}
        self.written: set[KeyPath] = set()
        """Paths to which some layer gives a value, so that another one may remove it."""

    def load(self, file: Path, chain: tuple[Path, ...]) -> SourceMap:
        if file in self.loaded:
            return self.loaded[file]
        own = read_layer(file)
        bases = self._bases(own, file, (*chain, file))
        own.data.pop(EXTENDS, None)
        own.origins = {path: origin for path, origin in own.origins.items() if path[:1] != (EXTENDS,)}
        self.written.update(paths_with_values(own.data))
        result: SourceMap | None = None
        for layer in (*(self.load(base, (*chain, file)) for base in bases), own):
            result = layer if result is None else _merged(result, layer)
        assert result is not None
        result.lines = {str(file): own.lines[str(file)], **result.lines}
        self.loaded[file] = result
        return result

    def _bases(self, own: SourceMap, file: Path, chain: tuple[Path, ...]) -> list[Path]:
        named = own.data.get(EXTENDS, [])
        items: list[tuple[KeyPath, Any]] = (
            [((EXTENDS, n), item) for n, item in enumerate(named)] if isinstance(named, list) else [((EXTENDS,), named)]
        )
        found: list[Path] = []
        problems: list[Problem] = []
        for path, item in items:
            if not isinstance(item, str):
                problems.append(own.problem(path, "the name of a scenario file is needed, or a list of names"))
                continue
            base = self._find(item, file)
            if isinstance(base, str):
                problems.append(own.problem(path, base))
            elif base in chain:
                names = " → ".join(step.name for step in (*chain[chain.index(base):], base))
                problems.append(own.problem(path, f"the files extend each other in a circle: {names}"))
            elif len(self.loaded) + len(chain) > MAX_FILES:
                problems.append(own.problem(path, f"more than {MAX_FILES} files extend each other"))
            else:
                found.append(base)
        if problems:
            raise scenario_error(own.with_no_numbers(problems), own.lines)
        return found

    def _find(self, name: str, file: Path) -> Path | str:
        """The file an ``extends`` means, or what is wrong with it."""
        folders = list(dict.fromkeys([file.parent, *self.bounds]))
        try:
            candidates = [(folder / name).resolve() for folder in folders]
            allowed = [c for c in candidates if any(c.is_relative_to(bound) for bound in self.bounds)]
            existing = next((c for c in allowed if c.is_file()), None)
        except (OSError, ValueError, RuntimeError):
            return f"{name[:80]!r} cannot be the name of a file"
        if not allowed:
            return f"{name!r} lies outside the scenario folders ({_listed(self.bounds)})"
        if existing is not None:
            return existing
        there = {str(path.relative_to(folder)) for folder in folders for path in _yaml_files((folder / name).parent)
                 if path.is_relative_to(folder)}
        near = difflib.get_close_matches(name, sorted(there), 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"no file {name!r}; looked in {_listed(folders)}{hint}"


def _listed(folders: Sequence[Path]) -> str:
    return ", ".join(dict.fromkeys(display_file(str(folder)) for folder in folders))


def _yaml_files(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.suffix in SUFFIXES]
    except OSError:
        return []


def _merged(base: SourceMap, over: SourceMap) -> SourceMap:
    return SourceMap(
        deep_merge(base.data, over.data),
        merged_origins(base.data, over.data, base.origins, over.origins),
        {**over.lines, **base.lines},
        no_numbers=[*base.no_numbers, *over.no_numbers],
    )
