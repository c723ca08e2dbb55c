"""Ageing of a battery system: its memory, what is added to it or taken away, and what a controller should pay for it.

Energies in MWh, money in the scenario's currency, capacities p.u. of the first one. What is added comes empty and is
charged from the rest; cells that are replaced hand their charge over before they go. So the charge of the battery stays
what it was, except for what finds no room in a smaller one at the same state of charge. Either way the content only
falls: what is lost by it is a loss like that of faded capacity. Cells that go before they are worn out are written off:
the rest of their price falls due when they go. The power of the converter, the current of the cells and their heat
capacity stay those of the first battery.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np

from simulators.storage.battery.aged_step import AGED_FIELDS, DEPTH_CLASSES, ByLaw, aged_step_into, capacity_rel
from simulators.storage.battery.ageing import Ageing, AgeingState, augmented, rebased, removed, worn
from simulators.storage.battery.ageing.cost import AgeingCost
from simulators.storage.battery.ageing.daily_use import counted_c_rate, daily_use
from simulators.storage.battery.ageing.stock import STOCK_COLUMNS, price_used, take_stock
from simulators.storage.battery.ageing.usage import Floats
from simulators.storage.battery.ageing_params import AdditionParams, AgeingParams

DEPTH_LABELS = tuple(f"{100 * i // DEPTH_CLASSES}-{100 * (i + 1) // DEPTH_CLASSES}%" for i in range(DEPTH_CLASSES))
"""Classes of the cycle depth."""
PRICED_DEGC = 25.0
"""Temperature at which a controller's price of cycling is taken."""
PRICED_SEGMENTS = 5
"""Slices of the cycle depth with a price of their own, for optimisers."""


@dataclass(slots=True)
class BatteryHealth:
    """All that ageing remembers of a battery system."""

    ageing: AgeingState
    stock: Floats
    """(L, STOCK_COLUMNS) losses, resistance and price used up by law."""
    gone_cycles: float
    """Full cycles of oldest blocks that were replaced, less those their successors had by then."""
    gone_depths: Floats
    """(DEPTH_CLASSES,) closed cycles, likewise."""
    told_outside: list[int]
    """(L,) ranges whose leaving was told."""
    additions_done: int = 0
    worn_out: bool = False


class AgedStep(NamedTuple):
    """What a step has done."""

    fields: list[float]
    """In the order of ``AGED_FIELDS``."""
    by_law: ByLaw
    full_cycles: float
    """So far, open ones included."""
    depths: Floats
    """(DEPTH_CLASSES,) closed cycles so far."""


class Extended(NamedTuple):
    """A battery after an addition."""

    soc: float
    """The same charge over another capacity, or what of it finds room."""
    capacity_frac: float
    written_off: Floats
    """(L,) price of the cells that went, as far as they had not used it up; p.u. of that of the first capacity."""


class AgeingFeedback:
    """Ageing of one battery system; itself without state.

    Parameters
    ----------
    params : laws, prices and additions.
    energy_mwh : of the new cells of the first battery.
    start : of the scenario.
    """

    def __init__(self, params: AgeingParams, energy_mwh: float, start: datetime) -> None:
        self.params = params
        self.energy_mwh = energy_mwh
        self.model = Ageing(params.laws)
        self.end_loss = 1.0 - params.end_of_life_frac
        self.additions = [((a.at - start).total_seconds(), a) for a in sorted(params.additions, key=lambda a: a.at)]
        with_resistance = [i for i, law in enumerate(self.model.laws) if law.has_resistance]
        self._resistant = with_resistance[0] if with_resistance else 0
        self._silent = np.array([not law.has_resistance for law in self.model.laws], np.int64)
        self._out = np.empty(len(AGED_FIELDS))

    @property
    def law_names(self) -> tuple[str, ...]:
        """Nominal first."""
        return tuple(law.name for law in self.model.laws)

    def fresh(self, soc: float, capacity_frac: float, resistance_factor: float) -> BatteryHealth:
        """A battery at the start: new, or with wear that all laws share."""
        wear = worn(1.0 - capacity_frac, resistance_factor - 1.0, self.params.initial_cyclic_frac)
        ageing = self.model.fresh(soc, losses=wear)
        return BatteryHealth(ageing, self._stock_of(ageing), 0.0, np.zeros(DEPTH_CLASSES), [0] * len(self.model.laws))

    def capacity_frac(self, health: BatteryHealth) -> float:
        """Capacity that the cells work with."""
        return float(capacity_rel(health.ageing.shares, health.stock))

    def constants(self) -> tuple[Any, ...]:
        """First arguments of the compiled runs, after the system."""
        return self.model.table, self.model.limits, self._resistant, self.end_loss

    def step(self, system: np.ndarray, health: BatteryHealth, soc: float, temperature_degc: float, request_mw: float,
             outside_degc: float, dt_s: float) -> AgedStep:
        """Advance battery and health by a step."""
        ageing = health.ageing
        by_law = np.empty((len(ByLaw._fields), health.stock.shape[0]))
        depths = health.gone_depths.copy()
        aged_step_into(system, *self.constants(), self._silent, *arrays_of(ageing), health.stock, soc,
                       temperature_degc, request_mw, outside_degc, dt_s, self._out, by_law, depths)
        return AgedStep(self._out.tolist(), ByLaw(*by_law), health.gone_cycles + float(ageing.usage["fec"][0]), depths)

    def extend(self, health: BatteryHealth, addition: AdditionParams, soc: float) -> Extended:
        """Add a block and take away those it replaces; the wear of what stays is untouched.

        Parameters
        ----------
        soc : state of charge before.
        """
        before = self.capacity_frac(health)
        ageing = health.ageing
        going = {"nothing": 0, "oldest": 1, "all": ageing.shares.size}[addition.replaces]
        cycles, depths = self._cycles_of_first(ageing)
        written_off = ageing.shares[:going].sum() - price_used(
            ageing.shares[:going], self.model.losses(ageing)[:going], self.end_loss)
        ageing = augmented(ageing, addition.energy_mwh / self.energy_mwh)
        for _ in range(going):
            ageing = removed(ageing, 0)
        if going:
            cycles_now, depths_now = self._cycles_of_first(ageing)
            health.gone_cycles += cycles - cycles_now
            health.gone_depths = health.gone_depths + depths - depths_now
        health.stock = self._stock_of(ageing)
        health.additions_done += 1
        after = float(capacity_rel(ageing.shares, health.stock))
        soc = min(soc, soc * before / after)
        health.ageing = rebased(ageing, soc)
        return Extended(soc, after, written_off)

    def warnings(self, health: BatteryHealth) -> list[str]:
        """Ranges of the laws' experiments that were left and not told of yet."""
        flags = health.ageing.outside.tolist()
        if flags == health.told_outside:
            return []
        texts = self.model.warnings(health.ageing, health.told_outside)
        health.told_outside = flags
        return texts

    def cycle_prices(self, depth: float, c_rate: float, discharge_efficiency: float) -> tuple[
            float, tuple[tuple[float, float], ...]]:
        """What a controller should pay for cycling by the nominal law, at the terminals.

        Parameters
        ----------
        depth : of the usual cycle, one a day; the mean price holds for it.
        c_rate : of the cycle, on its way [1/h].

        Returns
        -------
        Mean price per MWh discharged, and the price of each slice of depth: (width [MWh], money per MWh), rising.
        """
        nominal, per_mwh = self.model.laws[0], self.params.replacement_cost_per_mwh or 0.0
        use = daily_use(nominal, depth, c_rate, PRICED_DEGC, self.end_loss)
        mean = per_mwh * use.life_per_cycle / depth / discharge_efficiency
        curve = AgeingCost(nominal, per_mwh, self.end_loss).depth_segments(
            PRICED_SEGMENTS, counted_c_rate(nominal, np.linspace(0.0, 1.0, PRICED_SEGMENTS + 1), c_rate), PRICED_DEGC)
        alone = float(curve(depth)) / depth
        scale = mean / alone if alone > 0.0 else 0.0
        width_mwh = self.energy_mwh / PRICED_SEGMENTS
        return mean, tuple((width_mwh, scale * float(slope)) for slope in curve.slopes)

    def _stock_of(self, ageing: AgeingState) -> Floats:
        stock = np.zeros((len(self.model.laws), STOCK_COLUMNS))
        take_stock(ageing.shares, self.model.losses(ageing), self.end_loss, stock)
        return stock

    @staticmethod
    def _cycles_of_first(ageing: AgeingState) -> tuple[float, Floats]:
        by_depth = ageing.histogram[0].sum(axis=1).reshape(DEPTH_CLASSES, -1).sum(axis=1)
        return float(ageing.usage["fec"][0]), by_depth


def arrays_of(ageing: AgeingState) -> tuple[Any, ...]:
    """The arrays of a state in the order in which the compiled steps take them."""
    return (ageing.shares, ageing.usage, ageing.turning, ageing.losses, ageing.rates, ageing.histogram,
            ageing.outside)
