"""Tries a schedule from a file, in this process: what ``twin validate`` does.

It starts from a snapshot of a run, or where there is none from the scenario's initial state, which is then taken to be
the state at the start of the schedule.
"""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.codec import decode
from twin.component import Component
from twin.context import Calendar
from twin.errors import RunStoreError, WrongRunError
from twin.gate.component import NAME as GATE
from twin.gate.expectation import Expectation, expecter_of
from twin.gate.limits.history import History, history_of, looks_back
from twin.gate.limits.judge import Result, judge
from twin.gate.limits.limits import LimitSet, resolve_limits
from twin.gate.limits.series import Before
from twin.gate.limits.verdict import Driver, Verdict
from twin.gate.proving import Moment
from twin.gate.rules import GateRules
from twin.gate.shadow.jobs import Failure
from twin.gate.shadow.replayed import Replayed
from twin.gate.shadow.shadow import Shadow, TwinState
from twin.gate.shadow.trajectory import Trajectories
from twin.gate.slopes.linearise import linearise
from twin.nameplate import setpoint_ranges
from twin.scenario.resolved import ResolvedScenario
from twin.scenario.show import resolved_yaml
from twin.schedule import Schedule
from twin.schedule_checks import Expected
from twin.schedule_files import read_schedule
from twin.store.layout import CHECKPOINT, is_run_directory
from twin.store.snapshot import Snapshot

HOUR_S = 3600
NO_HISTORY = ("nothing was measured yet, so that there are no expectations: weather, loads and random numbers are "
              "those of the scenario")


@dataclass(frozen=True)
class FileTrial:
    """What came of it."""

    schedule: Schedule
    verdict: Verdict
    limits: LimitSet
    before: Before
    nominal: Trajectories | None
    """None where the nominal replay failed."""
    calendar: Calendar
    notes: tuple[str, ...]


def try_file(scenario: ResolvedScenario, file: Path, snapshot: Path | None, rules: GateRules) -> FileTrial:
    """Replay the schedule of a file under all expectations, and judge it.

    Parameters
    ----------
    snapshot : run directory, or its checkpoint; None: the initial state.
    rules : of the gate; their ``expectations`` say what is tried.

    Raises
    ------
    ScheduleFileError, RunStoreError, ScenarioError
        For whatever is wrong with schedule, snapshot or scenario.
    """
    saved = None if snapshot is None else Snapshot.read(_checkpoint(snapshot))
    now_s = 0 if saved is None else saved.t_s
    shadow = Shadow(_lasting(scenario, now_s + round(rules.horizon_h * HOUR_S)), rules.step_s)
    taken = None if saved is None else _of_snapshot(shadow.site.components, saved)
    scenario_sha256 = hashlib.sha256(resolved_yaml(scenario).encode()).hexdigest()
    schedule = read_schedule(file, Expected(
        shadow.site.context.calendar, scenario.model.time.step_s, _ports(shadow), scenario_sha256,
        now_s=now_s, ranges=setpoint_ranges(shadow.site.context.nameplates)))
    step_s = math.gcd(schedule.horizon.step_s, rules.step_s)
    if step_s != rules.step_s or schedule.horizon.end_s > shadow.site.context.duration_s:
        shadow = Shadow(_lasting(scenario, schedule.horizon.end_s), step_s)
    limits = resolve_limits(scenario, shadow.site.components, shadow.commands)
    start = taken or _initial(shadow, schedule)
    expectations = _expectations(shadow.site.components, start, schedule, rules)
    tried: list[Expectation | None] = [*expectations] or [None]
    began = time.process_time()
    results = [(e, _replayed(shadow, start, schedule, e)) for e in tried]
    before = Before.of(start, shadow.plant, _lived(start))
    verdict = judge(results, limits, rules, schedule=schedule, scenario_sha256=scenario_sha256,
                    state_sha256=start.sha256(), before=before, cpu_s=time.process_time() - began)
    nominal = results[0][1] if isinstance(results[0][1], Trajectories) else None
    verdict = verdict.with_drivers(_drivers(shadow, start, schedule, results, limits, verdict, before.history))
    return FileTrial(schedule, verdict, limits, before, nominal, shadow.site.context.calendar,
                     (*(() if expectations else (NO_HISTORY,)), *_made_otherwise(schedule, start, tried),
                      *_not_known_before(limits, rules, before.history)))


def _made_otherwise(schedule: Schedule, start: TwinState, tried: Sequence[Expectation | None]) -> Iterator[str]:
    """What the schedule says it was made from, where that is not what it is tried with."""
    now = Moment(start, start.sha256(), tried)
    for what, made, here in (("state", schedule.state_sha256, now.state_sha256),
                             ("forecast", schedule.forecast_sha256, now.forecast_sha256)):
        if made and made != here:
            yield (f"it was made from the {what} {made[:12]}…, and is tried with the one that is given here, "
                   f"{here[:12]}…")


def _lived(start: TwinState) -> History:
    """What the gate of a run had noted up to its snapshot."""
    lived = getattr(start.states.get(GATE), "lived", None)
    return History.nothing() if lived is None else history_of(lived, start.t_s)


def _not_known_before(limits: LimitSet, rules: GateRules, history: History) -> Iterator[str]:
    """Limits that look back to what is not known."""
    unknown = sorted({limit.name for limit in limits.limits
                      if looks_back(limit, rules) and history.of_limit(limit, history.step_s) is None})
    if unknown:
        yield (f"what the plant did before is not known here, so that {', '.join(unknown)} count from the start of the "
               "schedule on; a gate counts what was used before too")


def _lasting(scenario: ResolvedScenario, end_s: int) -> ResolvedScenario:
    """The scenario with weather and tariffs up to a time, in whole hours."""
    model = scenario.model
    if end_s <= model.time.duration_s:
        return scenario
    span = model.time.model_copy(update={"duration_h": math.ceil(end_s / HOUR_S)})
    return dataclasses.replace(scenario, model=model.model_copy(update={"time": span}))


def _checkpoint(place: Path) -> Path:
    if place.is_dir():
        if not is_run_directory(place):
            raise WrongRunError(f"{place} is no run directory; give one, e.g. runs/minimal-001, or a {CHECKPOINT}")
        return place / CHECKPOINT
    return place


def _ports(shadow: Shadow) -> dict[str, list[str]]:
    ports: dict[str, list[str]] = {}
    for key in shadow.commands:
        owner, _, port = key.partition(".")
        ports.setdefault(owner, []).append(port)
    return ports


def _initial(shadow: Shadow, schedule: Schedule) -> TwinState:
    return copy.deepcopy(TwinState.of(schedule.horizon.start_s, shadow.site.components, {}))


def _of_snapshot(components: Mapping[str, Component], saved: Snapshot) -> TwinState:
    """A stored snapshot as a state to start from."""
    if saved.states.keys() != components.keys():
        differing = ", ".join(sorted(saved.states.keys() ^ components.keys()))
        raise WrongRunError(f"the snapshot is of another site than the scenario: components differ ({differing})")
    states = {name: decode(saved.states[name], component.state) for name, component in components.items()}
    outputs: dict[str, tuple[Any, ...] | None] = {}
    for name, component in components.items():
        fields = dataclasses.fields(component.Outputs)
        blank, data = component.Outputs(*[None] * len(fields)), saved.outputs[name]
        found = None if data is None else decode(data, blank)
        outputs[name] = None if found is None else tuple(getattr(found, f.name) for f in fields)
    return TwinState(saved.t_s, states, outputs)


def _expectations(components: Mapping[str, Component], start: TwinState, schedule: Schedule, rules: GateRules,
                  ) -> list[Expectation]:
    """What the site's forecaster expects from the snapshot on; nothing where there is none, or it has seen nothing."""
    expecter = expecter_of(components)
    if expecter is None:
        return []
    expecter.restore(start.states[expecter.name])
    steps = -(-(schedule.horizon.end_s - start.t_s) // rules.step_s)
    courses = list(expecter.expectations(start.t_s, rules.step_s, steps))
    return courses[:1] if rules.expectations == "nominal" else courses


def _replayed(shadow: Shadow, start: TwinState, schedule: Schedule, expectation: Expectation | None,
              ) -> Trajectories | Failure:
    try:
        return shadow.replay(start, schedule.horizon, schedule.setpoints, expectation)
    except RunStoreError:
        raise
    except Exception as error:  # a stranger's component may fail in any way: that is a rejection
        return Failure("failed", f"{type(error).__name__}: {error}")


def _drivers(shadow: Shadow, start: TwinState, schedule: Schedule, results: Sequence[Result], limits: LimitSet,
             verdict: Verdict, history: History) -> dict[int, tuple[Driver, ...]]:
    """Of the violations of each expectation that has some; those of the nominal one alone if it has any."""
    found: dict[int, tuple[Driver, ...]] = {}
    for trial, (expectation, result) in zip(verdict.trials, results, strict=True):
        own = {n: v for n, v in enumerate(verdict.violations) if v.expectation == trial.expectation}
        if not own or found or not isinstance(result, Trajectories):
            continue
        horizon = schedule.horizon
        replayed = Replayed(start, horizon, schedule.setpoints, expectation, result, history)
        sensitivities = linearise(shadow, replayed, limits, near_frac=0.0)
        found.update({n: sensitivities.drivers(v, horizon.start_s, horizon.step_s) for n, v in own.items()})
    return found
