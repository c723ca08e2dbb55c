"""Scenario files: YAML → validated models, every error with file, line, column and a suggestion."""

from twin.scenario.datafile import DataFile
from twin.scenario.loader import load_scenario
from twin.scenario.packaged import packaged_root, packaged_scenarios, scenario_file, shipped_scenarios
from twin.scenario.resolved import ComponentSpec, ResolvedScenario, context_of
from twin.scenario.schema import scenario_schema
from twin.scenario.show import resolved_yaml

__all__ = [
    "ComponentSpec",
    "DataFile",
    "ResolvedScenario",
    "context_of",
    "load_scenario",
    "packaged_root",
    "packaged_scenarios",
    "resolved_yaml",
    "scenario_file",
    "scenario_schema",
    "shipped_scenarios",
]
