"""A small site for controllers: assets that do as told within their nameplates, and a bill. No network, no losses.

The operator sees what held in the previous interval, as in the co-simulation. Money is booked as the accounts do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from controllers.rule_based import Inputs, Outputs, RuleBasedOperator
from controllers.rules.site_view import Reason
from tests.component_specs import SHANGHAI, SUMMER_DAY
from twin.component import Event
from twin.context import Context
from twin.nameplate import (
    ConnectionNameplate,
    GeneratorNameplate,
    LoadNameplate,
    Nameplate,
    RenewableNameplate,
    StorageNameplate,
    TariffNameplate,
)

PricesAt = Callable[[np.ndarray], dict[str, np.ndarray]]
PowerAt = Callable[[int], dict[str, float]]

STEP_S = 900
DT_H = 0.25
PER_DAY = 96

PEAK, FLAT, VALLEY, DEEP_VALLEY = 1480.0, 920.0, 380.0, 320.0
GAS_PRICE_PER_MWH = 3.65 / 9.97 * 1000
"""3.65 CNY/m³ at 9.97 kWh/m³ (LHV)."""
GRID_EMISSION_T_PER_MWH = 0.5366


def band_of_hour(hour: float) -> str:
    """Illustrative summer bands, an exact partition of the day."""
    if hour < 6 or hour >= 22:
        return "valley"
    if 12 <= hour < 14:
        return "deep_valley"
    return "peak" if 8 <= hour < 11 or 18 <= hour < 21 else "flat"


BUY_PRICE = {"peak": PEAK, "flat": FLAT, "valley": VALLEY, "deep_valley": DEEP_VALLEY}


def shanghai_prices(t_s: np.ndarray) -> dict[str, np.ndarray]:
    """Published prices at times from midnight."""
    t_s = np.asarray(t_s)
    buy = np.array([BUY_PRICE[band_of_hour(t / 3600 % 24)] for t in t_s])
    return {"buy_price_per_mwh": buy, **{name: np.full(len(t_s), value) for name, value in CONSTANT_PRICES.items()}}


CONSTANT_PRICES = {
    "sell_price_per_mwh": 415.5, "gas_price_per_mwh": GAS_PRICE_PER_MWH, "diesel_price_per_mwh": 800.0,
    "carbon_price_per_t": 82.0, "grid_emission_t_per_mwh": GRID_EMISSION_T_PER_MWH,
    "demand_response_price_per_mwh": 0.0,
}

BATTERY = StorageNameplate(10.0, 10.0, 40.0, 0.92, 0.92, 0.1, 0.9, 56.0)
FLYWHEEL = StorageNameplate(1.0, 1.0, 0.015, 0.95, 0.95, 0.1, 1.0, 0.0)
CHP = GeneratorNameplate(4.0, 1.2, "gas", 0.45, 0.40, 0.202, 200.0, 20.0, 2.0, 2.0, False)
DIESEL = GeneratorNameplate(2.0, 0.6, "diesel", 0.40, 0.0, 0.266, 50.0, 30.0, 0.0, 0.0, True)


def tariff(prices_at: Any = shanghai_prices, demand_charge_per_mw_month: float = 0.0) -> TariffNameplate:
    """A tariff that publishes."""
    return TariffNameplate(prices_at, demand_charge_per_mw_month, 900, 78.0)


def park(market: TariffNameplate | None = None, connection: ConnectionNameplate | None = None) -> dict[str, Nameplate]:
    """The size of a small park."""
    return {
        "grid": connection or ConnectionNameplate(20.0, 20.0), "market": market or tariff(), "bess": BATTERY,
        "fw": FLYWHEEL, "chp_1": CHP, "chp_2": CHP, "diesel": DIESEL, "pv": RenewableNameplate(8.5),
        "wind": RenewableNameplate(7.5), "office": LoadNameplate(3.2, 0.0, 3), "hospital": LoadNameplate(1.8, 0.0, 1),
        "dc": LoadNameplate(1.2, 0.3, 2),
    }


def clear_day_mw(t_s: int) -> dict[str, float]:
    """Loads (≤ 0) and available renewables (≥ 0) of a clear working day with a light wind."""
    hour = t_s / 3600 % 24
    sun = max(0.0, float(np.sin((hour - 5.5) / 13.0 * np.pi))) if 5.5 <= hour <= 18.5 else 0.0
    wind_mw = 0.8 + 0.5 * float(np.sin(hour / 24 * 2 * np.pi))
    work = 1.0 if 8 <= hour < 18 else 0.6 if 6 <= hour < 21 else 0.3
    return {"pv": 6.5 * sun, "wind": wind_mw, "office": -3.2 * work, "hospital": -1.8 * (0.6 + 0.4 * work), "dc": -1.2}


def overcast_day_mw(t_s: int) -> dict[str, float]:
    """The same day under clouds and with hardly any wind."""
    power = clear_day_mw(t_s)
    return power | {"pv": 0.3 * power["pv"], "wind": 0.6 * power["wind"]}


def context(nameplates: dict[str, Nameplate], days: float = 1.0, step_s: int = STEP_S) -> Context:
    """A site around the controller."""
    return Context(SUMMER_DAY, round(days * 86_400), step_s, 1, SHANGHAI, nameplates=nameplates)


def operator(nameplates: dict[str, Nameplate], days: float = 1.0, **params: Any) -> RuleBasedOperator:
    """The operator of a site."""
    return RuleBasedOperator("operator", RuleBasedOperator.Params(**params), context(nameplates, days))


@dataclass
class Result:
    """What happened, one element per interval."""

    p_mw: dict[str, np.ndarray]
    energy_mwh: dict[str, np.ndarray]
    """At the end of each interval."""
    import_mw: np.ndarray
    reason: dict[str, list[str]]
    cost: np.ndarray
    """Money per interval; stored energy is not valued."""
    events: list[Event] = field(default_factory=list)

    def day(self, index: int) -> slice:
        """Intervals of a day."""
        return slice(index * PER_DAY, (index + 1) * PER_DAY)

    def discharged_mwh(self, storage: str, intervals: slice) -> float:
        """Delivered energy."""
        return float(np.maximum(self.p_mw[storage][intervals], 0.0).sum()) * DT_H


class Site:
    """The assets, and what the operator would measure."""

    def __init__(self, nameplates: dict[str, Nameplate], names: tuple[str, ...], initial_soc: float) -> None:
        self.plates = [nameplates[n] for n in names]
        self.names = names
        self.energy_mwh = [initial_soc * p.energy_mwh if isinstance(p, StorageNameplate) else np.nan
                           for p in self.plates]
        self.p_mw = [0.0] * len(names)
        self.seen: dict[str, Any] = dict.fromkeys(
            ("p_mw", "baseline_mw", "available_mw", "energy_mwh", "soc"), np.full(len(names), np.nan))
        self.seen["exchange_mw"] = np.nan

    def step(self, told: Outputs, given_mw: dict[str, float], prices: dict[str, float]) -> float:
        """Do what was told for an interval; its cost."""
        cost = 0.0
        seen = {key: np.full(len(self.names), np.nan) for key in self.seen}
        for i, (name, plate) in enumerate(zip(self.names, self.plates, strict=True)):
            was_on = self.p_mw[i] > 0.0
            if isinstance(plate, StorageNameplate):
                p, self.energy_mwh[i] = _stored(plate, self.energy_mwh[i], told.p_set_mw[i])
                seen["energy_mwh"][i], seen["soc"][i] = self.energy_mwh[i], self.energy_mwh[i] / plate.energy_mwh
                cost += max(p, 0.0) * DT_H * plate.wear_cost_per_mwh
            elif isinstance(plate, GeneratorNameplate):
                p = min(max(told.p_set_mw[i], plate.min_mw), plate.rated_mw) if told.p_set_mw[i] > 0.0 else 0.0
                cost += _generation_cost(plate, p, was_on, prices)
            elif isinstance(plate, RenewableNameplate):
                seen["available_mw"][i] = given_mw[name]
                p = min(given_mw[name], told.p_limit_mw[i])
            else:
                seen["baseline_mw"][i] = given_mw[name]
                p = given_mw[name] * (1.0 - told.interrupt_frac[i])
                cost -= (p - given_mw[name]) * DT_H * prices["demand_response_price_per_mwh"]
            self.p_mw[i] = seen["p_mw"][i] = p
        exchange_mw = -sum(self.p_mw)
        self.seen = seen | {"exchange_mw": exchange_mw}
        buy = prices["buy_price_per_mwh"] + prices["carbon_price_per_t"] * prices["grid_emission_t_per_mwh"]
        sell = prices["sell_price_per_mwh"]
        return cost + DT_H * (buy * max(exchange_mw, 0.0) + sell * min(exchange_mw, 0.0))


def idle(names: tuple[str, ...]) -> Outputs:
    """No operator: storages and generators at zero, nothing restricted."""
    n = len(names)
    return Outputs(np.zeros(n), np.full(n, np.inf), np.zeros(n), np.zeros(n, dtype=int))


def simulate(
    nameplates: dict[str, Nameplate],
    days: int,
    *,
    operated: bool = True,
    power_mw: PowerAt = clear_day_mw,
    prices_at: PricesAt = shanghai_prices,
    initial_soc: float = 0.5,
    **params: Any,
) -> Result:
    """Run the site with the operator deciding each interval, or without one."""
    unit = operator(nameplates, days, **params)
    names, steps = unit.terminals()["asset"], days * PER_DAY
    site = Site(nameplates, names, initial_soc)
    prices = prices_at(np.arange(steps) * STEP_S)
    result = Result({n: np.zeros(steps) for n in names}, {n: np.zeros(steps) for n in names}, np.zeros(steps),
                    {n: [] for n in names}, np.zeros(steps))
    for k in range(steps):
        now = {name: float(row[k]) for name, row in prices.items()}
        told = unit.step(k * STEP_S, STEP_S, Inputs(**now, **site.seen)) if operated else idle(names)
        result.cost[k] = site.step(told, power_mw(k * STEP_S), now)
        result.import_mw[k] = site.seen["exchange_mw"]
        for i, name in enumerate(names):
            result.p_mw[name][k], result.energy_mwh[name][k] = site.p_mw[i], site.energy_mwh[i]
            result.reason[name].append(Reason(int(told.reason_code[i])).name)
    result.events = unit.pending_events
    return result


def _stored(plate: StorageNameplate, energy_mwh: float, p_set_mw: float) -> tuple[float, float]:
    """Delivered power and energy afterwards."""
    low, high = plate.min_soc * plate.energy_mwh, plate.max_soc * plate.energy_mwh
    if p_set_mw >= 0.0:
        p = min(p_set_mw, plate.discharge_power_mw, max(energy_mwh - low, 0.0) * plate.discharge_efficiency / DT_H)
        return p, energy_mwh - p * DT_H / plate.discharge_efficiency
    p = -min(-p_set_mw, plate.charge_power_mw, max(high - energy_mwh, 0.0) / plate.charge_efficiency / DT_H)
    return p, energy_mwh - p * DT_H * plate.charge_efficiency


def _generation_cost(plate: GeneratorNameplate, p_mw: float, was_on: bool, prices: dict[str, float]) -> float:
    """Fuel, carbon, running cost, start."""
    fuel_mwh = p_mw * DT_H / plate.electrical_efficiency
    per_fuel = prices[f"{plate.fuel}_price_per_mwh"] + plate.fuel_emission_t_per_mwh * prices["carbon_price_per_t"]
    start = plate.start_cost if p_mw > 0.0 and not was_on else 0.0
    return fuel_mwh * per_fuel + p_mw * DT_H * plate.running_cost_per_mwh + start
