"""The one decorator of compiled functions: numba, kept on disk between runs, rebuilt when what it is made of changes.

numba's own cache looks only at the file of the outermost function: after a change in a function it calls, the old
machine code would go on running without a word. Here the stamp of every cached function covers all rooms that hold
compiled code or equations it calls.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba

STAMPED = ("networks/heat", "networks/plant", "storage", "conversion")
"""Rooms with compiled functions, and with equations that are compiled elsewhere."""
EQUATIONS = "conversion"


def _source_stamp() -> tuple[str, int]:
    here = Path(__file__).parent
    sources = [(folder, path.read_bytes()) for folder in STAMPED for path in sorted((here / folder).glob("*.py"))]
    compiled_from = [text for folder, text in sources if folder == EQUATIONS or b"compiled" in text]
    return hashlib.sha256(b"".join(compiled_from)).hexdigest(), len(compiled_from)


_STAMP = _source_stamp()


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function at its first call; keep the machine code for the next run of the same sources.

    Functions whose name begins with an underscore can be called from compiled code only: that saves a quarter of the
    compilation.
    """
    inside = function.__name__.startswith("_")
    options: dict[str, Any] = {"error_model": "numpy", "no_cfunc_wrapper": True, "no_cpython_wrapper": inside}
    njit: Any = numba.njit
    dispatcher = njit(cache=True, **options)(function)
    cache_file = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if cache_file is None or not hasattr(cache_file, "_source_stamp"):
        return njit(**options)(function)
    cache_file._source_stamp = _STAMP
    return dispatcher
