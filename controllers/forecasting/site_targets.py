"""What is forecast of a site: its exogenous outputs as targets, in groups that are trained together.

A target's series has the name of its signal, ``component.output``, but is a magnitude; :func:`sign_of` turns it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from controllers.forecasting.clear_sky import ClearSky
from controllers.forecasting.day_types import DayTypes
from controllers.forecasting.quality import NIGHT_SHARE
from controllers.forecasting.targets import Horizon, Target, TargetGroup, TargetKind
from twin.nameplate import LoadNameplate, Nameplate, RenewableNameplate

HOURLY_TWO_DAYS = Horizon(3600, 48)
"""An operator that looks a day ahead, in a schedule of a day, asks for two."""
LOADS = {"baseline_mw": TargetKind.ELECTRIC_LOAD, "heat_mw": TargetKind.HEAT_LOAD,
         "cooling_mw": TargetKind.COOLING_LOAD}
SUPPLY = "available_mw"
"""Of a plant that lives on sun or wind."""
CAPACITY_MARGIN = 1.1
"""Over the highest value of the history, where no nameplate says what is possible."""

GHI, TEMPERATURE, WIND_SPEED, HUMIDITY = (
    f"weather.{name}" for name in ("ghi_w_m2", "air_temperature_degc", "wind_speed_m_s", "relative_humidity_percent"))
FORECAST_WEATHER = (GHI, TEMPERATURE, WIND_SPEED, HUMIDITY)
"""What a weather service says."""
COVARIATES: dict[TargetKind, dict[str, str]] = {
    TargetKind.PV: {"irradiance": GHI, "temperature": TEMPERATURE},
    TargetKind.WIND: {"wind_speed": WIND_SPEED},
    TargetKind.ELECTRIC_LOAD: {"temperature": TEMPERATURE},
    TargetKind.HEAT_LOAD: {"temperature": TEMPERATURE},
    TargetKind.COOLING_LOAD: {"temperature": TEMPERATURE},
}
GROUPS: dict[str, tuple[TargetKind, ...]] = {
    "renewables": (TargetKind.PV, TargetKind.WIND), "electricity": (TargetKind.ELECTRIC_LOAD,),
    "heat": (TargetKind.HEAT_LOAD,), "cooling": (TargetKind.COOLING_LOAD,),
}


def is_target(signal: str) -> bool:
    """Whether a signal of the twin is forecast by a model."""
    output = signal.partition(".")[2]
    return output == SUPPLY or output in LOADS


def sign_of(signal: str) -> int:
    """From magnitudes to the twin: supply is positive, demand negative."""
    return -1 if signal.partition(".")[2] in LOADS else 1


def capacity_of(plate: Nameplate | None) -> float | None:
    """What a nameplate says of the largest value; None: nothing."""
    return plate.peak_mw if isinstance(plate, RenewableNameplate | LoadNameplate) else None


def targets_of(
    history: Mapping[str, np.ndarray], utc_s: np.ndarray, plates: Mapping[str, Nameplate], sky: ClearSky,
    step_s: int, weather: Sequence[str] = FORECAST_WEATHER,
) -> list[Target]:
    """Targets of all signals of a history that can be forecast.

    Parameters
    ----------
    history : signal → (n,) magnitudes; ``utc_s`` are their interval starts.
    plates : component → nameplate, where it has one.
    weather : series that a weather service gives.
    """
    found = []
    for signal, values in history.items():
        if not is_target(signal):
            continue
        owner, _, output = signal.partition(".")
        kind = LOADS.get(output) or _kind_of_supply(values, utc_s, sky, step_s)
        capacity = capacity_of(plates.get(owner)) or CAPACITY_MARGIN * float(np.nanmax(values))
        covariates = {quantity: series for quantity, series in COVARIATES[kind].items() if series in weather}
        irradiance = "irradiance" if kind is TargetKind.PV and "irradiance" in covariates else None
        found.append(Target(signal, kind, capacity, covariates, irradiance=irradiance))
    return found


def groups_of(
    targets: Sequence[Target], days: DayTypes, sky: ClearSky | None, horizon: Horizon = HOURLY_TWO_DAYS
) -> list[TargetGroup]:
    """Targets by what moves them."""
    grouped = {name: tuple(t for t in targets if t.kind in kinds) for name, kinds in GROUPS.items()}
    return [TargetGroup(name, members, horizon, days, sky) for name, members in grouped.items() if members]


def _kind_of_supply(values: np.ndarray, utc_s: np.ndarray, sky: ClearSky, step_s: int) -> TargetKind:
    """A plant that rests at night lives on the sun."""
    at_night = ~sky.sun_up(utc_s, step_s)
    share = np.nansum(values[at_night]) / max(float(np.nansum(values)), np.finfo(float).tiny)
    return TargetKind.PV if share < NIGHT_SHARE else TargetKind.WIND
