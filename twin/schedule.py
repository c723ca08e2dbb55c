"""Schedules: set-points of assets on the intervals of a horizon, with what they were made from.

A schedule is a proposal. What a device obeys is a released schedule, and only the gate makes one
(``twin.gate.release``). The key of a set-point is ``asset.port``, for example ``bess.p_set_mw``; the port's name
carries the unit, into the network is positive. Times are whole seconds from the scenario's start, intervals are
half-open: the value of step ``i`` holds on [start + i × step, start + (i + 1) × step).
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from twin.errors import ParkTwinError

FORMAT = "parktwin.schedule.1"
"""Stands in the hashed bytes; raised whenever their layout changes."""
UNLIMITED_PORT = "_limit_"
"""A port with this in its name may be infinite: no limit."""


class ScheduleError(ParkTwinError):
    """A schedule cannot be what it says; the message names key, step and value."""


class OriginKind(StrEnum):
    """Who made a schedule."""

    CONTROLLER = "controller"
    PERSON = "person"
    FILE = "file"
    REPAIR = "repair"
    FALLBACK = "fallback"


@dataclass(frozen=True, slots=True)
class Origin:
    """Who made a schedule, and its name: of the controller, the person, the file."""

    kind: OriginKind
    name: str

    def __post_init__(self) -> None:
        """A plain word becomes its kind; another word is refused."""
        object.__setattr__(self, "kind", OriginKind(self.kind))

    def __str__(self) -> str:
        return f"{self.kind.value} {self.name}"


@dataclass(frozen=True, slots=True)
class Horizon:
    """Equal intervals in a row; [start_s, end_s)."""

    start_s: int
    step_s: int
    steps: int

    def __post_init__(self) -> None:
        """Whole numbers; at least one interval of at least a second."""
        for name in ("start_s", "step_s", "steps"):
            object.__setattr__(self, name, operator.index(getattr(self, name)))
        if self.step_s < 1 or self.steps < 1:
            raise ScheduleError(f"a horizon of {self.steps} steps of {self.step_s} s; both must be at least 1")

    @property
    def end_s(self) -> int:
        """End of the last interval; no longer part of the horizon."""
        return self.start_s + self.steps * self.step_s

    def times_s(self) -> np.ndarray:
        """Interval starts, shape (steps,)."""
        return self.start_s + self.step_s * np.arange(self.steps)

    def index(self, t_s: int) -> int:
        """The step that holds at ``t_s``.

        Raises
        ------
        ScheduleError
            If none does.
        """
        index = (t_s - self.start_s) // self.step_s
        if not 0 <= index < self.steps:
            raise ScheduleError(f"{t_s} s lies outside the horizon from {self.start_s} s to {self.end_s} s")
        return index


@dataclass(frozen=True, eq=False)
class Schedule:
    """Set-points over a horizon. Immutable to the last array element; equal where the hashes are equal."""

    horizon: Horizon
    setpoints: Mapping[str, np.ndarray]
    """Key ``asset.port`` → values (steps,), read only. ``inf`` on a limit means "no limit"; NaN is refused."""
    origin: Origin
    scenario_sha256: str
    forecast_sha256: str
    """Of the expectations that it was made with; empty where it needed none."""
    state_sha256: str
    """Of the state that it starts from; empty where it looked at none."""
    objective: float | None = None
    """What its maker promised, in the scenario's currency."""

    def __post_init__(self) -> None:
        """Check and freeze."""
        frozen = {key: _checked(key, self.setpoints[key], self.horizon.steps) for key in sorted(self.setpoints)}
        if self.objective is not None and not math.isfinite(self.objective):
            raise ScheduleError(f"the objective is {self.objective}; give a finite number or None")
        object.__setattr__(self, "setpoints", MappingProxyType(frozen))

    @cached_property
    def sha256(self) -> str:
        """Hash of all that the schedule says, the same in every process."""
        return content_sha256(self)

    def at(self, t_s: int) -> dict[str, float]:
        """The set-points that hold at ``t_s``."""
        index = self.horizon.index(t_s)
        return {key: float(values[index]) for key, values in self.setpoints.items()}

    def shifted(self, steps: int) -> Schedule:
        """The same plan ``steps`` later: what is past is dropped, the last values are held at the end."""
        if steps < 0:
            raise ScheduleError(f"a schedule is shifted forward; {steps} steps were asked for")
        last = self.horizon.steps - 1
        kept = np.minimum(np.arange(self.horizon.steps) + steps, last)
        horizon = dataclasses.replace(self.horizon, start_s=self.horizon.start_s + steps * self.horizon.step_s)
        moved = {key: values[kept] for key, values in self.setpoints.items()}
        return dataclasses.replace(self, horizon=horizon, setpoints=moved)

    def changed(self, setpoints: Mapping[str, np.ndarray], origin: Origin, objective: float | None = None) -> Schedule:
        """With some set-points replaced or added, by another maker."""
        return dataclasses.replace(self, setpoints={**self.setpoints, **setpoints}, origin=origin, objective=objective)

    def as_plain(self) -> dict[str, Any]:
        """JSON-ready data; floats survive exactly."""
        return {**_metadata(self), "setpoints": {key: plain_floats(v) for key, v in self.setpoints.items()}}

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Schedule:
        """What :meth:`as_plain` gave.

        Raises
        ------
        ScheduleError
            If the data are damaged or of another version.
        """
        try:
            setpoints = {str(key): floats_of_plain(values) for key, values in data["setpoints"].items()}
            return cls(setpoints=setpoints, **metadata_of_plain(data))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ScheduleError(f"no schedule of this version: {type(error).__name__}: {error}") from None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schedule) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and pickles are built anew, so that they are checked and frozen too."""
        return Schedule.from_plain, (self.as_plain(),)


def content_sha256(schedule: Schedule) -> str:
    """Hash of what the schedule says now, computed anew: the cached one might be of other contents."""
    digest = hashlib.sha256(canonical_json({**_metadata(schedule), "keys": sorted(schedule.setpoints)}))
    for key in sorted(schedule.setpoints):
        digest.update(np.asarray(schedule.setpoints[key], dtype="<f8").tobytes())
    return digest.hexdigest()


def canonical_json(data: Any) -> bytes:
    """One spelling for equal data: sorted keys, no blanks, ASCII; NaN and infinity are refused."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def frozen_floats(values: Any) -> np.ndarray:
    """An array of its own that nobody can make writeable again; -0.0 becomes 0.0, so that equal values hash alike."""
    array = np.array(values, dtype="<f8") + 0.0
    return np.frombuffer(array.tobytes(), dtype="<f8").reshape(array.shape)


def plain_floats(values: np.ndarray) -> list[float | str]:
    """Numbers for JSON, which knows no infinity: that one is written as text."""
    return [value if math.isfinite(value) else str(value) for value in np.asarray(values, dtype=float).tolist()]


def floats_of_plain(values: list[float | str]) -> np.ndarray:
    """What :func:`plain_floats` gave, shape (n,)."""
    return np.array([float(value) for value in values], dtype="<f8")


def metadata_of_plain(data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a :class:`Schedule` other than its set-points, from JSON-ready data."""
    if data["format"] != FORMAT:
        raise ValueError(f"format {data['format']!r}, {FORMAT!r} is read")
    objective = data["objective"]
    return {
        "horizon": Horizon(**{name: int(value) for name, value in data["horizon"].items()}),
        "origin": Origin(OriginKind(data["origin"]["kind"]), str(data["origin"]["name"])),
        "scenario_sha256": str(data["scenario_sha256"]), "forecast_sha256": str(data["forecast_sha256"]),
        "state_sha256": str(data["state_sha256"]), "objective": None if objective is None else float(objective),
    }


def _metadata(schedule: Schedule) -> dict[str, Any]:
    horizon = schedule.horizon
    return {
        "format": FORMAT,
        "horizon": {"start_s": horizon.start_s, "step_s": horizon.step_s, "steps": horizon.steps},
        "origin": {"kind": schedule.origin.kind.value, "name": schedule.origin.name},
        "scenario_sha256": schedule.scenario_sha256, "forecast_sha256": schedule.forecast_sha256,
        "state_sha256": schedule.state_sha256,
        "objective": None if schedule.objective is None else float(schedule.objective),
    }


def may_be_infinite(key: str) -> bool:
    """Whether "no limit" makes sense for a set-point."""
    return UNLIMITED_PORT in key.partition(".")[2]


def _checked(key: str, values: Any, steps: int) -> np.ndarray:
    asset, _, port = key.partition(".")
    if not asset or not port:
        raise ScheduleError(f"{key!r} names no set-point; write asset.port, e.g. bess.p_set_mw")
    try:
        array = frozen_floats(values)
    except (TypeError, ValueError) as error:
        raise ScheduleError(f"{key}: {error}; one number per step is needed") from None
    if array.shape != (steps,):
        raise ScheduleError(f"{key} has shape {array.shape}; one value for each of the {steps} steps is needed")
    allowed = np.isfinite(array) | (np.isposinf(array) if may_be_infinite(key) else False)
    if not allowed.all():
        step = int(np.flatnonzero(~allowed)[0])
        remedy = "leave the key out where there is nothing to say"
        if np.isinf(array[step]):
            remedy = f"only a limit may be infinite (*{UNLIMITED_PORT}*, no limit: inf)"
        raise ScheduleError(f"{key} is {array[step]} in step {step}; {remedy}")
    return array
