"""One run of a wired site in a mosaik World, from any instant to any later one.

The same path serves a scenario run, its continuation after a kill, and a replay in a shadow twin: a World runs once and
has no memory, so each run builds a fresh one around components that were restored from a snapshot.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from twin.component import Component, Event, ports_of
from twin.cosim.adapter import NOT_YET, Listener
from twin.cosim.build import Site
from twin.cosim.edges import Edge, End
from twin.cosim.external import start_external
from twin.cosim.stages import stages
from twin.cosim.view import RunView
from twin.errors import ExternalSimulatorError, ParkTwinError

STAGE = "stage"
CANCEL_TIMEOUT_S = 2.0
"""A second Ctrl-C may have cut off a task in the middle; it is not waited for any longer."""
SIM_CONFIG = {STAGE: {"python": "twin.cosim.adapter:ComponentSimulator"}}


def run_world(
    site: Site,
    edges: list[Edge],
    *,
    listener: Listener,
    start_s: int = 0,
    until_s: int | None = None,
    last_outputs: Mapping[str, Any] | None = None,
    on_progress: Callable[[int], None] | None = None,
    directory: Path | None = None,
) -> dict[str, Any]:
    """Step all components over [start_s, until_s).

    Parameters
    ----------
    listener : is told of every step.
    last_outputs : component → outputs of the step before ``start_s`` (from a snapshot); they feed the delayed edges.
    on_progress : called with the simulated time [s] whenever the first stage steps.
    directory : of the run, for components that keep records of their own.

    Returns
    -------
    Component → its last outputs, with which another run can go on.
    """
    until_s = site.context.duration_s if until_s is None else until_s
    before = dict(last_outputs or {})
    groups = stages(site, edges)
    told = _Announcer(listener, site.components[groups[0][0]], on_progress) if on_progress and groups else listener
    view = RunView(site.components, site.scenario, start_s, edges, directory, last=dict(before))
    keeper = _Keeper(told, view)
    with contextlib.ExitStack() as at_end:
        for component in site.components.values():
            at_end.callback(component.detach)
            component.attach(view)
        _step_all(site, edges, groups, keeper, view, start_s, until_s, before)
    return view.last


def _step_all(site: Site, edges: list[Edge], groups: list[list[str]], keeper: _Keeper, view: RunView, start_s: int,
              until_s: int, before: Mapping[str, Any]) -> None:
    """Build a World around the components and run it."""
    import mosaik

    sim_config: Any = {**SIM_CONFIG, **{n: spec.starter() for n, spec in site.scenario.external.items()}}
    with mosaik.World(sim_config, skip_greetings=True, configure_logging=False) as world:
        entities: dict[tuple[str, str | None], Any] = {}
        for number, names in enumerate(groups):
            factory = world.start(
                STAGE, sim_id=f"{STAGE}_{number}", components=[site.components[n] for n in names], edges=edges,
                start_s=start_s, last_outputs=before, listener=keeper, run=view)
            for name in names:
                entity = getattr(factory, name)()
                entities[(name, None)] = entity
                entities.update({(name, child.eid[len(name) + 1:]): child for child in entity.children})
        for name, spec in site.scenario.external.items():
            entities.update(start_external(world, name, spec))
        stage_of = {name: number for number, names in enumerate(groups) for name in names}
        for edge in edges:
            if stage_of.get(edge.source.owner, -1) == stage_of.get(edge.target.owner, -2):
                continue
            _connect(world, entities, edge, site.components, before)
        try:
            _run(world, until_s - start_s)
        except (ParkTwinError, KeyboardInterrupt):
            raise
        except Exception as error:  # components raise StepError, so this comes from a foreign simulator
            raise _foreign_failure(site, keeper, f"{type(error).__name__}: {error}") from error
    if any(keeper.reached_s.get(name, start_s) < until_s for name in site.components):
        raise _foreign_failure(site, keeper, "it ended the simulation")


def _foreign_failure(site: Site, keeper: _Keeper, what: str) -> ExternalSimulatorError:
    """mosaik itself says nothing when a remote simulator raises: its run just returns early."""
    reached_s = min((keeper.reached_s.get(name, 0) for name in site.components), default=0)
    names = ", ".join(site.scenario.external) or "mosaik"
    return ExternalSimulatorError(f"external simulator failed ({names}) after {reached_s} s, at "
                                  f"{site.context.calendar.local(reached_s):%Y-%m-%d %H:%M:%S}: {what}; its own output "
                                  "says more")


def _connect(world: Any, entities: Mapping[tuple[str, str | None], Any], edge: Edge,
             components: Mapping[str, Component], before: Mapping[str, Any]) -> None:
    source = _entity(entities, edge.source)
    target = _entity(entities, edge.target)
    try:
        if not edge.delayed:
            world.connect_one(source, target, edge.source.port, edge.target.port)
            return
        initial: Any = NOT_YET
        if before.get(edge.source.owner) is not None:
            initial = _last_value(components[edge.source.owner], before[edge.source.owner], edge.source)
        elif edge.target.owner not in components:
            initial = edge.initial or 0.0
        world.connect_one(source, target, edge.source.port, edge.target.port, time_shifted=True, initial_data=initial)
    except ParkTwinError:
        raise
    except Exception as error:  # mosaik's ScenarioError names its own ids; ours names the connection as written
        raise ExternalSimulatorError(f"connection {edge.source} -> {edge.target}: {error}") from error


def _entity(entities: Mapping[tuple[str, str | None], Any], end: End) -> Any:
    entity = entities.get((end.owner, end.terminal))
    if entity is None:
        known = sorted(t for o, t in entities if o == end.owner and t)
        raise ExternalSimulatorError(f"{end}: {end.owner!r} has no entity {end.terminal!r}; it has {', '.join(known)}")
    return entity


def _last_value(component: Component, outputs: Any, end: End) -> Any:
    value = getattr(outputs, end.port)
    if end.terminal is None:
        return value
    group = str(ports_of(component.Outputs)[end.port].per)
    return float(value[component.terminals()[group].index(end.terminal)])


class _Keeper:
    """Keeps the last outputs of every component, and those before."""

    def __init__(self, inner: Listener, view: RunView) -> None:
        self.inner = inner
        self.last, self.before_last, self.reached_s = view.last, view.before_last, view.reached_s
        self.before_step = inner.before_step

    def after_step(self, t_s: int, component: Component, outputs: Any, events: list[Event]) -> None:
        self.before_last[component.name] = self.last.get(component.name)
        self.last[component.name] = outputs
        self.reached_s[component.name] = t_s + component.step_s
        self.inner.after_step(t_s, component, outputs, events)


class _Announcer:
    """Reports progress when the first component steps."""

    def __init__(self, inner: Listener, first: Component, on_progress: Callable[[int], None]) -> None:
        self.inner, self.first, self.on_progress = inner, first, on_progress
        self.after_step = inner.after_step

    def before_step(self, t_s: int, component: Component, last_outputs: Any) -> None:
        if component is self.first:
            self.on_progress(t_s)
        self.inner.before_step(t_s, component, last_outputs)


def _run(world: Any, duration_s: int) -> None:
    """Run and, when a step fails, end mosaik's waiting tasks, of which asyncio would complain one by one."""
    try:
        world.run(until=duration_s, print_progress=False)
    except BaseException:
        waiting = asyncio.all_tasks(world.loop)
        for task in waiting:
            task.cancel()
        if waiting:
            world.loop.run_until_complete(asyncio.wait(waiting, timeout=CANCEL_TIMEOUT_S))
        raise
