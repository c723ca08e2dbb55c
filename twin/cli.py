"""The ``twin`` command: parse, call, print. Heavy modules are imported inside the commands, so that --help is quick."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import twin
from twin import cli_ledger, cli_takeover, cli_validate
from twin.cli_plugins import PluginGroup
from twin.errors import ExitCode, ParkTwinError, StoreWriteError, WrongRunError

if TYPE_CHECKING:
    from rich.table import Table

    from twin.cosim.run import RunTimes
    from twin.gate.limits.plant_verdict import PlantVerdict
    from twin.scenario.resolved import ResolvedScenario

app = typer.Typer(
    name="twin", cls=PluginGroup, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Digital-twin co-simulation of energy sites.\n\nA scenario file describes a site; [bold]twin run[/bold] "
         "simulates it and writes a run directory with results and a report.",
    epilog="Exit codes: 0 ok, 2 mistake in a call or scenario (also a run directory that exists, does not or is being "
           "written), 3 a schedule was not accepted, 4 a network could not be solved in some steps or validation "
           "figures outside tolerance, or the real plant left a hard limit in spite of the release gate, 5 a component,"
           " an external simulator or the disk failed, 6 the files of a run are damaged, 130 interrupted.",
)

app.add_typer(cli_ledger.app, name="ledger")
app.command("validate", help=cli_validate.HELP, epilog=cli_validate.EXIT_CODES)(cli_validate.validate)

ScenarioArg = Annotated[str, typer.Argument(metavar="SCENARIO", help="a scenario file, or the name of a shipped one")]
SetOption = Annotated[list[str] | None, typer.Option(
    "--set", metavar="PATH=VALUE", help="change one value, e.g. --set assets.bess.power_mw=5 (may be repeated)")]
JsonOption = Annotated[bool, typer.Option("--json", help="print one JSON object instead of tables")]
RunArg = Annotated[Path, typer.Argument(metavar="RUN", help="a run directory, e.g. runs/minimal-001")]


@app.callback(invoke_without_command=True)
def _main(version: Annotated[bool, typer.Option("--version", help="print the version")] = False) -> None:
    if version:
        typer.echo(f"parktwin {twin.__version__}")
        raise typer.Exit


@app.command()
def run(
    scenario: ScenarioArg,
    sets: SetOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="run directory to make (default: runs/NAME-001, …)")] = None,
    as_json: JsonOption = False,
    report: Annotated[bool, typer.Option("--report/--no-report", help="write report.html")] = True,
) -> None:
    """Simulate a scenario: results, KPI table and report."""
    from twin.cosim.run import new_run
    from twin.progress import progress_bar
    from twin.scenario.loader import load_scenario

    resolved = load_scenario(scenario, sets or ())
    _warn(resolved)
    with progress_bar(resolved.model.name, resolved.model.time.duration_s, quiet=as_json) as on_progress:
        times = new_run(resolved, out, on_progress)
    _present(times, as_json, report)


@app.command()
def resume(run: RunArg, as_json: JsonOption = False, report: bool = True) -> None:
    """Continue a run that was stopped or killed; it ends as if it had never been."""
    from twin.cosim.run import resume_run
    from twin.progress import progress_bar
    from twin.store.meta import RunMeta

    meta = RunMeta.read(run)
    with progress_bar(meta.name, meta.duration_s, quiet=as_json) as on_progress:
        times = resume_run(run, on_progress)
    _present(times, as_json, report)


@app.command()
def report(run: RunArg, as_json: JsonOption = False) -> None:
    """Write the HTML report of a run (also one that is still going on) and print its summary."""
    from twin.cosim.run import RunTimes

    _present(RunTimes(run, 0.0, 0.0, 0.0), as_json, report=True)


def _present(times: RunTimes, as_json: bool, report: bool) -> None:
    """Settle the accounts of a run and show them."""
    from twin.accounts import settle
    from twin.gate.limits.plant_verdict import PlantVerdict
    from twin.report.gate_story import decisions_by_status, gate_of
    from twin.store.layout import REPORT
    from twin.store.meta import RunMeta
    from twin.store.reader import read_run

    meta = RunMeta.read(times.directory)
    data = read_run(times.directory)
    if data.duration_s == 0:
        raise WrongRunError(f"{times.directory} has no complete step yet; `twin resume {times.directory}` continues it")
    accounts, verdict = settle(data), PlantVerdict.read(times.directory)
    if report:
        from twin.report import write_report

        write_report(data, accounts, times.directory / REPORT, extra_provenance=meta.provenance())
    if as_json:
        gate = gate_of(data)
        typer.echo(json.dumps({
            "run_dir": str(times.directory), "cpu_s": round(times.cpu_s, 3), "wall_s": round(times.wall_s, 3),
            "startup_cpu_s": round(times.startup_cpu_s, 3), "simulated_s": data.duration_s,
            "energy_residual_rel": accounts.energy.residual_rel, "events_count": len(data.events),
            "kpi": accounts.kpi,
            "gate": None if gate is None else {s.name.lower(): n for s, n in decisions_by_status(data, gate).items()},
            "hard_limit_breaches": None if verdict is None else verdict.hard_count,
            "accepted_breaches": None if verdict is None else verdict.accepted_count,
        }))
        _exit_if_wrong(accounts.kpi, verdict)
        return
    from rich.console import Console

    from twin.report import print_summary

    console = Console()
    print_summary(data, accounts, console)
    if times.wall_s:
        console.print(f"simulated {data.duration_s / 3600:g} h in {times.wall_s:.1f} s", style="dim")
    console.print(f"run directory  {times.directory}")
    if report:
        console.print(f"report         {times.directory / REPORT}")
    _exit_if_wrong(accounts.kpi, verdict)


def _exit_if_wrong(kpi: dict[str, float], verdict: PlantVerdict | None) -> None:
    """Figures of steps without a solution are no result, and a plant that left a hard limit in spite of a gate is not
    what the gate is for: a script must not take either for a good end. Without a gate nobody promised anything."""
    unsolved = {"the grid": kpi.get("unsolved_h", 0.0), "a thermal network": kpi.get("thermal_unsolved_h", 0.0)}
    for network, hours in unsolved.items():
        if hours > 0:
            print(f"{network} was not solved for {hours:g} h of the run, see its events", file=sys.stderr)
    broken = verdict is not None and verdict.gated and verdict.hard_count > 0
    if broken:
        print("the real plant left hard limits, see above and the report", file=sys.stderr)
    if broken or any(unsolved.values()):
        raise typer.Exit(ExitCode.VIOLATIONS)


@app.command()
def check(scenario: ScenarioArg, sets: SetOption = None) -> None:
    """Read, build and wire a scenario without running it; report every mistake with file, line and column."""
    from twin.cosim.build import build_site
    from twin.cosim.wiring import wire
    from twin.gate.limits.limits import resolve_limits
    from twin.gate.shadow.player import command_ports
    from twin.scenario.loader import load_scenario

    resolved = load_scenario(scenario, sets or ())
    site = build_site(resolved)
    edges = wire(site)
    resolve_limits(resolved, site.components, command_ports(site.components, edges))
    _warn(resolved)
    model = resolved.model
    data = f"; data in {model.data_dir}" if model.data_dir else ""
    typer.echo(f"{model.name}: ok, {len(site.components)} components, {len(edges)} connections, "
               f"{model.time.duration_h:g} h in steps of {model.time.step_s} s{data}")


def _warn(resolved: ResolvedScenario) -> None:
    """On what the scenario says in vain; not on standard output, which scripts read."""
    from twin.scenario.gate_checks import gate_warnings

    for warning in gate_warnings(resolved):
        typer.echo(f"{resolved.model.name}: warning: {warning}", err=True)


@app.command()
def show(
    scenario: ScenarioArg,
    sets: SetOption = None,
    origins: Annotated[bool, typer.Option(help="say where each value was written")] = True,
    wiring: Annotated[bool, typer.Option("--wiring", help="print who feeds whom instead")] = False,
) -> None:
    """Print the resolved scenario, each value with the file and line it comes from."""
    from twin.scenario.loader import load_scenario
    from twin.scenario.show import resolved_yaml

    resolved = load_scenario(scenario, sets or ())
    if not wiring:
        typer.echo(resolved_yaml(resolved, origins=origins), nl=False)
        return
    from twin.cosim.build import build_site
    from twin.cosim.wiring import wire

    for edge in wire(build_site(resolved)):
        typer.echo(f"{edge.source} -> {edge.target}{'   (one step late)' if edge.delayed else ''}")


@app.command()
def schema(
    out: Annotated[Path | None, typer.Option("--out", help="file to write (default: standard output)")] = None,
) -> None:
    """Print the JSON schema of scenario files, with which editors complete and check as you type."""
    from twin.scenario.schema import scenario_schema

    text = json.dumps(scenario_schema(), indent=1, ensure_ascii=False)
    if out is None:
        typer.echo(text)
    else:
        out.write_text(text + "\n")


@app.command("list")
def list_(
    type_name: Annotated[str | None, typer.Argument(metavar="[TYPE]", help="of component or device: its parameters")]
    = None,
) -> None:
    """List the shipped scenarios and the types of components and devices, or what may be said of one type."""
    from rich.console import Console
    from rich.table import Table

    from twin.registry import component_class, component_types, device_class, device_types
    from twin.scenario.packaged import shipped_scenarios

    console = Console()
    if type_name is not None:
        console.print(_parameters(type_name))
        return
    scenarios = Table("scenario", "what it is", box=None)
    for name, description in shipped_scenarios().items():
        scenarios.add_row(name, description)
    types = Table("type", "section", "what it is", box=None)
    for name in component_types():
        cls = component_class(name)
        types.add_row(name, cls.section.value, _first_line(cls))
    for name in device_types():
        types.add_row(name, "devices", _first_line(device_class(name)))
    console.print(scenarios)
    console.print()
    console.print(types)


def _first_line(cls: type) -> str:
    return (cls.__doc__ or "").strip().split("\n")[0]


def _parameters(type_name: str) -> Table:
    """The parameters of a type, with defaults and meaning."""
    from rich.markup import escape
    from rich.table import Table

    from twin.registry import component_class, device_class, device_types

    is_device = type_name in device_types()
    params = (device_class if is_device else component_class)(type_name).Params
    section = "devices" if is_device else component_class(type_name).section.value
    table = Table("parameter", "default", "meaning", box=None, title=f"{type_name} (under {section}:)",
                  title_justify="left")
    for name, field in params.model_fields.items():
        default = "required" if field.is_required() else str(field.get_default(call_default_factory=True))
        table.add_row(name, default, escape(field.description or ""))
    return table


@app.command(
    "validate-models",
    help="Run the models against published figures: ours, theirs, difference, tolerance and verdict.\n\n"
         "Published data do not ship with parktwin. Without --data only the validations that need none are run "
         "(another tool, a law of physics); the others are listed as skipped, with the files they need and where "
         "these come from.\n\n[bold]twin validate-models --data DIR[/bold]   everything\n\n"
         "[bold]twin validate-models pandapipes[/bold]   one, by name\n\n"
         "Any installed package can add validations: entry points parktwin.validations.",
    epilog="Exit codes: 0 all that was asked for was compared and is within tolerance, 4 something is outside or "
           "failed, 2 something was skipped for want of data, or a mistake in the call.",
)
def validate_models(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="validations to run (default: all)")] = None,
    data: Annotated[Path | None, typer.Option(metavar="DIR", envvar="PARKTWIN_DATA", exists=True, file_okay=False,
                                              help="directory of published data")] = None,
    listed: Annotated[bool, typer.Option("--list", help="list the validations and the files they need")] = False,
    as_json: JsonOption = False,
) -> None:
    """Run the published comparisons and print them."""
    from twin.validate_models import as_plain, exit_code, run_validations, selected, validation_progress, validations

    if listed:
        from twin.validation_table import print_names

        print_names(validations())
        return
    chosen = selected(names or (), validations())
    with validation_progress(len(chosen), quiet=as_json) as on_start:
        checked = run_validations(chosen, data, on_start)
    if as_json:
        typer.echo(json.dumps(as_plain(checked, data), ensure_ascii=False))
    else:
        from twin.validation_table import print_validations

        print_validations(checked)
    raise typer.Exit(exit_code(checked))


for _command in (cli_takeover.takeover, cli_takeover.release):
    app.command(epilog=cli_takeover.EXIT_CODES)(_command)


def main() -> Any:
    """Entry point: every mistake of the user ends in a message and an exit code, never in a traceback."""
    try:
        code = app(standalone_mode=False)
        if code == ExitCode.INTERRUPTED:  # how typer answers Ctrl-C
            raise KeyboardInterrupt
        sys.exit(code or ExitCode.OK)
    except StoreWriteError as error:
        print(error, file=sys.stderr, flush=True)
        os._exit(error.exit_code)  # HDF5 would try to write the broken file once more at exit, and crash on it
    except ParkTwinError as error:
        _fail(str(error), error.exit_code)
    except typer.Exit as ended:
        sys.exit(ended.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        hint = "; `twin resume` continues the run" if sys.argv[1:2] in (["run"], ["resume"]) else ""
        _fail(f"interrupted{hint}", ExitCode.INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitCode.OK)
    except OSError as error:
        if os.environ.get("TWIN_DEBUG"):
            raise
        _fail(f"{error.filename or 'a file'}: {error.strerror or error}", ExitCode.DEVICE)
    except Exception as error:
        if isinstance(getattr(error, "exit_code", None), int) and hasattr(error, "format_message"):
            _fail(f"{error.format_message()}\nTry 'twin --help'.", ExitCode.USAGE)
        if os.environ.get("TWIN_DEBUG"):
            raise
        _fail(f"internal error, please report it: {type(error).__name__}: {error}\n"
              "(TWIN_DEBUG=1 shows where)", 1)


def _fail(message: str, code: int) -> None:
    with contextlib.suppress(BrokenPipeError):  # whoever reads the messages may stop after the first lines
        print(message, file=sys.stderr, flush=True)
    sys.exit(int(code))
