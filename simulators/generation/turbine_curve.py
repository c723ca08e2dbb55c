"""Power curve of a turbine in a farm, made once: from windpowerlib's library or a table; limits, scatter of the wind.

Wind speeds in m/s, power in kW per turbine at the reference density.
"""

from __future__ import annotations

import difflib
import math
import warnings

import numpy as np

from twin.errors import ComponentError

GRID_M_S = 0.5
"""Distance of the points of the curve that is smoothed."""
SMOOTHING_RANGE_M_S = 15.0
"""windpowerlib's default: 6 standard deviations at 25 m/s and 10 % spread."""
W_PER_KW = 1000.0

Curve = tuple[np.ndarray, np.ndarray]
"""Wind speeds and powers, (n,) each."""


def library_curve(turbine: str, hub_height_m: float) -> tuple[Curve, float]:
    """Power curve [kW] and rated power [kW] of a turbine type of the library that ships with windpowerlib.

    Raises
    ------
    ComponentError
        If the type or its power curve is unknown, or the rotor would touch the ground.
    """
    from windpowerlib import WindTurbine, get_turbine_types

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "no power curve": said better below; pandas' news of its next version
            found = WindTurbine(hub_height=hub_height_m, turbine_type=turbine)
            types = None if found.power_curve is not None else get_turbine_types(print_out=False)
    except ValueError as error:
        raise ComponentError(f"turbine {turbine!r}: hub_height_m = {hub_height_m:g} m is less than half the rotor "
                             "diameter; raise the hub") from error
    if types is not None:
        known = list(types.loc[types["has_power_curve"], "turbine_type"])
        near = difflib.get_close_matches(turbine, known, 3, cutoff=0.3) or known[:3]
        raise ComponentError(f"turbine {turbine!r} has no power curve in windpowerlib's library of {len(known)} types; "
                             f"did you mean {', '.join(near)}? A table of your own goes under power_curve")
    speeds = found.power_curve["wind_speed"].to_numpy(dtype=float)
    powers = found.power_curve["value"].to_numpy(dtype=float) / W_PER_KW
    return (speeds, powers), float(found.nominal_power) / W_PER_KW


def scaled(curve: Curve, nominal_kw: float, rated_kw: float) -> Curve:
    """The curve of a turbine with the same specific rotor area and another rating, never above the rating."""
    speeds, powers = curve
    return speeds, np.minimum(powers * (rated_kw / nominal_kw), rated_kw)


def between(curve: Curve, cut_in_m_s: float, cut_out_m_s: float) -> Curve:
    """The curve from cut-in to cut-out: it starts at cut-in and holds its last power up to cut-out.

    Points without power above cut-in give way to a straight line from cut-in, so that there is power right above it.
    """
    speeds, powers = curve
    inside = (speeds > cut_in_m_s) & (speeds < cut_out_m_s) & (powers > 0.0)
    if not inside.any():
        raise ComponentError(f"the power curve has no power between cut-in {cut_in_m_s:g} and cut-out {cut_out_m_s:g} "
                             "m/s; correct power_curve, cut_in_m_s or cut_out_m_s")
    last = powers[inside][-1]
    at_cut_in = float(np.interp(cut_in_m_s, speeds, powers, left=0.0))
    return (np.concatenate(([cut_in_m_s], speeds[inside], [cut_out_m_s])),
            np.concatenate(([at_cut_in], powers[inside], [last])))


def smoothed(curve: Curve, spread_frac: float) -> Curve:
    """Mean over turbines whose wind speeds scatter around the farm's (normal, relative standard deviation > 0).

    Equals windpowerlib.power_curves.smooth_power_curve (Nørgaard and Holttinen 2004) on a grid from 0 to well beyond
    cut-out, 300 times faster. The integral is a sum over blocks; they are as wide as the scatter at cut-in, where such
    a sum is still exact to 1e-8.
    """
    speeds, powers = curve
    grid = np.arange(0.0, speeds[-1] + SMOOTHING_RANGE_M_S + GRID_M_S / 2, GRID_M_S)
    on_grid = np.interp(grid, speeds, powers, left=0.0, right=0.0)
    block = smoothing_block(spread_frac, speeds[0])
    offsets = np.arange(-SMOOTHING_RANGE_M_S, SMOOTHING_RANGE_M_S + block, block)
    deviation = spread_frac * grid[1:, None]  # at rest there is nothing to scatter
    weights = block / (deviation * math.sqrt(2 * math.pi)) * np.exp(-(offsets**2) / (2 * deviation**2))
    scattered = np.interp(grid[1:, None] + offsets, grid, on_grid, left=0.0, right=0.0)
    return grid, np.concatenate(([0.0], (weights * scattered).sum(axis=1)))


def smoothing_block(spread_frac: float, cut_in_m_s: float) -> float:
    """Width of the blocks of :func:`smoothed` [m/s]."""
    return min(GRID_M_S, spread_frac * cut_in_m_s)
