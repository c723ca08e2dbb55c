"""Tries schedules of one site: replays in shadow twins under every expectation, then judged by the site's limits."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from twin.component import Component
from twin.cosim.edges import Edge
from twin.gate.decision import Tried
from twin.gate.expectation import NOMINAL, Expectation
from twin.gate.limits.history import History, HistoryKeeper
from twin.gate.limits.judge import judge
from twin.gate.limits.limits import LimitSet, resolve_limits
from twin.gate.limits.promise import promise_of
from twin.gate.limits.room import correction_room
from twin.gate.limits.series import Before
from twin.gate.release.bands import Band
from twin.gate.repair.projection import Projection
from twin.gate.repair.repair import RepairContext, RepairRounds, expectations_to_mend
from twin.gate.rules import GateRules
from twin.gate.setpoints import bands_of, planned_storages
from twin.gate.shadow.jobs import Done, Failure, Linearise, Replay, Rollout
from twin.gate.shadow.pool import ShadowPool
from twin.gate.shadow.replayed import Replayed
from twin.gate.shadow.shadow import TwinState
from twin.gate.slopes.sensitivity import joined
from twin.nameplate import Nameplate
from twin.scenario.resolved import ResolvedScenario
from twin.scenario.show import resolved_yaml
from twin.schedule import Horizon, Schedule


@dataclass(frozen=True)
class Moment:
    """From where and against what a schedule is tried."""

    state: TwinState
    state_sha256: str
    expectations: Sequence[Expectation | None]
    """The nominal one first; None: models and random numbers as they are in the state."""
    history: History = field(default_factory=History.nothing)
    """What was lived before."""

    @property
    def nominal(self) -> Moment:
        """With the nominal expectation alone."""
        return dataclasses.replace(self, expectations=self.expectations[:1])

    @property
    def forecast_sha256(self) -> str:
        """Hash over all expectations."""
        digest = hashlib.sha256()
        for expectation in self.expectations:
            digest.update(b"none" if expectation is None else expectation.sha256.encode())
        return digest.hexdigest()


@dataclass(frozen=True)
class _RolledOut:
    """What the last rollout has shown, and of what."""

    moment: Moment
    horizon: Horizon
    result: Done

    def is_of(self, schedule: Schedule, moment: Moment) -> bool:
        """Whether a schedule commands what the operators did, from the same state under the same expectation."""
        ours, theirs = self.result.setpoints, schedule.setpoints
        return moment.state is self.moment.state and moment.expectations[0] is self.moment.expectations[0] \
            and schedule.horizon == self.horizon and ours.keys() == theirs.keys() \
            and all(np.array_equal(ours[key], theirs[key], equal_nan=True) for key in ours)


class ProvingGround:
    """Shadow twins and limits of one site; to be closed.

    Parameters
    ----------
    components, edges : of the built twin.
    """

    def __init__(self, scenario: ResolvedScenario, rules: GateRules, components: Mapping[str, Component],
                 edges: Sequence[Edge] = ()) -> None:
        text = resolved_yaml(scenario)
        self.rules = rules
        self.scenario_sha256 = hashlib.sha256(text.encode()).hexdigest()
        self.pool = ShadowPool(text, rules.step_s, workers=rules.workers, timeout_s=rules.timeout_s)
        self.pool.start()
        self._scenario, self._components, self._edges = scenario, components, edges
        self._limits: LimitSet | None = None
        self._rolled: _RolledOut | None = None

    @property
    def limits(self) -> LimitSet:
        """Of the site; resolved at first use, when the shadow says what can be commanded."""
        if self._limits is None:
            self._limits = resolve_limits(self._scenario, self._components, self.pool.commands())
        return self._limits

    @cached_property
    def history(self) -> HistoryKeeper:
        """Notes what the plant lives, for limits that look back."""
        return HistoryKeeper(self.limits, self._components, self._edges, self.rules)

    def rollout(self, moment: Moment, horizon: Horizon) -> dict[str, np.ndarray] | Failure:
        """Set-points of the site's operators over a horizon under the nominal expectation."""
        [result] = self.pool.run([Rollout(moment.state, horizon, moment.expectations[0])])
        if not isinstance(result, Done):
            return result
        self._rolled = _RolledOut(moment, horizon, result)
        return dict(result.setpoints)

    def try_out(self, schedule: Schedule, moment: Moment) -> Tried:
        """Replay a schedule under every expectation and judge it."""
        [tried] = self.try_all([schedule], moment)
        return tried

    def try_all(self, schedules: Sequence[Schedule], moment: Moment) -> list[Tried]:
        """Replay schedules side by side, each under every expectation, and judge them.

        The rollout of a schedule's operators is its nominal replay already: the same commands in the same twin, bit for
        bit (``tests/twin/gate/test_shadow.py``), so that it is not replayed a second time.
        """
        known = {number: rolled.result for number, schedule in enumerate(schedules)
                 if (rolled := self._rolled) is not None and rolled.is_of(schedule, moment)}
        places = [(number, place) for number in range(len(schedules)) for place in range(len(moment.expectations))
                  if place or number not in known]
        results: dict[tuple[int, int], Done | Failure] = {(number, 0): result for number, result in known.items()}
        results |= dict(zip(places, self.pool.run([
            Replay(moment.state, schedules[number].horizon, dict(schedules[number].setpoints),
                   moment.expectations[place]) for number, place in places]), strict=True))
        before = Before.of(moment.state, self._components, moment.history)
        return [self._judged(schedule, moment, before,
                             [results[number, place] for place in range(len(moment.expectations))])
                for number, schedule in enumerate(schedules)]

    def _judged(self, schedule: Schedule, moment: Moment, before: Before, results: Sequence[Done | Failure]) -> Tried:
        verdict = judge(
            [(e, r.trajectories if isinstance(r, Done) else r)
             for e, r in zip(moment.expectations, results, strict=True)],
            self.limits, self.rules, schedule=schedule, state_sha256=moment.state_sha256,
            scenario_sha256=self.scenario_sha256, before=before,
            cpu_s=sum(r.cpu_s for r in results if isinstance(r, Done)))
        nominal = results[0].trajectories if isinstance(results[0], Done) else None
        passed = tuple(r.trajectories for r, trial in zip(results, verdict.trials, strict=True)
                       if isinstance(r, Done) and trial.passed)
        return Tried(schedule, verdict, nominal, passed)

    def repairs(self, moment: Moment, clock: Callable[[int], str], held: Mapping[str, np.ndarray]) -> RepairRounds:
        """How rejected schedules are repaired from this moment on.

        Parameters
        ----------
        held : key → (steps,) where the set-point is not the repairer's to change.
        """
        by_name = {NOMINAL if e is None else e.name: e for e in moment.expectations}

        def linearised(tried: Tried) -> RepairContext | None:
            if tried.nominal is None:
                return None
            horizon, setpoints = tried.schedule.horizon, dict(tried.schedule.setpoints)
            nominal, *others = (by_name[name] for name in expectations_to_mend(tried.verdict))
            again = self.pool.run([Replay(moment.state, horizon, setpoints, e) for e in others])
            shown = [(nominal, tried.nominal), *((e, r.trajectories) for e, r in zip(others, again, strict=True)
                                                 if isinstance(r, Done))]
            results = self.pool.run([Linearise(Replayed(moment.state, horizon, setpoints, e, trajectories,
                                                        moment.history), self.limits) for e, trajectories in shown])
            found = [r.sensitivities for r in results if isinstance(r, Done) and r.sensitivities is not None]
            if len(found) < len(results):
                return None
            before = Before.of(moment.state, self._components, moment.history)
            plates = {name: plate for name, c in self._components.items() if (plate := c.nameplate()) is not None}
            return RepairContext(tried.schedule, tried.nominal, joined(found), self.limits, plates, before, clock=clock,
                                 held=held)

        return RepairRounds(Projection(), linearised)

    def bands(self, plates: Mapping[str, Nameplate], tried: Tried, moment: Moment, until_s: int) -> dict[str, Band]:
        """Room for corrections around an accepted schedule until it is void."""
        before = Before.of(moment.state, self._components, moment.history)
        room = correction_room(self.limits, tried.passed, before, tried.schedule.horizon, until_s,
                               planned_storages(plates))
        return bands_of(plates, tried.schedule, room)

    def promise(self, tried: Tried, moment: Moment, until_s: int) -> dict[str, Any]:
        """What the nominal replay of an accepted schedule expects until it is void."""
        return promise_of(tried.nominal, self.limits, moment.expectations[0], step_s=self.rules.step_s,
                          from_s=moment.state.t_s, until_s=until_s)

    def close(self) -> None:
        """End the processes."""
        self.pool.close()
