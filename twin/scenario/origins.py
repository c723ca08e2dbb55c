"""Where each value of a scenario was written, and problems located by it. Lines and columns are 1-based."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from twin.errors import Problem, ScenarioError

KeyPath: TypeAlias = tuple[str | int, ...]
"""Keys and list indices from the root of the scenario to a value."""

MAX_PROBLEMS = 20
"""More are counted, not printed: the first few usually explain the rest."""
MAX_EXCERPT_COLUMNS = 160
"""Beyond this a caret under the excerpt helps nobody."""
SET_PREFIX = "--set "
"""Marks the 'file' of a value given on the command line."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Place of one value and of the key before it."""

    file: str
    """Absolute path, or ``--set path=value``."""
    line: int
    column: int
    key_line: int
    key_column: int


def display_file(file: str) -> str:
    """A file as the user would name it: relative to the current directory where it lies below it."""
    if file.startswith(SET_PREFIX):
        return file
    path = Path(file)
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):  # elsewhere, or the current directory is gone
        return file


def excerpt_of(lines: list[str], line: int, column: int) -> str | None:
    """The line as it may be printed with a caret under it; None where that is impossible."""
    if not 1 <= line <= len(lines) or column > MAX_EXCERPT_COLUMNS:
        return None
    text = lines[line - 1][:MAX_EXCERPT_COLUMNS].replace("\t", " ")
    return "".join(c if c.isprintable() else "·" for c in text).rstrip()


@dataclass(slots=True)
class SourceMap:
    """Plain data with the origin of each of its values.

    ``origins`` holds every path of ``data`` including the root ``()``; ``removed`` the places of nulls that deleted a
    key; ``lines`` the text of each file, the starting file first; ``no_numbers`` what is written as a number and is
    none to compute with, which stands in ``data`` as text.
    """

    data: dict[str, Any]
    origins: dict[KeyPath, Origin]
    lines: dict[str, list[str]]
    removed: dict[KeyPath, Origin] = field(default_factory=dict)
    no_numbers: list[Problem] = field(default_factory=list)

    def with_no_numbers(self, problems: list[Problem]) -> list[Problem]:
        """These problems, and numbers that are none; what else is said at the place of one follows from it."""
        told = {(p.file, p.line, p.column) for p in self.no_numbers}
        return [*self.no_numbers, *(p for p in problems if (p.file, p.line, p.column) not in told)]

    def value(self, path: KeyPath) -> Any:
        """The value at a path; None where there is none."""
        node: Any = self.data
        for part in path:
            inside = (isinstance(node, dict) and part in node) or (
                isinstance(node, list) and isinstance(part, int) and 0 <= part < len(node)
            )
            if not inside:
                return None
            node = node[part]
        return node

    def problem(self, path: KeyPath, message: str, *, at_key: bool = False) -> Problem:
        """A problem at a value, or at the nearest key that exists.

        The position is that of the value; of its key where the value is a mapping or list, where ``at_key`` is set,
        and of the nearest ancestor's key where the path does not exist.
        """
        if path in self.removed:
            origin = self.removed[path]
            return self._problem(path, message, origin.file, origin.key_line, origin.key_column)
        known = path
        while known not in self.origins:
            known = known[:-1]
        origin = self.origins[known]
        whole = at_key or known != path or isinstance(self.value(known), dict | list)
        line, column = (origin.key_line, origin.key_column) if whole else (origin.line, origin.column)
        return self._problem(path, message, origin.file, line, column)

    def _problem(self, path: KeyPath, message: str, file: str, line: int, column: int) -> Problem:
        excerpt = excerpt_of(self.lines.get(file, []), line, column)
        return Problem(path, message, display_file(file), line, column, excerpt)


def scenario_error(problems: list[Problem], files: Mapping[str, object]) -> ScenarioError:
    """All problems as one error: in reading order, at most :data:`MAX_PROBLEMS`.

    A mistake in an anchored block is told once, not for each of its aliases.
    """
    rank = {display_file(file): n for n, file in enumerate(files)}
    unique: dict[tuple[object, ...], Problem] = {}
    for problem in problems:
        unique.setdefault((problem.file, problem.line, problem.column, problem.message), problem)
    ordered = sorted(unique.values(), key=lambda p: (rank.get(p.file or "", len(rank)), p.line or 0, p.column or 0))
    shown, rest = ordered[:MAX_PROBLEMS], ordered[MAX_PROBLEMS:]
    if rest:
        first = rest[0]
        shown.append(Problem((), f"... and {len(rest)} more", first.file, first.line, first.column))
    return ScenarioError(shown)
