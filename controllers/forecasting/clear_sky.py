"""The clear sky over a site: global irradiance and whether the sun is up, by pvlib, kept per day.

Model: Ineichen and Perez with the Linke turbidity climatology that ships with pvlib (P. Ineichen, R. Perez, Solar
Energy 73, 2002). Values are W/m² at the middle of quarter hours; longer intervals get their means.
"""

from __future__ import annotations

import numpy as np

from controllers.forecasting.day_types import DAY_S, QUARTER_S
from twin.context import Location

SUN_UP_ZENITH_DEG = 92.0
"""A module delivers a little before the centre of the sun rises."""
QUARTERS = DAY_S // QUARTER_S


class ClearSky:
    """Sky of one site; each day is computed once."""

    def __init__(self, location: Location) -> None:
        self.location = location
        self._days: dict[int, np.ndarray] = {}
        """UTC day → (2, quarters): irradiance, sun up."""

    def ghi_w_m2(self, start_utc_s: np.ndarray, step_s: int) -> np.ndarray:
        """Mean clear-sky irradiance of intervals on quarter hours, of the shape of ``start_utc_s``."""
        return self._quarters(start_utc_s, step_s, 0).mean(axis=-1)

    def sun_up(self, start_utc_s: np.ndarray, step_s: int) -> np.ndarray:
        """Whether the sun is above the horizon somewhere in each interval."""
        return self._quarters(start_utc_s, step_s, 1).max(axis=-1) > 0.0

    def _quarters(self, start_utc_s: np.ndarray, step_s: int, row: int) -> np.ndarray:
        utc_s = np.asarray(start_utc_s)[..., None] + np.arange(0, step_s, QUARTER_S)
        day, second = np.divmod(utc_s, DAY_S)
        distinct, where = np.unique(day, return_inverse=True)
        self._compute([int(d) for d in distinct if int(d) not in self._days])
        table = np.stack([self._days[int(d)][row] for d in distinct])
        return table[where.reshape(day.shape), second // QUARTER_S]

    def _compute(self, days: list[int]) -> None:
        if not days:
            return
        import pandas as pd
        from pvlib.location import Location as PvlibLocation

        site = self.location
        middle = np.add.outer(np.array(days) * DAY_S, QUARTER_S * np.arange(QUARTERS) + QUARTER_S // 2)
        stamps = pd.DatetimeIndex(pd.to_datetime(middle.ravel(), unit="s", utc=True))
        place = PvlibLocation(site.latitude_deg, site.longitude_deg, "UTC", site.altitude_m)
        position = place.get_solarposition(stamps)
        ghi = place.get_clearsky(stamps, model="ineichen", solar_position=position)["ghi"].to_numpy()
        up = position["apparent_zenith"].to_numpy() < SUN_UP_ZENITH_DEG
        found = np.stack([ghi, up.astype(float)]).reshape(2, len(days), QUARTERS)
        for k, day in enumerate(days):
            self._days[day] = found[:, k]
