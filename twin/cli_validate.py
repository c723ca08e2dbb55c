"""``twin validate``: try a schedule from a file in the shadow twin, and say what it would do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from twin.errors import ExitCode, ParkTwinError

if TYPE_CHECKING:
    from twin.gate.limits.verdict import Verdict

HELP = """Try a schedule in the shadow twin, as the release gate would, and print the verdict.

SCHEDULE is a CSV or Parquet file: a column [bold]time[/bold] of interval starts (ISO 8601 with offset), and a column
for each set-point, asset.port, e.g. bess.p_set_mw. What it leaves out rests at its default; a value beyond the
nameplate of its asset is a mistake, most likely one of the unit.

Without --snapshot the twin is in the scenario's initial state when the schedule begins; with it, in that of the run,
and expectations are what the run's forecaster would have said then.
"""
EXIT_CODES = ("Exit codes: 0 accepted (alarms included), 2 mistake in schedule, scenario or call, 3 not accepted: a "
              "hard limit is violated, or not solvable, 4 accepted, but a soft limit is violated, 6 damaged snapshot.")


def validate(
    schedule: Annotated[Path, typer.Argument(metavar="SCHEDULE", help="a schedule, *.csv or *.parquet")],
    scenario: Annotated[str | None, typer.Option(
        "--scenario", metavar="SCENARIO", help="a scenario file, or the name of a shipped one; default: that of the "
                                               "run of --snapshot")] = None,
    sets: Annotated[list[str] | None, typer.Option(
        "--set", metavar="PATH=VALUE", help="change one value of the scenario (may be repeated)")] = None,
    snapshot: Annotated[Path | None, typer.Option(
        "--snapshot", metavar="RUN", help="start from the last snapshot of this run directory, or from a "
                                          "checkpoint.json")] = None,
    expectations: Annotated[Literal["nominal", "corners", "samples"] | None, typer.Option(
        "--expectations", help="what to try it against; default: gate.expectations of the scenario")] = None,
    plot: Annotated[Path | None, typer.Option(
        "--plot", metavar="FILE.html", help="write a page with the violated signals and their limits")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the verdict as one JSON object")] = False,
) -> None:
    """Try a schedule."""
    from twin.gate.trial.file_trial import try_file
    from twin.scenario.loader import load_scenario
    from twin.store.layout import SCENARIO, is_run_directory

    stored = snapshot is not None and scenario is None and is_run_directory(snapshot)
    if snapshot is not None and stored:
        resolved = load_scenario(snapshot / SCENARIO, sets or (), trust_paths=True)
    elif scenario is not None:
        resolved = load_scenario(scenario, sets or ())
    else:
        raise ParkTwinError("which site is the schedule for? Give --scenario, or a run directory with --snapshot")
    rules = resolved.model.gate
    if expectations is not None:
        rules = rules.model_copy(update={"expectations": expectations})
    trial = try_file(resolved, schedule, snapshot, rules)
    if plot is not None:
        from twin.gate.trial.plot import write_plot

        write_plot(trial, plot)
    if as_json:
        typer.echo(json.dumps({**trial.verdict.as_plain(), "sha256": trial.verdict.sha256, "notes": list(trial.notes)},
                              ensure_ascii=False))
    else:
        from rich.console import Console

        from twin.gate.trial.table import print_trial

        print_trial(trial, Console())
        if plot is not None:
            typer.echo(f"plot  {plot}")
    raise typer.Exit(exit_code(trial.verdict))


def exit_code(verdict: Verdict) -> ExitCode:
    """What a script is told."""
    if not verdict.accepted:
        return ExitCode.NO_VALID_SCHEDULE
    return ExitCode.VIOLATIONS if verdict.violations else ExitCode.OK
