"""Can this be what it is called? Codes that tables write for a missing value, and weather in another unit.

Weather is judged by what it is called as a covariate: temperatures in °C, irradiance in W/m², wind speed in m/s. Other
quantities come as percent or fraction, hPa or Pa, and models learn from either.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from controllers.forecasting.errors import HistoryError
from controllers.forecasting.quality import OUTSIDE_SHARE, Finding, gaps
from controllers.forecasting.targets import DAY_S, Target
from controllers.forecasting.versioned import VersionedSeries

MISSING_CODES = (-99.0, -99.9, -999.0, -999.9, -9999.0, -99999.0, 999.0, 999.9, 9999.0, 99999.0)
"""What loggers and weather archives write where nothing was measured."""
LONG_ENOUGH_S = 60 * DAY_S
"""Two months see the sun in every climate, and winds of all strengths."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a quantity may be, in its unit."""

    unit: str
    low: float
    high: float
    other_units: str
    """How values beyond the limits usually come about, and how ``forecast.yaml`` mends them."""


KELVIN = "in K: add 'offset: -273.15'; in °F: 'factor: 0.5556' and 'offset: -17.78'"
ENERGY = "in J/m² or kJ/m² of an hour: multiply with 'factor: 0.0002778' or 'factor: 0.2778'; the sign is positive"
KM_H = "in km/h: multiply with 'factor: 0.2778'; in knots: 'factor: 0.5144'"
PLAUSIBLE = {
    # Air on earth was between -89.2 and 56.7 °C (World Meteorological Organization, Archive of Weather Extremes).
    "temperature": Quantity("°C", -90.0, 60.0, KELVIN),
    # Pyranometers read -20 W/m² at most by night (ISO 9060, class C: zero offset); broken clouds add to the sun
    # outside of the atmosphere, 1361 W/m², for minutes.
    "irradiance": Quantity("W/m²", -20.0, 1600.0, ENERGY),
    # A mean over minutes; components of the wind are negative as often as not.
    "wind_speed": Quantity("m/s", -75.0, 75.0, KM_H),
}
IRRADIANCE_LEAST_HIGH_W_M2 = 5.0
"""No two months anywhere are darker than this in their brightest hours."""
WIND_MOST_MEAN_M_S = 20.0
"""Twice the mean of the windiest sites, offshore and at hub height."""


def without_implausible(
    series: VersionedSeries, targets: Sequence[Target], place: str, factor: float = 1.0, offset: float = 0.0
) -> tuple[VersionedSeries, list[Finding]]:
    """A table's series without codes for missing values; weather also without what it cannot be, and its gaps told.

    Parameters
    ----------
    targets : those that may be this series, or have it as a covariate.
    place : file and column, for messages.
    factor, offset : that the values were multiplied with, and what was added then.

    Raises
    ------
    HistoryError
        If weather has another unit or sign.
    """
    own = [target.limits for target in targets if target.series == series.name]
    roles = [role for target in targets for role, name in target.covariates.items() if name == series.name]
    low, high = own[0] if own else limits_of(roles)
    series, findings = without_missing_codes(series, factor, offset, low, high)
    if own:
        return series, findings
    for role in dict.fromkeys(roles):
        series, told = checked_covariate(series, role, place)
        findings += told
    return series, findings + gaps(series)


def without_missing_codes(
    series: VersionedSeries, factor: float, offset: float, low: float, high: float
) -> tuple[VersionedSeries, list[Finding]]:
    """A table's series without the codes that stand for a missing value.

    A code is only taken for one where it cannot be a value: beyond the limits of the quantity, or, where it has none,
    farther from all other values than those, which vary, are from each other.

    Parameters
    ----------
    factor, offset : that the values were multiplied with, and what was added then.
    low, high : what the quantity may be; infinite where nobody knows.
    """
    values = series.values
    written = np.array(MISSING_CODES) * factor + offset
    is_code = np.isclose(values[:, None], written, rtol=1e-9, atol=0.0).any(axis=1)
    is_missing = is_code & ((values < low) | (values > high))
    if is_code.any() and not is_code.all() and not np.isfinite([low, high]).any():
        least, most = values[~is_code].min(), values[~is_code].max()
        is_missing |= is_code & (most > least) & (np.maximum(least - values, values - most) > most - least)
    if not is_missing.any():
        return series, []
    first = int(series.valid_utc_s[is_missing.argmax()])
    cleaned = replace(series, values=np.where(is_missing, np.nan, values))
    return cleaned, [Finding("missing_value_code", series.name, int(is_missing.sum()), first)]


def limits_of(quantities: Iterable[str]) -> tuple[float, float]:
    """What a covariate of these names may be; infinite where nobody knows."""
    known = [kind for name in quantities if (kind := _quantity(name)) is not None]
    return max((kind.low for kind in known), default=-np.inf), min((kind.high for kind in known), default=np.inf)


def checked_covariate(
    series: VersionedSeries, quantity: str, place: str
) -> tuple[VersionedSeries, list[Finding]]:
    """Weather without single values that cannot be; small negative irradiance is the zero of its instrument.

    Parameters
    ----------
    quantity : what the covariate is called, with its ending.
    place : file and column, for messages.

    Raises
    ------
    HistoryError
        If the unit or the sign is another one.
    """
    kind = _quantity(quantity)
    if kind is None or not len(series.values):
        return series, []
    _refuse_other_unit(series, quantity, kind, place)
    outside = (series.values < kind.low) | (series.values > kind.high)
    values = np.where(outside, np.nan, series.values)
    if quantity.startswith("irradiance"):
        values = np.maximum(values, 0.0)
    findings = [Finding("outside_limits", series.name, int(outside.sum()), int(series.valid_utc_s[outside.argmax()]))] \
        if outside.any() else []
    return replace(series, values=values), findings


def _refuse_other_unit(series: VersionedSeries, quantity: str, kind: Quantity, place: str) -> None:
    values = series.values
    outside = (values < kind.low) | (values > kind.high)
    told = None
    if outside.mean() > OUTSIDE_SHARE:
        told = (f"{outside.mean():.0%} of the values are not between {kind.low:g} and {kind.high:g} "
                f"{kind.unit}, the first is {values[outside.argmax()]:g} at "
                f"{np.datetime64(int(series.valid_utc_s[outside.argmax()]), 's')} UTC; {kind.other_units}")
    elif int(series.valid_utc_s[-1]) - int(series.valid_utc_s[0]) >= LONG_ENOUGH_S:
        high, mean = float(np.quantile(values, 0.999)), float(values.mean())
        if quantity.startswith("irradiance") and high < IRRADIANCE_LEAST_HIGH_W_M2:
            told = (f"the highest values are {high:g}, no two months are so dark in {kind.unit}; in kW/m²: "
                    "multiply with 'factor: 1000'; if the instrument was dead, leave it out")
        elif quantity.startswith("wind_speed") and mean > WIND_MOST_MEAN_M_S:
            told = f"the mean is {mean:.3g}, no site is so windy in {kind.unit}; {kind.other_units}"
    if told is not None:
        raise HistoryError(f"{place}: {series.name} is used as {quantity}, in {kind.unit}, but {told} "
                           "(in forecast.yaml; in a bare table mend the column)")


def _quantity(name: str) -> Quantity | None:
    """By the beginning of the name: ``wind_speed_100m``."""
    return next((kind for known, kind in PLAUSIBLE.items() if name == known or name.startswith(f"{known}_")), None)
