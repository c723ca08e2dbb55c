"""What a reader needs to make the same run again: scenario text, its hash, seed and versions."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import PackageNotFoundError, version
from io import StringIO
from typing import Any

from twin import __version__
from twin.store.run_data import RunData

SCENARIO, SEED, VERSION = "scenario (SHA-256)", "seed", "parktwin"
"""Names of the lines that every report has."""
NAMED_PACKAGES = ("mosaik", "pandapower", "lightsim2grid", "pvlib", "windpowerlib", "numpy")
"""Packages whose version may move a result."""


def scenario_hash(scenario: dict[str, Any]) -> str:
    """SHA-256 of the resolved scenario as canonical JSON (keys sorted, no spaces)."""
    text = json.dumps(scenario, sort_keys=True, separators=(",", ":"), default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def scenario_yaml(scenario: dict[str, Any]) -> str:
    """The resolved scenario as YAML text."""
    from ruamel.yaml import YAML

    # plain data first: the safe dumper knows no dates of other libraries, no enumerations, no numpy numbers
    plain = json.loads(json.dumps(scenario, default=str))
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = None
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.width = 110
    text = StringIO()
    yaml.dump(plain, text)
    return text.getvalue()


def provenance(run: RunData) -> dict[str, str]:
    """Scenario hash, seed, and the versions of the program that reads the run."""
    seed = str(run.scenario.get("seed", "not recorded"))
    found = {SCENARIO: scenario_hash(run.scenario), SEED: seed, VERSION: __version__}
    for package in NAMED_PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
