"""``--set path=value``: one value on top of a scenario, with the command line as its origin.

The path is written with dots (``assets.bess.power_mw``, list items by index from 0); the value is YAML.
"""

from __future__ import annotations

import difflib
import re
from typing import Any

from twin.errors import Problem, ScenarioError
from twin.scenario.merge import deep_merge, paths_of, replaced_paths
from twin.scenario.origins import SET_PREFIX, KeyPath, Origin, SourceMap
from twin.scenario.yaml_source import parse_value

_SET = re.compile(r"(?P<path>[^=\s.]+(?:\.[^=\s.]+)*)=(?P<value>.*)", re.DOTALL)


def apply_set(merged: SourceMap, text: str) -> None:
    """Put the value of ``path=value`` into a scenario, in place; null marks the key as removed.

    Raises
    ------
    ScenarioError
        If the text is not ``path=value``, the value is not YAML, or the path leads through something without keys.
    """
    match = _SET.fullmatch(text)
    if match is None or not match["value"].strip():
        raise ScenarioError(f"{SET_PREFIX}{text}: write path=value, for example {SET_PREFIX}assets.bess.power_mw=12; "
                            "the value null removes a key")
    file = SET_PREFIX + text
    merged.lines[file] = [text]
    value, places = _parsed(text, match.start("value"))
    path = _path(merged, match["path"].split("."), file)
    parent = _parent(merged, path, file)
    last: Any = path[-1]
    before = parent.get(last) if isinstance(parent, dict) else parent[last]
    if value is None and before is None:
        known = [key for key, there in parent.items() if there is not None] if isinstance(parent, dict) else []
        raise _error(merged, path, file, "there is nothing to remove", known)
    if isinstance(before, dict) and isinstance(value, dict):
        dropped, parent[last] = list(replaced_paths(before, value, path)), deep_merge(before, value)
    else:
        dropped, parent[last] = list(paths_of(before, path)), value
    for below in dropped:
        merged.origins.pop(below, None)
    key = _key_origin(path, file)
    for below, origin in places.items():
        key_column = key.key_column if below == () else origin.key_column
        merged.origins[(*path, *below)] = Origin(file, 1, origin.column, 1, key_column)


def _parsed(text: str, start: int) -> tuple[Any, dict[KeyPath, Origin]]:
    """The value and its origins, columns counted in the whole text."""
    file = SET_PREFIX + text
    try:
        value, places, _ = parse_value(" " * start + text[start:], file)
    except ScenarioError as error:
        problems = [Problem(p.path, p.message, file, 1, p.column, text) for p in error.problems]
        raise ScenarioError(problems) from None
    return value, places


def _path(merged: SourceMap, parts: list[str], file: str) -> KeyPath:
    """The path with list indices as numbers."""
    if parts[0] == "extends":
        raise _error(merged, ("extends",), file, "the files a scenario extends cannot be set from outside", [])
    path: KeyPath = ()
    for part in parts:
        node = merged.value(path)
        if isinstance(node, list):
            if not (part.isascii() and part.isdecimal() and len(part) < 6 and int(part) < len(node)):
                raise _error(merged, path, file, f"is a list of {len(node)}; go on with an index from 0", [])
            path = (*path, int(part))
        elif node is None or isinstance(node, dict):
            path = (*path, part)
        else:
            raise _error(merged, path, file, f"is {node!r:.40}; there is nothing below it", [])
    return path


def _parent(merged: SourceMap, path: KeyPath, file: str) -> Any:
    """The mapping or list that holds the last key; mappings on the way are made."""
    node: Any = merged.data
    for n, part in enumerate(path[:-1]):
        if isinstance(node, dict) and node.get(part) is None:
            node[part] = {}
            merged.origins[path[: n + 1]] = _key_origin(path[: n + 1], file)
        node = node[part]
        if node is None:
            raise _error(merged, path[: n + 1], file, "is null; there is nothing below it", [])
    return node


def _key_origin(path: KeyPath, file: str) -> Origin:
    column = 1 + sum(len(str(part)) + 1 for part in path[:-1])
    return Origin(file, 1, column, 1, column)


def _error(merged: SourceMap, path: KeyPath, file: str, message: str, known: list[str]) -> ScenarioError:
    near = difflib.get_close_matches(str(path[-1]), known, 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    column = _key_origin(path, file).column
    return ScenarioError([Problem(path, message + hint, file, 1, column, merged.lines[file][0])])
