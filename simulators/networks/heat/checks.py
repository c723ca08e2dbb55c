"""Mistakes in the specification of a network, named for the user."""

from __future__ import annotations

import math
from collections.abc import Iterable

from simulators.networks.heat.spec import Consumer, NetworkSpec, Pipe, Source
from twin.errors import ComponentError


def check(spec: NetworkSpec) -> None:
    """Raise :class:`ComponentError` for the first mistake."""
    for kind, elements in (("node", spec.nodes), ("pipe", spec.pipes), ("consumer", spec.consumers),
                           ("source", spec.sources), ("feed", spec.feeds), ("extraction", spec.extractions)):
        _refuse_twins(kind, (e.name for e in elements))
    if not spec.sources:
        raise ComponentError("a thermal network needs at least one source: it holds the pressure; add one")
    if spec.parcels < 8:
        raise ComponentError(f"parcels is {spec.parcels}; a pipe needs room for at least 8")
    for pipe in spec.pipes:
        _check_pipe(pipe)
    for consumer in spec.consumers:
        _check_consumer(consumer)
    for source in spec.sources:
        _check_source(source)
    at_node = [e.node for e in spec.extractions]
    if len(set(at_node)) < len(at_node):
        raise ComponentError("two extractions at one node: add their heat up or put a short pipe between them")


def _refuse_twins(kind: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ComponentError(f"two {kind}s are named '{name}'; names must differ")
        seen.add(name)


def _check_pipe(pipe: Pipe) -> None:
    positive = {"length_m": pipe.length_m, "inner_diameter_m": pipe.inner_diameter_m, "minor_factor": pipe.minor_factor}
    for name, value in positive.items():
        if not (value > 0.0 and math.isfinite(value)):
            raise ComponentError(f"pipe '{pipe.name}': {name} is {value}; it must be above 0")
    not_negative = {"u_w_mk": pipe.u_w_mk, "wall_j_mk": pipe.wall_j_mk, "roughness_m": pipe.roughness_m,
                    "zeta": pipe.zeta, "u_return_w_mk": pipe.u_return_w_mk or 0.0}
    for name, value in not_negative.items():
        if not (value >= 0.0 and math.isfinite(value)):
            raise ComponentError(f"pipe '{pipe.name}': {name} is {value}; it must not be negative")
    if pipe.from_node == pipe.to_node:
        raise ComponentError(f"pipe '{pipe.name}' begins and ends at node '{pipe.from_node}'")


def _check_consumer(consumer: Consumer) -> None:
    name = f"consumer '{consumer.name}'"
    if (consumer.return_degc is None) == (consumer.delta_k is None):
        raise ComponentError(f"{name}: give either return_degc or delta_k")
    if consumer.delta_k is not None and not consumer.delta_k > 0.0:
        raise ComponentError(f"{name}: delta_k is {consumer.delta_k}; it must be above 0")
    if not 0.0 <= consumer.min_kg_s <= consumer.max_kg_s:
        raise ComponentError(f"{name}: flow limits {consumer.min_kg_s} to {consumer.max_kg_s} kg/s; "
                             "they must be positive and in order")
    if min(consumer.bypass_kg_s, consumer.valve_time_s, consumer.approach_k) < 0.0:
        raise ComponentError(f"{name}: bypass_kg_s, valve_time_s and approach_k must not be negative")


def _check_source(source: Source) -> None:
    if not 0.0 < source.pump_efficiency <= 1.0:
        raise ComponentError(f"source '{source.name}': pump_efficiency is {source.pump_efficiency}; "
                             "it must be above 0 and at most 1")
    if min(source.max_kg_s, source.max_gradient_k_h, source.max_lift_bar, source.min_differential_bar) < 0.0:
        raise ComponentError(f"source '{source.name}': limits of flow, gradient and pressure must not be negative")
