"""A small made-up site whose laws are known: wind by its forecast, a load by working day, PV by the sun; hourly."""

from __future__ import annotations

import numpy as np

from controllers.forecasting.clear_sky import ClearSky
from controllers.forecasting.day_types import CalendarDays
from controllers.forecasting.targets import DAY_S, Horizon, Target, TargetGroup, TargetKind
from controllers.forecasting.versioned import Archive, SeriesRole, VersionedSeries
from twin.context import Location

HOUR_S = 3600
START_UTC_S = 1_735_660_800
"""2024-12-31T16:00Z, midnight in Shanghai."""
SHANGHAI = Location(31.23, 121.47, 5.0, "Asia/Shanghai", "CN")
WIND = Target("wind_mw", TargetKind.WIND, 10.0, {"wind_speed_m_s": "wind_speed_m_s"})
LOAD = Target("load_mw", TargetKind.ELECTRIC_LOAD, 4.0, {"air_temperature_degc": "air_temperature_degc"})
PV = Target("pv_mw", TargetKind.PV, 8.0, {"ghi_w_m2": "ghi_w_m2"}, irradiance="ghi_w_m2")


def group(*targets: Target, horizon: Horizon | None = None, located: bool = True) -> TargetGroup:
    """Targets of the site as a group, day-ahead in hours unless said otherwise."""
    return TargetGroup("toy", targets, horizon or Horizon(HOUR_S, 24), CalendarDays("Asia/Shanghai", "CN"),
                       ClearSky(SHANGHAI) if located else None)


def hours(days: int) -> np.ndarray:
    """(hours,) interval starts."""
    return START_UTC_S + HOUR_S * np.arange(24 * days, dtype=np.int64)


def archive(days: int = 120, seed: int = 5, *, poison_after_utc_s: int | None = None) -> Archive:
    """Measured targets and weather forecasts issued each midnight for 48 h.

    Parameters
    ----------
    poison_after_utc_s : everything that becomes available later is replaced by a huge number.
    """
    rng = np.random.default_rng(seed)
    t = hours(days)
    local_h = (t / HOUR_S + 8) % 24
    working = CalendarDays("Asia/Shanghai", "CN").of(t).working_day
    wind = 7.0 + 3.0 * np.sin(2 * np.pi * np.arange(len(t)) / 61.0) + rng.normal(0.0, 1.0, len(t))
    temperature = 15.0 + 8.0 * np.cos(2 * np.pi * (local_h - 14) / 24) + rng.normal(0.0, 1.0, len(t))
    ghi = ClearSky(SHANGHAI).ghi_w_m2(t, HOUR_S) * np.repeat(rng.uniform(0.3, 1.0, days), 24)
    power = np.clip((wind - 3.0) / 9.0, 0.0, 1.0) ** 2 * 10.0
    load = 1.0 + np.where(working, 2.0, 0.5) * np.exp(-(((local_h - 13.0) / 4.0) ** 2)) + rng.normal(0.0, 0.05, len(t))
    series = [
        VersionedSeries.measured("wind_mw", START_UTC_S, HOUR_S, power),
        VersionedSeries.measured("load_mw", START_UTC_S, HOUR_S, load),
        VersionedSeries.measured("pv_mw", START_UTC_S, HOUR_S, ghi / 1000.0 * 8.0),
        issued("wind_speed_m_s", wind + rng.normal(0.0, 0.5, len(t))),
        issued("air_temperature_degc", temperature),
        issued("ghi_w_m2", ghi * rng.uniform(0.9, 1.1, len(t))),
    ]
    return Archive(series if poison_after_utc_s is None else [_poisoned(s, poison_after_utc_s) for s in series])


def issued(name: str, truth: np.ndarray) -> VersionedSeries:
    """Forecasts issued each local midnight for 48 h, so that each hour has two versions; the older is 1 too high."""
    t = START_UTC_S + HOUR_S * np.arange(len(truth), dtype=np.int64)
    today = (t - START_UTC_S) // DAY_S * DAY_S + START_UTC_S
    return VersionedSeries(name, SeriesRole.WEATHER, HOUR_S, np.tile(t, 2), np.concatenate([today, today - DAY_S]),
                           np.concatenate([truth, truth + 1.0]))


def _poisoned(series: VersionedSeries, after_utc_s: int) -> VersionedSeries:
    values = np.where(series.available_utc_s > after_utc_s, 1e30, series.values)
    return VersionedSeries(series.name, series.role, series.step_s, series.valid_utc_s, series.available_utc_s, values)
