"""Declared choices of the accounts. Each default is the one that flatters the site least, or says why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from twin.errors import ScenarioError
from twin.fuels import NATURAL_GAS_EMISSION_T_PER_MWH

REFERENCE_BOILER_EFFICIENCY = 0.9
"""Of the gas boiler that would make heat otherwise, lower heating value, over a year: a usual figure of boilers in
place; a worse one would flatter the site. The rule-based operator values heat by it too."""


class Allocation(StrEnum):
    """How the green power of a step is divided among the sinks of that step."""

    PROPORTIONAL = "proportional"
    """Every sink gets the same mix: nothing is cherry-picked."""
    LOAD_FIRST = "load_first"
    """Own green serves loads, then plant use and losses, then storage, then export."""


class Origin(StrEnum):
    """Where electricity comes from."""

    GREEN = "green"
    """Own renewable plants."""
    FUEL = "fuel"
    """Own fuel-fired plants; gas is not green."""
    GRID = "grid"
    """The public grid, or unknown."""


class StockPrice(StrEnum):
    """At what price a change of the stored electricity counts (:mod:`twin.accounts.stock`)."""

    DISPLACED = "displaced"
    """Drawn: what its discharge displaced, at least the mean purchase; gained: what its charging cost, at most the mean
    purchase. Emptying or filling a store is then never a saving in itself."""
    PURCHASE = "purchase"
    """The mean price of the run's purchases: what replacing it costs on average."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be chosen when a run is settled."""

    allocation: Allocation = Allocation.PROPORTIONAL
    initial_origin: Origin = Origin.GRID
    """Origin of what storages hold at the start: unknown is not green."""
    carbon_charged: bool = True
    """Charge emission at the recorded carbon price, as an internal price: a site below the threshold of the trading
    scheme has no obligation."""
    carbon_allowance_t: float = 0.0
    """Free allocation for the time of the run; only what exceeds it is charged."""
    stock_price: StockPrice = StockPrice.DISPLACED
    gas_emission_t_per_mwh: float = NATURAL_GAS_EMISSION_T_PER_MWH
    """Of what the boilers of networks burn, lower heating value; a plant states its own."""
    reference_boiler_efficiency: float = REFERENCE_BOILER_EFFICIENCY
    """A gas boiler of it gives the heat of the reference "all bought", as much as was delivered, and values a change of
    stored heat."""
    reference_chiller_cop: float = 4.0
    """Electric chillers of it give the cold of the reference, as much as was delivered, and value a change of stored
    cold."""

    def __post_init__(self) -> None:
        """Refuse a reference that gives nothing."""
        for name in ("reference_boiler_efficiency", "reference_chiller_cop"):
            if not getattr(self, name) > 0.0:
                raise ScenarioError(f"accounts: {name} is {getattr(self, name):g}; it must be above 0")

    @classmethod
    def of_scenario(cls, scenario: Mapping[str, Any]) -> Rules:
        """The rules that a resolved scenario declares under ``accounts:``; defaults for what it leaves out."""
        declared = dict(scenario.get("accounts") or {})
        kinds = {"allocation": Allocation, "initial_origin": Origin, "stock_price": StockPrice,
                 "carbon_charged": bool, "carbon_allowance_t": float, "gas_emission_t_per_mwh": float,
                 "reference_boiler_efficiency": float, "reference_chiller_cop": float}
        return cls(**{key: kinds[key](value) for key, value in declared.items()})
