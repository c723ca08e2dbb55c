"""Rows for controllers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.component_specs import ComponentSpec
from twin.nameplate import (
    ConnectionNameplate,
    GeneratorNameplate,
    LoadNameplate,
    Nameplate,
    RenewableNameplate,
    StorageNameplate,
    TariffNameplate,
)


def day_and_night(t_s: np.ndarray) -> dict[str, np.ndarray]:
    """Published prices: dear by day, cheap by night."""
    by_day = (np.asarray(t_s) // 3600 % 24 >= 8) & (np.asarray(t_s) // 3600 % 24 < 22)
    return {"buy_price_per_mwh": np.where(by_day, 1000.0, 300.0)} | {
        name: np.full(len(by_day), value) for name, value in {
            "sell_price_per_mwh": 350.0, "gas_price_per_mwh": 360.0, "diesel_price_per_mwh": 800.0,
            "carbon_price_per_t": 80.0, "grid_emission_t_per_mwh": 0.5}.items()}


SITE: dict[str, Nameplate] = {
    "grid": ConnectionNameplate(12.0, 4.0),
    "market": TariffNameplate(day_and_night, 40_000.0, 900, 78.0),
    "bess": StorageNameplate(10.0, 10.0, 40.0, 0.92, 0.92, 0.1, 0.9, 60.0),
    "flywheel": StorageNameplate(1.0, 1.0, 0.015, 0.95, 0.95, 0.0, 1.0, 0.0),
    "chp": GeneratorNameplate(4.0, 1.2, "gas", 0.45, 0.40, 0.202, 200.0, 20.0, 2.0, 2.0, False),
    "diesel": GeneratorNameplate(2.0, 0.6, "diesel", 0.40, 0.0, 0.267, 50.0, 30.0, 0.0, 0.0, True),
    "pv": RenewableNameplate(8.5),
    "dc": LoadNameplate(1.2, 0.3, 2),
}
ASSETS = [name for name in SITE if name not in ("grid", "market")]


def measurements(lost_frac: float) -> Callable[[np.random.Generator, int], dict[str, Any]]:
    """Prices as published, any measurement of any asset, some of them missing."""

    def draw(rng: np.random.Generator, t_s: int) -> dict[str, Any]:
        def values(low: float, high: float) -> np.ndarray:
            drawn = rng.uniform(low, high, len(ASSETS))
            drawn[rng.random(len(ASSETS)) < lost_frac] = np.nan
            return drawn

        soc = values(0.0, 1.0)
        capacity = np.array([getattr(SITE[name], "energy_mwh", np.nan) for name in ASSETS])
        prices = {name: float(row[0]) for name, row in day_and_night(np.array([t_s])).items()}
        response = float(rng.choice([0.0, 850.0]))
        return prices | {
            "demand_response_price_per_mwh": response, "exchange_mw": float(values(-15.0, 15.0)[0]),
            "p_mw": values(-10.0, 10.0), "baseline_mw": values(-3.0, 0.0), "available_mw": values(0.0, 8.5),
            "energy_mwh": soc * capacity, "soc": soc}

    return draw


def commands_stay_within_nameplates(component: Any, inputs: Any, outputs: Any, previous_state: Any) -> None:
    """No asset is told more than it can do."""
    for i, name in enumerate(component.terminals()["asset"]):
        plate, p_set_mw = SITE[name], outputs.p_set_mw[i]
        if isinstance(plate, StorageNameplate):
            assert -plate.charge_power_mw <= p_set_mw <= plate.discharge_power_mw
        elif isinstance(plate, GeneratorNameplate):
            assert p_set_mw == 0.0 or plate.min_mw <= p_set_mw <= plate.rated_mw
        else:
            assert p_set_mw == 0.0
        assert outputs.p_limit_mw[i] >= 0.0
        assert outputs.interrupt_frac[i] in (0.0, getattr(plate, "interruptible_frac", 0.0))


SPECS = [
    ComponentSpec(
        "rule_based",
        inputs=measurements(lost_frac),
        check_limits=commands_stay_within_nameplates,
        label=label,
        non_finite_outputs=frozenset({"p_limit_mw", "planned_exchange_mw"}),
        context={"nameplates": SITE},
    )
    for label, lost_frac in (("measured", 0.0), ("some_measurements_lost", 0.1))
]


def any_voltage(rng: np.random.Generator, t_s: int) -> dict[str, Any]:
    """Mostly near the limits of the band, at times not measured."""
    return {"vm_pu": float(rng.choice([0.89, 0.905, 0.95, 1.0, 1.099, 1.12, np.nan]))}


def load_is_off_or_within_its_limits(component: Any, inputs: Any, outputs: Any, previous_state: Any) -> None:
    """Nothing between 0 and the minimum power, nothing above the rating."""
    demand_mw, p = -outputs.p_set_mw, component.params
    assert demand_mw == 0.0 or p.min_mw <= demand_mw <= p.rated_mw


def any_heat_pump(rng: np.random.Generator, t_s: int) -> dict[str, Any]:
    """Set-point, electricity taken and a tank between cold and hot."""
    return {"p_set_mw": -float(rng.choice([0.0, 0.04, 0.1])), "p_mw": -float(rng.uniform(0.0003, 0.11)),
            "top_degc": float(rng.uniform(60.0, 76.0))}


def heat_flows_stay_within_their_limits(component: Any, inputs: Any, outputs: Any, previous_state: Any) -> None:
    """No condenser flow while the heat pump stands, only the two discharge flows there are."""
    p = component.params
    assert 0.0 <= outputs.condenser_kg_s <= p.max_condenser_kg_s
    assert outputs.discharge_kg_s in (p.rest_kg_s, p.discharge_kg_s)
    assert outputs.p_set_mw <= 0.0
    assert outputs.mode_code in (2, 6) or outputs.condenser_kg_s == outputs.p_set_mw == 0.0


def powers_are_those_of_the_table(component: Any, inputs: Any, outputs: Any, previous_state: Any) -> None:
    """No power that the table does not have."""
    assert outputs.p_set_mw[0] in (-8.0, 0.0, 8.0)


SPECS += [
    ComponentSpec(
        "voltage_band_setpoint", {"rated_mw": 0.1, "min_load": 0.4, "min_time_s": 300.0}, inputs=any_voltage,
        check_limits=load_is_off_or_within_its_limits, step_s=60, duration_h=4,
    ),
    ComponentSpec(
        "flexible_heat", inputs=any_heat_pump, check_limits=heat_flows_stay_within_their_limits, step_s=60,
        duration_h=4,
    ),
    ComponentSpec(
        "daily_setpoints",
        {"setpoints": {"bess": [{"hours": ["0-5"], "p_set_mw": -8}, {"hours": [[17, 22]], "p_set_mw": 8}]}},
        check_limits=powers_are_those_of_the_table, context={"types": {"bess": "battery"}},
    ),
    ComponentSpec(
        "flexible_heat", {"rest_kg_s": 0.11, "initial_mode_code": 5}, inputs=any_heat_pump,
        check_limits=heat_flows_stay_within_their_limits, step_s=60, duration_h=4, label="resting_flow",
    ),
    ComponentSpec(
        "persistence_forecast",
        inputs=lambda rng, t_s: {"value": rng.uniform(-1.0, 3.0, 3)},
        context={"exogenous": {"pv": ("available_mw",), "office": ("baseline_mw",), "weather": ("ghi_w_m2",)}},
        duration_h=48,
    ),
]
