"""A resolved scenario as YAML text: for ``twin show`` with the origin of each value, for a run directory without.

Loading the text again gives the same scenario: every layer is merged in, and data files are absolute.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from twin.scenario.origins import KeyPath, display_file
from twin.scenario.resolved import ResolvedScenario
from twin.scenario.yaml_scalars import plain_scalar

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./+-]*(?: [A-Za-z0-9_./+-]+)*|\d{4}-\d{2}-\d{2}T[0-9:]+(?:Z|[+-][0-9:]+)")
_YAML_1_1_BOOL = frozenset({"y", "n", "yes", "no", "on", "off"})
"""Quoted although text here: other YAML readers take them for true and false."""
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
MAX_FLOW_COLUMNS = 100
"""Longer lists of scalars go one item a line."""
COMMENT_COLUMNS = range(30, 60)
"""Comments stand in one column behind the longest line, but not farther right than this."""


def resolved_yaml(resolved: ResolvedScenario, origins: bool = False) -> str:
    """The resolved scenario as YAML, with ``# file:line`` behind each value if ``origins``."""
    lines = list(_mapping(resolved.data, (), 0))
    if not origins:
        return "".join(f"{text}\n" for text, _ in lines)
    lengths = [len(text) for text, path in lines if path is not None]
    column = max((n for n in lengths if n in COMMENT_COLUMNS), default=COMMENT_COLUMNS[0])
    commented = []
    for text, path in lines:
        origin = resolved.origins.get(path) if path is not None else None
        where = f"  # {display_file(origin.file)}:{origin.line}" if origin else ""
        commented.append(f"{text:<{column}}{where}" if where else text)
    return "".join(f"{text}\n" for text in commented)


def _mapping(data: dict[str, Any], path: KeyPath, indent: int) -> Iterator[tuple[str, KeyPath | None]]:
    """Lines with the path of the value on each; None on lines that only open a collection."""
    for key, value in data.items():
        yield from _entry(f"{' ' * indent}{_text(key)}:", value, (*path, key), indent)


def _entry(head: str, value: Any, path: KeyPath, indent: int) -> Iterator[tuple[str, KeyPath | None]]:
    flow = _flow(value)
    if flow is not None and (not isinstance(value, list) or len(head) + len(flow) < MAX_FLOW_COLUMNS):
        yield f"{head} {flow}", path
        return
    yield head, None
    if isinstance(value, dict):
        yield from _mapping(value, path, indent + 2)
    else:
        for n, item in enumerate(value):
            yield from _item(item, (*path, n), indent + 2)


def _item(item: Any, path: KeyPath, indent: int) -> Iterator[tuple[str, KeyPath | None]]:
    dash = f"{' ' * indent}-"
    if not isinstance(item, dict) or not item:
        yield from _entry(dash, item, path, indent)
        return
    lines = _mapping(item, path, indent + 2)
    first, first_path = next(lines)
    yield f"{dash} {first.lstrip(' ')}", first_path
    yield from lines


def _flow(value: Any) -> str | None:
    """The value on one line: a scalar, an empty collection, a list of scalars."""
    if isinstance(value, dict):
        return None if value else "{}"
    if isinstance(value, list):
        if any(isinstance(item, dict | list) for item in value):
            return None
        return f"[{', '.join(_scalar(item) for item in value)}]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return _text(value) if isinstance(value, str) else repr(value)


def _text(text: str) -> str:
    """Text plain where every YAML reader takes it for the same text, else in double quotes."""
    if _PLAIN.fullmatch(text) and isinstance(plain_scalar(text), str) and text.lower() not in _YAML_1_1_BOOL:
        return text
    return '"' + "".join(_ESCAPES.get(c, c) for c in text) + '"'
