"""From a specification to the kernel's constants."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.networks.heat.checks import check
from simulators.networks.heat.geometry import circle_area_m2
from simulators.networks.heat.records import CONSUMER, EXTRACTION, FEED, LINE_DATA, PIPE, SOURCE, Ints, Records
from simulators.networks.heat.spec import NetworkSpec
from simulators.networks.heat.topology import Topology, build_topology
from twin.errors import ComponentError
from twin.suggest import did_you_mean

PA_PER_BAR = 1e5
S_PER_H = 3600.0


@dataclass(frozen=True, slots=True)
class Constants:
    """Records of all elements, in the order of the specification."""

    pipes: Records
    lines: Records
    consumers: Records
    by_priority: Ints
    sources: Records
    feeds: Records
    extractions: Records


def constants(spec: NetworkSpec) -> Constants:
    """All that does not depend on which pipes are open.

    Raises
    ------
    ComponentError
        For names that do not fit together and values no pipe can have.
    """
    check(spec)
    priority = [c.priority for c in spec.consumers]
    by_priority = sorted(range(len(priority)), key=lambda c: (-priority[c], c))
    return Constants(
        _pipes(spec), _lines(spec), _consumers(spec), np.array(by_priority, np.int64), _sources(spec), _feeds(spec),
        np.array([(e.min_degc, e.max_degc) for e in spec.extractions], EXTRACTION))


def open_topology(spec: NetworkSpec, pipe_open: NDArray[np.bool_]) -> Topology:
    """Topology with some pipes shut."""
    roots = _node_numbers(spec, "source", ((s.name, s.node) for s in spec.sources)).tolist()
    from_node = _node_numbers(spec, "pipe", ((p.name, p.from_node) for p in spec.pipes))
    to_node = _node_numbers(spec, "pipe", ((p.name, p.to_node) for p in spec.pipes))
    topology = build_topology(from_node, to_node, len(spec.nodes), roots, pipe_open)
    topology.nodes["elevation_m"] = [n.elevation_m for n in spec.nodes]
    at = _node_numbers(spec, "extraction", ((e.name, e.node) for e in spec.extractions))
    topology.nodes["extraction"][at] = np.arange(at.size)
    return topology


def _node_numbers(spec: NetworkSpec, kind: str, references: Iterable[tuple[str, str]]) -> Ints:
    number = {node.name: i for i, node in enumerate(spec.nodes)}
    found = []
    for name, node in references:
        if node not in number:
            raise ComponentError(f"{kind} '{name}': there is no node '{node}'; {did_you_mean(node, number)}")
        found.append(number[node])
    return np.array(found, np.int64)


def _pipes(spec: NetworkSpec) -> Records:
    pipes = np.zeros(len(spec.pipes), PIPE)
    fluid = spec.fluid
    diameter = np.array([p.inner_diameter_m for p in spec.pipes])
    area = circle_area_m2(diameter)
    dynamic = 1.0 / (2.0 * fluid.density_kg_m3 * area**2)
    pipes["from_node"] = _node_numbers(spec, "pipe", ((p.name, p.from_node) for p in spec.pipes))
    pipes["to_node"] = _node_numbers(spec, "pipe", ((p.name, p.to_node) for p in spec.pipes))
    pipes["length_m"] = [p.length_m for p in spec.pipes]
    pipes["reynolds_s_kg"] = 4.0 / (math.pi * diameter * fluid.viscosity_pa_s)
    pipes["velocity_m_kg"] = 1.0 / (fluid.density_kg_m3 * area)
    pipes["quadratic_pa_s2_kg2"] = pipes["length_m"] / diameter * dynamic
    pipes["minor_pa_s2_kg2"] = np.array([p.zeta for p in spec.pipes]) * dynamic
    pipes["minor_factor"] = [p.minor_factor for p in spec.pipes]
    pipes["relative_roughness"] = np.array([p.roughness_m for p in spec.pipes]) / diameter
    return pipes


def _lines(spec: NetworkSpec) -> Records:
    lines = np.zeros(2 * len(spec.pipes), LINE_DATA)
    length = np.array([p.length_m for p in spec.pipes] * 2)
    area = circle_area_m2(np.array([p.inner_diameter_m for p in spec.pipes] * 2))
    wall_j_mk = np.array([p.wall_j_mk for p in spec.pipes] * 2)
    supply_w_mk = [p.u_w_mk for p in spec.pipes]
    return_w_mk = [p.u_w_mk if p.u_return_w_mk is None else p.u_return_w_mk for p in spec.pipes]
    water_kg_m = spec.fluid.density_kg_m3 * area
    lines["total_kg"] = water_kg_m * length
    lines["wall_j_k"] = wall_j_mk * length
    lines["loss_rate_1_s"] = (np.array(supply_w_mk + return_w_mk)
                              / (water_kg_m * spec.fluid.heat_capacity_j_kg_k + wall_j_mk))
    return lines


def _consumers(spec: NetworkSpec) -> Records:
    consumers = np.zeros(len(spec.consumers), CONSUMER)
    consumers["node"] = _node_numbers(spec, "consumer", ((c.name, c.node) for c in spec.consumers))
    consumers["target_degc"] = [math.nan if c.return_degc is None else c.return_degc for c in spec.consumers]
    consumers["delta_k"] = [math.nan if c.delta_k is None else c.delta_k for c in spec.consumers]
    freezing = spec.fluid.freezing_degc
    consumers["limit_degc"] = [c.return_limit_degc(spec.service, freezing) for c in spec.consumers]
    consumers["design_k"] = [0.0 if c.design_supply_degc is None or c.return_degc is None
                             else spec.service * (c.design_supply_degc - c.return_degc) for c in spec.consumers]
    for name in ("min_kg_s", "max_kg_s", "reserve_factor", "bypass_kg_s", "valve_time_s"):
        consumers[name] = [getattr(c, name) for c in spec.consumers]
    return consumers


def _sources(spec: NetworkSpec) -> Records:
    sources = np.zeros(len(spec.sources), SOURCE)
    sources["node"] = _node_numbers(spec, "source", ((s.name, s.node) for s in spec.sources))
    sources["as_given"] = [s.as_given for s in spec.sources]
    sources["return_pa"] = [s.return_bar * PA_PER_BAR for s in spec.sources]
    sources["lift_pa"] = [math.nan if s.lift_bar is None else s.lift_bar * PA_PER_BAR for s in spec.sources]
    sources["min_differential_pa"] = [s.min_differential_bar * PA_PER_BAR for s in spec.sources]
    sources["max_lift_pa"] = [s.max_lift_bar * PA_PER_BAR for s in spec.sources]
    sources["max_kg_s"] = [s.max_kg_s for s in spec.sources]
    sources["pump_efficiency"] = [s.pump_efficiency for s in spec.sources]
    sources["gradient_k_s"] = [s.max_gradient_k_h / S_PER_H for s in spec.sources]
    return sources


def _feeds(spec: NetworkSpec) -> Records:
    feeds = np.zeros(len(spec.feeds), FEED)
    feeds["node"] = _node_numbers(spec, "feed", ((f.name, f.node) for f in spec.feeds))
    feeds["pump_efficiency"] = [f.pump_efficiency for f in spec.feeds]
    return feeds
