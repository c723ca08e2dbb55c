"""Persistence: tomorrow is like today, less sure the farther ahead. What a site expects that has no forecaster.

Every exogenous output is measured (one step late) and averaged over intervals. The course for the coming day is what
was measured a day before, shifted by the present deviation, which fades with ``correlation_h``. Beside the nominal one
stand two corners: *short* (less sun and wind, more demand) and *long* (the reverse), ``spread`` standard deviations
away. The deviation grows with the lead time t as that of a process with this correlation: σ √(1 - exp(-2 t/τ)), with σ
learned in the run from the differences between one day and the next, at first a fifth of the largest value seen. No
course has less demand than the least interval measured so far: a site whose heat stands still for a whole day, because
yesterday was colder, is not what one course in ten looks like.

Before a day has been seen there is nothing to repeat: the last mean holds, and the course says ``no_history``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from twin.component import Component, ComponentParams, Role, Section, port
from twin.context import Context
from twin.gate.expectation import NOMINAL, Expectation

DAY_S = 86_400
HOUR_S = 3600.0
SUPPLY = ("available_mw",)
DEMAND = ("baseline_mw", "heat_mw", "cooling_mw")
"""Outputs with a corner; the sign of demand is negative. Weather has none: what follows from it is expected itself."""
FIRST_SPREAD = 0.2
"""Standard deviation over the largest value seen, before one day could be compared with another."""
LEARNING = 0.02
"""Weight of the newest squared difference: some fifty intervals are remembered."""
CORNER_FRAC = 0.25
"""Probability given to each corner; the nominal course has the rest."""


class Params(ComponentParams):
    """What the YAML may say."""

    interval_s: int = Field(default=900, gt=0, le=3600, description="mean values over so long are kept [s]")
    correlation_h: float = Field(default=3.0, gt=0, description="a deviation fades to 1/e within this time [h]")
    spread_factor: float = Field(default=1.28, gt=0, description="corners lie so many standard deviations away; 1.28: "
                                                                 "one course in ten is beyond [-]")


@dataclass(slots=True)
class Inputs:
    """What was measured, one step late."""

    value: np.ndarray = port(math.nan, per="signal", measured=True, signals=True)


@dataclass(slots=True)
class Outputs:
    """What the courses are made of."""

    history_frac: float = port(0.0, carrier="expectation")
    """Part of a day that has been seen, 0 to 1."""


@dataclass(slots=True)
class State:
    """Sums of the open interval, means of the last day, and how far one day was from the next; m signals."""

    sum_value: np.ndarray
    """(m,) of the open interval."""
    interval_count: int
    """Steps in the open interval."""
    day_value: np.ndarray
    """(intervals of a day, m) last mean of each; NaN: none yet."""
    last_value: np.ndarray
    """(m,) mean of the last whole interval."""
    deviation_value: np.ndarray
    """(m,) of that interval from the one a day before."""
    variance_value: np.ndarray
    """(m,) of such deviations; NaN: none yet."""
    largest_value: np.ndarray
    """(m,) largest magnitude seen."""
    least_value: np.ndarray
    """(m,) smallest magnitude of an interval's mean seen; infinite: none yet."""


class PersistenceForecast(Component[Params, Inputs, Outputs, State]):
    """Expects the day before again, corrected by the present; corners with less and with more supply."""

    section = Section.CONTROLLERS
    role = Role.CONTROLLER

    def __init__(self, name: str, params: Params, context: Context) -> None:
        self.signals = tuple(f"{owner}.{output}" for owner, outputs in context.exogenous.items() for output in outputs)
        self._signed = np.array([_sign(signal) for signal in self.signals])
        self._slots = DAY_S // params.interval_s
        super().__init__(name, params, context)

    def initial_state(self) -> State:
        m = len(self.signals)
        return State(np.zeros(m), 0, np.full((self._slots, m), math.nan), np.full(m, math.nan), np.zeros(m),
                     np.full(m, math.nan), np.zeros(m), np.full(m, math.inf))

    def terminals(self) -> dict[str, tuple[str, ...]]:
        """Everything that nature and people decide here."""
        return {"signal": self.signals}

    def step(self, t_s: int, dt_s: int, inputs: Inputs) -> Outputs:
        """Take in what held over the step before."""
        state = self.state
        values = np.asarray(inputs.value, dtype=float)
        if not np.isnan(values).all():
            known = np.where(np.isnan(values), np.nan_to_num(state.last_value), values)
            state.sum_value = state.sum_value + known
            state.interval_count += 1
            state.largest_value = np.maximum(state.largest_value, np.abs(known))
        if state.interval_count and t_s % self.params.interval_s == 0:
            self._close_interval(t_s)
        return Outputs(float((~np.isnan(state.day_value)).mean()) if state.day_value.size else 0.0)

    def _close_interval(self, t_s: int) -> None:
        state = self.state
        mean = state.sum_value / state.interval_count
        slot = (t_s // self.params.interval_s - 1) % self._slots
        before = state.day_value[slot]
        known = ~np.isnan(before)
        state.deviation_value = np.where(known, mean - before, 0.0)
        squared = state.deviation_value ** 2
        before = state.variance_value
        kept = np.where(np.isnan(before), squared, (1 - LEARNING) * before + LEARNING * squared)
        state.variance_value = np.where(known, kept, before)
        state.day_value = state.day_value.copy()
        state.day_value[slot] = mean
        state.least_value = np.minimum(state.least_value, np.abs(mean))
        state.last_value, state.sum_value, state.interval_count = mean, np.zeros_like(mean), 0

    @property
    def interval_s(self) -> int:
        """See :class:`twin.gate.expectation.Expecter`."""
        return self.params.interval_s

    def expectations(self, t_s: int, step_s: int, steps: int) -> Sequence[Expectation]:
        """Nominal course and corners over the intervals from ``t_s`` on; nothing before the first measurement."""
        state, p = self.state, self.params
        if np.isnan(state.last_value).all():
            return []
        lead_h = (np.arange(steps) + 0.5) * step_s / HOUR_S
        slots = ((t_s + np.arange(steps) * step_s) // p.interval_s) % self._slots
        yesterday = state.day_value[slots]
        fading = np.exp(-lead_h / p.correlation_h)[:, None]
        held = np.nan_to_num(state.last_value)
        nominal = np.where(np.isnan(yesterday), held, yesterday + fading * state.deviation_value)
        first = (FIRST_SPREAD * state.largest_value) ** 2
        sigma = np.sqrt(np.where(np.isnan(state.variance_value), first, state.variance_value))
        growing = np.sqrt(-np.expm1(-2.0 * lead_h / p.correlation_h))[:, None]
        away = p.spread_factor * growing * sigma * np.abs(self._signed)
        flags = ("no_history",) if np.isnan(yesterday).any() else ()
        courses = ((NOMINAL, nominal, 1 - 2 * CORNER_FRAC), ("short", nominal - away, CORNER_FRAC),
                   ("long", nominal + away, CORNER_FRAC))
        return [self._course(name, t_s, step_s, values, part, flags) for name, values, part in courses]

    def _course(self, name: str, t_s: int, step_s: int, values: np.ndarray, part: float,
                flags: tuple[str, ...]) -> Expectation:
        """One course, with supply not below zero and demand not below its least."""
        demand = np.minimum(values, -self.state.least_value)
        physical = np.where(self._signed > 0, np.maximum(values, 0.0), np.where(self._signed < 0, demand, values))
        return Expectation(name, t_s, step_s, {s: physical[:, i] for i, s in enumerate(self.signals)}, part, flags)


def _sign(signal: str) -> int:
    """1 for supply, -1 for demand; both grow where there is plenty: demand towards zero."""
    output = signal.partition(".")[2]
    return 1 if output in SUPPLY else -1 if output in DEMAND else 0
