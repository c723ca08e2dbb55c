"""Finds types by name through entry points: components (``parktwin.components``), devices (``parktwin.devices``).

A stranger's package adds a type by declaring one entry point; nothing here changes.
"""

from __future__ import annotations

import difflib
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from twin.component import Component
from twin.device import Device
from twin.errors import ComponentError

COMPONENTS, DEVICES = "parktwin.components", "parktwin.devices"


@cache
def _entry_points(group: str) -> dict[str, EntryPoint]:
    return {ep.name: ep for ep in entry_points(group=group)}


def component_types() -> tuple[str, ...]:
    """All registered component types, sorted."""
    return tuple(sorted(_entry_points(COMPONENTS)))


def device_types() -> tuple[str, ...]:
    """All registered device types, sorted."""
    return tuple(sorted(_entry_points(DEVICES)))


@cache
def component_class(type_name: str) -> type[Component]:
    """The class behind ``type: <type_name>``; imported at first use.

    Raises
    ------
    ComponentError
        If no such type is registered, or the package behind it is broken (named with its distribution).
    """
    return _loaded(type_name, COMPONENTS, Component)


@cache
def device_class(type_name: str) -> type[Device]:
    """The class behind ``type: <type_name>`` of a device; raises as :func:`component_class`."""
    return _loaded(type_name, DEVICES, Device)


def _loaded(type_name: str, group: str, base: type) -> Any:
    known = _entry_points(group)
    found = known.get(type_name)
    if found is None:
        near = difflib.get_close_matches(str(type_name), sorted(known), 1)
        hint = f"did you mean {near[0]!r}?" if near else f"known types: {', '.join(sorted(known))}"
        raise ComponentError(f"unknown type {type_name!r}; {hint}")
    try:
        cls = found.load()
    except Exception as error:  # a stranger's package may fail in any way at import
        owner = found.dist.name if found.dist else "an unknown package"
        raise ComponentError(f"type {type_name!r} from {owner} cannot be loaded: "
                             f"{type(error).__name__}: {error}") from error
    if not (isinstance(cls, type) and issubclass(cls, base)):
        raise ComponentError(f"type {type_name!r}: {found.value} is not a {base.__name__}")
    return cls
