"""Photovoltaic equations in closed form: irradiance in W/m², temperature in °C, power in any one unit.

They take floats, numpy arrays and CasADi symbols alike: arithmetic only, the caller brings the cosines. Each equals the
pvlib function it names; a scalar costs 1 µs instead of 30.
"""

from __future__ import annotations

from typing import Any, TypeAlias

Quantity: TypeAlias = Any
"""A float, an array of floats or a CasADi symbol."""

MIN_COS_ZENITH = 0.01745
"""Cosine of 89°: keeps circumsolar irradiance finite at sunrise (pvlib.irradiance.haydavies)."""
ASHRAE_B0 = 0.05
"""Reflection coefficient of a glass cover: Souka and Safwat 1966, ASHRAE 93-77; pvlib.iam.ashrae."""
MIN_COS_INCIDENCE = 1e-6
"""Grazing light is reflected entirely; keeps the division finite."""
FAIMAN_U0 = 25.0
"""Heat loss of an open rack in still air [W/(m² K)], Faiman 2008; pvlib.temperature.faiman."""
FAIMAN_U1 = 6.84
"""Additional heat loss by wind [W s/(m³ K)], Faiman 2008."""
STANDARD_IRRADIANCE_W_M2 = 1000.0
STANDARD_TEMPERATURE_DEGC = 25.0
PVWATTS_REFERENCE_EFFICIENCY = 0.9637
"""Of the inverter the PVWatts curve was fitted to: Dobos, PVWatts version 5 manual, NREL/TP-6A20-62641, eq. 11."""


def positive(x: Quantity) -> Quantity:
    """max(x, 0), exactly, without a comparison."""
    return 0.5 * (x + abs(x))


def smaller(a: Quantity, b: Quantity) -> Quantity:
    """min(a, b) without a comparison."""
    return a - positive(a - b)


def cos_incidence(
    cos_tilt: Quantity, sin_tilt: Quantity, cos_zenith: Quantity, sin_zenith: Quantity, cos_azimuth: Quantity
) -> Quantity:
    """Cosine of the angle between sun and module normal; ``cos_azimuth`` of sun minus module azimuth.

    Equals pvlib.irradiance.aoi_projection.
    """
    return cos_tilt * cos_zenith + sin_tilt * sin_zenith * cos_azimuth


def sky_diffuse_haydavies(
    dhi: Quantity, dni: Quantity, dni_extra: Quantity, cos_aoi: Quantity, cos_zenith: Quantity, cos_tilt: Quantity
) -> tuple[Quantity, Quantity]:
    """Isotropic and circumsolar diffuse irradiance on the tilted plane.

    Equals pvlib.irradiance.haydavies with ``return_components``. Source: Hay and Davies 1980.
    """
    anisotropy = dni / dni_extra
    above_horizon = MIN_COS_ZENITH + positive(cos_zenith - MIN_COS_ZENITH)
    isotropic = positive(dhi * (1.0 - anisotropy) * 0.5 * (1.0 + cos_tilt))
    circumsolar = positive(dhi * anisotropy * positive(cos_aoi) / above_horizon)
    return isotropic, circumsolar


def ground_diffuse(ghi: Quantity, albedo: Quantity, cos_tilt: Quantity) -> Quantity:
    """Irradiance from the ground. Equals pvlib.irradiance.get_ground_diffuse."""
    return ghi * albedo * 0.5 * (1.0 - cos_tilt)


def incidence_modifier(cos_aoi: Quantity, b0: Quantity = ASHRAE_B0) -> Quantity:
    """Share of beam irradiance that passes the glass. Equals pvlib.iam.ashrae."""
    cosine = MIN_COS_INCIDENCE + positive(cos_aoi - MIN_COS_INCIDENCE)
    return positive(1.0 - b0 * (1.0 / cosine - 1.0))


def cell_temperature(poa_global: Quantity, air_temperature_degc: Quantity, wind_speed_m_s: Quantity) -> Quantity:
    """Cell temperature on an open rack. Equals pvlib.temperature.faiman."""
    return air_temperature_degc + poa_global / (FAIMAN_U0 + FAIMAN_U1 * wind_speed_m_s)


def dc_power(
    effective_irradiance: Quantity, cell_temperature_degc: Quantity, peak: Quantity, temperature_coefficient: Quantity
) -> Quantity:
    """Power of the modules in the unit of ``peak``, never negative. Equals pvlib.pvsystem.pvwatts_dc."""
    warmth = cell_temperature_degc - STANDARD_TEMPERATURE_DEGC
    return positive(effective_irradiance / STANDARD_IRRADIANCE_W_M2 * peak * (1.0 + temperature_coefficient * warmth))


def inverter_power(dc: Quantity, ac_rating: Quantity, nominal_efficiency: Quantity) -> Quantity:
    """Power behind the inverter before clipping, in the unit of ``dc``; 0 where its own consumption exceeds it.

    Clipped at ``ac_rating`` it equals pvlib.inverter.pvwatts, here multiplied out so that nothing divides by ``dc``.
    """
    dc_rating = ac_rating / nominal_efficiency
    curve = -0.0162 * dc * dc / dc_rating - 0.0059 * dc_rating + 0.9858 * dc
    return positive(nominal_efficiency / PVWATTS_REFERENCE_EFFICIENCY * curve)
