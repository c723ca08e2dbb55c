"""Reads a YAML file as plain data with the origin of every value; whatever is wrong with it is a ScenarioError.

Mappings, lists, text, numbers, true/false and null: nothing else comes out, whatever the file says. Keys are text.
Timestamps stay text. Aliases and merge keys (``<<``) are expanded under a cap, so that a small file cannot become a
large scenario.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from twin.errors import Problem, ScenarioError
from twin.scenario.origins import KeyPath, Origin, SourceMap, display_file, excerpt_of, scenario_error
from twin.scenario.yaml_errors import explain
from twin.scenario.yaml_scalars import plain_scalar

MAX_BYTES = 1_000_000
MAX_DEPTH = 30
MAX_NODES = 50_000

_CORE_TAG = "tag:yaml.org,2002:"
_TYPE_OF_TAG: dict[str, type] = {"int": int, "float": float, "bool": bool, "null": type(None)}
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
"""Control characters, halves of surrogate pairs, byte-order marks, and the separators U+0085, U+2028 and U+2029, which
YAML and text editors count differently as line ends."""

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(slots=True)
class _Node:
    line: int
    column: int
    scalar: Any = None
    text: str | None = None
    """Of a scalar; None for collections."""
    plain: bool = False
    fault: str | None = None
    """What is wrong with it as a value (as a key it may be fine)."""
    no_number: str | None = None
    """Why it is no number to compute with, though it is written as one; no other value depends on it."""
    items: list[_Node] | None = None
    pairs: list[tuple[_Node, _Node]] | None = None


@dataclass(slots=True)
class _Reader:
    """One file on its way from text to data."""

    file: str
    lines: list[str]
    problems: list[Problem] = field(default_factory=list)
    no_numbers: list[Problem] = field(default_factory=list)
    origins: dict[KeyPath, Origin] = field(default_factory=dict)
    nodes: int = 0
    expanded: int = 0

    def count_expanded(self, node: _Node, path: KeyPath, depth: int) -> None:
        """Aliases and merge keys multiply: what is small as text may be large as data."""
        self.expanded += 1
        if self.expanded > MAX_NODES:
            raise self.stop(f"expands to more than {MAX_NODES:,} values", node.line, node.column, path)
        if depth > MAX_DEPTH:
            raise self.stop(f"nested more than {MAX_DEPTH} deep", node.line, node.column, path)

    def complain(self, message: str, line: int, column: int, path: KeyPath = ()) -> None:
        self.problems.append(self.problem(message, line, column, path))

    def problem(self, message: str, line: int, column: int, path: KeyPath) -> Problem:
        excerpt = excerpt_of(self.lines, line, column)
        return Problem(path, message, display_file(self.file), line, column, excerpt)

    def stop(self, message: str, line: int, column: int, path: KeyPath = ()) -> Exception:
        self.complain(message, line, column, path)
        return scenario_error(self.problems, {self.file: None})


def read_yaml(file: Path) -> SourceMap:
    """Plain data of one file whose root is a mapping, with origins.

    Raises
    ------
    ScenarioError
        With line and column, for whatever is wrong with the file.
    """
    return _whole(read_layer(file))


def read_layer(file: Path) -> SourceMap:
    """The same for a reader that has more to say about the values: numbers that are none (``.nan``, ``1e999``) stay
    text, and stand in ``no_numbers``.

    Raises
    ------
    ScenarioError
        With line and column, for whatever else is wrong with the file.
    """
    path = str(file)
    reader = _Reader(path, [])
    try:
        if not file.is_file():
            raise reader.stop("is a directory" if file.is_dir() else "no such file", 1, 1)
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise reader.stop(f"cannot be read: {getattr(error, 'strerror', None) or error}", 1, 1) from None
    if len(raw) > MAX_BYTES:
        raise reader.stop(f"larger than {MAX_BYTES:,} bytes; keep long tables in data files", 1, 1)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", errors="replace")
        raise reader.stop("not UTF-8 text", *_end_of(before)) from None
    return _mapping(text, path)


def plain_yaml(file: Path) -> dict[str, Any]:
    """The data of :func:`read_yaml` alone, for readers that report no places."""
    return read_yaml(file).data


def parse_yaml(text: str, file: str) -> SourceMap:
    """Like :func:`read_yaml`, for text that ``file`` would hold."""
    return _whole(_mapping(text, file))


def parse_value(text: str, file: str) -> tuple[Any, dict[KeyPath, Origin], list[str]]:
    """Any YAML value, its origins by path, and the lines of the text."""
    data, reader = _parsed(text, file)
    if reader.no_numbers:
        raise scenario_error(reader.no_numbers, {file: None})
    return data, reader.origins, reader.lines


def _mapping(text: str, file: str) -> SourceMap:
    data, reader = _parsed(text, file)
    if not isinstance(data, dict):
        given = "nothing" if data is None else "a list" if isinstance(data, list) else "a single value"
        raise reader.stop(f"a mapping (key: value) is needed, the file holds {given}", 1, 1)
    return SourceMap(data, reader.origins, {file: reader.lines}, no_numbers=reader.no_numbers)


def _whole(source: SourceMap) -> SourceMap:
    if source.no_numbers:
        raise scenario_error(source.no_numbers, source.lines)
    return source


def _parsed(text: str, file: str) -> tuple[Any, _Reader]:
    reader = _Reader(file, _LINE_END.split(text))
    bad = _FORBIDDEN.search(text)
    if bad:
        raise reader.stop(f"the character U+{ord(bad[0]):04X} is not allowed", *_end_of(text[: bad.start()]))
    root = _compose(text, reader)
    data = _construct(root, (), root.line, root.column, 0, reader)
    reader.origins[()] = Origin(file, root.line, root.column, root.line, root.column)
    if reader.problems:
        raise scenario_error([*reader.problems, *reader.no_numbers], {file: None})
    return data, reader


def _end_of(text: str) -> tuple[int, int]:
    """Line and column (1-based) of what follows a text."""
    lines = _LINE_END.split(text)
    return len(lines), len(lines[-1]) + 1


def _compose(text: str, reader: _Reader) -> _Node:
    """Node graph of the only document in the text; aliases share nodes."""
    root: _Node | None = None
    open_nodes: list[tuple[_Node, _Node | None]] = []   # collection, key that waits for its value
    anchors: dict[str, _Node] = {}
    line, column = 1, 1
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            if isinstance(event, MappingEndEvent | SequenceEndEvent):
                open_nodes.pop()
                continue
            if isinstance(event, AliasEvent):
                node = _aliased(event.anchor, anchors, open_nodes, line, column, reader)
            elif isinstance(event, NodeEvent):
                node = _started(event, line, column, reader)
                if event.anchor is not None:
                    anchors[event.anchor] = node
            elif isinstance(event, DocumentStartEvent) and root is not None:
                raise reader.stop("a second YAML document; one file is one scenario", line, column)
            else:
                continue
            if not open_nodes:
                root = node
            else:
                collection, key = open_nodes[-1]
                if collection.items is not None:
                    collection.items.append(node)
                elif collection.pairs is not None and key is not None:
                    if node.plain and node.text == "" and node.line != key.line:
                        node.line, node.column = key.line, key.column  # the library puts 'key:' at the next token
                    collection.pairs.append((key, node))
                    open_nodes[-1] = (collection, None)
                else:
                    open_nodes[-1] = (collection, node)
            if isinstance(event, CollectionStartEvent):
                open_nodes.append((node, None))
                if len(open_nodes) > MAX_DEPTH:
                    raise reader.stop(f"nested more than {MAX_DEPTH} deep", line, column)
    except ScenarioError:
        raise
    except Exception as error:  # the library raises its own errors and, on odd input, nearly any other
        raise reader.stop(*explain(error, reader.lines, (line, column))) from None
    return root or _Node(1, 1)


def _started(event: Any, line: int, column: int, reader: _Reader) -> _Node:
    reader.nodes += 1
    if reader.nodes > MAX_NODES:
        raise reader.stop(f"more than {MAX_NODES:,} values; keep long tables in data files", line, column)
    kind = str(event.tag or "").removeprefix(_CORE_TAG)
    if isinstance(event, ScalarEvent):
        return _scalar(event, kind, line, column)
    mapping = isinstance(event, MappingStartEvent)
    known = kind in ("", "!", "map" if mapping else "seq")
    fault = None if known else f"the YAML tag {str(event.tag)!r} is not used in scenarios"
    node = _Node(line, column, fault=fault)
    if mapping:
        node.pairs = []
    else:
        node.items = []
    return node


def _scalar(event: ScalarEvent, kind: str, line: int, column: int) -> _Node:
    text = event.value
    node = _Node(line, column, scalar=text, text=text, plain=event.style is None and kind == "")
    bad = _FORBIDDEN.search(text)
    if bad:
        node.fault = f"the character U+{ord(bad[0]):04X} is not allowed"
    elif kind not in ("", "!", "str", *_TYPE_OF_TAG):
        node.fault = f"the YAML tag {str(event.tag)!r} is not used in scenarios"
    elif node.plain or kind in _TYPE_OF_TAG:
        try:
            node.scalar = plain_scalar(text)
        except ValueError as error:
            node.no_number = str(error)
        else:
            if not isinstance(node.scalar, _TYPE_OF_TAG.get(kind, object)):
                node.fault = f"{text[:40]!r} is not what its tag !!{kind} says"
    return node


def _aliased(name: str, anchors: dict[str, _Node], open_nodes: list[tuple[_Node, _Node | None]], line: int, column: int,
             reader: _Reader) -> _Node:
    target = anchors.get(name)
    if target is None:
        raise reader.stop(f"unknown alias *{name}; no &{name} stands above it", line, column)
    if any(target is node for node, _ in open_nodes):
        raise reader.stop(f"the alias *{name} stands inside its own anchor", line, column)
    return replace(target, line=line, column=column)


def _construct(node: _Node, path: KeyPath, key_line: int, key_column: int, depth: int, reader: _Reader) -> Any:
    """Data below a node."""
    reader.count_expanded(node, path, depth)
    reader.origins[path] = Origin(reader.file, node.line, node.column, key_line, key_column)
    if node.fault:
        reader.complain(node.fault, node.line, node.column, path)
    if node.no_number:
        reader.no_numbers.append(reader.problem(node.no_number, node.line, node.column, path))
    if node.items is not None:
        return [_construct(item, (*path, n), item.line, item.column, depth + 1, reader)
                for n, item in enumerate(node.items)]
    if node.pairs is None:
        return node.scalar
    data: dict[str, Any] = {}
    for key, value in _own_and_merged(node, path, depth, reader).values():
        name = key.text or ""
        data[name] = _construct(value, (*path, name), key.line, key.column, depth + 1, reader)
    return data


def _own_and_merged(node: _Node, path: KeyPath, depth: int, reader: _Reader) -> dict[str, tuple[_Node, _Node]]:
    """Key → (key, value) of a mapping; what ``<<`` brings in yields to the mapping's own keys."""
    own: dict[str, tuple[_Node, _Node]] = {}
    merged: dict[str, tuple[_Node, _Node]] = {}
    for key, value in node.pairs or ():
        if key.text is None or _FORBIDDEN.search(key.text):
            reader.complain("a key must be a word", key.line, key.column, path)
        elif key.plain and key.text == "<<":
            for source in value.items if value.items is not None else [value]:
                reader.count_expanded(source, path, depth + 1)
                if source.pairs is None:
                    reader.complain("'<<' merges mappings only", source.line, source.column, path)
                    continue
                for name, pair in _own_and_merged(source, path, depth + 1, reader).items():
                    merged.setdefault(name, pair)
        elif key.text in own:
            first = own[key.text][0].line
            reader.complain(f"this key stands here twice (first on line {first})", key.line, key.column,
                            (*path, key.text))
        else:
            own[key.text] = (key, value)
    return merged | own
