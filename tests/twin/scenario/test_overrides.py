"""`--set path=value`: what it changes, and how its mistakes are told."""

import pytest

from twin.errors import ScenarioError
from twin.scenario.layers import load_layers
from twin.scenario.loader import load_scenario

BASE = "name: x\nassets:\n  bess: {power_mw: 10, tags: [a, b]}\nconnections:\n  - {from: a.p, to: b.p}\n"


@pytest.fixture
def source(tmp_path):
    (tmp_path / "a.yaml").write_text(BASE)
    return lambda *sets: load_layers(tmp_path / "a.yaml", sets, ())


@pytest.mark.parametrize(("text", "path", "value"), [
    ("assets.bess.power_mw=12", ("assets", "bess", "power_mw"), 12),
    ("assets.bess.power_mw=1.2e1", ("assets", "bess", "power_mw"), 12.0),
    ("name='12'", ("name",), "12"),
    ("name=a=b", ("name",), "a=b"),
    ("name= spaced out ", ("name",), "spaced out"),
    ("assets.bess.tags=[c]", ("assets", "bess", "tags"), ["c"]),
    ("assets.bess.tags.1=z", ("assets", "bess", "tags"), ["a", "z"]),
    ("connections.0.delayed=true", ("connections", 0), {"from": "a.p", "to": "b.p", "delayed": True}),
    ("connections.0={from: c.p}", ("connections", 0), {"from": "c.p", "to": "b.p"}),
    ("assets.bess={energy_mwh: 4}", ("assets", "bess"), {"power_mw": 10, "tags": ["a", "b"], "energy_mwh": 4}),
    ("assets.pv.peak_mw=3", ("assets", "pv"), {"peak_mw": 3}),
    ("location.country=CN", ("location",), {"country": "CN"}),
])
def test_values(source, text, path, value):
    assert source(text).value(path) == value


def test_null_removes(source):
    assert source("assets.bess.tags=null").data["assets"] == {"bess": {"power_mw": 10}}
    assert "assets" not in source("assets=~").data
    assert source("assets.bess=null", "assets.bess.power_mw=3").data["assets"] == {"bess": {"power_mw": 3}}


def test_later_ones_win(source):
    assert source("assets.bess.power_mw=1", "assets.bess.power_mw=2").value(("assets", "bess", "power_mw")) == 2


def test_every_value_has_an_origin(source):
    merged = source("assets.bess={tags: [q], x: {y: 1}}", "assets.pv.a.b=1", "connections.0.to=null")
    from twin.scenario.merge import paths_of
    assert merged.origins.keys() == set(paths_of(merged.data))
    assert merged.origins["assets", "bess", "power_mw"].file.endswith("a.yaml")
    assert merged.origins["assets", "bess", "x", "y"].file == "--set assets.bess={tags: [q], x: {y: 1}}"


@pytest.mark.parametrize(("text", "column", "message"), [
    ("assets.bess.power_mw", 1, "write path=value"),
    ("assets.bess.power_mw=", 1, "the value null removes a key"),
    ("=3", 1, "write path=value"),
    ("assets..bess=3", 1, "write path=value"),
    ("name=[1", 6, "never closed"),
    ("name=!!binary x", 6, "is not used in scenarios"),
    ("name=1e999", 6, "too large a number"),
    ("assets.bes=null", 8, "there is nothing to remove; did you mean 'bess'?"),
    ("name.x=3", 1, "is 'x'; there is nothing below it"),
    ("assets.bess.tags.7=z", 13, "is a list of 2; go on with an index from 0"),
    ("assets.bess.tags.one=z", 13, "is a list of 2; go on with an index from 0"),
    ("extends=b.yaml", 1, "cannot be set from outside"),
])
def test_mistakes(source, text, column, message):
    with pytest.raises(ScenarioError) as caught:
        source(text)
    assert message in str(caught.value) and f"--set {text}" in str(caught.value)
    assert (caught.value.problems[0].column or 1) == column


def test_a_value_that_does_not_fit_points_at_the_command_line(write, problems):
    write("site.yaml")
    [problem] = problems("site.yaml", "assets.bess.power_mw=60")
    assert str(problem).split("\n") == [
        "--set assets.bess.power_mw=60:1:22: assets.bess.power_mw: is 60, but must be at most 50 [MW]",
        "       1 | assets.bess.power_mw=60",
        "         |                      ^",
    ]


def test_a_key_that_is_not_known_points_at_its_name(write, problems):
    write("site.yaml")
    [problem] = problems("site.yaml", "assets.bess.powr_mw=6")
    assert problem.column == 13 and "did you mean 'power_mw'?" in problem.message


def test_a_set_value_reaches_the_component(write):
    loaded = load_scenario(write(), ["assets.bess.power_mw=12", "time.duration_h=48", "seed=5"], roots=())
    assert loaded.components["bess"].params.power_mw == 12
    assert loaded.duration_s == 48 * 3600 and loaded.model.seed == 5
