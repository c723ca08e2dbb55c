"""Names of data files become absolute: beside the file that says them, then in the roots; pvlib's by prefix."""

from pathlib import Path

import pytest

from tests.twin.scenario.sites import TYPES
from twin.errors import ScenarioError
from twin.scenario.loader import load_scenario, resolved_yaml


@pytest.fixture
def weather(write):
    """``weather(value)`` → path of a site whose weather file is the value."""
    return lambda value, name="site.yaml": write(name, changes=(("{type: sun}", f"{{type: sun, file: {value}}}"),))


def loaded_file(path, *sets, roots=()):
    return load_scenario(path, sets, roots=roots).components["weather"].params.file


def test_beside_the_file(folder, weather):
    (folder / "sub").mkdir()
    (folder / "sub" / "w.csv").touch()
    assert loaded_file(weather("w.csv", "sub/site.yaml")) == str(folder / "sub" / "w.csv")


def test_beside_the_file_that_says_it_although_another_extends_it(folder, weather, write):
    (folder / "sub").mkdir()
    (folder / "sub" / "w.csv").touch()
    (folder / "w.csv").touch()
    weather("w.csv", "sub/base.yaml")
    child = write("child.yaml", "extends: sub/base.yaml\nname: child\n")
    assert loaded_file(child) == str(folder / "sub" / "w.csv")
    (folder / "sub" / "w.csv").unlink()
    assert loaded_file(child) == str(folder / "w.csv")


def test_in_the_roots(folder, weather):
    (folder / "root" / "data").mkdir(parents=True)
    (folder / "root" / "data" / "w.csv").touch()
    assert loaded_file(weather("data/w.csv"), roots=[folder / "root"]) == str(folder / "root" / "data" / "w.csv")


def test_from_the_command_line_it_is_the_current_directory(folder, weather, monkeypatch):
    here = folder / "here"
    here.mkdir()
    (here / "mine.csv").touch()
    (folder / "w.csv").touch()
    path = weather("w.csv")
    monkeypatch.chdir(here)
    assert loaded_file(path, "weather.file=mine.csv") == str(here / "mine.csv")


def test_absolute_and_omitted(folder, weather, write):
    (folder / "w.csv").touch()
    assert loaded_file(weather(folder / "w.csv")) == str(folder / "w.csv")
    assert loaded_file(write()) is None


OUTSIDE = ("lies outside the folder of the scenario; give it on the command line (--set), or name its folder in the "
           "environment variable PARKTWIN_DATA_ROOTS")


@pytest.fixture
def outside(folder):
    """A file beside the folder of the scenario ``mine/site.yaml``, which is the current one."""
    (folder / "mine").mkdir()
    (folder / "data").mkdir()
    (folder / "data" / "w.csv").write_text("secret\n")
    (folder / "mine" / "link.csv").symlink_to(folder / "data" / "w.csv")
    (folder / "mine" / "linked").symlink_to(folder / "data")
    return folder / "data" / "w.csv"


@pytest.mark.parametrize("name", ["{file}", "../data/w.csv", "../mine/../data/w.csv", "link.csv", "linked/w.csv",
                                  "../data/w.cvs", "/etc/hostname", "../../../../../../etc/hostname", "/etc/no_such"])
def test_a_scenario_names_no_file_outside(outside, weather, problems, name):
    [problem] = problems(weather(name.format(file=outside), "mine/site.yaml"))
    assert OUTSIDE in problem.message and "did you mean" not in problem.message
    assert (problem.line, problem.column) == (7, 28) and "secret" not in str(problem)


def test_up_and_down_again_stays_inside(folder, weather):
    (folder / "sub").mkdir()
    (folder / "w.csv").touch()
    assert loaded_file(weather("sub/../w.csv")) == str(folder / "w.csv")


def test_a_layer_below_may_name_what_lies_in_the_folder_of_the_starting_file_and_in_roots(folder, weather, write):
    for name in ("data", "root/sites", "root/networks"):
        (folder / name).mkdir(parents=True)
    (folder / "data" / "w.csv").touch()
    (folder / "root" / "networks" / "n.csv").touch()
    weather("../data/w.csv", "sites/base.yaml")
    assert loaded_file(write("child.yaml", "extends: sites/base.yaml\nname: child\n")) == str(folder / "data/w.csv")
    site = weather("../networks/n.csv", "root/sites/base.yaml")
    assert loaded_file(site, roots=[folder / "root"]) == str(folder / "root" / "networks" / "n.csv")


@pytest.mark.parametrize("name", ["{file}", "../data/w.csv"])
def test_the_person_at_the_keyboard_names_any_file(outside, weather, write, monkeypatch, name):
    name = name.format(file=outside)
    monkeypatch.chdir(outside.parents[1] / "mine")
    assert loaded_file(write("mine/a.yaml"), f"weather.file={name}") == str(outside)
    monkeypatch.setenv("PARKTWIN_DATA_ROOTS", f"/no/such:{outside.parent}")
    assert loaded_file(weather(name, "mine/site.yaml")) == str(outside)


def test_data_roots_open_nothing_else(outside, weather, problems, monkeypatch):
    for roots in ("", ":", str(outside.parent)):
        monkeypatch.setenv("PARKTWIN_DATA_ROOTS", roots)
        [problem] = problems(weather("../data2/w.csv", "mine/site.yaml"))
        assert OUTSIDE in problem.message


def test_a_resolved_scenario_is_trusted_with_the_files_it_names(outside, folder, write):
    loaded = load_scenario(write("mine/site.yaml"), [f"weather.file={outside}"], roots=())
    again = write("runs/1/scenario.yaml", resolved_yaml(loaded))
    assert load_scenario(again, roots=(), trust_paths=True).components["weather"].params.file == str(outside)
    with pytest.raises(ScenarioError, match="lies outside"):
        load_scenario(again, roots=())


def test_a_file_that_ships_with_pvlib(weather):
    found = loaded_file(weather("pvlib:723170TYA.CSV"))
    assert Path(found).is_absolute() and Path(found).is_file()


def test_in_nested_models_and_lists(folder, write):
    (folder / "c.csv").touch()
    stages = "    stages: [{until_h: 1, curve: c.csv}, {until_h: 2}, {until_h: 3, curve: 'pvlib:723170TYA.CSV'}]\n"
    loaded = load_scenario(write(changes=(("    bus: MAIN\n", "    bus: MAIN\n" + stages),)), roots=())
    curves = [stage.curve for stage in loaded.components["bess"].params.stages]
    assert curves[0] == str(folder / "c.csv") and curves[1] is None and Path(curves[2]).is_file()
    assert [stage.get("curve") for stage in loaded.data["assets"]["bess"]["stages"]] == [
        str(folder / "c.csv"), None, "pvlib:723170TYA.CSV"]
    assert loaded.model.assets["bess"]["stages"][0]["curve"] == str(folder / "c.csv")


@pytest.mark.parametrize(("value", "message"), [
    ("w.cvs", "no file 'w.cvs'; looked in ., root; did you mean 'w.csv'?"),
    ("nothing.csv", "no file 'nothing.csv'; looked in ., root"),
    ("/no/where.csv", "'/no/where.csv' lies outside the folder of the scenario"),
    ("root", "no file 'root'"),
    ("pvlib:723170TYA.CVS", "pvlib ships no file '723170TYA.CVS'; did you mean '723170TYA.CSV'?"),
    ("pvlib:../__init__.py", "pvlib ships no file '../__init__.py'"),
    ("x" * 5000, "cannot be the name of a file"),
])
def test_a_missing_file_is_placed_and_says_where_it_was_looked_for(folder, weather, problems, value, message):
    (folder / "root").mkdir()
    (folder / "w.csv").touch()
    [problem] = problems(weather(value), roots=[folder / "root"])
    assert message in problem.message and (problem.line, problem.column) == (7, 28)


def test_params_built_in_code_take_a_path_as_it_is():
    assert TYPES["sun"].Params(file="anything.csv").file == "anything.csv"
