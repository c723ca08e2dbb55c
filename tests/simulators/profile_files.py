"""Small files with series, and what is needed to read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from simulators.profiles import Profile, ProfileParams, load_profile
from twin.context import Context, Location

VIENNA = Location(48.2, 16.4, 170.0, "Europe/Vienna", "AT")


def stamps(start: str, n: int, step_s: int, offset: str = "") -> list[str]:
    """``n`` stamps from ``start``, each ``step_s`` later."""
    first = np.datetime64(start, "s")
    return [f"{first + np.timedelta64(k * step_s, 's')}{offset}" for k in range(n)]


def write_series(path: Path, times: Sequence[str], **columns: Sequence[Any]) -> str:
    """A CSV file with one line per stamp."""
    lines = [",".join(("time", *columns))]
    lines += [",".join(str(cell) for cell in row) for row in zip(times, *columns.values(), strict=True)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def context(start: str = "2025-03-01T00:00:00+01:00", duration_s: int = 3600, step_s: int = 900) -> Context:
    """A scenario in Vienna."""
    return Context(datetime.fromisoformat(start), duration_s, step_s, 1, VIENNA)


def profile(file: str, where: Context, **params: Any) -> Profile:
    """The column ``load`` of a file in MW, unless said otherwise."""
    values = ProfileParams.model_validate({"file": file, "column": "load", "unit": "mw"} | params)
    return load_profile(values, where, where.step_s)
