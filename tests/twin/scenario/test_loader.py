"""A scenario as the co-simulation gets it."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from tests.twin.scenario.sites import SITE, TYPES, Chemistry
from twin.component import Section
from twin.errors import ScenarioError
from twin.scenario import packaged
from twin.scenario.loader import context_of, load_scenario


def test_components_in_build_order(write):
    loaded = load_scenario(write(changes=(("control: {type: rule}", "controllers: {second: {type: other_rule}}\n"
                                                                    "control: {type: rule}"),)), roots=())
    assert [(c.name, c.type, c.section, c.path) for c in loaded.components.values()] == [
        ("weather", "sun", Section.WEATHER, ("weather",)),
        ("spot", "tariff", Section.MARKETS, ("markets", "spot")),
        ("bess", "tank", Section.ASSETS, ("assets", "bess")),
        ("tank_2", "tank", Section.ASSETS, ("assets", "tank_2")),
        ("grid", "wire", Section.NETWORKS, ("networks", "grid")),
        ("operator", "rule", Section.CONTROLLERS, ("control",)),
        ("second", "other_rule", Section.CONTROLLERS, ("controllers", "second")),
    ]
    bess = loaded.components["bess"]
    assert bess.cls is TYPES["tank"] and bess.params.energy_mwh == 40 and bess.params.chemistry is Chemistry.LFP


def test_context(write):
    changes = (("name:", "seed: 9\ncurrency: EUR\nname:"), ("  timezone", "  altitude_m: 5\n  country: CN\n  timezone"))
    context = context_of(load_scenario(write(changes=changes), roots=()))
    assert context.start == datetime(2025, 7, 14, 16, tzinfo=UTC) and context.start.utcoffset() == timedelta(hours=8)
    assert (context.duration_s, context.step_s, context.seed, context.currency) == (86_400, 60, 9, "EUR")
    site = context.location
    assert (site.latitude_deg, site.longitude_deg, site.altitude_m) == (31.2, 121.5, 5.0)
    assert (site.timezone, site.country) == ("Asia/Shanghai", "CN")
    assert context.types == {"weather": "sun", "spot": "tariff", "bess": "tank", "tank_2": "tank", "grid": "wire",
                             "operator": "rule"}


@pytest.mark.parametrize(("duration_h", "step_s", "steps"), [("24", 900, 96), ("0.1", 60, 6), ("0.7", 60, 42),
                                                             ("87660", 3600, 87_660)])
def test_whole_steps(write, duration_h, step_s, steps):
    changes = (("duration_h: 24", f"duration_h: {duration_h}"), ("step_s: 60", f"step_s: {step_s}"))
    assert load_scenario(write(changes=changes), roots=()).duration_s == steps * step_s


def test_connections_and_external_simulators(write):
    extra = """\
connections:
  - {from: bess.p_mw, to: house.2.p_mw}
  - {from: house.2.vm_pu, to: bess.p_set_mw, delayed: true, initial: 1.5}
external:
  house:
    {command: "%(python)s house.py %(addr)s", model: House, count: 3, params: {base_mw: -0.002}, init: {step_s: 60}}
  here: {python: "houses:House", model: House, record: [p_mw]}
  there: {connect: "localhost:5678", model: House}
"""
    loaded = load_scenario(write(text=SITE + extra), roots=())
    first, second = loaded.connections
    assert (first.source, first.target, first.delayed, first.initial) == ("bess.p_mw", "house.2.p_mw", False, None)
    assert (second.delayed, second.initial) == (True, 1.5)
    assert {name: spec.starter() for name, spec in loaded.external.items()} == {
        "house": {"cmd": "%(python)s house.py %(addr)s"},
        "here": {"python": "houses:House"},
        "there": {"connect": "localhost:5678"},
    }
    assert loaded.external["house"].count == 3 and loaded.external["here"].record == ["p_mw"]
    assert [spec.how() for spec in loaded.external.values()] == [
        "the command '%(python)s house.py %(addr)s'", "the class houses:House", "the simulator at localhost:5678"]


def test_a_site_needs_no_more_than_time_and_place(write):
    text = "name: empty\ntime: {start: 2025-07-15T00:00Z, duration_h: 1, step_s: 60}\n" \
           "location: {latitude_deg: 0, longitude_deg: 0, timezone: UTC}\n"
    loaded = load_scenario(write(text=text), roots=())
    assert loaded.components == {} and loaded.model.currency == "CNY" and loaded.model.run.checkpoint_every_s == 2


@pytest.fixture
def shipped(folder, monkeypatch):
    """Two packaged scenarios."""
    root = folder / "package"
    (root / "sites").mkdir(parents=True)
    (root / "sites" / "base.yaml").write_text(SITE)
    (root / "minimal.yaml").write_text("extends: sites/base.yaml\nname: minimal\ndescription: for learners\n")
    (root / "park_day.yaml").write_text("extends: sites/base.yaml\nname: park_day\n")
    monkeypatch.setattr(packaged, "packaged_root", lambda: root)
    monkeypatch.setattr("twin.scenario.loader.packaged_root", lambda: root)
    return root


def test_packaged_scenarios_by_name(shipped):
    assert load_scenario("minimal").model.name == "minimal"
    assert load_scenario("minimal").file == shipped / "minimal.yaml"
    assert packaged.shipped_scenarios() == {"minimal": "for learners", "park_day": ""}


def test_a_users_file_extends_a_packaged_one(shipped, write):
    assert load_scenario(write("mine.yaml", "extends: sites/base.yaml\nname: mine\n")).model.name == "mine"


def test_a_file_goes_before_a_packaged_name(shipped, write):
    write("minimal", SITE)
    assert load_scenario("minimal").model.name == "small_site"


@pytest.mark.parametrize(("ref", "message"), [
    ("minmal", "no packaged scenario or file 'minmal'; did you mean the packaged scenario 'minimal'?"),
    ("zebra", r"no packaged scenario or file 'zebra' \(packaged: minimal, park_day\)"),
    ("minimal.yaml", "no file 'minimal.yaml'; did you mean the packaged scenario 'minimal'?"),
    ("a/b.yaml", "no file 'a/b.yaml'"),
    ("sites", "no packaged scenario or file 'sites'"),
    ("x" * 5000, "cannot be the name of a scenario file"),
    ("a\0b", "no packaged scenario or file"),
])
def test_an_unknown_name(shipped, ref, message):
    with pytest.raises(ScenarioError, match=message):
        load_scenario(ref)


def test_a_directory_and_what_is_no_regular_file_are_called_so(shipped, write):
    write("sites/mine.yaml", SITE)
    with pytest.raises(ScenarioError, match=r"'sites' is a directory; name a scenario file, e\.g\. sites/mine\.yaml"):
        load_scenario("sites")
    with pytest.raises(ScenarioError, match=r"'/dev/null' is not a regular file; name a YAML file"):
        load_scenario("/dev/null")


def test_the_packaged_folder_is_found_without_importing_it():
    code = ("import sys; from twin.scenario.packaged import packaged_root; root = packaged_root();"
            "print((root / '__init__.py').is_file(), 'scenarios' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
