"""Position of the sun in degrees and extraterrestrial irradiance in W/m², by pvlib, for many instants at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Observer:
    """Whose sky: the place, and the instant (UTC) that is ``t = 0`` there."""

    latitude_deg: float
    longitude_deg: float
    altitude_m: float
    origin_utc: np.datetime64


@dataclass(frozen=True, slots=True)
class Sun:
    """Columns of shape (n,)."""

    zenith_deg: np.ndarray
    """Apparent: corrected for refraction."""
    azimuth_deg: np.ndarray
    """0 = north, 90 = east."""
    dni_extra_w_m2: np.ndarray

    @property
    def cos_zenith(self) -> np.ndarray:
        """Height of the sun as the cosine of its zenith angle, 0 while it is below the horizon."""
        return np.maximum(np.cos(np.radians(self.zenith_deg)), 0.0)

    def part(self, chosen: np.ndarray) -> Sun:
        """The rows of a mask (n,)."""
        return Sun(self.zenith_deg[chosen], self.azimuth_deg[chosen], self.dni_extra_w_m2[chosen])


def sun_at(observer: Observer, t_s: np.ndarray) -> Sun:
    """Where the sun stands ``t_s`` seconds (n,) after the observer's origin.

    Source: NREL's solar position algorithm (Reda and Andreas 2004) and Spencer's eccentricity series in pvlib.
    """
    import pandas as pd
    from pvlib.irradiance import get_extra_radiation
    from pvlib.solarposition import get_solarposition

    nanoseconds = np.round(np.asarray(t_s, dtype=float) * 1e9).astype("timedelta64[ns]")
    stamps = pd.DatetimeIndex(observer.origin_utc.astype("datetime64[ns]") + nanoseconds, tz="UTC")
    position = get_solarposition(stamps, observer.latitude_deg, observer.longitude_deg, observer.altitude_m)
    return Sun(
        zenith_deg=position["apparent_zenith"].to_numpy(),
        azimuth_deg=position["azimuth"].to_numpy(),
        dni_extra_w_m2=np.asarray(get_extra_radiation(stamps), dtype=float),
    )
