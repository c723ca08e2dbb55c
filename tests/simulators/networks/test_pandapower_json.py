"""A network file from a stranger is data: nothing that it names is imported or called."""

import copy
import json
import warnings
from pathlib import Path

import numpy as np
import pandapower as pp
import pandapower.networks
import pandas as pd
import pytest

from simulators.networks import pandapower_json
from simulators.networks.network_source import from_file
from simulators.networks.pandapower_json import MAX_DEPTH, read_pandapower_json
from twin.errors import ComponentError


def own_types() -> pp.pandapowerNet:
    """Standard types of its own, results, and the plain objects pandapower signs."""
    net = pandapower.networks.case9()
    pp.create_std_type(net, {"r_ohm_per_km": 0.1 / 3, "x_ohm_per_km": 0.1, "c_nf_per_km": 1.0, "max_i_ka": 0.3}, "mine")
    pp.runpp(net, numba=False)
    net["pair"], net["many"], net["numbers"] = (1, 2), {3, 4}, np.array([0.1, 1e-300, -0.0])
    net["one"], net["series"] = np.float64(1 / 3), pd.Series([1.5, 2.5], index=[7, 9])
    net.bus["name"] = [f"{{bus}} [{n}" for n in range(9)]
    return net


NETS = {
    "case14": pandapower.networks.case14, "mv_oberrhein": pandapower.networks.mv_oberrhein,
    "example_multivoltage": pandapower.networks.example_multivoltage, "own_types": own_types,
}


@pytest.mark.parametrize("name", NETS)
def test_a_sound_file_gives_the_very_network_that_pandapower_reads(name: str, tmp_path: Path) -> None:
    file = str(tmp_path / "net.json")
    pp.to_json(NETS[name](), file)
    ours = from_file(file, {}).net
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = pp.from_json(file)
    assert set(ours) == set(theirs) and len(ours.bus) > 0
    for key, value in theirs.items():
        if isinstance(value, pd.DataFrame):
            pd.testing.assert_frame_equal(ours[key], value, check_exact=True)
        elif isinstance(value, pd.Series):
            pd.testing.assert_series_equal(ours[key], value, check_exact=True)
        else:
            assert type(ours[key]) is type(value)
            assert np.all(ours[key] == value)


@pytest.fixture(scope="module")
def sound() -> dict:
    return json.loads(pp.to_json(pandapower.networks.case4gs()))


@pytest.fixture
def ran(tmp_path: Path) -> Path:
    """Exists as soon as one of the bad objects did what it says."""
    return tmp_path / "ran"


def refused(document: object, tmp_path: Path, ran: Path) -> str:
    file = tmp_path / "net.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    with pytest.raises(ComponentError) as caught:
        read_pandapower_json(str(file))
    assert not ran.exists()
    return str(caught.value)


def bad(ran: Path) -> dict:
    return {"_module": "subprocess", "_class": "getoutput", "_object": f"touch {ran}"}


def in_cell(document: dict, value: object) -> None:
    table = json.loads(document["_object"]["bus"]["_object"])
    table["data"][1][table["columns"].index("name")] = value
    document["_object"]["bus"]["_object"] = json.dumps(table)


def test_the_bad_object_would_run_in_pandapower(tmp_path: Path, ran: Path) -> None:
    """Else the tests below prove nothing."""
    pp.from_json_string(json.dumps({"bus": bad(ran)}))
    assert ran.exists()


PLACES = {
    "at the top": ("the top", lambda net, x: x),
    "in the net": ("x", lambda net, x: net["_object"].update(x=x)),
    "as the content of the net": ("the top", lambda net, x: net.update(_object=x)),
    "in a standard type": ("std_types.line.mine.r", lambda net, x: net["_object"]["std_types"]["line"].update(
        mine={"r": x})),
    "in a list": ("x.1.0", lambda net, x: net["_object"].update(x=[1, [x]])),
    "in a cell of a table": ("bus.data.1.", in_cell),
    "as text in a cell": ("bus.data.1.", lambda net, x: in_cell(net, json.dumps(x))),
    "as text": ("x", lambda net, x: net["_object"].update(x=" " + json.dumps([json.dumps(x)]))),
    "in a tuple": ("x.0", lambda net, x: net["_object"].update(
        x={"_module": "builtins", "_class": "tuple", "_object": [x]})),
    "as an option of a table": ("", lambda net, x: net["_object"]["bus"].update(dtype=x)),
    "in the old format": ("bus", lambda net, x: {"bus": x}),
}


@pytest.mark.parametrize("where", PLACES)
def test_a_program_is_refused_wherever_it_stands(where: str, sound: dict, tmp_path: Path, ran: Path) -> None:
    place, put = PLACES[where]
    net = copy.deepcopy(sound)
    message = refused(put(net, bad(ran)) or net, tmp_path, ran)
    if place:
        assert "'subprocess.getoutput' at " + place in message and "net.json" in message
    else:
        assert "dtype" in message


@pytest.mark.parametrize(("module", "name"), [
    ("builtins", "eval"), ("builtins", "exec"), ("builtins", "open"), ("os", "system"), ("Subprocess", "getoutput"),
    ("pandas.core.frame", "dataframe"), ("pandas.core.frame", "DataFrame "), ("pandas", "read_pickle"),
    ("pandas.core.frame", "Series"), ("numpy", "load"), ("numpy", "fromfile"), ("numpy.lib.npyio", "load"),
    ("subprocess", "function"), ("__main__", "function"), ("os", "method"), ("shapely", "Point"),
    ("pandapower.auxiliary", "pandapowernet"), ("pandapower.file_io", "from_pickle"), ("", ""), (None, None),
    (["numpy"], "array"), ("numpy", {"array": 1}),
])
def test_only_listed_pairs_of_module_and_class_pass(module: object, name: object, sound: dict, tmp_path: Path,
                                                    ran: Path) -> None:
    net = copy.deepcopy(sound)
    net["_object"]["x"] = {"_module": module, "_class": name, "_object": f"open({str(ran)!r}, 'w')"}
    assert "holds an object of the class" in refused(net, tmp_path, ran)


@pytest.mark.parametrize(("half", "message"), [
    ({"_module": "os"}, "the class 'os.None' at x"), ({"_class": "system"}, "the class 'None.system' at x"),
    ({"_module": "numpy", "_class": "array"}, "the array at x has no '_object'"),
    ({"_module": "numpy", "_class": "array", "_object": [1], "copy": 1}, "the array at x has the key 'copy'"),
    ({"_module": "pandapower.auxiliary", "_class": "pandapowerNet", "_object": "{}"}, "at x is kept as text"),
])
def test_signatures_are_whole_and_have_nothing_more(half: dict, message: str, tmp_path: Path, ran: Path) -> None:
    assert message in refused({"bus": {}, "x": half}, tmp_path, ran)


def test_a_key_that_stands_twice_hides_nothing(tmp_path: Path, ran: Path) -> None:
    text = f'{{"bus": {json.dumps(bad(ran))}, "bus": {{}}}}'
    assert "the key 'bus' stands twice" in refused(text, tmp_path, ran)
    escaped = json.dumps({"bus": bad(ran)}).replace("_module", "\\u005fmodule")
    assert "'subprocess.getoutput' at bus" in refused(escaped, tmp_path, ran)


def test_controllers_are_refused_with_the_remedy(tmp_path: Path, ran: Path) -> None:
    net = pandapower.networks.mv_oberrhein()
    pp.control.DiscreteTapControl(net, net.trafo.index[0], 0.98, 1.02)
    message = refused(pp.to_json(net), tmp_path, ran)
    assert "DiscreteTapControl' at controller.data.0.0: controllers are not run here; empty net.controller" in message
    net.controller = net.controller.iloc[:0]
    pp.to_json(net, str(tmp_path / "net.json"))
    assert len(read_pandapower_json(str(tmp_path / "net.json")).trafo) == 2


def test_a_controller_with_attributes_of_a_stranger_is_refused(sound: dict, tmp_path: Path, ran: Path) -> None:
    net = copy.deepcopy(sound)
    in_cell(net, {"_module": "pandapower.control.basic_controller", "_class": "Controller",
                  "_object": {"time_step": bad(ran), "is_converged": bad(ran)}})
    assert "'pandapower.control.basic_controller.Controller' at bus.data.1" in refused(net, tmp_path, ran)


@pytest.mark.parametrize("change", [
    {"_object": "/etc/secret.json"}, {"_object": "x"}, {"_object": {}}, {"_object": None}, {"compression": "zip"},
    {"storage_options": {}}, {"chunksize": 1}, {"orient": "table"}, {"typ": "frame"}, {"dtype": {"name": "S999999999"}},
    {"dtype": [1]}, {"is_multiindex": True}, {"is_multicolumn": True}, {"index_name": ["a"]},
], ids=str)
def test_options_that_pandapower_never_writes_are_refused(change: dict, sound: dict, tmp_path: Path, ran: Path) -> None:
    net = copy.deepcopy(sound)
    net["_object"]["bus"].update(change)
    message = refused(net, tmp_path, ran)
    assert " at bus " in message and "pandapower.to_json" in message


def test_files_that_are_too_large_or_too_deep_end_in_words(sound: dict, tmp_path: Path, ran: Path,
                                                           monkeypatch: pytest.MonkeyPatch) -> None:
    for depth in (MAX_DEPTH + 5, 100_000):
        assert "nested more than" in refused('{"bus": ' + "[" * depth + "]" * depth + "}", tmp_path, ran)
        text = "[" * depth + "]" * depth
        assert "nested more than" in refused({"bus": text}, tmp_path, ran)
    assert "no JSON (a number)" in refused('{"bus": ' + "1" * 10_000 + "}", tmp_path, ran)
    monkeypatch.setattr(pandapower_json, "MAX_BYTES", 1_000_000)
    assert "larger than 1 MB" in refused({"bus": "x" * 1_000_000}, tmp_path, ran)


@pytest.mark.parametrize("content", ["root:x:0:0:secret", '{"secret": "secret"', '{"auth": "secret"}', '["secret"]',
                                     '"secret"', "\xff\xfesecret"])
def test_the_content_of_a_file_that_is_no_network_is_not_told(content: str, tmp_path: Path) -> None:
    file = tmp_path / "net.json"
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(ComponentError, match="not a pandapower network") as caught:
        from_file(str(file), {})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["passwd", "shadow.txt", "net.yaml.bak"])
def test_only_yaml_files_are_read_as_yaml(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text("root:x:0:0:secret\n", encoding="utf-8")
    with pytest.raises(ComponentError, match=r"a network file ends in \.yaml, \.yml or \.json") as caught:
        from_file(str(file), {})
    assert "secret" not in str(caught.value)
