"""The network engine against a week of measurements in a district heating street (Austrian Institute of Technology).

A street main with three house connections; flows and the inlet temperature are given every 15 min, temperatures at
the houses are compared. Lengths, insulation and ground as in the published Modelica model PlugFlowAIT, but for one
thing: the temperature of the ground is the mean outdoor temperature of the week, not that of the hour (a daily wave
goes some 0.15 m into soil). Nothing is fitted. Point 4 is left out: its flow stops at times and its sensor then shows
the room. Data: Modelica IBPSA library, PipeDataAIT151218; limits: errors of the library's own Dymola run.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simulators.networks.heat.fluid import ZERO_CELSIUS_K, water
from simulators.networks.heat.geometry import layer_resistance_mk_w, wall_capacity_j_mk
from simulators.networks.heat.network import ThermalNetwork
from simulators.networks.heat.records import Floats
from simulators.networks.heat.spec import Consumer, NetworkSpec, Node, Pipe, Source
from twin.validation import Comparison, Validation

if TYPE_CHECKING:
    import pandas as pd

MAIN_INNER_M, MAIN_OUTER_M, MAIN_CASING_M = 0.0825, 0.0889, 0.18
MAIN_INSULATION_FROM_M = 0.0899
HOUSE_INNER_M, HOUSE_OUTER_M, HOUSE_CASING_M = 0.0273, 0.0337, 0.07
INSULATION_W_MK = 0.024
GROUND_W_MK = 2.4
GROUND_REACH_M = 2.0
"""Geometry of PlugFlowAIT; the ground is a cylinder of this diameter around the pipe."""
WALL_DENSITY_KG_M3, WALL_HEAT_CAPACITY_J_KG_K = 8000.0, 500.0
WATER_REFERENCE_DEGC = 20.0
PIPES = (  # name, from, to, length in m, whether it is the main
    ("pip0", "1", "branch", 20.0, True),
    ("pip1", "branch", "A", 115.0, True),
    ("pip4", "A", "4", 29.0, False),
    ("pip5", "A", "B", 20.0, True),
    ("pip2", "B", "2", 76.0, False),
    ("pip3", "B", "3", 38.0, False),
)
COOLING_K = 30.0
"""Consumers cool the water by this much; it does not act on the supply, which is compared."""
STEP_S = 60.0
INITIAL_DEGC = 60.0
DISCARD_S = 20_000.0
PUBLISHED_INSTANTS = 101
DYMOLA_RMSE_K = {"2": 1.8, "3": 1.5}
"""Of the library's own run, after the same time."""
NOISE_KG_S = 0.001
"""Flows below are noise (PlugFlowAIT)."""
FILE = "pipe_ulg/ait_151218.csv"
SOURCE = "IBPSA PlugFlowAIT: error of its Dymola reference result against data set AIT151218"


def street() -> ThermalNetwork:
    """The street; ``branch`` is where the rest of the district leaves."""
    spec = NetworkSpec(
        nodes=tuple(Node(n) for n in ("1", "branch", "A", "B", "2", "3", "4")),
        pipes=tuple(Pipe(name, a, b, length, **_pipe_data(main)) for name, a, b, length, main in PIPES),
        consumers=tuple(Consumer(n, n, delta_k=COOLING_K) for n in ("branch", "2", "3", "4")),
        sources=(Source("1", "1"),), fluid=water(WATER_REFERENCE_DEGC))
    return ThermalNetwork(spec)


def _pipe_data(main: bool) -> dict[str, float]:
    inner, outer = (MAIN_INNER_M, MAIN_OUTER_M) if main else (HOUSE_INNER_M, HOUSE_OUTER_M)
    casing = MAIN_CASING_M if main else HOUSE_CASING_M
    insulated = MAIN_INSULATION_FROM_M if main else HOUSE_OUTER_M
    ground = math.log(GROUND_REACH_M / casing) / (2.0 * math.pi * GROUND_W_MK)
    resistance = layer_resistance_mk_w(insulated, casing, INSULATION_W_MK) + ground
    wall = wall_capacity_j_mk(inner, outer, WALL_DENSITY_KG_M3, WALL_HEAT_CAPACITY_J_KG_K)
    return {"inner_diameter_m": inner, "u_w_mk": 1.0 / resistance, "wall_j_mk": wall}


def simulate(data: pd.DataFrame) -> tuple[Floats, dict[str, Floats]]:
    """Middle of each step in s and the temperatures at points 2, 3 and 4 in °C."""
    network = street()
    state = network.initial_state(INITIAL_DEGC, INITIAL_DEGC)
    inputs = network.inputs(INITIAL_DEGC, float(data["T_outdoor_K"].mean()) - ZERO_CELSIUS_K)
    time_s = data["time_s"].to_numpy()
    middle_s = np.arange(0.0, time_s[-1], STEP_S) + STEP_S / 2.0
    columns = {name: np.interp(middle_s, time_s, data[name]) for name in data.columns}
    houses = np.stack([columns[f"m{n}_kg_s"] for n in (2, 3, 4)], axis=1)
    houses[houses < NOISE_KG_S] = 0.0
    rest = np.maximum(columns["m1_kg_s"] - houses.sum(axis=1), 0.0)
    flows = np.column_stack([rest, houses])
    at = network.constants.consumers["node"][1:]
    found = np.empty((middle_s.size, 3))
    for k in range(middle_s.size):
        inputs.consumers["flow_kg_s"] = flows[k]
        inputs.consumers["heat_mw"] = flows[k] * network.spec.fluid.heat_capacity_j_kg_k * COOLING_K * 1e-6
        inputs.sources["supply_degc"] = columns["T1_K"][k] - ZERO_CELSIUS_K
        found[k] = network.advance(state, STEP_S, STEP_S, inputs).nodes["supply_degc"][at]
    return middle_s, {name: found[:, i] for i, name in enumerate(("2", "3", "4"))}


def compare(data_dir: Path) -> list[Comparison]:
    """Points 2 and 3 of ``data_dir/FILE``, after the pipes have been flushed."""
    import pandas as pd

    data = pd.read_csv(data_dir / FILE)
    middle_s, ours = simulate(data)
    published_s = np.linspace(0.0, float(data["time_s"].iloc[-1]), PUBLISHED_INSTANTS)
    rows = []
    instants = {f"{PUBLISHED_INSTANTS} instants": published_s, "all instants": data["time_s"].to_numpy()}
    for point, published_k in DYMOLA_RMSE_K.items():
        for which, at_s in instants.items():
            error = _rmse_k(at_s, middle_s, ours[point], data, point)
            quantity = f"point {point}, RMSE at {which}"
            rows.append(Comparison.not_worse("AIT street", quantity, error, published_k, "K", SOURCE))
    return rows


def _rmse_k(at_s: Floats, middle_s: Floats, ours: Floats, data: pd.DataFrame, point: str) -> float:
    at_s = at_s[at_s >= DISCARD_S]
    measured = np.interp(at_s, data["time_s"], data[f"T{point}_K"]) - ZERO_CELSIUS_K
    return float(np.sqrt(np.mean((np.interp(at_s, middle_s, ours) - measured) ** 2)))


VALIDATION = Validation(
    "network against a week of measurements in a heating street",
    "the Modelica IBPSA library, PipeDataAIT151218 (github.com/ibpsa/modelica-ibpsa)", compare, (FILE,))
