"""Photovoltaic plant: irradiance on the modules, their temperature, DC losses, inverter, curtailment.

Chain (pvlib's functions, closed forms in ``pv_equations``): Hay-Davies transposition, ground reflection, reflection at
the glass (ASHRAE for beam and circumsolar light, Marion's integrals for diffuse), soiling, Faiman cell temperature,
PVWatts module, losses and ageing, PVWatts inverter. Powers in MW, irradiance in W/m².
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, model_validator

from simulators.generation.curtailment import curtail
from simulators.generation.pv_equations import (
    ASHRAE_B0,
    cell_temperature,
    cos_incidence,
    dc_power,
    ground_diffuse,
    incidence_modifier,
    inverter_power,
    sky_diffuse_haydavies,
)
from simulators.power_factor import tan_phi
from twin.component import AssetParams, Component, Limit, Nothing, Role, port
from twin.context import Context
from twin.nameplate import RenewableNameplate

SECONDS_PER_YEAR = 365.25 * 86_400
USUAL_DC_AC_RATIO = 1.2
"""Modules over inverters; the default of the PVWatts calculator."""


class ModuleArray(BaseModel):
    """Part of the plant with its own orientation."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    share_frac: float = Field(gt=0, le=1, description="share of peak_mw")
    tilt_deg: float = Field(ge=0, le=90, description="from horizontal [°]")
    azimuth_deg: float = Field(ge=0, lt=360, description="0 = north, 90 = east, 180 = south [°]")


class Params(AssetParams):
    """Parameters of ``type: pv_plant``."""

    peak_mw: float = Field(gt=0, description="module power at standard conditions [MWp]")
    ac_mw: float | None = Field(None, gt=0, description="rated power of the inverters [MW]; default: peak_mw / 1.2")
    tilt_deg: float = Field(25.0, ge=0, le=90, description="tilt of the modules from horizontal [°]")
    azimuth_deg: float = Field(180.0, ge=0, lt=360, description="orientation: 90 = east, 180 = south, 270 = west [°]")
    arrays: list[ModuleArray] = Field(
        [], description="parts with their own orientation; replaces tilt_deg and azimuth_deg")
    albedo_frac: float = Field(0.2, ge=0, le=1, description="light reflected by the ground; 0.2 grass, 0.6 snow")
    temperature_coefficient_per_k: float = Field(
        -0.0035, ge=-0.01, le=0.0, description="change of power with cell temperature [1/K]")
    soiling_frac: float = Field(0.02, ge=0, lt=1, description="light lost by dirt")
    system_loss_frac: float = Field(
        0.123, ge=0, lt=1, description="DC power lost by shading 3 %, mismatch 2 %, wiring 2 %, connections 0.5 %, "
        "light-induced degradation 1.5 %, nameplate 1 %, availability 3 % (PVWatts version 5)")
    age_years: float = Field(0.0, ge=0, le=50, description="age at the start of the scenario [a]")
    degradation_per_year: float = Field(0.0042, ge=0, le=0.05, description="share of the initial power lost per year")
    inverter_efficiency: float = Field(0.96, gt=0.5, le=1, description="nominal efficiency at rated power")
    power_factor: float = Field(1.0, gt=0, le=1, description="cos φ; below 1 the plant delivers reactive power")

    @model_validator(mode="after")
    def _shares_are_whole(self) -> Params:
        total = sum(a.share_frac for a in self.arrays)
        if self.arrays and abs(total - 1.0) > 1e-6:
            raise ValueError(f"the share_frac of all arrays must add up to 1, not {total:g}")
        return self


@dataclass(slots=True)
class Inputs:
    """Weather and the operator's limit."""

    ghi_w_m2: float = port(carrier="weather")
    dni_w_m2: float = port(carrier="weather")
    dhi_w_m2: float = port(carrier="weather")
    dni_extra_w_m2: float = port(carrier="weather")
    air_temperature_degc: float = port(carrier="weather")
    wind_speed_m_s: float = port(carrier="weather")
    solar_zenith_deg: float = port(carrier="weather")
    solar_azimuth_deg: float = port(carrier="weather")
    p_limit_mw: float = port(math.inf)


@dataclass(slots=True)
class Outputs:
    """Into the network is positive."""

    p_mw: float = port(carrier="electricity")
    q_mvar: float = port(carrier="electricity")
    available_mw: float = port()
    """What weather and inverter allow."""
    curtailed_mw: float = port()
    limited_by_code: int = port(codes=Limit)
    """POWER: the inverters clip. RESOURCE: less sun than ``p_limit_mw`` asks for."""


@dataclass(frozen=True, slots=True)
class _Plane:
    """What a module array is to the equations."""

    share: float
    cos_tilt: float
    sin_tilt: float
    azimuth_rad: float
    sky_modifier: float
    ground_modifier: float

    @classmethod
    def of(cls, array: ModuleArray) -> _Plane:
        from pvlib.iam import marion_diffuse  # Marion 2017: the modifier integrated over sky and ground

        tilt = math.radians(array.tilt_deg)
        modifiers = marion_diffuse("ashrae", array.tilt_deg, b=ASHRAE_B0)
        # a horizontal plane sees no ground: pvlib's integral over nothing is not a number
        ground = float(modifiers["ground"]) if array.tilt_deg > 0.0 else 0.0
        return cls(array.share_frac, math.cos(tilt), math.sin(tilt), math.radians(array.azimuth_deg),
                   float(modifiers["sky"]), ground)


class PvPlant(Component[Params, Inputs, Outputs, Nothing]):
    """Photovoltaic plant with fixed modules: sun, temperature and inverter; curtailable."""

    role = Role.RENEWABLE
    exogenous = ("available_mw",)

    def __init__(self, name: str, params: Params, context: Context) -> None:
        super().__init__(name, params, context)
        whole = ModuleArray(share_frac=1.0, tilt_deg=params.tilt_deg, azimuth_deg=params.azimuth_deg)
        self.planes = [_Plane.of(array) for array in params.arrays or [whole]]
        self.ac_mw = params.ac_mw if params.ac_mw is not None else params.peak_mw / USUAL_DC_AC_RATIO
        self.tan_phi = tan_phi(params.power_factor)

    def nameplate(self) -> RenewableNameplate:
        """Rated power of the inverters."""
        return RenewableNameplate(peak_mw=self.ac_mw)

    def health_frac(self, t_s: int) -> float:
        """Module power over its initial value; falls on a straight line (Jordan and Kurtz 2013)."""
        age_years = self.params.age_years + t_s / SECONDS_PER_YEAR
        return max(0.0, 1.0 - self.params.degradation_per_year * age_years)

    def dc_mw(self, t_s: int, weather: Inputs) -> float:
        """Power at the inverters' input."""
        p = self.params
        zenith = math.radians(weather.solar_zenith_deg)
        cos_zenith, sin_zenith = math.cos(zenith), math.sin(zenith)
        azimuth = math.radians(weather.solar_azimuth_deg)
        # a beam from below the horizon is an artefact of the step's midpoint at dusk and dawn
        dni = weather.dni_w_m2 if cos_zenith > 0.0 else 0.0
        dhi = weather.dhi_w_m2
        clean, health = 1.0 - p.soiling_frac, self.health_frac(t_s) * (1.0 - p.system_loss_frac)
        total = 0.0
        for plane in self.planes:
            cos_aoi = cos_incidence(plane.cos_tilt, plane.sin_tilt, cos_zenith, sin_zenith,
                                    math.cos(azimuth - plane.azimuth_rad))
            isotropic, circumsolar = sky_diffuse_haydavies(
                dhi, dni, weather.dni_extra_w_m2, cos_aoi, cos_zenith, plane.cos_tilt)
            ground = ground_diffuse(weather.ghi_w_m2, p.albedo_frac, plane.cos_tilt)
            directed = dni * max(cos_aoi, 0.0) + circumsolar
            effective = (directed * incidence_modifier(cos_aoi) + isotropic * plane.sky_modifier
                         + ground * plane.ground_modifier)
            warm = cell_temperature(directed + isotropic + ground, weather.air_temperature_degc, weather.wind_speed_m_s)
            total += dc_power(effective * clean, warm, p.peak_mw * plane.share, p.temperature_coefficient_per_k)
        return total * health

    def step(self, t_s: int, dt_s: int, inputs: Inputs) -> Outputs:
        """Limits in this order: light, inverter rating, ``p_limit_mw``."""
        if self.expected is not None:
            unclipped = self.expected(t_s, dt_s)[0]
        elif inputs.ghi_w_m2 <= 0.0 and inputs.dni_w_m2 <= 0.0:
            unclipped = 0.0
        else:
            unclipped = inverter_power(self.dc_mw(t_s, inputs), self.ac_mw, self.params.inverter_efficiency)
        delivery = curtail(unclipped, self.ac_mw, inputs.p_limit_mw)
        return Outputs(
            p_mw=delivery.p_mw,
            q_mvar=delivery.p_mw * self.tan_phi,
            available_mw=delivery.available_mw,
            curtailed_mw=delivery.available_mw - delivery.p_mw,
            limited_by_code=delivery.limit,
        )
