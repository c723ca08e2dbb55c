"""``twin train`` and ``twin forecast``: parse, call, print. Found by ``twin`` through the entry points
``parktwin.commands``, and imported only when ``twin`` lists its commands or one of these is called."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from twin.errors import ParkTwinError

if TYPE_CHECKING:
    from rich.console import Console

PAGE_WIDTH = 200
train_app = typer.Typer(add_completion=False, rich_markup_mode="rich")
forecast_app = typer.Typer(add_completion=False, rich_markup_mode="rich")

SeedOption = Annotated[int, typer.Option("--seed", min=0, help="the same seed gives the same models")]


@train_app.command(epilog="Exit codes: 0 ok, 2 mistake in the call, in the scenario or in the data, "
                          "130 interrupted.")
def train(
    scenario: Annotated[str | None, typer.Argument(
        metavar="SCENARIO", help="a site, as a scenario file or the name of a shipped one: its years are simulated")]
    = None,
    data: Annotated[Path | None, typer.Option(
        "--data", metavar="DIR", help="instead: a folder with tables and a forecast.yaml that explains them")] = None,
    targets: Annotated[str | None, typer.Option(
        "--targets", metavar="NAME,…", help="only some, e.g. pv.available_mw,office.baseline_mw")] = None,
    sets: Annotated[list[str] | None, typer.Option(
        "--set", metavar="PATH=VALUE", help="change one value of the scenario (may be repeated)")] = None,
    line: Annotated[Literal["full", "small"], typer.Option(
        "--line", help="full: LightGBM and two networks; small: a small network, under a megabyte for a park")]
    = "full",
    seed: SeedOption = 1,
    out: Annotated[Path, typer.Option("--out", metavar="MODELS", help="directory to write")] = Path("models"),
    challenge: Annotated[Path | None, typer.Option(
        "--challenge", metavar="MODELS", help="models that serve now: of each group the better ones are written")]
    = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the scorecard as JSON")] = False,
) -> None:
    """Train forecasts of a site: models, their scores, and which members are not used and why."""
    from rich.markup import escape

    from controllers.forecasting.interrupt import ended_by_ctrl_c
    from controllers.forecasting.store import refuse_taken
    from controllers.forecasting.train_command import scorecard_plain, scorecard_table, train_site, unused, used, worse

    if (scenario is None) == (data is None):
        raise ParkTwinError("what is to be forecast? Give a SCENARIO, or a folder of tables with --data")
    if data is not None and sets:
        raise ParkTwinError("--set changes a scenario; with --data change forecast.yaml instead")
    refuse_taken(out, challenge)
    place = scenario if scenario is not None else f"--data {shlex.quote(str(data))}"
    command = " ".join(["twin train", place, *(f"--set {shlex.quote(s)}" for s in sets or ()),
                        *([f"--targets {targets}"] if targets else []), f"--line {line} --seed {seed}"])
    with ended_by_ctrl_c(lambda: _kept(out)), _progress(quiet=as_json) as (say, on_group, note):
        if scenario is not None:
            from controllers.forecasting.training_years import of_scenario
            from twin.scenario.loader import load_scenario

            chosen = of_scenario(load_scenario(scenario, sets or ()), seed, say)
        else:
            from controllers.forecasting.data_folder import of_folder

            assert data is not None
            chosen, unusual = of_folder(data, seed)
            for text in unusual:
                note(text)
        if targets:
            chosen = chosen.only([name.strip() for name in targets.split(",")])
        result = train_site(chosen, line=line, seed=seed, out=out, command=command, champion=challenge, progress=say,
                            on_group=on_group)
    if as_json:
        typer.echo(json.dumps({"models": str(out), "scores": scorecard_plain(result.results)}, ensure_ascii=False))
        return
    console = _console()
    console.print(scorecard_table(result.results))
    for text in worse(result.results):
        console.print(f"[yellow]{escape(text)}[/yellow]", soft_wrap=True)
    for text in used(result.results):
        console.print(f"made by  {text}", soft_wrap=True)
    for text in unused(result.results):
        console.print(text, style="dim", soft_wrap=True)
    for group in result.results:
        if group.challenge is not None:
            console.print(str(group.challenge), soft_wrap=True)
    seconds = ", ".join(f"{r.trained.group.name} {r.wall_s:.0f} s" for r in result.results)
    console.print(f"trained  {seconds}", soft_wrap=True)
    console.print(f"models   {out}", soft_wrap=True)


@forecast_app.command(epilog="Exit codes: 0 ok (also with fallbacks, which are told), 2 mistake in the call, the "
                             "models or the history, 6 damaged run.")
def forecast(
    models: Annotated[Path, typer.Argument(metavar="MODELS", help="a directory that `twin train` wrote")],
    history: Annotated[Path, typer.Option(
        "--history", metavar="RUN|FILE", help="what was measured: a run directory, a folder with forecast.yaml, or a "
                                              "table with a column for each series")],
    at: Annotated[str | None, typer.Option(
        "--at", metavar="TIME", help="when the forecast is made, ISO 8601; default: the end of the history")] = None,
    targets: Annotated[str | None, typer.Option("--targets", metavar="NAME,…", help="only some")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="of the weather forecasts that a forecast.yaml lets "
                                                            "make of measured weather")] = 1,
    plot: Annotated[Path | None, typer.Option("--plot", metavar="FILE.html", help="write a page of fan charts")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object instead of tables")] = False,
) -> None:
    """Forecast from a history: quantiles per target, and what had to be done without."""
    from controllers.forecasting.forecast_command import (
        forecast_plain,
        forecast_tables,
        forecasts_from,
        write_fan_charts,
    )

    made = forecasts_from(models, history, at, [t.strip() for t in targets.split(",")] if targets else None, seed)
    if plot is not None:
        write_fan_charts(made, plot)
    if as_json:
        typer.echo(json.dumps(forecast_plain(made), ensure_ascii=False))
        return
    console = _console()
    for item in forecast_tables(made):
        console.print(item, soft_wrap=isinstance(item, str))
    if plot is not None:
        console.print(f"plot  {plot}")


def _kept(out: Path) -> str:
    """What an interrupted training leaves behind: models are written when all are trained."""
    from controllers.forecasting.store import MODEL

    return f"{out}: models are written, their scorecard may be missing" if (out / MODEL).exists() else \
        f"nothing was written to {out}: models are kept when all groups are trained"


def _console() -> Console:
    """Wide where it is no terminal: tables in a file are not folded."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else PAGE_WIDTH)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[tuple[Callable[[str], None], Callable[[str], None], Callable[[str], None]]]:
    """Functions to say what is done now, that a group is done, and to print what is unusual above the bar."""
    if quiet:
        yield (lambda text: None), (lambda name: None), (lambda text: typer.echo(text, err=True))
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(),
                  console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)

        def say(text: str) -> None:
            bar.update(task, description=text)

        def note(text: str, style: str = "yellow") -> None:
            bar.console.print(text, style=style, soft_wrap=True, markup=False, highlight=False)

        yield say, (lambda name: note(f"{name}: trained", "dim")), note
