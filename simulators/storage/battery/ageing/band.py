"""Ageing as a band over laws, and the date at which a battery is used up.

Laws fitted to the same cells of the same tests differ by several percent of capacity after ten years, a law for another
LFP cell by more: one number would be a false precision. The band is the range over the laws that were advanced side by
side on the same use; nominal is the first of them. A law without resistance says nothing of it; where that is the
nominal one, the first that has one stands in.

The end of life is extrapolated by repeating a use (say, the last year) from the present state until no law is left
above the criterion: calendar and cyclic parts go on along their own curves, nothing is drawn as a straight line.
"""

from __future__ import annotations

import copy
import datetime as dt
import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from simulators.storage.battery.ageing.model import Ageing, Health, History
from simulators.storage.battery.ageing.state import AgeingState
from simulators.storage.battery.ageing.usage import Floats

DAY_S = 86_400.0
YEAR_S = 365.25 * DAY_S
END_CAPACITY = 0.8
"""Usual criterion of warranties, p.u. of the first capacity."""
LONGEST_YEARS = 40.0


class Band(NamedTuple):
    """Range over laws; arrays over time for a history."""

    low: Floats
    nominal: Floats
    high: Floats


def capacity_band(health: Health | History) -> Band:
    """Capacity, p.u. of the first."""
    return Band(health.capacity.min(axis=-1), health.capacity[..., 0], health.capacity.max(axis=-1))


def resistance_band(health: Health | History) -> Band:
    """Resistance, p.u. of the first; nan if no law says anything of it."""
    known = ~np.isnan(health.resistance).all(axis=tuple(range(health.resistance.ndim - 1)))
    if not known.any():
        nothing = np.full(health.resistance.shape[:-1], math.nan)
        return Band(nothing, nothing, nothing)
    told = health.resistance[..., known]
    return Band(told.min(axis=-1), told[..., 0], told.max(axis=-1))


@dataclass(frozen=True, slots=True)
class EndOfLife:
    """When each law gives the criterion; from now on."""

    years: tuple[float, ...]
    """By law; 0 if it is past already, inf if it is not reached in ``longest_years``."""
    longest_years: float

    @property
    def band(self) -> tuple[float, float, float]:
        """Earliest, nominal and latest [years]."""
        return min(self.years), self.years[0], max(self.years)

    def dates(self, now: dt.datetime) -> tuple[dt.datetime | None, dt.datetime | None, dt.datetime | None]:
        """Earliest, nominal and latest date; None for what is beyond the horizon."""
        low, nominal, high = (None if math.isinf(years) else now + dt.timedelta(seconds=years * YEAR_S)
                              for years in self.band)
        return low, nominal, high


def end_of_life(
    ageing: Ageing, state: AgeingState, soc: Floats, temperature_degc: Floats, dt_s: float, *,
    end_capacity: float = END_CAPACITY, longest_years: float = LONGEST_YEARS,
) -> EndOfLife:
    """Repeat a use from a state until all laws are down to a capacity; the state stays as it is.

    Parameters
    ----------
    soc, temperature_degc : (M,) state of charge at the end of each step, temperature during it.
    dt_s : length of a step.
    end_capacity : criterion, p.u. of the battery's first capacity.
    """
    if len(soc) == 0:
        raise ValueError("the end of life is extrapolated from a use; give at least one step of it")
    if not end_capacity > 0.0:
        raise ValueError(f"a capacity of {end_capacity:g} is never reached; give a part of the first one, e.g. 0.8")
    every = max(1, round(DAY_S / dt_s))
    ahead = copy.deepcopy(state)
    history = ageing.run(ahead, soc, temperature_degc, dt_s, steps=math.ceil(longest_years * YEAR_S / dt_s),
                         every=every, end_capacity=end_capacity)
    time_s = np.concatenate([[0.0], history.time_s])
    capacity = np.vstack([ageing.health(state).capacity, history.capacity])
    return EndOfLife(tuple(_crossing(time_s, capacity[:, law], end_capacity) / YEAR_S
                           for law in range(len(ageing.laws))), longest_years)


def _crossing(time_s: Floats, capacity: Floats, level: float) -> float:
    """First time at or below a level, linear between records; inf if there is none."""
    below = np.flatnonzero(capacity <= level)
    if below.size == 0:
        return math.inf
    k = int(below[0])
    if k == 0:
        return 0.0
    before, after = capacity[k - 1], capacity[k]
    return float(time_s[k - 1] + (time_s[k] - time_s[k - 1]) * (before - level) / (before - after))
