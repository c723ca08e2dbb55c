"""What the heat of a combined unit is worth: the fuel a boiler would burn for it, or the electricity it saves chillers.

Heat that nobody takes is worth nothing, so each unit is credited only with what is left of the demand after the units
before it: the demand exists once, and a MWh of it saves the same boiler's fuel whatever the unit burns. The boiler has
the efficiency with which the accounts value heat. Expected demand: as measured. Money per MWh, powers in MW; arrays
over the look-ahead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controllers.rules.params import Params
from controllers.rules.site_view import GeneratorView, PriceTable
from twin.accounts.rules import REFERENCE_BOILER_EFFICIENCY
from twin.accounts.series import NETWORK_FUEL
from twin.errors import ComponentError
from twin.nameplate import GeneratorNameplate


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
    return plate.rated_mw * _heat_per_power(plate)


def _heat_per_power(plate: GeneratorNameplate) -> float:
    return plate.thermal_efficiency / plate.electrical_efficiency


def heat_credits(
    units: tuple[GeneratorView, ...], heat_demand_mw: float, drive_request_mw: float, prices: PriceTable, params: Params
) -> dict[str, np.ndarray]:
    """Unit → what its heat is worth per MWh of electricity at rated power; running units sell theirs first.

    Raises
    ------
    ComponentError
        If no unit burns the fuel that ``boiler_fuel`` names.
    """
    combined = [u for u in sorted(units, key=lambda u: not u.on)
                if not u.nameplate.emergency_only and u.nameplate.thermal_efficiency > 0.0]
    if not combined:
        return {}
    if params.heat_value_per_mwh is not None:
        return {u.name: np.full_like(prices.buy_price_per_mwh, params.heat_value_per_mwh * _heat_per_power(u.nameplate))
                for u in combined}
    sinks = (HeatSink(heat_demand_mw, _boiler_heat_per_mwh(units, combined[0].nameplate.fuel, prices, params)),
             HeatSink(drive_request_mw, prices.buy_price_per_mwh * params.drive_value_frac))
    return {u.name: _sold_per_mwh(u.nameplate, sinks) for u in combined}


def _sold_per_mwh(plate: GeneratorNameplate, sinks: tuple[HeatSink, ...]) -> np.ndarray:
    """Worth of what the sinks still take of a unit's heat at rated power, per MWh of its electricity."""
    left_mw = heat_mw(plate)
    worth_per_h = np.zeros_like(sinks[0].worth_per_mwh)
    for sink in sinks:
        taken_mw = sink.take(left_mw)
        left_mw -= taken_mw
        worth_per_h = worth_per_h + taken_mw * sink.worth_per_mwh
    return worth_per_h / plate.rated_mw


def _boiler_heat_per_mwh(
    units: tuple[GeneratorView, ...], otherwise: str, prices: PriceTable, params: Params
) -> np.ndarray:
    """What a MWh of boiler heat costs, whatever the unit burns that makes it instead.

    ``otherwise``: the boilers' fuel where nothing names it and no unit burns gas.
    """
    burning = {u.nameplate.fuel: u.nameplate for u in units if not u.nameplate.emergency_only}
    fuel = params.boiler_fuel or (NETWORK_FUEL if NETWORK_FUEL in burning else otherwise)
    if fuel not in burning:
        raise ComponentError(f"boiler_fuel is {fuel!r}, which no operated unit burns: its price and emission are "
                             f"unknown; name one of {', '.join(burning)}, or give heat_value_per_mwh")
    with_carbon = prices.fuel_price_per_mwh[fuel] + prices.carbon_price_per_t * burning[fuel].fuel_emission_t_per_mwh
    return with_carbon / REFERENCE_BOILER_EFFICIENCY
