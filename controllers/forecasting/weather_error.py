"""Synthetic weather forecasts for sites without a service: the weather that comes, with an error that grows with lead.

The error of one issue is a part that the whole issue shares (a front that comes late) and a part that changes over the
day; both grow with the square root of the lead. Sizes follow the lead-time errors of operational models as measured in
the project's notes (temperature 0.7 to 1.7 K, wind at 10 m 0.7 to 1.4 m/s, irradiance by day about 26 % RMSE).
Irradiance errs in its clear-sky index, most under broken cloud.

Each issue draws from a generator of its own, named after seed, series and issue time: the same issue gives the same
forecast, whatever else is issued.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from controllers.forecasting.clear_sky import ClearSky
from controllers.forecasting.errors import ForecastError
from controllers.forecasting.versioned import SeriesRole, VersionedSeries

HOUR_S = 3600
MEMORY_H = 5.0
"""Of the changing part."""
CLEAR_INDEX = (0.05, 1.05)
BROKEN_CENTRE, BROKEN_WIDTH = 0.55, 0.3
"""Clear-sky indices of broken cloud."""
BROKEN_LEAST = 0.35
SUN_W_M2 = 5.0
"""Below this clear-sky irradiance an index means nothing."""


@dataclass(frozen=True, slots=True)
class ErrorLaw:
    """Size of an error in the unit of its quantity: ``at_once + per_root_day · √(lead / 24 h)``."""

    at_once: float
    per_root_day: float
    changing: float
    """Share of the part that changes within the issue."""
    shared: float
    """Share of the part that all leads of an issue have in common."""
    smoothing_h: float = 0.0
    """Forecasts do not see what happens within such a span: the truth's running mean is forecast."""
    lower: float = -np.inf
    upper: float = np.inf

    def size(self, lead_h: np.ndarray) -> np.ndarray:
        """Standard deviation scale by lead."""
        return self.at_once + self.per_root_day * np.sqrt(lead_h / 24.0)


TEMPERATURE_DEGC = ErrorLaw(0.5, 0.9, 0.7, 0.7)
WIND_SPEED_M_S = ErrorLaw(0.5, 0.7, 0.75, 0.66, smoothing_h=2.0, lower=0.0)
HUMIDITY_PERCENT = ErrorLaw(3.0, 4.0, 1.0, 0.0, lower=15.0, upper=100.0)
CLEAR_SKY_INDEX = ErrorLaw(0.08, 0.13, 0.75, 0.66, smoothing_h=2.0)


def forecast_of(
    truth: VersionedSeries, law: ErrorLaw, issue_utc_s: np.ndarray, horizon_h: int, seed: int
) -> VersionedSeries:
    """Forecasts of a weather series, issued at k times for ``horizon_h`` hours each; available at issue."""
    valid, came = _ahead(truth, issue_utc_s, horizon_h, law.smoothing_h)
    values = np.clip(came + _errors(truth, law, issue_utc_s, valid, seed), law.lower, law.upper)
    return _issued(truth, issue_utc_s, valid, values)


def irradiance_forecast_of(
    truth: VersionedSeries, sky: ClearSky, issue_utc_s: np.ndarray, horizon_h: int, seed: int
) -> VersionedSeries:
    """The same for global irradiance [W/m²]: the error is one of the clear-sky index."""
    law = CLEAR_SKY_INDEX
    valid, came = _ahead(truth, issue_utc_s, horizon_h, 0.0)
    clear = sky.ghi_w_m2(valid, truth.step_s)
    index = np.where(clear > SUN_W_M2, came / np.maximum(clear, SUN_W_M2), np.nan)
    index = _filled(np.clip(index, 0.0, CLEAR_INDEX[1]))
    broken = np.exp(-(((index - BROKEN_CENTRE) / BROKEN_WIDTH) ** 2))
    size = BROKEN_LEAST + (1.0 - BROKEN_LEAST) * broken
    smooth = _running_mean(index, round(law.smoothing_h * HOUR_S / truth.step_s))
    values = clear * np.clip(smooth + size * _errors(truth, law, issue_utc_s, valid, seed), *CLEAR_INDEX)
    return _issued(truth, issue_utc_s, valid, np.where(np.isnan(came), np.nan, values))


def _ahead(
    truth: VersionedSeries, issue_utc_s: np.ndarray, horizon_h: int, smoothing_h: float
) -> tuple[np.ndarray, np.ndarray]:
    """Valid times and what comes then, each (k, leads)."""
    issue_utc_s = np.asarray(issue_utc_s, dtype=np.int64)
    if np.any((issue_utc_s - truth.valid_utc_s[0]) % truth.step_s):
        raise ForecastError(f"{truth.name}: issue times are not on its grid of {truth.step_s} s; choose others")
    valid = issue_utc_s[:, None] + np.arange(0, horizon_h * HOUR_S, truth.step_s)
    latest = np.asarray(np.iinfo(np.int64).max)
    half = round(smoothing_h * HOUR_S / truth.step_s / 2)
    shifts = truth.step_s * np.arange(-half, half + 1)
    around = truth.as_of(latest, valid[..., None] + shifts)
    known = ~np.isnan(around)
    mean = np.where(known, around, 0.0).sum(axis=-1) / np.maximum(known.sum(axis=-1), 1)
    return valid, np.where(known[..., half], mean, np.nan)


def _errors(truth: VersionedSeries, law: ErrorLaw, issue_utc_s: np.ndarray, valid: np.ndarray, seed: int) -> np.ndarray:
    """(k, leads)"""
    leads = valid.shape[1]
    lead_h = (np.arange(leads) + 1) * truth.step_s / HOUR_S
    name = zlib.crc32(truth.name.encode())
    draws = np.stack([np.random.default_rng([seed, name, int(issue)]).standard_normal(leads + 1)
                      for issue in issue_utc_s])
    fading = np.exp(-truth.step_s / HOUR_S / MEMORY_H)
    changing = np.empty(valid.shape)
    changing[:, 0] = draws[:, 0]
    for k in range(1, leads):
        changing[:, k] = fading * changing[:, k - 1] + np.sqrt(1.0 - fading**2) * draws[:, k]
    return law.size(lead_h) * (law.changing * changing + law.shared * draws[:, -1:])


def _issued(truth: VersionedSeries, issue_utc_s: np.ndarray, valid: np.ndarray, values: np.ndarray) -> VersionedSeries:
    available = np.broadcast_to(np.asarray(issue_utc_s)[:, None], valid.shape)
    return VersionedSeries(truth.name, SeriesRole.WEATHER, truth.step_s, valid.ravel(), available.ravel(),
                           values.ravel())


def _filled(index: np.ndarray) -> np.ndarray:
    """Nights take the index of the evening before, or of the first morning."""
    known = ~np.isnan(index)
    last = np.maximum.accumulate(np.where(known, np.arange(index.shape[1]), 0), axis=1)
    filled = np.take_along_axis(index, last, axis=1)
    first = np.take_along_axis(index, known.argmax(axis=1)[:, None], axis=1)
    return np.nan_to_num(np.where(np.isnan(filled), first, filled), nan=BROKEN_CENTRE)


def _running_mean(values: np.ndarray, width: int) -> np.ndarray:
    """Centred along axis 1; at the ends over what there is."""
    half = width // 2
    padded = np.pad(values, ((0, 0), (half, half)), constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1, axis=1)
    return np.nanmean(windows, axis=-1)
