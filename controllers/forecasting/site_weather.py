"""The weather of a site as its forecaster sees it: forecasts with their error, the sun, and what follows from both.

In a simulated run the weather that comes is known, and a synthetic error makes a forecast of it, as
:mod:`.weather_error` says. Only this erroneous forecast ever reaches a model or a controller; what is astronomy (the
sun's position) has no error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from controllers.forecasting.clear_sky import ClearSky
from controllers.forecasting.errors import ForecastError
from controllers.forecasting.site_targets import GHI, HUMIDITY, TEMPERATURE, WIND_SPEED
from controllers.forecasting.versioned import SeriesRole, VersionedSeries
from controllers.forecasting.weather_error import (
    HUMIDITY_PERCENT,
    TEMPERATURE_DEGC,
    WIND_SPEED_M_S,
    forecast_of,
    irradiance_forecast_of,
)
from simulators.environment.psychrometrics import wet_bulb_degc
from simulators.environment.sun import Observer, sun_at
from twin.context import Location

HOUR_S = 3600
ISSUE_EVERY_S = 6 * HOUR_S
"""As global weather models: at 0, 6, 12 and 18 h UTC."""
WEATHER_HORIZON_H = 54
"""A forecast of 48 h still finds weather in the newest issue, which may be six hours old."""
LAWS = {TEMPERATURE: TEMPERATURE_DEGC, WIND_SPEED: WIND_SPEED_M_S, HUMIDITY: HUMIDITY_PERCENT}
QUANTITY_LAWS = {"temperature": TEMPERATURE_DEGC, "wind_speed": WIND_SPEED_M_S, "humidity": HUMIDITY_PERCENT}
SAMPLES = 300
"""Instants at which the sun is compared; two unknowns need few."""


def issued_weather(
    truth: Mapping[str, np.ndarray], start_utc_s: int, sky: ClearSky, seed: int,
    issue_utc_s: np.ndarray | None = None,
) -> list[VersionedSeries]:
    """Weather forecasts as a service would have issued them.

    Parameters
    ----------
    truth : ``weather.quantity`` → (n,) hourly means of what comes, from ``start_utc_s`` on; others are passed over.
    issue_utc_s : when; default: all issue times of the span.
    """
    hours = len(next(iter(truth.values()), ()))
    if issue_utc_s is None:
        first = -(-start_utc_s // ISSUE_EVERY_S) * ISSUE_EVERY_S
        issue_utc_s = np.arange(first, start_utc_s + hours * HOUR_S, ISSUE_EVERY_S, dtype=np.int64)
    found = []
    for name, values in truth.items():
        came = VersionedSeries.measured(name, start_utc_s, HOUR_S, values, role=SeriesRole.WEATHER)
        if name == GHI:
            found.append(irradiance_forecast_of(came, sky, issue_utc_s, WEATHER_HORIZON_H, seed))
        elif name in LAWS:
            found.append(forecast_of(came, LAWS[name], issue_utc_s, WEATHER_HORIZON_H, seed))
    return found


def issued_weather_of(measured: VersionedSeries, quantity: str, sky: ClearSky | None, seed: int) -> VersionedSeries:
    """Forecasts of one measured series, issued every six hours.

    Parameters
    ----------
    quantity : ``temperature``, ``wind_speed``, ``humidity`` or ``irradiance``.

    Raises
    ------
    ForecastError
        For irradiance without a place: its error is one of the clear-sky index.
    """
    first = -(-int(measured.valid_utc_s[0]) // ISSUE_EVERY_S) * ISSUE_EVERY_S
    issues = np.arange(first, int(measured.valid_utc_s[-1]), ISSUE_EVERY_S, dtype=np.int64)
    if quantity in QUANTITY_LAWS:
        return forecast_of(measured, QUANTITY_LAWS[quantity], issues, WEATHER_HORIZON_H, seed)
    if sky is None:
        raise ForecastError(f"{measured.name}: an error of irradiance needs the place of the site; give latitude_deg "
                            "and longitude_deg under 'site'")
    return irradiance_forecast_of(measured, sky, issues, WEATHER_HORIZON_H, seed)


def whole_weather(
    astronomy: Mapping[str, np.ndarray], given: Mapping[str, np.ndarray], utc_s: np.ndarray
) -> dict[str, np.ndarray]:
    """All outputs of a weather component from the four that are generated or forecast.

    Parameters
    ----------
    astronomy : the component's own rows; the sun and the air pressure are taken from them.
    given : irradiance, temperature, humidity and wind speed by the names of the component.
    utc_s : (n,) interval starts.
    """
    from pvlib.irradiance import erbs

    day_of_year = (utc_s.astype("datetime64[s]") - utc_s.astype("datetime64[s]").astype("datetime64[Y]")) \
        .astype(int) // 86_400 + 1
    split = erbs(given["ghi_w_m2"], astronomy["solar_zenith_deg"], day_of_year)
    wet_bulb = wet_bulb_degc(given["air_temperature_degc"], given["relative_humidity_percent"])
    made = {**given, "dni_w_m2": np.asarray(split["dni"]), "dhi_w_m2": np.asarray(split["dhi"]),
            "wet_bulb_degc": wet_bulb}
    return {name: made.get(name, values) for name, values in astronomy.items()}


def place_of_sun(weather: Mapping[str, np.ndarray], utc_s: np.ndarray, site: Location) -> Location:
    """Where the sun stands as the weather shows it: the site, or for a typical year from elsewhere a place that has
    the latitude of its station and sees noon when the weather does.

    Parameters
    ----------
    weather : ``weather.quantity`` → (n,) with the sun's position in the middle of each interval.
    utc_s : (n,) interval starts, equally spaced.
    """
    from scipy.optimize import least_squares

    zenith = weather.get("weather.solar_zenith_deg")
    if zenith is None or len(utc_s) < 2:
        return site
    chosen = np.linspace(0, len(utc_s) - 1, SAMPLES).astype(int)
    middle_s = (utc_s[chosen] + (utc_s[1] - utc_s[0]) / 2).astype(float)
    epoch = np.datetime64(0, "s")

    def apart_deg(place: np.ndarray) -> np.ndarray:
        return sun_at(Observer(place[0], place[1], site.altitude_m, epoch), middle_s).zenith_deg - zenith[chosen]

    fitted = least_squares(apart_deg, [site.latitude_deg, site.longitude_deg], diff_step=1e-4, loss="soft_l1")
    latitude, longitude = (round(float(angle), 2) for angle in fitted.x)
    return replace(site, latitude_deg=latitude, longitude_deg=longitude)
