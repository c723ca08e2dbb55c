"""What the rules see and what they answer: plain data, no component, no clock.

Powers in MW, into the network positive; energies in MWh; money per MWh. NaN means "not measured". Arrays over the
look-ahead have one element per dispatch interval; element 0 is the interval to be decided.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from twin.nameplate import GeneratorNameplate, LoadNameplate, RenewableNameplate, StorageNameplate

POWER_TOLERANCE_MW = 1e-6
"""Below a watt a set-point is rounding, not a decision."""
PRICE_TOLERANCE_PER_MWH = 1e-6
"""Prices closer than this are the same price."""
TIME_TOLERANCE_H = 1e-6
"""Minimum times are compared as hours from whole seconds."""


class Reason(IntEnum):
    """Why an asset was told what it was told."""

    HOLD = 0
    NO_MEASUREMENT = 1
    SURPLUS_CHARGE = 2
    VALLEY_CHARGE = 3
    PEAK_DISCHARGE = 4
    RUN_PAYS = 5
    RUN_MIN_UP = 6
    RUN_BRIDGES = 7
    DOES_NOT_PAY = 8
    WAIT_MIN_DOWN = 9
    STANDBY = 10
    IMPORT_LIMIT = 11
    UNRESTRICTED = 12
    CURTAIL_EXPORT_LIMIT = 13
    CURTAIL_NEGATIVE_PRICE = 14
    DEMAND_RESPONSE = 15
    LOAD_TOO_SMALL = 16
    START_NOT_EARNED = 17
    RESERVE_CHARGE = 18
    PEAK_SHAVING = 19


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Published prices over the look-ahead, arrays of shape (intervals,)."""

    dt_h: float
    buy_price_per_mwh: np.ndarray
    """What a purchased MWh costs, carbon included where it is charged."""
    sell_price_per_mwh: np.ndarray
    carbon_price_per_t: np.ndarray
    demand_response_price_per_mwh: np.ndarray
    fuel_price_per_mwh: dict[str, np.ndarray]
    """Fuel name → price (LHV)."""
    currency: str = "CNY"
    buying: str = "buying"
    """In sentences for the operator; says so if carbon is included."""


@dataclass(frozen=True, slots=True)
class StorageView:
    """A storage as last measured."""

    name: str
    nameplate: StorageNameplate
    p_mw: float
    energy_mwh: float
    soc: float

    @property
    def is_measured(self) -> bool:
        """Whether its content is known."""
        return math.isfinite(self.energy_mwh) and math.isfinite(self.soc)

    @property
    def capacity_mwh(self) -> float:
        """Energy between empty and full today: an aged battery holds less than its nameplate says."""
        near_empty = self.soc < 0.05  # the quotient of two small numbers says nothing
        return self.nameplate.energy_mwh if near_empty else self.energy_mwh / self.soc


@dataclass(frozen=True, slots=True)
class GeneratorView:
    """A fuel-fired unit as last measured and as last commanded."""

    name: str
    nameplate: GeneratorNameplate
    p_mw: float
    p_set_mw: float
    """Last command; above zero means on."""
    held_h: float
    """Time since it was last commanded on or off."""

    @property
    def on(self) -> bool:
        """Commanded to run."""
        return self.p_set_mw > 0.0

    @property
    def must_stay(self) -> bool:
        """Minimum up or down time not over yet."""
        shortest_h = self.nameplate.min_up_h if self.on else self.nameplate.min_down_h
        return self.held_h < shortest_h - TIME_TOLERANCE_H


@dataclass(frozen=True, slots=True)
class RenewableView:
    """A weather-driven plant as last measured."""

    name: str
    nameplate: RenewableNameplate
    p_mw: float
    available_mw: float
    """Without curtailment."""


@dataclass(frozen=True, slots=True)
class LoadView:
    """A consumer as last measured (powers ≤ 0)."""

    name: str
    nameplate: LoadNameplate
    p_mw: float
    baseline_mw: float
    """Without interruption."""


@dataclass(frozen=True, slots=True)
class DemandCharge:
    """What the tariff charges for the highest import of the billing period."""

    counted_mw: float
    """Highest import counted so far: up to here nothing more is charged."""
    worth_per_mw: float
    """Money that a MW above it is expected to cost."""
    margin_mw: float
    """How much higher than expected the import may be: charging leaves so much below the counted peak."""
    surprise_mw: float = 0.0
    """How much higher it may be in the interval to be decided, by the forecast alone."""


@dataclass(frozen=True, slots=True)
class SiteView:
    """All that the rules know of the site at the start of an interval."""

    storages: tuple[StorageView, ...] = ()
    generators: tuple[GeneratorView, ...] = ()
    renewables: tuple[RenewableView, ...] = ()
    loads: tuple[LoadView, ...] = ()
    exchange_mw: float = math.nan
    """Meter at the connection point; import positive."""
    import_limit_mw: float = math.inf
    export_limit_mw: float = math.inf
    demand_ceiling_mw: float = math.inf
    """Import that is reached anyway: buying for storage stays below it, so that no demand charge is caused."""
    demand_charge: DemandCharge | None = None
    """None: imports are charged by their energy alone."""
    heat_demand_mw: float = 0.0
    """What the heating networks ask for."""
    drive_request_mw: float = 0.0
    """Heat that absorption chillers could use."""
    residual_mw: np.ndarray | None = None
    """Expected load less available renewables, without interruption, storage and generators, over the look-ahead;
    None: unknown, nothing is dispatched on price."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What one asset is told for the interval."""

    name: str
    reason: Reason
    message: str = field(compare=False)
    """One sentence for the operator, with the numbers that decided."""
    p_set_mw: float = 0.0
    """For storages and generators; a generator at 0 is off."""
    p_limit_mw: float = math.inf
    """For renewables; infinite: no limit."""
    interrupt_frac: float = 0.0
    """For loads: share of the load to interrupt."""


def unrestricted(name: str) -> Decision:
    """Nothing is asked of a plant or load."""
    return Decision(name, Reason.UNRESTRICTED, f"{name} is not restricted")
