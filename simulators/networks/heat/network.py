"""A thermal network as one object: build it from its specification, then step a state with inputs.

>>> network = ThermalNetwork(spec)                                      # doctest: +SKIP
>>> state = network.initial_state(supply_degc=80.0, return_degc=50.0)   # doctest: +SKIP
>>> inputs = network.inputs(supply_degc=80.0, ground_degc=8.0)          # doctest: +SKIP
>>> inputs.consumers["heat_mw"] = 0.4                                   # doctest: +SKIP
>>> result = network.advance(state, dt_s=900.0, substep_s=60.0, inputs=inputs)  # doctest: +SKIP
>>> result.consumers["delivered_mw"], result.nodes["supply_degc"]       # doctest: +SKIP

The state is handed in and changed in place; the object holds only constants. Left out: the heat of friction (1 bar
warms water by 0.02 K), heat conduction along the water, and what supply and return give each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulators.networks.heat.build import constants, open_topology
from simulators.networks.heat.parcels import fill
from simulators.networks.heat.pipe import INITIAL_PARCELS
from simulators.networks.heat.records import (
    CONSUMER_IN,
    CONSUMER_OUT,
    EXTRACTION_IN,
    EXTRACTION_OUT,
    FEED_IN,
    FEED_OUT,
    LINE,
    NODE_OUT,
    NODE_STATE,
    NONE,
    PARCEL,
    PIPE_OUT,
    RING,
    SOURCE_IN,
    SOURCE_OUT,
    TOTALS,
    Records,
)
from simulators.networks.heat.results import NetworkInputs, NetworkState, StepResult
from simulators.networks.heat.spec import NetworkSpec
from simulators.networks.heat.status import FREEZING_PIPE, PLACE_IS_CONSUMER, NetworkStatus
from simulators.networks.heat.step import run_step
from simulators.networks.heat.topology import Topology
from twin.errors import ComponentError

W_PER_MW = 1e6
J_PER_MWH = 3.6e9
PA_PER_BAR = 1e5
STEP_TOLERANCE = 1e-9
"""900 s are 15 sub-steps of 60 s also after rounding."""


class ThermalNetwork:
    """A heating or cooling network of supply and return pipes.

    Parameters
    ----------
    spec
        The elements; their order is the order of all arrays.

    Raises
    ------
    ComponentError
        For names that do not fit together and values no pipe can have.
    """

    def __init__(self, spec: NetworkSpec) -> None:
        self.spec = spec
        self.constants = constants(spec)
        self._topologies: dict[bytes, Topology] = {}

    def initial_state(self, supply_degc: float, return_degc: float) -> NetworkState:
        """Pipes filled with water of the given temperatures, no flow."""
        n, capacity = len(self.spec.pipes), self.spec.parcels
        parcels, rings, lines = np.zeros((2 * n, capacity), PARCEL), np.zeros(2 * n, RING), np.zeros(2 * n, LINE)
        lines["wall_degc"][:n], lines["wall_degc"][n:] = supply_degc, return_degc
        for i in range(2 * n):
            water_degc = np.full(min(INITIAL_PARCELS, capacity), lines["wall_degc"][i])
            fill(parcels[i], rings[i], lines[i], self.constants.lines["total_kg"][i], water_degc)
        nodes = np.full(len(self.spec.nodes), float(return_degc), NODE_STATE)
        nodes["supply_degc"] = supply_degc
        return NetworkState(
            parcels=_plain(parcels), rings=_plain(rings), lines=_plain(lines), nodes=_plain(nodes),
            source_degc=np.full(len(self.spec.sources), float(supply_degc)),
            consumer_kg_s=np.zeros(len(self.spec.consumers)), pipe_kg_s=np.zeros(n))

    def inputs(self, supply_degc: float, ground_degc: float) -> NetworkInputs:
        """Inputs with no demand, no feed, unlimited sources and everything open."""
        consumers = np.zeros(len(self.spec.consumers), CONSUMER_IN)
        consumers["open_frac"], consumers["flow_kg_s"] = 1.0, math.nan
        sources = np.zeros(len(self.spec.sources), SOURCE_IN)
        sources["supply_degc"], sources["limit_mw"], sources["max_kg_s"] = supply_degc, math.inf, math.inf
        feeds = np.zeros(len(self.spec.feeds), FEED_IN)
        feeds["degc"] = supply_degc
        return NetworkInputs(
            consumers, sources, feeds, np.zeros(len(self.spec.extractions), EXTRACTION_IN),
            np.ones(len(self.spec.pipes), np.bool_), float(ground_degc))

    def advance(
        self, state: NetworkState, dt_s: float, substep_s: float, inputs: NetworkInputs,
        drive: Callable[..., bool] = run_step,
    ) -> StepResult:
        """Let ``dt_s`` pass in equal sub-steps of at most ``substep_s``; changes ``state`` in place.

        ``drive`` runs the sub-steps; one with plants between them takes the same arguments.

        Raises
        ------
        ComponentError
            If an input is not a number.
        """
        substeps = max(1, math.ceil(dt_s / substep_s - STEP_TOLERANCE))
        spec, const, topology = self.spec, self.constants, self.topology(inputs)
        node_out = np.zeros(len(spec.nodes), NODE_OUT)
        consumer_out = np.zeros(len(spec.consumers), CONSUMER_OUT)
        pipe_out = np.zeros(len(spec.pipes), PIPE_OUT)
        source_out = np.zeros(len(spec.sources), SOURCE_OUT)
        feed_out = np.zeros(len(spec.feeds), FEED_OUT)
        extraction_out = np.zeros(len(spec.extractions), EXTRACTION_OUT)
        totals = np.zeros(1, TOTALS)
        done = drive(
            float(spec.service), spec.fluid.density_kg_m3, spec.fluid.heat_capacity_j_kg_k, spec.fluid.freezing_degc,
            topology.parts,
            topology.nodes, const.pipes, const.lines, topology.node_pipes, topology.tree_order, topology.loops,
            topology.loop_pipes, const.consumers, const.by_priority, const.sources, const.feeds, const.extractions,
            state.parcels.view(PARCEL)[..., 0], state.rings.view(RING)[:, 0], state.lines.view(LINE)[:, 0],
            state.nodes.view(NODE_STATE)[:, 0], state.source_degc, state.consumer_kg_s, state.pipe_kg_s,
            float(inputs.ground_degc), inputs.consumers, inputs.sources, inputs.feeds, inputs.extractions,
            node_out, consumer_out, pipe_out, source_out, feed_out, extraction_out, totals, substeps, dt_s / substeps,
        )
        if not done:
            raise ComponentError(_bad_input(inputs))
        status_code, place, substep, worst, worst_pa, loss_supply_j, loss_return_j, before_j, after_j, residual_j = (
            totals.item())
        status = NetworkStatus(status_code)
        return StepResult(
            nodes=node_out, consumers=consumer_out, pipes=pipe_out, sources=source_out, feeds=feed_out,
            extractions=extraction_out, status=status, place=self._place(status, place),
            trouble_s=substep * dt_s / substeps,
            loss_supply_mw=loss_supply_j / dt_s / W_PER_MW, loss_return_mw=loss_return_j / dt_s / W_PER_MW,
            stored_mwh=after_j / J_PER_MWH, stored_change_mwh=(after_j - before_j) / J_PER_MWH,
            residual_mwh=residual_j / J_PER_MWH, worst_differential_bar=worst_pa / PA_PER_BAR,
            worst_consumer=self._consumer(worst))

    def topology(self, inputs: NetworkInputs) -> Topology:
        """Tree, loops and parts with the open pipes; kept for each pattern of open pipes met so far."""
        key = inputs.pipe_open.tobytes()
        if key not in self._topologies:
            self._topologies[key] = open_topology(self.spec, inputs.pipe_open)
        return self._topologies[key]

    def _consumer(self, number: int) -> str:
        return "" if number == NONE else self.spec.consumers[number].name

    def _place(self, status: NetworkStatus, number: int) -> str:
        if number == NONE:
            return ""
        if status in PLACE_IS_CONSUMER:
            return self._consumer(number)
        return self.spec.pipes[number].name if status == FREEZING_PIPE else self.spec.nodes[number].name


def _plain(records: Records) -> NDArray[Any]:
    """The same memory with the fields of the records, all of one kind, as last axis."""
    return records.view(records.dtype[0]).reshape(*records.shape, -1)


def _bad_input(inputs: NetworkInputs) -> str:
    """Which input the kernel refused; a value that is not a number must not reach the water."""
    for name in ("consumers", "sources", "feeds", "extractions"):
        records = getattr(inputs, name)
        for field in records.dtype.names:
            values = records[field]
            limit = field in ("limit_mw", "max_kg_s", "open_frac")
            may_be_missing = (name, field) == ("consumers", "flow_kg_s")
            good = values >= 0.0 if limit else np.isfinite(values) | (np.isnan(values) & may_be_missing)
            if not good.all():
                return (f"thermal network: input {name} {field} of number {int(np.argmin(good))} is "
                        f"{values[np.argmin(good)]}; it must be {'0 or more' if limit else 'a number'}")
    return f"thermal network: the ground temperature is {inputs.ground_degc}; it must be a number"
