"""Builds the components of a resolved scenario, in the order weather, markets, assets, networks, controllers.

Each component sees the nameplates of those built before it; controllers come last and see the whole site.
"""

from __future__ import annotations

from dataclasses import dataclass

from twin.component import Component, ComponentParams
from twin.context import Context
from twin.cosim.emulated import emulated
from twin.cosim.probe import Probe, ProbeParams
from twin.device import Device
from twin.errors import ComponentError, ParkTwinError, Problem, ScenarioError
from twin.registry import component_class
from twin.scenario.faults import plan_of
from twin.scenario.resolved import ResolvedScenario, context_of

EXPECTER = "persistence_forecast"
"""Type that says what to expect where a gate needs it and the scenario names nobody."""


@dataclass(frozen=True, slots=True)
class Site:
    """A scenario's components, ready to be wired."""

    scenario: ResolvedScenario
    context: Context
    components: dict[str, Component]
    """Name → component, in build order."""
    types: dict[str, str]
    """Name → type as written in the YAML."""


def build_site(scenario: ResolvedScenario) -> Site:
    """Construct every component.

    Raises
    ------
    ScenarioError
        All components that could not be built, each at its place in the file.
    """
    context = context_of(scenario)
    components: dict[str, Component] = {}
    problems: list[Problem] = []
    for name, spec in scenario.components.items():
        try:
            component = spec.cls(name, spec.params, context)
        except ScenarioError as error:
            problems += [p if p.file else scenario.problem((*spec.path, *p.path), p.message) for p in error.problems]
            continue
        except ParkTwinError as error:
            problems.append(scenario.problem(spec.path, str(error)))
            continue
        components[name] = component = _behind_its_devices(scenario, component, context, problems)
        nameplate = component.nameplate()
        if nameplate is not None:
            context.nameplates[name] = nameplate
        if component.exogenous:
            context.exogenous[name] = component.exogenous
    types = {n: scenario.components[n].type for n in components}
    if scenario.model.gate.enabled and not problems:
        _put_gate(scenario, components, types, context, problems)
    for name, external in scenario.external.items():
        if external.record:
            signals = tuple(f"{i}.{a}" if external.count > 1 else a
                            for i in range(external.count) for a in external.record)
            components[f"{name}_probe"] = Probe(f"{name}_probe", ProbeParams(source=name, signals=signals), context)
            types[f"{name}_probe"] = "probe"
    problems += _step_problems(scenario, components, context.duration_s)
    if problems:
        raise ScenarioError(problems)
    return Site(scenario, context, components, types)


def _put_gate(scenario: ResolvedScenario, components: dict[str, Component], types: dict[str, str], context: Context,
              problems: list[Problem]) -> None:
    """The release gate, and somebody who says what to expect where the scenario names nobody."""
    from twin.gate.component import NAME, ReleaseGate
    from twin.gate.expectation import Expecter
    from twin.gate.shadow.shadow import operators

    if not operators(components):
        problems.append(scenario.problem(("gate",), "there is no operator whose schedules could be tried; add a "
                                                    "'control:', or leave the gate out", at_key=True))
        return
    if not any(isinstance(c, Expecter) for c in components.values()):
        cls = component_class(EXPECTER)
        components[EXPECTER] = cls(EXPECTER, cls.Params(), context)
        types[EXPECTER] = EXPECTER
    components[NAME] = ReleaseGate(NAME, ComponentParams(), context)
    types[NAME] = "release_gate"


def _behind_its_devices(scenario: ResolvedScenario, component: Component, context: Context,
                        problems: list[Problem]) -> Component:
    """The component, with the devices that the scenario puts before it."""
    specs = [spec for spec in scenario.devices.values() if spec.owner == component.name]
    devices: dict[str | None, Device] = {}
    has_its_own = any(spec.terminal is None for spec in specs)
    for spec in specs:
        try:
            if has_its_own and spec.terminal is not None:
                raise ComponentError(f"{component.name!r} stands behind a device of its own; its terminals cannot")
            plan = plan_of(spec.name, scenario.model.faults, context)
            devices[spec.terminal] = spec.cls(spec.name, spec.params, component.nameplate(), plan)
        except ScenarioError as error:
            problems += [scenario.problem(p.path, p.message) for p in error.problems]
        except ParkTwinError as error:
            problems.append(scenario.problem(spec.path, str(error), at_key=True))
    if not devices or len(devices) < len(specs):
        return component
    try:
        return emulated(component, devices)
    except ParkTwinError as error:
        problems.append(scenario.problem(specs[0].path, str(error), at_key=True))
        return component


def _step_problems(scenario: ResolvedScenario, components: dict[str, Component], duration_s: int) -> list[Problem]:
    """Steps must be whole multiples of the finest one and fit into the duration, so that series line up."""
    if not components:
        return [scenario.problem((), "a scenario needs at least one component under assets, networks or weather")]
    finest_s = min(c.step_s for c in components.values())
    problems = []
    for name, component in components.items():
        if name not in scenario.components:
            continue
        path = (*scenario.components[name].path, "step_s")
        if component.step_s % finest_s:
            problems.append(scenario.problem(
                path, f"step_s {component.step_s} is not a whole multiple of {finest_s} s, the finest step here"))
        elif duration_s % component.step_s:
            problems.append(scenario.problem(
                path, f"the duration {duration_s} s is not a whole number of steps of {component.step_s} s; "
                      "change time.duration_h or step_s"))
    return problems
