"""Requests of persons to a running twin: what they may say, and what is answered.

Plain data with a strict form, for they come from outside: a file, a command, later a page. Powers in MW (into the
network positive), durations in s.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from twin.errors import ExitCode, ParkTwinError
from twin.nameplate import Nameplate, setpoint_ranges
from twin.suggest import did_you_mean

ID_PATTERN = "[a-z0-9-]{8,60}"
"""Also the name of a file: no dot, no separator."""
LONGEST_LEASE_S = 86_400
"""A person takes over for a shift, not for good: what shall last belongs into the scenario."""
LeasedPort = Literal["p_set_mw", "p_limit_mw", "interrupt_frac"]
Line = StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]*$")
"""Text on one line: it is shown in tables and logs."""


class TakeoverError(ParkTwinError):
    """A request cannot be made; the message says what to do."""


class NotAnswered(TakeoverError):
    """The run does not answer."""

    exit_code = ExitCode.DEVICE


class RequestKind(StrEnum):
    """What a person asks for."""

    TAKEOVER = "takeover"
    """Hold one set-point for a time."""
    END = "end"
    """Give it back before."""
    RELEASE = "release"
    """Release the schedule that waits."""
    REJECT = "reject"
    """Reject the schedule that waits, or withdraw the one that holds."""
    RESET = "reset"
    """Let an asset follow its commands again that the watchdog brought to its safe state."""


class Request(BaseModel):
    """One request."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    request_id: Annotated[str, StringConstraints(pattern=f"^{ID_PATTERN}$")]
    kind: Annotated[RequestKind, Field(strict=False)]
    who: Annotated[str, Line, Field(min_length=1, max_length=80)]
    reason: Annotated[str, Line, Field(max_length=300)] = ""
    asset: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")] | None = None
    port: LeasedPort | None = None
    value: float | None = None
    duration_s: Annotated[int, Field(gt=0, le=LONGEST_LEASE_S)] | None = None
    target: Annotated[str, Line, Field(min_length=1, max_length=80)] | None = None
    """Of an end: the lease. Of a release or rejection: the schedule or release; none: the one there is."""

    @model_validator(mode="after")
    def _says_what_its_kind_needs(self) -> Self:
        needed: Mapping[RequestKind, tuple[str, ...]] = {
            RequestKind.TAKEOVER: ("asset", "port", "value", "duration_s"), RequestKind.END: ("target",),
            RequestKind.RESET: ("asset",)}
        wanted = needed.get(self.kind, ())
        missing = [name for name in wanted if getattr(self, name) is None]
        if missing:
            raise ValueError(f"a {self.kind.value} needs {', '.join(missing)}")
        allowed = {*wanted, *(("target",) if self.kind in (RequestKind.RELEASE, RequestKind.REJECT) else ())}
        more = [name for name in ("asset", "port", "value", "duration_s", "target")
                if name not in allowed and getattr(self, name) is not None]
        if more:
            raise ValueError(f"a {self.kind.value} takes no {', '.join(more)}")
        return self

    @property
    def key(self) -> str:
        """Of the set-point that is taken over."""
        return f"{self.asset}.{self.port}"

    def as_plain(self) -> dict[str, Any]:
        """JSON-ready data."""
        return self.model_dump(mode="json", exclude_none=True)


def request_of_plain(data: Any) -> Request:
    """What :meth:`Request.as_plain` gave, or what a stranger wrote.

    Raises
    ------
    TakeoverError
        With all that is wrong with it.
    """
    try:
        return Request.model_validate(data)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'request'}: {e['msg'].removeprefix('Value error, ')}"
                          for e in error.errors(include_url=False, include_input=False)[:10])
        raise TakeoverError(f"no valid request: {wrong}") from None


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request."""

    request_id: str
    accepted: bool
    text: str
    """In a sentence, for the person."""
    t_s: int | None
    """When it took effect or was refused, from the scenario's start; None: it was no request."""
    until_s: int | None = None
    """Of a lease."""

    def as_plain(self) -> dict[str, Any]:
        """JSON-ready data."""
        return {name: getattr(self, name) for name in self.__slots__}


def leasable(nameplates: Mapping[str, Nameplate]) -> dict[str, tuple[float, float]]:
    """Set-points that a person may take over → lowest and highest value by the nameplate."""
    return {key: allowed for key, allowed in setpoint_ranges(nameplates).items()
            if allowed[1] > 0.0 or not key.endswith(".interrupt_frac")}


def refusal_of_value(key: str, value: float, ranges: Mapping[str, tuple[float, float]]) -> str | None:
    """Why no lease is possible on a key with a value; None: it is."""
    if key not in ranges:
        return f"there is no {key!r} to take over; {did_you_mean(key, ranges)}"
    low, high = ranges[key]
    if not (math.isfinite(value) and low <= value <= high):
        return f"{key} {value:g} is outside {low:g} to {high:g}, what its nameplate allows; give a value within"
    return None
