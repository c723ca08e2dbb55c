"""Finds published comparisons in the entry-point group ``parktwin.validations`` and runs them.

Nothing passes in silence: data that are absent make a validation *skipped*, an exception or an empty answer makes it
*failed*, each with its reason. Printing is in validation_table.py.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from twin.errors import ComponentError, ExitCode, ParkTwinError
from twin.suggest import did_you_mean
from twin.validation import Comparison, Validation

GROUP = "parktwin.validations"
DATA_VARIABLE = "PARKTWIN_DATA"
"""Environment variable that names the directory of published data."""
NO_DIRECTORY = f"no directory of published data is given: use --data DIR or set {DATA_VARIABLE}"
MESSAGE_LENGTH = 300
"""An exception of a library may hold a whole table."""


class Outcome(enum.Enum):
    """How a validation ended."""

    PASSED = "passed"
    """Every figure is within its tolerance."""
    VIOLATED = "violated"
    """At least one is not."""
    SKIPPED = "skipped"
    """Its data are absent."""
    FAILED = "failed"
    """It could not be run to its end."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A validation that was run, or why it was not."""

    name: str
    title: str
    source: str
    outcome: Outcome
    comparisons: tuple[Comparison, ...] = ()
    reason: str = ""
    """Why it was skipped or failed."""
    notes: tuple[str, ...] = ()
    """What the validation says about itself."""


OnStart = Callable[[int, str], None]
"""Told the number (from 0) and name of each validation before it runs."""


def run_validations(names: Sequence[str], data_dir: Path | None, on_start: OnStart = lambda number, name: None,
                    known: Mapping[str, EntryPoint] | None = None) -> list[Checked]:
    """Run validations by name, all if none is named.

    Parameters
    ----------
    data_dir
        Directory of published data; without one, only comparisons that need no data are made.
    known
        Entry points by name; default: those of the installed packages.

    Raises
    ------
    ParkTwinError
        For an unknown name, before anything runs.
    """
    available = validations() if known is None else known
    chosen = selected(names, available)
    checked = []
    for number, name in enumerate(chosen):
        on_start(number, name)
        checked.append(_check(name, available[name], data_dir))
    return checked


@cache
def validations() -> dict[str, EntryPoint]:
    """All registered validations by name, sorted."""
    return {entry.name: entry for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name)}


def selected(names: Sequence[str], known: Mapping[str, EntryPoint]) -> tuple[str, ...]:
    """The names asked for, each once and in the order asked; all if none is.

    Raises
    ------
    ParkTwinError
        For a name that is not known, with the nearest and the list; also if none is registered at all.
    """
    if not known:
        raise ParkTwinError(f"no installed package offers validations (entry points {GROUP})")
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known)
            listed = "" if hint.startswith("known") else f"\nknown: {', '.join(known)}"
            raise ParkTwinError(f"unknown validation {name!r}; {hint}{listed}")
    return tuple(dict.fromkeys(names)) or tuple(known)


def _check(name: str, entry: EntryPoint, data_dir: Path | None) -> Checked:
    try:
        validation = load_validation(name, entry)
    except ComponentError as error:
        return Checked(name, name, "", Outcome.FAILED, reason=str(error))

    def stopped(outcome: Outcome, reason: str) -> Checked:
        return Checked(name, validation.title, validation.source, outcome, reason=reason)

    if validation.needs and data_dir is None:
        return stopped(Outcome.SKIPPED, f"needs {', '.join(validation.needs)}, and {NO_DIRECTORY}")
    root = data_dir or Path()
    missing = validation.missing(root)
    if missing:
        return stopped(Outcome.SKIPPED, f"{root} has no {', '.join(missing)}")
    try:
        rows = tuple(validation.compare(root))
    except Exception as error:  # a stranger's comparison may fail in any way
        return stopped(Outcome.FAILED, _message(error))
    if not rows:
        return stopped(Outcome.FAILED, "it gave no comparison")
    if not all(isinstance(row, Comparison) for row in rows):
        return stopped(Outcome.FAILED, "it gave something else than twin.validation.Comparison")
    outcome = Outcome.PASSED if all(row.passed for row in rows) else Outcome.VIOLATED
    return Checked(name, validation.title, validation.source, outcome, rows, notes=validation.notes)


def load_validation(name: str, entry: EntryPoint) -> Validation:
    """What an entry point refers to.

    Raises
    ------
    ComponentError
        If the package behind it is broken (named with its distribution) or offers something else.
    """
    try:
        found = entry.load()
    except Exception as error:  # a stranger's package may fail in any way at import
        owner = entry.dist.name if entry.dist else "an unknown package"
        raise ComponentError(f"validation {name!r} from {owner} cannot be loaded: {_message(error)}") from error
    if not isinstance(found, Validation):
        raise ComponentError(f"validation {name!r}: {entry.value} is not a twin.validation.Validation")
    return found


def _message(error: Exception) -> str:
    text = str(error) if isinstance(error, ParkTwinError) else f"{type(error).__name__}: {error}"
    return text if len(text) <= MESSAGE_LENGTH else text[:MESSAGE_LENGTH] + " …"


def exit_code(checked: Sequence[Checked]) -> ExitCode:
    """0 only if every figure asked for was compared and is within its tolerance."""
    outcomes = {one.outcome for one in checked}
    if outcomes & {Outcome.VIOLATED, Outcome.FAILED}:
        return ExitCode.VIOLATIONS
    return ExitCode.USAGE if Outcome.SKIPPED in outcomes else ExitCode.OK


def as_plain(checked: Sequence[Checked], data_dir: Path | None) -> dict[str, Any]:
    """What ``--json`` prints; figures that are not finite become null."""
    return {
        "passed": exit_code(checked) is ExitCode.OK,
        "data_dir": None if data_dir is None else str(data_dir),
        "validations": [{
            "name": one.name, "title": one.title, "source": one.source, "outcome": one.outcome.value,
            "reason": one.reason, "notes": list(one.notes), "comparisons": [_plain_row(row) for row in one.comparisons],
        } for one in checked],
    }


def _plain_row(row: Comparison) -> dict[str, Any]:
    return {
        "case": row.name, "quantity": row.quantity, "kind": row.kind.value, "ours": _finite(row.ours),
        "reference": _finite(row.reference), "difference": _finite(row.difference),
        "tolerance": _finite(row.tolerance), "unit": row.unit, "passed": bool(row.passed), "source": row.source,
    }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


@contextmanager
def validation_progress(count: int, *, quiet: bool = False) -> Iterator[OnStart]:
    """A bar on standard error, for ``run_validations``."""
    if quiet:
        yield lambda number, name: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[clock]}"),
               TimeElapsedColumn())
    screen = Console(stderr=True)
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task("", total=count, clock="")

        def on_start(number: int, name: str) -> None:
            bar.update(task, completed=number, description=name, clock=f"{number + 1} of {count}")

        yield on_start
