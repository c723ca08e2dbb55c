"""Checks what a scenario says of each component against the Params of its type."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from twin import registry
from twin.component import Component, Section
from twin.errors import ComponentError, Problem
from twin.scenario.datafile import FileReference
from twin.scenario.fields import places
from twin.scenario.filerefs import NO_DATA_DIR, PVLIB_PREFIX, DataDir, find_file
from twin.scenario.messages import needs, problems_of, shown
from twin.scenario.origins import KeyPath, SourceMap
from twin.scenario.resolved import ComponentSpec
from twin.units import unit_of

WEATHER_NAME = "weather"
OPERATOR_NAME = "operator"
CONTROL_KEY = "control"
MAPPINGS = (Section.MARKETS, Section.ASSETS, Section.NETWORKS, Section.CONTROLLERS)
EXTERNAL_KEY = "external"
LARGEST_BY_UNIT = {"MW": 1e5, "MWh": 1e6}
"""Of parameters of assets; the largest plants (Three Gorges, 22,500 MW) and storages stay well below."""


def named_specs(data: dict[str, Any]) -> Iterator[tuple[str, Section, KeyPath, Any]]:
    """Name, section, path and raw spec of every component, in build order."""
    if WEATHER_NAME in data:
        yield WEATHER_NAME, Section.WEATHER, (WEATHER_NAME,), data[WEATHER_NAME]
    for section in MAPPINGS:
        if section is Section.CONTROLLERS and CONTROL_KEY in data:
            yield OPERATOR_NAME, section, (CONTROL_KEY,), data[CONTROL_KEY]
        specs = data.get(section.value)
        if isinstance(specs, dict):
            for name, spec in specs.items():
                yield name, section, (section.value, name), spec


def check_components(source: SourceMap, roots: Sequence[Path], *, data_dir: DataDir = NO_DATA_DIR,
                     trust_paths: bool = False) -> tuple[dict[str, ComponentSpec], list[Problem]]:
    """All components whose parameters are valid, and the problems of the others.

    The names of data files become absolute in ``source.data``, but for those that ship with pvlib, which are the same
    everywhere. With ``trust_paths`` they may lie anywhere.
    """
    specs: dict[str, ComponentSpec] = {}
    problems = _names_used_twice(source)
    for name, section, path, raw in named_specs(source.data):
        if not isinstance(raw, dict):
            problems.append(source.problem(path, needs("a mapping with a type", raw, path)))
            continue
        cls = _class_of(raw, section, path, source)
        if isinstance(cls, Problem):
            problems.append(cls)
            continue
        params = copy.deepcopy({key: value for key, value in raw.items() if key != "type"})
        early = _bool_for_number(cls, params, path, source)
        early += _too_large(cls, params, path, source) if section is Section.ASSETS else []
        early += _find_files(cls, params, path, source, roots, data_dir, trust_paths)
        _find_default_files(cls, params, roots)
        try:
            checked = cls.Params.model_validate(params)
        except ValidationError as error:
            late = problems_of(error, cls.Params, params, source, path)
            problems += early + [p for p in late if p.path not in {e.path for e in early}]
        except Exception as error:  # a stranger's validator may fail in any way
            problems.append(source.problem(path, f"the parameters of type {raw['type']!r} could not be checked: "
                                                 f"{type(error).__name__}: {error}"))
        else:
            problems += early
            specs[name] = ComponentSpec(name, raw["type"], section, cls, checked, path)
    return specs, problems


def _class_of(raw: dict[str, Any], section: Section, path: KeyPath, source: SourceMap) -> type[Component] | Problem:
    kind = raw.get("type")
    at = (*path, "type")
    if kind is None:
        near = difflib.get_close_matches("type", raw, 1)
        if near:
            return source.problem((*path, near[0]), "unknown key; did you mean 'type'?", at_key=True)
        return source.problem(at, f"this key is missing (types: {', '.join(registry.component_types())})", at_key=True)
    if not isinstance(kind, str):
        return source.problem(at, needs("the name of a type", kind, at))
    try:
        cls = registry.component_class(kind)
    except ComponentError as error:
        return source.problem(at, str(error))
    if cls.section is not section:
        there = f"'{cls.section.value}:'" if cls.section is not Section.WEATHER else "'weather:' (one, without a name)"
        return source.problem(at, f"type {kind!r} belongs under {there}, not under '{path[0]}:'")
    return cls


def _bool_for_number(cls: type[Component], params: dict[str, Any], path: KeyPath, source: SourceMap) -> list[Problem]:
    return [source.problem((*path, *place.path), needs("a number", place.value, place.path))
            for place in places(cls.Params, params) if place.number_as_bool()]


def _too_large(cls: type[Component], params: dict[str, Any], path: KeyPath, source: SourceMap) -> list[Problem]:
    problems = []
    for place in places(cls.Params, params):
        unit = unit_of(str(next((part for part in reversed(place.path) if isinstance(part, str)), "")))
        largest = LARGEST_BY_UNIT.get(unit or "")
        if largest is not None and type(place.value) in (int, float) and place.value > largest:
            problems.append(source.problem((*path, *place.path), f"is {place.value:g}, but must be at most {largest:g} "
                                           f"[{unit}]: no asset is as large; mind the unit"))
    return problems


def _find_files(cls: type[Component], params: dict[str, Any], path: KeyPath, source: SourceMap,
                roots: Sequence[Path], data_dir: DataDir, trusted: bool) -> list[Problem]:
    """Replace the names of data files by absolute paths, in the parameters and (but for pvlib's) in the source."""
    problems: list[Problem] = []
    for place in places(cls.Params, params):
        if not place.names_file():
            continue
        at = (*path, *place.path)
        try:
            found = find_file(place.value, source.origins[at].file, roots, data_dir=data_dir, trusted=trusted)
        except ValueError as error:
            if not data_dir.unusable:
                problems.append(source.problem(at, str(error)))
            continue
        if not place.value.startswith(PVLIB_PREFIX):
            _put(source.data, at, found)
        _put(params, place.path, found)
    return problems


def _find_default_files(cls: type[Component], params: dict[str, Any], roots: Sequence[Path]) -> None:
    """Files that a type names itself, where the scenario names none."""
    for name, field in cls.Params.model_fields.items():
        names_file = any(isinstance(mark, FileReference) for mark in field.metadata)
        if names_file and name not in params and isinstance(field.default, str):
            params[name] = find_file(field.default, "", roots, trusted=True)


def _put(data: Any, path: KeyPath, value: str) -> None:
    for part in path[:-1]:
        data = data[part]
    data[path[-1]] = value


def _names_used_twice(source: SourceMap) -> list[Problem]:
    """One name is one thing in the whole scenario: connections and results say it without its section."""
    named: list[tuple[str, KeyPath]] = [(name, path) for name, _, path, _ in named_specs(source.data)]
    external = source.data.get(EXTERNAL_KEY)
    named += [(name, (EXTERNAL_KEY, name)) for name in external] if isinstance(external, dict) else []
    first: dict[str, KeyPath] = {}
    problems = []
    for name, path in named:
        if name == WEATHER_NAME and path != (WEATHER_NAME,):
            problems.append(source.problem(path, "the name 'weather' is kept for the weather", at_key=True))
        elif name in first:
            where = ".".join(str(part) for part in first[name])
            hint = f"; '{CONTROL_KEY}:' is short for that name" if first[name] == (CONTROL_KEY,) else ""
            problems.append(source.problem(path, f"the name {shown(name)} is taken by {where}{hint}", at_key=True))
        first.setdefault(name, path)
    return problems
