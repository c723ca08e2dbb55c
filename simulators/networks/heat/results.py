"""What goes into one step of a thermal network and what comes out, in the order of the specification."""

from __future__ import annotations

from dataclasses import dataclass

from numpy import bool_
from numpy.typing import NDArray

from simulators.networks.heat.records import Floats, Ints, Records
from simulators.networks.heat.status import NetworkStatus


@dataclass(slots=True)
class NetworkState:
    """All that a network remembers, in plain arrays; the last axis of each holds the fields of the named record."""

    parcels: Floats
    """[2 pipes, parcels, PARCEL] supply lines, then return lines"""
    rings: Ints
    """[2 pipes, RING]"""
    lines: Floats
    """[2 pipes, LINE]"""
    nodes: Floats
    """[nodes, NODE_STATE]"""
    source_degc: Floats
    """[sources] supply set-point after the gradient limit"""
    consumer_kg_s: Floats
    """[consumers] flow through the exchanger"""
    pipe_kg_s: Floats
    """[pipes]"""


@dataclass(slots=True)
class NetworkInputs:
    """What acts on a network in one step; records.py explains the fields. Fill in and use again."""

    consumers: Records
    """[consumers] CONSUMER_IN: heat_mw, open_frac, flow_kg_s"""
    sources: Records
    """[sources] SOURCE_IN: supply_degc, limit_mw, max_kg_s, share_frac"""
    feeds: Records
    """[feeds] FEED_IN: flow_kg_s, degc"""
    extractions: Records
    """[extractions] EXTRACTION_IN: heat_mw"""
    pipe_open: NDArray[bool_]
    """[pipes] False: shut, in supply and return"""
    ground_degc: float


@dataclass(slots=True)
class StepResult:
    """What one step gave. Heat balance: Σ source + Σ feed - Σ delivered - Σ extraction - loss = change of storage."""

    nodes: Records
    """[nodes] NODE_OUT"""
    consumers: Records
    """[consumers] CONSUMER_OUT"""
    pipes: Records
    """[pipes] PIPE_OUT"""
    sources: Records
    """[sources] SOURCE_OUT"""
    feeds: Records
    """[feeds] FEED_OUT"""
    extractions: Records
    """[extractions] EXTRACTION_OUT"""
    status: NetworkStatus
    place: str
    """Consumer, node or pipe of the trouble; empty if solved."""
    trouble_s: float
    """Time of the first trouble after the start of the step."""
    loss_supply_mw: float
    loss_return_mw: float
    stored_mwh: float
    """Heat in water and pipe walls at the end, above 0 °C."""
    stored_change_mwh: float
    residual_mwh: float
    """What the balance misses: round-off."""
    worst_differential_bar: float
    """Smallest pressure difference at a substation with flow, in all sub-steps; inf without flow."""
    worst_consumer: str
    """Where; empty without flow."""

    @property
    def solved(self) -> bool:
        """Whether the network could do what was asked."""
        return self.status is NetworkStatus.SOLVED

    @property
    def message(self) -> str:
        """One sentence for an event or a verdict."""
        if self.solved:
            return "solved"
        words = self.status.name.lower().replace("_", " ")
        return f"not solvable: {words} at {self.place or 'the loops'}, {self.trouble_s:.0f} s into the step"
