"""What the heat of a combined unit is worth: the fuel a boiler would burn for it, or the electricity it saves chillers.

Heat that nobody takes is worth nothing, so each unit is credited only with what is left of the demand after the units
before it. Expected demand: as measured. Money per MWh, powers in MW; arrays over the look-ahead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controllers.rules.params import Params
from controllers.rules.site_view import GeneratorView, PriceTable
from twin.nameplate import GeneratorNameplate

BOILER_EFFICIENCY = 0.95
"""Of the boiler that would make the heat otherwise (lower heating value)."""


@dataclass(slots=True)
class HeatSink:
    """Someone who takes heat."""

    left_mw: float
    worth_per_mwh: np.ndarray

    def take(self, heat_mw: float) -> float:
        """Take what is wanted; returns how much that was."""
        taken = min(heat_mw, self.left_mw)
        self.left_mw -= taken
        return taken


def heat_mw(plate: GeneratorNameplate) -> float:
    """Heat of a unit at rated power."""
    return plate.rated_mw * plate.thermal_efficiency / plate.electrical_efficiency


def heat_credits(
    units: tuple[GeneratorView, ...], heat_demand_mw: float, drive_request_mw: float, prices: PriceTable, params: Params
) -> dict[str, np.ndarray]:
    """Unit → what its heat is worth per MWh of electricity at rated power; running units sell theirs first."""
    sinks: dict[str, list[HeatSink]] = {}
    credits: dict[str, np.ndarray] = {}
    for unit in sorted(units, key=lambda u: not u.on):
        plate = unit.nameplate
        if plate.emergency_only or plate.thermal_efficiency <= 0.0:
            continue
        if params.heat_value_per_mwh is not None:
            per_mwh = params.heat_value_per_mwh * plate.thermal_efficiency / plate.electrical_efficiency
            credits[unit.name] = np.full_like(prices.buy_price_per_mwh, per_mwh)
            continue
        if plate.fuel not in sinks:
            fuel = prices.fuel_price_per_mwh[plate.fuel] + prices.carbon_price_per_t * plate.fuel_emission_t_per_mwh
            first = not sinks  # the demand exists once, whatever the units burn
            sinks[plate.fuel] = [
                HeatSink(heat_demand_mw if first else 0.0, fuel / BOILER_EFFICIENCY),
                HeatSink(drive_request_mw if first else 0.0, prices.buy_price_per_mwh * params.drive_value_frac),
            ]
        left_mw = heat_mw(plate)
        worth_per_h = np.zeros_like(prices.buy_price_per_mwh)
        for sink in sinks[plate.fuel]:
            taken_mw = sink.take(left_mw)
            left_mw -= taken_mw
            worth_per_h = worth_per_h + taken_mw * sink.worth_per_mwh
        credits[unit.name] = worth_per_h / plate.rated_mw
    return credits
