"""`extends`: which file wins, which files may be reached, and where mistakes are said to stand."""

from pathlib import Path

import pytest

from twin.errors import ScenarioError
from twin.scenario.layers import MAX_FILES, load_layers
from twin.scenario.loader import load_scenario


def files(folder, **texts):
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


def data(folder, name, roots=()):
    return load_layers(folder / f"{name}.yaml", (), roots).data


def refusal(folder, name="a", roots=()):
    with pytest.raises(ScenarioError) as caught:
        load_layers(folder / f"{name}.yaml", (), roots)
    return caught.value.problems[0]


def test_child_over_parent_over_grandparent(tmp_path):
    files(tmp_path, a="extends: b.yaml\nx: {p: 1}\n", b="extends: c.yaml\nx: {p: 2, q: 2}\ny: [1]\n",
          c="x: {p: 3, q: 3, r: 3}\ny: [3, 3]\nz: 3\n")
    assert data(tmp_path, "a") == {"x": {"p": 1, "q": 2, "r": 3}, "y": [1], "z": 3}


def test_later_files_of_a_list_win(tmp_path):
    files(tmp_path, a="extends: [b.yaml, c.yaml]\n", b="x: 1\ny: 1\n", c="x: 2\n")
    assert data(tmp_path, "a") == {"x": 2, "y": 1}


def test_a_layer_beside_may_delete(tmp_path):
    files(tmp_path, a="extends: [b.yaml, c.yaml]\n", b="x: {p: 1, q: 2}\n", c="x: {q: ~}\n")
    assert data(tmp_path, "a") == {"x": {"p": 1}}


def test_one_file_through_two_others(tmp_path):
    files(tmp_path, a="extends: [b.yaml, c.yaml]\n", b="extends: d.yaml\nb: 1\n", c="extends: d.yaml\nc: 1\n",
          d="d: 1\n")
    assert data(tmp_path, "a") == {"b": 1, "c": 1, "d": 1}


def test_origins_through_layers(tmp_path):
    files(tmp_path, a="extends: b.yaml\nx:\n  p: 1\n  gone: ~\n", b="x:\n  q: 2\n  gone: 3\n")
    source = load_layers(tmp_path / "a.yaml", (), ())
    where = {path: (Path(o.file).name, o.key_line) for path, o in source.origins.items()}
    assert where == {(): ("a.yaml", 1), ("x",): ("a.yaml", 2), ("x", "p"): ("a.yaml", 3), ("x", "q"): ("b.yaml", 2)}
    assert source.removed["x", "gone"].line == 4


def test_relative_to_the_file_that_says_it_then_to_the_roots(tmp_path):
    here, packaged = tmp_path / "here", tmp_path / "packaged"
    for folder in (here / "sub", packaged / "sites"):
        folder.mkdir(parents=True)
    files(here, a="extends: sub/b.yaml\n")
    files(here / "sub", b="extends: [c.yaml, sites/park.yaml]\n", c="c: beside b\n")
    files(here, c="c: beside a\n")
    files(packaged / "sites", park="extends: ../tariff.yaml\npark: 1\n")
    files(packaged, tariff="tariff: 1\n")
    assert data(here, "a", [packaged]) == {"c": "beside b", "park": 1, "tariff": 1}


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "../secret.yaml", "sub/../../secret.yaml",
                                  "link.yaml", "../here/../secret.yaml"])
def test_nothing_outside_the_roots_is_read(tmp_path, name):
    here = tmp_path / "here"
    (here / "sub").mkdir(parents=True)
    (tmp_path / "secret.yaml").write_text("password: 1\n")
    (here / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    files(here, a=f"name: x\nextends: {name}\n")
    problem = refusal(here)
    assert "lies outside the scenario folders" in problem.message and problem.line == 2 and problem.column == 10


def test_a_link_inside_the_roots_is_fine(tmp_path):
    files(tmp_path, a="extends: link.yaml\n", b="b: 1\n")
    (tmp_path / "link.yaml").symlink_to(tmp_path / "b.yaml")
    assert data(tmp_path, "a") == {"b": 1}


def test_links_in_a_circle_are_no_file(tmp_path):
    (tmp_path / "x.yaml").symlink_to(tmp_path / "y.yaml")
    (tmp_path / "y.yaml").symlink_to(tmp_path / "x.yaml")
    files(tmp_path, a="extends: x.yaml\n")
    assert refusal(tmp_path).line == 1


def test_a_circle_is_named(tmp_path):
    files(tmp_path, a="extends: b.yaml\n", b="extends: c.yaml\n", c="x: 1\nextends: b.yaml\n")
    problem = refusal(tmp_path)
    assert "circle: b.yaml → c.yaml → b.yaml" in problem.message
    assert problem.file.endswith("c.yaml") and problem.line == 2


def test_a_file_that_extends_itself(tmp_path):
    files(tmp_path, a="extends: a.yaml\n")
    assert "circle: a.yaml → a.yaml" in refusal(tmp_path).message


def test_a_missing_file_with_a_suggestion(tmp_path):
    (tmp_path / "sites").mkdir()
    files(tmp_path, a="extends: sites/prak.yaml\n")
    files(tmp_path / "sites", park="x: 1\n")
    assert "did you mean 'sites/park.yaml'?" in refusal(tmp_path).message


@pytest.mark.parametrize(("text", "line", "message"), [
    ("name: x\nextends: 3\n", 2, "the name of a scenario file is needed"),
    ("extends:\n  - b.yaml\n  - {x: 1}\n", 3, "the name of a scenario file is needed"),
    ("extends: {x: 1}\n", 1, "the name of a scenario file is needed"),
    ("extends:\n", 1, "the name of a scenario file is needed"),
    ("extends: " + "x" * 5000 + "\n", 1, "cannot be the name of a file"),
])
def test_what_extends_may_not_say(tmp_path, text, line, message):
    files(tmp_path, a=text, b="b: 1\n")
    problem = refusal(tmp_path)
    assert message in problem.message and problem.line == line


def test_a_mistake_in_an_extended_file_is_placed_there(tmp_path):
    files(tmp_path, a="extends: b.yaml\n", b="x: 1\ny: [1\n")
    problem = refusal(tmp_path)
    assert problem.file.endswith("b.yaml") and problem.line == 2


def test_endless_chains_end(tmp_path):
    for n in range(MAX_FILES + 10):
        files(tmp_path, **{f"f{n}": f"extends: f{n + 1}.yaml\n"})
    assert f"more than {MAX_FILES} files" in refusal(tmp_path, "f0").message


def test_many_ways_to_the_same_files_are_walked_once(tmp_path):
    """Each file extends the next one ten times: 10**20 ways."""
    for n in range(20):
        files(tmp_path, **{f"f{n}": f"extends: [{', '.join([f'f{n + 1}.yaml'] * 10)}]\n"})
    files(tmp_path, f20="x: 1\n")
    assert data(tmp_path, "f0") == {"x": 1}


def test_inherited_mistakes_point_at_the_file_they_came_from(write, problems):
    write("base.yaml", changes=(("power_mw: 10\n", "power_mw: ten\n"),))
    write("child.yaml", "extends: base.yaml\nname: child\nassets:\n  bess: {energy_mwh: 20}\n")
    [problem] = problems("child.yaml")
    assert (problem.file, problem.line, problem.column) == ("base.yaml", 13, 15)
    assert problem.excerpt == "    power_mw: ten"


def test_a_key_left_over_from_another_type_says_how_to_drop_it(write, problems):
    write("base.yaml", changes=(("control: {type: rule}", "control: {type: rule, reserve_soc: 0.3}"),))
    write("child.yaml", "extends: base.yaml\nname: child\ncontrol: {type: other_rule}\n")
    [problem] = problems("child.yaml")
    assert problem.file == "base.yaml" and problem.line == 19
    assert "the type is 'other_rule' by child.yaml:3" in problem.message
    assert "'reserve_soc: null' there drops this key" in problem.message
    write("child.yaml", "extends: base.yaml\nname: child\ncontrol: {type: other_rule, reserve_soc: null}\n")
    assert load_scenario("child.yaml", roots=()).components["operator"].type == "other_rule"


def test_an_emptied_key_that_is_needed(write, problems):
    write("base.yaml")
    write("child.yaml", "extends: base.yaml\nassets:\n  bess:\n    power_mw:\n")
    [problem] = problems("child.yaml")
    assert (problem.file, problem.line) == ("child.yaml", 4) and "is empty" in problem.message
