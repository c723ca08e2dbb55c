"""Files of pandapipes are data: nothing that they name is imported or called, damage is told in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandapipes as pp
import pytest

from simulators.networks.pandapipes_import import from_pandapipes
from simulators.networks.pandapipes_tables import MAX_BYTES
from simulators.networks.thermal_file import HeatNetworkFile
from simulators.networks.thermal_source import thermal_model
from tests.simulators.networks.thermal_file.nets import ring, tree
from twin.errors import ComponentError


def read(file: Path) -> HeatNetworkFile:
    return thermal_model(HeatNetworkFile, str(file), {}, None)


@pytest.mark.parametrize("build", [tree, ring])
def test_a_file_gives_the_same_network_as_the_net_in_memory(build: Callable[[], Any], tmp_path: Path) -> None:
    file = tmp_path / "net.json"
    pp.to_json(build(), str(file))
    assert read(file) == from_pandapipes(build(), HeatNetworkFile)


def test_water_and_ambient_of_a_file(tmp_path: Path) -> None:
    net = tree()
    net["fluid"] = pp.create_empty_network(fluid="water").fluid
    net.pipe["text_k"] = float("nan")
    pp.set_user_pf_options(net, ambient_temperature=278.15)
    pp.to_json(net, str(tmp_path / "net.json"))
    file = read(tmp_path / "net.json")
    assert file.fluid is None and file.ground_degc == pytest.approx(5.0)


def in_cell(net: dict[str, Any], value: object) -> None:
    table = json.loads(net["_object"]["pipe"]["_object"])
    table["data"][0][table["columns"].index("length_km")] = value
    net["_object"]["pipe"]["_object"] = json.dumps(table)


def in_options(net: dict[str, Any], value: object) -> None:
    net["_object"]["user_pf_options"] = value


def in_fluid(net: dict[str, Any], value: object) -> None:
    net["_object"]["fluid"] = value


@pytest.mark.parametrize("put", [in_cell, in_options, in_fluid])
def test_a_program_in_a_file_is_not_run(put: Callable[[dict[str, Any], object], None], tmp_path: Path) -> None:
    ran, file = tmp_path / "ran", tmp_path / "net.json"
    net = json.loads(pp.to_json(tree()))
    put(net, {"_module": "subprocess", "_class": "getoutput", "_object": f"touch {ran}"})
    file.write_text(json.dumps(net), encoding="utf-8")
    if put is in_options:
        read(file)    # not looked at
    else:
        with pytest.raises(ComponentError, match=r"net\.json: "):
            read(file)
    assert not ran.exists()


def no_junctions(net: dict[str, Any]) -> None:
    del net["_object"]["junction"]


def ragged(net: dict[str, Any]) -> None:
    net["_object"]["pipe"]["_object"] = '{"columns": ["a"], "index": [0], "data": [[1, 2]]}'


def wrong_orient(net: dict[str, Any]) -> None:
    net["_object"]["pipe"]["_object"] = '{"from_junction": {"0": 1}}'


def infinite(net: dict[str, Any]) -> None:
    in_cell(net, float("inf"))


def unknown_junction(net: dict[str, Any]) -> None:
    table = json.loads(net["_object"]["pipe"]["_object"])
    table["data"][0][table["columns"].index("to_junction")] = 77
    net["_object"]["pipe"]["_object"] = json.dumps(table)


def old_format(net: dict[str, Any]) -> None:
    table = json.loads(net["_object"]["pipe"]["_object"])
    table["columns"][table["columns"].index("inner_diameter_mm")] = "diameter_m"
    net["_object"]["pipe"]["_object"] = json.dumps(table)


@pytest.mark.parametrize(("damage", "message"), [
    (no_junctions, "JSON, but not a pandapipes network; write it with pandapipes.to_json"),
    (ragged, "the table 'pipe' has not the layout 'split'; write it with"),
    (wrong_orient, "the table 'pipe' has not the layout 'split'; write it with"),
    (infinite, r"pipe 0 \(0-1\): length_km is 'inf'; it must be a number"),
    (unknown_junction, r"pipe 0 \(0-1\): there is no junction 77"),
    (old_format, r"pipe 0 \(0-1\) has no inner_diameter_mm"),
])
def test_damage_is_told(damage: Callable[[dict[str, Any]], None], message: str, tmp_path: Path) -> None:
    file = tmp_path / "net.json"
    net = json.loads(pp.to_json(tree()))
    damage(net)
    file.write_text(json.dumps(net), encoding="utf-8")
    with pytest.raises(ComponentError, match=rf"net\.json: {message}"):
        read(file)


@pytest.mark.parametrize(("text", "message"), [
    ("no json", "not a pandapipes network: no JSON"), ("[1, 2]", "JSON, but not a pandapipes network"),
    ('{"_class": "pandapowerNet", "_object": {}}', r"not a pandapipes network \(no pandapipesNet\)"),
    ("[" * 100_000, "not a pandapipes network: no JSON"), ("\x00", "no JSON"),
])
def test_what_is_no_network_is_refused(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "net.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ComponentError, match=message):
        read(file)


def test_missing_and_huge_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ComponentError, match=r"none\.json: cannot be read: No such file"):
        read(tmp_path / "none.json")
    huge = tmp_path / "huge.json"
    with huge.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    with pytest.raises(ComponentError, match="larger than 50 MB"):
        read(huge)


def test_mistakes_of_the_translated_network_name_the_file(tmp_path: Path) -> None:
    net = tree()
    net.heat_consumer.loc[0, "treturn_k"] = 370.0
    pp.to_json(net, str(tmp_path / "net.json"))
    with pytest.raises(ComponentError, match=r"net\.json: substation 'hall': return_degc = 96\.85 asks for a return"):
        read(tmp_path / "net.json")
