"""Fingerprints of what a run depends on: data files and code. A run resumes only where both are unchanged."""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from pathlib import Path

from twin.scenario.fields import places
from twin.scenario.resolved import ResolvedScenario


def of_data_files(scenario: ResolvedScenario) -> dict[str, str]:
    """Absolute path → SHA-256 of every file that the parameters name."""
    found: dict[str, str] = {}
    for spec in scenario.components.values():
        for place in places(spec.cls.Params, spec.params.model_dump(by_alias=True)):
            if place.names_file():
                found[place.value] = hashlib.sha256(Path(place.value).read_bytes()).hexdigest()
    return found


def of_code(scenario: ResolvedScenario) -> str:
    """SHA-256 over the sources of the framework and of every package that the scenario's components come from."""
    classes = [s.cls for s in scenario.components.values()] + [s.cls for s in scenario.devices.values()]
    packages = {"twin", *(cls.__module__.partition(".")[0] for cls in classes)}
    digest = hashlib.sha256()
    for package in sorted(packages):
        digest.update(_of_package(package))
    return digest.hexdigest()


@cache
def _of_package(name: str) -> bytes:
    module = sys.modules[name]
    folders = [Path(folder) for folder in getattr(module, "__path__", ())]
    single = [Path(module.__file__)] if module.__file__ and not folders else []
    digest = hashlib.sha256()
    for file in single + sorted(file for folder in folders for file in folder.rglob("*.py")):
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return digest.digest()


def changes(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """Files that are not what they were."""
    return sorted(path for path in before.keys() | now.keys() if before.get(path) != now.get(path))
