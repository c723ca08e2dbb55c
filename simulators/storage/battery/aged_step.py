"""One step of the battery system with its ageing: the electrical step, the wear it brings, and what is left of it.

Order: the cells work with the capacity and resistance of the end of the last step; the laws age by the way of the state
of charge and the mean temperature; the stock is taken, open cycles included; capacity and resistance of the nominal law
hold from the end of this step on. So the feedback comes at every step, and as the laws do not depend on the length of
steps, neither does it. The charge of lost capacity is lost with it, at the present state of charge: a loss of its own.

Powers in MW, energies in MWh, losses p.u. of the first capacity.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulators.jit import compiled
from simulators.storage.battery.ageing.stock import CALENDAR, LOST, RESISTANCE, USED, _take_stock
from simulators.storage.battery.ageing.usage import Floats, Ints, Records
from simulators.storage.battery.ageing.wear import losses_now
from simulators.storage.battery.ageing.wear import step as wear_step
from simulators.storage.battery.step import StepResult, SystemConstants, _advance, energy_mwh

NOMINAL = 0
"""The law whose capacity is fed back."""
SMALLEST_CAPACITY = 0.1
"""p.u. of the first capacity; no law says anything of cells as worn as that, and the equations go on with it."""
AGED_FIELDS = (*StepResult._fields, "fade_loss_mw", "capacity_rel", "resistance_rel")
"""Columns of a result: ``energy_mwh`` is that of the capacity that is left."""
SOC, TEMPERATURE, ENERGY = (StepResult._fields.index(name) for name in ("soc", "temperature_degc", "energy_mwh"))
FADE, CAPACITY_REL, RESISTANCE_REL = range(len(StepResult._fields), len(AGED_FIELDS))
DEPTH_CLASSES = 10
"""Of the cycle depth, equal widths from 0 to 1."""


class ByLaw(NamedTuple):
    """What is told of each law after a step: rows of an array (5, L)."""

    capacity_frac: Floats
    resistance_factor: Floats
    """nan where the law says nothing of it."""
    calendar_frac: Floats
    cyclic_frac: Floats
    used_frac: Floats
    """Part of the first capacity's price that this step has used up."""


@compiled
def _capacity_rel(shares: Floats, stock: Floats) -> float:
    """Capacity by the nominal law, p.u. of the first."""
    total = 0.0
    for block in range(shares.size):
        total += shares[block]
    return max(total - stock[NOMINAL, LOST], SMALLEST_CAPACITY)


@compiled
def capacity_rel(shares: Floats, stock: Floats) -> float:
    """Callable form of the capacity."""
    return _capacity_rel(shares, stock)


@compiled
def _aged_step(
    system: SystemConstants, laws: Ints, limits: Floats, resistant: int, end_loss: float, shares: Floats,
    usage: Records, turning: Floats, losses: Floats, rates: Floats, histogram: Floats, outside: Ints, stock: Floats,
    soc: float, temperature_degc: float, request_mw: float, outside_degc: float, dt_s: float, out: Floats,
) -> None:  # fmt: skip
    before = _capacity_rel(shares, stock)
    _advance(
        system, soc, temperature_degc, before, stock[resistant, RESISTANCE], request_mw, outside_degc, dt_s, out
    )
    wear_step(
        laws, limits, False, usage, turning, losses, rates, histogram, outside, out[SOC],
        0.5 * (temperature_degc + out[TEMPERATURE]), dt_s,
    )  # fmt: skip
    _take_stock(shares, losses_now(laws, False, usage, turning, losses, rates), end_loss, stock)
    after = _capacity_rel(shares, stock)
    left_mwh = energy_mwh(system, out[SOC], after)
    out[FADE] = (out[ENERGY] - left_mwh) * 3600.0 / dt_s
    out[ENERGY] = left_mwh
    out[CAPACITY_REL], out[RESISTANCE_REL] = after, stock[resistant, RESISTANCE]


@compiled
def _tell(shares: Floats, stock: Floats, used: Floats, silent: Ints, by_law: Floats) -> None:
    """Fields of ``ByLaw``; ``used`` is the price used up before."""
    total = shares.sum()
    for law in range(stock.shape[0]):
        by_law[0, law] = total - stock[law, LOST]
        by_law[1, law] = np.nan if silent[law] else stock[law, RESISTANCE]
        by_law[2, law] = stock[law, CALENDAR]
        by_law[3, law] = stock[law, LOST] - stock[law, CALENDAR]
        by_law[4, law] = stock[law, USED] - used[law]


@compiled
def _depths(histogram: Floats, by_depth: Floats) -> None:
    """Closed cycles (depth, mean state of charge) added to coarser classes of depth."""
    width = histogram.shape[0] // by_depth.size
    for row in range(histogram.shape[0]):
        for column in range(histogram.shape[1]):
            by_depth[row // width] += histogram[row, column]


@compiled
def aged_step_into(
    system: np.ndarray, laws: Ints, limits: Floats, resistant: int, end_loss: float, silent: Ints, shares: Floats,
    usage: Records, turning: Floats, losses: Floats, rates: Floats, histogram: Floats, outside: Ints, stock: Floats,
    soc: float, temperature_degc: float, request_mw: float, outside_degc: float, dt_s: float, out: Floats,
    by_law: Floats, by_depth: Floats,
) -> None:  # fmt: skip
    """One step.

    Parameters
    ----------
    system : record of ``SystemConstants``, shape (1,).
    laws, limits : tables of ``Ageing``.
    resistant : the law whose resistance is fed back.
    end_loss : capacity loss at which cells are replaced.
    silent : (L,) 1 where a law says nothing of the resistance.
    shares … outside : arrays of ``AgeingState``, changed.
    stock : (L, STOCK_COLUMNS), changed.
    out : (15,) receives ``AGED_FIELDS``.
    by_law : (5, L) receives ``ByLaw``.
    by_depth : (DEPTH_CLASSES,) the closed cycles of the first block are added to it.
    """
    used = stock[:, USED].copy()
    _aged_step(
        system[0], laws, limits, resistant, end_loss, shares, usage, turning, losses, rates, histogram, outside, stock,
        soc, temperature_degc, request_mw, outside_degc, dt_s, out,
    )  # fmt: skip
    _tell(shares, stock, used, silent, by_law)
    _depths(histogram[0], by_depth)


@compiled
def aged_run_into(
    system: np.ndarray, laws: Ints, limits: Floats, resistant: int, end_loss: float, shares: Floats, usage: Records,
    turning: Floats, losses: Floats, rates: Floats, histogram: Floats, outside: Ints, stock: Floats, soc: float,
    temperature_degc: float, request_mw: Floats, outside_degc: Floats, dt_s: float, out: Floats,
) -> None:  # fmt: skip
    """Many equal steps: requests and outside temperatures of shape (n,), results (n, 15)."""
    for k in range(request_mw.size):
        _aged_step(
            system[0], laws, limits, resistant, end_loss, shares, usage, turning, losses, rates, histogram, outside,
            stock, soc, temperature_degc, request_mw[k], outside_degc[k], dt_s, out[k],
        )  # fmt: skip
        soc, temperature_degc = out[k, SOC], out[k, TEMPERATURE]
