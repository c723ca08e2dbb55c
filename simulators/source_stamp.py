"""A stamp of everything a file is made of: its own text and that of all it imports from this project, step by step."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PROJECT_ROOT = Path(__file__).parents[1]
"""The folder of the packages below."""
PACKAGES = ("simulators", "twin")
"""What compiled code may take constants and functions from."""

_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n]+)|import[ \t]+([^\n]+))", re.M)
_COMMENT = re.compile(r"#[^\n]*")
_NAME = re.compile(r"[\w.]+")


def source_stamp(*files: Path, root: Path = PROJECT_ROOT) -> str:
    """Digest of the texts of some files and of all they import from the packages below ``root``."""
    digest = hashlib.sha256()
    for path in sorted(sources(*files, root=root)):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def sources(*files: Path, root: Path = PROJECT_ROOT) -> set[Path]:
    """The files themselves and all they import, directly or through others.

    Imports are read as text (parsing takes ten times as long) and by absolute name; those inside functions and for
    type checkers count too. A file too many costs a compilation, a file too few would keep old machine code running.
    """
    found: set[Path] = set()
    waiting = list(files)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting.extend(_imported(path, root))
    return found


@cache
def _imported(path: Path, root: Path) -> frozenset[Path]:
    text = _COMMENT.sub("", path.read_text(encoding="utf-8"))
    return frozenset(file for module in _modules(text, root) for file in _files(module, root))


def _modules(text: str, root: Path) -> Iterator[str]:
    for package, names, plain in _IMPORT.findall(text):
        for name in _NAME.findall(names):
            # what is imported is a module of its own, or stands in the package
            yield f"{package}.{name}" if _files(f"{package}.{name}", root) else package
        yield from _NAME.findall(plain)


def _files(module: str, root: Path) -> list[Path]:
    parts = module.split(".")
    if parts[0] not in PACKAGES:
        return []
    path = root.joinpath(*parts)
    return [file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()][:1]
