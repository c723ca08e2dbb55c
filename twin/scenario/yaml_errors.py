"""What the YAML library complains about, in words for the author of a file and at the place that needs mending."""

from __future__ import annotations

import re

PLAIN_WORDS: tuple[tuple[str, str], ...] = (
    (r"mapping values are not allowed here", "a ':' stands where no key can be; quote the text before it, or check the "
                                             "indentation of this line and the one above"),
    (r"sequence entries are not allowed here",
     "a '- ' stands where no list item can be; start the list on a new line"),
    (r"found character '\\t'", "a tab; YAML indents with spaces"),
    (r"found character '(.)' that cannot start", r"a value cannot begin with '\1'; put it in quotes"),
    (r"could not find expected ':'", "a ':' is missing after this key"),
    (r"expected <block end>, but found '<block mapping start>'",
     "this line is not indented like the others of its block"),
    (r"expected <block end>, but found '<block sequence start>'",
     "this list item is not indented like the others"),
    (r"expected <block end>, but found '-'", "a list item among keys; check the indentation"),
    (r"expected <block end>, but found '\?'", "a key among list items; check the indentation"),
    (r"expected <block end>, but found",
     "something follows a finished value; a comma, quote or bracket may be missing"),
    (r"found undefined tag handle", "unknown YAML tag; tags ('!') are not used in scenarios"),
    (r"found unexpected end of stream", "this quote is never closed"),
    (r"found unexpected document separator", "this quote is never closed"),
    (r"found unknown escape character '(.)'", r"unknown escape '\\\1' in double quotes; use single quotes or '\\\\'"),
    (r"expected chomping or indentation indicators", "text cannot follow '|' or '>' on the same line"),
    (r"incompatible YAML document", "this version of YAML is not supported; remove the %YAML line"),
    (r"expected the node content, but found", "a value is missing here"),
)
_COMPLAINT = tuple((re.compile(pattern), words) for pattern, words in PLAIN_WORDS)
_UNCLOSED = "this '{bracket}' is never closed"


def explain(error: Exception, lines: list[str], reached: tuple[int, int]) -> tuple[str, int, int]:
    """Message, line and column (1-based) for whatever the YAML library raised.

    ``reached`` is the place up to which the file could be read, for errors that do not say theirs.
    """
    problem = str(getattr(error, "problem", None) or "")
    mark = getattr(error, "problem_mark", None)
    opened = getattr(error, "context_mark", None)
    if not problem or mark is None:
        return f"cannot be read as YAML from here on ({type(error).__name__})", *reached
    if opened is not None and re.search(r"expected ',' or|<stream end>|end of stream", problem):
        if "quoted scalar" in str(getattr(error, "context", "")):
            return _plain(problem), opened.line + 1, opened.column + 1
        bracket = _character(lines, opened.line, opened.column)
        ended = "<stream end>" in problem or _left_the_block(lines, opened.line, mark.line)
        if bracket in ("[", "{") and ended:
            return _UNCLOSED.format(bracket=bracket), opened.line + 1, opened.column + 1
    if opened is not None and "could not find expected ':'" in problem:
        mark = opened
    return _plain(problem), mark.line + 1, mark.column + 1


def _left_the_block(lines: list[str], opened: int, found: int) -> bool:
    """The line where reading failed is not indented deeper than the one with the bracket: it was meant to be closed."""
    if found >= len(lines):
        return True
    return found > opened and _indent(lines[found]) <= _indent(lines[opened])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _character(lines: list[str], line: int, column: int) -> str:
    return lines[line][column: column + 1] if line < len(lines) else ""


def _plain(problem: str) -> str:
    for pattern, words in _COMPLAINT:
        found = pattern.search(problem)
        if found:
            return found.expand(words) if "\\" in words else words
    return problem
