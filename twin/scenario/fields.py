"""What a pydantic model allows at each place of the plain data it will validate, found before validation.

Needed where a mistake must be known with its place: names for "did you mean", files to be looked up, true/false where
a number is needed (pydantic would take true for 1).
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from twin.scenario.datafile import FileReference
from twin.scenario.origins import KeyPath

Arm: TypeAlias = tuple[Any, tuple[Any, ...]]
"""One alternative of a type, and its ``Annotated`` metadata."""


@dataclass(frozen=True, slots=True)
class Place:
    """A value and the alternatives its model allows there."""

    path: KeyPath
    value: Any
    arms: tuple[Arm, ...]

    def names_file(self) -> bool:
        """The value is the name of a data file."""
        marked = any(isinstance(mark, FileReference) for _, metadata in self.arms for mark in metadata)
        return marked and isinstance(self.value, str)

    def number_as_bool(self) -> bool:
        """True or false stands where only numbers are allowed."""
        kinds = {kind for kind, _ in self.arms} - {type(None)}
        return isinstance(self.value, bool) and bool(kinds) and kinds <= {int, float}


def key_of(name: str, field: FieldInfo) -> str:
    """The name of a field in files."""
    return field.validation_alias if isinstance(field.validation_alias, str) else field.alias or name


def places(model: type[BaseModel], data: Mapping[str, Any], path: KeyPath = ()) -> Iterator[Place]:
    """Every value of the data for which the model has a type, outer ones first."""
    for name, field in model.model_fields.items():
        key = key_of(name, field)
        if key in data:
            yield from _walk(_arms(field.annotation, tuple(field.metadata)), data[key], (*path, key))


def models_at(model: type[BaseModel], path: KeyPath) -> list[type[BaseModel]]:
    """The models whose keys may stand in the mapping at a path."""
    found: list[type[BaseModel]] = [model]
    arms: tuple[Arm, ...] = ((model, ()),)
    for part in path:
        arms = tuple(below for kind, _ in arms for below in _below(kind, part))
        found = [kind for kind, _ in arms if _is_model(kind)]
    return found


def _walk(arms: tuple[Arm, ...], value: Any, path: KeyPath) -> Iterator[Place]:
    yield Place(path, value, arms)
    if isinstance(value, dict):
        parts: Sequence[Any] = list(value)
    elif isinstance(value, list):
        parts = range(len(value))
    else:
        return
    for part in parts:
        below = tuple(arm for kind, _ in arms for arm in _below(kind, part))
        if below:
            yield from _walk(below, value[part], (*path, part))


def _below(kind: Any, part: str | int) -> tuple[Arm, ...]:
    """Alternatives for what stands under a key or index of a value of some type."""
    if _is_model(kind):
        return next((_arms(field.annotation, tuple(field.metadata)) for name, field in kind.model_fields.items()
                     if key_of(name, field) == part), ())
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if not (isinstance(origin, type) and args):
        return ()
    if issubclass(origin, Mapping):
        return _arms(args[1], ()) if isinstance(part, str) and len(args) == 2 else ()
    if isinstance(part, str) or not issubclass(origin, Sequence | set | frozenset):
        return ()
    if issubclass(origin, tuple) and args[-1] is not Ellipsis:
        return _arms(args[part], ()) if part < len(args) else ()
    return _arms(args[0], ())


def _arms(annotation: Any, metadata: tuple[Any, ...]) -> tuple[Arm, ...]:
    if hasattr(annotation, "__value__"):  # a `type X = ...` alias
        return _arms(annotation.__value__, metadata)
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        inner, *marks = typing.get_args(annotation)
        return _arms(inner, (*metadata, *marks))
    if origin in (typing.Union, types.UnionType):
        return tuple(arm for option in typing.get_args(annotation) for arm in _arms(option, metadata))
    return ((annotation, metadata),)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
