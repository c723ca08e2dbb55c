"""What is asked of a shadow twin in its process, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from twin.gate.expectation import Expectation
from twin.gate.limits.limits import LimitSet
from twin.gate.shadow.replayed import Replayed
from twin.gate.shadow.shadow import TwinState
from twin.gate.shadow.trajectory import Trajectories
from twin.gate.slopes.sensitivity import Sensitivities
from twin.schedule import Horizon


@dataclass(frozen=True)
class Replay:
    """Try set-points under an expectation."""

    start: TwinState
    horizon: Horizon
    setpoints: Mapping[str, np.ndarray]
    expectation: Expectation | None
    until_s: int | None = None


@dataclass(frozen=True)
class Rollout:
    """Let the operators act under an expectation."""

    start: TwinState
    horizon: Horizon
    expectation: Expectation | None


@dataclass(frozen=True)
class Linearise:
    """Find out how set-points act on what is limited, around a replay."""

    replayed: Replayed
    limits: LimitSet


Job: TypeAlias = Replay | Rollout | Linearise


@dataclass(frozen=True)
class Failure:
    """Why there is no result; a rejection, never an acceptance."""

    kind: str
    """``failed``: the twin could not be stepped; ``timed_out``; ``died``: the process is gone."""
    message: str


@dataclass(frozen=True)
class Done:
    """What a job gave."""

    trajectories: Trajectories
    setpoints: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Of a rollout."""
    cpu_s: float = 0.0
    sensitivities: Sensitivities | None = None
    """Of a linearisation."""
