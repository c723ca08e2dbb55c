"""End of a step: sums become means in the units of the outputs; pressures and temperatures are checked."""

from __future__ import annotations

import math

from simulators.jit import compiled
from simulators.networks.heat.fluid import vapour_pressure_bar
from simulators.networks.heat.friction import pressure_drop_pa
from simulators.networks.heat.parcels import heat_content
from simulators.networks.heat.producers import is_first
from simulators.networks.heat.records import NONE, Floats, Record, Records
from simulators.networks.heat.status import BOILING, FREEZING_NODE, FREEZING_PIPE, NEGATIVE_PRESSURE

W_PER_MW = 1e6
PA_PER_BAR = 1e5
GRAVITY_M_S2 = 9.80665
ROUND_OFF = 1e-12
"""Less is not unserved heat but the rounding of a mean."""

_vapour_pressure_bar = compiled(vapour_pressure_bar)


@compiled
def report(total: Record, status: int, place: int, substep: int) -> None:
    """Keep the first trouble of the gravest kind."""
    if status > total.status:
        total.status = status
        total.place = place
        total.substep = substep


@compiled
def finish(nodes: Records, pipes: Records, node_state: Records, consumer_in: Records, node_out: Records,
           consumer_out: Records, pipe_out: Records, source_out: Records, feed_out: Records, extraction_out: Records,
           substeps: int) -> None:
    """Turn the sums over the sub-steps into means, W into MW, Pa into bar."""
    share = 1.0 / substeps
    for n in range(node_out.size):
        node_out[n].supply_degc *= share
        node_out[n].return_degc *= share
        node_out[n].supply_end_degc = node_state[n].supply_degc
        node_out[n].return_end_degc = node_state[n].return_degc
        node_out[n].differential_bar *= share / PA_PER_BAR
        if nodes[n].part == NONE:
            node_out[n].differential_bar = math.nan
    for c in range(consumer_out.size):
        out = consumer_out[c]
        out.return_degc = out.return_degc / out.flow_kg_s if out.flow_kg_s > 0.0 else math.nan
        out.supply_degc *= share
        out.flow_kg_s *= share
        out.delivered_mw *= share / W_PER_MW
        out.unserved_mw = consumer_in[c].heat_mw - out.delivered_mw
        if abs(out.unserved_mw) <= ROUND_OFF * abs(out.delivered_mw):
            out.delivered_mw = consumer_in[c].heat_mw
            out.unserved_mw = 0.0
    for p in range(pipe_out.size):
        fastest_kg_s = pipe_out[p].velocity_m_s
        pipe_out[p].flow_kg_s *= share
        pipe_out[p].velocity_m_s = fastest_kg_s * pipes[p].velocity_m_kg
        pipe_out[p].gradient_pa_m = pressure_drop_pa(pipes[p], fastest_kg_s) / pipes[p].length_m
    for s in range(source_out.size):
        source_out[s].heat_mw *= share / W_PER_MW
        source_out[s].flow_kg_s *= share
        source_out[s].supply_degc *= share
        source_out[s].return_degc *= share
        source_out[s].lift_bar *= share / PA_PER_BAR
        source_out[s].pump_mw *= share / W_PER_MW
    for f in range(feed_out.size):
        feed_out[f].heat_mw *= share / W_PER_MW
        feed_out[f].flow_kg_s *= share
        feed_out[f].drawn_degc *= share
        feed_out[f].pump_mw *= share / W_PER_MW
    for e in range(extraction_out.size):
        extraction_out[e].heat_mw *= share / W_PER_MW
        extraction_out[e].inlet_degc *= share
        extraction_out[e].flow_kg_s *= share


@compiled
def balance(consumer_out: Records, source_out: Records, feed_out: Records, extraction_out: Records, total: Record,
            duration_s: float) -> None:
    """What the heat balance of the step misses; the outputs are means in MW."""
    given_mw = 0.0
    for s in range(source_out.size):
        given_mw += source_out[s].heat_mw
    for f in range(feed_out.size):
        given_mw += feed_out[f].heat_mw
    for c in range(consumer_out.size):
        given_mw -= consumer_out[c].delivered_mw
    for e in range(extraction_out.size):
        given_mw -= extraction_out[e].heat_mw
    change_j = total.stored_after_j - total.stored_before_j
    total.residual_j = given_mw * W_PER_MW * duration_s - total.loss_supply_j - total.loss_return_j - change_j


@compiled
def check_end(density: float, freezing_degc: float, nodes: Records, sources: Records, lines: Records,
              line_data: Records, node_state: Records, drop_pa: Floats, lift_pa: Floats, node_out: Records,
              total: Record, substep: int) -> None:
    """Absolute pressures at the end of the step; report negative ones, boiling and freezing."""
    _absolute_pressures(density, nodes, sources, drop_pa, lift_pa, node_out)
    for n in range(nodes.size):
        if nodes[n].part == NONE:
            continue
        state, out = node_state[n], node_out[n]
        if min(out.supply_bar, out.return_bar) < 0.0:
            report(total, NEGATIVE_PRESSURE, n, substep)
        elif (out.supply_bar < _vapour_pressure_bar(state.supply_degc)
              or out.return_bar < _vapour_pressure_bar(state.return_degc)):
            report(total, BOILING, n, substep)
        if min(state.supply_degc, state.return_degc, state.cooled_degc) < freezing_degc:
            report(total, FREEZING_NODE, n, substep)
    for i in range(lines.size):
        if heat_content(lines[i], line_data[i].total_kg) < freezing_degc * line_data[i].total_kg:
            report(total, FREEZING_PIPE, i % (lines.size // 2), substep)


@compiled
def _absolute_pressures(density: float, nodes: Records, sources: Records, drop_pa: Floats, lift_pa: Floats,
                        node_out: Records) -> None:
    """From the pressure held at the first source of each part."""
    for n in range(nodes.size):
        node_out[n].supply_bar = math.nan
        node_out[n].return_bar = math.nan
    for s in range(sources.size):
        if not is_first(sources, nodes, s):
            continue
        origin = sources[s].node
        for n in range(nodes.size):
            if nodes[n].part == nodes[origin].part:
                height_pa = density * GRAVITY_M_S2 * (nodes[n].elevation_m - nodes[origin].elevation_m)
                return_pa = sources[s].return_pa - height_pa + drop_pa[n]
                node_out[n].return_bar = return_pa / PA_PER_BAR
                node_out[n].supply_bar = (return_pa + lift_pa[nodes[n].part] - 2.0 * drop_pa[n]) / PA_PER_BAR
