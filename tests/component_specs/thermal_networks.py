"""Rows for heating and cooling networks: rings, several sources, energy centres, and everything done by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from simulators.networks.heat.status import NetworkStatus
from tests.component_specs import ComponentSpec

BALANCE_FRAC = 1e-9
"""Largest residual of a step's energy balance, relative to the energy that passed through."""
SERVED_FRAC = 2e-6
"""Of the demand: a smaller part that is missing is not told as unserved."""
ROUNDING_K = 1e-9
GROUND_DEGC = 8.0

HEATING: dict[str, Any] = {
    "ground_degc": GROUND_DEGC,
    "nodes": {"EC": {}, "A": {}, "B": {}, "C": {}, "D": {"elevation_m": 5.0}},
    "pipes": {
        "EC-A": {"from": "EC", "to": "A", "length_m": 900, "dn": 150},
        "A-B": {"from": "A", "to": "B", "length_m": 250, "dn": 100},
        "B-C": {"from": "B", "to": "C", "length_m": 200, "dn": 80},
        "C-A": {"from": "C", "to": "A", "length_m": 300, "dn": 100},
        "C-D": {"from": "C", "to": "D", "length_m": 150, "dn": 80},
    },
    "substations": {
        "hospital": {"node": "B", "return_degc": 50, "priority": 1},
        "tower": {"node": "C", "return_degc": 45, "bypass_kg_s": 0.05, "max_mw": 0.8},
        "house": {"node": "D", "delta_k": 25, "priority": 3, "valve_time_s": 120},
    },
    "sources": {
        "EC": {"node": "EC", "max_kg_s": 30, "supply": {"outdoor_degc": [-10, 15], "supply_degc": [90, 70]},
               "plant": {"boiler": {"rated_mw": 1.5}, "tank": {"volume_m3": 30, "height_m": 6},
                         "dump_cooler": {"rated_mw": 0.8}}},
        "neighbour": {"node": "D", "supply": 75, "max_kg_s": 8, "share_frac": 0.2, "max_mw": 0.4,
                      "max_gradient_k_per_h": 20},
    },
    "feeds": {"solar": {"node": "B"}},
    "extractions": {"heat_pump": {"node": "A", "min_degc": 20}},
}
COOLING: dict[str, Any] = {
    "ground_degc": 18.0,
    "nodes": {"EC": {}, "A": {}, "B": {}},
    "pipes": {
        "EC-A": {"from": "EC", "to": "A", "length_m": 300, "dn": 250},
        "A-B": {"from": "A", "to": "B", "length_m": 200, "dn": 200},
    },
    "substations": {
        "data_centre": {"node": "A", "delta_k": 5, "priority": 1},
        "office": {"node": "B", "return_degc": 13, "max_mw": 1.5},
    },
    "sources": {
        "EC": {"node": "EC", "supply": 7, "max_kg_s": 150,
               "plant": {"chillers": {"units": 2, "rated_mw": 0.8}, "absorption": {"rated_mw": 1.0},
                         "tank": {"volume_m3": 100, "height_m": 8}}},
    },
}
BOUGHT: dict[str, Any] = {
    "nodes": {"IN": {}, "A": {}},
    "pipes": {"IN-A": {"from": "IN", "to": "A", "length_m": 400, "dn": 100}},
    "substations": {"house": {"node": "A", "return_degc": 45}},
    "sources": {"grid": {"node": "IN", "supply": 80, "max_mw": 0.5, "max_kg_s": 10, "max_gradient_k_per_h": 15}},
}


def now_and_then(rng: np.random.Generator, usual: float, other: float) -> float:
    """The other value once in ten steps."""
    return other if rng.random() < 0.1 else usual


def winter_with_trouble(rng: np.random.Generator, t_s: int) -> dict[str, Any]:
    """Demands from nothing to far too much, CHP heat, a sun, a heat pump, and every hand control once in a while."""
    demand = rng.uniform(0.0, 1.0, 3) * rng.choice([0.0, 1e-6, 1.0, 1.0, 1.0, 4.0], 3)
    return {
        "heat_mw": np.array([*-demand, now_and_then(rng, 0.0, float(rng.uniform(0.0, 4.0))), 0.0]),
        "air_temperature_degc": float(rng.uniform(-15.0, 20.0)),
        "drive_request_mw": float(rng.choice([0.0, 0.5])),
        "feed_kg_s": np.array([rng.choice([0.0, 2.0, -2.0, 50.0])]),
        "feed_degc": np.array([rng.uniform(40.0, 90.0)]),
        "extraction_mw": np.array([rng.choice([0.0, 0.1, 5.0])]),
        "supply_set_degc": np.array([now_and_then(rng, math.nan, 60.0), now_and_then(rng, math.nan, 95.0)]),
        "tank_request_mw": np.array([rng.choice([math.nan, math.nan, 0.0, 1.0, -1.0]), math.nan]),
        "plant_limit_mw": np.array([now_and_then(rng, math.inf, 0.0), now_and_then(rng, math.inf, 0.0)]),
        "pump_limit_kg_s": np.array([now_and_then(rng, math.inf, 0.0), now_and_then(rng, math.inf, 3.0)]),
        "valve_open_frac": np.array([now_and_then(rng, 1.0, 0.0), now_and_then(rng, 1.0, 0.3), 1.0]),
        "pipe_open_frac": np.array([now_and_then(rng, 1.0, 0.0) for _ in range(5)]),
    }


def summer_with_trouble(rng: np.random.Generator, t_s: int) -> dict[str, Any]:
    """Demands from nothing to far too much, drive heat of any temperature, and hand controls once in a while."""
    demand = rng.uniform(0.0, 1.2, 2) * rng.choice([0.0, 1e-6, 1.0, 1.0, 3.0], 2)
    return {
        "cooling_mw": np.array([*-demand, 0.0]),
        "air_temperature_degc": float(rng.uniform(15.0, 40.0)),
        "wet_bulb_degc": float(rng.uniform(10.0, 28.0)),
        "drive_share_frac": float(rng.choice([0.0, 0.5, 1.0])),
        "drive_degc": float(rng.uniform(60.0, 95.0)),
        "supply_set_degc": np.array([now_and_then(rng, math.nan, -2.0)]),
        "tank_request_mw": np.array([rng.choice([math.nan, 0.0, 0.5, -0.5])]),
        "plant_limit_mw": np.array([now_and_then(rng, math.inf, 0.0)]),
        "pump_limit_kg_s": np.array([now_and_then(rng, math.inf, 0.0)]),
        "valve_open_frac": np.array([1.0, now_and_then(rng, 1.0, 0.0)]),
        "pipe_open_frac": np.array([1.0, now_and_then(rng, 1.0, 0.0)]),
    }


def bought_heat(rng: np.random.Generator, t_s: int) -> dict[str, Any]:
    """More demand than can be bought at times."""
    return {"heat_mw": np.array([-rng.uniform(0.0, 0.8), 0.0])}


def physical(lowest_degc: float, highest_degc: float) -> Callable[[Any, Any, Any, Any], None]:
    """First law, every demand accounted for, limits of pumps and purchases kept, water between the coldest and the
    hottest that was ever put in."""
    def check(component: Any, inputs: Any, outputs: Any, previous_state: Any) -> None:
        energy_is_kept(component, outputs, component.step_s)
        demand = outputs.substation_delivered_mw + outputs.substation_unserved_mw
        assert demand == pytest.approx(outputs.substation_demand_mw, rel=SERVED_FRAC, abs=0.0)
        assert np.all(outputs.substation_unserved_mw >= 0.0)
        assert np.all(outputs.substation_delivered_mw >= 0.0)
        assert outputs.delivered_mw + outputs.unserved_mw == pytest.approx(outputs.demand_mw, rel=SERVED_FRAC)
        for name in ("supply_degc", "return_degc", "source_supply_degc", "source_return_degc",
                     "substation_supply_degc", "substation_return_degc"):
            water_degc = getattr(outputs, name)
            assert lowest_degc - ROUNDING_K <= water_degc.min(), name
            assert water_degc.max() <= highest_degc + ROUNDING_K, name
        assert outputs.p_mw <= 0.0 <= outputs.pump_mw <= -outputs.p_mw * (1.0 + 1e-12)
        assert outputs.status_code in list(NetworkStatus)
        sources = component.terminals()["source"]
        for i, name in enumerate(sources):
            largest = component.file.sources[name].max_kg_s or math.inf
            assert outputs.source_kg_s[i] <= min(largest, _at(inputs.pump_limit_kg_s, i)) * (1.0 + 1e-12)
        bought = [(i, source) for i, source in enumerate(component.file.sources.values()) if source.plant is None]
        limit_mw = sum(min(source.max_mw or math.inf, _at(inputs.plant_limit_mw, i)) for i, source in bought)
        assert 0.0 <= outputs.external_mw <= limit_mw * (1.0 + 1e-12)
    return check


def energy_is_kept(component: Any, outputs: Any, dt_s: float) -> None:
    """Supplies - uses - losses = change of storage, from the outputs alone."""
    if component.carrier == "heat":
        given = outputs.chp_heat_mw + outputs.boiler_mw
        taken = outputs.dumped_mw + outputs.stranded_mw + outputs.drive_mw
    else:
        given, taken = outputs.chiller_mw + outputs.absorption_mw, 0.0
    given += outputs.external_mw + outputs.feed_mw
    taken += outputs.delivered_mw + outputs.extraction_mw + outputs.loss_mw + outputs.tank_loss_mw
    hours = dt_s / 3600.0
    residual_mwh = (given - taken) * hours - outputs.stored_change_mwh
    through_mwh = (abs(given) + outputs.delivered_mw + abs(outputs.loss_mw)) * hours + abs(outputs.stored_change_mwh)
    assert abs(residual_mwh) <= BALANCE_FRAC * max(through_mwh, 1e-6)
    assert abs(outputs.residual_mwh - residual_mwh) <= 1e-12


def _at(value: Any, index: int) -> float:
    return float(value) if np.ndim(value) == 0 else float(value[index])


SPECS = [
    ComponentSpec(
        "heat_network", {"inline": HEATING, "crosscheck_every_h": 8},
        inputs=winter_with_trouble, check_limits=physical(GROUND_DEGC, 98.0), label="ring_with_trouble",
    ),
    ComponentSpec(
        "heat_network", {"inline": BOUGHT, "crosscheck_every_h": 1, "initial_return_degc": 45.0},
        inputs=bought_heat, check_limits=physical(10.0, 80.0), label="bought", step_s=60, duration_h=2,
    ),
    ComponentSpec(
        "cooling_network", {"inline": COOLING, "crosscheck_every_h": 0},
        inputs=summer_with_trouble, check_limits=physical(3.0, 60.0), label="chillers_and_absorption",
    ),
]  # fmt: skip
