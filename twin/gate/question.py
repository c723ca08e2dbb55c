"""One question to the gate: what may hold from a moment on. How it proposes, tries, repairs and falls back for it.

Whatever is tried, leases of persons and what the watchdog holds stand in it: they are what the plant will obey.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twin.component import Section
from twin.cosim.stages import PLANT_ROLES
from twin.cosim.view import RunView
from twin.errors import ComponentError
from twin.gate.decision import Decision, Means, Tried, decide
from twin.gate.expectation import Expectation
from twin.gate.fallback import FallbackLibrary
from twin.gate.limits.history import History
from twin.gate.proving import Moment, ProvingGround
from twin.gate.release.release import ReleasedSchedule
from twin.gate.setpoints import with_latches
from twin.gate.shadow.jobs import Failure
from twin.gate.shadow.shadow import TwinState
from twin.gate.takeover.lease import Lease, held_steps, with_leases
from twin.schedule import Horizon, Origin, OriginKind, Schedule


def moment_of(run: RunView, operators: Mapping[str, Any], t_s: int, expectations: Sequence[Expectation | None],
              history: History) -> Moment:
    """Snapshot of now, and what is expected from now on.

    Parameters
    ----------
    operators : name → state of each operator before its next step.
    history : what was lived before.

    Raises
    ------
    ComponentError
        If part of the plant has stepped on already.
    """
    for name, component in run.components.items():
        if component.role in PLANT_ROLES and run.reached_s.get(name, run.start_s) != t_s:
            raise ComponentError(f"{name!r} stands at {run.reached_s.get(name, run.start_s)} s while the gate asks at "
                                 f"{t_s} s: gate.interval_s must be a multiple of every component's step")
    whole = {n: c for n, c in run.components.items() if c.section is not Section.CONTROLLERS or n in operators}
    now = TwinState.of(t_s, whole, run.outputs_before(t_s))
    state = dataclasses.replace(now, states={**now.states, **operators})
    return Moment(state, state.sha256(), expectations, history)


@dataclass
class Question:
    """Of one moment.

    Parameters
    ----------
    operators : names of those whose rollout is the proposal.
    leases : that hold, but for those of latched set-points.
    latched : key → value at which the watchdog holds it.
    current : the release that held until now.
    """

    ground: ProvingGround
    moment: Moment
    horizon: Horizon
    operators: Sequence[str]
    leases: Sequence[Lease]
    latched: Mapping[str, float]
    library: FallbackLibrary
    current: ReleasedSchedule | None
    clock: Callable[[int], str]
    told: list[tuple[str, Tried]] = field(default_factory=list)
    """What the last answer tried, in order."""
    trials_count: int = 0

    def answer(self, propose: Callable[[], Schedule | Failure], rounds: int, *, may_fall_back: bool = True) -> Decision:
        """Decide, with at most so many repairs."""
        self.told.clear()
        held = held_steps(self.horizon, self.leases, self.latched)
        return decide(Means(
            propose, self._try_out, self.ground.repairs(self.moment, self.clock, held),
            lambda: self._fallbacks() if may_fall_back else [], rounds,
            lambda what, tried: self.told.append((what, tried))))

    def rolled_out(self) -> Schedule | Failure:
        """What the operators would do."""
        setpoints = self.ground.rollout(self.moment, self.horizon)
        return setpoints if isinstance(setpoints, Failure) else self._made(
            setpoints, Origin(OriginKind.CONTROLLER, ", ".join(self.operators)))

    def with_lease(self, lease: Lease) -> Tried:
        """What holds, tried with one more lease."""
        [plan, *_] = self.library.schedules(self.current, self.horizon.start_s, lambda setpoints, name: self._made(
            setpoints, Origin(OriginKind.PERSON, lease.who)))
        return self._try_out(with_leases(plan, [lease]))

    def refreshed_fallbacks(self) -> list[dict[str, object]]:
        """Which fallbacks would do now, in the nominal course."""
        def try_all(schedules: Sequence[Schedule]) -> list[Tried]:
            self.trials_count += len(schedules)
            return self.ground.try_all(schedules, self.moment.nominal)

        return self.library.refreshed(self.current, self.horizon.start_s, self._fallback, try_all)

    def _fallbacks(self) -> list[Schedule]:
        return self.library.schedules(self.current, self.horizon.start_s, self._fallback)

    def _fallback(self, setpoints: Mapping[str, np.ndarray], name: str) -> Schedule:
        return self._made(setpoints, Origin(OriginKind.FALLBACK, name))

    def _made(self, setpoints: Mapping[str, np.ndarray], origin: Origin) -> Schedule:
        schedule = Schedule(self.horizon, with_latches(setpoints, self.latched), origin, self.ground.scenario_sha256,
                            self.moment.forecast_sha256, self.moment.state_sha256)
        return with_leases(schedule, self.leases)

    def _try_out(self, schedule: Schedule) -> Tried:
        self.trials_count += 1
        return self.ground.try_out(schedule, self.moment)
