"""From hourly forecasts to courses at any step: smooth within the hour, tied to the present, means as forecast."""

from __future__ import annotations

import numpy as np

QUARTERS = 4
QUARTER_S = 900
DAY_QUARTERS = 96
FADE_H = 1.5
"""A deviation of the present from the forecast fades to 1/e within it; the next forecast, an hour later, knows of it
anyway."""
LEAST_SHARE = 0.05
"""Of the capacity: below it a ratio of measured to forecast says nothing."""
MOST_RATIO = 2.0
NORMAL_QUARTILE = 0.6745
"""Half of all normal deviations are smaller than so many standard deviations."""


def quarter_hours(hourly: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Quarter-hourly means whose hourly means are the given ones.

    Straight lines between the middles of the hours, moved so that each hour keeps its mean.

    Parameters
    ----------
    hourly : (k, hours); before : (k,) mean of the hour before the first; NaN: unknown.
    """
    first = np.where(np.isnan(before), hourly[:, 0], before)[:, None]
    known = np.concatenate([first, hourly, hourly[:, -1:]], axis=1)
    middle = (np.arange(QUARTERS) + 0.5) / QUARTERS - 0.5  # from the middle of the hour
    left, centre, right = known[:, :-2, None], known[:, 1:-1, None], known[:, 2:, None]
    line = np.where(middle < 0.0, centre + middle * (centre - left), centre + middle * (right - centre))
    line += centre - line.mean(axis=-1, keepdims=True)
    return line.reshape(len(hourly), -1)


def means_over(quarters: np.ndarray, first_s: int, step_s: int, steps: int) -> np.ndarray:
    """Means over intervals, (k, steps); behind the end the last day repeats itself.

    Parameters
    ----------
    quarters : (k, n) from 0 s on.
    first_s : start of the first interval.
    """
    last = -(-(first_s + steps * step_s) // QUARTER_S)
    number = np.arange(quarters.shape[1], max(last, quarters.shape[1]))
    day = min(DAY_QUARTERS, quarters.shape[1])
    repeated = quarters[:, quarters.shape[1] - day + (number - quarters.shape[1]) % day]
    whole = np.concatenate([quarters, repeated], axis=1)
    total = np.concatenate([np.zeros((len(whole), 1)), np.cumsum(whole, axis=1)], axis=1) * QUARTER_S
    edges_s = first_s + step_s * np.arange(steps + 1)
    quarter, rest_s = np.divmod(edges_s, QUARTER_S)
    following = whole[:, np.minimum(quarter, whole.shape[1] - 1)]
    at_edges = total[:, quarter] + following * rest_s
    return np.diff(at_edges, axis=1) / step_s


def corrected(courses: np.ndarray, lead_h: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """Courses (k, n) moved by the present deviation (k,), which fades with the lead."""
    return courses + deviation[:, None] * np.exp(-lead_h / FADE_H)


def scaled(courses: np.ndarray, lead_h: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    """Courses (k, n) that live on the sun, multiplied by the present ratio (k,), which fades to 1: nights stay dark."""
    return courses * (1.0 + (ratio[:, None] - 1.0) * np.exp(-lead_h / FADE_H))


def unknown_share(lead_h: np.ndarray) -> np.ndarray:
    """Share of a forecast's spread that is left when the present is known: of a deviation that fades as here, the
    variance 1 - exp(-2 t/τ) is new."""
    return np.sqrt(-np.expm1(-2.0 * lead_h / FADE_H))


def scatter_frac(quarters: np.ndarray) -> float:
    """How far quarter-hourly means lie from a smooth course with their hourly means, over that course: lifts, kitchens
    and clouds that no hourly forecast sees. A standard deviation by the median, for which steps of a profile are rare.
    """
    hourly = quarters[:len(quarters) // QUARTERS * QUARTERS].reshape(-1, QUARTERS).mean(axis=1)
    smooth = quarter_hours(hourly[None], np.full(1, np.nan))[0]
    tells = smooth > LEAST_SHARE * np.nanmax(quarters, initial=0.0)
    if not tells.any():
        return 0.0
    return float(np.median(np.abs(quarters[:len(smooth)][tells] / smooth[tells] - 1.0)) / NORMAL_QUARTILE)


def present_ratio(measured: np.ndarray, forecast: np.ndarray, capacity: np.ndarray) -> np.ndarray:
    """Measured over forecast; 1 where it is too dark to tell."""
    tells = is_told_by_ratio(forecast, capacity)
    return np.where(tells, np.clip(measured / np.where(tells, forecast, 1.0), 0.0, MOST_RATIO), 1.0)


def is_told_by_ratio(forecast: np.ndarray, capacity: np.ndarray) -> np.ndarray:
    """Where a ratio of measured to forecast says something."""
    return forecast > LEAST_SHARE * capacity
