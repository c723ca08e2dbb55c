"""Monthly normals of a site's weather: what the weather generator is calibrated to."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from controllers.forecasting.errors import ForecastError

MONTHS = 12
DAY_H = 24


@dataclass(frozen=True, slots=True)
class MonthlyNormals:
    """Means of the twelve months, January first, each of shape (12,)."""

    ghi_kwh_m2: np.ndarray
    """Sum of global horizontal irradiation over the month."""
    temperature_degc: np.ndarray
    daily_range_k: np.ndarray
    """Mean of daily maximum less minimum."""
    humidity_percent: np.ndarray
    wind_speed_m_s: np.ndarray
    """At 10 m."""

    def __post_init__(self) -> None:
        for field in fields(self):
            values = np.asarray(getattr(self, field.name), dtype=float)
            if values.shape != (MONTHS,) or not np.isfinite(values).all():
                raise ForecastError(f"monthly normals: {field.name} has the shape {values.shape}; twelve numbers are "
                                    "needed, January first")
            object.__setattr__(self, field.name, values)

    @classmethod
    def of_year(
        cls, month: np.ndarray, hours_per_value: float, ghi_w_m2: np.ndarray, temperature_degc: np.ndarray,
        humidity_percent: np.ndarray, wind_speed_m_s: np.ndarray,
    ) -> MonthlyNormals:
        """From one typical year, for example the weather file of a site.

        Parameters
        ----------
        month : (n,) 1 … 12 of each value; values are in order of time and start at midnight.
        hours_per_value : length of the intervals [h].
        """
        per_day = round(DAY_H / hours_per_value)
        days = len(month) // per_day
        by_day = temperature_degc[:days * per_day].reshape(days, per_day)
        day_range = np.ptp(by_day, axis=1)
        day_month = month[:days * per_day:per_day]
        return cls(
            ghi_kwh_m2=np.array([ghi_w_m2[month == m].sum() for m in range(1, 13)]) * hours_per_value / 1000.0,
            temperature_degc=np.array([temperature_degc[month == m].mean() for m in range(1, 13)]),
            daily_range_k=np.array([day_range[day_month == m].mean() for m in range(1, 13)]),
            humidity_percent=np.array([humidity_percent[month == m].mean() for m in range(1, 13)]),
            wind_speed_m_s=np.array([wind_speed_m_s[month == m].mean() for m in range(1, 13)]),
        )
