"""Forecaster: serves the site's models every interval, from measurements only, and keeps what it said.

Every exogenous output of the site is measured (one step late) and averaged over hours. At each full hour the models
make a new forecast of 48 hours; in between its beginning follows what is measured. Where something is missing the chain
of :mod:`controllers.forecasting.fallback` takes over, flagged; signals that no model knows are expected to persist
(:mod:`controllers.persistence_forecast`). Weights and calibration follow the outcomes; a model that drifts is told.

In a simulated run the weather forecast is synthetic: its error model sees the weather that comes, this controller sees
the erroneous forecast alone. The weeks before the start are simulated, too (:mod:`controllers.forecasting.site_feed`).

Served are a nominal course (medians), the corners *short* (little supply, much demand: 10 % quantiles) and *long*, and
joint samples where the gate asks for them. Recorded are three quantiles at some leads, for fan charts and scores.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, model_validator

from controllers import persistence_forecast as persistence
from controllers.forecasting.fallback import Level
from controllers.forecasting.forecaster_memory import GroupMemory, first_memory
from controllers.forecasting.forecaster_service import LEADS, ForecastService, Hours
from controllers.forecasting.quantiles import LEVELS
from controllers.forecasting.site_feed import KNOWN_DAYS
from controllers.forecasting.site_targets import capacity_of
from controllers.forecasting.store import load, refuse_other_site
from twin.component import Component, ComponentParams, Role, Section, port
from twin.context import Context
from twin.errors import ComponentError
from twin.gate.expectation import NOMINAL, Expectation
from twin.scenario.datafile import DataFile

if TYPE_CHECKING:
    from twin.cosim.view import RunView

HOUR_S, QUARTER_S = 3600, 900
RECORDED_LEADS_H = (1, 2, 3, 4, 5, 6, 9, 12, 15, 18, 21, 24, 30, 36, 47)
"""A forecast made at half past reaches 47.5 h."""
CORNER_FRAC = 0.25
"""Probability given to each corner where there are no samples, as persistence does."""
CORNER_FRAC_WITH_SAMPLES, NOMINAL_FRAC_WITH_SAMPLES = 0.05, 0.1
"""Everything at its 10 % quantile at once is rare: samples say what is likely."""


class Params(ComponentParams):
    """What the YAML may say."""

    models: DataFile = Field(description="model.json of the site's models, as `twin train` writes it; weights.npz lies "
                                         "beside it")
    step_s: int | None = Field(default=QUARTER_S, gt=0, le=HOUR_S, description="measurements are taken so often [s]")
    history_h: float = Field(
        default=24.0 * KNOWN_DAYS, ge=0, le=24.0 * KNOWN_DAYS,
        description="time before the start of a run that is simulated [h]: 696 h so that lags are known, more "
                    "of it to calibrate the intervals to the season; 0: it starts without")
    weather_forecast: Literal["synthetic", "none"] = Field(
        default="synthetic", description="synthetic: the weather that comes, with an error that grows with the lead; "
                                         "none: models of calendar and lags serve")

    @model_validator(mode="after")
    def _hours_are_whole(self) -> Params:
        if HOUR_S % (self.step_s or QUARTER_S):
            raise ValueError(f"step_s {self.step_s} does not divide an hour")
        return self


@dataclass(slots=True)
class Inputs:
    """What was measured, one step late."""

    value: np.ndarray = port(float("nan"), per="signal", measured=True, signals=True)


@dataclass(slots=True)
class Outputs:
    """What is expected now: 10, 50 and 90 % quantiles of the quarter hour that begins some hours ahead, as
    ``signal+lead``; and how it was made."""

    history_frac: float = port(0.0, carrier="expectation")
    """1 once a forecast was made."""
    level_code: np.ndarray = port(int(Level.PERSISTENCE), per="target", codes=Level)
    """Who made the last forecast."""
    drift_factor: np.ndarray = port(0.0, per="target")
    """Mean loss of the last days over the usual one of the month; 0 before anything is known."""
    q10_value: np.ndarray = port(0.0, per="course", may_be_missing=True)
    q50_value: np.ndarray = port(0.0, per="course", may_be_missing=True)
    q90_value: np.ndarray = port(0.0, per="course", may_be_missing=True)


@dataclass(slots=True)
class State:
    """Measurements, the last forecast, and what was learnt since training; k targets in groups, w weather outputs."""

    persistence: persistence.State
    """Of the signals without a model, and the present of all."""
    hours: Hours
    issued_utc_s: int
    """When the last forecast was made; -1: none yet."""
    quantile_value: np.ndarray
    """(k, leads, levels) of it, with the sign of the twin."""
    weather_value: np.ndarray
    """(w, leads) weather expected then; NaN: unknown."""
    level_code: np.ndarray
    """(k,)"""
    flags: str
    """Of the last forecast, separated by blanks."""
    groups: tuple[GroupMemory, ...]


class Forecaster(Component[Params, Inputs, Outputs, State]):
    """Expects what trained models forecast: quantiles and scenarios of sun, wind and demand, with fallbacks."""

    section = Section.CONTROLLERS
    role = Role.CONTROLLER

    def __init__(self, name: str, params: Params, context: Context) -> None:
        self.signals = tuple(f"{owner}.{output}" for owner, outputs in context.exogenous.items() for output in outputs)
        capacities = {signal: capacity for signal in self.signals
                      if (capacity := capacity_of(context.nameplates.get(signal.partition(".")[0]))) is not None}
        models = load(Path(params.models))
        refuse_other_site(models, context.location, self.signals, capacities)
        start_utc_s = round(context.start.timestamp())
        if start_utc_s % QUARTER_S:
            raise ComponentError(f"{name}: the scenario starts at {context.start:%H:%M:%S}; forecasts need a start on "
                                 "a quarter of an hour")
        step_s = params.step_s or QUARTER_S
        if start_utc_s % HOUR_S % step_s:
            raise ComponentError(f"{name}: the scenario starts at {context.start:%H:%M:%S}, and steps of {step_s} s "
                                 "from there never meet a full hour of UTC, when forecasts are made; choose step_s "
                                 f"{QUARTER_S}, or another start")
        self.service = ForecastService(models, self.signals, start_utc_s)
        self._persistence = persistence.PersistenceForecast(name, persistence.Params(step_s=params.step_s), context)
        self._samples_count = 0
        super().__init__(name, params, context)

    def initial_state(self) -> State:
        """Nothing measured, nothing forecast, models as trained."""
        k, w = len(self.service.targets), len(self.service.weather)
        return State(
            self._persistence.initial_state(), Hours.none(len(self.signals), self.service.start_utc_s), -1,
            np.full((k, LEADS, len(LEVELS)), np.nan), np.full((w, LEADS), np.nan),
            np.full(k, int(Level.PERSISTENCE)), "", tuple(first_memory(trained) for trained in self.service.groups))

    def terminals(self) -> dict[str, tuple[str, ...]]:
        """All signals that nature and people decide, the forecast ones, and what is recorded of them."""
        targets = self.service.targets
        courses = tuple(f"{target}+{lead}h" for target in targets for lead in RECORDED_LEADS_H)
        return {"signal": self.signals, "target": targets, "course": courses}

    def attach(self, run: RunView) -> None:
        """Simulate the weeks before the run and prepare its weather forecasts; learn how many samples are wanted."""
        rules = run.scenario.model.gate
        self._samples_count = rules.samples_count if rules.enabled and rules.expectations == "samples" else 0
        self.service.feed(run.scenario, round(self.params.history_h / 24.0),
                          with_weather=self.params.weather_forecast == "synthetic")

    def step(self, t_s: int, dt_s: int, inputs: Inputs) -> Outputs:
        """Take in what held over the step before; a new forecast at each full hour."""
        state, service = self.state, self.service
        self._persistence.state = state.persistence
        self._persistence.step(t_s, dt_s, persistence.Inputs(inputs.value))
        now_utc_s = service.start_utc_s + t_s
        values = np.asarray(inputs.value, dtype=float)
        anything = not np.isnan(values).all()
        state.hours = state.hours.with_step(values, now_utc_s)
        if (anything and state.issued_utc_s < 0) or (state.issued_utc_s >= 0 and now_utc_s % HOUR_S == 0):
            self._issue(t_s, now_utc_s // HOUR_S * HOUR_S)
        return self._outputs(t_s)

    def _issue(self, t_s: int, now_utc_s: int) -> None:
        """Forecast, tell what changed, and learn from forecasts whose time is over."""
        state, service = self.state, self.service
        if state.issued_utc_s < 0:
            state.groups = service.caught_up(state.groups)
        archive = service.archive(state.hours, now_utc_s)
        before, flags_before = state.level_code, state.flags
        made = service.issue(archive, state.groups, now_utc_s)
        state.groups, drifting = service.learn(archive, made.memories, now_utc_s)
        state.issued_utc_s, state.quantile_value, state.weather_value = now_utc_s, made.quantiles, made.weather
        state.level_code, state.flags = made.levels, " ".join(made.flags)
        if state.flags != flags_before and (state.flags or (before != made.levels).any()):
            self.emit(t_s, "forecast_fallback" if (made.levels > Level.MODEL).any() else "forecast_flags",
                      state.flags or "all models serve again", "warning" if state.flags else "info")
        for target in drifting:
            self.emit(t_s, "forecast_drift", f"{target}: the forecasts of the last two weeks err more than 1.3 times "
                                             "as much as usual; train a challenger: twin train --challenge", "warning")

    def _outputs(self, t_s: int) -> Outputs:
        state, targets = self.state, self.service.targets
        n = len(targets) * len(RECORDED_LEADS_H)
        drift = np.concatenate([memory.drift_factor() for memory in state.groups])
        if state.issued_utc_s < 0:
            missing = np.full(n, np.nan)
            return Outputs(0.0, state.level_code, drift, missing, missing.copy(), missing.copy())
        rows = np.array(RECORDED_LEADS_H) * (HOUR_S // QUARTER_S)
        steps = max(RECORDED_LEADS_H) * HOUR_S // QUARTER_S + 1
        recorded = [course[:, rows].ravel() for course in self._interval(t_s, QUARTER_S, steps)]
        return Outputs(1.0, state.level_code, drift, *recorded)

    # ---- expectations ---------------------------------------------------------------------------------------------

    @property
    def interval_s(self) -> int:
        """See :class:`twin.gate.expectation.Expecter`."""
        return QUARTER_S

    def expectations(self, t_s: int, step_s: int, steps: int) -> Sequence[Expectation]:
        """Nominal course, corners and samples over the intervals from ``t_s`` on; nothing before the first forecast."""
        state = self.state
        self._persistence.state = state.persistence
        if state.issued_utc_s < 0:
            return []
        [usual, *_] = self._persistence.expectations(t_s, step_s, steps)
        series = {**usual.series, **self._weather(t_s, step_s, steps)}
        count = self._samples_count
        corner, nominal = (CORNER_FRAC_WITH_SAMPLES, NOMINAL_FRAC_WITH_SAMPLES) if count else (
            CORNER_FRAC, 1 - 2 * CORNER_FRAC)
        low, middle, high = self._interval(t_s, step_s, steps)
        courses = [(NOMINAL, middle, nominal), ("short", low, corner), ("long", high, corner)]
        q, present, first_s = self._now(t_s)
        drawn, _ = self.service.courses(self._samples(count), q, present, state.hours, first_s, step_s, steps)
        courses += [(f"sample_{number}", sample, (1 - nominal - 2 * corner) / count)
                    for number, sample in enumerate(drawn, start=1)]
        flags = tuple(state.flags.split())
        found = []
        for name, values, part in courses:
            own = {target: values[k] for k, target in enumerate(self.service.targets)}
            found.append(Expectation(name, t_s, step_s, {**series, **own}, part, flags))
        return found

    def _interval(self, t_s: int, step_s: int, steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """10, 50 and 90 % quantiles over intervals from now on, (k, steps) each."""
        q, present, first_s = self._now(t_s)
        return self.service.interval(q, present, self.state.hours, first_s, step_s, steps)

    def _now(self, t_s: int) -> tuple[np.ndarray, np.ndarray, int]:
        """Quantiles of the last forecast, what the targets are at present, and the time since the issue."""
        state, service = self.state, self.service
        return (state.quantile_value, state.persistence.last_value[service.target_rows],
                service.start_utc_s + t_s - state.issued_utc_s)

    def _samples(self, count: int) -> np.ndarray:
        """(count, k, leads), joint within a group; the same for all who ask within an hour."""
        if not count:
            return np.empty((0, *self.state.quantile_value.shape[:2]))
        seed = zlib.crc32(f"{self.context.seed} {self.name} {self.state.issued_utc_s}".encode())
        return self.service.samples(self.state.quantile_value, count, seed)

    def _weather(self, t_s: int, step_s: int, steps: int) -> dict[str, np.ndarray]:
        """Weather as it was forecast with the last issue; outputs of which nothing is known are left to persistence."""
        state = self.state
        known = np.isfinite(state.weather_value).all(axis=1) if state.weather_value.size else np.empty(0, dtype=bool)
        if not known.any():
            return {}
        first_s = self.service.start_utc_s + t_s - state.issued_utc_s
        values = self.service.weather_course(state.weather_value[known], first_s, step_s, steps)
        names = [name for name, use in zip(self.service.weather, known, strict=True) if use]
        return dict(zip(names, values, strict=True))
