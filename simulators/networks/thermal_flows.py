"""Largest flows of a thermal network file: of its substations and of its sources, in kg/s, at design temperatures."""

from __future__ import annotations

import math

from simulators.networks.heat.spec import Service
from simulators.networks.thermal_file import Substation, ThermalFile
from simulators.networks.thermal_joints import part_with, parts_of

W_PER_MW = 1e6


def substation_limits_kg_s(network: ThermalFile) -> dict[str, float]:
    """Largest flow through the heat exchanger of each substation; infinite where there is no limit."""
    limits = {}
    for part in parts_of(network):
        supply_degc = design_supply_degc(network, part)
        for name, substation in network.substations.items():
            if substation.node in part:
                limits[name] = _limit_kg_s(network, substation, supply_degc)
    return limits


def design_supply_degc(network: ThermalFile, part: set[str]) -> float:
    """Supply temperature in the weather of the largest demand: the coldest for heating, the hottest for cooling.

    Of several sources the least helpful counts, so that the largest demand can be met from each.
    """
    feeding = [source for source in network.sources.values() if source.node in part]
    if network.service is Service.HEATING:
        return min(source.supply_points[0] for source in feeding)
    return max(source.supply_points[-1] for source in feeding)


def largest_flow_kg_s(network: ThermalFile, source_name: str) -> float:
    """Largest flow of a source: that of its pump, else of all substations and bypasses it may have to feed.

    Infinite where neither is limited.
    """
    source = network.sources[source_name]
    if source.max_kg_s is not None:
        return source.max_kg_s
    part, limits = part_with(network, source.node), substation_limits_kg_s(network)
    return sum(limits[name] + substation.bypass_kg_s
               for name, substation in network.substations.items() if substation.node in part)


def unlimited_substations(network: ThermalFile, source_name: str) -> list[str]:
    """Substations a source feeds whose flow has no limit."""
    part = part_with(network, network.sources[source_name].node)
    return [name for name, substation in network.substations.items()
            if substation.node in part and substation.max_kg_s is None and substation.max_mw is None]


def _limit_kg_s(network: ThermalFile, substation: Substation, supply_degc: float) -> float:
    if substation.max_kg_s is not None:
        return substation.max_kg_s
    if substation.max_mw is None:
        return math.inf
    spread_k = substation.delta_k
    if spread_k is None:
        assert substation.return_degc is not None  # one of the two is given (thermal_checks)
        spread_k = network.service * (supply_degc - substation.return_degc)
    return substation.max_mw * W_PER_MW / (network.carrier.heat_capacity_j_kg_k * spread_k)
