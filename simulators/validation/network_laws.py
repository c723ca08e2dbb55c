"""The network engine against laws that hold for every network: first law, mass, travel time, cooling. Needs no data.

All from what a network puts out, not from its own account of the balance.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from simulators.networks.heat.geometry import circle_area_m2
from simulators.networks.heat.network import ThermalNetwork
from simulators.networks.heat.records import Records
from simulators.networks.heat.results import StepResult
from simulators.networks.heat.spec import Consumer, NetworkSpec, Node, Pipe, Source
from simulators.validation.small_networks import GROUND_DEGC, RETURN_DEGC, SUPPLY_DEGC, ring, tree
from twin.validation import Comparison, Validation

SUBSTEP_S = 60.0
DT_S = 900.0
DT_H = DT_S / 3600.0
DAY_STEPS = 96
MAX_IMBALANCE = 1e-9
"""Of what passed through: round-off."""

FIRST_LAW = "first law: heat in = heat out + change of what water and walls hold"
MASS = "conservation of mass at each node"
TRAVEL = "plug flow: water moves by flow / (density · area)"
COOLING = "steady cooling: T = T_ground + (T_in - T_ground) exp(-U' L / (flow · c))"

STREET_LENGTHS_M = (300.0, 200.0, 100.0)
STREET_DIAMETER_M = 0.1
STREET_U_W_MK = 0.4
STREET_KG_S = 4.0
STEP_K = 10.0
DROP_K = 30.0
MAX_STEADY_K = 0.002
"""Water is a row of parcels of one temperature each: half a parcel's cooling."""
PAUSE_FROM_S, PAUSE_S = 300.0, 1800.0


def compare(_data_dir: Path) -> list[Comparison]:
    """All laws."""
    return [*conservation(), *travel_time(), *steady_cooling()]


@dataclass(slots=True)
class Balance:
    """Sums over a time."""

    in_mwh: float = 0.0
    out_mwh: float = 0.0
    throughput_mwh: float = 0.0
    mass_frac: float = 0.0
    """Largest imbalance of a node, relative to the largest flow."""


def conservation() -> list[Comparison]:
    """A day of changing demands and supply temperatures on the tree, and on the ring with a tank that makes water
    change its direction."""
    rows = []
    for label, build in _NETWORKS.items():
        balance = _day(build())
        missing = (balance.in_mwh - balance.out_mwh) / balance.throughput_mwh
        case = "a day of changes"
        rows.append(Comparison.at_most(case, f"{label}: heat missing, of throughput", missing, MAX_IMBALANCE,
                                       "", FIRST_LAW))
        rows.append(Comparison.at_most(case, f"{label}: water missing at a node", balance.mass_frac,
                                       MAX_IMBALANCE, "", MASS))
    return rows


_NETWORKS: dict[str, Callable[[], NetworkSpec]] = {"tree": tree, "ring": ring}


def _day(spec: NetworkSpec) -> Balance:
    network = ThermalNetwork(spec)
    state = network.initial_state(SUPPLY_DEGC, RETURN_DEGC)
    inputs = network.inputs(SUPPLY_DEGC, GROUND_DEGC)
    balance = Balance()
    stored_mwh = network.advance(state, SUBSTEP_S, SUBSTEP_S, inputs).stored_mwh
    for k in range(DAY_STEPS):
        turn = 2.0 * math.pi * k / DAY_STEPS
        inputs.consumers["heat_mw"] = 0.3 * (1.0 + np.cos(turn * np.arange(1.0, 4.0)))
        inputs.sources["supply_degc"] = SUPPLY_DEGC + STEP_K * math.sin(3.0 * turn)
        inputs.feeds["flow_kg_s"] = 5.0 * math.sin(5.0 * turn)
        result = network.advance(state, DT_S, SUBSTEP_S, inputs)
        loss_mw = result.loss_supply_mw + result.loss_return_mw
        given_mw = np.concatenate([result.sources["heat_mw"], result.feeds["heat_mw"]])
        taken_mw = float(result.consumers["delivered_mw"].sum()) + loss_mw
        balance.in_mwh += float(given_mw.sum()) * DT_H
        balance.out_mwh += taken_mw * DT_H + result.stored_mwh - stored_mwh
        balance.throughput_mwh += (float(np.abs(given_mw).sum()) + taken_mw) * DT_H / 2.0
        balance.mass_frac = max(balance.mass_frac, _mass_imbalance(network, result))
        stored_mwh = result.stored_mwh
    return balance


def _mass_imbalance(network: ThermalNetwork, result: StepResult) -> float:
    """Means over a step: what pipes bring to a node of the supply less what leaves it for consumers, tank and plant."""
    constants, flows = network.constants, result.pipes["flow_kg_s"]
    balance = np.zeros(len(network.spec.nodes))
    np.add.at(balance, constants.pipes["to_node"], flows)
    np.add.at(balance, constants.pipes["from_node"], -flows)
    np.add.at(balance, constants.consumers["node"], -result.consumers["flow_kg_s"])
    np.add.at(balance, constants.sources["node"], result.sources["flow_kg_s"])
    np.add.at(balance, constants.feeds["node"], result.feeds["flow_kg_s"])
    return float(np.abs(balance).max() / np.abs(flows).max())


def travel_time() -> list[Comparison]:
    """A step of the supply temperature through three pipes."""
    rows = []
    steady_s = _water_kg() / STREET_KG_S
    for substep_s in (10.0, SUBSTEP_S):
        seen_s = _arrival_s(substep_s, lambda t_s: STREET_KG_S)
        rows.append(Comparison.within("a warm front through 600 m", f"arrival, sub-steps of {substep_s:g} s", seen_s,
                                      steady_s, substep_s, "s", TRAVEL))
    seen_s = _arrival_s(SUBSTEP_S, _interrupted_kg_s)
    rows.append(Comparison.within("a warm front through 600 m", "arrival after 30 min without flow", seen_s,
                                  steady_s + PAUSE_S, SUBSTEP_S, "s", TRAVEL))
    return rows


def _interrupted_kg_s(t_s: float) -> float:
    return 0.0 if PAUSE_FROM_S <= t_s < PAUSE_FROM_S + PAUSE_S else STREET_KG_S


def _street(u_w_mk: float) -> NetworkSpec:
    """Three pipes in a row without walls."""
    places = ("plant", "a", "b", "house")
    pipes = tuple(Pipe(f"{start}-{end}", start, end, length_m, STREET_DIAMETER_M, u_w_mk)
                  for start, end, length_m in zip(places[:-1], places[1:], STREET_LENGTHS_M, strict=True))
    return replace(tree(), nodes=tuple(Node(place) for place in places), pipes=pipes,
                   consumers=(Consumer("house", "house", delta_k=DROP_K),), sources=(Source("plant", "plant"),))


def _water_kg() -> float:
    """In the supply of the street."""
    return tree().fluid.density_kg_m3 * circle_area_m2(STREET_DIAMETER_M) * sum(STREET_LENGTHS_M)


def _arrival_s(substep_s: float, flow_kg_s: Callable[[float], float]) -> float:
    """When half of a step of the supply temperature has reached the house."""
    network = ThermalNetwork(_street(u_w_mk=0.0))
    state = network.initial_state(SUPPLY_DEGC, RETURN_DEGC)
    inputs = network.inputs(SUPPLY_DEGC + STEP_K, GROUND_DEGC)
    number = len(network.spec.nodes) - 1
    for k in range(math.ceil(86_400.0 / substep_s)):
        _draw(network, inputs.consumers, flow_kg_s(k * substep_s))
        result = network.advance(state, substep_s, substep_s, inputs)
        if result.nodes["supply_degc"][number] > SUPPLY_DEGC + STEP_K / 2.0:
            return k * substep_s
    return math.nan


def _draw(network: ThermalNetwork, consumers: Records, flow_kg_s: float) -> None:
    """A given flow, cooled by the usual drop."""
    consumers["flow_kg_s"] = flow_kg_s
    consumers["heat_mw"] = flow_kg_s * network.spec.fluid.heat_capacity_j_kg_k * DROP_K * 1e-6


def steady_cooling() -> list[Comparison]:
    """The street at constant flow: temperatures there and back."""
    network = ThermalNetwork(_street(STREET_U_W_MK))
    state = network.initial_state(SUPPLY_DEGC, RETURN_DEGC)
    inputs = network.inputs(SUPPLY_DEGC, GROUND_DEGC)
    _draw(network, inputs.consumers, STREET_KG_S)
    network.advance(state, 12.0 * 3600.0, SUBSTEP_S, inputs)
    result = network.advance(state, SUBSTEP_S, SUBSTEP_S, inputs)
    flow_w_k = STREET_KG_S * network.spec.fluid.heat_capacity_j_kg_k
    kept = math.exp(-STREET_U_W_MK * sum(STREET_LENGTHS_M) / flow_w_k)
    house_degc = GROUND_DEGC + (SUPPLY_DEGC - GROUND_DEGC) * kept
    back_degc = GROUND_DEGC + (house_degc - DROP_K - GROUND_DEGC) * kept
    case = "600 m at 4 kg/s"
    return [
        Comparison.within(case, "supply at the end", float(result.nodes["supply_degc"][-1]), house_degc, MAX_STEADY_K,
                          "°C", COOLING),
        Comparison.within(case, "return at the plant", float(result.sources["return_degc"][0]), back_degc, MAX_STEADY_K,
                          "°C", COOLING),
        Comparison.within(case, "loss of the supply", result.loss_supply_mw * 1e6,
                          flow_w_k * (SUPPLY_DEGC - house_degc), flow_w_k * MAX_STEADY_K, "W", COOLING),
    ]


VALIDATION = Validation(
    "networks against laws: heat, mass, travel time, cooling", "physics; computed along with the comparison", compare)
