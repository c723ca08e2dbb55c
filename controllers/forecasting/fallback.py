"""The forecast that can be made: by the model, or by what is left of it when weather or measurements are missing.

The chain, per target: the whole model; without fresh weather the model of calendar and lags; with a recent past that is
lost or frozen the same hour of last week; with no past at all, of the target or of its hour, climatology. (Signals that
no model knows are left to persistence, :mod:`controllers.persistence_forecast`.) Every step down is flagged, so is
everything that was taken out of the measurements: flat lines, spikes, values outside of the limits. Weather that is
missing for up to three hours is interpolated; leads of a longer gap are left to the lag model, the others keep the
whole one. Prices are published for the next day alone and tell least of all: if they lack, that is flagged, and the
whole model serves without them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from controllers.forecasting.features import known_windows
from controllers.forecasting.forecast import Forecast
from controllers.forecasting.low_load import LOW_SHARE
from controllers.forecasting.member import Member
from controllers.forecasting.members.climatology import Climatology
from controllers.forecasting.members.seasonal_naive import SeasonalNaive, hour_of
from controllers.forecasting.model import Issued, Service, issue
from controllers.forecasting.plausible import limits_of
from controllers.forecasting.quantiles import LEVELS, MEDIAN, within_limits
from controllers.forecasting.screen import SCREENED_DAYS, screened, unknown
from controllers.forecasting.targets import DAY_S, Target, TargetGroup, TargetKind
from controllers.forecasting.trained import TrainedGroup
from controllers.forecasting.versioned import Archive, VersionedSeries
from controllers.forecasting.windows import Windows

HOUR_S = 3600
STALE_ISSUES = 2
"""A weather forecast is stale when so many issues were missed, by the usual time between them."""
STALE_LEAST_H = 12
"""Where each hour is published by itself, two of them missing are no sign of age."""
PRICE = "price"
"""Beginning of the quantity's name."""
MOST_FILLED_H = 3
WEATHER_LEAST_SHARE = 0.9
"""Of the leads with weather, for the model to be used."""
RECENT_DAYS, RECENT_LEAST_SHARE = 2, 0.5
WEEK_LEAST_SHARE = 0.5
UNLIKE_ALL_LEARNT = "unlike_all_learnt"
"""Flag, see :func:`_unlike_all_learnt`."""
PAST_WEEK = tuple(f"lag_{day}" for day in range(1, 8))
LEAST_SPREAD = 1e-3
"""Of the capacity."""


class Level(IntEnum):
    """Who made the forecast of a target; the higher, the less was known."""

    MODEL = 0
    LAG_MODEL = 1
    LAST_WEEK = 2
    CLIMATOLOGY = 3
    PERSISTENCE = 4


@dataclass(frozen=True)
class Served:
    """A forecast with the steps that were taken down the chain."""

    forecast: Forecast
    levels: tuple[Level, ...]
    """Per target, the highest of its leads."""
    issued: Issued | None
    """To learn from, where the whole model served every lead of a target at least."""


def serve(trained: TrainedGroup, archive: Archive, now_utc_s: int, service: Service) -> Served:
    """The best forecast that can be made now.

    Parameters
    ----------
    archive : measurements of the targets and forecasts of their covariates; series may be missing.
    service : of the whole model, as it has followed the outcomes.

    Raises
    ------
    ForecastError
        If a stored model asks for features that this version does not make.
    """
    group = trained.group
    series, flags = screened(archive, group, now_utc_s)
    weather, unusable, weather_flags = _weather(archive, group, now_utc_s)
    known = Archive([*series, *weather]).known_at(now_utc_s)
    windows = known_windows(known, group)
    without = [_without_weather(target, unusable, group) for target in group.targets]
    levels = [_level(windows, k, target, without[k]) for k, target in enumerate(group.targets)]
    for k in _unlike_all_learnt(windows, trained):
        levels[k] = Level.CLIMATOLOGY
        flags.append(f"{UNLIKE_ALL_LEARNT}:{group.targets[k].series}")
    quantiles = np.empty((len(levels), group.horizon.leads, len(LEVELS)))
    issued = None
    if any(level is Level.MODEL or (level is Level.LAG_MODEL and not gone.all())
           for level, gone in zip(levels, without, strict=True)):
        issued = issue(windows, trained.whole.member_quantiles(windows), service)
    for level in sorted(set(levels)):
        chosen = [k for k, own in enumerate(levels) if own is level]
        if level <= Level.LAG_MODEL and issued is not None:
            quantiles[chosen] = issued.calibrated[chosen]
        if level is Level.LAG_MODEL:
            made = issue(windows, trained.lags.member_quantiles(windows), trained.lags.service)
            for k in chosen:
                quantiles[k, without[k]] = made.calibrated[k, without[k]]
        elif level > Level.LAG_MODEL:
            members = trained.members().values()
            made_of = _last_week if level is Level.LAST_WEEK else _climatology
            quantiles[chosen] = made_of(windows, members)[chosen]
    for k, leads in _never_seen(windows).items():
        if levels[k] <= Level.LAG_MODEL:
            quantiles[k, leads] = _climatology(windows, trained.members().values())[k, leads]
            levels[k] = Level.CLIMATOLOGY
    told = [f"{level.name.lower()}:{target.series}" for level, target in zip(levels, group.targets, strict=True)
            if level is not Level.MODEL]
    weights = service.combination.mean_weights() if issued is not None else {}
    forecast = Forecast(group, now_utc_s, quantiles, windows.daylight[:, 0], weights, (*weather_flags, *flags, *told))
    is_served = np.array([level is Level.MODEL for level in levels])
    if issued is not None:
        issued = replace(issued, is_served=is_served) if is_served.any() else None
    return Served(forecast, tuple(levels), issued)


def _weather(
    archive: Archive, group: TargetGroup, now_utc_s: int
) -> tuple[list[VersionedSeries], dict[str, np.ndarray], list[str]]:
    """Covariates with gaps filled, the leads (leads,) at which each cannot be used, and flags."""
    valid = now_utc_s + group.horizon.lead_s
    prices = {name for target in group.targets for quantity, name in target.covariates.items()
              if quantity.startswith(PRICE)}
    found, unusable = [], {}
    flags: set[str] = set()
    for name in sorted({name for target in group.targets for name in target.covariates.values()}):
        own = archive.series(name) if name in archive else unknown(name, group)
        own, is_told = _possible(own, group, now_utc_s)
        flags.update({"weather_outside_limits"} if is_told else ())
        recent = own.available_utc_s[np.searchsorted(own.valid_utc_s, now_utc_s - SCREENED_DAYS * DAY_S):]
        issued = np.unique(recent[recent <= now_utc_s])
        gap = np.isnan(own.as_of(np.asarray(now_utc_s), valid))
        long = gap & ~_short(gap, group.horizon.step_s)
        if name in prices:
            flags.update({"price_missing"} if gap.any() else ())
            long[:] = False
        elif _is_stale(issued, now_utc_s):
            flags.add("weather_stale")
            long[:] = True
        elif 1.0 - long.mean() < WEATHER_LEAST_SHARE:
            flags.add("weather_missing")
            long[:] = True
        elif gap.any():
            flags.update({"weather_gap"} if long.any() else (), {"weather_gap_filled"} if (gap & ~long).any() else ())
            own = _filled(own, valid, now_utc_s)
        unusable[name] = long
        found.append(own)
    return found, unusable, sorted(flags)


def _possible(series: VersionedSeries, group: TargetGroup, now_utc_s: int) -> tuple[VersionedSeries, bool]:
    """Weather without what it cannot be, as temperatures in K, and whether there was some of late."""
    low, high = limits_of(quantity for target in group.targets for quantity, name in target.covariates.items()
                          if name == series.name)
    outside = ~((series.values >= low) & (series.values <= high))
    if not outside.any():
        return series, False
    is_told = bool((series.valid_utc_s[outside] >= now_utc_s - SCREENED_DAYS * DAY_S).any())
    return series.rows(~outside), is_told


def _without_weather(target: Target, unusable: dict[str, np.ndarray], group: TargetGroup) -> np.ndarray:
    """(leads,) where one of its covariates cannot be used."""
    own = [unusable[name] for name in target.covariates.values()]
    return np.any(own, axis=0) if own else np.zeros(group.horizon.leads, dtype=bool)


def _is_stale(issued_utc_s: np.ndarray, now_utc_s: int) -> bool:
    """Whether a service of several issues (a table that is known ahead has one) has fallen silent."""
    if len(issued_utc_s) < 2:
        return False
    usual_s = float(np.median(np.diff(issued_utc_s)))
    return bool(now_utc_s - issued_utc_s[-1] > max(STALE_ISSUES * usual_s, STALE_LEAST_H * HOUR_S))


def _short(gap: np.ndarray, step_s: int) -> np.ndarray:
    """(leads,) gaps of a few hours with known leads on both sides."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], gap, [False]]).astype(int)))
    short = np.zeros(len(gap), dtype=bool)
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        short[first:end] = first > 0 and end < len(gap) and (end - first) * step_s <= MOST_FILLED_H * HOUR_S
    return short


def _filled(series: VersionedSeries, valid_utc_s: np.ndarray, now_utc_s: int) -> VersionedSeries:
    """The newest version with all gaps interpolated: long ones, too, because neighbouring leads and means over the day
    look at them."""
    values = series.as_of(np.asarray(now_utc_s), valid_utc_s)
    gap = np.isnan(values)
    lost = np.unique(valid_utc_s[gap] - (valid_utc_s[gap] - series.valid_utc_s[0]) % series.step_s)
    made = np.interp(lost, valid_utc_s[~gap], values[~gap])
    return VersionedSeries(
        series.name, series.role, series.step_s, np.concatenate([series.valid_utc_s, lost]),
        np.concatenate([series.available_utc_s, np.full(len(lost), now_utc_s)]), np.concatenate([series.values, made]))


def _level(windows: Windows, k: int, target: Target, without_weather: np.ndarray) -> Level:
    """How far down the chain a target has to go."""
    past = windows.history.column(f"target_{k}")[0]
    recent = np.isfinite(past[-RECENT_DAYS * DAY_S // HOUR_S:]).mean()
    week = np.isfinite(windows.features[k].column("last_week")).mean()
    if recent >= RECENT_LEAST_SHARE and (week >= WEEK_LEAST_SHARE or not target.kind.is_load):
        return Level.LAG_MODEL if without_weather.any() else Level.MODEL
    return Level.LAST_WEEK if week >= WEEK_LEAST_SHARE else Level.CLIMATOLOGY


def _never_seen(windows: Windows) -> dict[int, np.ndarray]:
    """Target → leads (leads,) whose hour of the day was not measured once in four weeks, as of a meter that is read by
    day alone: nothing of the past tells about them. Wind does not repeat daily."""
    holes = {k: np.isnan(windows.features[k].column("mean_28")[0]) for k, target in enumerate(windows.group.targets)
             if target.kind is not TargetKind.WIND}
    return {k: leads for k, leads in holes.items() if leads.any()}


def _unlike_all_learnt(windows: Windows, trained: TrainedGroup) -> list[int]:
    """Targets whose last week stands still or is next to nothing, as no such time of what was learnt: a meter that has
    been dead, or in another unit, for so long that the screen knows nothing else. What rests by nature does so in
    climatology, too: heat and cooling by season, the sun at the pole."""
    found: list[int] = []
    members = trained.members().values()
    if not any(isinstance(member, Climatology) for member in members):
        return found
    usual = _climatology(windows, members)
    for k, target in enumerate(windows.group.targets):
        past = windows.features[k].select(PAST_WEEK)[0]
        known, learnt = past[np.isfinite(past)], usual[k] / target.capacity
        if not len(known) or target.kind in (TargetKind.WIND, TargetKind.PRICE, TargetKind.CARBON):
            continue
        stands_still = np.ptp(known) == 0.0 and known[0] > target.limits[0]
        varies = (learnt[:, -1] - learnt[:, 0]).max() > LEAST_SPREAD or np.ptp(learnt[:, MEDIAN]) > LEAST_SPREAD
        next_to_nothing = target.kind is TargetKind.ELECTRIC_LOAD and target.limits[0] >= 0.0 and \
            known.max() < LOW_SHARE * usual[k].max()
        if (stands_still and varies) or next_to_nothing:
            found.append(k)
    return found


def _last_week(windows: Windows, members: Iterable[Member]) -> np.ndarray:
    """The same hour of last week with the spread that the seasonal naive has learnt; climatology where it is unknown.

    Returns
    -------
    (targets, leads, levels)
    """
    naive = next(m for m in members if isinstance(m, SeasonalNaive))
    found = [table.column("last_week")[..., None] + spread[hour_of(table)]
             for table, spread in zip(windows.features, naive.error_quantiles, strict=True)]
    known = within_limits(np.stack(found), windows)[:, 0]
    return np.where(np.isnan(known), _climatology(windows, members), known)


def _climatology(windows: Windows, members: Iterable[Member]) -> np.ndarray:
    """(targets, leads, levels)"""
    member = next(m for m in members if isinstance(m, Climatology))
    return member.predict(windows)[:, 0]
