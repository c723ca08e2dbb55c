"""``data_dir``: the folder in which data files are looked for first, and what it opens to a scenario."""

import pytest

from twin.errors import ScenarioError
from twin.scenario.loader import load_scenario, resolved_yaml
from twin.scenario.schema import scenario_schema


@pytest.fixture
def site(write):
    """``site("data_dir: x")`` → path of a site whose weather file is ``w.csv``, with a line on top."""
    return lambda line="", name="site.yaml", file="w.csv": write(name, changes=(
        ("name: small_site\n", f"name: small_site\n{line}\n"), ("{type: sun}", f"{{type: sun, file: {file}}}")))


@pytest.fixture
def data(folder):
    """``data("x/w.csv", …)`` makes empty files below the current directory."""

    def make(*names):
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()
        return folder

    return make


def loaded_file(path, *sets, roots=()):
    return load_scenario(path, sets, roots=roots).components["weather"].params.file


@pytest.mark.parametrize(("line", "sets"), [("data_dir: measured", ()), ("", ("data_dir=measured",)),
                                            ("data_dir: null  # to be given", ("data_dir=measured",)),
                                            ("data_dir: elsewhere", ("data_dir=measured",))])
def test_looked_in_first(site, data, line, sets):
    folder = data("w.csv", "measured/w.csv", "elsewhere/w.csv")
    assert loaded_file(site(line), *sets) == str(folder / "measured" / "w.csv")


def test_what_is_not_there_is_looked_for_beside_the_scenario_and_in_the_roots(site, data):
    folder = data("measured/other.csv", "root/r.csv", "w.csv")
    assert loaded_file(site("data_dir: measured")) == str(folder / "w.csv")
    assert loaded_file(site("data_dir: measured", file="r.csv"), roots=[folder / "root"]) == str(folder / "root/r.csv")


def test_in_a_file_it_is_relative_to_that_file(site, data, write):
    folder = data("sites/measured/w.csv", "measured/w.csv")
    site("data_dir: measured", "sites/base.yaml")
    child = write("child.yaml", "extends: sites/base.yaml\nname: child\n")
    assert loaded_file(child) == str(folder / "sites" / "measured" / "w.csv")
    child = write("child.yaml", "extends: sites/base.yaml\nname: child\ndata_dir: measured\n")
    assert loaded_file(child) == str(folder / "measured" / "w.csv")


def test_on_the_command_line_it_is_relative_to_the_current_directory(site, data, monkeypatch):
    folder = data("sites/measured/w.csv", "here/measured/w.csv")
    path = site(name="sites/site.yaml")
    monkeypatch.chdir(folder / "here")
    assert loaded_file(path, "data_dir=measured") == str(folder / "here" / "measured" / "w.csv")


def test_a_file_given_on_the_command_line_is_looked_for_in_the_current_directory_first(site, data):
    folder = data("mine.csv", "measured/mine.csv", "measured/only_there.csv")
    sets = ("data_dir=measured", "weather.file=mine.csv")
    assert loaded_file(site(), *sets) == str(folder / "mine.csv")
    assert loaded_file(site(), sets[0], "weather.file=only_there.csv") == str(folder / "measured" / "only_there.csv")


def test_files_that_ship_with_pvlib_and_absolute_ones_stay_what_they_are(site, data):
    folder = data("measured/w.csv", "x.csv", "measured/pvlib:723170TYA.CSV")
    assert "pvlib" in loaded_file(site("data_dir: measured", file="'pvlib:723170TYA.CSV'")).split("/")
    assert loaded_file(site("data_dir: measured", file=folder / "x.csv")) == str(folder / "x.csv")


@pytest.fixture
def apart(data, monkeypatch):
    """Data beside the folder ``mine`` in which the scenario lies, which is the current one."""
    folder = data("data/w.csv", "secret/w.csv", "mine/x")
    (folder / "data" / "link.csv").symlink_to(folder / "secret" / "w.csv")
    monkeypatch.chdir(folder / "mine")
    return folder


def test_the_person_at_the_keyboard_opens_any_folder(apart, site):
    assert loaded_file(site(name="mine/site.yaml"), "data_dir=../data") == str(apart / "data" / "w.csv")
    absolute = site(name="mine/site.yaml", file=apart / "data" / "w.csv")
    assert loaded_file(absolute, f"data_dir={apart / 'data'}") == str(apart / "data" / "w.csv")


@pytest.mark.parametrize("name", ["../secret/w.csv", "link.csv", "{secret}"])
def test_it_opens_nothing_but_that_folder(apart, site, problems, name):
    path = site(name="mine/site.yaml", file=name.format(secret=apart / "secret" / "w.csv"))
    [problem] = problems(path, "data_dir=../data")
    assert "w.csv" in problem.message or "link.csv" in problem.message
    assert ("lies outside" in problem.message) is (name != "link.csv")


@pytest.mark.parametrize("name", ["../data", "{apart}/data", "../no_such", "/etc"])
def test_a_scenario_opens_no_folder_outside(apart, site, problems, name):
    [problem] = problems(site(f"data_dir: {name.format(apart=apart)}", "mine/site.yaml"))
    assert problem.path == ("data_dir",) and problem.line == 2
    assert "lies outside the folder of the scenario; give it on the command line (--set data_dir=FOLDER)" in \
        problem.message
    assert "PARKTWIN_DATA_ROOTS" in problem.message


def test_a_link_leads_no_scenario_outside(apart, site, problems):
    (apart / "mine" / "linked").symlink_to(apart / "data")
    [problem] = problems(site("data_dir: linked", "mine/site.yaml"))
    assert "lies outside" in problem.message


def test_a_scenario_may_name_folders_of_the_data_roots(apart, site, monkeypatch):
    monkeypatch.setenv("PARKTWIN_DATA_ROOTS", str(apart / "data"))
    assert loaded_file(site("data_dir: ../data", "mine/site.yaml")) == str(apart / "data" / "w.csv")


@pytest.mark.parametrize(("line", "sets", "remedy"), [
    ("", (), "no file 'w.csv'; looked in . (data in another folder: give --set data_dir=FOLDER)"),
    ("data_dir: null", (), "no file 'w.csv'; looked in . (the data_dir of this scenario is to be given: "
                           "--set data_dir=FOLDER)"),
    ("data_dir: there", (), "no file 'w.csv'; looked in there (data_dir), .; did you mean 'w.cvs'?"),
    ("", ("data_dir=there",), "no file 'w.csv'; looked in there (data_dir), .; did you mean 'w.cvs'?"),
])
def test_a_missing_file_tells_of_the_folder(site, data, problems, line, sets, remedy):
    data("there/w.cvs")
    [problem] = problems(site(line), *sets)
    assert problem.message == remedy and problem.path == ("weather", "file")


@pytest.mark.parametrize(("line", "sets", "message"), [
    ("", ("data_dir=mesured",), "no folder 'mesured'; looked for mesured; did you mean 'measured'?"),
    ("data_dir: sub/none", (), "no folder 'sub/none'; looked for sub/none"),
    ("data_dir: measured/w.csv", (), "'measured/w.csv' is a file; give the folder it lies in"),
    ("data_dir: " + "x" * 5000, (), "cannot be the name of a folder"),
    ("data_dir: 2019", (), "a text is needed, not 2019; write it in quotes: '2019'"),
    ("data_dir: ''", (), "at least 1 characters are needed"),
])
def test_a_folder_that_cannot_be_used_is_the_one_mistake_reported(site, data, problems, line, sets, message):
    """Its files are missed only because of it."""
    data("measured/w.csv")
    [problem] = problems(site(line), *sets)
    assert problem.path == ("data_dir",) and message in problem.message


def test_to_be_given_is_no_mistake_where_nothing_is_missing(site, data, problems):
    folder = data("w.csv")
    assert loaded_file(site("data_dir: null  # measurements of the year")) == str(folder / "w.csv")
    [problem] = problems(site("seed: null"))
    assert "nothing is written here" in problem.message


def test_a_layer_takes_the_folder_away_again(site, data, write, problems):
    data("measured/w.csv")
    site("data_dir: measured", "base.yaml")
    [problem] = problems(write("child.yaml", "extends: base.yaml\nname: child\ndata_dir: null\n"))
    assert "is to be given: --set data_dir=FOLDER" in problem.message
    [problem] = problems("base.yaml", "data_dir=null")
    assert "is to be given: --set data_dir=FOLDER" in problem.message


def test_the_resolved_scenario_says_it_absolute_with_its_origin(site, data):
    folder = data("measured/w.csv")
    loaded = load_scenario(site(), ["data_dir=measured"], roots=())
    assert loaded.model.data_dir == loaded.data["data_dir"] == str(folder / "measured")
    [line] = [line for line in resolved_yaml(loaded, origins=True).splitlines() if line.startswith("data_dir:")]
    assert line.split() == ["data_dir:", str(folder / "measured"), "#", "--set", "data_dir=measured:1"]


def test_a_resolved_scenario_loads_anywhere_also_without_the_folder(apart, site, write):
    loaded = load_scenario(site(name="mine/site.yaml"), ["data_dir=../data"], roots=())
    again = write("runs/1/scenario.yaml", resolved_yaml(loaded))
    trusted = load_scenario(again, roots=(), trust_paths=True)
    assert (trusted.data, trusted.model, trusted.components) == (loaded.data, loaded.model, loaded.components)
    with pytest.raises(ScenarioError, match=r"data_dir: .* lies outside"):
        load_scenario(again, roots=())
    (apart / "data").rename(apart / "moved")
    with pytest.raises(ScenarioError, match=r"no file '.*w\.csv'"):
        load_scenario(again, roots=(), trust_paths=True)
    again.write_text(again.read_text().replace(str(apart / "data" / "w.csv"), str(apart / "moved" / "w.csv")))
    assert load_scenario(again, roots=(), trust_paths=True).model.data_dir == str(apart / "data")


def test_editors_know_it(fake_types):
    schema = scenario_schema()["properties"]["data_dir"]
    assert {kind["type"] for kind in schema["anyOf"]} == {"string", "null"}
    assert "--set data_dir=FOLDER" in schema["description"]
