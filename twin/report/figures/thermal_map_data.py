"""What the map of a thermal network shows at each of its pictures, as arrays (picture, element)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.report.figures.thermal_pictures import first_shown, pictures_of
from twin.report.figures.thermal_series import ThermalSeries

SIDES = ("supply", "return")
LEAST_RANGE_K = 2.0
"""Colours spread over at least this: a network at one temperature has one colour."""

PIPE_FACTS = (("pipe_kg_s", "Flow", "kg/s", 2), ("velocity_m_s", "Velocity", "m/s", 3),
              ("pressure_gradient_pa_m", "Pressure gradient", "Pa/m", 1))
NODE_FACTS = (("supply_degc", "Supply", "°C", 1), ("return_degc", "Return", "°C", 1))
SUBSTATION_FACTS = (
    ("substation_demand_mw", "Demand", "MW", 3), ("substation_delivered_mw", "Delivered", "MW", 3),
    ("substation_unserved_mw", "Unserved", "MW", 3), ("substation_kg_s", "Flow", "kg/s", 2),
    ("substation_supply_degc", "Supply", "°C", 1), ("substation_return_degc", "Return", "°C", 1),
    ("differential_bar", "Differential pressure", "bar", 2),
)
SOURCE_FACTS = (
    ("source_mw", "Power", "MW", 3), ("source_kg_s", "Flow", "kg/s", 2), ("source_supply_degc", "Supply", "°C", 1),
    ("source_return_degc", "Return", "°C", 1), ("source_lift_bar", "Lift of the pump", "bar", 2),
)
"""Vector output, label, unit, decimals: in the order of the hover box."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a hover box."""

    label: str
    unit: str
    values: np.ndarray
    """(picture, element), rounded as it is printed."""


@dataclass(frozen=True, slots=True)
class MapData:
    """See the module."""

    network: ThermalSeries
    pictures: np.ndarray
    """Steps of the run's grid."""
    first: int
    """The picture to open with."""
    sides: tuple[str, ...]
    """``supply`` and ``return``, as far as recorded."""
    pipe_degc: dict[str, np.ndarray]
    """Side → mean of both ends."""
    range_degc: dict[str, tuple[float, float]]
    """Side → coldest and warmest colour, the same for all pictures."""
    flow_kg_s: np.ndarray | None
    """Positive from ``from_node`` to ``to_node`` in the supply."""
    pipe_facts: list[Fact]
    node_facts: list[Fact]
    substation_facts: list[Fact]
    source_facts: list[Fact]
    demand_mw: np.ndarray
    unserved_mw: np.ndarray
    substation_unserved_mw: np.ndarray
    trouble: list[str]
    """Why a picture's step was not solvable; empty where it was solved."""


def map_data(network: ThermalSeries) -> MapData | None:
    """Data of the map; None where no temperature was recorded."""
    plate = network.plate
    sides = tuple(side for side in SIDES if network.columns(f"{side}_degc"))
    if not sides or not plate.nodes or not len(network.run.grid_t_s):
        return None
    pictures = pictures_of(network)
    nodes, pipes = [n.name for n in plate.nodes], [p.name for p in plate.pipes]
    at = {name: i for i, name in enumerate(nodes)}
    ends = np.array([[at[p.from_node], at[p.to_node]] for p in plate.pipes], dtype=int).reshape(-1, 2)
    node_degc = {side: _picked(network, f"{side}_degc", nodes, pictures) for side in sides}
    pipe_facts = _facts(network, PIPE_FACTS, pipes, pictures)
    for side in sides:
        pipe_facts += [Fact(f"{side.capitalize()} at {end}", "°C", np.round(node_degc[side][:, ends[:, i]], 1))
                       for i, end in enumerate(("begin", "end"))]
    flows = network.columns("pipe_kg_s")
    unserved = _picked(network, "substation_unserved_mw", [s.name for s in plate.substations], pictures)
    return MapData(
        network, pictures, first_shown(network, pictures), sides,
        pipe_degc={side: node_degc[side][:, ends].mean(axis=2) for side in sides},
        range_degc={side: _range(node_degc[side]) for side in sides},
        flow_kg_s=_picked(network, "pipe_kg_s", pipes, pictures) if flows else None,
        pipe_facts=pipe_facts,
        node_facts=_facts(network, NODE_FACTS, nodes, pictures),
        substation_facts=_facts(network, SUBSTATION_FACTS, [s.name for s in plate.substations], pictures),
        source_facts=_facts(network, SOURCE_FACTS, [s.name for s in plate.sources], pictures),
        demand_mw=network.power("demand_mw")[pictures],
        unserved_mw=network.worst_unserved()[pictures],
        substation_unserved_mw=unserved,
        trouble=_trouble(network, pictures),
    )


def _picked(network: ThermalSeries, output: str, names: Sequence[str], pictures: np.ndarray) -> np.ndarray:
    """(picture, element); not a number where an element was not recorded."""
    columns = network.columns(output)
    values = np.full((len(pictures), len(names)), np.nan)
    for i, name in enumerate(names):
        if name in columns:
            values[:, i] = columns[name][pictures]
    return values


def _facts(network: ThermalSeries, rows: Sequence[tuple[str, str, str, int]], names: Sequence[str],
           pictures: np.ndarray) -> list[Fact]:
    return [Fact(label, unit, np.round(_picked(network, output, names, pictures), decimals))
            for output, label, unit, decimals in rows if network.columns(output)]


def _range(degc: np.ndarray) -> tuple[float, float]:
    known = degc[np.isfinite(degc)]
    if not known.size:
        return 0.0, LEAST_RANGE_K
    low, high = float(known.min()), float(known.max())
    wider = max(LEAST_RANGE_K - (high - low), 0.0) / 2.0
    return low - wider, high + wider


def _trouble(network: ThermalSeries, pictures: np.ndarray) -> list[str]:
    status = network.scalar("status_code")
    if status is None:
        return [""] * len(pictures)
    return [network.reason(code) for code in status[pictures]]
