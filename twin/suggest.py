"""Did-you-mean, the same words everywhere."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, options: Iterable[str], shown: int = 12) -> str:
    """A hint for an unknown word: the nearest option, else the list of options.

    >>> did_you_mean("batery", ["battery", "chp"])
    "did you mean 'battery'?"
    """
    known = list(dict.fromkeys(options))
    near = difflib.get_close_matches(word, known, 1) or difflib.get_close_matches(word.upper(), known, 1)
    if near:
        return f"did you mean {near[0]!r}?"
    if not known:
        return "there is none"
    more = f" and {len(known) - shown} more" if len(known) > shown else ""
    return f"known: {', '.join(known[:shown])}{more}"
