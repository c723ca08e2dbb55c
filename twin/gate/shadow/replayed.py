"""A replay, and from what it was made: where the twin is linearised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from twin.gate.expectation import Expectation
from twin.gate.limits.history import History
from twin.gate.shadow.shadow import TwinState
from twin.gate.shadow.trajectory import Trajectories
from twin.schedule import Horizon


@dataclass(frozen=True)
class Replayed:
    """A replay, and from what it was made."""

    start: TwinState
    horizon: Horizon
    setpoints: Mapping[str, np.ndarray]
    expectation: Expectation | None
    trajectories: Trajectories
    history: History = field(default_factory=History.nothing)
    """What was lived before the start."""

    def step_at(self, t_s: int) -> int:
        """The step of the schedule that acts at a time; its last one goes on after its end."""
        step = (t_s - self.horizon.start_s) // self.horizon.step_s
        return min(max(step, 0), self.horizon.steps - 1)

    def begin_of(self, owner: str, t_s: int) -> int:
        """Start of the step of a component in which a time lies."""
        start_s = self.trajectories.start_s
        return t_s - (t_s - start_s) % self.trajectories.steps_s[owner]
