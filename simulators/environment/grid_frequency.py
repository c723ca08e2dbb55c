"""Frequency of the public grid [Hz] as a mean over each step: from a file of measurements, or synthetic.

The synthetic one is noise, jumps where schedules step and rare large events; laws and sources:
:mod:`simulators.environment.frequency_laws`. Its defaults give the standard deviation measured in Continental Europe
(weekly 17 to 27 mHz, netzfrequenz.info). It is good for exercising a droop, not for pricing reserve energy: measured
frequency has heavier tails and a pattern of its own for each day.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from simulators.environment.frequency_laws import SECONDS_PER_DAY, mean_of_decay, ou_step, schedule_steps_hz
from simulators.profiles import mean_of_held
from simulators.profiles_table import ProfileError, TableFormat, read_table
from twin.component import Component, ComponentParams, Nothing, Role, Section, port
from twin.context import Context
from twin.scenario.datafile import DataFile

SECONDS_PER_YEAR = 365.25 * SECONDS_PER_DAY
PLAUSIBLE_FRAC = 0.1
"""A reading further from nominal than this is no frequency of an interconnected grid, whose protection acts at 5 %."""
UPWARD_EVENTS_FRAC = 0.25
"""A power station is lost more often than a load of its size."""
SMALLEST_EVENT_FRAC = 0.5
"""Of ``event_hz``; the sizes are spread evenly from here to 1."""


class Params(ComponentParams):
    """What the YAML may say; without a file the frequency is synthetic."""

    nominal_hz: float = Field(default=50.0, gt=0, le=400, description="nominal frequency [Hz]")
    file: DataFile | None = Field(
        default=None, description="CSV or Parquet file with time stamps: a value counts until the next one")
    column: str = Field(default="frequency_hz", min_length=1, description="header of the series, in Hz")
    time_column: str = Field(default="time", description="header of the stamps: ISO 8601, with offset or local")
    separator: str = Field(default=",", min_length=1, max_length=1, description="between the cells of a line")
    max_gap_s: float = Field(default=60.0, gt=0, description="longest time a value of the file may count [s]")
    noise_hz: float = Field(default=0.018, ge=0, le=1, description="standard deviation of the noise [Hz]")
    correlation_s: float = Field(
        default=120.0, gt=0, le=3600, description="time in which noise is forgotten to 1/e [s]")
    hourly_step_hz: float = Field(default=0.030, ge=0, le=1, description="jump where hourly schedules step [Hz]")
    quarter_hourly_step_hz: float = Field(
        default=0.012, ge=0, le=1, description="jump on the other quarter hours [Hz]")
    decay_s: float = Field(
        default=120.0, gt=0, le=3600, description="time in which jumps and events are brought back to 1/e [s]")
    events_per_year: float = Field(
        default=50.0, ge=0, le=1e6, description="large events, three of four downward; default: illustrative [1/a]")
    event_hz: float = Field(
        default=0.2, ge=0, le=5, description="size of the largest events, the smallest are half as large [Hz]")


@dataclass(slots=True)
class Outputs:
    """Mean over the step."""

    frequency_hz: float = port(carrier="frequency")


@dataclass(slots=True)
class State:
    """Deviations at the start of the step, and where the next ones come from."""

    noise_hz: float
    event_hz: float
    generator: np.random.Generator


class GridFrequency(Component[Params, Nothing, Outputs, State]):
    """Frequency of the public grid, measured (file) or synthetic."""

    section = Section.NETWORKS
    role = Role.ENVIRONMENT

    def __init__(self, name: str, params: Params, context: Context) -> None:
        super().__init__(name, params, context)
        self._measured_hz = measured_frequency_hz(params, context, self.step_s) if params.file else None
        local = context.calendar.local(0)
        self._start_of_day_s = local.hour * 3600 + local.minute * 60 + local.second
        self._ou = ou_step(self.step_s, params.correlation_s)
        self._event_chance = -math.expm1(-params.events_per_year * self.step_s / SECONDS_PER_YEAR)

    def initial_state(self) -> State:
        """Noise drawn from its stationary distribution, no event."""
        generator = self.context.rng(self.name)
        return State(self.params.noise_hz * float(generator.standard_normal()), 0.0, generator)

    def step(self, t_s: int, dt_s: int, inputs: Nothing) -> Outputs:
        """Look up the file's mean, or draw the next one."""
        if self._measured_hz is not None:
            last = len(self._measured_hz) - 1  # a shadow looks beyond the end of the run
            return Outputs(self._measured_hz.item(min(t_s // self.step_s, last)))
        p = self.params
        of_day_s = (self._start_of_day_s + t_s) % SECONDS_PER_DAY
        jumps_hz = schedule_steps_hz(of_day_s, dt_s, p.hourly_step_hz, p.quarter_hourly_step_hz, p.decay_s)
        return Outputs(p.nominal_hz + self._noise_hz() + jumps_hz + self._events_hz(t_s, dt_s))

    def _noise_hz(self) -> float:
        state, ou, scale_hz = self.state, self._ou, self.params.noise_hz
        z1, z2 = state.generator.standard_normal(2).tolist()
        mean_hz = ou.mean_kept * state.noise_hz + scale_hz * (ou.mean_z1 * z1 + ou.mean_z2 * z2)
        state.noise_hz = ou.kept * state.noise_hz + scale_hz * ou.end_z1 * z1
        return mean_hz

    def _events_hz(self, t_s: int, dt_s: int) -> float:
        """Mean of what events have left; a new one begins at the start of its step."""
        state, p = self.state, self.params
        # as many numbers in every step, so that the rate of events does not change the noise
        chance, size, direction = state.generator.random(3).tolist()
        if chance < self._event_chance:
            size_hz = p.event_hz * (SMALLEST_EVENT_FRAC + (1.0 - SMALLEST_EVENT_FRAC) * size)
            change_hz = size_hz if direction < UPWARD_EVENTS_FRAC else -size_hz
            state.event_hz += change_hz
            self.emit(t_s, "frequency_jump", f"{self.name}: the frequency jumps by {change_hz * 1000:+.0f} mHz")
        mean_hz = state.event_hz * mean_of_decay(0.0, dt_s, p.decay_s)
        state.event_hz *= math.exp(-dt_s / p.decay_s)
        return mean_hz


def measured_frequency_hz(params: Params, context: Context, step_s: int) -> np.ndarray:
    """The file's series as means over the steps of the run, shape (n_steps,).

    Raises
    ------
    ProfileError
        If the file cannot be used, does not cover the run, has gaps or values that are no frequency of this grid.
    """
    how = TableFormat(params.time_column, context.location.timezone, params.separator, ".")
    table = read_table(str(params.file), how)
    values = table.column(params.column)
    known = ~np.isnan(values)
    values, lines = values[known], table.lines[known]
    point_s = table.stamps[known].astype("int64") - round(context.calendar.start_utc.timestamp())
    n_steps = len(context.times(step_s))
    end_s = n_steps * step_s
    first = max(int(np.searchsorted(point_s, 0, side="right")) - 1, 0)
    part = slice(first, int(np.searchsorted(point_s, end_s)))
    point_s, values, lines = point_s[part], values[part], lines[part]
    counted_s = np.diff(np.append(point_s, end_s))
    uncovered = not len(point_s) or point_s[0] > 0
    if uncovered or counted_s.max() > params.max_gap_s:
        worst = int(np.argmax(counted_s))
        from_s = 0 if uncovered else int(point_s[worst])
        from_text = context.calendar.local(from_s).strftime("%Y-%m-%d %H:%M:%S")
        raise ProfileError("file", f"{table.file}: {params.column} has no value at or for too long after {from_text}; "
                                   f"a value may count for max_gap_s = {params.max_gap_s:g}; complete the file, raise "
                                   "max_gap_s or choose another start or duration")
    off = np.flatnonzero(np.abs(values - params.nominal_hz) > PLAUSIBLE_FRAC * params.nominal_hz)
    if len(off):
        row = int(off[0])
        raise ProfileError("column", f"{table.file}:{lines[row]}: {params.column} is {values[row]:g}, more than "
                                     f"{PLAUSIBLE_FRAC:.0%} off nominal_hz = {params.nominal_hz:g}; give the frequency "
                                     "in Hz, not its deviation and not in mHz")
    return mean_of_held(point_s, values, step_s, n_steps)
