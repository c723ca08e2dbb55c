"""Limits of what a layer removes go with it: a site without its battery needs no null for each limit on it."""

from __future__ import annotations

from twin.scenario.origins import SourceMap

LIMITS_KEY = "limits"
SECTIONS = ("assets", "networks")


def drop_limits_of_removed(source: SourceMap) -> None:
    """Take out limits on signals of assets and networks that a null removed.

    Limits on what never was there stay, and are reported where the twin is built.
    """
    rows = source.data.get(LIMITS_KEY)
    removed = {path[1] for path in source.removed if len(path) == 2 and path[0] in SECTIONS}
    removed -= {name for section in SECTIONS for name in source.data.get(section) or {}}
    if not isinstance(rows, dict) or not removed:
        return
    gone = [name for name, row in rows.items() if isinstance(row, dict) and not removed.isdisjoint(_owners(row))]
    source.data[LIMITS_KEY] = {name: row for name, row in rows.items() if name not in gone}
    for path in [path for path in source.origins if path[:1] == (LIMITS_KEY,) and len(path) > 1 and path[1] in gone]:
        del source.origins[path]


def _owners(row: dict[str, object]) -> set[str]:
    return {str(row.get(key)).partition(".")[0] for key in ("signal", "minus") if key in row}
