"""A verdict for the terminal: what was tried, what is violated when and by how much, and what would help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.gate.limits.rows import Quantity
from twin.gate.limits.verdict import Outcome, Verdict, Violation
from twin.gate.trial.file_trial import FileTrial
from twin.schedule import Horizon
from twin.units import with_unit

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

STYLE = {Outcome.ACCEPTED: "bold green", Outcome.REJECTED: "bold red", Outcome.NOT_SOLVABLE: "bold red",
         Outcome.TIMED_OUT: "bold red"}
MOST_ROWS = 25
"""More violations are counted, not printed: --json has them all."""


def print_trial(trial: FileTrial, console: Console) -> None:
    """Print it."""
    from rich.text import Text

    verdict = trial.verdict
    console.print(Text(headline(verdict), style=STYLE[verdict.outcome]))
    for tried in verdict.trials:
        told = f": {tried.message}" if tried.message else ""
        console.print(Text(f"  {tried.expectation}: {_words(tried.outcome)}{told}", style="dim"))
    for note in trial.notes:
        console.print(Text(f"  {note}", style="dim"))
    for title, rows in (("Violations", verdict.violations), ("Alarms", verdict.alarms)):
        if rows:
            console.print(_table(title, rows, trial))
    for sentence in remedies(verdict, trial.schedule.horizon, trial):
        console.print(Text(f"  {sentence}"))
    console.print(_scores(verdict))
    console.print(Text(f"schedule {verdict.schedule_sha256[:12]}  state {verdict.state_sha256[:12]}  verdict "
                       f"{verdict.sha256[:12]}  {verdict.cpu_s:.1f} CPU s", style="dim"))


def headline(verdict: Verdict) -> str:
    """The outcome in a sentence."""
    passed = sum(trial.passed for trial in verdict.trials)
    hard, soft = len(verdict.hard_violations), len(verdict.violations) - len(verdict.hard_violations)
    told = [f"{passed} of {len(verdict.trials)} expectations hold all hard limits"]
    told += [f"{hard} violations of hard limits"] if hard else []
    told += [f"{soft} of soft ones"] if soft else []
    return f"{_words(verdict.outcome)}: {', '.join(told)}"


def remedies(verdict: Verdict, horizon: Horizon, trial: FileTrial) -> list[str]:
    """For each hard limit that is violated, which set-point would bring it back, and by how much, as far as linear."""
    told: list[str] = []
    names: set[str] = set()
    for violation in verdict.violations:
        if violation.name in names:
            continue
        names.add(violation.name)
        if violation.of in (Quantity.UP_TIME_H, Quantity.DOWN_TIME_H):
            told.append(f"{violation.name}: leave {violation.signal} as it is for another {abs(violation.margin):.3g} "
                        f"h before it changes at {_clock(trial, violation.t_s)}")
            continue
        if not violation.drivers:
            continue
        driver = violation.drivers[0]
        outward = 1.0 if violation.worst_value > violation.bound else -1.0
        amount = abs(violation.margin / driver.sensitivity)
        unit = driver.unit.rpartition("/")[2].replace("–", "")
        direction = "lower" if outward * driver.sensitivity > 0.0 else "raise"
        others = f" (also {', '.join(d.key for d in violation.drivers[1:])})" if len(violation.drivers) > 1 else ""
        told.append(f"{violation.name}: {direction} {driver.key} at {_clock(trial, driver.t_s)}, by some {amount:.3g} "
                    f"{unit}".rstrip() + f", or spread it over neighbouring steps{others}")
    return told


def _table(title: str, rows: tuple[Violation, ...], trial: FileTrial) -> Table:
    from rich.table import Table

    several = len(trial.verdict.trials) > 1
    table = Table(title=title, title_justify="left", box=None)
    for heading in ("limit", "", "signal", "from", "for", "worst", "limit", *(["expectation"] if several else [])):
        table.add_column(heading, overflow="fold")
    for v in rows[:MOST_ROWS]:
        quantity = "" if v.of == "value" else f" ({v.of})"
        table.add_row(v.name, "hard" if v.hard else "", f"{v.signal}{quantity}".replace("[", r"\["),
                      _clock(trial, v.t_s), f"{v.duration_s / 3600:.4g} h", f"{v.worst_value:.5g}",
                      with_unit(f"{v.bound:.5g}", v.unit), *([v.expectation] if several else []))
    if len(rows) > MOST_ROWS:
        table.add_row(f"and {len(rows) - MOST_ROWS} more")
    return table


def _scores(verdict: Verdict) -> Table:
    from rich.table import Table

    table = Table("class", "limits", "nearest", "penalty", "violations", "alarms", title="Limits by class",
                  title_justify="left", box=None)
    for score in verdict.scores:
        table.add_row(score.limit_class, str(score.limits_count), f"{100 * score.margin_frac:.3g} %",
                      f"{score.penalty_h:.3g} h", str(score.violations_count or ""), str(score.alarms_count or ""))
    return table


def _clock(trial: FileTrial, t_s: int) -> str:
    local = trial.calendar.local(t_s)
    first = trial.calendar.local(trial.schedule.horizon.start_s)
    return f"{local:%H:%M}" if local.date() == first.date() else f"{local:%a %H:%M}"


def _words(outcome: Outcome) -> str:
    return outcome.value.replace("_", " ")
