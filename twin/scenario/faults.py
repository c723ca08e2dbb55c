"""What may be said under ``faults:``: when a device fails and how, or how often by chance.

Times are written as in ``twin.scenario.instants``. What happens by chance is drawn from the scenario's seed before the
run starts, each entry from a stream of its own: that of its asset, its type and its place among the entries by chance
of that type. So an entry of another asset or type, more or less, changes no other draw, nor does one of the same type
that is added at the end.
"""

from __future__ import annotations

from collections import Counter
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from twin.context import Context
from twin.device import Fault, FaultKind, FaultPlan
from twin.errors import Problem, ScenarioError
from twin.scenario.instants import Instant, outside, seconds_at

YEAR_S = 365.25 * 86_400
MOST_FAULTS = 10_000
"""By chance, of one entry: beyond, the rate is a mistake."""
ON_CALL_S = 3600.0
"""A trip by chance is reset so long after its cause is gone, where nothing else is said: somebody is on call."""
RESET = "reset"
DEFAULT_FACTOR = {FaultKind.DERATE: 0.5, FaultKind.SLOW: 5.0}


class FaultSpec(BaseModel):
    """One entry: a fault at a time, a fault by chance, or a reset by a person."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    asset: str = Field(min_length=1, description="asset with a device, or network.terminal")
    type: Literal["trip", "stuck", "derate", "sensor_freeze", "comm_loss", "slow", "reset"] = Field(
        description="what happens; reset: a person acknowledges a trip at the device")
    at: Instant | None = Field(
        default=None, description='when it begins, local time: "10:15", "2 10:15" on the second day, or a stamp')
    rate_per_year: float | None = Field(
        default=None, gt=0, description="how often it happens by chance, instead of 'at'; drawn from the seed [1/a]")
    duration_s: float | None = Field(
        default=None, gt=0, description="how long the cause lasts [s]; by chance: the mean of it; default: to the end")
    factor: float | None = Field(
        default=None, gt=0, description="derate: usable part of the rated power (default 0.5); slow: times as long "
                                        "(default 5)")

    reset_after_s: float | None = Field(
        default=None, ge=0, description="trip: a person resets it so long after the cause is gone [s]; default: nobody "
                                        "does, but of a trip by chance after an hour")

    @model_validator(mode="after")
    def _one_way_to_begin(self) -> Self:
        if (self.at is None) is (self.rate_per_year is None):
            raise ValueError("exactly one of 'at' and 'rate_per_year' is needed")
        if self.type == RESET and (self.duration_s is not None or self.rate_per_year is not None):
            raise ValueError("a reset is a moment: it takes 'at' alone")
        if self.rate_per_year is not None and self.duration_s is None:
            raise ValueError("a fault by chance needs 'duration_s', the mean time it lasts")
        if self.reset_after_s is not None and (self.type != "trip" or self.reset_delay_s is None):
            raise ValueError("'reset_after_s' belongs to a trip whose cause ends; give 'duration_s'"
                             if self.type == "trip" else f"'reset_after_s' belongs to a trip, not to {self.type}")
        if self.factor is not None and FaultKind[self.type.upper()] not in DEFAULT_FACTOR:
            raise ValueError(f"'factor' belongs to derate and slow, not to {self.type}")
        if self.type == "derate" and self.factor is not None and self.factor > 1.0:
            raise ValueError(f"factor {self.factor:g} derates nothing; give the part that can still be used, 0 to 1")
        if self.type == "slow" and self.factor is not None and self.factor < 1.0:
            raise ValueError(f"factor {self.factor:g} makes nothing slower; give 1 or more")
        return self

    @property
    def reset_delay_s(self) -> float | None:
        """From the end of the cause to the reset; None: nobody resets it."""
        if self.duration_s is None or self.type != "trip":
            return None
        return ON_CALL_S if self.reset_after_s is None and self.rate_per_year is not None else self.reset_after_s

    def fault(self, start_s: int, lasts_s: float | None, context: Context) -> Fault:
        """One fault of this kind; without a duration it lasts to the end of the scenario."""
        kind = FaultKind[self.type.upper()]
        factor = DEFAULT_FACTOR.get(kind, 1.0) if self.factor is None else self.factor
        end_s = context.duration_s if lasts_s is None else start_s + max(round(lasts_s), 1)
        return Fault(kind, start_s, end_s, factor)

    def first_s(self, context: Context) -> int:
        """Seconds from the scenario's start to ``at``."""
        return seconds_at(str(self.at), context)


def plan_of(name: str, specs: list[FaultSpec], context: Context) -> FaultPlan:
    """All that will happen to one device in the scenario.

    Parameters
    ----------
    name : of the device, as the scenario writes it; other devices' entries are left out.

    Raises
    ------
    ScenarioError
        Entries at times outside the scenario, and rates that make no sense, each with its place.
    """
    faults: list[Fault] = []
    resets: list[int] = []
    problems: list[Problem] = []
    entries_by_chance: Counter[str] = Counter()
    for number, spec in enumerate(specs):
        if spec.asset != name:
            continue
        if spec.at is None:
            found = _by_chance(spec, context, f"{spec.type} {entries_by_chance[spec.type]} of {name}")
            entries_by_chance[spec.type] += 1
            if len(found) >= MOST_FAULTS:
                problems.append(Problem(("faults", number, "rate_per_year"),
                                        f"{spec.rate_per_year:g} a year makes {MOST_FAULTS} faults or more in this "
                                        f"scenario; give a lower rate"))
        else:
            at_s = spec.first_s(context)
            wrong = outside(str(spec.at), at_s, context)
            if wrong is not None:
                problems.append(Problem(("faults", number, "at"), wrong))
            if spec.type == RESET:
                resets.append(at_s)
                continue
            found = [spec.fault(at_s, spec.duration_s, context)]
        faults += found
        if spec.type == "trip" and spec.reset_delay_s is not None:
            resets += [fault.end_s + round(spec.reset_delay_s) for fault in found]
    if problems:
        raise ScenarioError(problems)
    return FaultPlan(tuple(sorted(faults, key=lambda f: f.start_s)), tuple(sorted(resets)))


def _by_chance(spec: FaultSpec, context: Context, stream: str) -> list[Fault]:
    """A Poisson process of faults with exponential durations."""
    rng, at_s = context.rng(stream), 0.0
    found: list[Fault] = []
    mean_s = YEAR_S / float(spec.rate_per_year or 1.0)
    while len(found) < MOST_FAULTS:
        at_s += float(rng.exponential(mean_s))
        lasts_s = float(rng.exponential(float(spec.duration_s or 1.0)))
        if at_s >= context.duration_s:
            break
        found.append(spec.fault(int(at_s), lasts_s, context))
        at_s += lasts_s
    return found
