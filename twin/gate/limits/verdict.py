"""Verdicts: what trying a schedule in the shadow twin has shown, as plain data with a hash (:mod:`.judge`).

Only ``accepted`` lets a schedule be released. "Not solvable" and "timed out" are rejections: what could not be tried
is not known to be harmless.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from twin.errors import ParkTwinError
from twin.schedule import canonical_json

FORMAT = "parktwin.verdict.1"
"""Stands in the hashed bytes; raised whenever their layout changes."""


class VerdictError(ParkTwinError):
    """Data are no verdict of this version."""


class Outcome(StrEnum):
    """What becomes of a schedule, or how a single trial ended."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    NOT_SOLVABLE = "not_solvable"
    TIMED_OUT = "timed_out"


@dataclass(frozen=True, slots=True)
class Driver:
    """A set-point that drives a violation."""

    key: str
    """``asset.port``."""
    t_s: int
    """Start of the schedule's step."""
    sensitivity: float
    """Change of the violated quantity per unit of the set-point."""
    unit: str
    """Of the sensitivity: ``p.u./MW``."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One side of one limit, exceeded by one signal in one expectation; or its alarm level."""

    name: str
    """Of the limit, as the scenario writes it."""
    limit_class: str
    hard: bool
    signal: str
    owner: str
    """Asset or network of the signal."""
    of: str
    """Quantity, see :class:`~twin.gate.limits.rows.Quantity`."""
    expectation: str
    t_s: int
    """Start of the first interval outside."""
    duration_s: int
    """Time outside in sum."""
    worst_t_s: int
    worst_value: float
    bound: float
    """The limit without its tolerance."""
    margin: float
    """Distance of the worst value to the bound; negative: exceeded by so much."""
    unit: str
    source: str
    drivers: tuple[Driver, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassScore:
    """How well the nominal replay keeps the limits of one class."""

    limit_class: str
    penalty_h: float
    """Σ weight × ∫ excess over the bound's scale dt; 0 where all limits hold. Scale: width of the band, else the size
    of the bound, else 1."""
    margin_frac: float
    """Smallest distance to a bound over its scale; negative where one is exceeded."""
    limits_count: int
    """Signals × limits judged."""
    violations_count: int
    alarms_count: int


@dataclass(frozen=True, slots=True)
class Trial:
    """One expectation and what came of it."""

    expectation: str
    sha256: str
    probability_frac: float
    outcome: Outcome
    message: str = ""
    """Why it could not be solved."""

    @property
    def passed(self) -> bool:
        """All hard limits hold."""
        return self.outcome is Outcome.ACCEPTED


@dataclass(frozen=True)
class Verdict:
    """What trying a schedule has shown. ``trials[0]`` is the nominal one."""

    outcome: Outcome
    trials: tuple[Trial, ...]
    violations: tuple[Violation, ...]
    """Hard ones first, nominal first, then by time."""
    alarms: tuple[Violation, ...]
    """Alarm levels exceeded; ``bound`` is that level."""
    scores: tuple[ClassScore, ...]
    share_required_frac: float
    share_reached_frac: float
    schedule_sha256: str
    state_sha256: str
    scenario_sha256: str
    limits_sha256: str
    code_version: str
    cpu_s: float = 0.0
    """Of all replays; not part of the hash."""

    @property
    def accepted(self) -> bool:
        """Whether the schedule may be released."""
        return self.outcome is Outcome.ACCEPTED

    @property
    def hard_violations(self) -> tuple[Violation, ...]:
        """Of hard limits, in whatever expectation."""
        return tuple(v for v in self.violations if v.hard)

    @cached_property
    def sha256(self) -> str:
        """Hash of all but ``cpu_s``; the same in every process."""
        data = self.as_plain()
        del data["cpu_s"]
        return hashlib.sha256(canonical_json(data)).hexdigest()

    def with_drivers(self, drivers: Mapping[int, tuple[Driver, ...]]) -> Verdict:
        """The same verdict with drivers for some violations, by their index."""
        told = tuple(dataclasses.replace(v, drivers=drivers.get(n, v.drivers)) for n, v in enumerate(self.violations))
        return dataclasses.replace(self, violations=told)

    def as_plain(self) -> dict[str, Any]:
        """JSON-ready data; floats survive exactly."""
        return {"format": FORMAT, **_plain(self)}

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Verdict:
        """What :meth:`as_plain` gave.

        Raises
        ------
        VerdictError
            If the data are damaged or of another version.
        """
        try:
            if data["format"] != FORMAT:
                raise ValueError(f"format {data['format']!r}, {FORMAT!r} is read")
            found = {f.name: data[f.name] for f in dataclasses.fields(cls)}
            return cls(**{
                **found,
                **{name: float(found[name]) for name in ("share_required_frac", "share_reached_frac", "cpu_s")},
                "outcome": Outcome(found["outcome"]),
                "trials": tuple(_trial(t) for t in found["trials"]),
                "violations": tuple(_violation(v) for v in found["violations"]),
                "alarms": tuple(_violation(v) for v in found["alarms"]),
                "scores": tuple(ClassScore(**_floats(s, "penalty_h", "margin_frac")) for s in found["scores"]),
            })
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise VerdictError(f"no verdict of this version: {type(error).__name__}: {error}") from None


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return value


def _floats(data: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """JSON knows no infinity: that one came as text."""
    return {**data, **{name: float(data[name]) for name in names}}


def _trial(data: Mapping[str, Any]) -> Trial:
    return Trial(**{**_floats(data, "probability_frac"), "outcome": Outcome(data["outcome"])})


def _violation(data: Mapping[str, Any]) -> Violation:
    drivers = tuple(Driver(**_floats(d, "sensitivity")) for d in data["drivers"])
    return Violation(**{**_floats(data, "worst_value", "bound", "margin"), "drivers": drivers})
