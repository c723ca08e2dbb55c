"""What the real plant did against the limits of its site: plain data, kept in the run directory (``verdict.json``).

The gate judges what a shadow twin expects; this is the judgement on what happened, by the same limits. A stretch
outside a limit under a release is one that the gate had accepted; ``causes`` say in what the proof and reality
differed. Times in seconds from the scenario's start; values in the unit of the limited quantity.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.gate.limits.verdict import VerdictError
from twin.store.layout import PLANT_VERDICT
from twin.store.snapshot import write_atomically

FORMAT = "parktwin.plant_verdict.1"
MOST_KEPT = 500
"""Breaches that are written out; all are counted."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One stretch of time in which signals of one owner were outside one side of one limit."""

    name: str
    """Of the limit, as the scenario writes it."""
    limit_class: str
    hard: bool
    signal: str
    """The one that was farthest outside."""
    of: str
    unit: str
    bound: float
    """Without its tolerance."""
    source: str
    t_s: int
    end_s: int
    duration_s: int
    """Time outside in sum; short returns inside do not end a stretch, but the begin and the end of a release do."""
    worst_t_s: int
    worst_value: float
    margin: float
    """Distance of the worst value to the bound; negative: exceeded by so much."""
    release_id: str = ""
    """What held at the worst moment; empty: nothing, the gate had accepted nothing."""
    expected_value: float = math.nan
    """Of the signal at the worst moment, by the replay that the release rests on."""
    causes: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether the gate had released what was being done."""
        return bool(self.release_id)


@dataclass(frozen=True, slots=True)
class Count:
    """How often one limit was exceeded."""

    name: str
    limit_class: str
    hard: bool
    breaches: int
    accepted: int
    """Of these, under a release."""
    duration_s: int
    accepted_s: int = 0
    """Of this, under a release."""


@dataclass(frozen=True, slots=True)
class PlantVerdict:
    """The judgement on a run."""

    gated: bool
    """Whether a release gate stood before the assets."""
    signals_count: int
    """Signals × limits judged."""
    counts: tuple[Count, ...]
    """Of the limits that were exceeded, hard ones first."""
    breaches: tuple[Breach, ...]
    """Hard ones first, then by time; at most :data:`MOST_KEPT`."""
    not_judged: tuple[tuple[str, str], ...] = ()
    """(limit, why) where the run has no such series."""

    @property
    def hard_count(self) -> int:
        """Stretches outside a hard limit."""
        return sum(count.breaches for count in self.counts if count.hard)

    @property
    def hard_s(self) -> int:
        """Time outside hard limits, limit by limit."""
        return sum(count.duration_s for count in self.counts if count.hard)

    @property
    def accepted_s(self) -> int:
        """Of this, under a release of the gate."""
        return sum(count.accepted_s for count in self.counts if count.hard)

    @property
    def accepted_count(self) -> int:
        """Of these, under a release of the gate."""
        return sum(count.accepted for count in self.counts if count.hard)

    def write(self, directory: Path) -> None:
        """Keep it in the run directory."""
        plain = {"format": FORMAT, **_plain(self)}
        write_atomically(directory / PLANT_VERDICT, json.dumps(plain, indent=1) + "\n")

    @classmethod
    def read(cls, directory: Path) -> PlantVerdict | None:
        """What :meth:`write` kept; None where the run has not ended, or is of a version that judged nothing.

        Raises
        ------
        VerdictError
            If the file is damaged or of another version.
        """
        file = directory / PLANT_VERDICT
        if not file.is_file():
            return None
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
            if data.pop("format") != FORMAT:
                raise ValueError(f"it is not of the format {FORMAT}")
            return cls(**{
                **data, "counts": tuple(Count(**c) for c in data["counts"]),
                "breaches": tuple(_breach(b) for b in data["breaches"]),
                "not_judged": tuple((str(name), str(why)) for name, why in data["not_judged"])})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise VerdictError(f"{file}: no verdict of this version ({type(error).__name__}: {error}); run the "
                               "scenario anew") from None


def _breach(data: Mapping[str, Any]) -> Breach:
    numbers = {name: float(data[name]) for name in ("bound", "worst_value", "margin", "expected_value")}
    return Breach(**{**data, **numbers, "causes": tuple(map(str, data["causes"]))})


def _plain(value: Any) -> Any:
    """JSON knows neither infinity nor NaN: these are written as text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value
