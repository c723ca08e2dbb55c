"""The scenario language as a JSON schema, so that editors complete and check while one writes.

A file may be one layer of several (``extends``), so no key is required in it; ``twin check`` knows what is missing.
"""

from __future__ import annotations

from typing import Any

from twin import registry
from twin.component import Component, Section
from twin.device import Device
from twin.errors import ComponentError
from twin.scenario.devices import DEVICES_KEY
from twin.scenario.models import Scenario

DIALECT = "https://json-schema.org/draft/2020-12/schema"
EXTENDS_TEXT = "file or files this one builds on, beside it or among the packaged scenarios; mappings merge, lists " \
               "replace, null deletes"
NULL: dict[str, Any] = {"type": "null", "description": "removes what the extended file has here"}


def scenario_schema() -> dict[str, Any]:
    """JSON schema of scenario files with the parameters of every component type that can be loaded.

    Types that cannot be loaded are named in ``$comment``.
    """
    schema = Scenario.model_json_schema(ref_template="#/$defs/{model}")
    definitions: dict[str, Any] = schema.setdefault("$defs", {})
    by_section: dict[Section, list[str]] = {section: [] for section in Section}
    broken = []
    for name in registry.component_types():
        try:
            cls = registry.component_class(name)
            definitions.update(_definitions(name, cls))
        except ComponentError as error:
            broken.append(f"{name} ({error})")
            continue
        except Exception as error:  # parameters of a stranger's type may have no JSON schema
            broken.append(f"{name} ({type(error).__name__}: {error})")
            continue
        by_section[cls.section].append(name)
    for section, names in by_section.items():
        definitions[f"any_{section.value}"] = _any_of(section.value, names)
    _add_devices(schema, definitions, broken)
    _refer(schema)
    _drop_required(schema)
    schema["properties"] = {
        "extends": {"description": EXTENDS_TEXT, "type": ["string", "array"], "items": {"type": "string"}},
        **schema["properties"],
    }
    if broken:
        schema["$comment"] = "types that could not be loaded: " + "; ".join(broken)
    return {"$schema": DIALECT, **schema}


def _add_devices(schema: dict[str, Any], definitions: dict[str, Any], broken: list[str]) -> None:
    """The parameters of every device type, and where they may stand."""
    names = []
    for name in registry.device_types():
        try:
            definitions.update(_definitions(name, registry.device_class(name)))
        except Exception as error:  # as above
            broken.append(f"{name} ({type(error).__name__}: {error})")
            continue
        names.append(name)
    definitions["any_device"] = _any_of(DEVICES_KEY, names)
    [name_pattern] = schema["properties"][DEVICES_KEY]["patternProperties"]
    schema["properties"][DEVICES_KEY] = {
        "description": schema["properties"][DEVICES_KEY]["description"],
        "type": ["object", "null"],
        "propertyNames": {"pattern": name_pattern},
        "additionalProperties": {"anyOf": [{"$ref": "#/$defs/any_device"}, NULL]},
    }


def _definitions(name: str, cls: type[Component] | type[Device]) -> dict[str, Any]:
    """Schema of one type's parameters, and of the models it uses, under names of its own."""
    own = cls.Params.model_json_schema(ref_template=f"#/$defs/{name}.{{model}}")
    definitions = {f"{name}.{inner}": model for inner, model in own.pop("$defs", {}).items()}
    first_line = (cls.__doc__ or "").strip().split("\n")[0]
    own["properties"] = {"type": {"const": name, "description": first_line}, **own.get("properties", {})}
    own["title"] = name
    return {**definitions, name: own}


def _any_of(section: str, names: list[str]) -> dict[str, Any]:
    """A component of a section: its type decides what else it may say."""
    return {
        "type": "object",
        "properties": {"type": {"enum": names, "description": f"type of a component under '{section}'"}},
        "allOf": [
            {"if": {"properties": {"type": {"const": name}}, "required": ["type"]}, "then": {"$ref": f"#/$defs/{name}"}}
            for name in names
        ],
    }


def _refer(schema: dict[str, Any]) -> None:
    """Put the sections' definitions where the top level says only 'a mapping'."""
    properties = schema["properties"]
    for key, section in (("weather", Section.WEATHER), ("control", Section.CONTROLLERS)):
        properties[key] = {
            "description": properties[key]["description"],
            "anyOf": [{"$ref": f"#/$defs/any_{section.value}"}, NULL],
        }
    for section in (Section.MARKETS, Section.ASSETS, Section.NETWORKS, Section.CONTROLLERS):
        [name_pattern] = properties[section.value]["patternProperties"]
        properties[section.value] = {
            "description": properties[section.value]["description"],
            "type": ["object", "null"],
            "propertyNames": {"pattern": name_pattern},
            "additionalProperties": {"anyOf": [{"$ref": f"#/$defs/any_{section.value}"}, NULL]},
        }


def _drop_required(schema: dict[str, Any]) -> None:
    for part in (schema, *schema["$defs"].values()):
        part.pop("required", None)
