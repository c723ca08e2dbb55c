"""The one decorator of compiled functions: numba, kept on disk between runs, rebuilt when what it is made of changes.

numba's own cache looks only at the file of the outermost function: after a change in a function it calls, or in a
constant of another file, the old machine code would go on running without a word. Here the stamp of a cached function
covers its file and all files that it imports, directly or through others.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba

from simulators.source_stamp import source_stamp

_stamp = cache(source_stamp)
_HERE = Path(__file__)


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
    # this file holds the compiler's options
    cache_file._source_stamp = _stamp(Path(function.__code__.co_filename), _HERE)
    return dispatcher
