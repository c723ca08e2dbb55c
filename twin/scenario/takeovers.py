"""What may be said under ``takeovers:``, ``hand_releases:`` and ``watchdog_resets:``: what persons do in the scenario.

For tests and for training: the same as by the commands ``twin takeover`` and ``twin release`` on a running twin, but at
times that are known, so that the run can be repeated. Times as in ``twin.scenario.instants``; powers in MW, into the
network positive.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from twin.context import Context
from twin.errors import Problem, ScenarioError
from twin.gate.takeover.request import LONGEST_LEASE_S, Line, Request, RequestKind
from twin.scenario.instants import Instant, outside, seconds_at

SET_POINTS = ("p_set_mw", "p_limit_mw", "interrupt_frac")
SOMEBODY = "operator on duty"


class _Act(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    at: Instant = Field(description='when, local time: "10:15", "2 10:15" on the second day, or a stamp')
    who: Annotated[str, Line] = Field(default=SOMEBODY, min_length=1, max_length=80, description="the person")
    reason: Annotated[str, Line] = Field(default="", max_length=300, description="why")


class TakeoverSpec(_Act):
    """A person holds one set-point for a time."""

    asset: str = Field(min_length=1, description="asset that is taken over")
    p_set_mw: float | None = Field(default=None, description="power to be held: a storage or generator [MW]")
    p_limit_mw: float | None = Field(default=None, ge=0, description="curtailment: a renewable [MW]")
    interrupt_frac: float | None = Field(default=None, ge=0, le=1, description="interruption: a load [-]")
    duration_s: int = Field(gt=0, le=LONGEST_LEASE_S, description="how long; then it goes back by itself [s]")

    @model_validator(mode="after")
    def _one_set_point(self) -> Self:
        given = [name for name in SET_POINTS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"exactly one of {', '.join(SET_POINTS)} is needed; "
                             f"{' and '.join(given) + ' are' if given else 'none is'} given")
        return self

    def what(self) -> dict[str, Any]:
        """What the request says beside who and why."""
        port = next(name for name in SET_POINTS if getattr(self, name) is not None)
        return {"kind": RequestKind.TAKEOVER, "asset": self.asset, "port": port,
                "value": float(getattr(self, port)), "duration_s": self.duration_s}


class HandReleaseSpec(_Act):
    """A person decides about the schedule that waits, or that holds."""

    decision: Literal["release", "reject"] = Field(description="release what waits, or reject what waits or holds")

    def what(self) -> dict[str, Any]:
        """What the request says beside who and why."""
        return {"kind": RequestKind(self.decision)}


class WatchdogResetSpec(_Act):
    """A person lets an asset go that the watchdog has stopped."""

    asset: str = Field(min_length=1, description="asset that is to follow its commands again")

    def what(self) -> dict[str, Any]:
        """What the request says beside who and why."""
        return {"kind": RequestKind.RESET, "asset": self.asset}


def acts_of(
    context: Context, *, takeovers: list[TakeoverSpec], hand_releases: list[HandReleaseSpec],
    watchdog_resets: list[WatchdogResetSpec],
) -> list[tuple[int, Request]]:
    """What persons do in a scenario: (seconds from its start, request), for ``TakeoverDesk(script=...)``.

    Raises
    ------
    ScenarioError
        Acts at times outside the scenario, each with its place.
    """
    acts: list[tuple[int, Request]] = []
    problems: list[Problem] = []
    sections: dict[str, list[Any]] = {
        "takeovers": takeovers, "hand_releases": hand_releases, "watchdog_resets": watchdog_resets}
    for section, specs in sections.items():
        for number, spec in enumerate(specs):
            at_s = seconds_at(spec.at, context)
            wrong = outside(spec.at, at_s, context)
            if wrong is not None:
                problems.append(Problem((section, number, "at"), wrong))
            acts.append((at_s, Request(request_id=f"scenario-{section.replace('_', '-')}-{number}", who=spec.who,
                                       reason=spec.reason, **spec.what())))
    if problems:
        raise ScenarioError(problems)
    return sorted(acts, key=lambda act: act[0])
