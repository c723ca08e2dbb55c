"""Loads a scenario: layers, top level, components, ends of connections; all mistakes are reported at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from twin.device import FaultKind
from twin.errors import Problem
from twin.scenario.acts import GATE_KEY, acts_in_vain, acts_out_of_time
from twin.scenario.components import CONTROL_KEY, EXTERNAL_KEY, MAPPINGS, WEATHER_NAME, check_components, named_specs
from twin.scenario.datadir import find_data_dir
from twin.scenario.devices import DEVICES_KEY, DeviceSpec, check_devices
from twin.scenario.fields import places
from twin.scenario.gate_checks import gate_problems
from twin.scenario.layers import load_layers
from twin.scenario.messages import near_name, needs, problems_of
from twin.scenario.models import Scenario
from twin.scenario.origins import KeyPath, SourceMap, scenario_error
from twin.scenario.packaged import packaged_root, scenario_file, shipped_scenarios
from twin.scenario.resolved import ComponentSpec, ResolvedScenario, context_of
from twin.scenario.show import resolved_yaml

__all__ = ["ComponentSpec", "ResolvedScenario", "context_of", "load_scenario", "resolved_yaml", "shipped_scenarios"]


def load_scenario(
    ref: str | Path, sets: Sequence[str] = (), *, roots: Sequence[Path] | None = None, trust_paths: bool = False
) -> ResolvedScenario:
    """Read, merge and check a scenario.

    Parameters
    ----------
    ref : path of a scenario file, or the name of a packaged scenario.
    sets : ``path=value`` each, on top of the files, in order.
    roots : folders, besides the file's own, in which ``extends`` and data files are looked up; the packaged scenarios
        if None.
    trust_paths : data files and ``data_dir`` may lie outside the file's own folder and the roots; for a resolved
        scenario that this program wrote.

    Raises
    ------
    ScenarioError
        With all mistakes (20 at most), each with file, line, column and excerpt.
    """
    file = scenario_file(ref)
    if roots is None:
        packaged = packaged_root()
        roots = [packaged] if packaged is not None else []
    source = load_layers(file, sets, roots)
    problems = _check_top_level(source)
    data_roots = [file.parent, *roots]
    data_dir, of_data_dir = find_data_dir(source, data_roots, trusted=trust_paths)
    components, of_components = check_components(source, data_roots, data_dir=data_dir, trust_paths=trust_paths)
    devices, of_devices = check_devices(source)
    problems += of_data_dir + of_components + of_devices + _unknown_ends(source) + _faults_in_vain(source, devices) \
        + acts_in_vain(source, components)
    problems = source.with_no_numbers(problems)
    if problems:
        raise scenario_error(problems, source.lines)
    resolved = ResolvedScenario(Scenario.model_validate(source.data), components, source, file, devices)
    problems = acts_out_of_time(resolved) + gate_problems(resolved)
    if problems:
        raise scenario_error(problems, source.lines)
    return resolved


def _check_top_level(source: SourceMap) -> list[Problem]:
    """What is wrong at the top level; specs of components are left to :func:`check_components`."""
    data = dict(source.data)
    for key in (WEATHER_NAME, CONTROL_KEY):
        if key in data:
            data[key] = {}
    for section in (*MAPPINGS, DEVICES_KEY):
        if isinstance(data.get(section), dict):
            data[section] = {name: {} for name in data[section]}
    problems = [source.problem(place.path, needs("a number", place.value, place.path))
                for place in places(Scenario, data) if place.number_as_bool()]
    try:
        Scenario.model_validate(data)
    except ValidationError as error:
        taken = {problem.path for problem in problems}
        problems += [p for p in problems_of(error, Scenario, data, source) if p.path not in taken]
    return problems


def _unknown_ends(source: SourceMap) -> list[Problem]:
    """Connections that begin or end at something the scenario does not have."""
    connections = source.data.get("connections")
    external = source.data.get(EXTERNAL_KEY)
    known = [name for name, *_ in named_specs(source.data)] + (list(external) if isinstance(external, dict) else [])
    gate = source.data.get(GATE_KEY)
    known += [GATE_KEY] if isinstance(gate, dict) and gate.get("enabled") is not False else []
    problems = []
    for n, connection in enumerate(connections if isinstance(connections, list) else ()):
        for end in ("from", "to") if isinstance(connection, dict) else ():
            text = connection.get(end)
            if not isinstance(text, str) or "." not in text or text.split(".")[0] in known:
                continue
            name = text.split(".")[0]
            path: KeyPath = ("connections", n, end)
            problems.append(source.problem(path, f"there is no {name[:60]!r} in this scenario{near_name(name, known)}"))
    return problems


def _faults_in_vain(source: SourceMap, devices: Mapping[str, DeviceSpec]) -> list[Problem]:
    """Faults of what has no device, or of a device to which they mean nothing."""
    faults, written = source.data.get("faults"), source.data.get(DEVICES_KEY)
    known = list(written) if isinstance(written, dict) else []
    problems = []
    for n, fault in enumerate(faults if isinstance(faults, list) else ()):
        name, kind = (fault.get("asset"), fault.get("type")) if isinstance(fault, dict) else (None, None)
        if isinstance(name, str) and name not in known:
            problems.append(source.problem(("faults", n, "asset"), f"{name[:60]!r} has no device that could fail"
                                           f"{near_name(name, known)}; add one under 'devices:'"))
        elif isinstance(name, str) and name in devices and isinstance(kind, str):
            felt = {fault.name.lower() for fault in devices[name].cls.feels}
            if kind in {k.name.lower() for k in FaultKind} - felt:
                problems.append(source.problem(("faults", n, "type"), f"{kind} does nothing to a {devices[name].type}; "
                                               f"it may be {', '.join(sorted(felt))}"))
    return problems
