"""Plain YAML scalars as Python values, by the core schema of YAML 1.2.2 (section 10.3.2).

Resolved here and not by the YAML library, so that a ``%YAML 1.1`` line or a library version cannot turn ``no`` into
false, ``12:30`` into 750 or ``2025-07-15`` into a date.
"""

from __future__ import annotations

import math
import re
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool | None

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

INT_LIMIT = 2**63
"""Whole numbers beyond 64 bits fit no array of the run store."""
INT_LIMIT_DIGITS = 20


def plain_scalar(text: str) -> Scalar:
    """Value of an unquoted scalar.

    Raises
    ------
    ValueError
        For infinity, not-a-number and numbers too large to be computed with.
    """
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return _whole(text, 10)
    if _OCTAL.fullmatch(text):
        return _whole(text[2:], 8)
    if _HEX.fullmatch(text):
        return _whole(text[2:], 16)
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a finite number")
    if _FLOAT.fullmatch(text):
        value = float(text)
        if not math.isfinite(value):
            raise ValueError(f"{text[:INT_LIMIT_DIGITS]} is too large a number")
        return value
    return text


def _whole(digits: str, base: int) -> int:
    significant = digits.lstrip("+-").lstrip("0")
    value = int(digits, base) if len(significant) <= 4 * INT_LIMIT_DIGITS else INT_LIMIT
    if abs(value) >= INT_LIMIT:
        raise ValueError(f"{digits[:INT_LIMIT_DIGITS]}{'…' if len(digits) > INT_LIMIT_DIGITS else ''} is too large a "
                         f"whole number (64 bits at most)")
    return value
