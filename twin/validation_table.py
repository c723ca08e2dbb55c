"""Validations in a terminal: one table each, with notes and sources below and a count at the end; fits 100 columns."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from twin.errors import ComponentError
from twin.validate_models import Checked, Outcome, load_validation
from twin.validation import Comparison, Kind

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

WIDTH_COLUMNS = 100
INDENT = (0, 0, 0, 2)
COLUMNS = (("ours", 8), ("published", 9), ("difference", 10), ("tolerance", 9))
"""Heads and least widths, so that the tables stand below each other."""
STYLE = {Outcome.PASSED: "green", Outcome.VIOLATED: "bold red", Outcome.SKIPPED: "yellow", Outcome.FAILED: "bold red"}
NOTE_STYLE = "yellow"
SHOWN_DIGITS = 3
"""Significant digits of deviations, errors and tolerances."""
SMALLEST_FIXED = 1e-4
"""Below, numbers are written with an exponent."""
MOST_DECIMALS = 5
NOTHING = "–"


def print_validations(checked: Sequence[Checked], console: Console | None = None) -> None:
    """Print what the validations gave."""
    from rich.padding import Padding

    screen = console or _console()
    for one in checked:
        screen.print()
        screen.print(_heading(one))
        if one.comparisons:
            screen.print(Padding(_table(one.comparisons), INDENT))
            _print_lines(screen, [f"note: {note}" for note in one.notes], NOTE_STYLE)
            _print_lines(screen, _sources(one.comparisons), "dim")
        else:
            _print_lines(screen, [one.reason], STYLE[one.outcome])
            if one.outcome is Outcome.SKIPPED:
                _print_lines(screen, [f"the data come from {one.source}"], "dim")
    screen.print()
    screen.print(_count(checked))


def print_names(known: Mapping[str, EntryPoint], console: Console | None = None) -> None:
    """Print what can be run: name, what it is, which files it needs."""
    from rich.table import Table
    from rich.text import Text

    table = Table("validation", "what it compares", "needs below --data", box=None)
    for name, entry in known.items():
        try:
            one = load_validation(name, entry)
        except ComponentError as error:
            table.add_row(Text(name), Text(str(error), style=STYLE[Outcome.FAILED]))
        else:
            table.add_row(Text(name), Text(one.title), Text(", ".join(_folders(one.needs)) or NOTHING))
    (console or _console()).print(table)


def _folders(needs: Sequence[str]) -> list[str]:
    """Files of one folder are named by their folder."""
    by_folder: dict[str, list[str]] = {}
    for pattern in needs:
        by_folder.setdefault(str(PurePosixPath(pattern).parent), []).append(pattern)
    return [files[0] if len(files) == 1 else f"{folder}/" for folder, files in by_folder.items()]


def _console() -> Console:
    from rich.console import Console

    console = Console()
    return Console(width=min(console.width, WIDTH_COLUMNS) if console.is_terminal else WIDTH_COLUMNS)


def _print_lines(screen: Console, lines: Sequence[str], style: str) -> None:
    from rich.padding import Padding
    from rich.text import Text

    for line in lines:
        screen.print(Padding(Text(line, style=style), INDENT))


def _heading(one: Checked) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    met = sum(row.passed for row in one.comparisons)
    verdict = f"{met} of {len(one.comparisons)} within tolerance" if one.comparisons else one.outcome.value
    title = "" if one.title == one.name else f"  {one.title}"
    grid = Table.grid(expand=True, padding=(0, 2))
    grid.add_column(ratio=1)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_row(Text.assemble((one.name, "bold blue"), title), Text(verdict, style=STYLE[one.outcome]))
    return grid


def _table(rows: Sequence[Comparison]) -> Table:
    """The figures; the cases are headings within it if there are several."""
    from rich import box
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    cases = list(dict.fromkeys(row.name for row in rows))
    marks = _marks(rows)
    table = Table(box=box.SIMPLE_HEAD, header_style="dim", pad_edge=False, padding=(0, 1, 0, 0), show_edge=False,
                  expand=True)
    table.add_column(Text(cases[0] if len(cases) == 1 else ""), ratio=1)
    for head, width in COLUMNS:
        table.add_column(head, justify="right", no_wrap=True, min_width=width)
    table.add_column("unit", no_wrap=True, min_width=4)
    table.add_column("verdict", no_wrap=True, min_width=7)
    for case in cases:
        if len(cases) > 1:
            table.add_row(Text(case, style="bold"))
        for row in (row for row in rows if row.name == case):
            style = "green" if row.passed else "bold red"
            quantity = Text.assemble(row.quantity, (marks.get(row.source, ""), "dim"))
            table.add_row(Padding(quantity, INDENT) if len(cases) > 1 else quantity, *cells(row), Text(row.unit),
                          Text("ok" if row.passed else "outside", style=style))
    return table


def _marks(rows: Sequence[Comparison]) -> dict[str, str]:
    """Source → mark behind the quantity; none where all rows have the same source."""
    sources = list(dict.fromkeys(row.source for row in rows))
    return {source: f" [{i}]" for i, source in enumerate(sources, 1)} if len(sources) > 1 else {}


def _sources(rows: Sequence[Comparison]) -> list[str]:
    marks = _marks(rows)
    if not marks:
        return [f"reference: {rows[0].source}"]
    return [f"{mark.strip()} {source}" for source, mark in marks.items()]


def _count(checked: Sequence[Checked]) -> Text:
    from rich.text import Text

    number = Counter(one.outcome for one in checked)
    rows = [row for one in checked for row in one.comparisons]
    plural = "" if len(checked) == 1 else "s"
    line = Text(f"{len(checked)} validation{plural}: ")
    parts = [Text(f"{number[outcome]} {outcome.value}", style=STYLE[outcome]) for outcome in Outcome if number[outcome]]
    line.append_text(Text(", ").join(parts))
    return line.append(f"; {sum(row.passed for row in rows)} of {len(rows)} figures within tolerance")


def cells(row: Comparison) -> tuple[str, str, str, str]:
    """Ours, published, difference and tolerance, with the digits the tolerance makes sense of.

    >>> cells(Comparison.within("CE0", "temperature", 69.5893, 69.6, 0.03, "°C", ""))
    ('69.589', '69.600', '-0.011', '± 0.030')
    >>> cells(Comparison.at_most("pipe", "RMSE", 0.29083, 0.65, "K", ""))
    ('0.291', '–', '–', '≤ 0.650')
    >>> cells(Comparison.at_most("pipe", "residual", 2.04e-15, 1e-9, "", ""))
    ('2.0e-15', '–', '–', '≤ 1.0e-09')
    >>> cells(Comparison.not_worse("street", "RMSE", 1.208, 1.8, "K", ""))
    ('1.21', '1.80', '-0.59', '≤ 0')
    """
    if row.kind is Kind.DEVIATION:
        ours = fixed(row.ours, decimals(row.tolerance, SHOWN_DIGITS))
        shown = significant(row.ours) if row.tolerance < SMALLEST_FIXED or float(ours.replace(",", "")) == 0.0 else ours
        return shown, NOTHING, NOTHING, f"≤ {significant(row.tolerance)}"
    if row.kind is Kind.ERROR:
        places = decimals(row.reference, SHOWN_DIGITS)
        return fixed(row.ours, places), fixed(row.reference, places), fixed(row.difference, places), "≤ 0"
    places = decimals(row.tolerance, SHOWN_DIGITS - 1)
    if row.tolerance == 0.0 or places > MOST_DECIMALS:
        return f"{row.ours:.6g}", f"{row.reference:.6g}", significant(row.difference), f"± {significant(row.tolerance)}"
    difference = fixed(row.difference, places)
    return fixed(row.ours, places), fixed(row.reference, places), difference, f"± {fixed(row.tolerance, places)}"


def decimals(value: float, digits: int) -> int:
    """Decimal places that show ``digits`` significant digits of a value.

    >>> decimals(0.03, 2), decimals(1.8, 3), decimals(627.0, 2), decimals(0.0, 2)
    (3, 2, 0, 1)
    """
    if value == 0.0 or not math.isfinite(value):
        return digits - 1
    return max(0, digits - 1 - math.floor(math.log10(abs(value))))


def significant(value: float) -> str:
    """Three significant digits, small numbers with an exponent.

    >>> significant(0.4), significant(12345.6), significant(3.14e-15), significant(0.0), significant(float("nan"))
    ('0.400', '12,346', '3.1e-15', '0', 'nan')
    """
    if value == 0.0:
        return "0"
    if abs(value) < SMALLEST_FIXED:
        return f"{value:.1e}"
    return fixed(value, decimals(value, SHOWN_DIGITS))


def fixed(value: float, places: int) -> str:
    """A number with so many decimals, thousands grouped, never a negative zero.

    >>> fixed(23414.2, 0), fixed(-0.0001, 2), fixed(float("nan"), 3)
    ('23,414', '0.00', 'nan')
    """
    return f"{round(value, places) + 0.0:,.{places}f}" if math.isfinite(value) else str(value)
