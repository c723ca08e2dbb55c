"""The resolved scenario as text: the same scenario again, and the origin of each value."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.scenario.loader import load_scenario, resolved_yaml
from twin.scenario.show import _mapping
from twin.scenario.yaml_source import parse_yaml

ODD_TEXTS = ["", " ", "yes", "1", "0x1f", "1e3", "null", "~", "a: b", "a #b", "- a", "<<", "2025-07-15T00:00:00+08:00",
             "x\ny", "\t", "'", '"', "\\n", "!x", "&a", "*a", "%", "@", "[", "{}", "y", "/a b/c.csv", "a:", "…", ".nan"]
CHARACTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufeff")
TEXTS = st.text(CHARACTERS, max_size=12) | st.sampled_from(ODD_TEXTS)
NUMBERS = st.integers(-2**63 + 1, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)


def collections(below):
    return st.lists(below, max_size=4) | st.dictionaries(TEXTS, below, max_size=4)


DATA = st.dictionaries(TEXTS, st.recursive(TEXTS | NUMBERS | st.booleans() | st.none(), collections, max_leaves=15),
                       min_size=1)


@given(DATA)
def test_whatever_data_is_written_is_read_again(data):
    text = "".join(f"{line}\n" for line, _ in _mapping(data, (), 0))
    assert repr(parse_yaml(text, "f").data) == repr(data)  # repr: 1 is not 1.0, -0.0 is not 0.0


@pytest.fixture
def loaded(folder, write):
    (folder / "sub").mkdir()
    (folder / "sub" / "my weather.csv").touch()
    write("sub/base.yaml", changes=(("{type: sun}", "{type: sun, file: my weather.csv}"),))
    path = write("child.yaml", "extends: sub/base.yaml\nname: child\nassets:\n  tank_2: null\n  bess:\n    by_month:\n"
                               "      1: 2.0\n    price_per_mwh: [1, 2.5]\n    stages:\n    - until_h: 1\n"
                               "    - {until_h: 1.0e-7}\n")
    return load_scenario(path, ["assets.bess.power_mw=12", "description='yes: no # maybe'"], roots=())


def test_the_text_loads_to_the_same_scenario(loaded, write):
    text = resolved_yaml(loaded)
    again = load_scenario(write("elsewhere/scenario.yaml", text), roots=(), trust_paths=True)
    assert again.data == loaded.data
    assert again.model == loaded.model
    assert again.components == loaded.components
    assert resolved_yaml(again) == text


def test_comments_change_nothing(loaded, write):
    again = load_scenario(write("elsewhere/scenario.yaml", resolved_yaml(loaded, origins=True)), roots=(),
                          trust_paths=True)
    assert again.data == loaded.data and again.components == loaded.components


def test_every_value_tells_where_it_comes_from(loaded):
    lines = resolved_yaml(loaded, origins=True).splitlines()
    where = {re.sub(r"\s+#.*", "", line).strip(): line.split("  # ")[1] for line in lines if "  # " in line}
    assert where["name: child"] == "child.yaml:2"
    assert where["power_mw: 12"] == "--set assets.bess.power_mw=12:1"
    assert where["energy_mwh: 40.0"] == "sub/base.yaml:14"
    assert where["price_per_mwh: [1, 2.5]"] == "child.yaml:8"
    assert where["- until_h: 1e-07"] == "child.yaml:11"
    values = [line for line in lines if not re.fullmatch(r"\s*(-|[\w\"]+:|- *)", re.sub(r"\s+#.*", "", line))]
    assert all("  # " in line for line in values)
