"""A scenario after all its layers are merged and checked: what the co-simulation is built from."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from twin.component import Component, ComponentParams, Section
from twin.context import Context, Location
from twin.errors import Problem
from twin.scenario.devices import DeviceSpec
from twin.scenario.models import Connection, ExternalSpec, Scenario
from twin.scenario.origins import KeyPath, Origin, SourceMap

ComponentClass: TypeAlias = type[Component]


@dataclass(frozen=True, slots=True)
class ComponentSpec:
    """One component to build."""

    name: str
    type: str
    section: Section
    cls: ComponentClass
    params: ComponentParams
    path: KeyPath
    """Where the scenario describes it, e.g. ``("assets", "bess")``."""


@dataclass(frozen=True, slots=True)
class ResolvedScenario:
    """A checked scenario; ``components`` stand in build order (weather, markets, assets, networks, controllers)."""

    model: Scenario
    components: dict[str, ComponentSpec]
    source: SourceMap
    file: Path
    """The starting file."""
    devices: dict[str, DeviceSpec] = field(default_factory=dict)
    """By the name they have in the scenario."""

    @property
    def duration_s(self) -> int:
        """Simulated time [s]."""
        return self.model.time.duration_s

    @property
    def external(self) -> dict[str, ExternalSpec]:
        """Other mosaik simulators, by name."""
        return self.model.external

    @property
    def connections(self) -> list[Connection]:
        """Explicit connections, in file order."""
        return self.model.connections

    @property
    def data(self) -> dict[str, Any]:
        """The plain scenario: all layers merged, data files absolute, defaults not filled in."""
        return self.source.data

    @property
    def origins(self) -> dict[KeyPath, Origin]:
        """Where each value of ``data`` was written."""
        return self.source.origins

    def problem(self, path: KeyPath, message: str, *, at_key: bool = False) -> Problem:
        """A problem located at a value of the scenario or, where the path does not exist, at the nearest key above."""
        return self.source.problem(path, message, at_key=at_key)


def context_of(resolved: ResolvedScenario) -> Context:
    """What components may know of the scenario; nameplates are added while they are built."""
    model = resolved.model
    site = model.location
    return Context(
        start=model.time.start,
        duration_s=model.time.duration_s,
        step_s=model.time.step_s,
        seed=model.seed,
        location=Location(site.latitude_deg, site.longitude_deg, site.altitude_m, site.timezone, site.country),
        currency=model.currency,
        types={spec.name: spec.type for spec in resolved.components.values()},
        limited=tuple(row.signal for row in model.limits.values()),
    )
