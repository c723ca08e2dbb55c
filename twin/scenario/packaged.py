"""The scenarios that ship with the project, found at run time: the framework does not depend on any site."""

from __future__ import annotations

import difflib
import importlib.util
from functools import cache
from pathlib import Path

from twin.errors import ScenarioError
from twin.scenario.yaml_source import plain_yaml

PACKAGE = "scenarios"
SUFFIXES = (".yaml", ".yml")


@cache
def packaged_root() -> Path | None:
    """Folder of the packaged scenarios; None where the package is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]).resolve() if places else None


def packaged_scenarios() -> dict[str, Path]:
    """Name → file of what ``twin run NAME`` accepts: the YAML files directly in the folder."""
    root = packaged_root()
    if root is None:
        return {}
    return {file.stem: file for file in sorted(root.iterdir()) if file.suffix in SUFFIXES and file.is_file()}


def shipped_scenarios() -> dict[str, str]:
    """Name → description of the packaged scenarios."""
    return {name: str(plain_yaml(file).get("description", "")) for name, file in packaged_scenarios().items()}


def scenario_file(ref: str | Path) -> Path:
    """The file that a path or the name of a packaged scenario stands for.

    Raises
    ------
    ScenarioError
        If there is no such file and no such name; with the nearest names.
    """
    path = Path(ref)
    try:
        if path.is_file():
            return path.resolve()
        is_directory, is_there = path.is_dir(), path.exists()
    except (OSError, ValueError, RuntimeError):
        raise ScenarioError(f"{str(ref)[:80]!r} cannot be the name of a scenario file") from None
    known = packaged_scenarios()
    is_name = isinstance(ref, str) and path.suffix not in SUFFIXES and len(path.parts) == 1
    if is_name and ref in known:
        return known[str(ref)]
    if is_directory:
        inside = sorted(file.name for file in path.glob("*") if file.suffix in SUFFIXES)
        raise ScenarioError(f"{str(ref)!r} is a directory; name a scenario file" +
                            (f", e.g. {path / inside[0]}" if inside else ""))
    if is_there:
        raise ScenarioError(f"{str(ref)!r} is not a regular file; name a YAML file")
    what = "packaged scenario or file" if is_name else "file"
    near = difflib.get_close_matches(path.stem, known, 1)
    hint = f"; did you mean the packaged scenario {near[0]!r}?" if near else ""
    listed = f" (packaged: {', '.join(known)})" if known and not near else ""
    raise ScenarioError(f"no {what} {str(ref)!r}{hint}{listed}")
