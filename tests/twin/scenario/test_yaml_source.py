"""One file: plain data with places, or a ScenarioError that points at the mistake."""

import os

import pytest

from twin.errors import ScenarioError
from twin.scenario.yaml_source import MAX_BYTES, MAX_DEPTH, MAX_NODES, parse_yaml, read_yaml


def refused(text):
    with pytest.raises(ScenarioError) as caught:
        parse_yaml(text, "f.yaml")
    return [(p.line, p.column, p.message) for p in caught.value.problems]


def test_data_and_places():
    source = parse_yaml("a: 1\nb:\n  - x\n  - {c: 'two', \"d\": ~}\n", "f.yaml")
    assert source.data == {"a": 1, "b": ["x", {"c": "two", "d": None}]}
    place = source.origins["b", 1, "c"]
    assert (place.line, place.column, place.key_line, place.key_column) == (4, 9, 4, 6)
    assert (source.origins["b",].key_line, source.origins["b",].key_column) == (2, 1)
    assert set(source.origins) == {(), ("a",), ("b",), ("b", 0), ("b", 1), ("b", 1, "c"), ("b", 1, "d")}


def test_keys_are_text_whatever_they_look_like():
    assert parse_yaml("1: a\ntrue: b\n'3': c\n.nan: d\n", "f").data == {"1": "a", "true": "b", "3": "c", ".nan": "d"}


def test_quotes_and_blocks_are_text():
    text = "a: '1'\nb: \"true\"\nc: |\n  1\nd: >-\n  x\n  y\ne: !!str 12\nf: !!int 0x10\ng: ! 12\n"
    assert parse_yaml(text, "f").data == {"a": "1", "b": "true", "c": "1\n", "d": "x y", "e": "12", "f": 16, "g": "12"}


def test_a_yaml_1_1_directive_changes_nothing():
    assert parse_yaml("%YAML 1.1\n---\na: no\nb: 12:30\n", "f").data == {"a": "no", "b": "12:30"}


def test_aliases_are_expanded_with_places_of_their_own():
    source = parse_yaml("a: &x\n  p: 1\nb: *x\n", "f")
    assert source.data == {"a": {"p": 1}, "b": {"p": 1}}
    assert source.data["a"] is not source.data["b"]
    assert source.origins["b",].line == 3 and source.origins["b", "p"].line == 2


def test_merge_keys_yield_to_own_keys_and_to_earlier_sources():
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], z: 3}\nd:\n  x: 9\n  <<: *a\n"
    source = parse_yaml(text, "f")
    assert source.data["c"] == {"x": 1, "y": 1, "z": 3} and source.data["d"] == {"x": 9, "y": 1}
    assert source.origins["c", "x"].line == 1 and source.origins["c", "z"].line == 3


def test_an_empty_value_stands_at_its_key():
    source = parse_yaml("a:\n\n# comment\nb:\n  c:\nd: 1\n", "f")
    assert source.data == {"a": None, "b": {"c": None}, "d": 1}
    assert [source.origins[path].line for path in (("a",), ("b", "c"))] == [1, 5]


@pytest.mark.parametrize(("text", "line", "column", "message"), [
    ("a: 1\nb: 2\na: 3\n", 3, 1, "this key stands here twice (first on line 1)"),
    ("a: [1,\nb: 2\n", 1, 4, "this '[' is never closed"),
    ("t: {a: 1, b: 2\nc: 3\n", 1, 4, "this '{' is never closed"),
    ("a: 'x\nb: 2\n", 1, 4, "this quote is never closed"),
    ("a: b: c\n", 1, 5, "a ':' stands where no key can be"),
    ("a:\n\tb: 1\n", 2, 1, "a tab; YAML indents with spaces"),
    ("a:\n  b: 1\n c: 2\n", 3, 2, "not indented like the others"),
    ("a: 1\nb\nc: 2\n", 2, 1, "a ':' is missing after this key"),
    ("a: @x\n", 1, 4, "cannot begin with '@'; put it in quotes"),
    ("a: 1\nb: *x\n", 2, 4, "unknown alias *x"),
    ("a: &x [*x]\n", 1, 8, "stands inside its own anchor"),
    ("a: 1\n---\nb: 2\n", 2, 1, "a second YAML document"),
    ("a: !!python/object/apply:os.system ['id']\n", 1, 4, "is not used in scenarios"),
    ("a: !!binary aGk=\n", 1, 4, "is not used in scenarios"),
    ("a: 1\nb: !!timestamp 2025-07-15\n", 2, 4, "is not used in scenarios"),
    ("a: !!int x\n", 1, 4, "is not what its tag !!int says"),
    ("a: !secret x\n", 1, 4, "is not used in scenarios"),
    ("x: 1\n? [a]\n: 1\n", 2, 3, "a key must be a word"),
    ("a: 1\nb: .nan\n", 2, 4, ".nan is not a finite number"),
    ("a: {b: -.inf}\n", 1, 8, "-.inf is not a finite number"),
    ("a: 1\nb: x\x00y\n", 2, 5, "the character U+0000 is not allowed"),
    ("a: \x1b[31m\n", 1, 4, "the character U+001B is not allowed"),
    ("a: 1\nb: \"\\ud800\"\n", 2, 4, "the character U+D800 is not allowed"),
    ("a: 1\nb: \"\\0\"\n", 2, 4, "the character U+0000 is not allowed"),
    ("a: 1\nb: \"\\U00FFFFFF\"\n", 2, 1, "cannot be read as YAML from here on"),
    ("", 1, 1, "the file holds nothing"),
    ("# only a comment\n", 1, 1, "the file holds nothing"),
    ("- a\n", 1, 1, "the file holds a list"),
    ("42\n", 1, 1, "the file holds a single value"),
    ("a: {<<: 3}\n", 1, 9, "'<<' merges mappings only"),
])
def test_mistakes_are_placed(text, line, column, message):
    [(found_line, found_column, found)] = refused(text)
    assert (found_line, found_column) == (line, column) and message in found


def test_all_mistakes_of_a_readable_file_come_at_once():
    assert [line for line, *_ in refused("a: .nan\nb: !x 1\na: 2\nc: 1e999\n")] == [1, 2, 3, 4]


def test_excerpts_do_not_carry_control_characters_to_the_terminal():
    with pytest.raises(ScenarioError) as caught:
        parse_yaml("a: \x1b[31mred\tx\n", "f")
    assert "\x1b" not in str(caught.value) and "a: ·[31mred x" in str(caught.value)


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
MERGE_BOMB = "a0: &a0 {x: 1}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 9))
MERGE_CHAIN = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: *a{n - 1}}}\n" for n in range(1, 2000))


@pytest.mark.parametrize(("text", "message"), [
    (BOMB, f"expands to more than {MAX_NODES:,} values"),
    (MERGE_BOMB, f"expands to more than {MAX_NODES:,} values"),
    (MERGE_CHAIN, f"nested more than {MAX_DEPTH} deep"),
    ("a: " + "[" * 5000, f"nested more than {MAX_DEPTH} deep"),
    ("a: " + "{a: " * 5000, f"nested more than {MAX_DEPTH} deep"),
    ("a:\n" + "- " * 50 + "b", f"nested more than {MAX_DEPTH} deep"),
])
def test_small_files_cannot_become_large_ones(text, message):
    assert message in refused(text)[0][2]


def test_too_many_values():
    assert f"more than {MAX_NODES:,} values" in refused("a: [" + "1," * (MAX_NODES + 1) + "]")[0][2]


def test_depth_that_is_allowed():
    depth = MAX_DEPTH - 1
    assert parse_yaml("a: " + "[" * depth + "]" * depth, "f").data["a"] is not None


@pytest.mark.parametrize(("content", "line", "column", "message"), [
    (b"a: 1\nb: \xff\n", 2, 4, "not UTF-8 text"),
    ("a: ö\nb: \n".encode("utf-16"), 1, 1, "not UTF-8 text"),
    (b"a: 1\n" + b"#" * MAX_BYTES, 1, 1, "larger than 1,000,000 bytes"),
    (bytes(range(256)), 3, 115, "not UTF-8 text"),
])
def test_files_that_are_no_text(tmp_path, content, line, column, message):
    file = tmp_path / "f.yaml"
    file.write_bytes(content)
    with pytest.raises(ScenarioError) as caught:
        read_yaml(file)
    [problem] = caught.value.problems
    assert message in problem.message and (problem.line, problem.column) == (line, column)


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path):
    file = tmp_path / "f.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    source = read_yaml(file)
    assert source.data == {"a": 1, "b": 2} and source.origins["b",].line == 2


def test_what_is_no_file(tmp_path):
    for file, message in ((tmp_path, "is a directory"), (tmp_path / "x.yaml", "no such file"),
                          (tmp_path / ("x" * 5000), "cannot be read")):
        with pytest.raises(ScenarioError, match=message):
            read_yaml(file)


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(ScenarioError, match="no such file"):
        read_yaml(tmp_path / "pipe.yaml")
