"""What persons do in a scenario (``takeovers:``, ``hand_releases:``, ``watchdog_resets:``) must meet something.

Persons act through the release gate. Without one their acts would be passed over, and whoever trains with the scenario
would believe that they were done; that is a mistake. Only a gate that the scenario has and that is switched off
(``gate.enabled: false``, to compare runs with and without it) leaves them undone with a warning
(:func:`twin.scenario.gate_checks.gate_warnings`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from twin.component import Layer, ports_of
from twin.errors import Problem, ScenarioError
from twin.scenario.components import named_specs
from twin.scenario.messages import near_name
from twin.scenario.origins import SourceMap
from twin.scenario.resolved import ComponentSpec, ResolvedScenario, context_of
from twin.scenario.takeovers import SET_POINTS, acts_of

GATE_KEY = "gate"
TAKEOVERS, HAND_RELEASES, RESETS = "takeovers", "hand_releases", "watchdog_resets"
SECTIONS = (TAKEOVERS, HAND_RELEASES, RESETS)


def acts_in_vain(source: SourceMap, components: Mapping[str, ComponentSpec]) -> list[Problem]:
    """Acts in a site without a gate or watchdog, on assets that are not there, or by a set-point they do not have."""
    return [*_without_anybody_to_do_them(source, components), *_on_nothing(source, components)]


def acts_out_of_time(resolved: ResolvedScenario) -> list[Problem]:
    """Acts at times at which the scenario does not run."""
    model = resolved.model
    try:
        acts_of(context_of(resolved), takeovers=model.takeovers, hand_releases=model.hand_releases,
                watchdog_resets=model.watchdog_resets)
    except ScenarioError as error:
        return [resolved.problem(problem.path, problem.message) for problem in error.problems]
    return []


def _without_anybody_to_do_them(source: SourceMap, components: Mapping[str, ComponentSpec]) -> list[Problem]:
    gate = source.data.get(GATE_KEY)
    written = [section for section in SECTIONS if source.data.get(section)]
    if gate is None:
        return [source.problem((section,), "nobody would do this: persons act through the release gate, and this "
                                           "scenario has none; add a 'gate:', or take this out", at_key=True)
                for section in written]
    watched = any(spec.cls.layer is Layer.WATCHDOG for spec in components.values())
    if RESETS in written and not watched and not (isinstance(gate, dict) and gate.get("enabled") is False):
        return [source.problem((RESETS,), "there is no watchdog that could be reset; add one under 'controllers:' "
                                          "(type: watchdog), or take this out", at_key=True)]
    return []


def _on_nothing(source: SourceMap, components: Mapping[str, ComponentSpec]) -> list[Problem]:
    known = [name for name, *_ in named_specs(source.data)]
    problems = []
    for section, number, act in _acts_on_assets(source):
        name = act["asset"]
        if name not in known:
            problems.append(source.problem((section, number, "asset"),
                                           f"there is no asset {name[:60]!r}{near_name(name, known)}"))
        elif section == TAKEOVERS and name in components:
            problems += _by_a_port_it_has_not(source, number, act, components[name])
    return problems


def _by_a_port_it_has_not(source: SourceMap, number: int, act: Mapping[str, Any], spec: ComponentSpec) -> list[Problem]:
    ports = ports_of(spec.cls.Inputs)
    has = [port for port in SET_POINTS if port in ports and ports[port].per is None]
    can = f"it takes {' or '.join(has)}" if has else "it follows no set-point at all"
    return [source.problem((TAKEOVERS, number, port), f"{spec.name} ({spec.type}) has no {port}; {can}", at_key=True)
            for port in SET_POINTS if act.get(port) is not None and port not in has]


def _acts_on_assets(source: SourceMap) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    for section in (TAKEOVERS, RESETS):
        acts = source.data.get(section)
        for number, act in enumerate(acts if isinstance(acts, list) else ()):
            if isinstance(act, dict) and isinstance(act.get("asset"), str):
                yield section, number, act
