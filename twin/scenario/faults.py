"""What may be said under ``faults:``: when a device fails and how, or how often by chance.

Times are local: ``"10:15"`` on the first day on which the scenario reaches it, ``"2 10:15"`` on its second day, or a
full stamp with offset. What happens by chance is drawn from the scenario's seed before the run starts.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from twin.context import Context
from twin.device import Fault, FaultKind, FaultPlan

CLOCK = re.compile(r"(?:(?P<day>[1-9]\d*) )?(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?")
YEAR_S = 365.25 * 86_400
MOST_FAULTS = 10_000
"""By chance, of one entry: beyond, the rate is a mistake."""
DEFAULT_FACTOR = {FaultKind.DERATE: 0.5, FaultKind.SLOW: 5.0}


def _instant(text: str) -> str:
    if CLOCK.fullmatch(text):
        return text
    try:
        stamp = datetime.fromisoformat(text)
    except ValueError:
        stamp = None
    if stamp is None or stamp.tzinfo is None:
        raise ValueError(f"{text[:40]!r} is no time; write \"10:15\", \"2 10:15\" for the second day, or a stamp with "
                         f"offset like 2025-07-15T10:15:00+08:00")
    return text


class FaultSpec(BaseModel):
    """One entry: a fault at a time, a fault by chance, or a reset by a person."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    asset: str = Field(min_length=1, description="asset with a device, or network.terminal")
    type: Literal["trip", "stuck", "derate", "sensor_freeze", "comm_loss", "slow", "reset"] = Field(
        description="what happens; reset: a person acknowledges a trip at the device")
    at: Annotated[str, AfterValidator(_instant)] | None = Field(
        default=None, description='when it begins, local time: "10:15", "2 10:15" on the second day, or a stamp')
    rate_per_year: float | None = Field(
        default=None, gt=0, description="how often it happens by chance, instead of 'at'; drawn from the seed [1/a]")
    duration_s: float | None = Field(
        default=None, gt=0, description="how long the cause lasts [s]; by chance: the mean of it; default: to the end")
    factor: float | None = Field(
        default=None, gt=0, description="derate: usable part of the rated power (default 0.5); slow: times as long "
                                        "(default 5)")

    @model_validator(mode="after")
    def _one_way_to_begin(self) -> Self:
        if (self.at is None) is (self.rate_per_year is None):
            raise ValueError("exactly one of 'at' and 'rate_per_year' is needed")
        if self.type == "reset" and (self.duration_s is not None or self.rate_per_year is not None):
            raise ValueError("a reset is a moment: it takes 'at' alone")
        if self.rate_per_year is not None and self.duration_s is None:
            raise ValueError("a fault by chance needs 'duration_s', the mean time it lasts")
        if self.factor is not None and FaultKind[self.type.upper()] not in DEFAULT_FACTOR:
            raise ValueError(f"'factor' belongs to derate and slow, not to {self.type}")
        if self.type == "derate" and self.factor is not None and self.factor > 1.0:
            raise ValueError(f"factor {self.factor:g} derates nothing; give the part that can still be used, 0 to 1")
        if self.type == "slow" and self.factor is not None and self.factor < 1.0:
            raise ValueError(f"factor {self.factor:g} makes nothing slower; give 1 or more")
        return self

    def first_s(self, context: Context) -> int:
        """Seconds from the scenario's start to ``at``; the next day where the start is later in the day."""
        start = context.calendar.local(0)
        found = CLOCK.fullmatch(str(self.at))
        if found is None:
            return round((datetime.fromisoformat(str(self.at)) - start).total_seconds())
        when = start.replace(hour=int(found["hour"]), minute=int(found["minute"]), second=int(found["second"] or 0),
                             microsecond=0)
        days = int(found["day"] or 1) - 1
        if when < start and found["day"] is None:
            days = 1
        there = (when.replace(tzinfo=None) + timedelta(days=days)).replace(tzinfo=start.tzinfo)
        return round((there - start).total_seconds())


def plan_of(name: str, specs: list[FaultSpec], context: Context) -> FaultPlan:
    """All that will happen to one device in the scenario.

    Parameters
    ----------
    name : of the device, as the scenario writes it; other devices' entries are left out.
    """
    faults: list[Fault] = []
    resets: list[int] = []
    for number, spec in enumerate(specs):
        if spec.asset != name:
            continue
        if spec.type == "reset":
            resets.append(spec.first_s(context))
            continue
        kind = FaultKind[spec.type.upper()]
        factor = spec.factor if spec.factor is not None else DEFAULT_FACTOR.get(kind, 1.0)
        if spec.at is not None:
            start_s = spec.first_s(context)
            end_s = context.duration_s if spec.duration_s is None else start_s + max(round(spec.duration_s), 1)
            faults.append(Fault(kind, start_s, end_s, factor))
        else:
            faults += _by_chance(kind, spec, factor, context, f"fault {number} of {name}")
    return FaultPlan(tuple(sorted(faults, key=lambda f: f.start_s)), tuple(sorted(resets)))


def _by_chance(kind: FaultKind, spec: FaultSpec, factor: float, context: Context, stream: str) -> list[Fault]:
    """A Poisson process of faults with exponential durations."""
    rng, at_s = context.rng(stream), 0.0
    found: list[Fault] = []
    mean_s = YEAR_S / float(spec.rate_per_year or 1.0)
    while len(found) < MOST_FAULTS:
        at_s += float(rng.exponential(mean_s))
        lasts_s = float(rng.exponential(float(spec.duration_s or 1.0)))
        if at_s >= context.duration_s:
            break
        found.append(Fault(kind, int(at_s), int(at_s) + max(round(lasts_s), 1), factor))
        at_s += lasts_s
    return found
