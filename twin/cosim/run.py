"""Runs a scenario into a run directory, and continues a run that was killed."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import twin
from twin.cosim.build import Site, build_site
from twin.cosim.edges import Edge
from twin.cosim.interrupt import StopRequest
from twin.cosim.wiring import wire
from twin.cosim.world import run_world
from twin.errors import ParkTwinError, RunStoreError, WrongRunError
from twin.gate.limits.site_limits import SiteLimits
from twin.scenario.loader import load_scenario
from twin.scenario.resolved import ResolvedScenario
from twin.scenario.show import resolved_yaml
from twin.store import fingerprint, layout
from twin.store.meta import RunMeta, record_of
from twin.store.reader import read_events, read_tables
from twin.store.snapshot import Snapshot, write_atomically
from twin.store.writer import RunWriter

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class RunTimes:
    """Where a run is and what it took; start-up is reading, building and wiring."""

    directory: Path
    startup_cpu_s: float
    cpu_s: float
    wall_s: float


def new_run(scenario: ResolvedScenario, directory: Path | None, on_progress: Progress | None = None) -> RunTimes:
    """Run a scenario from its start into a new directory; None: ``runs/NAME-001`` or the next number that is free.

    Raises
    ------
    ScenarioError
        If the scenario cannot be built or wired.
    WrongRunError
        If the directory exists already, or cannot be made.
    """
    started = time.process_time()
    site = build_site(scenario)
    edges = wire(site)
    limits = SiteLimits.of(site, edges)
    text = resolved_yaml(scenario, origins=False)
    directory = _claim_next(Path("runs"), scenario.model.name) if directory is None else _claim(directory)
    write_atomically(directory / layout.SCENARIO, text)
    writer = RunWriter(directory, site.components, site.types, scenario.model.run.checkpoint_every_s)
    writer.lock.acquire()
    meta = _meta(site, text)
    meta.write(directory)
    writer.open_new()
    times = _go(site, edges, writer, meta, None, time.process_time() - started, on_progress)
    limits.judge(directory)
    return times


def resume_run(directory: Path, on_progress: Progress | None = None) -> RunTimes:
    """Continue a run from its last snapshot; the result is bit for bit that of an unbroken run.

    A run without a snapshot starts anew from its stored scenario; a complete one is left as it is.

    Raises
    ------
    WrongRunError
        If the directory is no run, is being written, or is of another version.
    RunStoreError
        If it is damaged.
    """
    started = time.process_time()
    meta = RunMeta.read(directory)
    if meta.status == "complete":
        (directory / layout.NEXT_KEY).unlink(missing_ok=True)
        return RunTimes(directory, 0.0, 0.0, 0.0)
    scenario = load_scenario(directory / layout.SCENARIO, trust_paths=True)
    _refuse_if_changed(meta, scenario, directory)
    if scenario.external:
        raise WrongRunError(f"{directory} couples external simulators ({', '.join(scenario.external)}), whose state is "
                            "not ours to restore; run the scenario anew")
    site = build_site(scenario)
    edges = wire(site)
    limits = SiteLimits.of(site, edges)
    writer = RunWriter(directory, site.components, site.types, scenario.model.run.checkpoint_every_s)
    writer.lock.acquire()
    snapshot: Snapshot | None = None
    if (directory / layout.CHECKPOINT).is_file():
        snapshot = Snapshot.read(directory / layout.CHECKPOINT)
        blocks, _, columns = read_tables(directory)
        if columns != {t.key: t.columns for t in writer.tables}:
            raise RunStoreError(f"{directory}: the stored series do not fit the stored scenario; the run is damaged")
        writer.open_continued(snapshot.t_s, blocks, read_events(directory, list(site.components)))
    else:
        writer.open_new()
    meta = dataclasses.replace(meta, status="running")
    meta.write(directory)
    times = _go(site, edges, writer, meta, snapshot, time.process_time() - started, on_progress)
    limits.judge(directory)
    return times


def _refuse_if_changed(meta: RunMeta, scenario: ResolvedScenario, directory: Path) -> None:
    """A run that goes on with other code or other data could not end bit-identical."""
    if meta.code_version != twin.__version__ or meta.code_sha256 != fingerprint.of_code(scenario):
        raise WrongRunError(f"{directory} was started with parktwin {meta.code_version} or other component code, this "
                            f"is {twin.__version__}: it could not end bit-identical; run the scenario anew")
    changed = fingerprint.changes(meta.data_sha256, fingerprint.of_data_files(scenario))
    if changed:
        raise WrongRunError(f"{directory}: {', '.join(changed)} changed since the run was started; put it back, or run "
                            "the scenario anew")


def _go(site: Site, edges: list[Edge], writer: RunWriter, meta: RunMeta, snapshot: Snapshot | None,
        startup_cpu_s: float, on_progress: Progress | None) -> RunTimes:
    cpu, wall = time.process_time(), time.perf_counter()
    status = "failed"
    try:
        before = snapshot.restore(site.components) if snapshot else None
        start_s = snapshot.t_s if snapshot else 0
        duration_s = site.context.duration_s
        if start_s < duration_s:
            with StopRequest() as stop:
                final = run_world(site, edges, listener=writer, start_s=start_s, last_outputs=before,
                                  on_progress=lambda t_s: _go_on(t_s, stop, on_progress), directory=writer.directory)
            writer.save_snapshot(Snapshot.of(duration_s, site.components, final))
        status = "complete"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    finally:
        try:
            if status != "complete":
                _save_what_is_there(writer)
            else:
                writer.close()
        finally:
            _note_status(meta, status, writer.directory)
    return RunTimes(writer.directory, startup_cpu_s, time.process_time() - cpu, time.perf_counter() - wall)


def _go_on(t_s: int, stop: StopRequest, on_progress: Progress | None) -> None:
    """Between two steps: stop if asked to, else tell how far the run is."""
    stop.check()
    if on_progress is not None:
        on_progress(t_s)


def _save_what_is_there(writer: RunWriter) -> None:
    """Rows and events up to the break, so that a report can show them; the error to tell is the first one."""
    with contextlib.suppress(ParkTwinError):
        writer.flush()
    with contextlib.suppress(ParkTwinError):
        writer.close()


def _note_status(meta: RunMeta, status: str, directory: Path) -> None:
    """Record how the run ended; on a full disk the note stays as it was, which says the same: not complete.

    What is complete is never continued, so that nobody needs a key for it any more.
    """
    try:
        dataclasses.replace(meta, status=status).write(directory)
        if status == "complete":
            (directory / layout.NEXT_KEY).unlink(missing_ok=True)
    except OSError:
        if status == "complete":
            raise


def _meta(site: Site, scenario_text: str) -> RunMeta:
    context = site.context
    return RunMeta(
        name=site.scenario.model.name, start=context.start.isoformat(), timezone=context.location.timezone,
        duration_s=context.duration_s, step_s=context.step_s, seed=context.seed, currency=context.currency,
        scenario_sha256=hashlib.sha256(scenario_text.encode()).hexdigest(), code_version=twin.__version__,
        code_sha256=fingerprint.of_code(site.scenario), data_sha256=fingerprint.of_data_files(site.scenario),
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"), status="running",
        components={n: record_of(c, site.types[n]) for n, c in site.components.items()},
    )


def _claim(directory: Path) -> Path:
    """Make a directory that was not there."""
    try:
        directory.mkdir(parents=True)
    except FileExistsError:
        way_on = f", or continue it with `twin resume {directory}`" if layout.is_run_directory(directory) else ""
        raise WrongRunError(f"{directory} exists already; choose another with --out{way_on}") from None
    except OSError as error:
        raise WrongRunError(f"{directory}: cannot be created ({error})") from None
    return directory


def _claim_next(root: Path, name: str) -> Path:
    """Make ``root/name-001`` or the next number; several runs may start at the same moment."""
    taken = [p.name for p in root.glob(f"{name}-[0-9]*")] if root.is_dir() else []
    number = max((int(t.rsplit("-", 1)[1]) for t in taken if t.rsplit("-", 1)[1].isdigit()), default=0)
    while True:
        number += 1
        directory = root / f"{name}-{number:03d}"
        if not directory.exists():
            try:
                directory.mkdir(parents=True)
            except FileExistsError:
                continue
            except OSError as error:
                raise WrongRunError(f"{directory}: cannot be created ({error})") from None
            return directory
