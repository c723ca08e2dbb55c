"""Laws of the deep merge, on generated scenarios."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import ScenarioError
from twin.scenario.layers import load_layers
from twin.scenario.merge import deep_merge, merged_origins, null_paths, paths_of, replaced_paths, without_nulls
from twin.scenario.origins import Origin

KEYS = st.sampled_from(["a", "b", "c"])
SCALARS = st.integers(0, 3) | st.sampled_from(["x", "y"]) | st.booleans()
LISTS = st.lists(SCALARS, max_size=2)


def mappings(leaves):
    return st.dictionaries(KEYS, st.recursive(leaves, lambda below: st.dictionaries(KEYS, below, max_size=3),
                                              max_leaves=8), max_size=3)


SCENARIOS = mappings(SCALARS | LISTS)
WITH_NULLS = mappings(SCALARS | LISTS | st.none())


@given(SCENARIOS, SCENARIOS)
def test_nothing_is_changed_in_place(base, over):
    before = (repr(base), repr(over))
    deep_merge(base, over)
    assert (repr(base), repr(over)) == before


@given(WITH_NULLS)
def test_the_empty_layer_changes_nothing(layer):
    assert deep_merge(layer, {}) == deep_merge({}, layer) == layer


@given(WITH_NULLS)
def test_a_layer_twice_is_a_layer_once(layer):
    assert deep_merge(layer, layer) == layer


def clash(*layers):
    """A key is a mapping in one layer and something else in another: then the order of merging matters."""
    present = [layer for layer in layers if layer is not None]
    if any(isinstance(layer, dict) for layer in present) != all(isinstance(layer, dict) for layer in present):
        return True
    keys = {key for layer in present if isinstance(layer, dict) for key in layer}
    return any(clash(*(layer.get(key) for layer in present if isinstance(layer, dict))) for key in keys)


@given(SCENARIOS, SCENARIOS, SCENARIOS)
def test_layers_may_be_grouped_in_any_way(a, b, c):
    grouped_left, grouped_right = deep_merge(deep_merge(a, b), c), deep_merge(a, deep_merge(b, c))
    if not clash(a, b, c):
        assert grouped_left == grouped_right


def test_why_a_clash_is_excluded():
    a, b, c = {"k": {"x": 1}}, {"k": 2}, {"k": {"y": 3}}
    assert deep_merge(deep_merge(a, b), c) == {"k": {"y": 3}}
    assert deep_merge(a, deep_merge(b, c)) == {"k": {"x": 1, "y": 3}}


@given(SCENARIOS, KEYS)
def test_null_deletes(base, key):
    assert without_nulls(deep_merge(base, {key: None})) == {k: v for k, v in base.items() if k != key}


@given(WITH_NULLS)
def test_no_key_is_null_in_the_end(layer):
    assert list(null_paths(without_nulls(layer))) == []


def test_lists_replace_and_keep_their_nulls():
    assert without_nulls(deep_merge({"a": [1, 2, 3]}, {"a": [None]})) == {"a": [None]}


def test_a_null_survives_until_the_last_layer():
    no_diesel = deep_merge({"assets": {"diesel": None}}, {"name": "x"})
    assert without_nulls(deep_merge({"assets": {"diesel": {"p": 1}, "pv": {}}}, no_diesel)) == {"assets": {"pv": {}},
                                                                                                "name": "x"}


def origins_of(data, file):
    return {path: Origin(file, 1, 1, 1, 1) for path in paths_of(data)}


@given(WITH_NULLS, WITH_NULLS)
def test_every_value_has_the_origin_of_the_layer_it_came_from(base, over):
    merged = deep_merge(base, over)
    origins = merged_origins(base, over, origins_of(base, "base"), origins_of(over, "over"))
    assert origins.keys() == set(paths_of(merged))
    in_over = set(paths_of(over))
    assert {path for path, origin in origins.items() if origin.file == "over"} == in_over


@given(SCENARIOS, SCENARIOS)
def test_replaced_is_what_the_base_had_and_the_result_has_not_from_it(base, over):
    kept = set(paths_of(base)) - set(replaced_paths(base, over))
    assert kept <= set(paths_of(deep_merge(base, over)))


def test_a_key_without_value_that_removes_nothing_is_a_mistake(tmp_path):
    """A decimal comma in { } makes a key of its second half; a forgotten value makes a null."""
    (tmp_path / "base.yaml").write_text("name: base\nassets: {pv: {peak_mw: 1.0}}\n")
    (tmp_path / "s.yaml").write_text("extends: base.yaml\nassets:\n  pv: {peak_mw: 1,2}\n")
    with pytest.raises(ScenarioError, match=r"s\.yaml:3:19: assets\.pv\.2: nothing is written here"):
        load_layers(tmp_path / "s.yaml", [], [])


def test_a_key_without_value_removes_what_a_layer_below_says(tmp_path):
    (tmp_path / "base.yaml").write_text("name: base\nassets: {pv: {peak_mw: 1.0}, bess: {power_mw: 2}}\n")
    (tmp_path / "s.yaml").write_text("extends: base.yaml\nassets:\n  bess:\n")
    assert load_layers(tmp_path / "s.yaml", [], []).data["assets"] == {"pv": {"peak_mw": 1.0}}
