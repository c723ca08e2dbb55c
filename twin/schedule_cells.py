"""One cell of a schedule file: the number it holds, or what is wrong with it in words."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import Any

from twin.schedule import UNLIMITED_PORT

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
INFINITY = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
LONGEST_SHOWN = 40
"""Characters."""


def number_in(cell: Any, *, infinity_allowed: bool) -> float | str:
    """The number of a cell (text from CSV, a value from Parquet), or a message that says what stands there instead."""
    content = cell.strip() if isinstance(cell, str) else cell
    if content is None or content == "":
        return "is empty; write a value for each interval, or leave the column out"
    value = _parsed(content)
    if value is None:
        return f"{shown(cell)} is no number; write it with a decimal point and without unit, e.g. -1.5"
    if math.isnan(value):
        return f"{shown(cell)} is not a number; leave the column out where there is nothing to say"
    if math.isfinite(value):
        return value
    if isinstance(content, str) and not INFINITY.fullmatch(content):
        return f"{shown(cell)} is too large for a number; write inf for no limit"
    if value < 0 or not infinity_allowed:
        return f"{shown(cell)} is not finite; only a limit may be (*{UNLIMITED_PORT}*, no limit: inf)"
    return value


def shown(cell: Any) -> str:
    """A cell as it stands, shortened."""
    text = repr(cell.isoformat() if isinstance(cell, datetime) else cell)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN - 3] + "..."


def _parsed(content: Any) -> float | None:
    """What ``float`` reads, without the spellings that are more likely a mistake (``1_000``, ``true``)."""
    if not isinstance(content, str):
        return float(content) if type(content) in (int, float) else None
    spelt = NUMBER.fullmatch(content) or INFINITY.fullmatch(content) or content.lower() == "nan"
    return float(content) if spelt else None
