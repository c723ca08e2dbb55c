"""Finds component types by name through the entry-point group ``parktwin.components``.

A stranger's package adds an asset type by declaring one entry point; nothing here changes.
"""

from __future__ import annotations

import difflib
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from twin.component import Component
from twin.errors import ComponentError

GROUP = "parktwin.components"


@cache
def _entry_points() -> dict[str, EntryPoint]:
    return {ep.name: ep for ep in entry_points(group=GROUP)}


def component_types() -> tuple[str, ...]:
    """All registered type names, sorted."""
    return tuple(sorted(_entry_points()))


@cache
def component_class(type_name: str) -> type[Component]:
    """The class behind ``type: <type_name>``; imported at first use.

    Raises
    ------
    ComponentError
        If no such type is registered, or the package behind it is broken (named with its distribution).
    """
    found = _entry_points().get(type_name)
    if found is None:
        near = difflib.get_close_matches(str(type_name), component_types(), 1)
        hint = f"did you mean {near[0]!r}?" if near else f"known types: {', '.join(component_types())}"
        raise ComponentError(f"unknown type {type_name!r}; {hint}")
    try:
        cls = found.load()
    except Exception as error:  # a stranger's package may fail in any way at import
        owner = found.dist.name if found.dist else "an unknown package"
        raise ComponentError(f"type {type_name!r} from {owner} cannot be loaded: "
                             f"{type(error).__name__}: {error}") from error
    if not (isinstance(cls, type) and issubclass(cls, Component)):
        raise ComponentError(f"type {type_name!r}: {found.value} is not a Component")
    return cls
