"""Stratified water, one-dimensional: layers of equal volume, temperatures in °C, index 0 at the top.

Four operations, each conserving energy to rounding and none making a new extreme: plug flow (whole layers are moved
exactly, the remainder by upwind fluxes with a limited correction, so any step length is stable), vertical conduction
(implicit), loss through the walls (exact exponential) and mixing of unstable layers (neighbours are averaged until no
layer is warmer than the one above, which is the isotonic regression of the profile). The density maximum of water at
4 °C is not modelled: a tank that is meant to work below it is out of range.

Plain upwind transport smears the thermocline: a front that has crossed n layers in steps of a fraction f of a layer has
a standard deviation of √(n (1 - f)) layers, which makes a quarter of a 20-layer tank useless. The correction (superbee
limiter: P. L. Roe, Ann. Rev. Fluid Mech. 18 (1986) 337) holds it at about one layer; what then widens the front is
conduction, a parameter. Most published tank models are plain upwind: ``anti_diffusion_frac`` 0.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from simulators.jit import compiled

NO_LAYERS = 1e-200
"""Less than this is nothing: a volume near the smallest float has no digits left to divide a mean temperature by."""


class TankConstants(NamedTuple):
    """What the kernels need to know of a tank."""

    layer_kg: float
    heat_capacity_j_kg_k: float
    side_w_k: float
    """Heat transfer of one layer through the side."""
    end_w_k: float
    """Heat transfer through the top, and again through the bottom."""
    between_w_k: float
    """Conduction between neighbouring layers."""
    anti_diffusion_frac: float
    """See :func:`plug_flow`."""


class Exchange(NamedTuple):
    """What a tank gave back over a step (means)."""

    delivered_degc: float
    """Of the discharged water at the top; the top layer's where nothing is discharged."""
    charge_return_degc: float
    """Of the charging water leaving at the bottom; the bottom layer's where nothing is charged."""
    loss_j: float


@compiled
def _limited(before_k: float, after_k: float) -> float:
    """Superbee: the steepest slope between two differences that makes no new extreme."""
    if before_k * after_k <= 0.0:
        return 0.0
    small, large = min(abs(before_k), abs(after_k)), max(abs(before_k), abs(after_k))
    return math.copysign(min(large, 2.0 * small), after_k)


@compiled
def plug_flow(layers_degc: np.ndarray, inlet_degc: float, displaced_layers: float, anti_diffusion_frac: float) -> float:
    """Push water through the tank and return the mean temperature of what leaves at the other end.

    Parameters
    ----------
    layers_degc : (n,) array, changed in place.
    displaced_layers : volume pushed in, in layers; > 0 enters at the top, < 0 at the bottom.
    anti_diffusion_frac : 0 upwind, 1 with the full correction of the superbee limiter.
    """
    n = layers_degc.size
    volume = abs(displaced_layers)
    if volume < NO_LAYERS:
        return layers_degc[-1] if displaced_layers > 0.0 else layers_degc[0]
    # position 0 is where the water enters
    first, direction = (0, 1) if displaced_layers > 0.0 else (n - 1, -1)
    whole = int(min(math.floor(volume), n))
    left = 0.0
    for k in range(n - whole, n):
        left += layers_degc[first + direction * k]
    for k in range(n - 1, whole - 1, -1):
        layers_degc[first + direction * k] = layers_degc[first + direction * (k - whole)]
    for k in range(whole):
        layers_degc[first + direction * k] = inlet_degc
    if whole == n:
        return (left + (volume - n) * inlet_degc) / volume
    part = volume - whole
    left += part * layers_degc[first + direction * (n - 1)]
    behind = entering = inlet_degc
    for k in range(n):
        here = leaving = layers_degc[first + direction * k]
        if k < n - 1:
            ahead = layers_degc[first + direction * (k + 1)]
            leaving += 0.5 * anti_diffusion_frac * (1.0 - part) * _limited(here - behind, ahead - here)
        layers_degc[first + direction * k] = here + part * (entering - leaving)
        behind, entering = here, leaving
    return left / volume


@compiled
def conduct(layers_degc: np.ndarray, number: float) -> None:
    """Conduction between neighbours by backward Euler; ``number`` = conductance · time / heat capacity of a layer."""
    n = layers_degc.size
    if n == 1 or number == 0.0:
        return
    ratio = np.empty(n)
    ratio[0] = -number / (1.0 + number)
    layers_degc[0] /= 1.0 + number
    for i in range(1, n):
        neighbours = 2.0 if i < n - 1 else 1.0
        pivot = 1.0 + number * (neighbours + ratio[i - 1])
        ratio[i] = -number / pivot
        layers_degc[i] = (layers_degc[i] + number * layers_degc[i - 1]) / pivot
    for i in range(n - 2, -1, -1):
        layers_degc[i] -= ratio[i] * layers_degc[i + 1]


@compiled
def mix_inversions(layers_degc: np.ndarray) -> None:
    """Average neighbours until no layer is warmer than the one above it."""
    n = layers_degc.size
    stable = True
    for i in range(1, n):
        if layers_degc[i] > layers_degc[i - 1]:
            stable = False
            break
    if stable:
        return
    mean = np.empty(n)
    count = np.empty(n, np.int64)
    pools = 0
    for i in range(n):
        mean[pools], count[pools] = layers_degc[i], 1
        while pools > 0 and mean[pools] > mean[pools - 1]:
            total = count[pools - 1] + count[pools]
            mean[pools - 1] += (mean[pools] - mean[pools - 1]) * count[pools] / total
            count[pools - 1] = total
            pools -= 1
        pools += 1
    i = 0
    for k in range(pools):
        for _ in range(count[k]):
            layers_degc[i] = mean[k]
            i += 1


@compiled
def rest(tank: TankConstants, layers_degc: np.ndarray, ambient_degc: float, dt_s: float) -> float:
    """Conduction, loss and mixing over a step; returns the heat lost [J] (negative: gained)."""
    layer_j_k = tank.layer_kg * tank.heat_capacity_j_kg_k
    conduct(layers_degc, tank.between_w_k * dt_s / layer_j_k)
    n = layers_degc.size
    lost_k = 0.0
    gone_side = -math.expm1(-tank.side_w_k * dt_s / layer_j_k)
    gone_end = -math.expm1(-(tank.side_w_k + (tank.end_w_k if n > 1 else 2.0 * tank.end_w_k)) * dt_s / layer_j_k)
    for i in range(n):
        lost = (gone_end if i == 0 or i == n - 1 else gone_side) * (layers_degc[i] - ambient_degc)
        layers_degc[i] -= lost
        lost_k += lost
    mix_inversions(layers_degc)
    return lost_k * layer_j_k


@compiled
def exchange(
    tank: TankConstants,
    layers_degc: np.ndarray,
    charge_kg_s: float,
    charge_degc: float,
    discharge_kg_s: float,
    return_degc: float,
    ambient_degc: float,
    dt_s: float,
) -> Exchange:
    """Charge and discharge at the same time, then rest.

    The two streams meet in the connecting pipes, only their difference passes through the tank: what is charged
    enters at the top, what is discharged leaves there, and the reverse at the bottom. The energy change of the tank is

    charge · cp · (charge_degc - charge_return_degc) - discharge · cp · (delivered_degc - return_degc) - loss.
    """
    net_kg_s = charge_kg_s - discharge_kg_s
    displaced = net_kg_s * dt_s / tank.layer_kg
    sharp = tank.anti_diffusion_frac
    delivered_degc, charge_return_degc = layers_degc[0], layers_degc[-1]
    if net_kg_s >= 0.0:
        bottom_degc = plug_flow(layers_degc, charge_degc, displaced, sharp) if net_kg_s > 0.0 else return_degc
        if discharge_kg_s > 0.0:
            delivered_degc = charge_degc
        if charge_kg_s > 0.0:
            charge_return_degc = bottom_degc + (return_degc - bottom_degc) * (discharge_kg_s / charge_kg_s)
    else:
        top_degc = plug_flow(layers_degc, return_degc, displaced, sharp)
        delivered_degc = top_degc
        if charge_kg_s > 0.0:
            delivered_degc = top_degc + (charge_degc - top_degc) * (charge_kg_s / discharge_kg_s)
            charge_return_degc = return_degc
    return Exchange(delivered_degc, charge_return_degc, rest(tank, layers_degc, ambient_degc, dt_s))


@compiled
def energy_j(tank: TankConstants, layers_degc: np.ndarray, reference_degc: float) -> float:
    """Heat above a reference temperature [J]; below zero where the tank is colder."""
    total_k = 0.0
    for i in range(layers_degc.size):
        total_k += layers_degc[i] - reference_degc
    return total_k * tank.layer_kg * tank.heat_capacity_j_kg_k


@compiled
def step_into(
    tank: np.ndarray,
    layers_degc: np.ndarray,
    charge_kg_s: float,
    charge_degc: float,
    discharge_kg_s: float,
    return_degc: float,
    ambient_degc: float,
    dt_s: float,
    moved: np.ndarray,
) -> None:
    """:func:`exchange` on a record of ``TankConstants``, the fast way in from Python.

    ``moved``, shape (4,), receives the fields of ``Exchange`` and the heat above 0 °C afterwards [J].
    """
    result = exchange(
        tank[0], layers_degc, charge_kg_s, charge_degc, discharge_kg_s, return_degc, ambient_degc, dt_s
    )
    moved[0], moved[1], moved[2] = result.delivered_degc, result.charge_return_degc, result.loss_j
    moved[3] = energy_j(tank[0], layers_degc, 0.0)
