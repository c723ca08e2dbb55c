"""Deep merge of scenario layers: mappings merge, everything else replaces, null deletes.

A null stays in the merged data until :func:`without_nulls`, so that a layer may remove what a layer below it adds even
when the two meet only through a third file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from twin.scenario.origins import KeyPath, Origin


def deep_merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``over`` on top of ``base``; neither is changed.

    >>> deep_merge({"a": {"x": 1, "y": [1, 2]}, "b": 2}, {"a": {"y": [3]}, "b": None})
    {'a': {'x': 1, 'y': [3]}, 'b': None}
    """
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = deep_merge(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def merged_origins(
    base: Mapping[str, Any],
    over: Mapping[str, Any],
    base_origins: Mapping[KeyPath, Origin],
    over_origins: Mapping[KeyPath, Origin],
) -> dict[KeyPath, Origin]:
    """Origins of ``deep_merge(base, over)``: what ``over`` says comes from there, mappings it only adds to included."""
    origins = dict(base_origins)
    for path in replaced_paths(base, over):
        origins.pop(path, None)
    origins.update(over_origins)
    return origins


def without_nulls(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data without the keys whose value is null; nulls in lists stay."""
    return {key: without_nulls(value) if isinstance(value, dict) else value
            for key, value in data.items() if value is not None}


def null_paths(data: Mapping[str, Any], path: KeyPath = ()) -> Iterator[KeyPath]:
    """Paths of the keys that :func:`without_nulls` removes."""
    for key, value in data.items():
        if value is None:
            yield (*path, key)
        elif isinstance(value, dict):
            yield from null_paths(value, (*path, key))


def paths_with_values(data: Mapping[str, Any], path: KeyPath = ()) -> Iterator[KeyPath]:
    """Paths of the keys whose value is not null, mappings included."""
    for key, value in data.items():
        if value is not None:
            yield (*path, key)
        if isinstance(value, dict):
            yield from paths_with_values(value, (*path, key))


def paths_of(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """The path of a value and of everything below it."""
    yield path
    if isinstance(value, dict):
        for key, below in value.items():
            yield from paths_of(below, (*path, key))
    elif isinstance(value, list):
        for n, below in enumerate(value):
            yield from paths_of(below, (*path, n))


def replaced_paths(base: Mapping[str, Any], over: Mapping[str, Any], path: KeyPath = ()) -> Iterator[KeyPath]:
    """Paths of what :func:`deep_merge` drops from ``base``."""
    for key in base.keys() & over.keys():
        below, value = base[key], over[key]
        if isinstance(below, dict) and isinstance(value, dict):
            yield from replaced_paths(below, value, (*path, key))
        else:
            yield from paths_of(below, (*path, key))
