"""``twin validate-models``: what is met, missed, absent or broken is told apart and printed, and sets the exit code."""

from __future__ import annotations

import io
import json
import math
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from rich.console import Console

from twin import cli, validate_models, validation_table
from twin.errors import ExitCode, ParkTwinError
from twin.validate_models import GROUP, Checked, Outcome, as_plain, exit_code, run_validations
from twin.validation import Comparison, Validation


def met(data_dir: Path) -> list[Comparison]:
    return [Comparison.within("case one", "temperature", 70.01, 70.0, 0.03, "°C", "book A"),
            Comparison.at_most("case two", "error", 0.2, 0.5, "K", "book B")]


def missed(data_dir: Path) -> list[Comparison]:
    return [Comparison.within("street", "temperature", 70.05, 70.0, 0.03, "°C", "book A"),
            Comparison.not_worse("street", "RMSE", 1.2, 1.8, "K", "book A")]


def read(data_dir: Path) -> list[Comparison]:
    figure = float((data_dir / "folder" / "a_1.csv").read_text())
    return [Comparison.at_most("file", "figure", figure, 1.0, "K", "the file")]


def collapse(data_dir: Path) -> list[Comparison]:
    raise ValueError("could not convert 'abc' to a number")


MET = Validation("what is met", "a library", met)
NOTED = Validation("what was fitted", "a library", met, notes=("the width is identified from the reference",))
MISSED = Validation("what is missed", "a library", missed)
FROM_FILE = Validation("a figure in a file", "example.org", read, ("folder/a_*.csv", "folder/b.csv"))
COLLAPSES = Validation("what raises", "a library", collapse)
EMPTY = Validation("nothing", "a library", lambda data_dir: [])
STRANGE = Validation("something else", "a library", lambda data_dir: [1.0])
NOT_A_NUMBER = Validation("nan", "a library", lambda data_dir: [
    Comparison.at_most("a", "b", math.nan, 1.0, "K", "c")])


def known(**targets: str) -> dict[str, EntryPoint]:
    """Entry points to objects of this module."""
    return {name: EntryPoint(name, target if ":" in target else f"{__name__}:{target}", GROUP)
            for name, target in targets.items()}


def one(target: str, data_dir: Path | None = None) -> Checked:
    (checked,) = run_validations((), data_dir, known=known(it=target))
    return checked


def printed(*checked: Checked) -> str:
    screen = io.StringIO()
    validation_table.print_validations(checked, Console(file=screen, width=100))
    return screen.getvalue()


@pytest.mark.parametrize(("target", "outcome", "reason"), [
    ("MET", Outcome.PASSED, ""),
    ("MISSED", Outcome.VIOLATED, ""),
    ("NOT_A_NUMBER", Outcome.VIOLATED, ""),
    ("COLLAPSES", Outcome.FAILED, "ValueError: could not convert 'abc' to a number"),
    ("EMPTY", Outcome.FAILED, "it gave no comparison"),
    ("STRANGE", Outcome.FAILED, "it gave something else than twin.validation.Comparison"),
    ("missed", Outcome.FAILED, "is not a twin.validation.Validation"),
    ("no.such.package:V", Outcome.FAILED, "cannot be loaded: ModuleNotFoundError"),
])
def test_every_end_of_a_validation_is_told_apart(target: str, outcome: Outcome, reason: str) -> None:
    checked = one(target)
    assert checked.outcome is outcome
    assert reason in checked.reason and bool(reason) is bool(checked.reason)


def test_absent_data_are_skipped_with_what_is_missing(tmp_path: Path) -> None:
    without = one("FROM_FILE", None)
    assert without.outcome is Outcome.SKIPPED
    assert "folder/b.csv" in without.reason and "--data DIR or set PARKTWIN_DATA" in without.reason
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a_1.csv").write_text("0.5")
    partly = one("FROM_FILE", tmp_path)
    assert partly.outcome is Outcome.SKIPPED
    assert partly.reason == f"{tmp_path} has no folder/b.csv"
    (tmp_path / "folder" / "b.csv").touch()
    assert one("FROM_FILE", tmp_path).outcome is Outcome.PASSED


def test_notes_stand_below_the_table_and_in_the_json() -> None:
    checked = one("NOTED")
    lines = [line.strip() for line in printed(checked).splitlines()]
    assert lines.index("note: the width is identified from the reference") == lines.index("[1] book A") - 1
    assert as_plain([checked], None)["validations"][0]["notes"] == ["the width is identified from the reference"]
    assert "note:" not in printed(one("MET"))


def test_one_that_raises_does_not_keep_the_next_from_running() -> None:
    told: list[tuple[int, str]] = []
    checked = run_validations((), None, lambda *what: told.append(what), known(a="COLLAPSES", b="MET"))
    assert [c.outcome for c in checked] == [Outcome.FAILED, Outcome.PASSED]
    assert told == [(0, "a"), (1, "b")]


def test_names_choose_once_and_in_their_order() -> None:
    entries = known(a="MET", b="MISSED", c="EMPTY")
    assert [c.name for c in run_validations(["b", "a", "b"], None, known=entries)] == ["b", "a"]


def test_an_unknown_name_is_answered_before_anything_runs() -> None:
    told: list[str] = []
    with pytest.raises(ParkTwinError, match="unknown validation 'stret'; did you mean 'street'") as near:
        run_validations(["pipe", "stret"], None, lambda _, name: told.append(name), known(pipe="MET", street="MET"))
    assert "known: pipe, street" in str(near.value)
    assert told == []
    with pytest.raises(ParkTwinError, match="no installed package offers validations"):
        run_validations((), None, known={})


@pytest.mark.parametrize(("targets", "code"), [
    (["MET"], ExitCode.OK),
    (["MET", "FROM_FILE"], ExitCode.USAGE),
    (["MET", "MISSED"], ExitCode.VIOLATIONS),
    (["FROM_FILE", "COLLAPSES"], ExitCode.VIOLATIONS),
])
def test_only_what_was_compared_and_met_ends_with_zero(targets: list[str], code: ExitCode) -> None:
    checked = run_validations((), None, known=known(**{f"v{i}": target for i, target in enumerate(targets)}))
    assert exit_code(checked) is code
    assert as_plain(checked, None)["passed"] is (code is ExitCode.OK)


def test_the_table_shows_ours_theirs_difference_tolerance_and_verdict() -> None:
    text = printed(one("MISSED"))
    assert "what is missed" in text and "1 of 2 within tolerance" in text
    rows = [line.split() for line in text.splitlines()]
    assert ["temperature", "70.050", "70.000", "0.050", "±", "0.030", "°C", "outside"] in rows
    assert ["RMSE", "1.20", "1.80", "-0.60", "≤", "0", "K", "ok"] in rows
    assert "reference: book A" in text


def test_cases_are_grouped_and_sources_are_numbered_below() -> None:
    lines = [line.strip() for line in printed(one("MET")).splitlines()]
    assert lines.index("case one") < lines.index("case two") < lines.index("[1] book A") < lines.index("[2] book B")
    assert any(line.startswith("temperature [1]") for line in lines)
    assert any(line.startswith("error [2]") for line in lines)


def test_no_line_is_wider_than_a_hundred_columns_and_no_figure_is_cut() -> None:
    row = Comparison.within("a case with a long name " * 3, "quantity with many words " * 5, 1234567.4, 1234567.0, 12.0,
                            "kg/s", "a source " * 30)
    text = printed(Checked("x", "title " * 30, "", Outcome.PASSED, (row, row)),
                   Checked("y", "t", "s", Outcome.FAILED, (), "reason " * 60))
    assert max(len(line) for line in text.splitlines()) <= 100
    assert text.count("1,234,567") == 4 and "…" not in text


def test_the_count_at_the_end_hides_nothing() -> None:
    checked = run_validations((), None, known=known(a="MET", b="MISSED", c="FROM_FILE", d="COLLAPSES"))
    text = printed(*checked)
    assert "4 validations: 1 passed, 1 violated, 1 skipped, 1 failed; 3 of 4 figures within tolerance" in text
    assert "could not convert 'abc'" in text
    assert "the data come from example.org" in text


@pytest.mark.parametrize(("row", "shown"), [
    (Comparison.within("", "", 23415.7, 23181.6, 695.4, "Pa", ""), ("23,416", "23,182", "234", "± 695")),
    (Comparison.within("", "", 4, 4, 0.0, "", ""), ("4", "4", "0", "± 0")),
    (Comparison.within("", "", 1.0 + 2e-9, 1.0, 1e-8, "", ""), ("1", "1", "2.0e-09", "± 1.0e-08")),
    (Comparison.at_most("", "", 0.0131, 1.0, "%", ""), ("0.01", "–", "–", "≤ 1.00")),
    (Comparison.at_most("", "", 0.0000131, 0.1, "%", ""), ("1.3e-05", "–", "–", "≤ 0.100")),
    (Comparison.at_most("", "", -7.7e-16, 1e-9, "", ""), ("-7.7e-16", "–", "–", "≤ 1.0e-09")),
    (Comparison.at_most("", "", math.nan, 0.5, "", ""), ("nan", "–", "–", "≤ 0.500")),
    (Comparison.within("", "", -0.0001, 0.0, 0.5, "", ""), ("0.00", "0.00", "0.00", "± 0.50")),
])
def test_figures_have_the_digits_their_tolerance_asks_for(row: Comparison, shown: tuple[str, ...]) -> None:
    assert validation_table.cells(row) == shown


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Calls the command with fake validations; gives exit code, standard output and standard error."""
    monkeypatch.delenv("PARKTWIN_DATA", raising=False)
    monkeypatch.setattr(validate_models, "validations", lambda: known(
        from_file="FROM_FILE", met="MET", missed="MISSED", broken="no.such.package:V", nan="NOT_A_NUMBER"))

    def call(*args: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["twin", "validate-models", *args])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return call


def test_the_command_prints_tables_and_ends_with_the_code(command) -> None:
    code, out, err = command("met")
    assert code == 0 and "2 of 2 within tolerance" in out and err == ""
    assert command("met", "missed")[0] == 4
    assert command("broken")[0] == 4
    code, out, _ = command("from_file")
    assert code == 2 and "skipped" in out and "PARKTWIN_DATA" in out


def test_mistakes_in_the_call_are_said(command, tmp_path: Path) -> None:
    code, out, err = command("mett")
    assert code == 2 and "did you mean 'met'" in err and "from_file" in err and out == ""
    code, _, err = command("met", "--data", str(tmp_path / "nowhere"))
    assert code == 2 and "nowhere" in err


def test_data_come_from_the_option_or_else_the_environment(command, tmp_path: Path,
                                                           monkeypatch: pytest.MonkeyPatch) -> None:
    for root, figure in (("good", "0.5"), ("bad", "2.0")):
        (tmp_path / root / "folder").mkdir(parents=True)
        (tmp_path / root / "folder" / "a_1.csv").write_text(figure)
        (tmp_path / root / "folder" / "b.csv").touch()
    monkeypatch.setenv("PARKTWIN_DATA", str(tmp_path / "bad"))
    assert command("from_file")[0] == 4
    assert command("from_file", "--data", str(tmp_path / "good"))[0] == 0


def test_json_is_one_object_that_any_reader_understands(command) -> None:
    code, out, err = command("met", "missed", "from_file", "nan", "--json")

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    result = json.loads(out, parse_constant=refuse)
    assert code == 4 and err == "" and result["passed"] is False
    assert [v["outcome"] for v in result["validations"]] == ["passed", "violated", "skipped", "violated"]
    first = result["validations"][1]["comparisons"][0]
    assert first == {"case": "street", "quantity": "temperature", "kind": "value", "ours": 70.05, "reference": 70.0,
                     "difference": pytest.approx(0.05), "tolerance": 0.03, "unit": "°C", "passed": False,
                     "source": "book A"}
    assert result["validations"][3]["comparisons"][0]["ours"] is None


def test_the_list_names_what_each_validation_needs(command) -> None:
    code, out, _ = command("--list")
    assert code == 0
    rows = [line.split("  ") for line in out.splitlines()]
    assert any(row[0].strip() == "from_file" and "folder/" in line for row, line in zip(rows, out.splitlines(),
                                                                                        strict=True))
    assert "cannot be loaded" in out
