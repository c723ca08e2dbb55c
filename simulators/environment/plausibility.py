"""Does a weather table hold what its column names say? Finds wrong units and impossible values; NaN is passed over."""

from __future__ import annotations

import numpy as np

from simulators.environment.source import IRRADIANCES, Source, WeatherError

PYRANOMETER_OFFSET_W_M2 = -4.0
"""Lowest physically possible reading of the Baseline Surface Radiation Network's tests (Long and Dutton 2002): a
pyranometer shows slightly negative values under a clear night sky. They count as zero."""

LIMITS: dict[str, tuple[float, float]] = {
    "ghi_w_m2": (PYRANOMETER_OFFSET_W_M2, 2000.0),
    "dni_w_m2": (PYRANOMETER_OFFSET_W_M2, 1500.0),
    "dhi_w_m2": (PYRANOMETER_OFFSET_W_M2, 1500.0),
    "air_temperature_degc": (-90.0, 60.0),
    "relative_humidity_percent": (0.0, 110.0),
    "pressure_pa": (45_000.0, 110_000.0),
    "wind_speed_m_s": (0.0, 100.0),
}
"""A little beyond the records of the World Meteorological Organization (-89.2 and 56.7 °C, 108.4 kPa, mean wind below
100 m/s); the lowest pressure is that of 6 km; fog reads up to 110 % on some hygrometers."""

KELVIN_ABOVE = 150.0
"""No air temperature in °C is higher, none in K lower."""
FAHRENHEIT_ABOVE = 45.0
"""No place has a mean of 45 °C; a mean of 45 °F is an ordinary winter."""
HECTOPASCAL_BELOW = 2_000.0
KILOPASCAL_BELOW = 200.0
KILOWATT_SHARE = 0.005
"""The darkest day has a tenth of the light outside the atmosphere; less than this share of it is in kW/m²."""
DAYLIGHT_W_M2 = 100.0
"""Horizontal irradiance outside the atmosphere from which on it is daylight."""


def _error(source: Source, quantity: str, complaint: str) -> WeatherError:
    return WeatherError(f"{source.file}: {quantity} {complaint}")


def _known(source: Source, quantity: str) -> np.ndarray:
    values = source.columns.get(quantity, np.empty(0))
    return values[~np.isnan(values)]


def check_units(source: Source) -> None:
    """Refuse columns that look like another unit, as a whole.

    Raises
    ------
    WeatherError
        Naming quantity, value and the unit it seems to be in.
    """
    temperature = _known(source, "air_temperature_degc")
    if len(temperature) and np.median(temperature) > KELVIN_ABOVE:
        raise _error(source, "air_temperature_degc", f"has a median of {np.median(temperature):g}: looks like kelvin; "
                     "subtract 273.15")
    if len(temperature) and np.mean(temperature) > FAHRENHEIT_ABOVE:
        raise _error(source, "air_temperature_degc", f"has a mean of {np.mean(temperature):g}: looks like degrees "
                     "Fahrenheit; convert to °C")
    pressure = _known(source, "pressure_pa")
    if len(pressure) and np.median(pressure) < HECTOPASCAL_BELOW:
        median = np.median(pressure)
        unit, factor = ("kPa", 1000) if median < KILOPASCAL_BELOW else ("hPa (mbar)", 100)
        raise _error(source, "pressure_pa", f"has a median of {median:g}: looks like {unit}; multiply by {factor}")
    humidity = _known(source, "relative_humidity_percent")
    if len(humidity) and np.max(humidity) <= 1.0:
        raise _error(source, "relative_humidity_percent", "is never above 1: looks like a fraction; multiply by 100")


def check_limits(source: Source) -> None:
    """Refuse single values out of :data:`LIMITS`.

    Raises
    ------
    WeatherError
        Naming quantity, time, value and limits.
    """
    for quantity, values in source.columns.items():
        low, high = LIMITS[quantity]
        outside = np.flatnonzero((values < low) | (values > high))
        if len(outside):
            at = int(outside[0])
            remedy = ("irradiance cannot be negative" if quantity in IRRADIANCES and values[at] < low
                      else "correct the unit or the value, or leave the cell empty")
            more = f" and {len(outside) - 1} more" if len(outside) > 1 else ""
            raise _error(source, quantity, f"is {values[at]:g} at {source.stamp(at)}{more}, allowed is "
                         f"{low:g} … {high:g}; {remedy}")


def check_irradiance_unit(source: Source, extraterrestrial_w_m2: np.ndarray) -> None:
    """Refuse irradiance in kW/m², by comparison with the light outside the atmosphere (n,) on the horizontal.

    Raises
    ------
    WeatherError
        If the brightest interval is darker than any cloud makes it.
    """
    brightest, possible = float(np.max(source.columns["ghi_w_m2"])), float(np.max(extraterrestrial_w_m2))
    if possible > DAYLIGHT_W_M2 and 0.0 < brightest < KILOWATT_SHARE * possible:
        raise _error(source, "ghi_w_m2", f"is at most {brightest:g} while the sun sends {possible:.0f} W/m²: looks "
                     "like kW/m²; multiply by 1000")


def clip_offsets(source: Source) -> Source:
    """Small negative irradiance (pyranometer offset) becomes zero, humidity above saturation becomes 100 %."""
    columns = {q: np.maximum(v, 0.0) if q in IRRADIANCES else v for q, v in source.columns.items()}
    columns["relative_humidity_percent"] = np.minimum(columns["relative_humidity_percent"], 100.0)
    return source.with_columns(columns)


def irradiation_beyond_sun(source: Source, extraterrestrial_w_m2: np.ndarray) -> tuple[float, float]:
    """Global irradiation that no sun could have sent, as a share and in Wh/m²: large if the clock is wrong."""
    ghi = source.columns["ghi_w_m2"]
    total, excess = float(ghi.sum()), float(np.maximum(ghi - extraterrestrial_w_m2, 0.0).sum())
    return excess / max(total, 1e-9), excess * source.interval_s / 3600
