"""Humid air: wet-bulb temperature in °C from air temperature in °C and relative humidity in %."""

from __future__ import annotations

import numpy as np

STULL_HUMIDITY_RANGE_PERCENT = (5.0, 99.0)
"""Range of the fit; outside it the nearest end is used."""
STULL_TEMPERATURE_RANGE_DEGC = (-20.0, 50.0)
"""Range of the fit at 1013.25 hPa; its error there is -1.0 … +0.65 K. In colder air both temperatures nearly agree."""


def wet_bulb_degc(air_temperature_degc: np.ndarray, relative_humidity_percent: np.ndarray) -> np.ndarray:
    """Wet-bulb temperature at sea-level pressure, never above the air temperature.

    Parameters
    ----------
    air_temperature_degc, relative_humidity_percent : (n,) arrays or floats

    Notes
    -----
    Source: R. Stull, Wet-Bulb Temperature from Relative Humidity and Air Temperature, J. Appl. Meteor. Climatol. 50
    (2011) 2267, eq. 1. Dry and cold corner (below 5 % or -20 °C): extrapolated, limited by the air temperature.
    """
    t = np.asarray(air_temperature_degc, dtype=float)
    h = np.clip(relative_humidity_percent, *STULL_HUMIDITY_RANGE_PERCENT)
    wet = (
        t * np.arctan(0.151977 * np.sqrt(h + 8.313659))
        + np.arctan(t + h)
        - np.arctan(h - 1.676331)
        + 0.00391838 * h**1.5 * np.arctan(0.023101 * h)
        - 4.686035
    )
    return np.minimum(wet, t)
