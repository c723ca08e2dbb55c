"""Heat that one component hands to another with water, along explicit connections: given against received. MW, MWh.

Two circuits meet where the scenario connects them: the heat pump's condenser or a network's feed says how much water
flows and how warm it leaves (the leader), a tank's charge or discharge, or a feed, takes that water and says how warm
its own leaves (the follower). With flow m, heat capacity c, the leader's outlet T and the follower's outlet r

    given = m c (T - r as the leader knew it)        received = m c (T - r as it was)

Only a loop without delay would make both equal. What the delay explains is m c times the change of r in between; it is
told as the deviation, summed without sign. What it does not explain is heat from nothing or gone for good, of another
temperature that was connected, of different heat capacities, of lost flow: the residual, which has to be rounding.
The first steps, whose predecessors were not recorded, are left out.

A pair is judged only where the connections prove it: one source for the flow, one for the temperature, from the same
circuit and equally late; a return that comes back from the follower; the same step; a network with a single feed,
for only the sum of its feeds is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from twin.accounts.finite import own_steps
from twin.accounts.links import End, Link, links_of
from twin.accounts.thermal import COOLING, HEAT_PUMP_OUTPUT
from twin.nameplate import ThermalNetworkNameplate
from twin.store.run_data import ComponentRecord, RunData


@dataclass(frozen=True, slots=True)
class Handover:
    """What went from one component to another over the run."""

    name: str
    throughput_mwh: float
    """The larger of what was given and received, each step without its sign."""
    deviation_mwh: float
    """Given less received, each step without its sign."""
    residual_mwh: float
    """The same without what the delay explains."""

    @property
    def deviation_rel(self) -> float:
        """Deviation over throughput; 0 where nothing moved."""
        return self.deviation_mwh / self.throughput_mwh if self.throughput_mwh > 0.0 else 0.0


class _Circuit(NamedTuple):
    """Ports of one water circuit of a component."""

    heat: str
    sign: int
    """Times ``heat``: what the water gets in this component, flow times (outlet - inlet)."""
    flow: str | None
    """Output, of a circuit that says how much flows."""
    asked_flow: str
    """Input."""
    inlet_degc: str
    outlet_degc: str


CONDENSER = _Circuit(HEAT_PUMP_OUTPUT, 1, "condenser_kg_s", "condenser_kg_s", "condenser_in_degc", "condenser_out_degc")
CHARGE = _Circuit("charge_heat_mw", -1, None, "charge_kg_s", "charge_degc", "charge_return_degc")
DISCHARGE = _Circuit("discharge_heat_mw", 1, None, "discharge_kg_s", "return_degc", "delivered_degc")
HOT_FEED = _Circuit("feed_mw", -1, "feed_flow_kg_s", "feed_kg_s", "feed_degc", "feed_drawn_degc")
COLD_FEED = HOT_FEED._replace(sign=1)
"""Cold that is fed in counts as positive."""


class _Side(NamedTuple):
    """One of the two circuits that meet."""

    component: ComponentRecord
    terminal: str
    circuit: _Circuit


def handovers_of(run: RunData) -> tuple[Handover, ...]:
    """Every pair of circuits that the connections prove to exchange the same water."""
    links = links_of(run)
    found = []
    for link in links:
        leader, follower = _side(run, link.source, "flow"), _side(run, link.target, "asked_flow")
        if leader and follower:
            delays = _delays(links, leader, follower, link)
            if delays is not None and _is_recorded(run, leader) and _is_recorded(run, follower):
                found.append(_handover(run, leader, follower, *delays))
    return tuple(found)


def _side(run: RunData, end: End, port: str) -> _Side | None:
    """The circuit whose ``port`` (a field of it) a connection ends at."""
    component = run.components.get(end.component)
    if component is None:
        return None
    plate = component.nameplate
    if isinstance(plate, ThermalNetworkNameplate):
        circuits: tuple[_Circuit, ...] = (COLD_FEED if plate.service == COOLING else HOT_FEED,)
    else:
        circuits = (CONDENSER, CHARGE, DISCHARGE)
    return next((_Side(component, end.terminal, c) for c in circuits if getattr(c, port) == end.port), None)


def _delays(links: tuple[Link, ...], leader: _Side, follower: _Side, flow: Link) -> tuple[int, int] | None:
    """Steps by which the leader's water and the follower's return are late; None where that is not provable."""
    inlet = _only(links, follower, follower.circuit.inlet_degc)
    back = _only(links, leader, leader.circuit.inlet_degc)
    same_water = (
        _only(links, follower, follower.circuit.asked_flow) is flow
        and inlet is not None and inlet.delay == flow.delay
        and inlet.source == End(leader.component.name, leader.terminal, leader.circuit.outlet_degc)
        and back is not None and back.source.component == follower.component.name
        and leader.component.step_s == follower.component.step_s
    )
    return (flow.delay, back.delay) if same_water and back is not None else None


def _only(links: tuple[Link, ...], side: _Side, port: str) -> Link | None:
    """The connection to an input, if there is exactly one."""
    found = [link for link in links if link.target == End(side.component.name, side.terminal, port)]
    return found[0] if len(found) == 1 else None


def _is_recorded(run: RunData, side: _Side) -> bool:
    name, circuit = side.component.name, side.circuit
    outputs = [o for o in (circuit.heat, circuit.flow, circuit.outlet_degc) if o]
    feeds = side.component.vectors.get(circuit.outlet_degc, (side.terminal,))
    return feeds == (side.terminal,) and all(run.has(f"{name}.{output}") for output in outputs)


def _handover(run: RunData, leader: _Side, follower: _Side, late: int, back_late: int) -> Handover:
    """Given in step k against received in step k + late; the leader knew the return of ``back_late`` steps before."""
    n, first = len(_series(run, leader, leader.circuit.heat)), late + back_late
    then, now, seen = slice(first - late, n - late), slice(first, n), slice(0, n - first)
    given = leader.circuit.sign * _series(run, leader, leader.circuit.heat)[then]
    received = -follower.circuit.sign * _series(run, follower, follower.circuit.heat)[now]
    flow = _series(run, leader, leader.circuit.flow or "")[then]
    outlet = _series(run, leader, leader.circuit.outlet_degc)[then]
    back = _series(run, follower, follower.circuit.outlet_degc)
    moved_k = float((flow * np.abs(outlet - back[now])).sum())
    capacity_mw_s_kg_k = float(np.abs(received).sum()) / moved_k if moved_k > 0.0 else 0.0
    explained = capacity_mw_s_kg_k * flow * (back[now] - back[seen])
    dt_h = leader.component.step_s / 3600.0
    names = (leader.component.name, follower.component.name)
    return Handover(
        name=" to ".join(names if leader.circuit.sign > 0 else names[::-1]),
        throughput_mwh=max(float(np.abs(given).sum()), float(np.abs(received).sum())) * dt_h,
        deviation_mwh=float(np.abs(given - received).sum()) * dt_h,
        residual_mwh=float(np.abs(given - received - explained).sum()) * dt_h,
    )


def _series(run: RunData, side: _Side, output: str) -> np.ndarray:
    """At the component's own step; of a vector output its only element."""
    return own_steps(run, side.component, output).reshape(-1)
