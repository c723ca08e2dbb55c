"""Wind farm: wind at the hub, air density, power curve of the farm, curtailment. Powers in MW, wind in m/s.

The curve is made once (``turbine_curve``); a step takes the wind from 10 m to the hub by the power
law and reads the density-corrected curve (``wind_equations``).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from pydantic import Field, model_validator

from simulators.environment.weather import PORT_WIND_HEIGHT_M
from simulators.generation import turbine_curve
from simulators.generation.curtailment import curtail
from simulators.generation.wind_equations import PowerCurve, hub_air_density, hub_wind_speed
from simulators.power_factor import tan_phi
from twin.component import AssetParams, Component, Limit, Nothing, Role, port
from twin.context import Context
from twin.nameplate import RenewableNameplate

KW_PER_MW = 1000.0


class Params(AssetParams):
    """Parameters of ``type: wind_farm``."""

    turbines: int = Field(gt=0, description="number of turbines")
    rated_mw: float = Field(gt=0, description="rated power of one turbine [MW]")
    hub_height_m: float = Field(110.0, gt=10, le=250, description="hub height [m]")
    turbine: str = Field(
        "GE120/2500", description="type in windpowerlib's turbine library, whose curve is scaled to rated_mw")
    power_curve: list[tuple[float, float]] | None = Field(
        None, min_length=2, description="own power curve of one turbine, [[wind speed m/s, power kW], ...] at 1.225 "
        "kg/m³; replaces turbine")
    cut_in_m_s: float = Field(2.8, gt=0, lt=10, description="no power below this wind speed at the hub [m/s]")
    cut_out_m_s: float = Field(25.0, gt=10, le=50, description="no power above this wind speed at the hub [m/s]")
    wind_shear_exponent: float = Field(
        1 / 7, ge=0, le=0.6, description="power-law exponent from 10 m to the hub: 1/7 open land, 1/9 sea, 1/4 town")
    wind_spread_frac: float = Field(
        0.1, ge=0, le=0.3, description="relative scatter of the wind over the farm that smooths its curve; 0: none")
    wake_loss_frac: float = Field(0.08, ge=0, lt=1, description="power lost to wakes of other turbines")
    availability_frac: float = Field(0.97, gt=0, le=1, description="share of the turbines ready to run, on average")
    power_factor: float = Field(1.0, gt=0, le=1, description="cos φ; below 1 the farm delivers reactive power")

    @model_validator(mode="after")
    def _curve_is_a_curve(self) -> Params:
        if self.power_curve is not None:
            speeds = [v for v, _ in self.power_curve]
            if any(b <= a for a, b in itertools.pairwise(speeds)) or speeds[0] < 0:
                raise ValueError("the wind speeds of power_curve must start at 0 or above and rise from row to row")
            if any(kw < 0 for _, kw in self.power_curve):
                raise ValueError("power_curve holds a negative power")
            if max(kw for _, kw in self.power_curve) > 1.05 * self.rated_mw * KW_PER_MW:
                raise ValueError(f"power_curve exceeds rated_mw = {self.rated_mw:g} MW by more than 5 %; its "
                                 "powers are in kW")
        return self


@dataclass(slots=True)
class Inputs:
    """Weather and the operator's limit."""

    wind_speed_m_s: float = port(carrier="weather")
    air_temperature_degc: float = port(carrier="weather")
    pressure_pa: float = port(carrier="weather")
    p_limit_mw: float = port(math.inf)


@dataclass(slots=True)
class Outputs:
    """Into the network is positive."""

    p_mw: float = port(carrier="electricity")
    q_mvar: float = port(carrier="electricity")
    available_mw: float = port()
    """What the wind allows."""
    curtailed_mw: float = port()
    limited_by_code: int = port(codes=Limit)
    """RESOURCE: less wind than ``p_limit_mw`` asks for."""


class WindFarm(Component[Params, Inputs, Outputs, Nothing]):
    """Wind farm of equal turbines: power curve, hub height and wakes; curtailable."""

    role = Role.RENEWABLE
    exogenous = ("available_mw",)

    def __init__(self, name: str, params: Params, context: Context) -> None:
        super().__init__(name, params, context)
        self.peak_mw = params.turbines * params.rated_mw
        self.curve = farm_curve(params)
        self.tan_phi = tan_phi(params.power_factor)

    def nameplate(self) -> RenewableNameplate:
        """Rated power of all turbines."""
        return RenewableNameplate(peak_mw=self.peak_mw)

    def available_mw(self, wind_speed_10m: float, air_temperature_degc: float, pressure_pa: float) -> float:
        """Power that the wind allows."""
        p = self.params
        wind = hub_wind_speed(wind_speed_10m, PORT_WIND_HEIGHT_M, p.hub_height_m, p.wind_shear_exponent)
        if not p.cut_in_m_s <= wind <= p.cut_out_m_s:
            return 0.0
        return self.curve.power(wind, hub_air_density(pressure_pa, air_temperature_degc, p.hub_height_m))

    def step(self, t_s: int, dt_s: int, inputs: Inputs) -> Outputs:
        """Limits in this order: wind (with cut-in and cut-out), ``p_limit_mw``."""
        if self.expected is not None:
            available = self.expected(t_s, dt_s)[0]
        else:
            available = self.available_mw(inputs.wind_speed_m_s, inputs.air_temperature_degc, inputs.pressure_pa)
        delivery = curtail(available, self.peak_mw, inputs.p_limit_mw)
        return Outputs(
            p_mw=delivery.p_mw,
            q_mvar=delivery.p_mw * self.tan_phi,
            available_mw=delivery.available_mw,
            curtailed_mw=delivery.available_mw - delivery.p_mw,
            limited_by_code=delivery.limit,
        )


def farm_curve(params: Params) -> PowerCurve:
    """Power of the farm [MW] over wind speed at the hub.

    In this order: curve of the type scaled to the rating (or the given table), cut-in and cut-out, scatter of the wind,
    wakes, availability.
    """
    rated_kw = params.rated_mw * KW_PER_MW
    if params.power_curve is not None:
        table = np.array(params.power_curve, dtype=float)
        curve, nominal_kw = (table[:, 0], table[:, 1]), rated_kw
    else:
        curve, nominal_kw = turbine_curve.library_curve(params.turbine, params.hub_height_m)
    curve = turbine_curve.scaled(curve, nominal_kw, rated_kw)
    curve = turbine_curve.between(curve, params.cut_in_m_s, params.cut_out_m_s)
    if params.wind_spread_frac > 0.0:
        curve = turbine_curve.smoothed(curve, params.wind_spread_frac)
    speeds, powers = curve
    running = params.turbines * params.availability_frac * (1.0 - params.wake_loss_frac)
    return PowerCurve(speeds.tolist(), (powers * running / KW_PER_MW).tolist())
