"""pydantic's complaints in the words of this project: the value given, the limit with its unit, the nearest name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from twin.errors import Problem
from twin.scenario.fields import key_of, models_at
from twin.scenario.origins import KeyPath, SourceMap, display_file
from twin.units import unit_of

_NEEDS = {
    "float_type": "a number", "float_parsing": "a number", "decimal_type": "a number", "decimal_parsing": "a number",
    "int_type": "a whole number", "int_parsing": "a whole number", "int_from_float": "a whole number",
    "bool_type": "true or false", "bool_parsing": "true or false", "string_type": "a text",
    "list_type": "a list", "tuple_type": "a list", "set_type": "a list", "frozen_set_type": "a list",
    "dict_type": "a mapping (key: value)", "model_type": "a mapping (key: value)",
    "model_attributes_type": "a mapping (key: value)", "mapping_type": "a mapping (key: value)",
    "dataclass_type": "a mapping (key: value)", "none_required": "null",
}
"""pydantic error type → what should stand there."""
_LIMITS = {
    "greater_than": ("more than", "gt"), "greater_than_equal": ("at least", "ge"), "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"), "multiple_of": ("a multiple of", "multiple_of"),
}
_LENGTHS = {
    "too_short": ("at least", "min_length", "items"), "too_long": ("at most", "max_length", "items"),
    "string_too_short": ("at least", "min_length", "characters"),
    "string_too_long": ("at most", "max_length", "characters"),
}
_PYDANTIC_OPENING = re.compile(r"^(Value error|Assertion failed), ")
_NUMBER_WITH_UNIT = re.compile(r"([-+]?[0-9][0-9.]*(?:[eE][-+]?[0-9]+)?)\s*([^\d\s].{0,15})")


@dataclass(slots=True)
class _Found:
    path: KeyPath
    kind: str
    message: str
    at_key: bool
    in_union: bool


def problems_of(error: ValidationError, model: type[BaseModel], data: Any, source: SourceMap,
                prefix: KeyPath = ()) -> list[Problem]:
    """Located problems for what pydantic found in ``data``, which stands at ``prefix`` of the scenario."""
    found = _without_union_noise([_one(item, model, data) for item in error.errors(include_url=False)], data)
    meant = {(*f.path[:-1], name) for f in found if f.kind == "extra_forbidden" for name in _near_keys(model, f.path)}
    problems = []
    for item in found:
        if item.kind == "missing" and item.path in meant:
            continue  # named by "did you mean" already
        path = (*prefix, *item.path)
        message = item.message + (_inherited(path, source) if item.kind == "extra_forbidden" else "")
        if path in source.removed:
            message = "is empty (null removes a key), but it is needed"
        problems.append(source.problem(path, message, at_key=item.at_key))
    return problems


def near_name(name: object, known: Iterable[str]) -> str:
    """``; did you mean ...?`` or nothing."""
    near = difflib.get_close_matches(str(name), list(known), 1)
    return f"; did you mean {near[0]!r}?" if near else ""


def shown(value: Any) -> str:
    """A value as one would write it, shortened."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def needs(what: str, value: Any, path: KeyPath) -> str:
    """``a number [MW] is needed, not 'x'``, with a hint for numbers written with a unit."""
    unit = unit_label(path) if "number" in what else ""
    written = _NUMBER_WITH_UNIT.fullmatch(value.strip()) if isinstance(value, str) and "number" in what else None
    if written and unit:
        hint = f"; the unit is part of the name: write the number alone, in {unit.strip(' []')}"
    elif what == "a text" and isinstance(value, int | float):
        hint = f"; write it in quotes: '{shown(value)}'"
    else:
        hint = ""
    return f"{what}{unit} is needed, not {shown(value)}{hint}"


def unit_label(path: KeyPath) -> str:
    """`` [MW]`` for a key that carries a unit."""
    name = next((part for part in reversed(path) if isinstance(part, str)), "")
    unit = unit_of(name)
    return f" [{unit}]" if unit and unit != "–" else ""


def _one(item: Mapping[str, Any], model: type[BaseModel], data: Any) -> _Found:
    kind, value, context = item["type"], item["input"], item.get("ctx", {})
    path, skipped = _path_in(data, item["loc"], kind)
    at_key = kind in ("extra_forbidden", "missing") or item["loc"][-1:] == ("[key]",)
    unit = unit_label(path)
    if kind == "extra_forbidden":
        message = "unknown key" + _instead(model, path)
    elif kind == "missing":
        message = "this key is missing" + _description(model, path)
    elif kind in _NEEDS:
        message = needs(_NEEDS[kind], value, path)
    elif kind in _LIMITS:
        words, key = _LIMITS[kind]
        message = f"is {shown(value)}, but must be {words} {context[key]:g}{unit}"
    elif kind in _LENGTHS:
        words, key, what = _LENGTHS[kind]
        message = f"{words} {context[key]} {what} are needed, {_length(value, context)} given"
    elif kind in ("literal_error", "enum"):
        choices = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        message = f"{shown(value)} is none of {context.get('expected', '')}{near_name(value, choices)}"
    elif kind in ("union_tag_invalid", "union_tag_not_found"):
        path = (*path, str(context["discriminator"]).strip("'"))
        message = _variant(kind, context, model, path)
    else:
        message = _PYDANTIC_OPENING.sub("", item["msg"]).replace("Input should be", "must be", 1) or "is not valid"
    return _Found(path, kind, message, at_key, skipped)


def _variant(kind: str, context: Mapping[str, Any], model: type[BaseModel], path: KeyPath) -> str:
    if kind == "union_tag_not_found":
        return "this key is missing" + _description(model, path)
    known = re.findall(r"'([^']*)'", str(context["expected_tags"]))
    return f"{shown(context['tag'])} is none of {', '.join(known)}{near_name(context['tag'], known)}"


def _path_in(data: Any, loc: tuple[str | int, ...], kind: str) -> tuple[KeyPath, bool]:
    """The keys of a pydantic location that stand in the data; it also names union variants, which do not."""
    path: KeyPath = ()
    node, skipped = data, False
    for n, part in enumerate(loc):
        if (isinstance(node, dict) and part in node) or (isinstance(node, list) and isinstance(part, int)):
            path = (*path, part)
            node = node[part]  # type: ignore[index]  # narrowed by the line above, for each kind its own key
        elif kind == "missing" and n == len(loc) - 1:
            path = (*path, part)
        elif part != "[key]":
            skipped = True
    return path, skipped


def _without_union_noise(found: list[_Found], data: Any) -> list[_Found]:
    """One problem per place: a value that fits no variant of a union is reported by pydantic once per variant."""
    kept: list[_Found] = []
    for item in found:
        deeper = any(len(other.path) > len(item.path) and other.path[: len(item.path)] == item.path for other in found)
        if item.in_union and item.kind in _NEEDS and deeper:
            continue
        twin = next((other for other in kept if other.path == item.path and (other.in_union or item.in_union)), None)
        if twin is None:
            kept.append(item)
        elif twin.kind in _NEEDS and item.kind not in _NEEDS:
            kept[kept.index(twin)] = item
        elif twin.kind in _NEEDS and _NEEDS[item.kind] not in twin.message:
            twin.message = twin.message.replace(" is needed", f" or {_NEEDS[item.kind]} is needed", 1)
    return kept


def _keys(model: type[BaseModel], path: KeyPath) -> dict[str, str]:
    """Keys that may stand in the mapping at a path, with their descriptions."""
    keys: dict[str, str] = {}
    for there in models_at(model, path):
        for name, field in there.model_fields.items():
            key = key_of(name, field)
            keys[key] = keys.get(key) or field.description or ""
    return keys


def _near_keys(model: type[BaseModel], path: KeyPath) -> list[str]:
    return difflib.get_close_matches(str(path[-1]), _keys(model, path[:-1]), 1)


def _instead(model: type[BaseModel], path: KeyPath) -> str:
    near = _near_keys(model, path)
    if not near:
        known = ", ".join(sorted(_keys(model, path[:-1])))
        return f"; known here: {known}" if 0 < len(known) <= 300 else ""
    meant, given = unit_of(near[0]), unit_of(str(path[-1]))
    other_unit = f" (mind the unit: {meant})" if meant and meant != "–" and meant != given else ""
    return f"; did you mean {near[0]!r}?{other_unit}"


def _description(model: type[BaseModel], path: KeyPath) -> str:
    text = _keys(model, path[:-1]).get(str(path[-1]), "")
    return f" ({text})" if text else ""


def _length(value: Any, context: Mapping[str, Any]) -> object:
    return context.get("actual_length", len(value) if hasattr(value, "__len__") else "another number is")


def _inherited(path: KeyPath, source: SourceMap) -> str:
    """A key from one file meets a type from another: say so, and how to drop the key."""
    own, kind = source.origins.get(path), source.origins.get((*path[:-1], "type"))
    if own is None or kind is None or own.file == kind.file:
        return ""
    return (f" (the type is {source.value((*path[:-1], 'type'))!r} by {display_file(kind.file)}:{kind.line}; "
            f"'{path[-1]}: null' there drops this key)")
