"""Synthetic weather years of a site: persistent, seasonal, calibrated to monthly normals; for training and Monte Carlo.

Two latent synoptic processes with a memory of three to four days drive cloud, temperature, humidity and wind together;
a slow one of weeks makes months and years differ. Each quantity has the distribution of its month: irradiance through
:mod:`.cloud_law`, temperature normal around its daily wave, humidity logit-normal, wind Weibull (shape 2). The normals
are met in the mean over many years, a single month departs from them as real months do. Winds of monsoons do not lean
on cloud or temperature beyond the synoptic part.

Times are UTC; the daily waves follow the sun at the site's longitude. Law and sizes: the project's forecasting notes.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from controllers.forecasting.clear_sky import ClearSky
from controllers.forecasting.cloud_law import clear_share_for, clear_sky_index, mean_index
from controllers.forecasting.day_types import DAY_S
from controllers.forecasting.monthly_normals import MONTHS, MonthlyNormals
from controllers.forecasting.versioned import SeriesRole, VersionedSeries

HOUR_S = 3600
CLOUD_MEMORY_H, AIR_MASS_MEMORY_H, SEASON_MEMORY_H = 76.0, 96.0, 30.0 * 24
SEASON_SHARE = 0.02
"""Of the variance of cloud; yearly irradiation then spreads by some 5 %, a little more than measured sums do."""
AIR_MASS_LAG_H, AIR_MASS_COUPLING = 12, 0.35
FAST_CLOUD_SHARE, FAST_CLOUD_MEMORY_H, FLICKER_MEMORY_H = 0.28, 4.0, 0.5
TEMPERATURE_PEAK_H = 14.5
SYNOPTIC_TEMPERATURE_K = np.array([3.6, 3.7, 3.8, 3.4, 2.8, 2.2, 1.9, 1.8, 2.1, 2.6, 3.2, 3.6])
"""Of a mid-latitude site on the northern hemisphere; shifted by half a year on the southern one."""
CLOUD_COOLING_K = 0.9
CLOUDY_RANGE_FALL = 0.7
"""A wholly overcast day has this much less of the mean daily range than a cloudless one."""
FAST_TEMPERATURE_K = 0.3
CHANGING_RANGE_K = 0.8
"""What changes of the weather add to the daily range of the wave alone."""
HUMIDITY_SYNOPTIC, HUMIDITY_FAST, HUMIDITY_DIURNAL = 0.35, 0.2, 0.45
"""In units of the logit."""
WIND_SLOW, WIND_SLOW_MEMORY_H, WIND_FAST, WIND_FAST_MEMORY_H, WIND_SYNOPTIC = 0.62, 14.0, 0.28, 2.5, 0.55
WIND_DIURNAL, WIND_PEAK_H = 0.18, 14.0
WEIBULL_SHAPE, WEIBULL_MEAN = 2.0, 0.886227
"""Mean of a Weibull of shape 2 and scale 1: Γ(1.5)."""
HALF_NORMAL_MEAN, HALF_NORMAL_DEVIATION = 0.797885, 0.602810


@dataclass(frozen=True, slots=True)
class WeatherYear:
    """Means over intervals, each of shape (n,)."""

    start_utc_s: int
    step_s: int
    ghi_w_m2: np.ndarray
    air_temperature_degc: np.ndarray
    relative_humidity_percent: np.ndarray
    wind_speed_m_s: np.ndarray
    """At 10 m."""

    @property
    def utc_s(self) -> np.ndarray:
        """(n,) interval starts."""
        return self.start_utc_s + self.step_s * np.arange(len(self.ghi_w_m2), dtype=np.int64)

    def series(self) -> list[VersionedSeries]:
        """As measurements for an archive; forecasts of them come from :mod:`.weather_error`."""
        names = [field.name for field in fields(self)[2:]]
        return [VersionedSeries.measured(name, self.start_utc_s, self.step_s, getattr(self, name),
                                         role=SeriesRole.WEATHER) for name in names]


def generate(
    normals: MonthlyNormals, sky: ClearSky, start_utc_s: int, days: int, step_s: int, seed: int
) -> WeatherYear:
    """Weather from ``start_utc_s`` on; the same seed gives the same weather."""
    utc_s = start_utc_s + step_s * np.arange(days * DAY_S // step_s, dtype=np.int64)
    latent = _latent(len(utc_s), step_s, seed)
    month = _month(utc_s)
    solar_h = (utc_s / HOUR_S + sky.location.longitude_deg / 15.0 + step_s / HOUR_S / 2) % 24.0

    clear = sky.ghi_w_m2(utc_s, step_s)
    shares = _clear_shares(normals, sky, utc_s)
    index = clear_sky_index(_uniform(latent.cloud), latent.flicker, shares[month])
    mean = np.array([mean_index(share) for share in shares])[month]
    gloom = _daily_mean(mean - index, step_s)
    return WeatherYear(
        start_utc_s, step_s, clear * index, _temperature(normals, sky, utc_s, month, solar_h, latent, gloom),
        _humidity(normals, month, solar_h, latent), _wind(normals, month, solar_h, latent))


@dataclass(frozen=True, slots=True)
class _Latent:
    """Standard normal processes of shape (n,)."""

    cloud: np.ndarray
    """High: overcast."""
    synoptic: np.ndarray
    air_mass: np.ndarray
    fast: np.ndarray
    flicker: np.ndarray
    wind: np.ndarray


def _latent(n: int, step_s: int, seed: int) -> _Latent:
    per_h = HOUR_S / step_s
    rngs = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(7)]
    lag = round(AIR_MASS_LAG_H * per_h)
    fronts = _ar1(rngs[0], n + lag, CLOUD_MEMORY_H * per_h)
    season = _ar1(rngs[1], n + lag, SEASON_MEMORY_H * per_h)
    synoptic = np.sqrt(1.0 - SEASON_SHARE) * fronts + np.sqrt(SEASON_SHARE) * season
    fast = _ar1(rngs[2], n, FAST_CLOUD_MEMORY_H * per_h)
    air_mass = (AIR_MASS_COUPLING * synoptic[:n]
                + np.sqrt(1.0 - AIR_MASS_COUPLING**2) * _ar1(rngs[3], n, AIR_MASS_MEMORY_H * per_h))
    now = synoptic[lag:]
    stormy = (np.abs(now) - HALF_NORMAL_MEAN) / HALF_NORMAL_DEVIATION
    wind = (WIND_SLOW * _ar1(rngs[4], n, WIND_SLOW_MEMORY_H * per_h) + WIND_SYNOPTIC * stormy
            + WIND_FAST * _ar1(rngs[5], n, WIND_FAST_MEMORY_H * per_h))
    wind /= np.sqrt(WIND_SLOW**2 + WIND_SYNOPTIC**2 + WIND_FAST**2)
    cloud = np.sqrt(1.0 - FAST_CLOUD_SHARE) * now + np.sqrt(FAST_CLOUD_SHARE) * fast
    return _Latent(cloud, now, air_mass, fast, _ar1(rngs[6], n, FLICKER_MEMORY_H * per_h), wind)


def _ar1(rng: np.random.Generator, n: int, memory: float) -> np.ndarray:
    """Stationary first-order process of variance 1, ``memory`` in steps."""
    from scipy.signal import lfilter

    fading = np.exp(-1.0 / memory)
    noise = rng.standard_normal(n) * np.sqrt(1.0 - fading**2)
    noise[0] /= np.sqrt(1.0 - fading**2)
    return lfilter([1.0], [1.0, -fading], noise)


def _uniform(normal: np.ndarray) -> np.ndarray:
    from scipy.special import ndtr

    return ndtr(normal)


def _month(utc_s: np.ndarray) -> np.ndarray:
    """0 … 11"""
    return utc_s.astype("datetime64[s]").astype("datetime64[M]").astype(int) % MONTHS


def _clear_shares(normals: MonthlyNormals, sky: ClearSky, utc_s: np.ndarray) -> np.ndarray:
    """(12,) from the clear sky of a whole year around the span."""
    year = utc_s[0].astype("datetime64[s]").astype("datetime64[Y]")
    whole = np.arange(year.astype("datetime64[s]").astype(int), (year + 1).astype("datetime64[s]").astype(int), HOUR_S)
    clear = sky.ghi_w_m2(whole, HOUR_S) / 1000.0
    sums = np.array([clear[_month(whole) == m].sum() for m in range(MONTHS)])
    wanted = np.divide(normals.ghi_kwh_m2, sums, out=np.ones(MONTHS), where=sums > 0.0)
    return np.array([clear_share_for(mean) for mean in wanted])


def _temperature(
    normals: MonthlyNormals, sky: ClearSky, utc_s: np.ndarray, month: np.ndarray, solar_h: np.ndarray, latent: _Latent,
    gloom: np.ndarray,
) -> np.ndarray:
    south = 6 if sky.location.latitude_deg < 0.0 else 0
    synoptic = _smooth(np.roll(SYNOPTIC_TEMPERATURE_K, south), utc_s) * latent.air_mass
    swing = np.maximum(1.0 - CLOUDY_RANGE_FALL * gloom, 0.2)
    amplitude = np.maximum(_smooth(normals.daily_range_k, utc_s) - CHANGING_RANGE_K, 0.0) / 2.0
    wave = amplitude * np.cos(2 * np.pi * (solar_h - TEMPERATURE_PEAK_H) / 24.0)
    return (_smooth(normals.temperature_degc, utc_s) + swing * wave + synoptic + FAST_TEMPERATURE_K * latent.fast
            - CLOUD_COOLING_K * gloom)


def _humidity(normals: MonthlyNormals, month: np.ndarray, solar_h: np.ndarray, latent: _Latent) -> np.ndarray:
    """Logit-normal; its middle lies above the normal, because the logit bends: mean by the probit approximation."""
    wave = -HUMIDITY_DIURNAL * np.cos(2 * np.pi * (solar_h - TEMPERATURE_PEAK_H) / 24.0)
    departure = HUMIDITY_SYNOPTIC * latent.synoptic + HUMIDITY_FAST * latent.fast + wave
    variance = HUMIDITY_SYNOPTIC**2 + HUMIDITY_FAST**2 + HUMIDITY_DIURNAL**2 / 2
    share = normals.humidity_percent / 100.0
    middle = np.log(share / (1.0 - share)) * np.sqrt(1.0 + np.pi / 8.0 * variance)
    return 100.0 / (1.0 + np.exp(-(middle[month] + departure)))


def _wind(normals: MonthlyNormals, month: np.ndarray, solar_h: np.ndarray, latent: _Latent) -> np.ndarray:
    daily = 1.0 + WIND_DIURNAL * np.cos(2 * np.pi * (solar_h - WIND_PEAK_H) / 24.0)
    rank = np.clip(_uniform(latent.wind), 1e-9, 1.0 - 1e-9)
    return normals.wind_speed_m_s[month] * daily / WEIBULL_MEAN * (-np.log1p(-rank)) ** (1.0 / WEIBULL_SHAPE)


def _smooth(monthly: np.ndarray, utc_s: np.ndarray) -> np.ndarray:
    """Straight lines between the middles of the months, over the turn of the year, that have the monthly means.

    The mean of such lines over a month is 3/4 of its node and 1/8 of either neighbour.
    """
    month = np.eye(MONTHS)
    means = 0.75 * month + 0.125 * (np.roll(month, 1, axis=0) + np.roll(month, -1, axis=0))
    nodes = np.linalg.solve(means, monthly)
    day = (utc_s.astype("datetime64[s]") - utc_s.astype("datetime64[s]").astype("datetime64[Y]")).astype(float) / DAY_S
    middles = (np.arange(-1, MONTHS + 1) + 0.5) * 365.2425 / MONTHS
    return np.interp(day, middles, np.concatenate([nodes[-1:], nodes, nodes[:1]]))


def _daily_mean(values: np.ndarray, step_s: int) -> np.ndarray:
    """Running mean over 24 h, shorter at the ends."""
    width = DAY_S // step_s
    kernel = np.ones(min(width, len(values)))
    return np.convolve(values, kernel, "same") / np.convolve(np.ones(len(values)), kernel, "same")
