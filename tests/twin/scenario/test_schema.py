"""The JSON schema that editors use: complete, and consistent with what the loader accepts."""

import json

from twin.component import Section
from twin.scenario.schema import scenario_schema


def resolve(schema, node):
    return schema["$defs"][node["$ref"].removeprefix("#/$defs/")] if "$ref" in node else node


def test_every_type_completes_in_its_section(fake_types):
    schema = scenario_schema()
    types = {section: schema["$defs"][f"any_{section}"]["properties"]["type"]["enum"] for section in Section}
    assert types == {"weather": ["sun"], "markets": ["tariff"], "assets": ["cranky", "tank"], "networks": ["wire"],
                     "controllers": ["other_rule", "rule"]}


def test_parameters_of_a_type_with_their_descriptions(fake_types):
    schema = scenario_schema()
    tank = schema["$defs"]["tank"]
    assert tank["properties"]["type"] == {"const": "tank", "description": "Stores."}
    assert tank["properties"]["power_mw"]["description"] == "largest power [MW]"
    assert tank["properties"]["power_mw"]["exclusiveMinimum"] == 0
    assert tank["additionalProperties"] is False
    stage = resolve(schema, tank["properties"]["stages"]["items"])
    assert stage["properties"]["until_h"]["description"] == "end of the stage [h]"


def test_all_references_exist(fake_types):
    schema = scenario_schema()
    text = json.dumps(schema)
    references = {part.split('"')[0] for part in text.split('"#/$defs/')[1:]}
    assert references and references <= schema["$defs"].keys()


def test_a_broken_type_is_named_and_left_out(fake_types):
    schema = scenario_schema()
    assert "broken" not in schema["$defs"] and "strange-package" in schema["$comment"]


def test_a_layer_may_leave_out_what_it_inherits(fake_types):
    schema = scenario_schema()
    assert "required" not in schema and "required" not in schema["$defs"]["tank"]
    assert {"type": "array", "null": 1}["type"] in schema["properties"]["extends"]["type"]


def test_top_level_keys_are_those_of_the_model_and_extends(fake_types):
    from twin.scenario.models import Scenario
    assert scenario_schema()["properties"].keys() == Scenario.model_fields.keys() | {"extends"}
    assert scenario_schema()["additionalProperties"] is False
    assert scenario_schema()["$defs"]["Connection"]["properties"].keys() == {"from", "to", "delayed", "initial"}


def test_names_and_places_carry_their_patterns(fake_types):
    schema = scenario_schema()
    assert schema["properties"]["name"]["pattern"] == "^(?:[a-z0-9_-]{1,80})$"
    assert schema["properties"]["assets"]["propertyNames"]["pattern"] == "^(?:[a-z][a-z0-9_]{0,59})$"
