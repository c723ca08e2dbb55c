"""Features from forecasts of weather and prices: around the lead, over the day, against yesterday and last week."""

from __future__ import annotations

import numpy as np

from controllers.forecasting.day_types import DAY_S
from controllers.forecasting.daylight import CLEAR_SHARE, upper_share
from controllers.forecasting.lags import LAG_DAYS, Columns, mean_known
from controllers.forecasting.targets import Target, TargetKind
from controllers.forecasting.versioned import KnownAt

HOUR_S = 3600
AROUND_H = (-2, -1, 1, 2)
WEEK_S = 7 * DAY_S


def covariate_features(known: KnownAt, target: Target, valid_utc_s: np.ndarray) -> Columns:
    """Features of all covariates, named ``quantity@what``.

    ``@0``, ``@-2 … @2``: value at the lead and hours around it; ``@day``: mean over the horizon; ``@trail``: mean of
    the 24 h up to the lead (buildings remember); ``@less_yesterday``, ``@less_week``: change against what was known of
    the same time a day and a week before, beside the lags of the target.
    """
    columns: Columns = {}
    for quantity, series in target.covariates.items():
        now = known.values(series, valid_utc_s)
        around = known.values(series, valid_utc_s[..., None] + HOUR_S * np.array(AROUND_H))
        columns[f"{quantity}@0"] = now
        for k, offset_h in enumerate(AROUND_H):
            columns[f"{quantity}@{offset_h}"] = np.where(np.isnan(around[..., k]), now, around[..., k])
        columns[f"{quantity}@day"] = np.broadcast_to(mean_known(now)[:, None], now.shape)
        columns[f"{quantity}@less_yesterday"] = now - known.values(series, valid_utc_s - DAY_S)
        if target.kind.is_load:
            trail = known.values(series, valid_utc_s[..., None] - 3 * HOUR_S * np.arange(8))
            columns[f"{quantity}@trail"] = mean_known(trail)
            columns[f"{quantity}@less_week"] = now - known.values(series, valid_utc_s - WEEK_S)
    if target.kind is TargetKind.PV and target.irradiance is not None:
        columns |= clear_sky_features(known, target, valid_utc_s)
    return columns


def clear_sky_features(known: KnownAt, target: Target, valid_utc_s: np.ndarray) -> Columns:
    """Irradiance and power against the brightest recent days at the same time: a clear-sky index without a location."""
    back_s = DAY_S * np.arange(1, LAG_DAYS + 1)
    envelopes = {
        "clear@irradiance": known.values(target.covariates[str(target.irradiance)], valid_utc_s[..., None] - back_s),
        "clear@power": known.values(target.series, valid_utc_s[..., None] - back_s),
    }
    columns = {name: upper_share(values, CLEAR_SHARE) for name, values in envelopes.items()}
    forecast = known.values(target.covariates[str(target.irradiance)], valid_utc_s)
    with np.errstate(divide="ignore", invalid="ignore"):
        index = np.where(columns["clear@irradiance"] > 0.0, forecast / columns["clear@irradiance"], np.nan)
    columns["clear@index"] = np.clip(index, 0.0, 2.0)
    columns["clear@estimate"] = np.where(np.isnan(index), 0.0, columns["clear@index"] * columns["clear@power"])
    return columns
