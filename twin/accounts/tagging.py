"""Origin of what storages hold and give back: a well-mixed store, solved exactly within each step.

A store with content E holds shares x (green, fuel, grid; they sum to 1). Discharge and losses take all shares alike, so
x stays. Charging at the rate u (after the loss of charging) from a pool with shares m, while the standing loss l drains
the mixture, gives with y = E (x - m):  dy/dt = -l y / E  and  dE/dt = u - l,  hence

    x_end = m + a (x_start - m),   a = (E_start / E_end)^(u / (u - l))

which does not depend on how the time is cut into steps, and keeps every share between 0 and 1. The energies do not
depend on the shares, so ``a`` is computed for all steps at once; only the shares need a loop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.accounts.rules import Origin
from twin.accounts.series import StorageSeries

Shares = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True)
class Pool:
    """Sources of each step without storages, and how the rule serves the charging of storages; shapes (n,).

    The green share of what is charged is ``clip((green - charge_offset_mw) / charge_scale_mw, 0, 1)`` with the green
    power of the whole pool; the rest comes from fuel and grid as they stand in the pool.
    """

    green_mw: np.ndarray
    fuel_mw: np.ndarray
    grid_mw: np.ndarray
    charge_offset_mw: np.ndarray
    charge_scale_mw: np.ndarray


@dataclass(frozen=True, slots=True)
class Tagged:
    """Result of :func:`tag_storages`."""

    discharge_mw: Shares
    """Green, fuel and grid power that all storages give into the pool, each of shape (n,)."""
    shares: Shares
    """Green, fuel and grid share of each storage's content at the end of each step, each of shape (n, storages)."""
    energy_mwh: np.ndarray
    """Content at the end of each step as power and losses imply it, shape (n, storages)."""


def end_energy_mwh(storage: StorageSeries, dt_h: float) -> np.ndarray:
    """Content at the end of each step from the opening energy, power and losses, shape (n,)."""
    drawn = np.cumsum((storage.power_mw + storage.loss_mw) * dt_h)
    return np.maximum(storage.start_energy_mwh - drawn, 0.0)  # rounding must not leave a negative content


def memory(storage: StorageSeries, end_mwh: np.ndarray, dt_h: float) -> np.ndarray:
    """The factor ``a`` of the module docstring for each charging step, shape (n,): 1 = nothing new, 0 = all new."""
    start = np.concatenate(([storage.start_energy_mwh], end_mwh[:-1]))
    charge = np.maximum(-storage.power_mw, 0.0)
    loss = np.maximum(storage.loss_mw, 0.0)
    most = charge if storage.charge_efficiency is None else charge * (1.0 - storage.charge_efficiency)
    charge_loss = np.minimum(loss, most)
    inflow, standing = charge - charge_loss, loss - charge_loss
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        growth = np.maximum((inflow - standing) * dt_h / start, -1.0)
        # log1p(z)/z keeps its digits where inflow and standing loss nearly cancel
        stretch = np.where(np.abs(growth) > 0.0, np.log1p(growth) / growth, 1.0)
        kept = np.exp(-(inflow * dt_h / start) * stretch)
    return np.where(start > 0.0, np.nan_to_num(kept, nan=0.0), 0.0)


def tag_storages(pool: Pool, storages: list[StorageSeries], initial: Origin, dt_h: float) -> Tagged:
    """Follow the origin of the energy in all storages through the run.

    Parameters
    ----------
    pool : sources and charging rule per step
    storages : k storages on the same grid of n steps
    initial : origin of the opening contents
    dt_h : step [h]
    """
    n, k = len(pool.green_mw), len(storages)
    energy = np.array([end_energy_mwh(s, dt_h) for s in storages]).reshape(k, n).T
    kept = np.array([memory(s, energy[:, i], dt_h) for i, s in enumerate(storages)]).reshape(k, n).T
    power = np.array([s.power_mw for s in storages]).reshape(k, n).T
    moving = np.flatnonzero((power != 0.0).any(axis=1))
    discharged, history = _follow(pool, power[moving], kept[moving], moving, initial)

    given = tuple(np.zeros(n) for _ in Origin)
    shares = tuple(np.empty((n, k)) for _ in Origin)
    # between two movements the shares stand still: each step looks up the last movement before or at it
    last = np.searchsorted(moving, np.arange(n), side="right")
    for o in range(3):
        given[o][moving] = discharged[o]
        shares[o][:] = np.array(history[o]).reshape(len(history[o]), k)[last]
    return Tagged((given[0], given[1], given[2]), (shares[0], shares[1], shares[2]), energy)


def _follow(
    pool: Pool, power: np.ndarray, kept: np.ndarray, moving: np.ndarray, initial: Origin
) -> tuple[tuple[list[float], ...], tuple[list[list[float]], ...]]:
    """Walk through the moving steps in plain floats; return discharged power and shares after each, per origin.

    The three shares are followed each by its own, so that their sum is a check and not an identity.
    """
    k = power.shape[1]
    green, fuel, grid = ([1.0 if initial == o else 0.0] * k for o in (Origin.GREEN, Origin.FUEL, Origin.GRID))
    discharged: tuple[list[float], ...] = ([], [], [])
    history: tuple[list[list[float]], ...] = ([green[:]], [fuel[:]], [grid[:]])
    columns = (pool.green_mw, pool.fuel_mw, pool.grid_mw, pool.charge_offset_mw, pool.charge_scale_mw)
    own = zip(*(c[moving].tolist() for c in columns), strict=True)
    for (g, f, r, offset, scale), p_row, a_row in zip(own, power.tolist(), kept.tolist(), strict=True):
        g_out = f_out = r_out = 0.0
        charging = False
        for i, p in enumerate(p_row):
            if p > 0.0:
                g_out += p * green[i]
                f_out += p * fuel[i]
                r_out += p * grid[i]
            elif p < 0.0:
                charging = True
        discharged[0].append(g_out)
        discharged[1].append(f_out)
        discharged[2].append(r_out)
        if charging:
            m_green = min(max((g + g_out - offset) / scale, 0.0), 1.0)
            other_fuel, other_grid = f + f_out, r + r_out
            other = other_fuel + other_grid
            m_fuel = (1.0 - m_green) * other_fuel / other if other > 0.0 else 0.0
            m_grid = (1.0 - m_green) * other_grid / other if other > 0.0 else 1.0 - m_green
            for i, p in enumerate(p_row):
                if p < 0.0:
                    a = a_row[i]
                    green[i] = m_green + a * (green[i] - m_green)
                    fuel[i] = m_fuel + a * (fuel[i] - m_fuel)
                    grid[i] = m_grid + a * (grid[i] - m_grid)
        history[0].append(green[:])
        history[1].append(fuel[:])
        history[2].append(grid[:])
    return discharged, history
