"""Is a history what it claims to be? Refuses wrong units, signs and clocks; takes out flat lines, spikes and impossible
values, and says so. Magnitudes are compared with the declared capacity and limits of the target.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from controllers.forecasting.clear_sky import ClearSky
from controllers.forecasting.errors import HistoryError
from controllers.forecasting.low_load import too_low
from controllers.forecasting.spikes import spikes
from controllers.forecasting.targets import DAY_S, Target, TargetKind
from controllers.forecasting.versioned import VersionedSeries

HOUR_S = 3600
THOUSAND_ABOVE = 50.0
"""High values this many times the capacity: kW instead of MW. Nobody errs so much in a capacity."""
THOUSAND_BELOW = 0.01
LIMIT_TOLERANCE = 1e-9
OUTSIDE_TOLERANCE = 0.05
"""Of the capacity: meters and ratings differ by so much."""
OUTSIDE_SHARE = 0.01
"""More values outside of the limits than this are no outliers: unit, sign or capacity are wrong."""
FLAT_LEAST_H = 6
"""Measured power that does not change in its last digit for longer is a frozen sensor, unless it stands at this value
by nature. Of PV only hours of daylight count."""
REST_RUNS = 2
"""So many other runs of six hours at the same value: the series rests there by nature, as a canteen does at night.
Wind may be calm or full for days, and is not asked."""
REST_WITHIN_DAYS = 28
"""Before and after a run that is judged: four weekends."""
SEASON_DAYS = 14
"""Heating and cooling (and PV in a polar night) that rest for longer are off for the season; a meter is mended by
then."""
STEADY_SHARE = 0.5
"""A series that mostly repeats its value is steady by nature (a data centre, a tariff)."""
NIGHT_SHARE = 0.02
"""Of the energy of a PV plant; more at night means a wrong clock."""
HIGH = 0.995


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was noticed and dealt with."""

    kind: str
    """``gap``, ``outside_limits``, ``flat_line``, ``too_low``, ``spike``, ``missing_value_code``."""
    series: str
    count: int
    """Values concerned."""
    first_utc_s: int

    def __str__(self) -> str:
        at = np.datetime64(self.first_utc_s, "s")
        return f"{self.series}: {self.count} values with {self.kind.replace('_', ' ')}, the first at {at} UTC"


def refuse_wrong(series: VersionedSeries, target: Target, sky: ClearSky | None = None) -> None:
    """Refuse a measured history that is wrong as a whole.

    Parameters
    ----------
    sky : of the site, to check the clock of a PV plant.

    Raises
    ------
    HistoryError
        If the history is empty, or its unit, sign or clock is wrong.
    """
    if not len(series.values):
        raise HistoryError(f"{series.name}: the history is empty; give measurements, or leave the target out")
    _refuse_wrong_unit(series, target)
    _refuse_wrong_sign(series, target)
    if target.kind is TargetKind.PV and sky is not None:
        refuse_wrong_clock(series, sky)


def cleaned(
    series: VersionedSeries, target: Target, sky: ClearSky | None = None, now_utc_s: int | None = None
) -> tuple[VersionedSeries, tuple[Finding, ...]]:
    """A history without what cannot be true, and what was found. Nothing is refused: of the weeks behind a forecaster
    in service an unusually low level proves nothing.

    Parameters
    ----------
    now_utc_s : until when values should have come, but for their usual delay; None: the series may end where it does.
    """
    findings = gaps(series, now_utc_s)
    values = series.values.copy()
    for kind, odd in implausible(series, target, sky).items():
        if odd.any():
            findings.append(Finding(kind, series.name, int(odd.sum()), int(series.valid_utc_s[odd.argmax()])))
            values[odd] = np.nan
    clean = replace(series, values=np.clip(values, *target.limits))
    return clean, tuple(findings)


def implausible(series: VersionedSeries, target: Target, sky: ClearSky | None) -> dict[str, np.ndarray]:
    """Kind of finding → values (m,) that cannot be true, each under one kind."""
    found: dict[str, np.ndarray] = {}
    taken = np.zeros(len(series.values), dtype=bool)
    for kind, odd in (("outside_limits", _outside(series, target)), ("flat_line", _flat(series, target, sky)),
                      ("too_low", too_low(series, target)), ("spike", spikes(series, target))):
        found[kind] = odd & ~taken
        taken |= odd
    return found


def refuse_wrong_clock(series: VersionedSeries, sky: ClearSky) -> None:
    """Refuse a PV history that produces while the sun is down.

    Raises
    ------
    HistoryError
        Names the share of energy at night and the shift that would agree with the sun best.
    """
    power = np.maximum(series.values, 0.0)
    at_night = ~sky.sun_up(series.valid_utc_s, series.step_s)
    share = power[at_night].sum() / max(power.sum(), np.finfo(float).tiny)
    if share > NIGHT_SHARE:
        shifts = np.arange(-12, 13)
        agreement = [np.sum(power * sky.ghi_w_m2(series.valid_utc_s + HOUR_S * h, series.step_s)) for h in shifts]
        best_h = int(shifts[int(np.argmax(agreement))])
        raise HistoryError(f"{series.name}: {share:.0%} of the energy falls into the night; it agrees with the sun "
                           f"best when shifted by {best_h:+d} h; correct the time zone of the file or the location of "
                           "the site")


def _refuse_wrong_unit(series: VersionedSeries, target: Target) -> None:
    high = float(np.quantile(np.abs(series.values), HIGH))
    ratio = high / target.capacity
    if ratio > THOUSAND_ABOVE:
        raise HistoryError(f"{series.name}: high values are {high:g}, {ratio:.0f} times the capacity of "
                           f"{target.capacity:g}; the history looks like a unit a thousand times smaller (kW for MW); "
                           "convert it")
    if 0.0 < ratio < THOUSAND_BELOW:
        raise HistoryError(f"{series.name}: high values are {high:g}, {ratio:.2%} of the capacity of "
                           f"{target.capacity:g}; the history looks like a unit a thousand times larger (GW for MW), "
                           "or the capacity is wrong; correct one of them")


def _refuse_wrong_sign(series: VersionedSeries, target: Target) -> None:
    low, high = target.limits
    below = np.mean(series.values < low - OUTSIDE_TOLERANCE * target.capacity)
    above = np.mean(series.values > high + OUTSIDE_TOLERANCE * target.capacity)
    if below > OUTSIDE_SHARE:
        raise HistoryError(f"{series.name}: {below:.0%} of the values are below {low:g}; magnitudes are expected here, "
                           "turn the sign, or declare a lower limit")
    if above > OUTSIDE_SHARE:
        raise HistoryError(f"{series.name}: {above:.0%} of the values are above {high:g}; correct the unit or the "
                           "capacity")


def gaps(series: VersionedSeries, now_utc_s: int | None = None) -> list[Finding]:
    """What is missing between two values, and between the last one and now."""
    step_s, ends = series.step_s, series.valid_utc_s + series.step_s
    starts = series.valid_utc_s[1:]
    if now_utc_s is not None:
        usual_delay_s = int(np.median(series.available_utc_s - ends))
        starts = np.append(starts, max(now_utc_s - usual_delay_s, int(ends[-1])))
    missing = (starts - ends[:len(starts)]) // step_s
    if not (missing > 0).any():
        return []
    return [Finding("gap", series.name, int(missing[missing > 0].sum()), int(ends[(missing > 0).argmax()]))]


def _outside(series: VersionedSeries, target: Target) -> np.ndarray:
    low, high = target.limits
    margin = OUTSIDE_TOLERANCE * target.capacity
    return (series.values < low - margin) | (series.values > high + margin)


def _flat(series: VersionedSeries, target: Target, sky: ClearSky | None) -> np.ndarray:
    """Long runs of one value: between the limits, and at a limit where the series does not rest by nature."""
    same = np.concatenate([[False], (np.diff(series.values) == 0.0) & (np.diff(series.valid_utc_s) == series.step_s)])
    run = np.cumsum(~same) - 1
    low, high = target.limits
    at_low, at_high = series.values <= low + LIMIT_TOLERANCE, series.values >= high - LIMIT_TOLERANCE
    within = ~(at_low | at_high)
    found = np.zeros(len(same), dtype=bool)
    if within.any() and same[within].mean() <= STEADY_SHARE:
        found |= within & (_long(run, series) & ~_returns(run, series))[run]
    if (target.kind.is_load or target.kind is TargetKind.PV) and not at_low.all():
        found |= _stuck(series, target, sky, at_low, run)[run]
    if target.kind.is_load and at_high.mean() <= STEADY_SHARE:
        found |= _stuck(series, target, sky, at_high, run)[run]
    return found


def _long(run: np.ndarray, series: VersionedSeries) -> np.ndarray:
    """Which runs (runs,) of one value last longer than measured power does."""
    return np.bincount(run) * series.step_s >= FLAT_LEAST_H * HOUR_S


def _returns(run: np.ndarray, series: VersionedSeries) -> np.ndarray:
    """Which runs (runs,) are at a value at which the series stands by nature: a meter of coarse resolution, or a site
    whose nights are all alike. A frozen meter stands at any value."""
    first = np.searchsorted(run, np.arange(int(run.max(initial=-1)) + 1))
    value, begin, found = series.values[first], series.valid_utc_s[first], np.zeros(len(first), dtype=bool)
    long = _long(run, series)
    for level in np.unique(value[long]):
        own = np.flatnonzero(long & (value == level))
        since, to = (np.searchsorted(begin[own], begin[own] + side * REST_WITHIN_DAYS * DAY_S) for side in (-1, 1))
        found[own] = to - since - 1 >= REST_RUNS
    return found


def _stuck(
    series: VersionedSeries, target: Target, sky: ClearSky | None, at_limit: np.ndarray, run: np.ndarray
) -> np.ndarray:
    """Which runs (runs,) are a meter stuck at a limit at which the series does not rest by nature.

    Parameters
    ----------
    at_limit : (m,) values there.
    run : (m,) number of the run of equal values that each value belongs to.
    """
    least_s = FLAT_LEAST_H * HOUR_S
    if target.kind is TargetKind.PV and sky is not None:
        at_limit = at_limit & sky.sun_up(series.valid_utc_s, series.step_s)
    elif target.kind is TargetKind.PV:
        least_s = DAY_S  # has daylight in it
    rests = np.bincount(run, weights=at_limit) * series.step_s >= least_s
    begin = series.valid_utc_s[np.searchsorted(run, np.arange(len(rests)))]
    first, end = (np.searchsorted(begin[rests], begin + side * REST_WITHIN_DAYS * DAY_S) for side in (-1, 1))
    found = rests & (end - first - 1 < REST_RUNS)
    if target.kind is not TargetKind.ELECTRIC_LOAD:
        found &= np.bincount(run) * series.step_s <= SEASON_DAYS * DAY_S
    return found
