"""Checks what a scenario says under ``devices:``: the control systems before assets and plants."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import ValidationError

from twin import registry
from twin.device import Device, DeviceParams
from twin.errors import ComponentError, Problem
from twin.scenario.fields import places
from twin.scenario.messages import near_name, needs, problems_of
from twin.scenario.origins import KeyPath, SourceMap

DEVICES_KEY = "devices"
CONTROLLED = ("assets", "networks")
"""Sections whose components may stand behind a device."""


DeviceClass: TypeAlias = type[Device]


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """One device to build."""

    owner: str
    """The asset or network behind it."""
    terminal: str | None
    """Of a network."""
    type: str
    cls: DeviceClass
    params: DeviceParams
    path: KeyPath

    @property
    def name(self) -> str:
        """As the scenario writes it: ``bess``, ``cooling.EC``."""
        return self.owner if self.terminal is None else f"{self.owner}.{self.terminal}"


def check_devices(source: SourceMap) -> tuple[dict[str, DeviceSpec], list[Problem]]:
    """All devices whose parameters are valid, and the problems of the others."""
    raw = source.data.get(DEVICES_KEY)
    specs: dict[str, DeviceSpec] = {}
    problems: list[Problem] = []
    for name, spec in raw.items() if isinstance(raw, dict) else ():
        found = _checked(source, str(name), spec)
        if isinstance(found, DeviceSpec):
            specs[name] = found
        else:
            problems += found
    return specs, problems


def _checked(source: SourceMap, name: str, raw: Any) -> DeviceSpec | list[Problem]:
    path: KeyPath = (DEVICES_KEY, name)
    owner, _, terminal = name.partition(".")
    known = [n for section in CONTROLLED for n in source.data.get(section) or {}]
    if owner not in known:
        return [source.problem(path, f"there is no asset or network {owner[:60]!r}{near_name(owner, known)}",
                               at_key=True)]
    if not isinstance(raw, dict):
        return [source.problem(path, needs("a mapping with a type", raw, path))]
    at = (*path, "type")
    kind = raw.get("type")
    if not isinstance(kind, str):
        types = ", ".join(registry.device_types())
        return [source.problem(at, f"the type of the device is missing (types: {types})", at_key=True)]
    try:
        cls = registry.device_class(kind)
    except ComponentError as error:
        return [source.problem(at, str(error))]
    params = copy.deepcopy({key: value for key, value in raw.items() if key != "type"})
    problems = [source.problem((*path, *place.path), needs("a number", place.value, place.path))
                for place in places(cls.Params, params) if place.number_as_bool()]
    try:
        checked = cls.Params.model_validate(params)
    except ValidationError as error:
        return problems + problems_of(error, cls.Params, params, source, path)
    return problems or DeviceSpec(owner, terminal or None, kind, cls, checked, path)
