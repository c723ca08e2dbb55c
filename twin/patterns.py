"""Patterns with ``*`` for any text, as limits name signals; brackets and dots stand for themselves."""

from __future__ import annotations

import re
from functools import cache

WILDCARD = "*"


@cache
def shape_of(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression with a group for each wildcard.

    >>> shape_of("*.soc").fullmatch("bess.soc").groups()
    ('bess',)
    """
    return re.compile("(.*?)".join(re.escape(part) for part in pattern.split(WILDCARD)))
